//! Home Assistant and homepage: they look, and seldom touch anything.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use compat_tests::{Form, Level, Target, at_each_level, at_levels, until};
use reqwest::Method;
use serde::Deserialize;

use crate::caller::{Caller, Cookies};

const MAGNET: &str = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=No+metadata";

#[derive(Deserialize)]
struct MainData {
    full_update: bool,
    rid: i32,
    #[serde(default)]
    torrents: HashMap<String, Torrent>,
    server_state: ServerState,
}

#[derive(Deserialize)]
struct Torrent {
    name: String,
    state: String,
    progress: f64,
    dlspeed: u64,
    upspeed: u64,
}

#[derive(Deserialize)]
struct ServerState {
    connection_status: String,
    dl_info_speed: u64,
    up_info_speed: u64,
    alltime_dl: u64,
    alltime_ul: u64,
    use_alt_speed_limits: bool,
    // Strings, by tradition.
    global_ratio: String,
}

/// Finds the scheme, logs in, asks for everything by POST, and switches the limits.
async fn home_assistant(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    target.client().add(&Form::url(MAGNET)).await?;
    let caller = Caller::new(&target, Cookies::Jar, &[("accept", "*/*")])?;

    // Any status will do; it only has to be HTTP.
    caller.send(caller.request(Method::HEAD, "/")).await?;
    let login = caller.login(&target.credentials()).await?;
    ensure!(matches!(&*login.text(), "" | "Ok."), "{}", login.brief());
    let empty = |action| caller.request(Method::POST, action).header("content-length", "0");
    let version = caller.send(empty("app/version")).await?;
    assert_eq!(version.brief(), format!("200 {}", level.app_version()));

    let poll = async || caller.fetch::<MainData>("sync/maindata", &[("rid", "0")]).await;
    let data = until("the torrent", async || {
        let data = poll().await?;
        // It may wait in the queue at first.
        Ok(data.torrents.values().any(|torrent| torrent.state == "metaDL").then_some(data))
    })
    .await?;
    assert!(data.full_update && data.rid >= 0);
    let torrent = data.torrents.values().next().context("a torrent")?;
    assert_eq!(torrent.name, "No metadata");
    assert!(torrent.progress.abs() < f64::EPSILON);
    let state = data.server_state;
    assert!(["connected", "firewalled", "disconnected"].contains(&&*state.connection_status));
    assert_eq!((state.dl_info_speed, state.up_info_speed), (0, 0));
    assert_eq!((torrent.dlspeed, torrent.upspeed), (0, 0));
    ensure!(state.alltime_dl < 1 << 20 && state.alltime_ul < 1 << 20, "nothing was transferred");
    ensure!(state.global_ratio.parse::<f64>().is_ok() || state.global_ratio == "-", "a ratio");
    assert!(!state.use_alt_speed_limits);

    caller.act("transfer/setSpeedLimitsMode", &[("mode", "1")]).await?;
    until("the alternative limits", async || {
        Ok(poll().await?.server_state.use_alt_speed_limits.then_some(()))
    })
    .await?;
    caller.send(empty("transfer/toggleSpeedLimitsMode")).await?;
    until("the usual limits", async || {
        Ok((!poll().await?.server_state.use_alt_speed_limits).then_some(()))
    })
    .await?;

    // Half an hour later the session is gone: one new login, and on it goes.
    caller.set_cookie(None);
    assert_eq!(caller.post("sync/maindata", &[("rid", "0")]).await?.status, 403);
    caller.login(&target.credentials()).await?;
    poll().await?;
    Ok(())
}

/// Asks, is refused, logs in, and asks again; a password makes it a client of 5.1 and before.
async fn homepage(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    target.client().add(&Form::url(MAGNET)).await?;
    let caller = Caller::new(&target, Cookies::Jar, &[])?;

    assert_eq!(caller.get("torrents/info").await?.brief(), "403 Forbidden");
    let login = caller.login(&target.credentials()).await?;
    assert_eq!(login.brief(), "200 Ok.");
    let list = until("the torrent", async || {
        let list: Vec<Torrent> = caller.read("torrents/info").await?;
        Ok((!list.is_empty()).then_some(list))
    })
    .await?;
    let speeds: u64 = list.iter().map(|torrent| torrent.dlspeed + torrent.upspeed).sum();
    let done = list.iter().filter(|torrent| torrent.progress >= 1.0).count();
    assert_eq!((list.len(), done, speeds), (1, 0, 0));
    Ok(())
}

at_each_level!(home_assistant);
at_levels!(homepage: l45 L45, l51 L51);
