//! Acknowledged means committed, and what cannot be committed is kept.

use std::time::Duration;

use revaer::model::{Status, TorrentKey};
use revaer::store::{Change, Store};

use super::{Place, commit, full, magnet, on_both_databases, put, shown, tag, until};

on_both_databases!(
    an_acknowledged_change_is_visible_to_everybody,
    an_acknowledged_change_survives_a_kill,
    a_dropped_store_commits_what_waits,
    lazy_changes_come_by_themselves,
    lazy_changes_keep_their_place,
    flush_waits_for_lazy_changes,
    a_failed_commit_is_answered_and_heals,
    a_closed_store_refuses,
    every_submission_is_answered_once,
);

async fn an_acknowledged_change_is_visible_to_everybody(place: Place) {
    let store = place.open().await;

    commit(&store, vec![put(&full(1))]).await.unwrap();

    let other = place.open_shared().await.unwrap();
    assert_eq!(shown(&other.torrents().await.unwrap()), shown(&[full(1)]));
}

/// The runtime ends like a killed process: no task gets another turn.
async fn an_acknowledged_change_survives_a_kill(place: Place) {
    let place = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(async {
            let store = place.open().await;
            commit(&store, vec![put(&full(1))]).await.unwrap();
            store.submit_lazily(vec![Change::PutTag(tag("lost"))]);
            store
        });
        // The handle outlives the runtime, so that nothing is closed in an orderly way.
        drop(runtime);
        drop(store);
        place
    })
    .await
    .unwrap();

    let store = place.open().await;

    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&[full(1)]));
}

/// The files as they are on disk when the answer comes are what a power loss leaves.
#[tokio::test]
async fn the_files_hold_an_acknowledged_change() {
    let place = Place::sqlite();
    let store = place.open().await;

    commit(&store, vec![put(&full(1))]).await.unwrap();

    let image = Place::sqlite();
    for name in ["revaer.db", "revaer.db-wal"] {
        fs_err::copy(place.home.path().join(name), image.home.path().join(name)).unwrap();
    }
    let torrents = image.open().await.torrents().await.unwrap();
    assert_eq!(shown(&torrents), shown(&[full(1)]));
}

async fn a_dropped_store_commits_what_waits(place: Place) {
    let store = place.open().await;
    store.submit_lazily(vec![put(&full(1))]);
    drop(store);

    let mut reopened = place.try_open().await;
    while reopened.is_err() {
        tokio::task::yield_now().await;
        reopened = place.try_open().await;
    }

    let torrents = reopened.unwrap().torrents().await.unwrap();
    assert_eq!(shown(&torrents), shown(&[full(1)]));
}

async fn lazy_changes_come_by_themselves(place: Place) {
    let store = place.open().await;

    store.submit_lazily(vec![put(&full(1))]);

    while store.torrents().await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

async fn lazy_changes_keep_their_place(place: Place) {
    let store = place.open().await;
    let status =
        |done| Change::PutStatus(TorrentKey(1), Box::new(Status { done, ..Status::default() }));

    store.submit_lazily(vec![put(&magnet(1)), status(1)]);
    commit(&store, vec![status(2)]).await.unwrap();

    assert_eq!(store.torrents().await.unwrap()[0].torrent.status.done, 2);
}

async fn flush_waits_for_lazy_changes(place: Place) {
    let store = place.open().await;
    store.submit_lazily(vec![put(&full(1))]);

    assert!(store.flush(Duration::from_secs(30)).await);

    assert_eq!(store.torrents().await.unwrap().len(), 1);
}

async fn a_failed_commit_is_answered_and_heals(place: Place) {
    let store = place.open().await;
    commit(&store, vec![put(&magnet(1))]).await.unwrap();
    place.execute("ALTER TABLE tags RENAME TO hidden").await;

    let failed = commit(&store, vec![put(&magnet(2)), Change::PutTag(tag("kept"))]).await;
    assert!(failed.unwrap_err().contains("tags"));
    assert!(!store.is_healthy());
    assert!(!store.flush(Duration::ZERO).await);
    let also_failed = commit(&store, vec![Change::RemoveTorrent(TorrentKey(1))]).await;
    assert!(also_failed.is_err());
    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&[magnet(1)]));

    place.execute("ALTER TABLE hidden RENAME TO tags").await;

    until("the store heals by itself", || store.is_healthy()).await;
    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&[magnet(2)]));
    assert_eq!(store.labels().await.unwrap().1, [tag("kept")]);
    commit(&store, vec![put(&magnet(3))]).await.unwrap();
}

/// Ends all connections of a store; the next commit makes a new one.
#[tokio::test]
async fn a_lost_connection_loses_nothing() {
    let place = Place::postgres().await;
    let store = place.open().await;
    commit(&store, vec![put(&magnet(1))]).await.unwrap();

    place
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'revaer'",
        )
        .await;
    let _ = commit(&store, vec![put(&magnet(2))]).await;

    assert!(store.flush(Duration::from_secs(30)).await);
    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&[magnet(1), magnet(2)]));
    assert!(matches!(place.try_open().await, Err(revaer::store::Error::Locked)));
}

async fn a_closed_store_refuses(place: Place) {
    let store = place.open().await;
    store.close().await;
    store.close().await;

    assert!(commit(&store, vec![put(&magnet(1))]).await.is_err());
    assert!(!store.flush(Duration::from_secs(30)).await);
    assert!(store.torrents().await.is_err());
}

async fn every_submission_is_answered_once(place: Place) {
    let store = place.open().await;
    let answers: Vec<_> =
        (1..=200).map(|key| commit_in_background(&store, vec![put(&magnet(key))])).collect();
    let empty = commit_in_background(&store, Vec::new());

    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    empty.await.unwrap().unwrap();
    assert_eq!(store.torrents().await.unwrap().len(), 200);
}

fn commit_in_background(
    store: &Store,
    changes: Vec<Change>,
) -> tokio::sync::oneshot::Receiver<Result<(), String>> {
    let (done, answer) = tokio::sync::oneshot::channel();
    store.submit(changes, Some(Box::new(move |outcome| done.send(outcome).unwrap())));
    answer
}
