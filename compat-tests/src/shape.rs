//! The shape of a JSON answer: its keys and types, without its values.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::{Authoring, Form, Level, Payload, Target};

/// Returns the file that holds a recorded shape.
#[must_use]
pub fn golden(level: Level, name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");
    [folder, level.name(), &format!("{name}.json")].iter().collect()
}

/// Fills a fresh server with one torrent, one magnet and labels, and returns the shapes of its answers by name.
///
/// # Errors
/// Fails when a request fails.
pub async fn sample(target: &Target) -> Result<Vec<(String, Value)>> {
    let (client, level) = (target.client(), target.level());
    let payload = Payload::folder("sample", &[("a.bin", 32_768), ("sub/b.bin", 32_768)]);
    let torrent = Authoring::of(&payload).tracker("http://127.0.0.1:9/announce").build();
    client.ok("torrents/createCategory", &[("category", "films"), ("savePath", "/srv")]).await?;
    let form = Form::torrent(&torrent.bytes)
        .text("category", "films")
        .text("tags", "tag")
        .text(level.stopped_param(), "true");
    client.add(&form).await?;
    client.add(&Form::url("magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567")).await?;
    let id = torrent.id();
    client
        .torrent_when(&id, "stopped", |torrent| torrent["state"] == level.stopped_download())
        .await?;
    client.torrent_when("0123456789abcdef0123456789abcdef01234567", "the magnet", |_| true).await?;

    let hash = [("hash", id.as_str())];
    let mut shapes = Vec::new();
    for (action, query) in [
        ("app/buildInfo", &[][..]),
        ("app/preferences", &[]),
        ("transfer/info", &[]),
        ("torrents/info", &[]),
        ("torrents/properties", &hash),
        ("torrents/trackers", &hash),
        ("torrents/files", &hash),
        ("sync/maindata", &[("rid", "0")]),
        ("sync/torrentPeers", &hash),
    ] {
        let answer = client.json(action, query).await?;
        shapes.push((action.replace('/', "-"), shape(&answer)));
    }
    let categories = client.json("torrents/categories", &[]).await?;
    let members = categories.as_object().cloned().unwrap_or_default();
    shapes.push(("torrents-categories".to_owned(), shape_of_map(&members)));
    Ok(shapes)
}

/// Keys whose members are named by data (ids, URLs, names), wherever they occur: all members are merged into one.
const KEYED_BY_DATA: [&str; 5] = ["torrents", "categories", "trackers", "peers", "scan_dirs"];

/// Reduces a value to its shape: objects keep their keys, lists become one merged element, leaves become type names.
#[must_use]
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::from("null"),
        Value::Bool(_) => Value::from("bool"),
        Value::Number(_) => Value::from("number"),
        Value::String(_) => Value::from("string"),
        Value::Array(items) => {
            Value::Array(merge_all(items.iter().map(shape)).into_iter().collect())
        }
        Value::Object(members) => Value::Object(
            members.iter().map(|(key, value)| (key.clone(), shape_of_member(key, value))).collect(),
        ),
    }
}

/// Reduces an object whose keys are data to the merged shape of its members, under the key `*`.
#[must_use]
pub fn shape_of_map(members: &Map<String, Value>) -> Value {
    let merged = merge_all(members.values().map(shape));
    Value::Object(merged.into_iter().map(|shape| ("*".to_owned(), shape)).collect())
}

fn shape_of_member(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) if KEYED_BY_DATA.contains(&key) => shape_of_map(members),
        _ => shape(value),
    }
}

fn merge_all(shapes: impl Iterator<Item = Value>) -> Option<Value> {
    shapes.reduce(merge)
}

/// Joins two shapes; leaves of different types become `a|b`, and keys of only one side are kept with a `?`.
fn merge(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(a), Value::Object(mut b)) => {
            let mut merged = Map::new();
            for (key, value) in a {
                let bare = key.trim_end_matches('?').to_owned();
                let other = b.remove(&bare).or_else(|| b.remove(&format!("{bare}?")));
                match other {
                    Some(other) => merged.insert(key, merge(value, other)),
                    None => merged.insert(format!("{bare}?"), value),
                };
            }
            merged.extend(
                b.into_iter()
                    .map(|(key, value)| (format!("{}?", key.trim_end_matches('?')), value)),
            );
            Value::Object(merged)
        }
        (Value::Array(a), Value::Array(b)) => {
            Value::Array(merge_all(a.into_iter().chain(b)).into_iter().collect())
        }
        (Value::String(a), Value::String(b)) if a != b => {
            let mut types: Vec<&str> = a.split('|').chain(b.split('|')).collect();
            types.sort_unstable();
            types.dedup();
            Value::from(types.join("|"))
        }
        (a, _) => a,
    }
}

/// Lists every difference between two shapes, one line each; nothing means equal.
#[must_use]
pub fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", expected, found, &mut lines);
    lines
}

fn compare(path: &str, expected: &Value, found: &Value, lines: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                match found.get(key) {
                    Some(other) => compare(&format!("{path}/{key}"), value, other, lines),
                    None => lines.push(format!("{path}/{key}: missing, expected {value}")),
                }
            }
            for (key, value) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                lines.push(format!("{path}/{key}: unexpected {value}"));
            }
        }
        (Value::Array(expected), Value::Array(found)) => match (expected.first(), found.first()) {
            (Some(expected), Some(found)) => {
                compare(&format!("{path}/[]"), expected, found, lines);
            }
            (None, None) => {}
            (expected, found) => {
                lines.push(format!("{path}: expected [{expected:?}], found [{found:?}]"));
            }
        },
        (expected, found) if expected != found => {
            lines.push(format!("{path}: expected {expected}, found {found}"));
        }
        _ => {}
    }
}
