//! What trackers are told, and which are never asked.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use compat_tests::web::Page;
use compat_tests::{Authoring, Level, Payload, Target, Tracker, WebServer, at_any_level, until};
use serde_json::json;

use crate::servers::{CERTIFICATE, Server};
use crate::{add, is_reference, payload};

/// Self-signed for another name.
const ELSEWHERE: &str = include_str!("../../fixtures/ssl/elsewhere.crt");
const ELSEWHERE_KEY: &str = include_str!("../../fixtures/ssl/elsewhere.key");

async fn an_announce_carries_address_and_port_and_name(level: Level) -> Result<()> {
    let target = Target::setup(level).set("trackers.user_agent", "Somebody/1.0").spawn().await?;
    target.client().set_preferences(&json!({"announce_ip": "192.0.2.77"})).await?;
    let tracker = Tracker::start().await?;

    add(&target, &Authoring::of(&payload()).tracker(&tracker.url()).build()).await?;
    let announce = tracker.announce_when("the announce", |_| true).await?;

    assert_eq!(announce.parameters["ip"], b"192.0.2.77");
    assert_eq!(announce.peer.port(), target.torrenting()?.port());
    if !is_reference() {
        assert_eq!(announce.user_agent.as_deref(), Some("Somebody/1.0"));
    }
    Ok(())
}

/// In anonymous mode neither name nor address are told.
async fn an_anonymous_announce_tells_nothing(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let preferences = json!({"announce_ip": "192.0.2.77", "anonymous_mode": true});
    target.client().set_preferences(&preferences).await?;
    let tracker = Tracker::start().await?;

    add(&target, &Authoring::of(&payload()).tracker(&tracker.url()).build()).await?;
    let announce = tracker.announce_when("the announce", |_| true).await?;

    assert!(!announce.parameters.contains_key("ip"));
    let name = announce.user_agent.unwrap_or_default();
    assert!(!name.contains("Revaer") && !name.contains("qBittorrent"), "{name}");
    Ok(())
}

async fn a_login_in_the_url_reaches_the_tracker(level: Level) -> Result<()> {
    let (target, tracker) = (Target::spawn(level).await?, Server::tracker().await?);
    let url = format!("http://somebody:geheim@{}/announce", tracker.address());

    add(&target, &Authoring::of(&payload()).tracker(&url).build()).await?;

    let login = format!("Authorization: Basic {}", STANDARD.encode("somebody:geheim"));
    until("the login", async || {
        Ok(tracker.seen().iter().any(|head| head.contains(&login)).then_some(()))
    })
    .await
}

/// A certificate that nobody vouches for is refused, and nothing is told; without the check the tracker is asked.
async fn a_certificate_is_checked_unless_told_otherwise(level: Level) -> Result<()> {
    let (target, tracker) = (Target::spawn(level).await?, Server::https_tracker().await?);
    let url = format!("https://{}/announce", tracker.address());
    let torrent = Authoring::of(&payload()).tracker(&url).build();
    add(&target, &torrent).await?;
    let id = torrent.id();

    until("the refusal", async || {
        let rows = target.client().json("torrents/trackers", &[("hash", &id)]).await?;
        let row = rows.as_array().and_then(|rows| rows.iter().find(|row| row["url"] == url));
        let message = row.and_then(|row| row["msg"].as_str()).unwrap_or_default();
        Ok(message.contains("certificate").then_some(()))
    })
    .await?;
    assert!(tracker.seen().is_empty());

    let unchecked = json!({"validate_https_tracker_certificate": false});
    target.client().set_preferences(&unchecked).await?;
    until("the announce", async || {
        target.client().ok("torrents/reannounce", &[("hashes", &id)]).await?;
        Ok((!tracker.seen().is_empty()).then_some(()))
    })
    .await
}

/// A blocked host is never asked; a block that is lifted lets the announce through.
async fn a_blocked_host_is_not_announced_to(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let target =
        Target::setup(level).set("filter.tracker_hosts", r#"["localhost"]"#).spawn().await?;
    let (blocked, open) = (Tracker::start().await?, Tracker::start().await?);
    let by_name = blocked.url().replace("127.0.0.1", "localhost");

    let torrent = Authoring::of(&payload()).tracker(&by_name).tracker(&open.url()).build();
    add(&target, &torrent).await?;
    open.announce_when("the open tracker", |_| true).await?;
    target.client().ok("torrents/reannounce", &[("hashes", &torrent.id())]).await?;
    let listed = target.client().json("torrents/trackers", &[("hash", &torrent.id())]).await?;

    assert!(blocked.announces().is_empty());
    assert!(listed.to_string().contains("localhost"), "it is still listed: {listed}");
    Ok(())
}

/// Trackers of a list come after those of the torrent, and clients can read what was downloaded.
async fn a_list_of_trackers_is_downloaded(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let (web, tracker) = (WebServer::start().await?, Tracker::start().await?);
    let list = format!("{}\n\nnonsense\nfile:///etc/passwd\n", tracker.url());
    web.put("/list", Page::Bytes(list.into_bytes()));
    let target = Target::spawn(level).await?;
    let on = json!({"add_trackers_from_url_enabled": true, "add_trackers_url": web.url("/list")});
    target.client().set_preferences(&on).await?;
    let shown = until("the downloaded list", async || {
        let preferences = target.client().json("app/preferences", &[]).await?;
        let shown = preferences["add_trackers_url_list"].as_str().unwrap_or_default().to_owned();
        Ok((!shown.is_empty()).then_some(shown))
    })
    .await?;

    add(&target, &Authoring::of(&payload()).build()).await?;

    assert_eq!(shown.trim(), tracker.url());
    tracker.announce_when("an announce to the tracker of the list", |_| true).await?;
    Ok(())
}

/// On this machine only `/announce` is asked, as long as libtorrent guards against being sent to other services.
async fn a_tracker_of_this_machine_is_guarded(level: Level) -> Result<()> {
    let (target, tracker) = (Target::spawn(level).await?, Server::tracker().await?);
    let url = format!("http://{}/admin/delete", tracker.address());
    let torrent = Authoring::of(&payload()).tracker(&url).build();
    add(&target, &torrent).await?;
    let id = torrent.id();

    until("the refusal", async || {
        let rows = target.client().json("torrents/trackers", &[("hash", &id)]).await?;
        let row = rows.as_array().and_then(|rows| rows.iter().find(|row| row["url"] == url));
        let message = row.and_then(|row| row["msg"].as_str()).unwrap_or_default();
        Ok((!message.is_empty()).then_some(()))
    })
    .await?;
    assert!(tracker.seen().is_empty(), "{:?}", tracker.seen());

    target.client().set_preferences(&json!({"ssrf_mitigation": false})).await?;
    until("the announce", async || {
        target.client().ok("torrents/reannounce", &[("hashes", &id)]).await?;
        Ok((!tracker.seen().is_empty()).then_some(()))
    })
    .await
}

/// Who is vouched for by an authority that was trusted at the start is asked; a certificate of another name is not.
async fn authorities_can_be_trusted_at_the_start(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("authorities.pem");
    fs_err::write(&file, [CERTIFICATE, ELSEWHERE].concat())?;
    let setup = Target::setup(level).argument("--trust-store");
    let target = setup.argument(&file.to_string_lossy()).spawn().await?;
    let trusted = Server::https_tracker().await?;
    let elsewhere = Server::https_tracker_as(ELSEWHERE, ELSEWHERE_KEY).await?;
    let wrong = format!("https://{}/announce", elsewhere.address());
    let right = format!("https://{}/announce", trusted.address());

    let torrent = Authoring::of(&payload()).tracker(&wrong).tracker(&right).build();
    add(&target, &torrent).await?;

    until("the announce", async || Ok((!trusted.seen().is_empty()).then_some(()))).await?;
    until("the refusal", async || {
        let rows = target.client().json("torrents/trackers", &[("hash", &torrent.id())]).await?;
        let row = rows.as_array().and_then(|rows| rows.iter().find(|row| row["url"] == wrong));
        let message = row.and_then(|row| row["msg"].as_str()).unwrap_or_default();
        Ok(message.contains("certificate").then_some(()))
    })
    .await?;
    assert!(elsewhere.seen().is_empty());
    Ok(())
}

/// A file that trusts nobody more is a mistake, and stops the start.
async fn a_trust_store_without_authorities_is_refused(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("authorities.pem");
    fs_err::write(&file, "nothing in here")?;
    let setup = Target::setup(level).argument("--trust-store");

    let refused = setup.argument(&file.to_string_lossy()).spawn().await.err();

    let text = format!("{:?}", refused.expect("the start fails"));
    assert!(text.contains("holds no certificate"), "{text}");
    Ok(())
}

/// Trackers of the preference go to public torrents alone, after their own.
async fn trackers_are_added_to_public_torrents(level: Level) -> Result<()> {
    let (target, extra) = (Target::spawn(level).await?, Tracker::start().await?);
    let on = json!({"add_trackers_enabled": true, "add_trackers": extra.url()});
    target.client().set_preferences(&on).await?;
    let (one, other) = (payload(), Payload::single("private.bin", 50_000));
    let public = Authoring::of(&one).build();
    let private = Authoring::of(&other).private().build();

    add(&target, &private).await?;
    add(&target, &public).await?;
    extra.announce_when("the public torrent", |found| found.info_hash == public.v1_hex()).await?;
    let rows = target.client().json("torrents/trackers", &[("hash", &private.id())]).await?;

    assert!(!rows.to_string().contains(&extra.url()), "{rows}");
    assert!(!extra.announces().iter().any(|found| found.info_hash == private.v1_hex()));
    Ok(())
}

at_any_level!(
    a_tracker_of_this_machine_is_guarded,
    authorities_can_be_trusted_at_the_start,
    a_trust_store_without_authorities_is_refused,
    trackers_are_added_to_public_torrents,
    a_list_of_trackers_is_downloaded,
    an_announce_carries_address_and_port_and_name,
    an_anonymous_announce_tells_nothing,
    a_login_in_the_url_reaches_the_tracker,
    a_blocked_host_is_not_announced_to,
    a_certificate_is_checked_unless_told_otherwise,
);
