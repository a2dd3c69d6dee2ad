//! Examples for the description: what a client may send, and what answers look like.
//!
//! Bodies of requests are written by hand and tested against their types. Answers are made from their schemas, so that
//! no member can be forgotten.

use serde_json::{Map, Value, json};

use crate::http::v1::problem::{Document, Fault, Kind};

/// Names that schemas are looked up by, as `$ref` writes them.
const COMPONENTS: &str = "#/components/schemas/";

/// How deep a sample goes into types that hold each other.
const DEPTH: u8 = 8;

pub(super) const ID: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";
const MAGNET: &str =
    "magnet:?xt=urn:btih:dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c&dn=Big+Buck+Bunny";

/// A body that a route takes.
#[must_use]
pub(super) fn body(method: &str, path: &str) -> Option<Value> {
    Some(match (method, path) {
        ("POST", "/v1/session") => json!({ "username": "admin", "password": "correct horse" }),
        ("PUT", "/v1/session/password") => {
            json!({ "current": "correct horse", "new": "battery staple" })
        }
        ("PUT", "/v1/ui/preferences") => json!({ "columns": ["name", "progress"] }),
        ("POST", "/v1/imports") => json!({
            "from": "/home/user/.config/qBittorrent", "map": ["/downloads=/srv"],
        }),
        ("POST", "/v1/torrents/preview") => json!({
            "source": "magnet:?xt=urn:btih:d984f67af9917b214cd8b6048ab5624c7df6a07a",
        }),
        ("POST", "/v1/setup") => json!({
            "token": "7f3a9c52d1", "username": "admin", "password": "correct horse",
        }),
        ("POST", "/v1/categories") => json!({
            "name": "films/uhd", "save_path": "/srv/films/uhd", "download_path": "inherit",
            "share_limits": { "ratio": 2.0, "action": "stop" },
        }),
        ("PATCH", "/v1/categories/{name}") => {
            json!({ "save_path": null, "download_path": "disabled" })
        }
        ("POST", "/v1/tags") => json!({ "tags": ["linux", "seed for long"] }),
        ("PATCH", "/v1/settings") => json!({ "queue.max_active_downloads": 5 }),
        ("POST", "/v1/settings/revert") => json!({ "revision": 12 }),
        ("POST", "/v1/api-keys") => json!({
            "name": "sonarr", "scopes": ["read", "add", "control"], "categories": ["tv"],
            "level": "5.1", "rate": { "per_minute": 600, "burst": 50 },
        }),
        ("POST", "/v1/torrents") => json!({
            "sources": [MAGNET], "category": "films", "tags": ["linux"], "run": "stopped",
            "download_limit": 1_048_576, "max_connections": 40, "peer_sources": { "pex": false },
            "share_limits": { "ratio": 2.0, "seeding_time": "unlimited" },
            "trackers": [{ "url": "https://tracker.example/announce", "tier": 1 }],
        }),
        ("POST", "/v1/torrents/author") => json!({
            "source": "/srv/films/Big Buck Bunny", "format": "hybrid",
            "trackers": [["https://tracker.example/announce"]], "comment": "4K", "seed": true,
        }),
        ("POST", "/v1/torrents/action") => json!({
            "filter": { "tag": ["old"], "min_ratio": 2.0 }, "action": { "action": "stop" },
            "dry_run": true,
        }),
        ("POST", "/v1/torrents/remove") => json!({
            "filter": { "category": ["films"], "min_age": 2_592_000 }, "dry_run": true,
        }),
        ("POST", "/v1/torrents/{id}/action") => json!({ "action": "move", "path": "/srv/archive" }),
        ("PATCH", "/v1/torrents/{id}/options") => json!({
            "upload_limit": null, "max_uploads": "unlimited", "peer_sources": { "dht": false },
            "sequential": true, "share_limits": { "ratio": "inherit" },
        }),
        ("POST", "/v1/torrents/{id}/trackers") => json!({
            "trackers": [{ "url": "https://tracker.example/announce", "tier": 0 }],
        }),
        ("PATCH", "/v1/torrents/{id}/trackers") => json!({
            "url": "http://tracker.example/announce", "new_url": "https://tracker.example/announce",
        }),
        ("POST", "/v1/torrents/{id}/web-seeds") => {
            json!({ "urls": ["https://mirror.example/films/"] })
        }
        ("POST", "/v1/torrents/{id}/peers") => {
            json!({ "peers": ["192.0.2.7:6881", "[2001:db8::7]:6881"] })
        }
        ("PATCH", "/v1/torrents/{id}/files") => json!({
            "files": [{ "index": 0, "priority": "high" }, { "index": 2, "priority": "skip" }],
        }),
        ("POST", "/v1/torrents/{id}/select") => json!({
            "include": ["**/*.mkv"], "presets": ["skip_fluff"],
            "priorities": [{ "glob": "**/*E01*", "priority": "maximum" }], "dry_run": true,
        }),
        ("POST", "/v1/torrents/{id}/pieces/deadlines") => json!({
            "read_ahead": { "file": 0, "offset": 0, "length": 8_388_608, "within": 1.0, "rate": 1_000_000 },
        }),
        _ => return None,
    })
}

/// A value for a part of a path.
#[must_use]
pub(super) fn part(path: &str, name: &str) -> &'static str {
    match (path, name) {
        (path, "id") if path.starts_with("/v1/torrents/") => ID,
        (path, "id") if path.starts_with("/v1/api-keys/") => "7",
        (_, "id") => "3f0c1a52-9f0b-4c8e-8b9d-0e6a1c5f2d44",
        (_, "kind") => "not-found",
        (_, "tag") => "linux",
        _ => "films",
    }
}

/// A problem as it may be answered.
#[must_use]
pub(super) fn problem(kind: Kind) -> Value {
    let (status, _, title) = kind.facts();
    let errors = match kind {
        Kind::Invalid => vec![Fault {
            pointer: Some("/tags/0".to_owned()),
            parameter: None,
            reason: "must not be empty or hold a comma".to_owned(),
        }],
        _ => Vec::new(),
    };
    let detail = match kind {
        Kind::Invalid => "/tags/0: must not be empty or hold a comma",
        Kind::Scope => "this needs the scope `control`",
        Kind::RateLimited => "this API key sends too many requests",
        Kind::Unauthenticated => "an API key or a session is needed",
        _ => title,
    };
    let document = Document {
        kind: kind.reference(),
        title: title.to_owned(),
        status,
        detail: detail.to_owned(),
        instance: "/v1/tags".to_owned(),
        request_id: "0b0fd0a1-6a4f-4d2c-8e0a-3f4b7e1b7f0a".to_owned(),
        errors,
    };
    serde_json::to_value(document).unwrap_or_default()
}

/// A value that a schema allows.
#[must_use]
pub(super) fn of(schema: &Value, definitions: &Map<String, Value>) -> Value {
    sample(schema, definitions, "", DEPTH)
}

fn sample(schema: &Value, definitions: &Map<String, Value>, name: &str, depth: u8) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    let inner = |schema: &Value, name: &str| sample(schema, definitions, name, depth - 1);
    if let Some(target) = schema["$ref"].as_str().and_then(|path| path.strip_prefix(COMPONENTS)) {
        return definitions.get(target).map_or(Value::Null, |schema| inner(schema, name));
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.first().cloned().unwrap_or_default();
    }
    for choices in ["oneOf", "anyOf"] {
        if let Some(Value::Array(choices)) = schema.get(choices) {
            let is_null = |choice: &&Value| choice["type"] == "null";
            let choice = choices.iter().find(|choice| !is_null(choice));
            return choice.map_or(Value::Null, |choice| inner(choice, name));
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap_or(&Value::Null),
        kind => kind,
    };
    match kind.as_str() {
        Some("object") => object(schema, definitions, depth),
        Some("array") => match &schema["prefixItems"] {
            Value::Array(items) => items.iter().map(|item| inner(item, name)).collect(),
            _ => json!([inner(&schema["items"], name)]),
        },
        Some("string") => text(name).into(),
        Some("boolean") => true.into(),
        Some("integer") => number(name, schema),
        Some("number") => json!(0.75),
        _ => Value::Null,
    }
}

fn object(schema: &Value, definitions: &Map<String, Value>, depth: u8) -> Value {
    let mut members = Map::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        members.insert(name.clone(), sample(member, definitions, name, depth - 1));
    }
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        let value = sample(values, definitions, "", depth - 1);
        members.insert("downloading".to_owned(), value);
    }
    members.into()
}

fn text(name: &str) -> &'static str {
    match name {
        "id" | "ids" | "info_hash_v1" => ID,
        "info_hash_v2" => "caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e",
        name if name.ends_with("_at") || name == "at" => "2026-11-21T20:15:00Z",
        "name" | "names" => "Big Buck Bunny",
        "category" | "categories" => "films",
        "tag" | "tags" => "linux",
        "actor" => "key:sonarr",
        "tracker_host" | "host" => "tracker.example",
        "url" => "https://tracker.example/announce",
        "urls" => "https://mirror.example/films/",
        "save_path" | "download_path" | "content_path" | "source" => "/srv/films",
        "path" | "files" => "Big Buck Bunny/bbb.mkv",
        "address" => "192.0.2.7:6881",
        "client" => "libtorrent/2.0.8",
        "version" => env!("CARGO_PKG_VERSION"),
        "key" | "restart_needed" => "queue.max_active_downloads",
        "secret" => "rvr_…",
        "docs" => "/v1/docs",
        "openapi" => "/v1/openapi.json",
        "token_file" => "setup-token",
        "created_by" => "mktorrent",
        "origin" => "192.0.2.9",
        _ => "text",
    }
}

fn number(name: &str, schema: &Value) -> Value {
    let number: i64 = match name {
        "status" => 422,
        "total_size" | "size" | "completed" | "downloaded" | "wanted_size" => 276_445_467,
        "piece_size" => 262_144,
        "download_rate" | "upload_rate" => 1_048_576,
        "first" | "index" | "offset" | "wasted" | "remaining" => 0,
        "tier" | "protocol" | "queue_position" | "count" => 1,
        _ => 12,
    };
    let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
    let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
    number.clamp(least, most.max(least)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::v1::routes;

    #[test]
    fn every_body_has_an_example_that_its_type_takes() {
        use crate::http::v1::{
            action, api_keys, categories, create, files, imports, jobs, options, peers, pieces,
            preview, remove, select, session, sessions, settings, setup, tags, trackers, ui,
            web_seeds,
        };
        fn takes<T: serde::de::DeserializeOwned>(value: &Value) -> bool {
            serde_json::from_value::<T>(value.clone()).is_ok()
        }
        for route in routes::rows().filter(|route| route.body.is_some()) {
            let example = body(route.method, route.path);
            let Some(example) = example else { panic!("{} {}", route.method, route.path) };
            let is_taken = match (route.method, route.path) {
                ("POST", "/v1/session") => takes::<session::Login>(&example),
                ("PUT", "/v1/session/password") => takes::<sessions::PasswordChange>(&example),
                ("PUT", "/v1/ui/preferences") => takes::<ui::Preferences>(&example),
                ("POST", "/v1/imports") => takes::<imports::New>(&example),
                ("POST", "/v1/torrents/preview") => takes::<preview::Request>(&example),
                ("POST", "/v1/setup") => takes::<setup::Request>(&example),
                ("POST", "/v1/categories") => takes::<categories::New>(&example),
                ("PATCH", "/v1/categories/{name}") => takes::<categories::Change>(&example),
                ("POST", "/v1/tags") => takes::<tags::New>(&example),
                ("PATCH", "/v1/settings") => takes::<settings::Change>(&example),
                ("POST", "/v1/settings/revert") => takes::<settings::Revert>(&example),
                ("POST", "/v1/api-keys") => takes::<api_keys::New>(&example),
                ("POST", "/v1/torrents") => takes::<create::New>(&example),
                ("POST", "/v1/torrents/author") => takes::<jobs::Author>(&example),
                ("POST", "/v1/torrents/action") => takes::<action::Batch>(&example),
                ("POST", "/v1/torrents/remove") => takes::<remove::Request>(&example),
                ("POST", "/v1/torrents/{id}/action") => takes::<action::Action>(&example),
                ("PATCH", "/v1/torrents/{id}/options") => takes::<options::Change>(&example),
                ("POST", "/v1/torrents/{id}/trackers") => takes::<trackers::New>(&example),
                ("PATCH", "/v1/torrents/{id}/trackers") => takes::<trackers::Change>(&example),
                ("POST", "/v1/torrents/{id}/web-seeds") => takes::<web_seeds::New>(&example),
                ("POST", "/v1/torrents/{id}/peers") => takes::<peers::New>(&example),
                ("PATCH", "/v1/torrents/{id}/files") => takes::<files::Change>(&example),
                ("POST", "/v1/torrents/{id}/select") => takes::<select::Request>(&example),
                ("POST", "/v1/torrents/{id}/pieces/deadlines") => {
                    takes::<pieces::deadlines::New>(&example)
                }
                _ => true,
            };
            assert!(is_taken, "{} {}: {example}", route.method, route.path);
        }
    }

    #[test]
    fn a_sample_follows_its_schema() {
        let definitions = json!({ "State": { "type": "string", "enum": ["queued", "running"] } });
        let schema = json!({
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "state": { "$ref": "#/components/schemas/State" },
                "reason": { "type": ["string", "null"] },
                "pieces": { "type": "array", "prefixItems": [{ "type": "integer" }, { "type": "integer" }] },
                "limit": { "anyOf": [{ "type": "null" }, { "type": "integer", "minimum": 100 }] },
            },
        });

        let sample = of(&schema, definitions.as_object().unwrap());

        let expected = json!({
            "id": ID, "state": "queued", "reason": "text", "pieces": [12, 12], "limit": 100,
        });
        assert_eq!(sample, expected);
    }
}
