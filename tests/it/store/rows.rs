//! What is put comes back, and of several changes the latest counts.

use revaer::model::{Category, DownloadPathRule, Moment, Status, TorrentKey};
use revaer::store::{AllTime, Change, Intent, StoredEvent, Work};

use super::{
    Place, commit, full, full_category, full_status, magnet, on_both_databases, put, shown, tag,
};

on_both_databases!(
    every_field_of_a_torrent_survives,
    numbers_replace_those_of_the_row,
    numbers_of_an_unknown_torrent_are_no_row,
    many_rows_come_back_in_order,
    texts_with_nul_do_not_block_the_writer,
    the_latest_change_of_a_row_wins,
    a_removed_torrent_leaves_nothing,
    a_late_blob_of_a_removed_torrent_is_swept,
    labels_survive,
    intents_survive,
    counters_survive,
    events_are_replayed_in_order,
);

async fn every_field_of_a_torrent_survives(place: Place) {
    let records = [full(1), magnet(2), magnet(u64::try_from(i64::MAX).unwrap())];
    let store = place.open().await;
    commit(&store, records.iter().map(put).collect()).await.unwrap();
    store.close().await;

    let store = place.open().await;

    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&records));
}

async fn numbers_replace_those_of_the_row(place: Place) {
    let store = place.open().await;
    let mut records: Vec<_> = (1..=40).map(magnet).collect();
    commit(&store, records.iter().map(put).collect()).await.unwrap();

    for record in &mut records {
        record.torrent.status = full_status();
    }
    let statuses = records
        .iter()
        .map(|record| Change::PutStatus(record.torrent.key, Box::new(full_status())))
        .collect();
    commit(&store, statuses).await.unwrap();

    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&records));
}

async fn numbers_of_an_unknown_torrent_are_no_row(place: Place) {
    let store = place.open().await;

    commit(&store, vec![Change::PutStatus(TorrentKey(1), Box::default())]).await.unwrap();

    assert!(store.torrents().await.unwrap().is_empty());
}

async fn many_rows_come_back_in_order(place: Place) {
    let store = place.open().await;
    let records: Vec<_> = (1..=1_000).map(magnet).collect();

    commit(&store, records.iter().rev().map(put).collect()).await.unwrap();

    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&records));
}

async fn texts_with_nul_do_not_block_the_writer(place: Place) {
    let store = place.open().await;
    let mut record = magnet(1);
    record.torrent.status =
        Status { error: Some("a\0b".into()), progress: f64::NAN, ..Status::default() };

    commit(&store, vec![put(&record)]).await.unwrap();

    let status = &store.torrents().await.unwrap()[0].torrent.status;
    assert_eq!(status.error.as_deref(), Some("a\0b"));
    assert!(status.progress.abs() < f64::EPSILON);
}

async fn the_latest_change_of_a_row_wins(place: Place) {
    let store = place.open().await;
    let key = TorrentKey(1);
    commit(&store, vec![put(&magnet(1)), Change::PutMetainfo(key, vec![1])]).await.unwrap();

    let changes = vec![
        put(&magnet(1)),
        Change::PutResume(key, vec![2]),
        Change::RemoveTorrent(key),
        put(&full(1)),
        Change::PutResume(key, vec![3]),
        Change::PutCategory(Box::new(full_category("c"))),
        Change::PutCategory(Box::new(Category { name: "c".to_owned(), ..Category::default() })),
        Change::PutTag(tag("gone")),
        Change::RemoveTag(tag("gone")),
    ];
    commit(&store, changes).await.unwrap();

    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&[full(1)]));
    assert_eq!(store.blobs(&[key]).await.unwrap(), [(key, None, Some(vec![3]))]);
    let (categories, tags) = store.labels().await.unwrap();
    assert_eq!(categories, [Category { name: "c".to_owned(), ..Category::default() }]);
    assert_eq!(tags, []);
}

async fn a_removed_torrent_leaves_nothing(place: Place) {
    let store = place.open().await;
    let key = TorrentKey(1);
    let changes = vec![
        put(&full(1)),
        put(&magnet(2)),
        Change::PutMetainfo(key, b"metainfo".to_vec()),
        Change::PutResume(key, b"resume".to_vec()),
        Change::PutTorrentSecret(key, Some(b"sealed".to_vec())),
    ];
    commit(&store, changes).await.unwrap();
    assert_eq!(store.metainfo(key).await.unwrap().as_deref(), Some(&b"metainfo"[..]));
    assert_eq!(store.torrent_secret(key).await.unwrap().as_deref(), Some(&b"sealed"[..]));

    commit(&store, vec![put(&full(1)), Change::RemoveTorrent(key)]).await.unwrap();

    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&[magnet(2)]));
    assert_eq!(store.blobs(&[key]).await.unwrap(), [(key, None, None)]);
    assert_eq!(store.metainfo(key).await.unwrap(), None);
    assert_eq!(store.torrent_secret(key).await.unwrap(), None);
}

async fn a_late_blob_of_a_removed_torrent_is_swept(place: Place) {
    let store = place.open().await;
    commit(&store, vec![Change::PutResume(TorrentKey(1), vec![1])]).await.unwrap();
    store.close().await;

    let store = place.open().await;

    let blobs = store.blobs(&[TorrentKey(1)]).await.unwrap();
    assert_eq!(blobs, [(TorrentKey(1), None, None)]);
}

async fn labels_survive(place: Place) {
    let store = place.open().await;
    let long = "long".repeat(10_000);
    let off = Category {
        name: "off".to_owned(),
        download_path: DownloadPathRule::Disabled,
        ..Category::default()
    };
    let changes = vec![
        Change::PutCategory(Box::new(full_category(&long))),
        Change::PutCategory(Box::new(full_category("Case"))),
        Change::PutCategory(Box::new(full_category("case"))),
        Change::PutCategory(Box::new(off.clone())),
        Change::PutTag(tag("s10")),
        Change::PutTag(tag("s2")),
        Change::PutTag(tag("gone")),
    ];
    commit(&store, changes).await.unwrap();

    let removals = vec![Change::RemoveTag(tag("gone")), Change::RemoveCategory("case".to_owned())];
    commit(&store, removals).await.unwrap();

    let (categories, tags) = store.labels().await.unwrap();
    assert_eq!(categories, [full_category("Case"), full_category(&long), off]);
    assert_eq!(tags, [tag("s2"), tag("s10")]);
}

async fn intents_survive(place: Place) {
    let store = place.open().await;
    let works = [
        Work::Move { from: "/a".to_owned(), to: "/b".to_owned() },
        Work::Delete { base: "/a".to_owned(), files: vec!["x\0y".to_owned(), "z".to_owned()] },
        Work::Rename {
            base: "/a".to_owned(),
            files: vec![(u32::MAX, "x".to_owned(), "y".to_owned())],
        },
        Work::Fetch { url: "http://x".to_owned(), options: "{\"a\":1}".to_owned() },
    ];
    let intents: Vec<Intent> =
        (1..).zip(works).map(|(id, work)| Intent { id, key: TorrentKey(id + 100), work }).collect();
    let changes = intents.iter().cloned().map(|intent| Change::PutIntent(Box::new(intent)));
    commit(&store, changes.collect()).await.unwrap();
    assert_eq!(store.intents().await.unwrap(), intents);

    commit(&store, vec![Change::RemoveIntent(1), Change::RemoveIntent(99)]).await.unwrap();

    assert_eq!(store.intents().await.unwrap(), intents[1..]);
}

async fn counters_survive(place: Place) {
    let store = place.open().await;
    assert_eq!(store.all_time().await.unwrap(), AllTime::default());

    for downloaded in [1, i64::MAX] {
        let all_time = AllTime { downloaded, uploaded: 2 };
        commit(&store, vec![Change::PutAllTime(all_time)]).await.unwrap();
        assert_eq!(store.all_time().await.unwrap(), all_time);
    }
    assert_eq!(store.alive().await.unwrap(), None);
    for milliseconds in [1, i64::MAX] {
        let alive = Moment { run: i64::MIN, milliseconds };
        commit(&store, vec![Change::PutAlive(alive)]).await.unwrap();
        assert_eq!(store.alive().await.unwrap(), Some(alive));
    }
}

async fn events_are_replayed_in_order(place: Place) {
    let event = |id| StoredEvent {
        id,
        at: 1_700_000_000_123,
        actor: "user:admin".to_owned(),
        kind: "added".to_owned(),
        torrent: (id % 2 == 0).then(|| magnet(id).torrent.facts.id),
        detail: "{}".to_owned(),
    };
    let store = place.open().await;
    assert_eq!(store.last_event_id().await.unwrap(), 0);
    let changes = (1..=5).rev().map(|id| Change::PutEvent(Box::new(event(id)))).collect();
    commit(&store, changes).await.unwrap();

    let again = StoredEvent { kind: "other".to_owned(), ..event(5) };
    commit(&store, vec![Change::PutEvent(Box::new(again))]).await.unwrap();

    assert_eq!(store.events_since(2, 2).await.unwrap(), [event(3), event(4)]);
    assert_eq!(store.events_since(4, 10).await.unwrap(), [event(5)]);
    assert_eq!(store.last_event_id().await.unwrap(), 5);

    commit(&store, vec![Change::PutEvent(Box::new(event(100_003)))]).await.unwrap();
    assert_eq!(store.events_since(0, 1).await.unwrap(), [event(4)]);
}
