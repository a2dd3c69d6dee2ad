//! Settings, their history and their revision.

use revaer::store::{SettingAuthor, SettingChange};

use super::{Place, on_both_databases};

on_both_databases!(
    settings_and_their_history_are_kept,
    concurrent_changes_get_revisions_of_their_own,
    a_change_for_another_revision_changes_nothing,
);

fn change(key: &str, value: Option<&str>) -> (String, Option<String>) {
    (key.to_owned(), value.map(str::to_owned))
}

fn by(actor: &str, at: i64) -> SettingAuthor<'_> {
    SettingAuthor { actor, origin: Some("192.0.2.7"), at, expected: None }
}

async fn settings_and_their_history_are_kept(place: Place) {
    let store = place.open().await;
    let first = [change("a.one", Some("1")), change("b.two", Some("\"x\""))];
    assert_eq!(store.put_settings(&first, by("user:admin", 10)).await.unwrap(), Some(1));
    let second = [change("b.two", None), change("a.one", Some("1")), change("c.none", None)];
    assert_eq!(store.put_settings(&second, by("key:script", 20)).await.unwrap(), Some(2));

    assert_eq!(store.settings().await.unwrap(), [("a.one".to_owned(), "1".to_owned())]);
    assert_eq!(store.settings_revision().await.unwrap(), 2);
    let line = |revision, at, actor: &str, key: &str, old: Option<&str>, new: Option<&str>| {
        SettingChange {
            revision,
            at,
            actor: actor.to_owned(),
            origin: Some("192.0.2.7".to_owned()),
            key: key.to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        }
    };
    let history = store.settings_history(0, 10).await.unwrap();
    assert_eq!(
        history,
        [
            line(1, 10, "user:admin", "a.one", None, Some("1")),
            line(1, 10, "user:admin", "b.two", None, Some("\"x\"")),
            line(2, 20, "key:script", "b.two", Some("\"x\""), None),
        ]
    );
    assert_eq!(store.settings_history(1, 10).await.unwrap(), history[2..]);
    assert_eq!(store.settings_history_before(2, 10).await.unwrap(), history[..2]);
    assert_eq!(store.settings_history_before(9, 1).await.unwrap(), history[2..]);
}

async fn concurrent_changes_get_revisions_of_their_own(place: Place) {
    let store = place.open().await;
    let helper = place.open_shared().await.unwrap();

    let put = |store: &revaer::store::Store, key: &str| {
        let (store, change) = (store.clone(), [change(key, Some("true"))]);
        async move { store.put_settings(&change, by("system", 0)).await.unwrap().unwrap() }
    };
    let revisions =
        tokio::join!(put(&store, "a"), put(&helper, "b"), put(&store, "c"), put(&helper, "d"),);

    let mut revisions: [u64; 4] = revisions.into();
    revisions.sort_unstable();
    assert_eq!(revisions, [1, 2, 3, 4]);
    assert_eq!(helper.settings().await.unwrap().len(), 4);
}

async fn a_change_for_another_revision_changes_nothing(place: Place) {
    let store = place.open().await;
    let first = [change("a.one", Some("1"))];
    store.put_settings(&first, by("system", 0)).await.unwrap();

    let second = [change("a.one", Some("2"))];
    let author = SettingAuthor { expected: Some(0), ..by("system", 0) };
    assert_eq!(store.put_settings(&second, author).await.unwrap(), None);

    assert_eq!(store.settings_revision().await.unwrap(), 1);
    assert_eq!(store.settings().await.unwrap(), [("a.one".to_owned(), "1".to_owned())]);
    assert_eq!(store.settings_history(0, 10).await.unwrap().len(), 1);
}
