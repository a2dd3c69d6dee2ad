//! Locks, migrations, permissions and numbers that go on over restarts.

use std::os::unix::fs::PermissionsExt;

use revaer::store::{BLOCK, Error, SettingAuthor};

use super::{Place, commit, full, on_both_databases, put, shown};

on_both_databases!(
    a_second_engine_is_refused,
    a_helper_shares_the_database,
    a_helper_prepares_a_database_of_its_own,
    a_newer_schema_is_refused,
    an_older_schema_is_brought_up_to_date,
    keys_are_never_handed_out_twice,
    revisions_go_on_and_wrap,
);

async fn a_second_engine_is_refused(place: Place) {
    let store = place.open().await;
    assert!(matches!(place.try_open().await, Err(Error::Locked)));

    store.close().await;

    place.open().await;
}

async fn a_helper_shares_the_database(place: Place) {
    let store = place.open().await;
    let helper = place.open_shared().await.unwrap();

    let author = SettingAuthor { actor: "system", origin: None, at: 1, expected: None };
    let change = [("webui.password".to_owned(), Some("\"hash\"".to_owned()))];
    helper.put_settings(&change, author).await.unwrap();
    helper.close().await;

    assert_eq!(store.settings_revision().await.unwrap(), 1);
    assert_eq!(store.settings().await.unwrap().len(), 1);
    assert!(matches!(place.try_open().await, Err(Error::Locked)));
}

async fn a_helper_prepares_a_database_of_its_own(place: Place) {
    let helper = place.open_shared().await.unwrap();
    assert_eq!(helper.settings_revision().await.unwrap(), 0);

    let store = place.open().await;

    assert!(store.torrents().await.unwrap().is_empty());
}

async fn a_newer_schema_is_refused(place: Place) {
    place.open().await.close().await;
    place
        .execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_next', 0)")
        .await;

    let refused = place.try_open().await.err().unwrap();

    assert!(matches!(
        &refused,
        Error::NewerSchema { found, known } if found == "m29990101_next" && known.starts_with("m2026")
    ));
}

async fn an_older_schema_is_brought_up_to_date(place: Place) {
    let store = place.open().await;
    commit(&store, vec![put(&full(1))]).await.unwrap();
    store.close().await;
    place.execute("DROP TABLE events").await;
    place.execute("DELETE FROM seaql_migrations WHERE version LIKE '%events%'").await;

    let store = place.open().await;

    assert_eq!(store.last_event_id().await.unwrap(), 0);
    assert_eq!(shown(&store.torrents().await.unwrap()), shown(&[full(1)]));
    let backup = place.home.path().join("backup-m20261121_settings.db");
    assert_eq!(backup.exists(), place.url.is_none());
    if place.url.is_none() {
        let old = Place::sqlite();
        fs_err::rename(&backup, old.home.path().join("revaer.db")).unwrap();
        let torrents = old.open().await.torrents().await.unwrap();
        assert_eq!(shown(&torrents), shown(&[full(1)]));
    }
}

async fn keys_are_never_handed_out_twice(place: Place) {
    let store = place.open().await;
    assert_eq!(store.next_key().await.unwrap(), 1);
    assert_eq!(store.reserve_keys(5).await.unwrap(), 1_000_001);
    store.close().await;

    let store = place.open().await;

    assert_eq!(store.next_key().await.unwrap(), 1_000_006);
}

async fn revisions_go_on_and_wrap(place: Place) {
    let store = place.open().await;
    assert_eq!(store.reserve_revisions().await.unwrap(), 1);
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.reserve_revisions().await.unwrap(), BLOCK + 1);

    let last = (1_u32 << 31) - BLOCK;
    place.execute(&format!("UPDATE meta SET value = {last} WHERE name = 'next_revision'")).await;

    assert_eq!(store.reserve_revisions().await.unwrap(), last);
    assert_eq!(store.reserve_revisions().await.unwrap(), 1);
    assert_eq!(store.reserve_revisions().await.unwrap(), BLOCK + 1);
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let place = Place::sqlite();
    let home = place.home.path().join("deep/home");
    let store = revaer::store::Store::open(&home, None).await.unwrap();
    commit(&store, vec![put(&full(1))]).await.unwrap();

    let mode = |path: &std::path::Path| fs_err::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&home) & 0o777, 0o700);
    for name in ["revaer.db", "revaer.db-wal", "lock"] {
        assert_eq!(mode(&home.join(name)) & 0o777, 0o600, "{name}");
    }
}
