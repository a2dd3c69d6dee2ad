//! A proxy and its credentials are used for what they are asked to be used for.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use compat_tests::{Authoring, Level, Target, Tracker, at_any_level, until};
use serde_json::json;

use crate::servers::Server;
use crate::{add, payload};

/// Sets a proxy with a login, for BitTorrent or for nothing.
async fn through(target: &Target, kind: &str, proxy: &Server, torrents: bool) -> Result<()> {
    let preferences = json!({
        "proxy_type": kind,
        "proxy_ip": "127.0.0.1",
        "proxy_port": proxy.address().port(),
        "proxy_auth_enabled": true,
        "proxy_username": "somebody",
        "proxy_password": "geheim",
        "proxy_bittorrent": torrents,
    });
    target.client().set_preferences(&preferences).await
}

async fn a_socks5_proxy_is_told_who_asks(_: Level) -> Result<()> {
    let (target, proxy) = (Target::spawn(Level::L51).await?, Server::socks5().await?);
    let tracker = Tracker::start().await?;
    through(&target, "SOCKS5", &proxy, true).await?;

    let torrent = Authoring::of(&payload()).tracker(&tracker.url()).build();
    add(&target, &torrent).await?;
    tracker.announce_when("the announce", |_| true).await?;

    let port = tracker.url().rsplit(':').next().map(|rest| rest.replace("/announce", ""));
    let wanted = format!("somebody:geheim 1 127.0.0.1:{}", port.unwrap_or_default());
    until("the proxy to be asked", async || Ok(proxy.seen().contains(&wanted).then_some(()))).await
}

async fn an_http_proxy_is_told_who_asks(_: Level) -> Result<()> {
    let (target, proxy) = (Target::spawn(Level::L51).await?, Server::http_proxy().await?);
    let tracker = Tracker::start().await?;
    through(&target, "HTTP", &proxy, true).await?;

    let torrent = Authoring::of(&payload()).tracker(&tracker.url()).build();
    add(&target, &torrent).await?;
    tracker.announce_when("the announce", |_| true).await?;

    let credentials = format!("Basic {}", STANDARD.encode("somebody:geheim"));
    until("the proxy to be asked", async || {
        Ok(proxy.seen().iter().any(|head| head.contains(&credentials)).then_some(()))
    })
    .await
}

/// Without the switch a proxy that is set up is not asked.
async fn a_proxy_for_other_things_is_not_asked(_: Level) -> Result<()> {
    let (target, proxy) = (Target::spawn(Level::L51).await?, Server::socks5().await?);
    let tracker = Tracker::start().await?;
    through(&target, "SOCKS5", &proxy, false).await?;

    let torrent = Authoring::of(&payload()).tracker(&tracker.url()).build();
    add(&target, &torrent).await?;
    tracker.announce_when("the announce", |_| true).await?;

    assert!(proxy.seen().is_empty(), "{:?}", proxy.seen());
    Ok(())
}

at_any_level!(
    a_socks5_proxy_is_told_who_asks,
    an_http_proxy_is_told_who_asks,
    a_proxy_for_other_things_is_not_asked,
);
