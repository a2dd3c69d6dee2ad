//! Whole programs, driven as their users do: by a configuration file, options or the environment.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use compat_tests::installed::{node, node_modules, python, run};
use compat_tests::target::free_port;
use compat_tests::web::Page;
use compat_tests::{Level, Target, WebServer, at_each_level, at_levels, until};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::Stage;

/// A torrent whose metadata nobody has.
const MAGNET_ID: &str = "0123456789abcdef0123456789abcdef01234567";

/// Starts a program that keeps running; it ends with its handle.
fn start(command: &mut Command, folder: &Path) -> Result<Child> {
    let (log, _) = fs_err::File::create(folder.join("client.log"))?.into_parts();
    command.stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    Ok(command.spawn()?)
}

/// Shows what the program wrote if `outcome` is an error.
fn with_log<T>(outcome: Result<T>, folder: &Path) -> Result<T> {
    outcome.with_context(|| {
        let log = fs_err::read_to_string(folder.join("client.log")).unwrap_or_default();
        format!("the client said:\n{log}")
    })
}

fn http() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

async fn is_gone(target: &Target, id: &str) -> Result<()> {
    until("the removal", async || Ok(target.client().torrent(id).await?.is_none().then_some(())))
        .await
}

/// Removes what has been downloaded, with its data, and leaves the rest.
async fn autoremove_torrents(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    stage.seed("finished").await?;
    let (target, folder) = (&stage.target, stage.target.folder());
    let magnet = compat_tests::Form::url(&format!("magnet:?xt=urn:btih:{MAGNET_ID}"));
    target.client().add(&magnet).await?;
    let (username, password) = target.credentials();
    let config = json!({"films": {
        "client": "qbittorrent",
        "host": target.client().base(),
        "username": username,
        "password": password,
        "delete_data": true,
        "strategies": {"finished": {"categories": ["finished"], "remove": "progress > 99 and ratio < 1"}},
    }});
    // YAML is a superset of JSON.
    fs_err::write(folder.join("autoremove.yml"), config.to_string())?;

    let mut command = Command::new(python("", "autoremove-torrents")?);
    command.current_dir(folder).args(["--conf=autoremove.yml", "--debug"]);
    let said = run(&mut command).await?;

    is_gone(target, &stage.torrent.id()).await.context(said)?;
    let list = target.client().json("torrents/info", &[]).await?;
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    until("the data is deleted", async || {
        Ok((!target.data().join("from outside").exists()).then_some(()))
    })
    .await
}

/// Puts the torrent into the category of its path, which it creates, tags it by its tracker, and limits its sharing.
async fn qbit_manage(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    stage.seed("").await?;
    let (target, folder, id) = (&stage.target, stage.target.folder(), stage.torrent.id());
    let (username, password) = target.credentials();
    let data = target.data();
    let config = json!({
        "commands": {
            "dry_run": false, "recheck": false, "cat_update": true, "tag_update": true,
            "rem_unregistered": false, "tag_tracker_error": false, "rem_orphaned": false,
            "tag_nohardlinks": false, "share_limits": true, "skip_cleanup": true,
            "skip_qb_version_check": false,
        },
        "qbt": {"host": target.client().base(), "user": username, "pass": password},
        "settings": {"force_auto_tmm": false, "cat_update_all": true},
        "directory": {
            "root_dir": data, "remote_dir": data, "recycle_bin": folder.join("bin"),
            "torrents_dir": null, "orphaned_dir": folder.join("orphaned"),
        },
        "cat": {"films": data},
        "tracker": {"127.0.0.1": {"tag": "local"}, "other": {"tag": "other"}},
        "share_limits": {"all": {
            "priority": 1, "categories": ["films"], "max_ratio": 3.5, "max_seeding_time": "7d",
            "limit_upload_speed": 100, "cleanup": false,
        }},
        "recyclebin": {"enabled": false},
        "orphaned": {},
    });
    let folder = target.folder_named("qbit-manage")?;
    fs_err::write(folder.join("config.yml"), config.to_string())?;

    let mut command = Command::new(python("qbit-manage", "qbit-manage")?);
    command.current_dir(&folder).args(["--run", "--web-server=False", "--config-dir"]).arg(&folder);
    let said = run(&mut command).await?;

    let done = target.client().torrent_when(&id, "sorted", |t| t["category"] == "films").await;
    let torrent = done.with_context(|| said.clone())?;
    let tags = torrent["tags"].as_str().unwrap_or_default();
    ensure!(tags.split(", ").any(|tag| tag == "local"), "tags `{tags}`:\n{said}");
    assert_eq!(torrent["ratio_limit"], 3.5, "{said}");
    assert_eq!(torrent["seeding_time_limit"], 7 * 24 * 60, "{said}");
    assert_eq!(torrent["up_limit"], 100 * 1024, "{said}");
    Ok(())
}

/// Brings a torrent file and a magnet, labelled, tagged, limited and stopped.
async fn flexget(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let (target, id) = (&stage.target, stage.torrent.id());
    let (username, password) = target.credentials();
    let web = WebServer::start().await?;
    web.put("/film.torrent", Page::Bytes(stage.torrent.bytes.clone()));
    let config = json!({"tasks": {"brought": {
        "mock": [
            {"title": "by file", "url": web.url("/film.torrent")},
            {"title": "by magnet", "url": format!("magnet:?xt=urn:btih:{MAGNET_ID}&dn=magnet")},
        ],
        "accept_all": true,
        "qbittorrent": {
            "host": "127.0.0.1", "port": target.http()?.port(),
            "username": username, "password": password,
            "label": "films", "tags": ["one", "two"], "add_paused": true,
            "maxupspeed": 50, "ratio_limit": 1.5,
        },
    }}});
    let folder = target.folder_named("flexget")?;
    fs_err::write(folder.join("config.yml"), config.to_string())?;

    let mut command = Command::new(python("flexget", "flexget")?);
    command.current_dir(&folder).env("HOME", &folder);
    let said = run(command.args(["-c", "config.yml", "--loglevel", "verbose", "execute"])).await?;

    for id in [&*id, MAGNET_ID] {
        let stopped = |torrent: &Value| torrent["state"] == level.stopped_download();
        let torrent = target.client().torrent_when(id, "stopped", stopped).await;
        let torrent = torrent.with_context(|| said.clone())?;
        assert_eq!(torrent["category"], "films", "{said}");
        assert_eq!(torrent["tags"], "one, two", "{said}");
        assert_eq!(torrent["up_limit"], 50 * 1024, "{said}");
        assert_eq!(torrent["ratio_limit"], 1.5, "{said}");
    }
    Ok(())
}

/// Shows the server's numbers to Prometheus.
async fn prometheus_exporter(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    stage.seed("films").await?;
    let (target, port) = (&stage.target, free_port()?);
    let (username, password) = target.credentials();
    let mut command = Command::new(python("", "qbittorrent-exporter")?);
    command
        .env("QBITTORRENT_HOST", "127.0.0.1")
        .env("QBITTORRENT_PORT", target.http()?.port().to_string())
        .env("QBITTORRENT_USER", username)
        .env("QBITTORRENT_PASS", password)
        .env("EXPORTER_ADDRESS", "127.0.0.1")
        .env("EXPORTER_PORT", port.to_string())
        .env("EXPORT_METRICS_BY_TORRENT", "True");
    let _exporter = start(&mut command, target.folder())?;

    let http = http()?;
    let page = until("the exporter's page", async || {
        let Ok(reply) = http.get(format!("http://127.0.0.1:{port}/metrics")).send().await else {
            return Ok(None);
        };
        Ok(Some(reply.text().await?))
    })
    .await;

    let page = with_log(page, target.folder())?;
    ensure!(page.contains("qbittorrent_up{") && page.contains(level.app_version()), "{page}");
    let count = page.lines().find(|line| {
        line.starts_with("qbittorrent_torrents_count{")
            && line.contains(r#"category="films""#)
            && line.contains(r#"status="stalledUP""#)
    });
    ensure!(count.is_some_and(|line| line.ends_with(" 1.0")), "{count:?} in\n{page}");
    Ok(())
}

/// A web interface of its own: adds, lists, stops, starts, tags and removes through its server.
async fn flood(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let (target, port) = (&stage.target, free_port()?);
    let (username, password) = target.credentials();
    let data = target.data();
    let mut command = Command::new(node()?);
    command
        .arg(node_modules()?.join("node_modules/flood/dist/index.js"))
        .args(["--auth", "none", "--host", "127.0.0.1", "--port", &port.to_string()])
        .arg("--rundir")
        .arg(target.folder_named("flood")?)
        .arg("--allowedpath")
        .arg(&data)
        .args(["--qburl", target.client().base(), "--qbuser", &username, "--qbpass", &password]);
    let _flood = start(&mut command, target.folder())?;
    let outcome = drive_flood(&stage, &format!("http://127.0.0.1:{port}/api")).await;
    with_log(outcome, target.folder())
}

async fn drive_flood(stage: &Stage, api: &str) -> Result<()> {
    use base64::Engine as _;
    let http = reqwest::Client::builder().no_proxy().cookie_store(true).build()?;
    let id = stage.torrent.id().to_uppercase();
    until("Flood's server", async || {
        let reply = http.get(format!("{api}/auth/verify")).send().await;
        Ok(reply.ok().filter(|reply| reply.status().is_success()).map(|_| ()))
    })
    .await?;
    let post = async |path: &str, body: Value| -> Result<()> {
        let reply = http.post(format!("{api}{path}")).json(&body).send().await?;
        let status = reply.status();
        ensure!(status.is_success(), "{path}: {status} {}", reply.text().await?);
        Ok(())
    };
    until("the connection to the server", async || {
        let reply = http.get(format!("{api}/client/connection-test")).send().await?;
        Ok(reply.json::<Value>().await.ok().filter(|answer| answer["isConnected"] == true))
    })
    .await?;

    let file = base64::engine::general_purpose::STANDARD.encode(&stage.torrent.bytes);
    let data = stage.target.data();
    post(
        "/torrents/add-files",
        json!({"files": [file], "destination": data, "tags": ["one"], "start": false}),
    )
    .await?;
    let when = async |what: &str, ready: &dyn Fn(&Value) -> bool| -> Result<()> {
        until(what, async || {
            let reply = http.get(format!("{api}/torrents")).send().await?;
            let list: Value = reply.json().await?;
            Ok(ready(&list["torrents"][&id]).then_some(()))
        })
        .await
    };
    let has = |torrent: &Value, status: &str| {
        torrent["status"].as_array().is_some_and(|all| all.iter().any(|one| one == status))
    };
    when("the torrent", &|torrent| {
        torrent["name"] == "from outside" && torrent["tags"] == json!(["one"])
    })
    .await?;
    when("the stop", &|torrent| has(torrent, "stopped")).await?;
    post("/torrents/start", json!({"hashes": [id]})).await?;
    when("the start", &|torrent| torrent.is_object() && !has(torrent, "stopped")).await?;
    post("/torrents/stop", json!({"hashes": [id]})).await?;
    when("the second stop", &|torrent| has(torrent, "stopped")).await?;
    let tags = json!({"hashes": [id], "tags": ["two"]});
    let reply = http.patch(format!("{api}/torrents/tags")).json(&tags).send().await?;
    ensure!(reply.status().is_success(), "tags: {}", reply.status());
    when("the tag", &|torrent| torrent["tags"] == json!(["two"])).await?;
    let details: Value =
        http.get(format!("{api}/torrents/{id}/contents")).send().await?.json().await?;
    ensure!(details.to_string().contains("b.bin"), "{details}");
    post("/torrents/delete", json!({"hashes": [id], "deleteData": true})).await?;
    is_gone(&stage.target, &stage.torrent.id()).await
}

at_levels!(autoremove_torrents: l45 L45, l51 L51);
at_levels!(qbit_manage: l45 L45, l51 L51);
at_each_level!(flexget, prometheus_exporter, flood);
