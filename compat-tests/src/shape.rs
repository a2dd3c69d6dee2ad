//! The shape of a JSON answer: its keys and types, without its values.

use serde_json::{Map, Value};

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
