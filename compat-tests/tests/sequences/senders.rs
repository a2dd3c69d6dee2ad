//! Programs that bring torrents, each in its own spelling: `FlexGet`, Medusa, Mylar3, Torrent Control; and an exporter.

use anyhow::{Context, Result, ensure};
use compat_tests::{Form, Level, Target, Torrent, at_each_level, at_levels, until};
use serde::Deserialize;
use serde_json::Value;

use crate::caller::{Caller, Cookies};
use crate::stage::{Stage, content, episode};

const MAGNET: &str = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=No+metadata";
const MAGNET_ID: &str = "0123456789abcdef0123456789abcdef01234567";

async fn listed(caller: &Caller, hash: &str) -> Result<Vec<Value>> {
    caller.read(&format!("torrents/info?hashes={hash}")).await
}

async fn listed_when(
    caller: &Caller,
    hash: &str,
    what: &str,
    ready: impl Fn(&Value) -> bool,
) -> Result<Value> {
    until(what, async || Ok(listed(caller, hash).await?.into_iter().next().filter(&ready))).await
}

fn session(target: &Target) -> Result<Caller> {
    Caller::new(target, Cookies::Jar, &[])
}

/// All options are parts of a form, old names beside new ones; a duplicate is looked for first.
async fn flexget(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let torrent = stage.seeded(&episode("By FlexGet")).await?;
    let hash = torrent.id();
    let caller = session(&stage.target)?;
    // Any answer but 404 means the second API.
    assert_ne!(caller.get("app/webapiVersion").await?.status, 404);
    let login = caller.login(&stage.target.credentials()).await?;
    ensure!(login.status < 400, "{}", login.brief());
    assert_eq!(listed(&caller, &hash).await?, Vec::<Value>::new());
    let form = Form::new()
        .text("savepath", &stage.target.data().to_string_lossy())
        .text("label", "flexget")
        .text("category", "flexget")
        .text("tags", "a,b")
        .text("dlLimit", "102400000")
        .text("upLimit", "51200")
        .text("ratioLimit", "1.5")
        .text("skip_checking", "false")
        .file("torrents", "by.torrent", &torrent.bytes);
    let reply = caller.upload("torrents/add", &form).await?;
    ensure!(reply.status < 400 && reply.text() != "Fails.", "{}", reply.brief());
    let done = |t: &Value| t["progress"] == 1 && t["category"] == "flexget";
    let item = listed_when(&caller, &hash, "the download", done).await?;
    assert_eq!((&item["tags"], &item["ratio_limit"]), (&"a, b".into(), &1.5.into()));
    let form = Form::new().text("urls", MAGNET).text("paused", "true").text("stopped", "true");
    let reply = caller.upload("torrents/add", &form).await?;
    ensure!(reply.status < 400 && reply.text() != "Fails.", "{}", reply.brief());
    let stopped = level.stopped_download();
    listed_when(&caller, MAGNET_ID, "stopped", |t| t["state"] == stopped).await?;
    Ok(())
}

/// Labels what it adds, creates the category when that fails, moves in the queue whether or not there is one.
async fn medusa(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let caller = session(&stage.target)?;
    let login = caller.login(&stage.target.credentials()).await?;
    ensure!(matches!(login.status, 200 | 204) && login.text() != "Fails.", "{}", login.brief());
    let text = caller.get("app/webapiVersion").await?.text();
    let api: Vec<u32> = text.split('.').map(str::parse).collect::<Result<_, _>>()?;
    let is_new = api.as_slice() >= [2, 11, 2].as_slice();
    let add = [("urls", MAGNET), ("paused", "False"), ("stopped", "False")];
    let reply = caller.post("torrents/add", &add).await?;
    ensure!(reply.status < 400, "{}", reply.brief());
    listed_when(&caller, MAGNET_ID, "the magnet", |_| true).await?;
    let label = [("hashes", MAGNET_ID), ("category", "tv")];
    assert_eq!(caller.post("torrents/setCategory", &label).await?.status, 409);
    caller.act("torrents/createCategory", &[("category", "tv")]).await?;
    caller.act("torrents/setCategory", &label).await?;
    for action in ["increasePrio", "decreasePrio"] {
        let reply = caller.post(&format!("torrents/{action}"), &[("hashes", MAGNET_ID)]).await?;
        ensure!(matches!(reply.status, 200 | 204 | 409), "{}", reply.brief());
    }
    let stop = if is_new { "torrents/stop" } else { "torrents/pause" };
    assert_eq!(stop, level.stop_route());
    caller.act(stop, &[("hashes", MAGNET_ID)]).await?;
    let stopped = level.stopped_download();
    listed_when(&caller, MAGNET_ID, "stopped", |t| t["state"] == stopped && t["category"] == "tv")
        .await?;
    // An action that never was.
    let contents = caller.get(&format!("torrents/contents?hash={MAGNET_ID}")).await?;
    assert_eq!(contents.status, 404);
    caller.act("torrents/delete", &[("hashes", MAGNET_ID), ("deleteFiles", "false")]).await?;
    until("the removal", async || Ok(listed(&caller, MAGNET_ID).await?.is_empty().then_some(())))
        .await
}

/// Finds out by the preferences whether it is logged in, and reads what became of a download.
async fn mylar(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload = episode("Comic");
    let torrent: Torrent = stage.seeded(&payload).await?;
    let hash = torrent.id();
    let caller = session(&stage.target)?;
    let probe = caller.get("app/preferences").await?;
    ensure!(!matches!(probe.status, 200 | 404), "{}", probe.brief());
    assert_eq!(caller.login(&stage.target.credentials()).await?.text(), "Ok.");
    let form = Form::new()
        .text("savepath", &stage.target.data().to_string_lossy())
        .text("category", "comics")
        .text("paused", "false")
        .file("torrents", "comic.torrent", &torrent.bytes);
    assert_eq!(caller.upload("torrents/add", &form).await?.text(), "Ok.");
    listed_when(&caller, &hash, "the download", |t| t["progress"] == 1).await?;
    let properties: Value = caller.read(&format!("torrents/properties?hash={hash}")).await?;
    assert_eq!(properties["total_size"], 302_000);
    assert!(properties["addition_date"].as_i64() > Some(1_700_000_000));
    let files: Vec<Value> = caller.read(&format!("torrents/files?hash={hash}")).await?;
    let folder = properties["save_path"].as_str().context("a path")?;
    for file in &files {
        content(&format!("{folder}/{}", file["name"].as_str().context("a name")?))?;
    }
    payload.verify_in(std::path::Path::new(folder))
}

/// An extension of the browser: logs in, sends one thing, logs out.
async fn torrent_control(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let torrent = compat_tests::Authoring::of(&episode("Clicked")).build();
    for (form, id) in [
        (Form::new().file("fileselect", "clicked.torrent", &torrent.bytes), torrent.id()),
        (Form::new().text("urls", MAGNET), MAGNET_ID.to_owned()),
    ] {
        let caller = session(&stage.target)?;
        let login = caller.login(&stage.target.credentials()).await?;
        ensure!(matches!(&*login.text(), "" | "Ok."), "{}", login.brief());
        let cookie = caller.cookie().context("a cookie")?;
        let port = cookie.strip_prefix("QBT_SID_").and_then(|rest| rest.split('=').next());
        let is_numbered = port.is_some_and(|port| port.parse::<u16>().is_ok());
        ensure!(cookie.starts_with("SID=") || is_numbered, "{cookie}");
        let form = form.text("paused", "true").text("stopped", "true").text("category", "clicks");
        let reply = caller.upload("torrents/add", &form).await?;
        ensure!(
            (200..300).contains(&reply.status) && reply.text() != "Fails.",
            "{}",
            reply.brief()
        );
        let stopped = level.stopped_download();
        let is_there = |t: &Value| t["state"] == stopped && t["category"] == "clicks";
        stage.target.client().torrent_when(&id, "the click", is_there).await?;
        caller.act("auth/logout", &[]).await?;
        assert_eq!(caller.get("app/version").await?.status, 403);
    }
    Ok(())
}

/// The integers and texts that the exporter reads of everything.
#[derive(Deserialize)]
struct Metrics {
    torrents: std::collections::HashMap<String, Measured>,
    server_state: State,
}

#[derive(Deserialize)]
struct Measured {
    name: String,
    dlspeed: i64,
    upspeed: i64,
    eta: i64,
    num_seeds: i64,
    num_leechs: i64,
    size: i64,
    time_active: i64,
    total_size: i64,
    uploaded: i64,
    downloaded: i64,
    progress: f64,
    ratio: f64,
}

#[derive(Deserialize)]
struct State {
    alltime_dl: i64,
    alltime_ul: i64,
    dl_info_data: i64,
    dl_info_speed: i64,
    up_info_data: i64,
    up_info_speed: i64,
    global_ratio: String,
    use_alt_speed_limits: bool,
}

/// A scrape: one login, and everything that a dashboard of Grafana shows.
async fn martabal_exporter(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    stage.target.client().add(&Form::url(MAGNET)).await?;
    stage.target.client().torrent_when(MAGNET_ID, "the magnet", |_| true).await?;
    let caller = session(&stage.target)?;
    assert_eq!(caller.get("app/version").await?.status, 403);
    let login = caller.login(&stage.target.credentials()).await?;
    ensure!(matches!(login.status, 200 | 204), "{}", login.brief());
    assert_eq!(caller.get("app/version").await?.text(), level.app_version());
    assert_eq!(caller.get("app/webapiVersion").await?.text(), level.api_version());
    let preferences: Value = caller.read("app/preferences").await?;
    for key in ["max_active_downloads", "max_active_uploads", "max_active_torrents", "dl_limit"] {
        assert!(preferences[key].is_i64(), "{key}");
    }
    let data: Metrics = caller.read("sync/maindata?rid=0").await?;
    let torrent = data.torrents.get(MAGNET_ID).context("the magnet")?;
    assert_eq!((&*torrent.name, torrent.eta, torrent.total_size), ("No metadata", 8_640_000, -1));
    let still = [torrent.dlspeed, torrent.upspeed, torrent.uploaded, torrent.downloaded];
    assert_eq!(still, [0; 4]);
    assert!(torrent.num_seeds + torrent.num_leechs + torrent.time_active >= 0);
    assert!(torrent.progress.abs() < 1e-9 && torrent.ratio.abs() < 1e-9 && torrent.size <= 0);
    let server = data.server_state;
    let sums = server.alltime_dl + server.alltime_ul + server.dl_info_data + server.up_info_data;
    assert!(sums < 1 << 20 && server.dl_info_speed + server.up_info_speed == 0);
    // A text by tradition, and a dash where nothing was received yet.
    assert!(server.global_ratio == "-" || server.global_ratio.parse::<f64>().is_ok());
    assert!(!server.use_alt_speed_limits);
    let rows: Vec<Value> = caller.read(&format!("torrents/trackers?hash={MAGNET_ID}")).await?;
    assert_eq!(rows.len(), 3);
    Ok(())
}

at_each_level!(flexget, medusa, torrent_control, martabal_exporter);
at_levels!(mylar: l45 L45, l51 L51);
