//! The way back: a profile is taken over, changed, written, and a server starts from what was written.
//!
//! With `COMPAT_TARGET` that server is the real one, which must say what Revaer said; without it, another Revaer.

use std::path::Path;

use anyhow::{Context as _, Result};
use compat_tests::{Client, Level, Product, Target, at_each_level, has_no_counterpart, until};
use serde_json::{Value, json};

use crate::made::{Made, Storage, adopt, copy, moved};
use crate::maker::settle;
use crate::picture::{self, picture};

async fn a_profile_goes_back(level: Level) -> Result<()> {
    goes_back(level, Storage::Folder).await
}

async fn a_profile_with_a_database_goes_back(level: Level) -> Result<()> {
    goes_back(level, Storage::Database).await
}

async fn goes_back(level: Level, storage: Storage) -> Result<()> {
    let made = Made::recorded(level, storage)?;
    let mut ours = adopt(&made, level, storage).await?;
    ours.start().await?;
    settle(ours.client()).await?;
    change(ours.client(), level, ours.folder()).await?;
    if storage == Storage::Database {
        // Who comes from a database gets one again, which the server makes of what is written.
        let kind = json!({ "resume_data_storage_type": "SQLite" });
        ours.client().set_preferences(&kind).await?;
    }
    settle(ours.client()).await?;
    let picture = steady(ours.client()).await?;
    ours.stop().await?;

    let mut theirs = Target::setup(level).strict().spawn().await?;
    theirs.stop().await?;
    for name in ["data", "temp"] {
        copy(&ours.folder().join(name), &theirs.folder().join(name))?;
    }
    let map = format!("{}={}", ours.folder().display(), theirs.folder().display());
    let to = theirs.folder().join("written").to_string_lossy().into_owned();
    let export = ["export-qbittorrent", "--to", &to, "--level", level.name(), "--map", &map];
    let report = ours.command(&export).await?;
    let again = ours.command(&export).await.expect_err("a profile is never overwritten");
    assert!(format!("{again:#}").contains("never overwritten"), "{again:#}");
    let password = report
        .split_once("the password there is `")
        .and_then(|(_, rest)| rest.split_once('`'))
        .map(|(password, _)| password.to_owned())
        .with_context(|| format!("a password in {report}"))?;

    let written = Path::new(&to).join("qBittorrent");
    if theirs.product() == Product::Reference {
        let home = theirs.home().join("qBittorrent");
        let ports = ports(&home.join("config/qBittorrent.conf"))?;
        fs_err::remove_dir_all(&home)?;
        copy(&written, &home)?;
        set_ports(&home.join("config/qBittorrent.conf"), &ports)?;
    } else {
        theirs.command(&["import-qbittorrent", "--from", &to]).await?;
    }
    theirs.launch().await?;
    theirs.client().login("admin", &password).await?;
    settle(theirs.client()).await?;
    let folders = [ours.folder(), theirs.folder()].map(|folder| folder.to_string_lossy());
    let expected = moved(&picture, &folders[0], &folders[1])?;
    picture::expect(theirs.client(), &expected).await?;
    theirs.stop().await?;
    Ok(())
}

/// Changes a bit of everything.
async fn change(client: &Client, level: Level, folder: &Path) -> Result<()> {
    let list = client.json("torrents/info", &[]).await?;
    let id = |name: &str| {
        let mut torrents = list.as_array().into_iter().flatten();
        let found = torrents.find(|torrent| torrent["name"] == name);
        found.and_then(|torrent| torrent["hash"].as_str()).context(name.to_owned())
    };
    let moved = folder.join("data/new place").to_string_lossy().into_owned();
    client.ok("torrents/createCategory", &[("category", "new"), ("savePath", &moved)]).await?;
    client.ok("torrents/addTags", &[("hashes", id("tiers")?), ("tags", "x,y z")]).await?;
    client.ok("torrents/setCategory", &[("hashes", id("hybrid")?), ("category", "new")]).await?;
    client.ok("torrents/rename", &[("hash", id("super")?), ("name", "much; \"better\"")]).await?;
    client.ok("torrents/setUploadLimit", &[("hashes", id("actions")?), ("limit", "30720")]).await?;
    let limits = [
        ("hashes", id("no limits")?),
        ("ratioLimit", "0.75"),
        ("seedingTimeLimit", "-2"),
        ("inactiveSeedingTimeLimit", "-1"),
        ("shareLimitAction", "EnableSuperSeeding"),
        ("shareLimitsMode", "MatchAll"),
    ];
    client.ok("torrents/setShareLimits", &limits).await?;
    client.ok("torrents/toggleSequentialDownload", &[("hashes", id("absent")?)]).await?;
    let renamed = [
        ("hash", id("v1 Original")?),
        ("oldPath", "v1 Original/sub/b"),
        ("newPath", "v1 Original/sub/c d"),
    ];
    client.ok("torrents/renameFile", &renamed).await?;
    let skipped = [("hash", id("chosen")?), ("id", "0"), ("priority", "0")];
    client.ok("torrents/filePrio", &skipped).await?;
    client.ok(level.stop_route(), &[("hashes", id("hybrid Original")?)]).await?;
    client.ok("torrents/delete", &[("hashes", id("paced")?), ("deleteFiles", "false")]).await?;
    client.ok("torrents/topPrio", &[("hashes", id("chosen")?)]).await?;
    client.ok("torrents/increasePrio", &[("hashes", id("web seeded")?)]).await?;
    let watched = folder.join("watched").to_string_lossy().into_owned();
    client.set_preferences(&json!({ "scan_dirs": { watched: 0 } })).await?;
    let tracker = [("hash", id("renamed")?), ("urls", "http://127.0.0.1:9/added")];
    client.ok("torrents/addTrackers", &tracker).await?;
    client
        .set_preferences(&json!({
            "dl_limit": 2_097_152, "max_connec": -1, "alt_up_limit": 51_200, "max_ratio_enabled": true,
            "max_ratio": 1.25, "add_trackers_enabled": false, "excluded_file_names": "a, b\n*.\"x\"",
            "web_ui_session_timeout": 1234, "scheduler_days": 5, "torrent_content_layout": "Subfolder",
            "mail_notification_sender": "ä@example.com",
        }))
        .await
}

/// The picture when two in a row are the same.
async fn steady(client: &Client) -> Result<Value> {
    let mut last = Value::Null;
    until("a picture that stays", async || {
        let now = picture(client).await?;
        let same = now == last;
        last = now;
        Ok(same.then(|| last.clone()))
    })
    .await
}

/// The lines of a configuration that name ports.
fn ports(conf: &Path) -> Result<Vec<String>> {
    let text = fs_err::read_to_string(conf)?;
    Ok(text.lines().filter(|line| is_port(line)).map(str::to_owned).collect())
}

fn is_port(line: &str) -> bool {
    ["Session\\Port=", "WebUI\\Port=", "Port="].iter().any(|key| line.starts_with(key))
}

/// Gives a configuration the ports of another, of which the web server's may be under an older key.
fn set_ports(conf: &Path, ports: &[String]) -> Result<()> {
    let value = |torrents: bool| {
        let mut lines = ports.iter().filter(|line| line.starts_with("Session") == torrents);
        lines.next().and_then(|line| line.split_once('=')).map(|(_, value)| value)
    };
    let text = fs_err::read_to_string(conf)?;
    let lines = text.lines().map(|line| match line.split_once('=') {
        Some((key, _)) if is_port(line) => {
            format!("{key}={}\n", value(line.starts_with("Session")).unwrap_or_default())
        }
        _ => format!("{line}\n"),
    });
    fs_err::write(conf, lines.collect::<String>())?;
    Ok(())
}

/// Until somebody has logged in, the password is the one that the profile came with.
async fn the_password_goes_back_as_it_came(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let ours = adopt(&made, level, Storage::Folder).await?;
    let to = ours.folder().join("written").to_string_lossy().into_owned();

    let report = ours.command(&["export-qbittorrent", "--to", &to]).await?;

    assert!(!report.contains("password"), "{report}");
    let line = |folder: &Path| -> Result<String> {
        let text = fs_err::read_to_string(folder.join("config/qBittorrent.conf"))?;
        let mut lines = text.lines().filter(|line| line.contains("Password_PBKDF2"));
        Ok(lines.next().context("a password")?.to_owned())
    };
    let written = Path::new(&to).join("qBittorrent");
    assert_eq!(line(&written)?, line(made.folder())?);
    let scratch = fs_err::read_dir(&to)?.count();
    assert_eq!(scratch, 1, "something is left beside the profile");
    Ok(())
}

at_each_level!(
    a_profile_goes_back,
    a_profile_with_a_database_goes_back,
    the_password_goes_back_as_it_came,
);
