//! Cleanuparr and tqm: they look at everything that is there, and remove or mark what does not belong.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use compat_tests::{Form, Level, at_each_level, until};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::caller::{Caller, Category, Cookies};
use crate::go::{Library, is_seeding};
use crate::stage::{Stage, episode, text};

/// Leaves unwanted files out, marks a torrent, and deletes one that has nothing left to fetch.
async fn cleanuparr(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload = episode("To clean");
    let torrent = stage.seeded(&payload).await?;
    let hash = torrent.id();
    let caller = Caller::new(&stage.target, Cookies::Jar, &[])?;
    let login = caller.login(&stage.target.credentials()).await?;
    ensure!((200..300).contains(&login.status) && login.text() != "Fails.", "{}", login.brief());
    let api = caller.get("app/webapiVersion").await?.text();
    assert_eq!(api, level.api_version());
    // The list of what no torrent shall bring along.
    let wish = json!({"excluded_file_names_enabled": true, "excluded_file_names": "*.nfo\n*.exe"});
    caller.act("app/setPreferences", &[("json", &wish.to_string())]).await?;
    assert_eq!(caller.get("transfer/speedLimitsMode").await?.text(), "0");

    let form = Form::torrent(&torrent.bytes).text("tags", "seen");
    stage.target.client().add(&form).await?;
    let listed = async || -> Result<Vec<Value>> {
        caller.read(&format!("torrents/info?hashes={hash}")).await
    };
    until("the torrent", async || Ok((!listed().await?.is_empty()).then_some(()))).await?;
    let files: Vec<Value> = caller.read(&format!("torrents/files?hash={hash}")).await?;
    assert_eq!((&files[0]["priority"], &files[1]["priority"]), (&json!(1), &json!(0)));
    let properties: Value = caller.read(&format!("torrents/properties?hash={hash}")).await?;
    assert_eq!(properties["is_private"], false);
    let trackers: Vec<Value> = caller.read(&format!("torrents/trackers?hash={hash}")).await?;
    assert!(
        trackers.iter().any(|row| row["url"].as_str().is_some_and(|url| url.starts_with("http")))
    );

    caller.act("torrents/createCategory", &[("category", "unlinked")]).await?;
    let known: HashMap<String, Category> = caller.read("torrents/categories").await?;
    let category = known.get("unlinked").context("the category")?;
    assert_eq!((&*category.name, &*category.save_path), ("unlinked", ""));
    caller.act("torrents/setCategory", &[("hashes", &hash), ("category", "unlinked")]).await?;
    caller.act("torrents/addTags", &[("hashes", &hash), ("tags", "cleanuparr")]).await?;
    until("a finished torrent", async || {
        let done: Vec<Value> = caller.read("torrents/info?filter=completed").await?;
        let is_marked = |t: &&Value| t["category"] == "unlinked" && t["tags"] == "cleanuparr, seen";
        Ok(done.iter().find(is_marked).map(|_| ()))
    })
    .await?;
    // Without anything wanted the torrent is worth nothing.
    let form = [("hash", hash.as_str()), ("id", "0|1"), ("priority", "0")];
    caller.act("torrents/filePrio", &form).await?;
    until("no file is wanted", async || {
        let files: Vec<Value> = caller.read(&format!("torrents/files?hash={hash}")).await?;
        Ok(files.iter().all(|file| file["priority"] == 0).then_some(()))
    })
    .await?;
    caller.act("torrents/delete", &[("hashes", &hash), ("deleteFiles", "true")]).await?;
    until("the removal", async || Ok(listed().await?.is_empty().then_some(()))).await?;
    stage.is_deleted(&stage.target.data().join("To clean")).await
}

/// What its rules look at.
#[derive(Deserialize)]
struct Properties {
    addition_date: i64,
    seeding_time: i64,
    share_ratio: f64,
    is_private: bool,
    total_size: i64,
    save_path: String,
}

/// Retags, moves and relabels by rules, and removes at the end.
async fn tqm(level: Level) -> Result<()> {
    let mut stage = Stage::at(level).await?;
    let payload = episode("Ruled");
    let torrent = stage.seeded(&payload).await?;
    let hash = torrent.id();
    let client = Library::connect(&stage.target).await?;
    let preferences: Value = client.caller.read("app/preferences").await?;
    assert!(preferences["save_path"].is_string());
    for (name, path) in [("old", ""), ("new", &*text(&stage.target.folder_named("moved")?))] {
        let form = [("category", name), ("savePath", path)];
        client.caller.act("torrents/createCategory", &form).await?;
    }
    let categories: HashMap<String, Category> = client.caller.read("torrents/categories").await?;
    assert_eq!(categories.len(), 2);
    client.add(&torrent, &[("category", "old"), ("paused", "false"), ("stopped", "false")]).await?;
    client.item_when(&hash, "the download", is_seeding).await?;

    // The trackers come along where the server can; otherwise one call for each torrent.
    let list = client.list("?includeTrackers=true").await?;
    let mut urls: Vec<String> = list[0].trackers.iter().map(|row| row.url.clone()).collect();
    assert_eq!(urls.is_empty(), !client.has([2, 11, 4]));
    if urls.is_empty() {
        let rows: Vec<Value> =
            client.caller.read(&format!("torrents/trackers?hash={hash}")).await?;
        urls = rows.iter().filter_map(|row| row["url"].as_str()).map(ToOwned::to_owned).collect();
    }
    assert!(urls.iter().any(|url| url.ends_with("/announce")), "{urls:?}");
    let properties: Properties =
        client.caller.read(&format!("torrents/properties?hash={hash}")).await?;
    assert!(properties.addition_date > 1_700_000_000 && properties.seeding_time >= 0);
    assert!(properties.share_ratio >= 0.0 && !properties.is_private);
    assert_eq!((properties.total_size, properties.save_path.is_empty()), (302_000, false));
    let files: Vec<Value> = client.caller.read(&format!("torrents/files?hash={hash}")).await?;
    assert_eq!(files.len(), 2);
    let data: Value = client.caller.read("sync/maindata?rid=0").await?;
    assert!(data["server_state"]["free_space_on_disk"].as_i64() > Some(0));

    client.caller.act("torrents/createTags", &[("tags", "kept")]).await?;
    let tag = if client.has([2, 11, 4]) { "torrents/setTags" } else { "torrents/addTags" };
    client.caller.act(tag, &[("hashes", &hash), ("tags", "kept")]).await?;
    client
        .caller
        .act("torrents/setUploadLimit", &[("hashes", &hash), ("limit", "1048576")])
        .await?;
    // A relabel with a move: automatic management is off while the place is set by hand.
    let to = categories["new"].save_path.clone();
    for (action, form) in [
        ("setCategory", [("hashes", hash.as_str()), ("category", "new")]),
        ("setAutoManagement", [("hashes", &hash), ("enable", "false")]),
        ("setLocation", [("hashes", &hash), ("location", &to)]),
        ("setAutoManagement", [("hashes", &hash), ("enable", "true")]),
    ] {
        client.caller.act(&format!("torrents/{action}"), &form).await?;
    }
    let moved = client
        .item_when(&hash, "the move", |item| {
            item.save_path == to && item.auto_tmm && is_seeding(item) && item.tags == "kept"
        })
        .await?;
    assert_eq!((&*moved.category, moved.up_limit), ("new", 1_048_576));
    until("the content at its new place", async || {
        Ok(payload.verify_in(std::path::Path::new(&to)).ok())
    })
    .await?;
    client.caller.act(level.stop_route(), &[("hashes", &hash)]).await?;
    client.item_when(&hash, "stopped", |item| item.state == level.stopped_upload()).await?;
    client.caller.act("torrents/deleteTags", &[("tags", "kept")]).await?;
    let form = [("hashes", hash.as_str()), ("deleteFiles", "true")];
    client.caller.act("torrents/delete", &form).await?;
    stage.is_deleted(std::path::Path::new(&moved.content_path)).await
}

at_each_level!(cleanuparr, tqm);
