//! Sonarr, Radarr, Lidarr and Prowlarr: one design in four programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use compat_tests::{
    Form, Level, Payload, Reply, Target, Torrent, at_each_level, at_levels, until, until_within,
};
use reqwest::Method;
use serde::Deserialize;

use crate::caller::{Caller, Category, Cookies};
use crate::stage::{Stage, content, episode, text};

/// What sets the programs apart.
struct Program {
    category: &'static str,
    /// Wants `Ok.` from a login; the others are content with an empty answer too.
    wants_ok: bool,
    /// Tags what it has added.
    tags: bool,
}

const SONARR: Program = Program { category: "tv-sonarr", wants_ok: false, tags: true };
const RADARR: Program = Program { category: "radarr", wants_ok: false, tags: false };
const LIDARR: Program = Program { category: "lidarr", wants_ok: true, tags: false };
const PROWLARR: Program = Program { category: "prowlarr", wants_ok: false, tags: false };

/// The keys of a torrent that the programs read.
#[derive(Debug, Deserialize)]
struct Item {
    hash: String,
    name: String,
    size: u64,
    progress: f64,
    eta: u64,
    state: String,
    category: String,
    save_path: String,
    content_path: String,
    ratio: f64,
    ratio_limit: f64,
    seeding_time: u64,
    seeding_time_limit: i64,
    last_activity: i64,
}

#[expect(clippy::struct_excessive_bools, reason = "the keys are the contract's")]
#[derive(Deserialize)]
struct Preferences {
    save_path: String,
    max_ratio_enabled: bool,
    max_ratio: f64,
    max_seeding_time_enabled: bool,
    max_seeding_time: i64,
    max_ratio_act: u8,
    queueing_enabled: bool,
    dht: bool,
}

#[derive(Deserialize)]
struct Properties {
    save_path: String,
    seeding_time: u64,
}

#[derive(Deserialize)]
struct File {
    name: String,
}

/// One configured download client of a program.
struct Arr {
    program: Program,
    caller: Caller,
    credentials: (String, String),
}

impl Arr {
    fn new(target: &Target, program: Program) -> Result<Self> {
        Self::with(target, program, target.credentials())
    }

    fn with(target: &Target, program: Program, credentials: (String, String)) -> Result<Self> {
        let (username, password) = &credentials;
        let pair = format!("{username}:{password}");
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        let basic = format!("Basic {basic}");
        let headers = [("authorization", basic.as_str()), ("connection", "close")];
        let caller = Caller::new(target, Cookies::Jar, &headers)?;
        Ok(Self { program, caller, credentials })
    }

    /// GETs; the first refusal leads to a login and a second try.
    async fn get(&self, action: &str) -> Result<Reply> {
        let reply = self.caller.get(action).await?;
        if reply.status != 403 {
            return Ok(reply);
        }
        self.login().await?;
        self.caller.get(action).await
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, action: &str) -> Result<T> {
        let reply = self.get(action).await?;
        ensure!(reply.status == 200, "{action}: {}", reply.brief());
        serde_json::from_slice(&reply.body).with_context(|| format!("{action}: {}", reply.brief()))
    }

    async fn login(&self) -> Result<()> {
        let reply = self.caller.login(&self.credentials).await?;
        let body = reply.text();
        let is_fine = body == "Ok." || (body.is_empty() && !self.program.wants_ok);
        ensure!(reply.status < 400 && is_fine, "the login failed: {}", reply.brief());
        Ok(())
    }

    /// Asks which API this is: anything but 404 and 401 means the second.
    async fn detect(&self) -> Result<()> {
        let reply = self.caller.get("app/webapiVersion").await?;
        ensure!(matches!(reply.status, 200 | 403), "the probe failed: {}", reply.brief());
        Ok(())
    }

    /// Reads the version as numbers and dots and nothing else.
    async fn version(&self) -> Result<Vec<u32>> {
        let text = self.get("app/webapiVersion").await?.text();
        let parts: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
        let parts = parts.with_context(|| format!("`{text}` is no version"))?;
        ensure!((2..=4).contains(&parts.len()), "`{text}` is no version");
        Ok(parts)
    }

    /// Does what the button "Test" does.
    async fn test(&self) -> Result<()> {
        self.detect().await?;
        self.login().await?;
        self.version().await?;
        let preferences: Preferences = self.read("app/preferences").await?;
        ensure!(preferences.save_path.starts_with('/'), "{}", preferences.save_path);
        let has_limit = preferences.max_ratio_enabled || preferences.max_seeding_time_enabled;
        ensure!(!(has_limit && matches!(preferences.max_ratio_act, 1 | 3)), "would remove");
        ensure!(
            preferences.max_ratio_enabled || preferences.max_ratio < 0.0,
            "a limit that is off"
        );
        let is_off = preferences.max_seeding_time_enabled || preferences.max_seeding_time == -1;
        ensure!(is_off, "a limit that is off");
        ensure!(preferences.queueing_enabled, "nothing can be put first");
        // The suite keeps off every network, so a magnet needs trackers.
        ensure!(!preferences.dht, "the servers of this suite have no DHT");

        self.category(self.program.category).await?;
        assert!(self.list().await?.is_empty());
        Ok(())
    }

    /// Creates a category unless it is there, and expects to see it.
    async fn category(&self, name: &str) -> Result<()> {
        let known: BTreeMap<String, Category> = self.read("torrents/categories").await?;
        if !known.contains_key(name) {
            self.caller.act("torrents/createCategory", &[("category", name)]).await?;
        }
        let known: BTreeMap<String, Category> = self.read("torrents/categories").await?;
        let category = known.get(name).context("the category that was just created")?;
        assert_eq!((&*category.name, &*category.save_path), (name, ""));
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Item>> {
        self.version().await?;
        let _: Preferences = self.read("app/preferences").await?;
        self.read(&format!("torrents/info?category={}", self.program.category)).await
    }

    /// The fields that say how to start: their names depend on the API, and force asks for none.
    async fn start_fields(&self, start: Start) -> Result<Vec<(&'static str, &'static str)>> {
        let mut fields = vec![("category", self.program.category)];
        let stopped = if self.version().await? >= vec![2, 11] { "stopped" } else { "paused" };
        match start {
            Start::Now => fields.push((stopped, "False")),
            Start::Not => fields.push((stopped, "True")),
            Start::Forced => {}
        }
        Ok(fields)
    }

    /// Uploads a torrent under its title, the file before the fields.
    async fn add_file(
        &self,
        torrent: &Torrent,
        start: Start,
        limits: &[(&str, &str)],
    ) -> Result<()> {
        let head = format!(
            "Content-Disposition: form-data; name=\"torrents\"; filename=\"{}.torrent\"\r\n\
             Content-Type: application/octet-stream",
            torrent.name
        );
        let form = Form::new().part(&head, torrent.bytes.clone());
        let fields = self.start_fields(start).await?;
        let form =
            fields.iter().chain(limits).fold(form, |form, (key, value)| form.text(key, value));
        let form = form.text("contentLayout", "Original");
        accepted(&self.caller.upload("torrents/add", &form).await?)
    }

    /// Hands a magnet over; a long one travels as multipart, though there is no file.
    async fn add_magnet(&self, magnet: &str, start: Start) -> Result<()> {
        let mut fields = vec![("urls", magnet)];
        fields.extend(self.start_fields(start).await?);
        let reply = if magnet.len() > 1024 {
            let form = fields.iter().fold(Form::new(), |form, (key, value)| form.text(key, value));
            self.caller.upload("torrents/add", &form).await?
        } else {
            self.caller.post("torrents/add", &fields).await?
        };
        accepted(&reply)
    }

    /// Waits for what was just added. The programs give up after a second; a loaded test machine gets ten.
    async fn is_known(&self, hash: &str) -> Result<()> {
        until_within(Duration::from_secs(10), "the added torrent is known", async || {
            let reply = self.get(&format!("torrents/properties?hash={hash}")).await?;
            Ok((reply.status == 200).then_some(()))
        })
        .await
    }

    /// Puts the torrent first, which a server without a queue may refuse, and forces it.
    async fn put_first(&self, hash: &str, forced: bool) -> Result<()> {
        let reply = self.caller.post("torrents/topPrio", &[("hashes", hash)]).await?;
        ensure!(matches!(reply.status, 200 | 204 | 409), "topPrio: {}", reply.brief());
        let value = if forced { "true" } else { "false" };
        self.caller.act("torrents/setForceStart", &[("hashes", hash), ("value", value)]).await
    }

    async fn item(&self, hash: &str) -> Result<Option<Item>> {
        Ok(self.list().await?.into_iter().find(|item| item.hash.eq_ignore_ascii_case(hash)))
    }

    async fn item_when(
        &self,
        hash: &str,
        what: &str,
        ready: impl Fn(&Item) -> bool,
    ) -> Result<Item> {
        let mut last = None;
        let found = until(what, async || {
            let item = self.item(hash).await?;
            last = item.as_ref().map(|item| format!("{item:?}"));
            Ok(item.filter(&ready))
        })
        .await;
        found.with_context(|| format!("last seen as {last:?}"))
    }

    /// Finds what to import: the path must be the content's own, never the folder that holds it.
    async fn import(&self, item: &Item, payload: &Payload) -> Result<()> {
        assert_ne!(item.content_path, item.save_path);
        let path = content(&item.content_path)?;
        let folder = path.parent().context("content lies in a folder")?;
        payload.verify_in(folder)?;
        // Older versions join the save path with the first part of the first file.
        let hash = &item.hash;
        let properties: Properties = self.read(&format!("torrents/properties?hash={hash}")).await?;
        let files: Vec<File> = self.read(&format!("torrents/files?hash={hash}")).await?;
        let first = files.first().and_then(|file| file.name.split('/').next());
        let joined = Path::new(&properties.save_path).join(first.context("a file")?);
        assert_eq!(text(&joined), item.content_path);
        ensure!(properties.seeding_time >= item.seeding_time, "time runs backwards");
        Ok(())
    }

    async fn remove(&self, hash: &str) -> Result<()> {
        let form = [("hashes", hash), ("deleteFiles", "true")];
        self.caller.act("torrents/delete", &form).await?;
        until("the removal", async || Ok(self.item(hash).await?.is_none().then_some(()))).await
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Start {
    Now,
    Not,
    Forced,
}

fn accepted(reply: &Reply) -> Result<()> {
    let is_fine = (200..300).contains(&reply.status) && reply.text() != "Fails.";
    ensure!(is_fine, "torrents/add: {}", reply.brief());
    Ok(())
}

fn is_completed(item: &Item) -> bool {
    let states = ["uploading", "stalledUP", "queuedUP", "forcedUP", "pausedUP", "stoppedUP"];
    states.contains(&item.state.as_str())
}

/// A program removes what is stopped and has reached its limit, and nothing else.
fn is_removable(item: &Item) -> bool {
    matches!(item.state.as_str(), "pausedUP" | "stoppedUP")
        && item.ratio_limit >= 0.0
        && item.ratio >= item.ratio_limit - 0.001
}

/// An episode: by file, first in the queue, tagged, imported, moved to another category, removed at its limit.
async fn sonarr(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload = episode("Ein Täg \u{2014} S01E01 [1080p]");
    let torrent = stage.seeded(&payload).await?;
    let arr = Arr::new(&stage.target, SONARR)?;
    let hash = torrent.id();
    arr.test().await?;

    let limits = [("ratioLimit", "0"), ("seedingTimeLimit", "2880")];
    arr.add_file(&torrent, Start::Now, &limits).await?;
    arr.is_known(&hash).await?;
    arr.put_first(&hash, false).await?;
    if arr.program.tags {
        arr.caller.act("torrents/addTags", &[("hashes", &hash), ("tags", "sonarr,1080p")]).await?;
    }

    let item = arr.item_when(&hash, "the download", is_completed).await?;
    assert_eq!(item.name, payload.name);
    assert_eq!(item.size, payload.size() as u64);
    assert_eq!(item.category, "tv-sonarr");
    assert!((item.progress - 1.0).abs() < f64::EPSILON);
    arr.import(&item, &payload).await?;

    // The category of what has been imported must exist.
    let form = [("hashes", hash.as_str()), ("category", "tv-imported")];
    assert_eq!(arr.caller.post("torrents/setCategory", &form).await?.status, 409);
    arr.category("tv-imported").await?;
    arr.caller.act("torrents/setCategory", &form).await?;
    until("it has left the category", async || Ok(arr.item(&hash).await?.is_none().then_some(())))
        .await?;
    let form = [("hashes", hash.as_str()), ("category", arr.program.category)];
    arr.caller.act("torrents/setCategory", &form).await?;

    // The server, not the program, stops what has reached its limit.
    let item = arr.item_when(&hash, "the limit", is_removable).await?;
    assert_eq!(item.state, level.stopped_upload());
    assert_eq!(item.seeding_time_limit, 2880);
    assert!(item.last_activity > 0);
    assert_eq!(item.eta, 8_640_000);
    let data = content(&item.content_path)?;
    arr.remove(&hash).await?;
    stage.is_deleted(&data).await
}

/// A film: one file, by a long magnet, forced; its metadata comes from the swarm.
async fn radarr(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload = Payload::single("A Film (1931).mkv", 300_000);
    let torrent = stage.seeded(&payload).await?;
    let arr = Arr::new(&stage.target, RADARR)?;
    let hash = torrent.id();
    arr.test().await?;

    let trackers: Vec<String> =
        (0..40).map(|number| format!("http://127.0.0.1:9/{number}/announce")).collect();
    let magnet = stage.magnet(&torrent, &trackers);
    ensure!(magnet.len() > 1024, "long enough for multipart");
    arr.add_magnet(&magnet, Start::Forced).await?;
    arr.is_known(&hash).await?;
    arr.put_first(&hash, true).await?;

    let item = arr.item_when(&hash, "the download", is_completed).await?;
    assert_eq!(item.state, "forcedUP");
    assert_eq!(item.content_path, text(&stage.target.data().join(&payload.name)));
    arr.import(&item, &payload).await?;
    assert!(!is_removable(&item));
    arr.remove(&hash).await?;
    stage.is_deleted(Path::new(&item.content_path)).await
}

/// An album: added stopped, started by its owner; the session is lost in between.
async fn lidarr(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload =
        Payload::folder("An Album", &[("CD1/01.flac", 200_000), ("CD2/01.flac", 200_000)]);
    let torrent = stage.seeded(&payload).await?;
    let arr = Arr::new(&stage.target, LIDARR)?;
    let hash = torrent.id().to_uppercase();
    arr.test().await?;

    arr.add_file(&torrent, Start::Not, &[]).await?;
    let item = arr.item_when(&hash, "stopped", |item| item.state.ends_with("edDL")).await?;
    assert_eq!(item.state, level.stopped_download());
    assert_eq!(item.eta, 8_640_000);
    arr.caller.set_cookie(Some("SID=forgotten".to_owned()));
    stage.target.client().ok(level.start_route(), &[("hashes", "all")]).await?;
    let item = arr.item_when(&hash, "the download", is_completed).await?;
    arr.import(&item, &payload).await?;
    arr.remove(&torrent.id()).await?;
    stage.is_deleted(Path::new(&item.content_path)).await
}

/// A grab by hand: a short magnet, and nothing after it.
async fn prowlarr(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let torrent = stage.seeded(&episode("grabbed")).await?;
    let arr = Arr::new(&stage.target, PROWLARR)?;
    arr.test().await?;
    arr.add_magnet(&stage.magnet(&torrent, &[]), Start::Now).await?;
    arr.is_known(&torrent.id()).await?;
    arr.put_first(&torrent.id(), false).await?;

    // A second grab of the same is an error everywhere.
    let again = arr.caller.post("torrents/add", &[("urls", &*stage.magnet(&torrent, &[]))]).await?;
    let refusal = if level == Level::L53 { 409 } else { 200 };
    assert_eq!(again.status, refusal, "{}", again.brief());
    assert!(level == Level::L53 || again.text() == "Fails.", "{}", again.brief());
    Ok(())
}

/// Wrong credentials: the button says so, and the version probe never does below 5.3.
async fn wrong_credentials_are_named(level: Level) -> Result<()> {
    let stage = Target::spawn(level).await?;
    let wrong = (stage.credentials().0, "wrong".to_owned());
    let arr = Arr::with(&stage, SONARR, wrong)?;

    let probe = arr.caller.get("app/webapiVersion").await?;
    let login = arr.caller.login(&arr.credentials).await?;
    if level == Level::L53 {
        assert_eq!((probe.status, login.status), (401, 401));
    } else {
        assert_eq!(probe.status, 403);
        assert_eq!(login.brief(), "200 Fails.");
    }
    assert!(arr.login().await.is_err());
    Ok(())
}

/// Nothing configured: the empty header is no reason to refuse whom the address lets in.
async fn no_credentials_need_an_exempt_address(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let arr = Arr::with(&target, RADARR, (String::new(), String::new()))?;
    let probe = arr.caller.get("app/webapiVersion").await?;
    assert_eq!(probe.status, if level == Level::L53 { 401 } else { 403 });

    let bypass = serde_json::json!({"bypass_local_auth": true});
    target.client().set_preferences(&bypass).await?;
    let arr = Arr::with(&target, RADARR, (String::new(), String::new()))?;
    arr.detect().await?;
    let version = arr.version().await?;
    let Some(api) = version.first() else { bail!("no version") };
    assert_eq!(*api, 2);
    arr.category("radarr").await?;
    assert!(arr.list().await?.is_empty());
    let request = arr.caller.request(Method::POST, "torrents/info").header("content-length", "0");
    assert_eq!(arr.caller.send(request).await?.brief(), "200 []");
    Ok(())
}

at_each_level!(
    sonarr,
    radarr,
    prowlarr,
    wrong_credentials_are_named,
    no_credentials_need_an_exempt_address,
);
at_levels!(lidarr: l45 L45, l51 L51);
