//! API keys and the values of web UIs.

use revaer::store::ApiKey;

use super::{Place, on_both_databases};

on_both_databases!(
    api_keys_are_kept,
    two_api_keys_are_never_the_same,
    client_data_is_kept_and_merged,
    client_data_has_a_limit,
    our_own_data_is_apart_from_that_of_clients,
);

fn key(id: i64, byte: u8) -> ApiKey {
    ApiKey {
        id,
        name: format!("key {id}"),
        digest: [byte; 32],
        level: (id == 0).then(|| "5.3".to_owned()),
        created_at: 1_700_000_000,
        last_used_at: None,
        sealed: (id == 0).then(|| vec![0, 1, 255]),
        scopes: "read,add".to_owned(),
        categories: (id == 7).then(|| vec!["a,b".to_owned()]),
        rate: (id != 0).then_some((600, 60)),
    }
}

async fn api_keys_are_kept(place: Place) {
    let store = place.open().await;
    store.put_api_key(&key(0, 1)).await.unwrap();
    store.put_api_key(&key(i64::MAX, 2)).await.unwrap();
    store.put_api_key(&key(7, 3)).await.unwrap();
    let replaced = ApiKey { digest: [4; 32], ..key(0, 1) };
    store.put_api_key(&replaced).await.unwrap();
    store.remove_api_key(7).await.unwrap();
    store.remove_api_key(8).await.unwrap();
    store.touch_api_keys(&[([1; 32], 5), ([2; 32], 1_800_000_000)]).await.unwrap();
    store.close().await;

    let store = place.open().await;

    let used = ApiKey { last_used_at: Some(1_800_000_000), ..key(i64::MAX, 2) };
    assert_eq!(store.api_keys().await.unwrap(), [replaced, used]);
}

async fn two_api_keys_are_never_the_same(place: Place) {
    let store = place.open().await;
    store.put_api_key(&key(0, 1)).await.unwrap();

    assert!(store.put_api_key(&key(1, 1)).await.is_err());

    assert_eq!(store.api_keys().await.unwrap(), [key(0, 1)]);
}

fn change(name: &str, value: Option<&str>) -> (String, Option<String>) {
    (name.to_owned(), value.map(str::to_owned))
}

async fn client_data_is_kept_and_merged(place: Place) {
    let store = place.open().await;
    let first = [change(r#""a""#, Some("1")), change(r#""b\u0000""#, Some(r#"{"x":null}"#))];
    assert!(store.merge_client_data(&first, 1024).await.unwrap());
    let second = [change(r#""a""#, None), change(r#""c""#, None), change(r#""d""#, Some("[]"))];
    assert!(store.merge_client_data(&second, 1024).await.unwrap());
    store.close().await;

    let store = place.open().await;

    let mut kept = store.client_data().await.unwrap();
    kept.sort();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(kept, [pair(r#""b\u0000""#, r#"{"x":null}"#), pair(r#""d""#, "[]")]);
}

async fn client_data_has_a_limit(place: Place) {
    let store = place.open().await;
    let object = r#"{"a":1,"b":22}"#;
    assert!(store.merge_client_data(&[change(r#""a""#, Some("1"))], 7).await.unwrap());

    let more = [change(r#""b""#, Some("22"))];
    assert!(!store.merge_client_data(&more, object.len() - 1).await.unwrap());
    assert_eq!(store.client_data().await.unwrap().len(), 1);
    assert!(store.merge_client_data(&more, object.len()).await.unwrap());

    // What takes more than there is room for may still be removed.
    assert!(!store.merge_client_data(&[change(r#""a""#, None)], 7).await.unwrap());
    assert!(store.merge_client_data(&[change(r#""b""#, None)], 7).await.unwrap());
    assert!(store.merge_client_data(&[change(r#""a""#, None)], 2).await.unwrap());
}

async fn our_own_data_is_apart_from_that_of_clients(place: Place) {
    let store = place.open().await;
    store.put_own_client_data("ui/x", "{}").await.unwrap();
    store.put_own_client_data("ui/x", &"9".repeat(100)).await.unwrap();
    assert!(store.merge_client_data(&[change(r#""a""#, Some("1"))], 7).await.unwrap());

    assert_eq!(store.client_data().await.unwrap().len(), 1);
    assert_eq!(store.own_client_data("ui/x").await.unwrap().unwrap().len(), 100);
    assert_eq!(store.own_client_data("ui/y").await.unwrap(), None);
}
