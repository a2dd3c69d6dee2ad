//! `qbit-rs` and `qbit` from crates.io, whose types refuse any answer that is not shaped as they expect.

use anyhow::{Context, Result, ensure};
use compat_tests::{Level, at_each_level, at_levels, until};
use qbit::Api;
use qbit::models::{FilePriority, TorrentState};
use qbit::parameters::{AddTorrentBuilder, TorrentFile as File};
use qbit_rs::Qbit;
use qbit_rs::model::{
    AddTorrentArg, Credential, GetTorrentListArg, NonEmptyStr, Priority, State, Torrent,
    TorrentFile, TorrentSource,
};

use crate::support::Stage;

fn named(name: &str) -> Result<NonEmptyStr<&str>> {
    NonEmptyStr::new(name).context("a name")
}

async fn listed(qbit: &Qbit, id: &str) -> Result<Option<Torrent>> {
    let arg = GetTorrentListArg::builder().hashes(id.to_owned()).build();
    Ok(qbit.get_torrent_list(arg).await?.into_iter().next())
}

/// Waits until the torrent is listed and `ready` holds for it.
async fn when(qbit: &Qbit, id: &str, what: &str, ready: impl Fn(&Torrent) -> bool) -> Result<()> {
    until(what, async || Ok(listed(qbit, id).await?.filter(&ready).map(|_| ()))).await
}

async fn a_typed_library(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let (username, password) = stage.target.credentials();
    let id = stage.torrent.id();
    let hashes = vec![id.clone()];
    let base = stage.target.client().base();
    let http = || reqwest::Client::builder().no_proxy().build();
    let stranger = Credential::new(username.as_str(), "wrong");
    let stranger = Qbit::new_with_client(base, stranger, http()?);
    ensure!(stranger.get_version().await.is_err(), "a wrong password was accepted");

    let qbit = Qbit::new_with_client(base, Credential::new(username, password), http()?);
    assert_eq!(qbit.get_version().await?, level.app_version());
    assert_eq!(qbit.get_webapi_version().await?, level.api_version());
    qbit.get_build_info().await?;
    let preferences = qbit.get_preferences().await?;
    let save_path = qbit.get_default_save_path().await?;
    assert_eq!(preferences.save_path.as_deref(), save_path.to_str());

    qbit.add_category(named("films")?, "/srv/films").await?;
    let categories = qbit.get_categories().await?;
    assert_eq!(categories["films"].save_path.to_str(), Some("/srv/films"));
    let file = TorrentFile { filename: "upload.torrent".into(), data: stage.torrent.bytes.clone() };
    let arg = AddTorrentArg::builder()
        .source(TorrentSource::TorrentFiles { torrents: vec![file] })
        .category("films".to_owned())
        .tags("one,two".to_owned())
        .stopped("true".to_owned())
        .build();
    qbit.add_torrent(arg).await?;
    when(&qbit, &id, "stopped", |torrent| torrent.state == Some(State::PausedDL)).await?;
    let torrent = listed(&qbit, &id).await?.context("listed")?;
    assert_eq!(torrent.name.as_deref(), Some("from outside"));
    assert_eq!(torrent.category.as_deref(), Some("films"));
    let content = stage.target.data().join("from outside");
    assert_eq!(torrent.content_path.as_deref(), content.to_str());

    assert_eq!(qbit.get_torrent_properties(&id).await?.total_size, Some(65_536));
    let files = qbit.get_torrent_contents(&id, None).await?;
    assert_eq!(files[1].name, "from outside/sub/b.bin");
    qbit.set_file_priority(&id, vec![1], Priority::DoNotDownload).await?;
    until("the priority", async || {
        let files = qbit.get_torrent_contents(&id, None).await?;
        Ok((files[1].priority == Priority::DoNotDownload).then_some(()))
    })
    .await?;
    let tiers: Vec<i64> =
        qbit.get_torrent_trackers(&id).await?.iter().map(|row| row.tier).collect();
    assert_eq!(tiers, [-1, -1, -1, 0]);
    assert_eq!(qbit.get_torrent_pieces_states(&id).await?.len(), 4);
    assert_eq!(qbit.get_torrent_pieces_hashes(&id).await?.len(), 4);
    assert!(qbit.get_torrent_web_seeds(&id).await?.is_empty());
    assert!(!qbit.export_torrent(&id).await?.is_empty());

    qbit.create_tags(vec!["three".to_owned()]).await?;
    qbit.add_torrent_tags(hashes.clone(), vec!["three".to_owned()]).await?;
    qbit.remove_torrent_tags(hashes.clone(), Some(vec!["one".to_owned()])).await?;
    when(&qbit, &id, "the tags", |t| t.tags.as_deref() == Some("three, two")).await?;
    // 4.5 lists tags as they came.
    let mut tags = qbit.get_all_tags().await?;
    tags.sort();
    assert_eq!(tags, ["one", "three", "two"]);
    qbit.set_torrent_category(hashes.clone(), "").await?;
    when(&qbit, &id, "no category", |t| t.category.as_deref() == Some("")).await?;
    qbit.remove_categories(vec!["films".to_owned()]).await?;
    qbit.set_torrent_name(&id, named("renamed")?).await?;
    when(&qbit, &id, "the name", |t| t.name.as_deref() == Some("renamed")).await?;

    let data = qbit.sync(None).await?;
    ensure!(data.full_update == Some(true), "{data:?}");
    ensure!(data.torrents.is_some_and(|torrents| torrents.contains_key(&id)), "not in sync");
    qbit.sync(data.rid).await?;
    qbit.get_torrent_peers(&id, None).await?;
    qbit.get_transfer_info().await?;
    qbit.toggle_speed_limits_mode().await?;
    assert!(qbit.get_speed_limits_mode().await?);

    // The library knows the verbs of 5.0 and later only.
    if level > Level::L45 {
        qbit.start_torrents(hashes.clone()).await?;
        when(&qbit, &id, "started", |t| t.state != Some(State::PausedDL)).await?;
        qbit.stop_torrents(hashes.clone()).await?;
        when(&qbit, &id, "stopped again", |t| t.state == Some(State::PausedDL)).await?;
    }
    qbit.delete_torrents(hashes, true).await?;
    until("the removal", async || Ok(listed(&qbit, &id).await?.is_none().then_some(()))).await?;
    Ok(())
}

/// A library with one model for each generation; that of 5.1 knows no tracker status 0, and so no rows of trackers.
async fn a_library_with_models(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let (username, password) = stage.target.credentials();
    let id = stage.torrent.id();
    let (id, base) = (id.as_str(), stage.target.client().base());
    ensure!(
        Api::new_login_username_password(base, username.as_str(), "wrong").await.is_err(),
        "a wrong password was accepted"
    );

    let qbit = Api::new_login_username_password(base, username, password).await?;
    assert_eq!(qbit.version().await?, level.app_version());
    assert_eq!(qbit.webapi_version().await?, level.api_version());
    qbit.build_info().await?;
    assert_eq!(qbit.preferences().await?.save_path, qbit.default_save_path().await?);

    qbit.create_category("films", "/srv/films").await?;
    let file = File { filename: "upload.torrent".to_owned(), data: stage.torrent.bytes.clone() };
    let add = AddTorrentBuilder::default()
        .torrents(file)
        .category("films")
        .tags(vec!["one".to_owned(), "two".to_owned()])
        .stopped(true)
        .build()?;
    qbit.add_torrent(add).await?;
    let when = async |what: &str, ready: &dyn Fn(&qbit::models::Torrent) -> bool| {
        until(what, async || {
            Ok(qbit.torrents(None).await?.into_iter().find(|t| t.hash == id && ready(t)))
        })
        .await
    };
    let listed = when("stopped", &|t| t.state == TorrentState::StoppedDownloading).await?;
    assert_eq!((listed.name.as_str(), listed.category.as_str()), ("from outside", "films"));
    assert_eq!(listed.tags, ["one", "two"]);
    qbit.torrent(id).await?;
    qbit.set_file_priority(id, vec![1], FilePriority::DoNotDownload).await?;
    until("the priority", async || {
        let files = qbit.files(id, None).await?;
        Ok((files[1].priority == FilePriority::DoNotDownload).then_some(()))
    })
    .await?;
    assert_eq!(qbit.pieces_states(id).await?.len(), 4);
    assert_eq!(qbit.pieces_hashes(id).await?.len(), 4);

    qbit.add_tags(Some(vec![id]), vec!["three"]).await?;
    qbit.set_category(Some(vec![id]), "").await?;
    qbit.set_name(id, "renamed").await?;
    when("the changes", &|t| {
        t.name == "renamed" && t.category.is_empty() && t.tags == ["one", "three", "two"]
    })
    .await?;
    qbit.start(vec![id]).await?;
    when("started", &|t| t.state != TorrentState::StoppedDownloading).await?;
    let data = qbit.main_data(None).await?;
    ensure!(data.full_update == Some(true), "{data:?}");
    qbit.main_data(Some(data.rid)).await?;
    qbit.peers_data(id, None).await?;
    qbit.delete(vec![id], true).await?;
    until("the removal", async || Ok(qbit.torrents(None).await?.is_empty().then_some(()))).await?;
    qbit.logout().await?;
    Ok(())
}

at_levels!(a_library_with_models: l51 L51);
at_each_level!(a_typed_library);
