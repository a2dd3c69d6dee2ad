//! What the real server said of its torrents, and what Revaer says after it has taken them over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use compat_tests::{Client, Level, Product, Target, at_each_level, until};
use serde_json::{Map, Value, json};

use crate::maker::{make, settle, write_data};

/// Fields that must be the same, at the levels that have them.
const FIELDS: &[&str] = &[
    "added_on",
    "amount_left",
    "auto_tmm",
    "category",
    "comment",
    "completed",
    "completion_on",
    "content_path",
    "dl_limit",
    "download_path",
    "downloaded",
    "f_l_piece_prio",
    "force_start",
    "has_metadata",
    "inactive_seeding_time_limit",
    "infohash_v1",
    "infohash_v2",
    "magnet_uri",
    "max_ratio",
    "max_seeding_time",
    "name",
    "priority",
    "private",
    "progress",
    "ratio_limit",
    "root_path",
    "save_path",
    "seeding_time_limit",
    "seq_dl",
    "share_limit_action",
    "share_limits_mode",
    "size",
    "state",
    "super_seeding",
    "tags",
    "total_size",
    "tracker",
    "trackers_count",
    "up_limit",
    "uploaded",
];

/// Preferences that the profile sets or leaves at a default that is not ours.
const PREFERENCES: &[&str] = &[
    "dht",
    "pex",
    "lsd",
    "upnp",
    "queueing_enabled",
    "save_path",
    "temp_path_enabled",
    "temp_path",
    "dl_limit",
    "up_limit",
    "alt_dl_limit",
    "max_active_downloads",
    "encryption",
    "web_ui_username",
    "bittorrent_protocol",
    "max_ratio",
    "max_ratio_act",
    "schedule_from_hour",
    "schedule_to_min",
    "scheduler_days",
    "banned_IPs",
    "web_ui_domain_list",
    "autorun_program",
    "add_trackers",
    "excluded_file_names",
];

fn fixture(level: Level) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/profiles").join(level.name())
}

/// Everything that is compared.
async fn picture(client: &Client) -> Result<Value> {
    let list = client.json("torrents/info", &[]).await?;
    let mut torrents = Map::new();
    for torrent in list.as_array().context("a list")? {
        let id = torrent["hash"].as_str().context("an id")?;
        let picked = FIELDS.iter().filter_map(|key| Some((*key, torrent.get(key)?)));
        let mut picked: Map<String, Value> =
            picked.map(|(key, value)| (key.to_owned(), value.clone())).collect();
        let files = client.json("torrents/files", &[("hash", id)]).await.unwrap_or_default();
        let files = files.as_array().into_iter().flatten();
        let files = files.map(|file| json!([file["name"], file["priority"], file["progress"]]));
        picked.insert("files".to_owned(), files.collect());
        torrents.insert(id.to_owned(), Value::Object(picked));
    }
    let preferences = client.json("app/preferences", &[]).await?;
    let picked = PREFERENCES.iter().map(|key| ((*key).to_owned(), preferences[key].clone()));
    Ok(json!({
        "torrents": torrents,
        "categories": client.json("torrents/categories", &[]).await?,
        "tags": client.json("torrents/tags", &[]).await?,
        "preferences": picked.collect::<Map<String, Value>>(),
    }))
}

async fn a_profile_is_taken_over(level: Level) -> Result<()> {
    let mut target = Target::setup(level).strict().spawn().await?;
    write_data(&target.data())?;
    if target.product() == Product::Reference {
        return record(&mut target, level).await;
    }
    let text = fs_err::read_to_string(fixture(level).join("recorded.json"))?;
    let recorded: Value = serde_json::from_str(&text)?;
    let there = recorded["folder"].as_str().context("the folder")?;
    let here = target.folder().to_string_lossy().into_owned();
    let expected: Value =
        serde_json::from_str(&recorded["picture"].to_string().replace(there, &here))?;

    target.stop().await?;
    let map = format!("{there}={here}");
    let from = fixture(level).to_string_lossy().into_owned();
    let dry = ["import-qbittorrent", "--from", &from, "--map", &map, "--dry-run"];
    let told = target.command(&dry).await?;
    let report = target.command(&dry[..5]).await?;
    let count = expected["torrents"].as_object().context("torrents")?.len();
    for text in [&told, &report] {
        assert!(text.starts_with(&format!("{count} torrents, 2 categories")), "{text}");
    }
    let again = target.command(&dry[..5]).await?;
    assert!(again.contains(&format!("{count} torrents were known already")), "{again}");
    target.start().await?;

    let client = target.client();
    settle(client).await?;
    let same = until("everything as it was", async || {
        let differences = differences(&expected, &picture(client).await?, level)?;
        Ok(differences.is_empty().then_some(()))
    });
    if same.await.is_err() {
        let differences = differences(&expected, &picture(client).await?, level)?;
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
    target.stop().await?;
    Ok(())
}

/// What differs, in words.
fn differences(expected: &Value, found: &Value, level: Level) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    for part in ["categories", "preferences"] {
        for (key, value) in expected[part].as_object().context("members")? {
            let ours = &found[part][key];
            if ours != value {
                differences.push(format!("{part}: {key}: {value}, here {ours}"));
            }
        }
    }
    // 4.5 lists tags in no order.
    let tags = |picture: &Value| {
        let tags = picture["tags"].as_array().into_iter().flatten();
        tags.map(ToString::to_string).collect::<BTreeSet<_>>()
    };
    if tags(found) != tags(expected) {
        differences.push(format!("tags: {}, here {}", expected["tags"], found["tags"]));
    }
    for (id, torrent) in expected["torrents"].as_object().context("torrents")? {
        for (key, value) in torrent.as_object().context("fields")? {
            // 4.5 keeps no order of the queue while there is none.
            if key == "priority" && level == Level::L45 {
                continue;
            }
            let ours = &found["torrents"][id][key];
            if ours != value {
                differences.push(format!("{key} of {}: {value}, here {ours}", torrent["name"]));
            }
        }
    }
    Ok(differences)
}

async fn record(target: &mut Target, level: Level) -> Result<()> {
    let client = target.client();
    client
        .set_preferences(&json!({
            "queueing_enabled": false, "dl_limit": 1_048_576, "max_active_downloads": -1, "schedule_from_hour": 7, "schedule_from_min": 30,
            "schedule_to_hour": 21, "schedule_to_min": 15, "scheduler_days": 2, "banned_IPs": "10.1.2.3",
            "max_ratio_enabled": true, "max_ratio": 3.5, "max_ratio_act": 1, "web_ui_domain_list": "*;a.example",
            "autorun_program": "echo \"%N\", %F", "add_trackers": "http://x/1\n\nhttp://x/2",
            "excluded_file_names": "*.exe\nä*",
        }))
        .await?;
    make(client, level, target.folder()).await?;
    let picture = picture(client).await?;
    let folder = target.folder().to_string_lossy().into_owned();
    target.stop().await?;
    if std::env::var_os("COMPAT_RECORD").is_none() {
        return Ok(());
    }
    let to = fixture(level);
    if to.exists() {
        fs_err::remove_dir_all(&to)?;
    }
    let from = target.home().join("qBittorrent");
    for name in ["config/qBittorrent.conf", "config/categories.json"] {
        keep(&from.join(name), &to.join(name))?;
    }
    for entry in fs_err::read_dir(from.join("data/BT_backup"))? {
        let name = Path::new("data/BT_backup").join(entry?.file_name());
        keep(&from.join(&name), &to.join(&name))?;
    }
    let recorded = json!({ "folder": folder, "picture": picture });
    fs_err::write(to.join("recorded.json"), serde_json::to_string_pretty(&recorded)? + "\n")?;
    Ok(())
}

fn keep(from: &Path, to: &Path) -> Result<()> {
    fs_err::create_dir_all(to.parent().context("a folder")?)?;
    fs_err::copy(from, to)?;
    Ok(())
}

/// A fresh server takes over the profile that its flags name, and what the flags say wins over the profile.
async fn a_first_start_takes_the_profile_over(level: Level) -> Result<()> {
    if Product::under_test() == Product::Reference {
        return Ok(());
    }
    let profile = tempfile::tempdir()?;
    for name in ["config", "data/BT_backup"] {
        let from = fixture(level).join(name);
        for entry in fs_err::read_dir(&from)? {
            let entry = entry?;
            if entry.path().is_file() {
                keep(
                    &entry.path(),
                    &profile.path().join("qBittorrent").join(name).join(entry.file_name()),
                )?;
            }
        }
    }
    let path = profile.path().to_string_lossy().into_owned();
    let mut target = Target::setup(level).argument("--profile").argument(&path).spawn().await?;
    for _ in 0..2 {
        let client = target.client();
        let list = client.json("torrents/info", &[]).await?;
        assert_eq!(list.as_array().map(Vec::len), Some(11));
        let preferences = client.json("app/preferences", &[]).await?;
        assert_eq!(preferences["save_path"], target.data().to_string_lossy().into_owned());
        assert_eq!(preferences["dl_limit"], 1_048_576);
        target.restart().await?;
    }
    let target = Target::setup(level)
        .argument("--profile")
        .argument(&path)
        .argument("--no-adopt")
        .spawn()
        .await?;
    assert_eq!(target.client().json("torrents/info", &[]).await?, json!([]));
    Ok(())
}

at_each_level!(a_profile_is_taken_over, a_first_start_takes_the_profile_over);
