//! The engine over a store that an earlier run left behind.

use revaer::model::{Moment, RunMode, TorrentState};
use revaer::store::{Change, Record, Store};

use crate::settings::every::Instance;
use crate::store::{commit, magnet};

/// The last run.
const LAST: i64 = 7;

/// A complete, stopped torrent whose times were read one second after the start of a run.
fn read_in(run: i64, key: u64) -> Record {
    let mut record = magnet(key);
    let mut options = (*record.torrent.options).clone();
    options.run = RunMode::Stopped;
    record.torrent.options = options.into();
    let status = &mut record.torrent.status;
    status.state = TorrentState::StalledUp;
    status.completed_at = Some(1_700_000_000);
    status.times_read = Some(Moment { run, milliseconds: 1_000 });
    (status.active_seconds, status.seeding_seconds) = (20, 10);
    record
}

#[tokio::test]
async fn the_times_of_an_idle_torrent_outlive_a_crash() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path(), None).await.unwrap();
    let records = [read_in(LAST, 1), read_in(LAST - 1, 2)];
    let mut changes = vec![Change::PutAlive(Moment { run: LAST, milliseconds: 91_999 })];
    changes.extend(records.iter().map(|record| Change::PutTorrent(Box::new(record.clone()))));
    commit(&store, changes).await.unwrap();
    store.close().await;

    let instance = Instance::start(home.path()).await;

    let snapshot = instance.app.engine.snapshot();
    let times = records.map(|record| {
        let status = &snapshot.torrent(&record.torrent.facts.id).unwrap().status;
        (status.active_seconds, status.seeding_seconds)
    });
    // Nothing is known of the time since a run before the last one.
    assert_eq!(times, [(110, 100), (20, 10)]);
    let alive = instance.app.store.alive().await.unwrap().unwrap();
    instance.stop().await;
    assert!(alive.run == LAST || alive.run == Moment::now().run, "{alive:?}");

    let store = Store::open(home.path(), None).await.unwrap();
    assert_eq!(store.alive().await.unwrap().unwrap().run, Moment::now().run);
    store.close().await;
}
