//! A proxy and its credentials are used for what they are asked to be used for.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use compat_tests::web::Page;
use compat_tests::{
    Authoring, Form, Level, Seeder, Target, Tracker, WebServer, at_any_level, until,
};
use serde_json::{Value, json};

use crate::servers::Server;
use crate::{add, listed, payload};

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

/// Peers are reached through a proxy that is there for them too.
async fn peers_are_reached_through_the_proxy(_: Level) -> Result<()> {
    let (target, proxy) = (Target::spawn(Level::L51).await?, Server::socks5().await?);
    let (tracker, mut seeder) = (Tracker::start().await?, Seeder::start().await?);
    through(&target, "SOCKS5", &proxy, true).await?;
    target.client().set_preferences(&json!({"proxy_peer_connections": true})).await?;
    let payload = payload();
    let torrent = Authoring::of(&payload).tracker(&tracker.url()).build();
    seeder.seed(&torrent, &payload, 0).await?;
    tracker.add_peer(&torrent.id(), seeder.address());

    add(&target, &torrent).await?;
    let done = |torrent: &Value| torrent["progress"] == 1;
    target.client().torrent_when(&torrent.id(), "complete", done).await?;

    let wanted = format!("somebody:geheim 1 {}", seeder.address());
    assert!(proxy.seen().contains(&wanted), "{:?}", proxy.seen());
    payload.verify_in(&target.data())
}

/// A proxy that looks names up is told the name of a tracker, another one its address.
async fn names_are_looked_up_where_it_is_wished(_: Level) -> Result<()> {
    for by_proxy in [true, false] {
        let (target, proxy) = (Target::spawn(Level::L51).await?, Server::socks5().await?);
        let tracker = Tracker::start().await?;
        through(&target, "SOCKS5", &proxy, true).await?;
        target.client().set_preferences(&json!({"proxy_hostname_lookup": by_proxy})).await?;

        let url = tracker.url().replace("127.0.0.1", "localhost");
        add(&target, &Authoring::of(&payload()).tracker(&url).build()).await?;

        let told = if by_proxy { " localhost:" } else { " 127.0.0.1:" };
        until("the proxy to be asked", async || {
            Ok(proxy.seen().iter().any(|asked| asked.contains(told)).then_some(()))
        })
        .await?;
    }
    Ok(())
}

/// What is fetched by URL goes through the proxy if it is there for everything else too.
async fn fetches_go_through_the_proxy_if_asked(_: Level) -> Result<()> {
    for asked in [true, false] {
        let (target, proxy) = (Target::spawn(Level::L51).await?, Server::http_proxy().await?);
        let web = WebServer::start().await?;
        through(&target, "HTTP", &proxy, false).await?;
        target.client().set_preferences(&json!({"proxy_misc": asked})).await?;
        let torrent = Authoring::of(&payload()).build();
        web.put("/fetched.torrent", Page::Bytes(torrent.bytes.clone()));

        target.client().add(&Form::url(&web.url("/fetched.torrent"))).await?;
        listed(target.client(), &torrent).await?;

        let credentials = format!("Basic {}", STANDARD.encode("somebody:geheim"));
        let is_fetch =
            |head: &String| head.contains("/fetched.torrent") && head.contains(&credentials);
        assert_eq!(proxy.seen().iter().any(is_fetch), asked, "{:?}", proxy.seen());
    }
    Ok(())
}

at_any_level!(
    peers_are_reached_through_the_proxy,
    names_are_looked_up_where_it_is_wished,
    fetches_go_through_the_proxy_if_asked,
    a_socks5_proxy_is_told_who_asks,
    an_http_proxy_is_told_who_asks,
    a_proxy_for_other_things_is_not_asked,
);
