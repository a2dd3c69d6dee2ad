//! Blocked addresses are refused, and let in again when the block is lifted.

use anyhow::Result;
use compat_tests::web::Page;
use compat_tests::{
    Authoring, Level, Payload, Seeder, Target, Torrent, Tracker, WebServer, at_any_level, until,
};
use serde_json::{Value, json};

use crate::{add, is_reference, payload, set};

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

/// Each kind of file blocks what it lists.
async fn a_file_of_ranges_is_used(level: Level) -> Result<()> {
    let mut packed = b"\xff\xff\xff\xffP2B\x02all of loopback\0".to_vec();
    packed.extend([127, 0, 0, 0, 127, 255, 255, 255]);
    for (name, content) in [
        ("ranges.p2p", b"all of loopback:127.0.0.0-127.255.255.255\n".to_vec()),
        ("ranges.dat", b"127.000.000.000 - 127.255.255.255 , 000 , all of loopback\n".to_vec()),
        ("ranges.p2b", packed),
    ] {
        let (target, cast) = (Target::spawn(level).await?, cast().await?);
        let file = target.folder().join(name);
        fs_err::write(&file, content)?;
        let on = json!({"ip_filter_enabled": true, "ip_filter_path": file});
        target.client().set_preferences(&on).await?;

        is_blocked_until_lifted(&target, &cast, &json!({"ip_filter_enabled": false})).await?;
    }
    Ok(())
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

/// What the health says of the downloaded list of addresses, and of the filter, once the list is as it should be.
async fn list_when(
    target: &Target,
    what: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Result<(Value, Value)> {
    until(what, async || {
        let health = target.client().json("/v1/health", &[]).await?;
        let lists = health["lists"].as_array().cloned().unwrap_or_default();
        let list = lists.into_iter().find(|list| list["name"] == "blocked_addresses");
        Ok(list.filter(&is_so).map(|list| (list, health["filter"].clone())))
    })
    .await
}

/// The last download is shown with its time and result; a list that fails, or is too large, leaves the one before.
async fn downloads_of_a_list_are_bounded_and_shown(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let web = WebServer::start().await?;
    let large: Vec<String> = (0..200).map(|net| format!("10.{net}.0.0/24\n")).collect();
    let large = large.concat();
    web.put("/small", Page::Bytes(b"10.0.0.0/8\n192.0.2.0/24\n".to_vec()));
    web.put("/large", Page::Bytes(large.into_bytes()));
    let target = Target::setup(level).set("filter.enabled", "true").spawn().await?;
    set(&target, &json!({"filter.list_url": web.url("/small")})).await?;
    let (list, _) = list_when(&target, "the list", |list| !list["fetched_at"].is_null()).await?;
    assert_eq!((&list["error"], &list["bytes"]), (&json!(null), &json!(24)));
    list_and_filter(&target, 2).await?;

    set(&target, &json!({"filter.max_list_bytes": 1024, "filter.list_url": web.url("/large")}))
        .await?;
    let (list, _) = list_when(&target, "a refusal", |list| list["error"].is_string()).await?;
    assert!(list["fetched_at"].is_null() && !list["tried_at"].is_null(), "{list}");

    set(&target, &json!({"filter.max_list_bytes": 100_000, "filter.max_ranges": 100})).await?;
    list_when(&target, "the larger list", |list| !list["fetched_at"].is_null()).await?;
    until("a list that is too long", async || {
        let health = target.client().json("/v1/health", &[]).await?;
        let errors = health["filter"]["errors"].as_array().map_or(0, Vec::len);
        Ok((errors == 1 && health["status"] == "degraded").then_some(()))
    })
    .await?;

    set(&target, &json!({"filter.max_ranges": 1000})).await?;
    list_and_filter(&target, 200).await
}

async fn list_and_filter(target: &Target, ranges: u64) -> Result<()> {
    until("the ranges of the list", async || {
        let health = target.client().json("/v1/health", &[]).await?;
        Ok((health["filter"]["list"] == ranges).then_some(()))
    })
    .await
}

/// A list that was downloaded is used again after a restart, and downloaded again only when it is old enough.
async fn a_list_is_refreshed_when_it_is_old(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let web = WebServer::start().await?;
    web.put("/list", Page::Bytes(b"10.0.0.0/8\n".to_vec()));
    let setup = Target::setup(level).set("filter.enabled", "true");
    let setup = setup.set("filter.list_interval_hours", "5");
    let mut target = setup.set("filter.list_url", &web.url("/list")).spawn().await?;
    list_and_filter(&target, 1).await?;
    web.put("/list", Page::Bytes(b"10.0.0.0/8\n192.0.2.0/24\n".to_vec()));

    target.restart().await?;
    list_and_filter(&target, 1).await?;
    assert_eq!(web.requests().len(), 1);

    // Six hours later.
    target.stop().await?;
    for entry in fs_err::read_dir(target.home().join("lists"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let mut note: Value = serde_json::from_slice(&fs_err::read(&path)?)?;
            for time in ["tried_at", "fetched_at"] {
                note[time] = json!(note[time].as_i64().unwrap_or(0) - 6 * 3600);
            }
            fs_err::write(&path, note.to_string())?;
        }
    }
    target.start().await?;
    list_and_filter(&target, 2).await?;
    assert_eq!(web.requests().len(), 2);
    Ok(())
}

at_any_level!(
    downloads_of_a_list_are_bounded_and_shown,
    a_list_is_refreshed_when_it_is_old,
    a_banned_address_is_refused,
    a_ban_survives_a_restart,
    a_file_of_ranges_is_used,
    a_blocked_network_is_refused,
    a_list_is_downloaded_and_used,
);
