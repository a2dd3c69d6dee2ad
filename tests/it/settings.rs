//! Settings over a real store.

pub(crate) mod every;
mod history;
mod hostile;

use std::path::Path;
use std::time::Duration;

use revaer::model::Actor;
use revaer::settings::{Error, Ground, Patch, Secret, Settings};
use revaer::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

fn patch(changes: &[(&str, Value)]) -> Patch {
    let mut patch = Patch::new();
    for (key, value) in changes {
        patch.set(key, value.clone());
    }
    patch
}

fn ground(home: &Path) -> Ground {
    let defaults = patch(&[("downloads.save_path", json!("/downloads"))]);
    Ground { home: home.to_owned(), defaults, ..Ground::default() }
}

async fn opened() -> (TempDir, Store, Settings) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path(), None).await.unwrap();
    let settings = Settings::open(store.clone(), ground(home.path())).await.unwrap();
    (home, store, settings)
}

#[tokio::test]
async fn what_was_set_is_there_after_a_restart() {
    let (home, store, settings) = opened().await;
    let port = settings.effective().connection.listen_port;
    let changes = patch(&[
        ("bittorrent.dht", json!(false)),
        ("proxy.password", json!("geheim")),
        ("disk.io_threads", json!(5000)),
    ]);
    let adjustments = settings.patch(changes, &Actor::System).await.unwrap();
    assert_eq!(adjustments.len(), 1);
    drop(settings);
    store.close().await;
    drop(store);

    let store = Store::open(home.path(), None).await.unwrap();
    let settings = Settings::open(store.clone(), ground(home.path())).await.unwrap();

    let profile = settings.effective();
    assert!(port >= 1024);
    assert_eq!(profile.connection.listen_port, port);
    assert!(!profile.bittorrent.dht);
    assert_eq!(profile.proxy.password.reveal(), "geheim");
    assert_eq!(profile.disk.io_threads, 1024);
    assert_eq!(settings.stored()["disk.io_threads"], json!(5000));
    assert_eq!(settings.stored()["proxy.password"], json!("set"));
    let history = store.settings_history(0, 100).await.unwrap();
    assert!(!format!("{:?} {history:?}", store.settings().await.unwrap()).contains("geheim"));
}

#[tokio::test]
async fn the_users_own_home_may_be_that_of_revaer() {
    let (_home, store, _) = opened().await;
    let secret_key = Some(Secret::new("00".repeat(32)));
    let home = std::env::home_dir().unwrap();

    let ground = Ground { home, secret_key, ..Ground::default() };
    let settings = Settings::open(store, ground).await.unwrap();

    assert_eq!(settings.effective().downloads.save_path, "/downloads");
}

#[tokio::test]
async fn a_refused_value_changes_nothing() {
    let (_home, store, settings) = opened().await;
    let before = settings.effective();
    let revision = store.settings_revision().await.unwrap();
    let bad = [
        ("no.such_key", json!(1)),
        ("connection.listen_port", json!("x")),
        ("downloads.save_path", json!("relative")),
        ("webui.port", json!(null)),
    ];

    for (key, value) in bad {
        let changes = patch(&[("bittorrent.dht", json!(false)), (key, value)]);
        let error = settings.patch(changes, &Actor::System).await.unwrap_err();

        assert!(matches!(&error, Error::Refused(refused) if refused.key == key), "{error}");
        assert_eq!(*settings.effective(), *before);
    }
    assert_eq!(store.settings_revision().await.unwrap(), revision);
}

#[tokio::test]
async fn a_lenient_patch_leaves_out_what_is_refused() {
    let (_home, _store, settings) = opened().await;
    let changes = patch(&[
        ("bittorrent.dht", json!(false)),
        ("downloads.save_path", json!("relative")),
        ("connection.outgoing_port_min", json!(9)),
        ("connection.outgoing_port_max", json!(5)),
    ]);

    let (_, refused) = settings.patch_leniently(changes, &Actor::System).await.unwrap();

    let profile = settings.effective();
    assert!(!profile.bittorrent.dht);
    assert_eq!(profile.downloads.save_path, "/downloads");
    assert!(refused.iter().any(|refused| refused.key == "downloads.save_path"));
}

#[tokio::test]
async fn overrides_win_until_a_client_changes_the_key() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path(), None).await.unwrap();
    let mut ground = ground(home.path());
    ground.overrides = patch(&[("webui.port", json!(9000))]);
    let settings = Settings::open(store, ground).await.unwrap();
    assert_eq!(settings.effective().webui.port, 9000);
    assert!(!settings.stored().contains_key("webui.port"));

    settings.patch(patch(&[("webui.port", json!(9001))]), &Actor::System).await.unwrap();
    assert_eq!(settings.effective().webui.port, 9001);

    let mut reset = Patch::new();
    reset.reset("webui.port");
    settings.patch(reset, &Actor::System).await.unwrap();
    assert_eq!(settings.effective().webui.port, 8080);
}

/// `revaer password` writes like this.
#[tokio::test]
async fn another_process_is_noticed() {
    let (home, _store, settings) = opened().await;
    let shared = Store::open_shared(home.path(), None).await.unwrap();
    let other = Settings::open(shared, ground(home.path())).await.unwrap();
    let mut seen = settings.subscribe();
    let shutdown = CancellationToken::new();
    let poll = tokio::spawn({
        let (settings, shutdown) = (settings.clone(), shutdown.clone());
        async move { settings.run(shutdown).await }
    });

    let hash = patch(&[("webui.password_hash", json!("hash"))]);
    other.patch(hash, &Actor::System).await.unwrap();

    let changed = seen.wait_for(|profile| profile.webui.password_hash.reveal() == "hash");
    tokio::time::timeout(Duration::from_secs(30), changed).await.unwrap().unwrap();
    shutdown.cancel();
    poll.await.unwrap();
}

#[tokio::test]
async fn a_lost_key_loses_secrets_only() {
    let (home, store, settings) = opened().await;
    let changes = patch(&[("proxy.password", json!("geheim")), ("proxy.host", json!("p"))]);
    settings.patch(changes, &Actor::System).await.unwrap();
    let mut ground = ground(home.path());
    ground.secret_key = Some(Secret::new("ab".repeat(32)));

    let other = Settings::open(store, ground).await.unwrap();

    assert_eq!(other.effective().proxy.host, "p");
    assert!(other.effective().proxy.password.is_empty());
}

#[test]
fn the_page_of_settings_is_that_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    let page = revaer::settings::docs::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs_err::write(&path, &page).unwrap();
    }

    assert!(fs_err::read_to_string(&path).unwrap() == page, "make it with UPDATE_DOCS=1");
}

#[tokio::test]
async fn a_listener_may_stand_where_the_main_one_would_be() {
    let (home, store, settings) = opened().await;
    let further = || json!([{ "address": "127.0.0.1", "port": 8080 }]);
    let beside = |overrides: Patch| {
        Settings::open(store.clone(), Ground { overrides, ..ground(home.path()) })
    };

    let clash = beside(patch(&[("webui.listeners", further())])).await;
    assert!(
        matches!(clash.err(), Some(Error::Refused(refused)) if refused.key == "webui.listeners")
    );
    // The main one moves with what is stored next.
    let promised = patch(&[("webui.port", json!(9000))]);
    let overrides = patch(&[("webui.listeners", further())]);
    let later = Ground { overrides, promised: promised.clone(), ..ground(home.path()) };
    let opened = Settings::open(store.clone(), later).await.unwrap();
    opened.patch(promised, &Actor::System).await.unwrap();
    assert_eq!(opened.effective().webui.port, 9000);
    assert_eq!(opened.effective().webui.listeners.len(), 1);
    let moved = patch(&[("webui.listeners", further()), ("webui.port", json!(9000))]);
    assert_eq!(beside(moved).await.unwrap().effective().webui.port, 9000);
    settings.patch(patch(&[("webui.port", json!(9001))]), &Actor::System).await.unwrap();
    let stored = beside(patch(&[("webui.listeners", further())])).await.unwrap();
    assert_eq!(stored.effective().webui.listeners.len(), 1);
}
