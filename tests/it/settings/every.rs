//! One walk over the table: each setting is set to another value, read back as effective, read back from the running
//! libtorrent session where it has a name there, and all of it again after a restart.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use futures::FutureExt;
use reqwest::Client;
use revaer::app::{App, Launch};
use revaer::auth::Scopes;
use revaer::auth::api_keys::NewKey;
use revaer::engine::{Health, session};
use revaer::model::Actor;
use revaer::settings::field::Kind;
use revaer::settings::keys::{self, Effect};
use revaer::settings::{Patch, Row};
use serde_json::{Value, json};

use crate::support::app::{answer, served};

/// Values by key, as `/v1/settings` takes them.
type Change = BTreeMap<&'static str, Value>;
type Live = BTreeMap<String, Value>;

const PASSWORD_HASH: &str = "webui.password_hash";
const SCHEDULE: &str = "limits.schedule_enabled";

/// What only the start of a session can set.
const AT_START: [&str; 2] = ["disk.io", "i2p.pex"];

/// A server whose settings are changed and read as an operator does it, over `/v1/settings`.
pub(crate) struct Instance {
    pub(crate) app: Arc<App>,
    server: ServerHandle,
    client: Client,
    /// Of the settings.
    url: String,
    /// The text of an API key.
    key: String,
}

impl Instance {
    pub(crate) async fn start(home: &Path) -> Self {
        let mut defaults = Patch::new();
        defaults.set("downloads.save_path", "/downloads");
        defaults.set("connection.interface_address", "127.0.0.1");
        defaults.set("connection.listen_port", 0).set("connection.ssl_listen_port", 0);
        defaults.set("bittorrent.dht", false);
        defaults.set("bittorrent.dht_bootstrap_nodes", "127.0.0.1:9");
        let launch = Launch { home: home.to_owned(), defaults, ..Launch::default() };
        let (app, address, server) = served(launch).await;
        let mut health = app.engine.health();
        let running = health.wait_for(|health| !matches!(health, Health::Starting));
        tokio::time::timeout(Duration::from_mins(1), running).await.unwrap().unwrap();
        let new = NewKey {
            name: address.to_string(),
            scopes: Scopes::ALL,
            categories: None,
            level: None,
            rate: None,
        };
        let (_, key) = app.auth.keys.create(new).await.unwrap();
        let url = format!("http://{address}/v1/settings");
        Self { app, server, client: Client::new(), url, key }
    }

    pub(crate) async fn stop(self) {
        self.server.stop(false).await;
        self.app.shut_down().await;
    }

    /// Sets settings; `null` is the default.
    async fn patch(&self, mut change: Change) {
        // No client sets this one; it is done as the command line does it.
        if let Some(hash) = change.remove(PASSWORD_HASH) {
            let mut patch = Patch::new();
            match hash {
                Value::Null => patch.reset(PASSWORD_HASH),
                hash => patch.set(PASSWORD_HASH, hash),
            };
            self.app.settings.patch(patch, &Actor::System).await.unwrap();
        }
        let request = self.client.patch(&self.url).bearer_auth(&self.key);
        let request = request.header("content-type", "application/json");
        let got = answer(request.body(json!(change).to_string())).await;
        assert_eq!(got.status, 200, "{change:?}: {}", got.body);
    }

    /// Status and text of what is answered to a change that should not be taken.
    pub(crate) async fn refused(&self, change: &Value) -> (u16, String) {
        let request = self.client.patch(&self.url).bearer_auth(&self.key);
        let request = request.header("content-type", "application/json");
        let got = answer(request.body(change.to_string())).await;
        (got.status.as_u16(), got.body)
    }

    /// The whole document, with its revision.
    pub(crate) async fn document(&self) -> String {
        answer(self.client.get(&self.url).bearer_auth(&self.key)).await.body
    }

    /// What is in force, and the keys of the adjustments.
    async fn shown(&self) -> (Value, Vec<String>) {
        let got = answer(self.client.get(&self.url).bearer_auth(&self.key)).await;
        let document: Value = serde_json::from_str(&got.body).unwrap();
        let adjusted = document["adjustments"].as_array().unwrap();
        let keys = adjusted.iter().map(|one| one["key"].as_str().unwrap().to_owned()).collect();
        (document["effective"].clone(), keys)
    }

    /// The settings of the session, once they are those of the profile in force.
    async fn live(&self) -> Live {
        let settling = async {
            loop {
                let all = self.app.engine.live_settings().await.unwrap();
                let is_settled =
                    |one: &session::LiveSetting| one.live == one.planned || is_own(&one.name);
                if all.iter().all(is_settled) {
                    return all.into_iter().map(|one| (one.name, one.live)).collect();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), settling).await.expect("libtorrent follows")
    }

    /// As [`Self::live`], once any of these names differs from before.
    async fn live_after(&self, before: &Live, names: &[&str], key: &str) -> Live {
        let following = async {
            loop {
                let live = self.live().await;
                if names.iter().any(|name| live.get(*name) != before.get(*name)) {
                    return live;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(10), following).await;
        found.unwrap_or_else(|_| panic!("`{key}` changes none of {names:?}"))
    }
}

/// libtorrent bounds connections by what the system allows, and disk access waits for the next start.
fn is_own(name: &str) -> bool {
    matches!(name, "connections_limit" | "mmap_file_size_cutoff" | "disk_write_mode")
}

/// A value other than the default that the setting takes.
fn sample(row: &Row, now: &Value) -> Value {
    let text = match row.key {
        "connection.listen_port" | "connection.ssl_listen_port" => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            return json!(listener.local_addr().unwrap().port());
        }
        "connection.interface_address" | "webui.address" => "127.0.0.2",
        "connection.interface" => "lo",
        "connection.listen_on" => return json!(["127.0.0.3", "::1"]),
        "bittorrent.dht_bootstrap_nodes" => "127.0.0.1:10",
        "trackers.announce_address" => "192.0.2.9",
        "trackers.logins" => r#"[{"host": "t.example", "username": "u", "password": "p"}]"#,
        "trackers.add_from_url" | "filter.list_url" => "http://127.0.0.1:9/list",
        "filter.banned_addresses" => return json!(["192.0.2.1"]),
        "filter.rules" => return json!(["192.0.2.0/28", "192.0.2.40-192.0.2.50"]),
        "filter.tracker_hosts" => return json!(["*.example.org"]),
        "limits.peer_classes" => return json!({"home": {"addresses": ["127.0.0.0/8"]}}),
        "compat.preferences" => return json!({"confirm_torrent_deletion": false}),
        "paths.roots" => return json!(["/", "/srv"]),
        "webui.bypass_subnets" => return json!(["10.0.0.0/8"]),
        "webui.alternative_path"
        | "downloads.save_path"
        | "downloads.export_path"
        | "downloads.export_finished_path" => "/srv/sample",
        "i2p.address" => "localhost",
        "webui.base_path" => "/sample",
        _ => "sample",
    };
    match row.kind {
        Kind::Boolean => json!(!now.as_bool().unwrap()),
        Kind::Text | Kind::Secret => json!(text),
        Kind::List => json!([text]),
        Kind::Map => json!({text: text}),
        Kind::Rows(_) => json!([{
            "address": "127.0.0.7", "port": 0, "level": "4.5", "strict": true, "https": false,
        }]),
        Kind::Choice(words) => json!(words.iter().rev().find(|word| now != **word).unwrap()),
        Kind::Number => json!(now.as_f64().unwrap_or(0.0) + 1.5),
        Kind::Integer => {
            let range = row.range.clone().unwrap_or(0..=65_535);
            let number = now.as_i64().unwrap_or(*range.start());
            json!(if number < *range.end() { number + 1 } else { number - 1 })
        }
    }
}

/// What must hold so that a setting can have an effect.
fn given(key: &str) -> Vec<(&'static str, Value)> {
    let proxied = || {
        vec![
            ("proxy.kind", json!("socks5")),
            ("proxy.host", json!("127.0.0.1")),
            ("proxy.port", json!(9)),
            ("proxy.bittorrent", json!(true)),
            ("proxy.username", json!("u")),
            ("proxy.password", json!("p")),
        ]
    };
    match key {
        "connection.ssl_listen_port" => vec![("connection.ssl_enabled", json!(true))],
        "connection.interface" => vec![("connection.interface_address", json!(""))],
        "connection.ipv6" => vec![("connection.listen_on", json!(["127.0.0.1", "::1"]))],
        "proxy.kind" | "proxy.bittorrent" => {
            let mut all = proxied();
            all.retain(|(given, _)| *given != key);
            all
        }
        "proxy.username" | "proxy.password" => {
            let mut all = proxied();
            all.push(("proxy.auth_enabled", json!(true)));
            all.retain(|(given, _)| *given != key);
            all
        }
        key if key.starts_with("proxy.") => {
            let mut all = proxied();
            all.retain(|(given, _)| *given != key);
            all
        }
        "queue.max_active_downloads"
        | "queue.max_active_uploads"
        | "queue.max_active_torrents"
        | "queue.ignore_slow" => vec![("queue.enabled", json!(true))],
        "limits.alternative_download_bytes_per_second"
        | "limits.alternative_upload_bytes_per_second" => {
            vec![("limits.alternative_active", json!(true))]
        }
        "i2p.address" => vec![("i2p.enabled", json!(true))],
        _ => Vec::new(),
    }
}

fn shown(row: &Row, value: &Value) -> Value {
    if row.is_secret() { json!("set") } else { value.clone() }
}

/// Checks one setting against the running session; tells whether the session proved it.
async fn check(instance: &Instance, row: &Row) -> bool {
    let key = row.key;
    let given: Change = given(key).into_iter().collect();
    instance.patch(given.clone()).await;
    let before = instance.live().await;
    let now = instance.shown().await.0[key].clone();
    let value = sample(row, &now);
    assert_ne!(now, shown(row, &value), "`{key}` has another value than before");

    instance.patch(Change::from([(key, value.clone())])).await;

    let (effective, adjusted) = instance.shown().await;
    assert_eq!(effective[key], shown(row, &value), "{key}");
    let adjusted = adjusted.iter().any(|one| one == key);
    let names: Vec<&str> = match row.effect {
        Effect::Is(name) | Effect::IsIfKnown(name) => vec![name],
        Effect::Sets(names) => names.to_vec(),
        _ => Vec::new(),
    };
    let is_known = names.iter().all(|name| before.contains_key(*name));
    assert!(
        is_known || matches!(row.effect, Effect::IsIfKnown(_)),
        "`{key}` has no name: {names:?}"
    );
    let lacks = matches!(row.effect, Effect::IsIfKnown(_)) && !is_known;
    assert_eq!(adjusted, lacks, "what has no effect here says so: {key}");
    let proven = !names.is_empty() && is_known && !AT_START.contains(&key);
    if proven {
        let live = instance.live_after(&before, &names, key).await;
        let others: Vec<_> =
            live.iter().filter(|(name, live)| before.get(*name) != Some(live)).collect();
        let strays: Vec<_> =
            others.iter().filter(|(name, _)| !names.contains(&name.as_str())).collect();
        assert!(strays.is_empty(), "`{key}` changes more than it says: {strays:?}");
        if matches!(row.effect, Effect::Is(_) | Effect::IsIfKnown(_)) {
            assert_eq!(live[names[0]], value, "`{key}` is `{}`", names[0]);
        }
    }
    let back = given.into_keys().chain([key]).map(|key| (key, Value::Null)).collect();
    instance.patch(back).await;
    proven
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_setting_is_applied_and_read_back_also_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let instance = Instance::start(home.path()).await;
    let (mut live, mut calls, mut own, mut kept, mut absent) = (0, 0, 0, 0, 0);
    let mut all = Change::new();
    let mut expected = BTreeMap::new();
    let mut failed = Vec::new();
    for row in keys::rows() {
        let checked = AssertUnwindSafe(check(&instance, row)).catch_unwind().await;
        let Ok(proven) = checked else {
            // What went wrong was printed; the walk goes on, so that one run tells all.
            failed.push(row.key);
            instance.patch(keys::rows().map(|row| (row.key, Value::Null)).collect()).await;
            continue;
        };
        match row.effect {
            Effect::Calls => calls += 1,
            Effect::Revaer => own += 1,
            Effect::Kept(_) => kept += 1,
            _ if proven || AT_START.contains(&row.key) => live += 1,
            _ => absent += 1,
        }
        let value = sample(row, &instance.shown().await.0[row.key]);
        // While it is on, the schedule decides about another one; it has a restart of its own below.
        if row.key != SCHEDULE {
            expected.insert(row.key, shown(row, &value));
            all.insert(row.key, value);
        }
    }

    assert!(failed.is_empty(), "not proven: {failed:?}");

    instance.patch(all).await;
    let before = instance.live().await;
    instance.stop().await;
    let instance = Instance::start(home.path()).await;

    let (effective, _) = instance.shown().await;
    for (key, value) in &expected {
        assert_eq!(&effective[*key], value, "`{key}` after a restart");
    }
    let after = instance.live().await;
    let differ: Vec<_> = after
        .iter()
        .filter(|(name, now)| before.get(*name) != Some(now) && !is_own(name))
        .collect();
    assert!(differ.is_empty(), "after a restart: {differ:?}");
    // The last kind of disk access keeps to plain reads and writes.
    assert_eq!(after["disk_write_mode"], json!(0));
    instance.stop().await;
    let count = keys::rows().count();
    assert_eq!(live + calls + own + kept + absent, count);
    eprintln!(
        "{count} settings: {live} read back from libtorrent, {absent} that this libtorrent lacks, {calls} by calls, \
         {own} done by Revaer, {kept} without effect; all {count} effective and after a restart"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disk_access_changes_with_the_next_start_and_the_schedule_stays() {
    let home = tempfile::tempdir().unwrap();
    let instance = Instance::start(home.path()).await;
    instance.patch(Change::from([("disk.io", json!("mmap")), (SCHEDULE, json!(true))])).await;
    assert_eq!(instance.live().await["disk_write_mode"], json!(0));
    instance.stop().await;

    let instance = Instance::start(home.path()).await;

    assert_eq!(instance.shown().await.0[SCHEDULE], true);
    let live = instance.live().await;
    assert_eq!((&live["disk_write_mode"], &live["mmap_file_size_cutoff"]), (&json!(1), &json!(40)));
    instance.stop().await;
}
