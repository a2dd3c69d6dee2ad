//! Settings, their history and their revision.

use revaer::store::SettingChange;

use super::{Place, on_both_databases};

on_both_databases!(
    settings_and_their_history_are_kept,
    concurrent_changes_get_revisions_of_their_own,
);

fn change(key: &str, value: Option<&str>) -> (String, Option<String>) {
    (key.to_owned(), value.map(str::to_owned))
}

async fn settings_and_their_history_are_kept(place: Place) {
    let store = place.open().await;
    let first = [change("a.one", Some("1")), change("b.two", Some("\"x\""))];
    assert_eq!(store.put_settings(&first, "user:admin", 10).await.unwrap(), 1);
    let second = [change("b.two", None), change("a.one", Some("1")), change("c.none", None)];
    assert_eq!(store.put_settings(&second, "key:script", 20).await.unwrap(), 2);

    assert_eq!(store.settings().await.unwrap(), [("a.one".to_owned(), "1".to_owned())]);
    assert_eq!(store.settings_revision().await.unwrap(), 2);
    let line = |revision, at, actor: &str, key: &str, old: Option<&str>, new: Option<&str>| {
        SettingChange {
            revision,
            at,
            actor: actor.to_owned(),
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
}

async fn concurrent_changes_get_revisions_of_their_own(place: Place) {
    let store = place.open().await;
    let helper = place.open_shared().await.unwrap();

    let put = |store: &revaer::store::Store, key: &str| {
        let (store, change) = (store.clone(), [change(key, Some("true"))]);
        async move { store.put_settings(&change, "system", 0).await.unwrap() }
    };
    let revisions =
        tokio::join!(put(&store, "a"), put(&helper, "b"), put(&store, "c"), put(&helper, "d"),);

    let mut revisions: [u64; 4] = revisions.into();
    revisions.sort_unstable();
    assert_eq!(revisions, [1, 2, 3, 4]);
    assert_eq!(helper.settings().await.unwrap().len(), 4);
}
