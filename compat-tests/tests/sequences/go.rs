//! autobrr and qui, which share one library: GET to read, forms to act, and types that take nothing else.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use compat_tests::{Form, Level, Target, Torrent, at_each_level, until};
use serde::Deserialize;
use serde_json::Value;

use crate::caller::{Caller, Category, Cookies};
use crate::stage::{Stage, content, episode, text};

/// The library's torrent: what is an integer there must be written as one.
#[expect(clippy::struct_excessive_bools, reason = "the keys are the contract's")]
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Item {
    pub(crate) added_on: i64,
    amount_left: i64,
    pub(crate) auto_tmm: bool,
    pub(crate) availability: f64,
    pub(crate) category: String,
    completed: i64,
    completion_on: i64,
    pub(crate) content_path: String,
    dl_limit: i64,
    dlspeed: i64,
    download_path: String,
    downloaded: i64,
    downloaded_session: i64,
    eta: i64,
    f_l_piece_prio: bool,
    force_start: bool,
    pub(crate) hash: String,
    infohash_v1: String,
    infohash_v2: String,
    last_activity: i64,
    magnet_uri: String,
    max_ratio: f64,
    max_seeding_time: i64,
    pub(crate) name: String,
    num_complete: i64,
    num_incomplete: i64,
    num_leechs: i64,
    num_seeds: i64,
    priority: i64,
    pub(crate) progress: f64,
    ratio: f64,
    ratio_limit: f64,
    pub(crate) save_path: String,
    seeding_time: i64,
    seeding_time_limit: i64,
    seen_complete: i64,
    seq_dl: bool,
    size: i64,
    pub(crate) state: String,
    super_seeding: bool,
    pub(crate) tags: String,
    time_active: i64,
    total_size: i64,
    tracker: String,
    trackers_count: i64,
    pub(crate) up_limit: i64,
    uploaded: i64,
    uploaded_session: i64,
    upspeed: i64,
    /// Null until a magnet has its metadata.
    private: Option<bool>,
    pub(crate) trackers: Vec<Tracker>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Tracker {
    pub(crate) url: String,
    pub(crate) status: i64,
    pub(crate) msg: String,
    num_peers: i64,
    num_seeds: i64,
    num_leeches: i64,
    num_downloaded: i64,
}

#[derive(Deserialize)]
struct MainData {
    rid: i64,
    #[serde(default)]
    full_update: bool,
    #[serde(default)]
    torrents: HashMap<String, Value>,
    #[serde(default)]
    torrents_removed: Vec<String>,
    #[serde(default)]
    categories: HashMap<String, Category>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct TransferInfo {
    connection_status: String,
    dl_info_speed: i64,
    up_info_speed: i64,
}

pub(crate) struct Library {
    pub(crate) caller: Caller,
    /// The version of the API, which chooses verbs and switches features on.
    api: Vec<u32>,
}

impl Library {
    pub(crate) async fn connect(target: &Target) -> Result<Self> {
        let caller = Caller::new(target, Cookies::Jar, &[("user-agent", "Go-http-client/1.1")])?;
        let login = caller.login(&target.credentials()).await?;
        ensure!(matches!(login.status, 200 | 204), "{}", login.brief());
        ensure!(login.text() != "Fails.", "the login failed");
        ensure!(caller.cookie().is_some() || login.text() == "Ok.", "no session");
        let text = caller.get("app/webapiVersion").await?.text();
        let api: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        let api = api.with_context(|| format!("`{text}` is no semantic version"))?;
        Ok(Self { caller, api })
    }

    pub(crate) fn has(&self, version: [u32; 3]) -> bool {
        self.api.as_slice() >= version.as_slice()
    }

    /// Uploads under a random name; the type of the answer decides whether that went well.
    pub(crate) async fn add(&self, torrent: &Torrent, options: &[(&str, &str)]) -> Result<()> {
        let form = Form::new().file("torrents", "k3Vx9TzQw0aBcDeF", &torrent.bytes);
        let form = options.iter().fold(form, |form, (key, value)| form.text(key, value));
        let reply = self.caller.upload("torrents/add", &form).await?;
        let kind = reply.header("content-type").unwrap_or_default();
        match kind.split(';').next() {
            Some("application/json") => {
                let answer = reply.json()?;
                assert_eq!(answer["success_count"], 1, "{answer}");
                assert_eq!(answer["added_torrent_ids"][0], torrent.id());
            }
            Some("text/plain") => assert_eq!(reply.text(), "Ok."),
            _ => anyhow::bail!("`{kind}`: {}", reply.brief()),
        }
        Ok(())
    }

    pub(crate) async fn list(&self, query: &str) -> Result<Vec<Item>> {
        self.caller.read(&format!("torrents/info{query}")).await
    }

    pub(crate) async fn item_when(
        &self,
        hash: &str,
        what: &str,
        ready: impl Fn(&Item) -> bool,
    ) -> Result<Item> {
        let mut last = None;
        let found = until(what, async || {
            last = self.list(&format!("?hashes={hash}")).await?.into_iter().next();
            Ok(last.clone().filter(&ready))
        })
        .await;
        found.with_context(|| format!("last seen as {last:?}"))
    }
}

pub(crate) fn is_seeding(item: &Item) -> bool {
    matches!(&*item.state, "uploading" | "stalledUP" | "queuedUP" | "forcedUP")
}

/// Grabs a release within the second: adds, reannounces until a tracker works, counts what downloads.
async fn autobrr(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload = episode("Release.2026");
    let torrent = stage.seeded(&payload).await?;
    let hash = torrent.id();
    let client = Library::connect(&stage.target).await?;
    // The button "Test".
    assert!(client.list("?filter=all").await?.is_empty());

    let preferences: Value = client.caller.read("app/preferences").await?;
    assert!(preferences["queueing_enabled"].is_boolean());
    let queue = [("json", r#"{"queueing_enabled":true}"#)];
    client.caller.act("app/setPreferences", &queue).await?;
    // The limit on active downloads, before anything is added.
    assert!(client.list("?filter=downloading").await?.is_empty());
    let transfer: TransferInfo = client.caller.read("transfer/info").await?;
    assert_eq!((transfer.dl_info_speed, transfer.up_info_speed), (0, 0));
    assert!(!transfer.connection_status.is_empty());

    let folder = text(&stage.target.folder_named("grabbed")?);
    client
        .add(
            &torrent,
            &[
                ("category", "autobrr"),
                ("tags", "one,two"),
                ("savepath", &folder),
                ("autoTMM", "false"),
                ("paused", "false"),
                ("stopped", "false"),
                ("firstLastPiecePrio", "true"),
                ("sequentialDownload", "true"),
                ("root_folder", "true"),
                ("contentLayout", "Subfolder"),
                ("dlLimit", "1048576"),
                ("upLimit", "524288"),
                ("ratioLimit", "2.00"),
                ("seedingTimeLimit", "60"),
            ],
        )
        .await?;
    let item = client.item_when(&hash, "the torrent", |_| true).await?;
    assert_eq!((&*item.category, &*item.tags), ("autobrr", "one, two"));
    assert_eq!((item.dl_limit, item.up_limit), (1_048_576, 524_288));
    assert_eq!((item.f_l_piece_prio, item.seq_dl, item.auto_tmm), (true, true, false));
    assert_eq!(item.seeding_time_limit, 60);
    assert!((item.ratio_limit - 2.0).abs() < f64::EPSILON);
    // A torrent that has finished by now has no place in the queue, and the client does not mind.
    let top = client.caller.post("torrents/topPrio", &[("hashes", &hash)]).await?;
    assert!(matches!(top.status, 200 | 204), "{}", top.brief());

    until("a tracker that works", async || {
        let rows: Vec<Tracker> =
            client.caller.read(&format!("torrents/trackers?hash={hash}")).await?;
        let real = rows.iter().find(|row| !row.url.starts_with("**"));
        let row = real.context("the torrent's own tracker")?;
        ensure!(
            row.num_downloaded >= -1 && row.num_seeds >= -1 && row.num_leeches >= -1,
            "{row:?}"
        );
        if row.status == 2 {
            assert_eq!(row.msg, "");
            return Ok(Some(row.num_peers));
        }
        client.caller.act("torrents/reannounce", &[("hashes", &hash)]).await?;
        Ok(None)
    })
    .await?;

    let item = client.item_when(&hash, "the download", is_seeding).await?;
    assert_eq!(item.save_path, folder);
    payload.verify_in(content(&item.content_path)?.parent().context("a folder")?)?;
    let completed = client.list("?filter=completed&category=autobrr").await?;
    assert_eq!(completed.len(), 1);

    let form = [("hashes", hash.as_str()), ("deleteFiles", "true")];
    client.caller.act("torrents/delete", &form).await?;
    until("the removal", async || Ok(client.list("").await?.is_empty().then_some(()))).await?;
    stage.is_deleted(std::path::Path::new(&item.content_path)).await
}

/// The state of the server as qui keeps it: a full picture, then only what has changed.
struct Mirror {
    rid: i64,
    torrents: HashMap<String, Value>,
    categories: HashMap<String, Category>,
    tags: Vec<String>,
}

impl Mirror {
    async fn update(&mut self, client: &Library) -> Result<()> {
        let data: MainData = client.caller.read(&format!("sync/maindata?rid={}", self.rid)).await?;
        self.rid = data.rid;
        if data.full_update {
            self.torrents.clear();
            self.categories.clear();
            self.tags.clear();
        }
        for (hash, change) in data.torrents {
            let Some(known) = self.torrents.get_mut(&hash) else {
                // What appears in a partial update appears whole.
                ensure!(change["name"].is_string() && change["size"].is_i64(), "{change}");
                self.torrents.insert(hash, change);
                continue;
            };
            if let (Some(known), Some(change)) = (known.as_object_mut(), change.as_object()) {
                known.extend(change.clone());
            }
        }
        for hash in data.torrents_removed {
            self.torrents.remove(&hash);
        }
        self.categories.extend(data.categories);
        self.tags.extend(data.tags);
        // The merged object must still be the library's own type.
        for torrent in self.torrents.values() {
            let item: Item = serde_json::from_value(torrent.clone())?;
            ensure!(!item.state.is_empty(), "{torrent}");
        }
        Ok(())
    }

    async fn until(
        &mut self,
        client: &Library,
        what: &str,
        ready: impl Fn(&Self) -> bool,
    ) -> Result<()> {
        until(what, async || {
            self.update(client).await?;
            Ok(ready(self).then_some(()))
        })
        .await
    }

    fn field(&self, hash: &str, name: &str) -> Value {
        self.torrents.get(hash).map(|torrent| torrent[name].clone()).unwrap_or_default()
    }
}

/// A whole interface on the same library: it polls, and acts on many torrents at once.
#[expect(clippy::too_many_lines, reason = "a client's requests, in their order")]
async fn qui(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload = episode("For qui");
    let torrent = stage.seeded(&payload).await?;
    let hash = torrent.id();
    let client = Library::connect(&stage.target).await?;
    assert_eq!(client.caller.get("app/version").await?.text(), level.app_version());
    let info: Value = client.caller.read("app/buildInfo").await?;
    assert!(info["libtorrent"].is_string());
    assert_eq!(info["platform"].is_string(), level > Level::L45);
    let mut mirror =
        Mirror { rid: 0, torrents: HashMap::new(), categories: HashMap::new(), tags: Vec::new() };
    mirror.update(&client).await?;

    let category = [("category", "films"), ("savePath", "/srv/films")];
    client.caller.act("torrents/createCategory", &category).await?;
    client.caller.act("torrents/createTags", &[("tags", "one,two")]).await?;
    mirror
        .until(&client, "the labels", |mirror| {
            let category = mirror.categories.get("films");
            category.is_some_and(|c| c.name == "films" && c.save_path == "/srv/films")
                && mirror.tags.len() == 2
        })
        .await?;

    let options = [("paused", "true"), ("stopped", "true"), ("firstLastPiecePrio", "false")];
    client.add(&torrent, &options).await?;
    let stopped = level.stopped_download();
    mirror.until(&client, "stopped", |mirror| mirror.field(&hash, "state") == stopped).await?;
    if client.has([2, 11, 4]) {
        let list = client.list("?includeTrackers=true").await?;
        assert!(list[0].trackers.iter().any(|row| row.url.ends_with("/announce")));
        assert_eq!(list[0].private, Some(false));
    }

    // Bulk actions, as a selection of everything sends them.
    let tag = if client.has([2, 11, 4]) { "torrents/setTags" } else { "torrents/addTags" };
    client.caller.act(tag, &[("hashes", &hash), ("tags", "two")]).await?;
    client.caller.act("torrents/setCategory", &[("hashes", &hash), ("category", "films")]).await?;
    client.caller.act("torrents/setUploadLimit", &[("hashes", &hash), ("limit", "2048")]).await?;
    let limits = [
        ("hashes", hash.as_str()),
        ("ratioLimit", "1.50"),
        ("seedingTimeLimit", "120"),
        ("inactiveSeedingTimeLimit", "-2"),
        ("shareLimitAction", "Default"),
        ("shareLimitsMode", "Default"),
    ];
    client.caller.act("torrents/setShareLimits", &limits).await?;
    mirror
        .until(&client, "the changes", |mirror| {
            mirror.field(&hash, "tags") == "two"
                && mirror.field(&hash, "category") == "films"
                && mirror.field(&hash, "up_limit") == 2048
                && mirror.field(&hash, "ratio_limit") == 1.5
        })
        .await?;
    if client.has([2, 12, 1]) {
        let comment = [("hashes", hash.as_str()), ("comment", "a note")];
        client.caller.act("torrents/setComment", &comment).await?;
        mirror
            .until(&client, "the comment", |mirror| mirror.field(&hash, "comment") == "a note")
            .await?;
    }
    if client.has([2, 11, 2]) {
        let folder = text(stage.target.folder());
        let query = [("dirPath", folder.as_str()), ("mode", "dirs")];
        let request = client.caller.request(reqwest::Method::GET, "app/getDirectoryContent");
        let reply = client.caller.send(request.query(&query)).await?;
        let listed = reply.json()?;
        let is_there = |path: &Value| path.as_str().is_some_and(|path| path.ends_with("/data"));
        assert!(listed.as_array().is_some_and(|all| all.iter().any(is_there)), "{listed}");
    }
    let rename = [
        ("hash", hash.as_str()),
        ("oldPath", "For qui/episode.mkv"),
        ("newPath", "For qui/renamed.mkv"),
    ];
    client.caller.act("torrents/renameFile", &rename).await?;
    let files = async || -> Result<Value> {
        client.caller.read(&format!("torrents/files?hash={hash}")).await
    };
    until("the name", async || {
        Ok((files().await?[0]["name"] == "For qui/renamed.mkv").then_some(()))
    })
    .await?;
    if level < Level::L53 {
        // It names the old parameter only, which 5.3 refuses.
        let tracker = mirror.field(&hash, "tracker");
        let rows: Vec<Tracker> =
            client.caller.read(&format!("torrents/trackers?hash={hash}")).await?;
        let url = rows.iter().map(|row| row.url.as_str()).find(|url| url.starts_with("http"));
        let url = url.with_context(|| format!("a tracker, listed {tracker}"))?;
        let edit = [("hash", &*hash), ("origUrl", url), ("newUrl", &format!("{url}?again"))];
        client.caller.act("torrents/editTracker", &edit).await?;
    }

    let (start, stop) = (level.start_route(), level.stop_route());
    client.caller.act("torrents/setCategory", &[("hashes", &hash), ("category", "")]).await?;
    client.caller.act(start, &[("hashes", "all")]).await?;
    mirror
        .until(&client, "the download", |mirror| {
            mirror.field(&hash, "amount_left") == 0
                && matches!(mirror.field(&hash, "state").as_str(), Some("uploading" | "stalledUP"))
        })
        .await?;
    // The details of the selected torrent.
    for action in ["properties", "webseeds", "pieceStates", "trackers"] {
        let _: Value = client.caller.read(&format!("torrents/{action}?hash={hash}")).await?;
    }
    let peers: Value = client.caller.read(&format!("sync/torrentPeers?hash={hash}&rid=0")).await?;
    assert_eq!(peers["full_update"], true);
    let exported = client.caller.get(&format!("torrents/export?hash={hash}")).await?;
    assert_eq!(exported.status, 200);
    assert!(exported.body.starts_with(b"d"));

    client.caller.act(stop, &[("hashes", "all")]).await?;
    let stopped = level.stopped_upload();
    mirror.until(&client, "stopped", |mirror| mirror.field(&hash, "state") == stopped).await?;
    let form = [("hashes", hash.as_str()), ("deleteFiles", "true")];
    client.caller.act("torrents/delete", &form).await?;
    mirror.until(&client, "the removal", |mirror| mirror.torrents.is_empty()).await
}

at_each_level!(autobrr, qui);
