//! Transdroid and qBitController: remote controls on a phone, strict about what a key holds.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use compat_tests::{Form, Level, Target, Torrent, at_each_level, at_levels, until};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::caller::{Caller, Cookies};
use crate::stage::{Stage, episode};

/// The keys without which Transdroid's list fails.
#[derive(Clone, Debug, Deserialize)]
struct Listed {
    hash: String,
    name: String,
    state: String,
    save_path: String,
    size: i64,
    progress: f64,
    ratio: f64,
    num_leechs: i32,
    num_seeds: i32,
    num_complete: i32,
    num_incomplete: i32,
    dlspeed: i32,
    upspeed: i32,
    category: String,
}

/// Everything is a POST with a form, parameters of lists stand in the query too, and reads have no typed answers.
struct Transdroid {
    caller: Caller,
    is_five: bool,
}

impl Transdroid {
    /// A login is believed if the answer has a body; a key needs none.
    async fn connect(target: &Target) -> Result<Self> {
        let caller = if target.level() >= Level::L53 {
            let key = target.client().ok("app/rotateAPIKey", &[]).await?.json()?;
            let bearer = format!("Bearer {}", key["apiKey"].as_str().context("a key")?);
            Caller::new(target, Cookies::Jar, &[("authorization", &bearer)])?
        } else {
            let caller = Caller::new(target, Cookies::Jar, &[])?;
            let login = caller.login(&target.credentials()).await?;
            ensure!(!login.body.is_empty(), "{}", login.brief());
            let cookie = caller.cookie().context("a cookie")?;
            ensure!(cookie.starts_with("SID="), "{cookie}");
            caller
        };
        let version = caller.post("app/version", &[]).await?.text();
        let digits: String = version.chars().filter(char::is_ascii_digit).collect();
        Ok(Self { caller, is_five: digits.parse::<u32>()? >= 500 })
    }

    async fn read<T: DeserializeOwned>(&self, action: &str) -> Result<T> {
        self.caller.fetch(action, &[]).await
    }

    async fn of<T: DeserializeOwned>(&self, action: &str, hash: &str) -> Result<T> {
        self.caller.fetch(action, &[("hash", hash)]).await
    }

    async fn listed_when(
        &self,
        hash: &str,
        what: &str,
        ready: impl Fn(&Listed) -> bool,
    ) -> Result<Listed> {
        until(what, async || {
            let all: Vec<Listed> = self.read("torrents/info").await?;
            Ok(all.into_iter().find(|torrent| torrent.hash == hash && ready(torrent)))
        })
        .await
    }

    async fn run(&self, start: bool, hashes: &str) -> Result<()> {
        let action = match (self.is_five, start) {
            (true, true) => "torrents/start",
            (true, false) => "torrents/stop",
            (false, true) => "torrents/resume",
            (false, false) => "torrents/pause",
        };
        self.caller.act(action, &[("hashes", hashes)]).await
    }
}

async fn transdroid(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload = episode("On the phone");
    let torrent = stage.seeded(&payload).await?;
    let hash = torrent.id();
    let app = Transdroid::connect(&stage.target).await?;
    assert_eq!(app.is_five, level >= Level::L51);
    // The query of a POST is not read, so this is a full update each time.
    for _ in 0..2 {
        let data: Value = app.read("sync/maindata?rid=1").await?;
        assert_eq!(data["full_update"], true);
        assert_eq!(data["server_state"]["use_alt_speed_limits"], false);
    }
    app.caller.act("torrents/createCategory", &[("category", "phone")]).await?;
    let labels: Map<String, Value> = app.read("torrents/categories").await?;
    assert_eq!(labels.keys().collect::<Vec<_>>(), ["phone"]);

    let form = Form::new().file("torrentfile", "file.torrent", &torrent.bytes);
    let reply = app.caller.upload("torrents/add", &form).await?;
    assert_eq!(reply.status, 200, "{}", reply.brief());
    app.listed_when(&hash, "the torrent", |_| true).await?;
    app.caller.act("torrents/setCategory", &[("hashes", &hash), ("category", "phone")]).await?;
    let is_done = |t: &Listed| t.progress >= 1.0 && t.category == "phone";
    let listed = app.listed_when(&hash, "the download", is_done).await?;
    assert_eq!((&*listed.name, listed.size), ("On the phone", 302_000));
    assert!(!listed.save_path.is_empty() && listed.ratio >= 0.0, "{listed:?}");
    let numbers = [listed.num_leechs, listed.num_seeds, listed.num_complete, listed.num_incomplete];
    assert!(numbers.iter().all(|number| *number >= 0), "{listed:?}");
    assert!(listed.dlspeed >= 0 && listed.upspeed >= 0, "{listed:?}");

    // Files are addressed by their place in the list.
    let files: Vec<Value> = app.of("torrents/files", &hash).await?;
    assert_eq!(files[1]["name"], "On the phone/info/episode.nfo");
    let wish = [("hash", hash.as_str()), ("id", "1"), ("priority", "7")];
    app.caller.act("torrents/filePrio", &wish).await?;
    until("the priority", async || {
        let files: Vec<Value> = app.of("torrents/files", &hash).await?;
        Ok((files[1]["priority"] == 7).then_some(()))
    })
    .await?;
    let trackers: Vec<Value> = app.of("torrents/trackers", &hash).await?;
    assert!(trackers.iter().all(|row| row["url"].is_string() && row["msg"].is_string()));
    let pieces: Vec<u8> = app.of("torrents/pieceStates", &hash).await?;
    assert!(pieces.iter().all(|piece| *piece == 2), "{pieces:?}");

    app.run(false, "all").await?;
    app.listed_when(&hash, "stopped", |t| t.state == level.stopped_upload()).await?;
    app.run(true, "all").await?;
    app.listed_when(&hash, "started", |t| t.state != level.stopped_upload()).await?;
    // "No limit" is the word NaN.
    for (action, limit) in [("setDownloadLimit", "51200"), ("setDownloadLimit", "NaN")] {
        app.caller.act(&format!("transfer/{action}"), &[("limit", limit)]).await?;
    }
    let info: Value = app.read("transfer/info").await?;
    assert_eq!(info["dl_rate_limit"], 0);
    app.caller.act("transfer/toggleSpeedLimitsMode", &[]).await?;
    for action in ["toggleSequentialDownload", "toggleFirstLastPiecePrio", "recheck"] {
        app.caller.act(&format!("torrents/{action}"), &[("hashes", &hash)]).await?;
    }
    let form = [("hashes", hash.as_str()), ("deleteFiles", "true")];
    app.caller.act("torrents/delete", &form).await?;
    stage.is_deleted(&stage.target.data().join("On the phone")).await
}

/// A client that takes nothing but 200, and JSON only by its name.
struct Controller {
    caller: Caller,
}

/// The keys that its model requires of a torrent.
#[expect(clippy::struct_excessive_bools, reason = "the keys are the contract's")]
#[expect(dead_code, reason = "that they can be read is what the client needs")]
#[derive(Clone, Debug, Deserialize)]
struct Model {
    added_on: i64,
    amount_left: i64,
    auto_tmm: bool,
    availability: f64,
    completed: i64,
    completion_on: i64,
    content_path: String,
    dl_limit: i32,
    dlspeed: i64,
    downloaded: i64,
    downloaded_session: i64,
    eta: i32,
    f_l_piece_prio: bool,
    force_start: bool,
    last_activity: i64,
    magnet_uri: String,
    max_ratio: f64,
    max_seeding_time: i32,
    name: String,
    num_complete: i32,
    num_incomplete: i32,
    num_leechs: i32,
    num_seeds: i32,
    popularity: f64,
    priority: i32,
    progress: f64,
    ratio: f64,
    save_path: String,
    seeding_time_limit: i32,
    seq_dl: bool,
    size: i64,
    state: String,
    super_seeding: bool,
    tags: String,
    time_active: i64,
    total_size: i64,
    up_limit: i32,
    uploaded: i64,
    upspeed: i64,
}

/// The keys of `server_state` that it requires of a full update.
const STATE: [&str; 21] = [
    "alltime_dl",
    "alltime_ul",
    "average_time_queue",
    "dl_info_data",
    "dl_info_speed",
    "dl_rate_limit",
    "free_space_on_disk",
    "global_ratio",
    "queued_io_jobs",
    "queueing",
    "read_cache_hits",
    "read_cache_overload",
    "total_buffers_size",
    "total_peer_connections",
    "total_queued_size",
    "total_wasted_session",
    "up_info_data",
    "up_info_speed",
    "up_rate_limit",
    "use_alt_speed_limits",
    "write_cache_overload",
];

impl Controller {
    async fn connect(target: &Target) -> Result<Self> {
        let caller = Caller::new(target, Cookies::Jar, &[])?;
        let login = caller.login(&target.credentials()).await?;
        assert_eq!(login.brief(), "200 Ok.");
        let version = caller.get("app/version").await?.text();
        let numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
        assert_eq!(numbers.collect::<Result<Vec<_>, _>>()?.len(), 3, "{version}");
        Ok(Self { caller })
    }

    async fn act(&self, action: &str, form: &[(&str, &str)]) -> Result<()> {
        let reply = self.caller.post(action, form).await?;
        ensure!(reply.status == 200, "{action}: {}", reply.brief());
        Ok(())
    }

    async fn add(&self, torrent: &Torrent) -> Result<()> {
        let form = Form::new()
            .text("savepath", "")
            .text("category", "")
            .text("stopped", "true")
            .text("skip_checking", "false")
            .text("sequentialDownload", "false")
            .text("firstLastPiecePrio", "false")
            .file("torrents", "phone.torrent", &torrent.bytes);
        let reply = self.caller.upload("torrents/add", &form).await?;
        assert_eq!(reply.brief(), "200 Ok.");
        Ok(())
    }
}

/// Full update first, then what has changed; what appears in a partial one has every key.
async fn qbitcontroller(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let torrent = stage.seeded(&episode("Controlled")).await?;
    let hash = torrent.id();
    let app = Controller::connect(&stage.target).await?;
    let first: Value = app.caller.read("sync/maindata?rid=0").await?;
    for key in STATE {
        assert!(first["server_state"].get(key).is_some(), "{key} in {first}");
    }
    for key in ["global_ratio", "read_cache_hits", "read_cache_overload", "write_cache_overload"] {
        assert!(first["server_state"][key].is_string(), "{key} in {first}");
    }
    app.add(&torrent).await?;
    let mut rid = first["rid"].as_i64().context("a rid")?;
    let mut known: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut poll = async |what: &str, ready: &dyn Fn(&Model) -> bool| {
        until(what, async || {
            let data: Value = app.caller.read(&format!("sync/maindata?rid={rid}")).await?;
            rid = data["rid"].as_i64().context("a rid")?;
            for (hash, change) in data["torrents"].as_object().into_iter().flatten() {
                let change = change.as_object().context("an object")?.clone();
                known.entry(hash.clone()).or_default().extend(change);
            }
            let Some(members) = known.get(&hash) else { return Ok(None) };
            // From its first appearance on it is whole.
            let model: Model = serde_json::from_value(Value::from(members.clone()))?;
            Ok(ready(&model).then_some(model))
        })
        .await
    };
    let stopped = level.stopped_download();
    let model = poll("stopped", &|torrent| torrent.state == stopped).await?;
    assert_eq!((model.size, model.total_size, &*model.name), (302_000, 302_000, "Controlled"));
    assert_eq!((model.eta, model.amount_left, model.completed), (8_640_000, 302_000, 0));
    assert!(model.magnet_uri.starts_with("magnet:?xt=urn:btih:"), "{model:?}");
    assert_eq!((model.auto_tmm, model.force_start, model.super_seeding), (false, false, false));

    app.act("torrents/createTags", &[("tags", "a,b")]).await?;
    app.act("torrents/addTags", &[("hashes", &hash), ("tags", "a,b")]).await?;
    let model = poll("its tags", &|torrent| !torrent.tags.is_empty()).await?;
    assert_eq!(model.tags.split(", ").collect::<Vec<_>>(), ["a", "b"]);
    for (action, form) in [
        ("toggleSequentialDownload", vec![("hashes", &*hash)]),
        ("toggleFirstLastPiecePrio", vec![("hashes", &*hash)]),
        ("setDownloadLimit", vec![("hashes", &*hash), ("limit", "1048576")]),
        ("rename", vec![("hash", &*hash), ("name", "Renamed")]),
        (
            "addTrackers",
            vec![("hash", &*hash), ("urls", "http://127.0.0.1:9/a\nhttp://127.0.0.1:9/b")],
        ),
        (
            "editTracker",
            vec![
                ("hash", &*hash),
                ("origUrl", "http://127.0.0.1:9/a"),
                ("newUrl", "http://127.0.0.1:9/c"),
            ],
        ),
        ("removeTrackers", vec![("hash", &*hash), ("urls", "http%3A%2F%2F127.0.0.1%3A9%2Fc")]),
        ("start", vec![("hashes", &*hash)]),
    ] {
        app.act(&format!("torrents/{action}"), &form).await?;
    }
    let is_done = |torrent: &Model| {
        torrent.progress >= 1.0
            && torrent.seq_dl
            && torrent.f_l_piece_prio
            && torrent.name == "Renamed"
    };
    let model = poll("the download", &is_done).await?;
    assert_eq!((model.dl_limit, model.priority), (1_048_576, 0));
    let rows: Vec<Value> = app.caller.read(&format!("torrents/trackers?hash={hash}")).await?;
    let urls: Vec<&str> = rows.iter().filter_map(|row| row["url"].as_str()).collect();
    assert!(urls.contains(&"http://127.0.0.1:9/b"), "{urls:?}");
    assert!(!urls.iter().any(|url| url.ends_with("/c") || url.ends_with("/a")), "{urls:?}");
    let files: Vec<Value> = app.caller.read(&format!("torrents/files?hash={hash}")).await?;
    assert!(files.iter().all(|file| matches!(file["priority"].as_i64(), Some(0 | 1 | 6 | 7))));
    for action in ["properties", "pieceStates", "webseeds"] {
        let _: Value = app.caller.read(&format!("torrents/{action}?hash={hash}")).await?;
    }
    let exported = app.caller.get(&format!("torrents/export?hash={hash}")).await?;
    assert!(exported.status == 200 && exported.body.starts_with(b"d"));
    let _: Value =
        app.caller.read("log/main?normal=true&info=true&warning=true&critical=true").await?;
    app.act("torrents/delete", &[("hashes", &hash), ("deleteFiles", "true")]).await?;
    until("the removal", async || {
        let data: Value = app.caller.read("sync/maindata?rid=0").await?;
        let torrents = data["torrents"].as_object();
        Ok(torrents.is_none_or(Map::is_empty).then_some(()))
    })
    .await
}

at_each_level!(transdroid);
at_levels!(qbitcontroller: l51 L51);
