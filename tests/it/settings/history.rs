//! Revisions, history, the way back, and what holds when something fails.

use std::sync::Arc;
use std::time::Duration;

use revaer::model::Actor;
use revaer::settings::{Author, Change, Error, Patch, Settings};
use revaer::store::Store;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use super::{ground, opened, patch};

fn short(change: &Change) -> (u64, &str, &str, Option<Value>, Option<Value>) {
    (change.revision, &change.actor, &change.key, change.old.clone(), change.new.clone())
}

#[tokio::test]
async fn the_history_tells_who_changed_what_from_where_and_no_secret() {
    let (_home, _store, settings) = opened().await;
    let start = settings.revision();
    let admin = Actor::User(Arc::from("admin"));

    let first = patch(&[("bittorrent.dht", json!(false)), ("proxy.password", json!("geheim"))]);
    settings.patch(first, Author::new(&admin).at("192.0.2.7")).await.unwrap();
    settings.patch(patch(&[("bittorrent.dht", json!(true))]), &Actor::System).await.unwrap();

    assert_eq!(settings.revision(), start + 2);
    let history = settings.history(None, 3).await.unwrap();
    let lines: Vec<_> = history.iter().map(short).collect();
    assert_eq!(
        lines,
        [
            (start + 2, "system", "bittorrent.dht", Some(json!(false)), Some(json!(true))),
            (start + 1, "user:admin", "bittorrent.dht", None, Some(json!(false))),
            (start + 1, "user:admin", "proxy.password", None, Some(json!("set"))),
        ]
    );
    assert_eq!(
        (history[0].origin.as_deref(), history[1].origin.as_deref()),
        (None, Some("192.0.2.7"))
    );
    assert!(!format!("{history:?}").contains("geheim"));
    assert_eq!(settings.history(Some(start + 2), 1).await.unwrap()[0].revision, start + 1);
}

#[tokio::test]
async fn settings_go_back_to_any_revision() {
    let (_home, _store, settings) = opened().await;
    let set = async |changes: &[(&str, Value)]| {
        settings.patch(patch(changes), &Actor::System).await.unwrap();
        settings.revision()
    };
    let fresh = settings.revision();
    let one =
        set(&[("limits.upload_bytes_per_second", json!(1000)), ("proxy.password", json!("a"))])
            .await;
    set(&[("limits.upload_bytes_per_second", json!(2000)), ("proxy.password", json!("b"))]).await;
    let last =
        set(&[("webui.password_hash", json!("hash")), ("bittorrent.dht", json!(false))]).await;

    settings.revert(one, &Actor::System).await.unwrap();
    let profile = settings.effective();
    assert_eq!(profile.limits.upload_bytes_per_second, Some(1000));
    assert_eq!(profile.proxy.password.reveal(), "a");
    assert!(profile.bittorrent.dht);
    // Nobody's old password comes back.
    assert_eq!(profile.webui.password_hash.reveal(), "hash");
    assert_eq!(settings.revision(), last + 1);

    settings.revert(fresh, &Actor::System).await.unwrap();
    assert_eq!(settings.effective().limits.upload_bytes_per_second, None);
    settings.revert(last, &Actor::System).await.unwrap();
    assert_eq!(settings.effective().limits.upload_bytes_per_second, Some(2000));

    let future = settings.revert(1_000_000, &Actor::System).await.unwrap_err();
    assert!(matches!(future, Error::NoRevision(1_000_000)));
}

#[tokio::test]
async fn a_patch_for_an_older_revision_changes_nothing() {
    let (home, _store, settings) = opened().await;
    let seen = settings.revision();
    let shared = Store::open_shared(home.path(), None).await.unwrap();
    let other = Settings::open(shared, ground(home.path())).await.unwrap();
    let change = || patch(&[("disk.io_threads", json!(7))]);

    other.patch(patch(&[("disk.hashing_threads", json!(3))]), &Actor::System).await.unwrap();
    let refused = settings.patch_at(seen, change(), &Actor::System).await.unwrap_err();

    assert!(matches!(refused, Error::Outdated { current } if current == seen + 1), "{refused}");
    assert_eq!(settings.effective().disk.io_threads, 10);
    assert_eq!(settings.effective().disk.hashing_threads, 3);
    settings.patch_at(seen + 1, change(), &Actor::System).await.unwrap();
    assert_eq!(settings.effective().disk.io_threads, 7);
}

#[tokio::test]
async fn processes_that_change_settings_together_lose_nothing() {
    let (home, _store, settings) = opened().await;
    let shared = Store::open_shared(home.path(), None).await.unwrap();
    let other = Settings::open(shared, ground(home.path())).await.unwrap();

    other.patch(patch(&[("disk.hashing_threads", json!(3))]), &Actor::System).await.unwrap();
    settings.patch(patch(&[("disk.io_threads", json!(7))]), &Actor::System).await.unwrap();
    other.refresh().await.unwrap();

    for settings in [&settings, &other] {
        let disk = settings.effective().disk.clone();
        assert_eq!((disk.hashing_threads, disk.io_threads), (3, 7));
    }
    assert_eq!(settings.revision(), other.revision());
}

#[tokio::test]
async fn a_database_that_fails_midway_changes_nothing() {
    let (home, store, settings) = opened().await;
    let before = settings.current();
    let url = format!("sqlite://{}", home.path().join("revaer.db").display());
    let database = Database::connect(url).await.unwrap();
    // The history is written last: the values and the revision are there already when it fails.
    let trap = "CREATE TRIGGER trap BEFORE INSERT ON settings_history \
                WHEN NEW.key = 'disk.io_threads' BEGIN SELECT RAISE(ABORT, 'trapped'); END";
    database.execute_unprepared(trap).await.unwrap();
    let changes = || patch(&[("bittorrent.dht", json!(false)), ("disk.io_threads", json!(7))]);

    let failed = settings.patch(changes(), &Actor::System).await.unwrap_err();

    assert!(matches!(failed, Error::Store(_)), "{failed}");
    assert_eq!(*settings.effective(), *before.effective);
    assert_eq!(settings.revision(), before.revision);
    assert_eq!(store.settings_revision().await.unwrap(), before.revision);
    let stored = store.settings().await.unwrap();
    assert!(!stored.iter().any(|(key, _)| key.starts_with("disk") || key.ends_with("dht")));

    database.execute_unprepared("DROP TRIGGER trap").await.unwrap();
    settings.patch(changes(), &Actor::System).await.unwrap();
    assert_eq!(settings.effective().disk.io_threads, 7);
}

#[tokio::test]
async fn adjustments_name_what_is_not_as_it_was_asked_for() {
    let (_home, _store, settings) = opened().await;
    assert!(settings.adjustments().is_empty());

    let changes = patch(&[
        ("disk.io_threads", json!(5000)),
        ("bittorrent.lsd", json!(true)),
        ("proxy.kind", json!("socks5")),
        ("proxy.bittorrent", json!(true)),
        ("proxy.peer_connections", json!(true)),
    ]);
    settings.patch(changes, &Actor::System).await.unwrap();

    let adjustments = settings.adjustments();
    let lines: Vec<_> =
        adjustments.iter().map(|one| (one.key.as_str(), &one.asked, &one.used)).collect();
    assert_eq!(
        lines,
        [
            ("disk.io_threads", &json!(5000), &json!(1024)),
            ("bittorrent.lsd", &json!(true), &json!(false)),
        ]
    );
    assert!(adjustments.iter().all(|one| !one.reason.is_empty()));
    let mut back = Patch::new();
    back.reset("disk.io_threads").reset("bittorrent.lsd");
    settings.patch(back, &Actor::System).await.unwrap();
    assert!(settings.adjustments().is_empty());
}

#[tokio::test]
async fn another_process_is_noticed_within_two_seconds() {
    let (home, _store, settings) = opened().await;
    let shared = Store::open_shared(home.path(), None).await.unwrap();
    let other = Settings::open(shared, ground(home.path())).await.unwrap();
    let shutdown = tokio_util::sync::CancellationToken::new();
    let poll = tokio::spawn({
        let (settings, shutdown) = (settings.clone(), shutdown.clone());
        async move { settings.run(shutdown).await }
    });

    let mut seen = settings.subscribe();
    other.patch(patch(&[("disk.io_threads", json!(7))]), &Actor::System).await.unwrap();
    let noticed = seen.wait_for(|profile| profile.disk.io_threads == 7);
    tokio::time::timeout(Duration::from_secs(2), noticed).await.expect("in time").unwrap();

    shutdown.cancel();
    poll.await.unwrap();
}
