//! What a server says of itself, as far as it must be the same before and after a profile changes hands.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use compat_tests::Client;
use serde_json::{Map, Value, json};

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

/// The same for `torrents/properties`.
const PROPERTIES: &[&str] = &[
    "addition_date",
    "comment",
    "completion_date",
    "created_by",
    "creation_date",
    "dl_limit",
    "download_path",
    "has_metadata",
    "hash",
    "infohash_v1",
    "infohash_v2",
    "is_private",
    "name",
    "nb_connections_limit",
    "piece_size",
    "pieces_have",
    "pieces_num",
    "private",
    "save_path",
    "total_downloaded",
    "total_size",
    "total_uploaded",
    "up_limit",
];

/// Preferences that differ, and why.
pub(crate) const OTHER_PREFERENCES: &[(&str, &str)] = &[
    ("listen_port", "the tests let the kernel choose"),
    ("random_port", "the same"),
    ("web_ui_port", "the same"),
    ("ssl_listen_port", "chosen by chance where it was never set"),
    ("web_ui_address", "the tests name it by a flag"),
    ("proxy_password", "secrets are read as empty"),
    ("current_interface_name", "a name for people that the profile keeps"),
    ("dht_bootstrap_nodes", "each program brings its own list"),
    ("locale", "from the environment"),
    ("add_trackers_url_list", "what was downloaded is no setting"),
    ("disk_io_type", "a generation that does not know a word falls back"),
    ("file_log_path", "relative to the program's own folder"),
];

/// Everything that is compared.
pub(crate) async fn picture(client: &Client) -> Result<Value> {
    let list = client.json("torrents/info", &[]).await?;
    let mut torrents = Map::new();
    for torrent in list.as_array().context("a list")? {
        let id = torrent["hash"].as_str().context("an id")?;
        let mut picked = pick(torrent, FIELDS);
        let files = client.json("torrents/files", &[("hash", id)]).await.unwrap_or_default();
        let files = files.as_array().into_iter().flatten();
        let files = files.map(|file| json!([file["name"], file["priority"], file["progress"]]));
        picked.insert("files".to_owned(), files.collect());
        let trackers = client.json("torrents/trackers", &[("hash", id)]).await?;
        let trackers = trackers.as_array().into_iter().flatten();
        let trackers = trackers.map(|tracker| json!([tracker["url"], tracker["tier"]]));
        picked.insert("trackers".to_owned(), trackers.collect());
        let seeds = client.json("torrents/webseeds", &[("hash", id)]).await?;
        picked.insert("webseeds".to_owned(), seeds);
        let properties = client.json("torrents/properties", &[("hash", id)]).await?;
        picked.insert("properties".to_owned(), Value::Object(pick(&properties, PROPERTIES)));
        torrents.insert(id.to_owned(), Value::Object(picked));
    }
    let transfer = client.json("transfer/info", &[]).await?;
    let main = client.json("sync/maindata", &[]).await?;
    let mut transfer = pick(&transfer, &["dl_rate_limit", "up_rate_limit"]);
    transfer.extend(pick(&main["server_state"], &["alltime_dl", "alltime_ul"]));
    Ok(json!({
        "torrents": torrents,
        "categories": client.json("torrents/categories", &[]).await?,
        "tags": client.json("torrents/tags", &[]).await?,
        "preferences": client.json("app/preferences", &[]).await?,
        "transfer": transfer,
    }))
}

fn pick(from: &Value, keys: &[&str]) -> Map<String, Value> {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), from.get(key)?.clone()))).collect()
}

/// What differs, in words.
pub(crate) fn differences(expected: &Value, found: &Value) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    for part in ["categories", "preferences", "transfer"] {
        for (key, value) in expected[part].as_object().context("members")? {
            let ours = &found[part][key];
            let is_listed =
                part == "preferences" && OTHER_PREFERENCES.iter().any(|(other, _)| other == key);
            if ours != value && !is_listed {
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
            let ours = &found["torrents"][id][key];
            if ours != value {
                differences.push(format!("{key} of {}: {value}, here {ours}", torrent["name"]));
            }
        }
    }
    let count = |picture: &Value| picture["torrents"].as_object().map(Map::len);
    if count(found) != count(expected) {
        differences.push(format!("{:?} torrents, here {:?}", count(expected), count(found)));
    }
    Ok(differences)
}

/// Waits until a server says the same, and tells what differs if it never does.
pub(crate) async fn expect(client: &Client, expected: &Value) -> Result<()> {
    let same = compat_tests::until("everything as it was", async || {
        let differences = differences(expected, &picture(client).await?)?;
        Ok(differences.is_empty().then_some(()))
    });
    if same.await.is_err() {
        let differences = differences(expected, &picture(client).await?)?;
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
    Ok(())
}
