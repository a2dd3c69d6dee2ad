//! A small profile with what the large one has not: torrents that wait in queues, certificates, watched folders, feeds,
//! files in the folder for those that nobody wants, and resume data with relative paths.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use compat_tests::bencode::Value as Bencoded;
use compat_tests::{
    Authoring, Client, Form, Level, Payload, Product, Target, Torrent, at_each_level,
};
use serde_json::{Value, json};

use crate::made::{Made, copy, moved};
use crate::maker::{files, settle};
use crate::picture::{self, picture};

const CERTIFICATE: &str = include_str!("../contract/https/first.crt");
const KEY: &str = include_str!("../contract/https/first.key");
const DH: &str = "-----BEGIN DH PARAMETERS-----\n\
    MEYCQQDhup6KOpQuBygNMg6LQ3Zos0DGHEyKR6PRnSY9Ik3BJyiwo/e/S45zP1Ph\n\
    F5+X5ZcfFoc1UaSTwJCPeGz2WDnvAgEC\n\
    -----END DH PARAMETERS-----\n";

const LOADING: [&str; 4] = ["first in line", "second in line", "third in line", "unwanted in part"];
const SEEDING: [&str; 2] = ["seeding in line", "sealed"];

pub(crate) fn payloads() -> Vec<Payload> {
    LOADING.iter().chain(&SEEDING).map(|name| files(name)).collect()
}

fn torrent(name: &str) -> Torrent {
    Authoring::of(&files(name)).build()
}

fn fixture(level: Level) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/profiles/uncommon");
    fixtures.join(level.name())
}

/// The recorded profile, or against a reference server one that it makes now; with `COMPAT_RECORD` it is kept.
async fn get(level: Level) -> Result<Made> {
    if Product::under_test() == Product::Revaer {
        return Made::read(&fixture(level), "data");
    }
    let setup = Target::setup(level).product(Product::Reference);
    let mut target = setup.reference_argument("--relative-fastresume").spawn().await?;
    let picture = make(target.client(), level, target.folder()).await?;
    target.stop().await?;
    let made = Made::of(&target, picture)?;
    if std::env::var_os("COMPAT_RECORD").is_some() {
        made.record(&fixture(level))?;
    }
    Ok(made)
}

async fn make(client: &Client, level: Level, folder: &Path) -> Result<Value> {
    let watched = |name: &str| folder.join(name).to_string_lossy().into_owned();
    client
        .set_preferences(&json!({
            "queueing_enabled": true, "max_active_downloads": 1, "max_active_uploads": 0,
            "max_active_torrents": -1, "use_unwanted_folder": true,
            "scan_dirs": { watched("w0"): 0, watched("w1"): 1, watched("w2"): watched("else") },
        }))
        .await?;
    for name in SEEDING {
        files(name).write_to(&folder.join("data"))?;
    }
    for name in SEEDING.iter().chain(&LOADING) {
        client.add(&Form::torrent(&torrent(name).bytes)).await?;
        client.torrent_when(&torrent(name).id(), "the torrent", |_| true).await?;
    }
    settle(client).await?;
    let feed = [("url", "http://127.0.0.1:9/feed"), ("path", "a feed")];
    client.ok("rss/addFeed", &feed).await?;
    let rule = json!({ "enabled": true, "mustContain": "x" }).to_string();
    client.ok("rss/setRule", &[("ruleName", "a rule"), ("ruleDef", &rule)]).await?;
    if level > Level::L45 {
        let form = [
            ("hash", &*torrent("sealed").id()),
            ("ssl_certificate", CERTIFICATE),
            ("ssl_private_key", KEY),
            ("ssl_dh_params", DH),
        ];
        client.ok("torrents/setSSLParameters", &form).await?;
    }
    let form = [("hash", &*torrent("unwanted in part").id()), ("id", "1"), ("priority", "0")];
    client.ok("torrents/filePrio", &form).await?;
    client.ok("torrents/topPrio", &[("hashes", &*torrent("second in line").id())]).await?;
    client.ok("torrents/bottomPrio", &[("hashes", &*torrent("first in line").id())]).await?;
    let id = torrent("second in line").id();
    client.torrent_when(&id, "its turn", |t| t["state"] == "stalledDL").await?;
    let id = torrent("first in line").id();
    client.torrent_when(&id, "the queue", |t| t["state"] == "queuedDL").await?;
    for name in SEEDING {
        let waits = |t: &Value| t["state"] == "queuedUP";
        client.torrent_when(&torrent(name).id(), "the queue", waits).await?;
    }
    picture(client).await
}

async fn an_uncommon_profile_is_taken_over(level: Level) -> Result<()> {
    let made = get(level).await?;
    let place = tempfile::tempdir()?;
    let profile = place.path().join("home");
    copy(made.folder(), &profile.join("qBittorrent"))?;
    made.restore(place.path())?;
    let resume = made.folder().join("data/BT_backup");
    let resume = resume.join(format!("{}.fastresume", torrent("sealed").id()));
    let text = String::from_utf8_lossy(&fs_err::read(resume)?).into_owned();
    assert!(!text.contains(made.there()) && text.contains("../../data"), "paths are relative");

    // Relative paths need no rule: the settings and the watched folders alone are absolute.
    let map = format!("{}={}", made.there(), place.path().display());
    let setup = Target::setup(level).product(Product::Revaer).strict();
    let setup = setup.argument("--profile").argument(&profile.to_string_lossy());
    let mut target = setup.argument("--map").argument(&map).spawn().await?;
    settle(target.client()).await?;

    let mut expected = moved(&made.picture, made.there(), &place.path().to_string_lossy())?;
    let preferences = expected["preferences"].as_object_mut().context("preferences")?;
    for named_by_flags in ["save_path", "temp_path", "dht", "lsd", "pex"] {
        preferences.remove(named_by_flags);
    }
    picture::expect(target.client(), &expected).await?;
    if level > Level::L45 {
        let sealed = [("hash", &*torrent("sealed").id())];
        let found = target.client().json("torrents/SSLParameters", &sealed).await?;
        assert_eq!(found["ssl_certificate"], CERTIFICATE);
    }

    target.stop().await?;
    let to = place.path().join("written");
    let to_text = to.to_string_lossy().into_owned();
    target.command(&["export-qbittorrent", "--to", &to_text]).await?;
    for name in ["config/rss/feeds.json", "config/rss/download_rules.json"] {
        let written = fs_err::read(to.join("qBittorrent").join(name))?;
        assert_eq!(written, fs_err::read(made.folder().join(name))?, "{name}");
    }
    let watched = |folder: &Path| -> Result<Value> {
        let text = fs_err::read_to_string(folder.join("config/watched_folders.json"))?;
        Ok(serde_json::from_str(&text)?)
    };
    let expected = moved(&watched(made.folder())?, made.there(), &place.path().to_string_lossy())?;
    let mut written = watched(&to.join("qBittorrent"))?;
    for (folder, options) in written.as_object_mut().context("folders")? {
        let kept = &expected[folder]["add_torrent_params"]["use_auto_tmm"];
        assert_eq!(&options["add_torrent_params"]["use_auto_tmm"], kept, "{folder}");
    }
    assert_eq!(written, expected);
    if level > Level::L45 {
        let name = format!("data/BT_backup/{}.fastresume", torrent("sealed").id());
        let data = |folder: &Path| -> Result<Bencoded> {
            Bencoded::decode(&fs_err::read(folder.join(&name))?)
        };
        let (theirs, ours) = (data(made.folder())?, data(&to.join("qBittorrent"))?);
        for key in ["qBt-sslCertificate", "qBt-sslPrivateKey", "qBt-sslDhParams"] {
            let text = theirs.get(key).and_then(Bencoded::text).context(key)?;
            assert!(text.contains("BEGIN"), "{key}: {text}");
            assert_eq!(ours.get(key).and_then(Bencoded::text), Some(text), "{key}");
        }
    }
    Ok(())
}

at_each_level!(an_uncommon_profile_is_taken_over);
