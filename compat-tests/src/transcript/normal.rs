//! What is left of an answer when everything is taken away that no two runs share.

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::bencode;

/// Actions whose answers are too large or too much of the machine's to be kept; only their shape is.
pub(super) const ONLY_SHAPE: [&str; 10] = [
    "app/buildInfo",
    "app/getFreeSpaceAtPath",
    "app/networkInterfaceAddressList",
    "app/networkInterfaceList",
    "app/preferences",
    "app/processInfo",
    "app/rotateAPIKey",
    "log/main",
    "log/peers",
    "sync/maindata",
];

/// Keys whose values are times, counters or of this machine; their type remains.
const VOLATILE: [&str; 31] = [
    "added_on",
    "addition_date",
    "alltime_dl",
    "alltime_ul",
    "completion_date",
    "completion_on",
    "dht_nodes",
    "dl_speed_avg",
    "free_space_on_disk",
    "last_access_date",
    "connection_status",
    "creation_date",
    "last_activity",
    "last_modification_date",
    "last_seen",
    "msg",
    "next_announce",
    // A peer that was just added counts until the first attempt to reach it has failed.
    "num_incomplete",
    "peers_total",
    "min_announce",
    "port",
    "popularity",
    "reannounce",
    "rid",
    "seeding_time",
    "seen_complete",
    "taskID",
    "time_active",
    "up_speed_avg",
    "time_elapsed",
    "timestamp",
];

pub(super) fn text(text: &str, replaced: &[(String, String)]) -> String {
    // The real servers list these out of a hash table.
    if let Some(list) = text.strip_prefix("URL scheme must be one of [") {
        let mut schemes: Vec<&str> = list.trim_end_matches(']').split(", ").collect();
        schemes.sort_unstable();
        return format!("URL scheme must be one of [{}]", schemes.join(", "));
    }
    replaced.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

pub(super) fn value(value: &Value, replaced: &[(String, String)]) -> Value {
    match value {
        Value::String(found) => Value::from(text(found, replaced)),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| self::value(item, replaced)).collect())
        }
        Value::Object(members) => {
            let member = |(key, found): (&String, &Value)| {
                let normal = if VOLATILE.contains(&key.as_str()) {
                    crate::shape::shape(found)
                } else {
                    self::value(found, replaced)
                };
                (text(key, replaced), normal)
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

/// What clients read of a torrent file: what it is about, and its trackers. Newer libtorrents leave out `announce`
/// where there is a list, older ones the list where there is one tracker. `None` for what is no torrent file.
pub(super) fn torrent(bytes: &[u8]) -> Option<Value> {
    let torrent = bencode::Value::decode(bytes).ok()?;
    let info = torrent.get("info").map(bencode::Value::encode).unwrap_or_default();
    let list = match (torrent.get("announce-list"), torrent.get("announce")) {
        (Some(list), _) => list.encode(),
        (None, Some(url)) => [b"ll", &*url.encode(), b"ee"].concat(),
        (None, None) => Vec::new(),
    };
    let trackers = String::from_utf8_lossy(&list).into_owned();
    Some(json!({"info": hex::encode(Sha1::digest(info)), "trackers": trackers}))
}

/// Lists where two values differ, one line each.
pub(super) fn differences(path: &str, expected: &Value, found: &Value, lines: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                let other = found.get(key).unwrap_or(&Value::Null);
                differences(&format!("{path}/{key}"), value, other, lines);
            }
            for (key, value) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                lines.push(format!("{path}/{key}: unexpected {value}"));
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                differences(&format!("{path}/{index}"), expected, found, lines);
            }
        }
        (expected, found) if expected != found => {
            lines.push(format!("{path}: expected {expected}, found {found}"));
        }
        _ => {}
    }
}
