//! cross-seed: finds the same data on another tracker and seeds it there too.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use compat_tests::{Authoring, Form, Level, Payload, Reply, Target, Torrent, at_each_level, until};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::caller::{Caller, Cookies};
use crate::stage::{content, episode, text};

/// The keys of a torrent that cross-seed reads.
#[derive(Debug, Deserialize)]
struct Found {
    hash: String,
    infohash_v1: String,
    name: String,
    state: String,
    progress: f64,
    amount_left: u64,
    total_size: u64,
    auto_tmm: bool,
    category: String,
    tags: String,
    save_path: String,
    content_path: String,
    /// Since 5.1.
    trackers: Option<Vec<Tracker>>,
    /// Since 5.3.
    files: Option<Vec<File>>,
}

#[derive(Debug, Deserialize)]
struct Tracker {
    url: String,
    tier: i64,
}

#[derive(Debug, Deserialize)]
struct File {
    name: String,
    size: u64,
}

struct CrossSeed {
    caller: Caller,
    is_five: bool,
}

impl CrossSeed {
    /// Logs in, keeps the whole cookie header, and learns the verbs from the version.
    async fn start(target: &Target) -> Result<Self> {
        let caller = Caller::new(target, Cookies::Whole, &[("user-agent", "CrossSeed/7.0.0")])?;
        let login = caller.login(&target.credentials()).await?;
        ensure!((200..300).contains(&login.status), "{}", login.brief());
        let cookie = caller.cookie().context("a cookie")?;
        ensure!(cookie.contains("; path=/"), "the attributes come along: {cookie}");
        let mut this = Self { caller, is_five: false };
        let version = this.body("app/version", "").await?.text();
        let numbers: Result<Vec<u32>, _> =
            version.trim_start_matches('v').split('.').map(str::parse).collect();
        this.is_five = numbers?.as_slice() >= [5, 0, 0].as_slice();
        Ok(this)
    }

    /// POSTs a body as it stands: nothing is encoded, and an empty one is called text.
    async fn body(&self, action: &str, body: &str) -> Result<Reply> {
        let kind = if body.is_empty() {
            "text/plain;charset=UTF-8"
        } else {
            "application/x-www-form-urlencoded"
        };
        let request = self.caller.request(Method::POST, action).header("content-type", kind);
        let reply = self.caller.send(request.body(body.to_owned())).await?;
        let is_fine = (200..300).contains(&reply.status);
        ensure!(is_fine, "POST {action} `{body}`: {}", reply.brief());
        Ok(reply)
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, action: &str, body: &str) -> Result<T> {
        let reply = self.body(action, body).await?;
        serde_json::from_slice(&reply.body).with_context(|| format!("{action}: {}", reply.brief()))
    }

    async fn find(&self, hash: &str) -> Result<Option<Found>> {
        let body = format!("hashes={hash}&includeFiles=true&includeTrackers=true");
        let list: Vec<Found> = self.json("torrents/info", &body).await?;
        Ok(list.into_iter().next())
    }

    async fn find_when(
        &self,
        hash: &str,
        what: &str,
        ready: impl Fn(&Found) -> bool,
    ) -> Result<Found> {
        let mut last = None;
        let found = until(what, async || {
            let torrent = self.find(hash).await?;
            last = torrent.as_ref().map(|torrent| format!("{torrent:?}"));
            Ok(torrent.filter(&ready))
        })
        .await;
        found.with_context(|| format!("last seen as {last:?}"))
    }

    /// Adds the other tracker's torrent where the data lies, stopped, to be checked.
    async fn inject(&self, torrent: &Torrent, source: &Found, folder: &Path) -> Result<()> {
        let name = format!("{}.cross-seed.torrent", torrent.name);
        let stopped = if self.is_five { "stopped" } else { "paused" };
        let folder = text(folder);
        let form = Form::new()
            .file("torrents", &name, &torrent.bytes)
            .text("downloadPath", &folder)
            .text("savepath", &folder)
            .text("autoTMM", if source.auto_tmm { "true" } else { "false" })
            .text("category", "cross-seed-link")
            .text("tags", "cross-seed")
            .text("contentLayout", "Original")
            .text("skip_checking", "false")
            .text(stopped, "true")
            .text("foo", "bar");
        let reply = self.caller.upload("torrents/add", &form).await?;
        ensure!(reply.status < 400, "{}", reply.brief());
        Ok(())
    }
}

fn is_complete(torrent: &Found) -> bool {
    let states =
        ["uploading", "pausedUP", "stoppedUP", "queuedUP", "stalledUP", "checkingUP", "forcedUP"];
    states.contains(&torrent.state.as_str())
}

/// Authors the same data for another tracker: only the private flag makes the id another one.
fn twins(payload: &Payload) -> [Torrent; 2] {
    let one = Authoring::of(payload).tracker("http://127.0.0.1:9/one/announce").build();
    let other = Authoring::of(payload).tracker("http://127.0.0.1:9/other/announce").private();
    [one, other.build()]
}

async fn seeds_the_same_data_for_another_tracker(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let payload = episode("A Season");
    payload.write_to(&target.data())?;
    let [source, twin] = twins(&payload);
    let form = Form::torrent(&source.bytes).text(level.seed_mode_param(), "true");
    target.client().add(&form).await?;
    target.client().torrent_when(&source.id(), "seeding", |t| t["state"] == "stalledUP").await?;

    let client = CrossSeed::start(&target).await?;
    let preferences: Value = client.json("app/preferences", "").await?;
    assert!(preferences["save_path"].is_string());
    client.body("torrents/createTags", "tags=cross-seed").await?;
    let links = target.folder_named("links")?;
    client.body("torrents/createCategory", "category=cross-seed-link&savePath=/before").await?;
    let category = format!("category=cross-seed-link&savePath={}", links.display());
    client.body("torrents/editCategory", &category).await?;
    let categories: Value = client.json("torrents/categories", "").await?;
    assert_eq!(categories["cross-seed-link"]["savePath"], text(&links));

    // What there is to search for: everything, with as much as the level tells at once.
    let all: Vec<Found> =
        client.json("torrents/info", "hashes=&includeFiles=true&includeTrackers=true").await?;
    assert_eq!(all.len(), 1);
    let found = client.find(&source.id()).await?.context("the source")?;
    assert!(is_complete(&found));
    assert_eq!((&found.hash, &found.infohash_v1), (&source.id(), &source.v1_hex()));
    assert_eq!((&*found.name, found.amount_left), (&*payload.name, 0));
    assert_eq!(found.total_size, payload.size() as u64);
    assert_eq!(found.files.is_some(), level == Level::L53);
    assert_eq!(found.trackers.is_some(), level > Level::L45);
    let body = format!("hash={}", found.hash);
    let files: Vec<File> = match found.files {
        Some(files) => files,
        None => client.json("torrents/files", &body).await?,
    };
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["A Season/episode.mkv", "A Season/info/episode.nfo"]);
    assert_eq!(files.iter().map(|file| file.size).sum::<u64>(), payload.size() as u64);
    let trackers: Vec<Tracker> = match found.trackers {
        Some(trackers) => trackers,
        None => client.json("torrents/trackers", &body).await?,
    };
    let real: Vec<&str> =
        trackers.iter().filter(|row| row.tier >= 0).map(|row| row.url.as_str()).collect();
    assert_eq!(real, ["http://127.0.0.1:9/one/announce"]);
    // Equal paths would mean that the files have no folder of their own.
    assert_ne!(found.content_path, found.save_path);
    let found = client.find(&source.id()).await?.context("the source")?;

    // Not there before; then linked, added, checked and started.
    assert!(client.find(&twin.id()).await?.is_none());
    payload.write_to(&links)?;
    client.inject(&twin, &found, &links).await?;
    client.find_when(&twin.id(), "the injected torrent", |_| true).await?;
    client.body("torrents/recheck", &format!("hashes={}", twin.id())).await?;
    let checked = client
        .find_when(&twin.id(), "the check", |torrent| {
            torrent.state == level.stopped_upload() && torrent.amount_left == 0
        })
        .await?;
    assert!((checked.progress - 1.0).abs() < f64::EPSILON);
    assert_eq!((&*checked.category, &*checked.tags), ("cross-seed-link", "cross-seed"));
    assert_eq!(checked.save_path, text(&links));
    payload.verify_in(content(&checked.content_path)?.parent().context("a folder")?)?;
    assert!(!checked.auto_tmm);
    let start = if client.is_five { "torrents/start" } else { "torrents/resume" };
    client.body(start, &format!("hashes={}", twin.id())).await?;
    client
        .find_when(&twin.id(), "seeding", |torrent| {
            is_complete(torrent) && torrent.state != level.stopped_upload()
        })
        .await?;
    Ok(())
}

/// The data is not all there: the check says so, and the torrent stays as it is.
async fn a_match_that_is_not_complete_stays_stopped(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let payload = episode("Half");
    let client = CrossSeed::start(&target).await?;
    let links = target.folder_named("links")?;
    payload.write_to(&links)?;
    fs_err::remove_file(links.join("Half/info/episode.nfo"))?;
    let [source, twin] = twins(&payload);
    let form = Form::torrent(&source.bytes).text(level.stopped_param(), "true");
    target.client().add(&form).await?;
    let found = client.find_when(&source.id(), "the source", |_| true).await?;

    client.body("torrents/createCategory", "category=cross-seed-link&savePath=").await?;
    client.inject(&twin, &found, &links).await?;
    client.find_when(&twin.id(), "the injected torrent", |_| true).await?;
    client.body("torrents/recheck", &format!("hashes={}", twin.id())).await?;
    let checked = client
        .find_when(&twin.id(), "the check", |torrent| {
            torrent.state == level.stopped_download() && torrent.progress > 0.5
        })
        .await?;
    assert!(checked.amount_left > 0 && checked.amount_left < payload.size() as u64);
    assert!(!is_complete(&checked));
    Ok(())
}

at_each_level!(seeds_the_same_data_for_another_tracker, a_match_that_is_not_complete_stays_stopped,);
