//! `sync/*`: a client that applies every answer knows what a full one says.

use anyhow::{Context, Result};
use compat_tests::{Client, Form, Level, at_each_level, until};
use serde_json::{Map, Value, json};

use crate::support::{UNKNOWN, add_stopped, get, server, two_files};

/// A client that keeps its picture up to date as the contract says.
struct Mirror<'a> {
    client: &'a Client,
    rid: i64,
    picture: Map<String, Value>,
}

impl<'a> Mirror<'a> {
    fn new(client: &'a Client) -> Self {
        Self { client, rid: 0, picture: Map::new() }
    }

    /// Fetches and applies one answer, and returns it.
    async fn poll(&mut self) -> Result<Value> {
        let rid = self.rid.to_string();
        let answer = self.client.json("sync/maindata", &[("rid", &rid)]).await?;
        self.rid = answer["rid"].as_i64().context("a rid")?;
        let members = answer.as_object().context("an object")?;
        if members.get("full_update") == Some(&json!(true)) {
            self.picture = Map::new();
        }
        for (key, value) in members {
            match (key.strip_suffix("_removed"), value) {
                (Some(group), Value::Array(gone)) => self.remove(group, gone),
                (None, Value::Array(new)) => self.extend(key, new),
                (None, Value::Object(changed)) => self.merge(key, changed),
                _ => {}
            }
        }
        Ok(answer)
    }

    fn remove(&mut self, group: &str, gone: &[Value]) {
        match self.picture.get_mut(group) {
            Some(Value::Object(entries)) => {
                entries.retain(|key, _| !gone.contains(&Value::from(key.as_str())));
            }
            Some(Value::Array(items)) => items.retain(|item| !gone.contains(item)),
            _ => {}
        }
    }

    fn extend(&mut self, group: &str, new: &[Value]) {
        let list = self.picture.entry(group).or_insert_with(|| json!([]));
        if let Value::Array(items) = list {
            items.extend(
                new.iter().filter(|item| !items.contains(item)).cloned().collect::<Vec<_>>(),
            );
        }
    }

    fn merge(&mut self, group: &str, changed: &Map<String, Value>) {
        let entries = self.picture.entry(group).or_insert_with(|| json!({}));
        for (key, value) in changed {
            match (&mut entries[key.as_str()], value) {
                (Value::Object(old), Value::Object(new)) => old.extend(new.clone()),
                (place, value) => *place = value.clone(),
            }
        }
    }
}

/// Reduces a picture to what does not change by itself.
fn steady(picture: &Map<String, Value>) -> Value {
    let mut torrents = picture.get("torrents").cloned().unwrap_or_else(|| json!({}));
    for torrent in torrents.as_object_mut().into_iter().flat_map(Map::values_mut) {
        *torrent = json!([
            torrent["name"],
            torrent["tags"],
            torrent["category"],
            torrent["dl_limit"],
            torrent["trackers_count"],
            torrent["state"],
        ]);
    }
    let mut tags: Vec<String> = picture
        .get("tags")
        .map(|tags| serde_json::from_value(tags.clone()).unwrap_or_default())
        .unwrap_or_default();
    tags.sort();
    json!({
        "torrents": torrents,
        "tags": tags,
        "categories": picture.get("categories").cloned().unwrap_or_else(|| json!({})),
        "trackers": picture.get("trackers").cloned().unwrap_or_else(|| json!({})),
    })
}

async fn differences_add_up(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut mirror = Mirror::new(client);
    let first = mirror.poll().await?;
    assert_eq!(first["full_update"], true);
    assert!(first["server_state"].is_object());
    assert_eq!(first.get("torrents").is_some(), level == Level::L45, "empty groups only at 4.5");

    let torrents = ["one", "two"].map(two_files);
    let mut ids = Vec::new();
    for torrent in &torrents {
        ids.push(add_stopped(client, level, torrent).await?);
    }
    let (one, two) = (ids[0].as_str(), ids[1].as_str());
    let answer = mirror.poll().await?;
    assert_eq!(answer.get("full_update"), None);
    assert!(answer["torrents"][one]["name"] == "one", "{answer}");
    assert_eq!(answer["torrents"][one].get("hash"), None);
    assert_eq!(answer["trackers"]["http://127.0.0.1:9/announce"].as_array().map(Vec::len), Some(2));

    let steps: [(&str, Vec<(&str, &str)>); 9] = [
        ("createCategory", vec![("category", "films"), ("savePath", "/srv/films")]),
        ("createTags", vec![("tags", "a,b")]),
        ("setCategory", vec![("hashes", one), ("category", "films")]),
        ("addTags", vec![("hashes", "all"), ("tags", "b,c")]),
        ("setDownloadLimit", vec![("hashes", two), ("limit", "5000")]),
        ("addTrackers", vec![("hash", two), ("urls", "http://127.0.0.1:10/announce")]),
        ("rename", vec![("hash", one), ("name", "renamed")]),
        ("deleteTags", vec![("tags", "a")]),
        ("removeCategories", vec![("categories", "films")]),
    ];
    for (action, form) in steps {
        client.ok(&format!("torrents/{action}"), &form).await?;
        compare(&mut mirror, client, action).await?;
    }
    client.ok("torrents/delete", &[("hashes", one), ("deleteFiles", "false")]).await?;
    compare(&mut mirror, client, "delete").await?;
    assert!(mirror.picture["torrents"].get(one).is_none());

    // When nothing happens, an answer becomes nothing but its number.
    until("an empty difference", async || {
        let answer = mirror.poll().await?;
        Ok((answer == json!({"rid": mirror.rid})).then_some(()))
    })
    .await?;
    // A client may start over at any time.
    let full = client.json("sync/maindata", &[("rid", "0")]).await?;
    assert_eq!(full["full_update"], true);
    let unknown = client.json("sync/maindata", &[("rid", "999999")]).await?;
    assert_eq!(unknown["full_update"], true);
    let nonsense = client.json("sync/maindata", &[("rid", "x")]).await?;
    assert_eq!(nonsense["full_update"], true);
    Ok(())
}

/// Waits until the mirror shows what a fresh session is told.
async fn compare(mirror: &mut Mirror<'_>, client: &Client, what: &str) -> Result<()> {
    let mut last = (Value::Null, Value::Null);
    let found = until(what, async || {
        let answer = mirror.poll().await?;
        anyhow::ensure!(answer.get("full_update").is_none(), "after {what}: a full update");
        let mut fresh = Mirror::new(client);
        // A session of its own, since the memory of what was sent belongs to the session.
        let other = Client::new(client.base())?;
        other.set_cookie(client.cookie());
        let all = other.json("torrents/info", &[]).await?;
        let mut torrents = json!({});
        for torrent in all.as_array().into_iter().flatten() {
            torrents[torrent["hash"].as_str().unwrap_or_default()] = torrent.clone();
        }
        fresh.picture.insert("torrents".to_owned(), torrents);
        fresh.picture.insert("tags".to_owned(), other.json("torrents/tags", &[]).await?);
        fresh
            .picture
            .insert("categories".to_owned(), other.json("torrents/categories", &[]).await?);
        let mut expected = steady(&fresh.picture);
        let mine = steady(&mirror.picture);
        expected["trackers"] = mine["trackers"].clone();
        let is_equal = mine == expected;
        last = (mine, expected);
        Ok(is_equal.then_some(()))
    })
    .await;
    found.with_context(|| format!("the mirror has {}\nthe server has {}", last.0, last.1))
}

async fn a_lost_answer_costs_nothing(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("lost")).await?;
    let mut mirror = Mirror::new(client);
    mirror.poll().await?;
    mirror.poll().await?;
    let rid = mirror.rid.to_string();

    client.ok("torrents/addTags", &[("hashes", &id), ("tags", "seen")]).await?;
    until("the tag is in the answer that gets lost", async || {
        let lost = client.json("sync/maindata", &[("rid", &rid)]).await?;
        Ok((lost["tags"] == json!(["seen"])).then_some(()))
    })
    .await?;
    let again = mirror.poll().await?;

    assert_eq!(again["tags"], json!(["seen"]), "{again}");
    assert_eq!(again["torrents"][&id]["tags"], "seen", "{again}");
    Ok(())
}

async fn peers_of_a_torrent(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("peers")).await?;

    let answer = client.json("sync/torrentPeers", &[("hash", &id)]).await?;
    assert_eq!(answer["full_update"], true);
    assert_eq!(answer["rid"], 1);
    assert_eq!(answer["show_flags"], true);
    assert_eq!(get(client, "sync/torrentPeers", &[("hash", UNKNOWN)]).await?, "404 Not Found");
    assert_eq!(get(client, "sync/torrentPeers", &[]).await?, "404 Not Found");
    let next = client.json("sync/torrentPeers", &[("hash", &id), ("rid", "1")]).await?;
    assert_eq!(next, json!({"rid": 2}));
    let unknown = client.json("sync/torrentPeers", &[("hash", &id), ("rid", "77")]).await?;
    assert_eq!(unknown["full_update"], true);
    Ok(())
}

async fn magnets_and_files_together(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut mirror = Mirror::new(client);
    mirror.poll().await?;
    let torrent = two_files("both");
    let form = Form::torrent(&torrent.bytes)
        .text("urls", crate::support::MAGNET)
        .text(level.stopped_param(), "true");
    client.add(&form).await?;
    until("both are in the picture", async || {
        mirror.poll().await?;
        let torrents = mirror.picture.get("torrents").and_then(Value::as_object);
        Ok((torrents.map(Map::len) == Some(2)).then_some(()))
    })
    .await?;
    let magnet = &mirror.picture["torrents"][crate::support::MAGNET_ID];
    assert_eq!(magnet["name"], "No metadata");
    assert_eq!(magnet["total_size"], -1);
    if level >= Level::L51 {
        assert_eq!(magnet["private"], Value::Null);
        assert_eq!(magnet["has_metadata"], false);
    }
    Ok(())
}

at_each_level!(
    differences_add_up,
    a_lost_answer_costs_nothing,
    peers_of_a_torrent,
    magnets_and_files_together,
);
