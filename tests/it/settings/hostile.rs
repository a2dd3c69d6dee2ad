//! Two hundred patches that nobody should get through.

use revaer::model::Actor;
use revaer::settings::Error;
use revaer::settings::field::Kind;
use revaer::settings::keys;
use serde_json::{Value, json};

use super::every::Instance;
use super::{opened, patch};

/// Patches with the key that must be named.
fn hostile() -> Vec<(&'static str, Value)> {
    let mut all: Vec<(&str, Value)> = Vec::new();
    for row in keys::rows() {
        // Each setting gets a value of another type.
        let wrong = match row.kind {
            Kind::Boolean | Kind::Secret | Kind::Map => json!(1),
            Kind::Integer | Kind::Number => json!("1"),
            Kind::Text | Kind::Choice(_) => json!([]),
            Kind::List | Kind::Rows(_) => json!("a"),
        };
        all.push((row.key, wrong));
        if !row.optional {
            all.push((row.key, Value::Null));
        }
        match row.kind {
            Kind::Integer => all.push((row.key, json!(1.5))),
            Kind::Choice(_) => all.push((row.key, json!("no such word"))),
            Kind::List => all.push((row.key, json!([1]))),
            Kind::Text => all.push((row.key, json!("a\0b"))),
            _ => {}
        }
    }
    let huge = "x".repeat(2 << 20);
    all.extend([
        ("", json!(1)),
        ("webui", json!({})),
        ("webui.", json!(1)),
        ("WEBUI.PORT", json!(1)),
        ("webui.port.x", json!(1)),
        ("cache_size", json!(1)),
        ("disk.cache_size", json!(1)),
        ("proxy.kind", json!("https")),
        ("proxy.host", json!("a/b")),
        ("proxy.host", json!("a@b")),
        ("proxy.username", json!("a\r\nb")),
        ("trackers.user_agent", json!("a\r\nX-Evil: 1")),
        ("trackers.announce_address", json!("not an address")),
        ("trackers.add_from_url", json!("file:///etc/passwd")),
        ("trackers.add_from_url", json!("javascript:alert(1)")),
        ("filter.list_url", json!("ftp://example.org/list")),
        ("filter.list_url", json!("//example.org/list")),
        ("filter.rules", json!(["10.0.0.0/33"])),
        ("filter.rules", json!(["10.0.0.9-10.0.0.1"])),
        ("filter.rules", json!(["10.0.0.1-::1"])),
        ("filter.banned_addresses", json!(["10.0.0.0/8"])),
        ("filter.tracker_hosts", json!(["https://a.example/"])),
        ("connection.interface", json!("eth0:1,eth1")),
        ("connection.listen_on", json!(["eth0,eth1"])),
        ("connection.listen_on", json!([""])),
        ("connection.outgoing_port_max", json!(-1.5)),
        ("bittorrent.dht_bootstrap_nodes", json!("a b:1")),
        ("bittorrent.dht_bootstrap_nodes", json!("host:99999")),
        ("limits.peer_classes", json!({"a": 1})),
        ("limits.peer_classes", json!({"a": {"upload_priority": 256}})),
        ("limits.peer_classes", json!({"a/b": {}})),
        ("downloads.save_path", json!("")),
        ("downloads.save_path", json!("relative")),
        ("downloads.save_path", json!("/a/../../etc")),
        ("downloads.temp_path", json!("../..")),
        ("downloads.export_path", json!("x")),
        ("paths.roots", json!(["relative"])),
        ("paths.roots", json!(["/nowhere"])),
        ("webui.address", json!("example.org")),
        ("webui.custom_headers", json!("A: \u{1}")),
        ("webui.cookie_name", json!("a;b")),
        ("webui.bypass_subnets", json!(["everybody"])),
        ("webui.alternative_path", json!("../ui")),
        ("behaviour.locale", json!(huge.clone())),
        ("downloads.excluded_names", json!(vec!["y".repeat(1 << 20); 5])),
        ("compat.preferences", json!({"x": huge})),
    ]);
    all
}

#[tokio::test]
async fn hostile_patches_change_nothing_and_are_named() {
    let (_home, store, settings) = opened().await;
    let before = settings.current();
    let patches = hostile();
    assert!(patches.len() >= 200, "{}", patches.len());

    for (key, value) in &patches {
        // A harmless change rides along.
        let changes = patch(&[("bittorrent.dht", json!(false)), (key, value.clone())]);
        let error = settings.patch(changes, &Actor::System).await;

        let error = error.err().unwrap_or_else(|| panic!("`{key}` took {value}"));
        assert!(matches!(&error, Error::Refused(refused) if refused.key == *key), "{error}");
        assert!(error.to_string().contains(key), "{error}");
        assert!(
            error.to_string().len() < 500,
            "the answer to `{key}` is not as long as the question"
        );
    }

    assert_eq!(*settings.effective(), *before.effective);
    assert_eq!(settings.revision(), before.revision);
    assert_eq!(store.settings_revision().await.unwrap(), before.revision);
    eprintln!("{} hostile patches changed nothing", patches.len());
}

/// The same over `/v1/settings`, where a client would try them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_patches_of_clients_change_nothing_and_are_named() {
    let home = tempfile::tempdir().unwrap();
    let instance = Instance::start(home.path()).await;
    let before = instance.document().await;
    // There `null` is the default, which is no bad value.
    let patches: Vec<_> = hostile().into_iter().filter(|(_, value)| !value.is_null()).collect();
    assert!(patches.len() >= 200, "{}", patches.len());

    for (key, value) in &patches {
        let (status, text) = instance.refused(&json!({"bittorrent.dht": true, *key: value})).await;

        let is_too_long = status == 413;
        assert!(status == 422 || is_too_long, "`{key}`: {status} {text}");
        assert!(is_too_long || text.contains(key), "`{key}` is not named: {text}");
        assert!(text.len() < 2000, "the answer to `{key}` is not as long as the question");
    }
    for (change, named) in contradictory() {
        let (status, text) = instance.refused(&change).await;

        assert_eq!(status, 422, "{change}: {text}");
        assert!(text.contains(named), "{change}: {text}");
    }

    assert_eq!(instance.document().await, before);
    instance.stop().await;
}

/// Values of which each is good and which do not go together, with the key that must be named.
fn contradictory() -> Vec<(Value, &'static str)> {
    vec![
        (
            json!({"connection.outgoing_port_min": 9000, "connection.outgoing_port_max": 5000}),
            "connection.outgoing_port_m",
        ),
        (
            json!({
                "webui.address": "*",
                "webui.port": 8099,
                "webui.listeners": [{"address": "127.0.0.1", "port": 8099}],
            }),
            "webui.",
        ),
        (
            json!({"paths.roots": ["/elsewhere"], "downloads.save_path": "/downloads"}),
            "paths.roots",
        ),
        (
            json!({"paths.roots": ["/downloads"], "webui.alternative_path": "/usr/ui"}),
            "alternative_path",
        ),
    ]
}
