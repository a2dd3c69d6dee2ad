//! What the real server said of its torrents, and what Revaer says after it has taken them over.

use anyhow::Result;
use compat_tests::target::binary;
use compat_tests::{Level, Target, at_each_level, has_no_counterpart};
use serde_json::{Value, json};

use crate::made::{Made, Storage, adopt, copy};
use crate::maker::{COUNT, settle};
use crate::picture;

async fn a_profile_is_taken_over(level: Level) -> Result<()> {
    taken_over(level, Storage::Folder).await
}

async fn a_profile_with_a_database_is_taken_over(level: Level) -> Result<()> {
    taken_over(level, Storage::Database).await
}

async fn taken_over(level: Level, storage: Storage) -> Result<()> {
    let made = Made::get(level, storage).await?;
    let mut target = adopt(&made, level, storage).await?;
    assert_eq!(made.picture["torrents"].as_object().map(serde_json::Map::len), Some(COUNT));

    target.start().await?;

    settle(target.client()).await?;
    let mut expected = made.expected(target.folder())?;
    if storage == Storage::Database && level < Level::L53 {
        close_gaps(&mut expected);
    }
    picture::expect(target.client(), &expected).await?;
    target.stop().await?;
    Ok(())
}

/// Numbers the tiers of trackers anew: the databases of older generations keep none that is empty.
fn close_gaps(picture: &mut Value) {
    for torrent in picture["torrents"].as_object_mut().into_iter().flat_map(|map| map.values_mut())
    {
        let mut last = (-1, -1);
        for tracker in torrent["trackers"].as_array_mut().into_iter().flatten() {
            let Some(tier) = tracker[1].as_i64().filter(|tier| *tier >= 0) else { continue };
            if tier != last.0 {
                last = (tier, last.1 + 1);
            }
            tracker[1] = last.1.into();
        }
    }
}

/// A fresh server takes over the profile that its flags name, and what the flags say wins over the profile.
async fn a_first_start_takes_the_profile_over(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::get(level, Storage::Folder).await?;
    let profile = tempfile::tempdir()?;
    copy(made.folder(), &profile.path().join("qBittorrent"))?;
    let path = profile.path().to_string_lossy().into_owned();
    let mut target = Target::setup(level).argument("--profile").argument(&path).spawn().await?;
    for _ in 0..2 {
        let client = target.client();
        let list = client.json("torrents/info", &[]).await?;
        assert_eq!(list.as_array().map(Vec::len), Some(COUNT));
        let preferences = client.json("app/preferences", &[]).await?;
        assert_eq!(preferences["save_path"], target.data().to_string_lossy().into_owned());
        assert_eq!(preferences["dl_limit"], 1_048_576);
        target.restart().await?;
    }
    let target = Target::setup(level)
        .argument("--profile")
        .argument(&path)
        .argument("--no-adopt")
        .spawn()
        .await?;
    assert_eq!(target.client().json("torrents/info", &[]).await?, json!([]));
    Ok(())
}

/// A password that is set before the first start is no start: the profile comes, and the password stays.
async fn a_password_of_ones_own_stays(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let profile = tempfile::tempdir()?;
    copy(made.folder(), &profile.path().join("qBittorrent"))?;
    // Another password than the one that this test logs in with.
    let conf = profile.path().join("qBittorrent/config/qBittorrent.conf");
    let before = fs_err::read_to_string(&conf)?;
    let other =
        before.replace("Password_PBKDF2=\"@ByteArray(cmV2", "Password_PBKDF2=\"@ByteArray(cmV3");
    assert_ne!(before, other);
    fs_err::write(&conf, other)?;
    let path = profile.path().to_string_lossy().into_owned();
    let home = profile.path().join("revaer").to_string_lossy().into_owned();
    let mut command = tokio::process::Command::new("/bin/sh");
    command.args(["-c", "echo adminadmin1 | \"$0\" password --home \"$1\""]);
    let output = command.arg(binary()?).arg(&home).output().await?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let setup = Target::setup(level).strict().argument("--profile").argument(&path);
    let target = setup.argument("--home").argument(&home).spawn().await?;

    let list = target.client().json("torrents/info", &[]).await?;
    assert_eq!(list.as_array().map(Vec::len), Some(COUNT));
    let preferences = target.client().json("app/preferences", &[]).await?;
    assert_eq!(preferences["dl_limit"], 1_048_576);
    Ok(())
}

/// Where the content is gone, nothing is downloaded into its place.
async fn missing_folders_are_told_and_stay_empty(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::get(level, Storage::Folder).await?;
    let mut target = Target::setup(level).strict().spawn().await?;
    target.stop().await?;
    let gone = target.folder().join("gone");
    let map = format!("{}={}", made.there(), gone.display());
    let from = made.folder().to_string_lossy().into_owned();
    let report = target.command(&["import-qbittorrent", "--from", &from, "--map", &map]).await?;
    assert!(report.contains("the folder does not exist here"), "{report}");

    target.start().await?;

    settle(target.client()).await?;
    let had_data: Vec<&String> = made.picture["torrents"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, torrent)| torrent["progress"].as_f64().is_some_and(|done| done > 0.0))
        .map(|(id, _)| id)
        .collect();
    assert!(had_data.len() > 20, "{}", had_data.len());
    for id in had_data {
        target
            .client()
            .torrent_when(id, "missing files", |torrent| torrent["state"] == "missingFiles")
            .await?;
    }
    let list = target.client().json("torrents/info", &[]).await?;
    let session =
        list.as_array().into_iter().flatten().map(|torrent| &torrent["downloaded_session"]);
    assert!(session.into_iter().all(|bytes| bytes.as_i64() == Some(0)));
    assert!(!gone.exists() || fs_err::read_dir(&gone)?.next().is_none());
    Ok(())
}

at_each_level!(
    a_profile_is_taken_over,
    a_profile_with_a_database_is_taken_over,
    a_first_start_takes_the_profile_over,
    a_password_of_ones_own_stays,
    missing_folders_are_told_and_stay_empty,
);
