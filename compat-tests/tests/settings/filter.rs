//! Blocked addresses are refused, and let in again when the block is lifted.

use anyhow::Result;
use compat_tests::web::Page;
use compat_tests::{
    Authoring, Level, Payload, Seeder, Target, Torrent, Tracker, WebServer, at_any_level, until,
};
use serde_json::{Value, json};

use crate::{add, is_reference, payload};

/// A torrent whose one peer is a seeder on loopback.
struct Cast {
    tracker: Tracker,
    seeder: Seeder,
    torrent: Torrent,
    payload: Payload,
}

async fn cast() -> Result<Cast> {
    let (tracker, mut seeder) = (Tracker::start().await?, Seeder::start().await?);
    let payload = payload();
    let torrent = Authoring::of(&payload).tracker(&tracker.url()).build();
    seeder.seed(&torrent, &payload, 0).await?;
    tracker.add_peer(&torrent.id(), seeder.address());
    Ok(Cast { tracker, seeder, torrent, payload })
}

async fn refused(target: &Target) -> Result<Value> {
    until("a refused peer", async || {
        let log = target.client().json("log/peers", &[]).await?;
        let entries = log.as_array().cloned().unwrap_or_default();
        Ok(entries.into_iter().find(|entry| entry["ip"] == "127.0.0.1"))
    })
    .await
}

/// Starts a torrent under a block, sees the peer refused, lifts the block and sees the download complete.
async fn is_blocked_until_lifted(target: &Target, cast: &Cast, lift: &Value) -> Result<()> {
    add(target, &cast.torrent).await?;
    cast.tracker.announce_when("the announce", |_| true).await?;
    let entry = refused(target).await?;
    assert_eq!(entry["blocked"], true, "{entry}");
    let id = cast.torrent.id();
    assert_eq!(target.client().torrent(&id).await?.unwrap_or_default()["downloaded"], 0);

    target.client().set_preferences(lift).await?;
    let peer = cast.seeder.address().to_string();
    target.client().ok("torrents/addPeers", &[("hashes", &id), ("peers", &peer)]).await?;
    let done = |torrent: &Value| torrent["progress"] == 1;
    target.client().torrent_when(&id, "complete after the block", done).await?;
    cast.payload.verify_in(&target.data())
}

async fn a_banned_address_is_refused(level: Level) -> Result<()> {
    let (target, cast) = (Target::spawn(level).await?, cast().await?);
    target.client().set_preferences(&json!({"banned_IPs": "127.0.0.1"})).await?;

    is_blocked_until_lifted(&target, &cast, &json!({"banned_IPs": ""})).await
}

async fn a_ban_survives_a_restart(level: Level) -> Result<()> {
    let mut target = Target::spawn(level).await?;
    let form = [("peers", "127.0.0.1:6881|192.0.2.9:1")];
    target.client().ok("transfer/banPeers", &form).await?;
    target.restart().await?;
    let kept = target.client().json("app/preferences", &[]).await?;
    assert_eq!(kept["banned_IPs"], "127.0.0.1\n192.0.2.9");

    let cast = cast().await?;
    is_blocked_until_lifted(&target, &cast, &json!({"banned_IPs": ""})).await
}

async fn a_file_of_ranges_is_used(level: Level) -> Result<()> {
    let (target, cast) = (Target::spawn(level).await?, cast().await?);
    let file = target.folder().join("ranges.p2p");
    fs_err::write(&file, "all of loopback:127.0.0.0-127.255.255.255\n")?;
    let on = json!({"ip_filter_enabled": true, "ip_filter_path": file});
    target.client().set_preferences(&on).await?;

    is_blocked_until_lifted(&target, &cast, &json!({"ip_filter_enabled": false})).await
}

async fn a_blocked_network_is_refused(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let setup = Target::setup(level).set("filter.rules", r#"["127.0.0.0/8"]"#);
    let (target, cast) = (setup.spawn().await?, cast().await?);

    add(&target, &cast.torrent).await?;
    let entry = refused(&target).await?;

    assert_eq!(entry["blocked"], true, "{entry}");
    Ok(())
}

async fn a_list_is_downloaded_and_used(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let (web, cast) = (WebServer::start().await?, cast().await?);
    web.put("/list", Page::Bytes(b"# a list\n127.0.0.0/8\n".to_vec()));
    let setup = Target::setup(level).set("filter.list_url", &web.url("/list"));
    let target = setup.set("filter.enabled", "true").spawn().await?;
    let lists = target.home().join("lists");
    until("the list on the disk", async || {
        let found = fs_err::read_dir(&lists).ok().into_iter().flatten().flatten();
        Ok(found.into_iter().any(|entry| entry.path().extension().is_none()).then_some(()))
    })
    .await?;

    is_blocked_until_lifted(&target, &cast, &json!({"ip_filter_enabled": false})).await
}

at_any_level!(
    a_banned_address_is_refused,
    a_ban_survives_a_restart,
    a_file_of_ranges_is_used,
    a_blocked_network_is_refused,
    a_list_is_downloaded_and_used,
);
