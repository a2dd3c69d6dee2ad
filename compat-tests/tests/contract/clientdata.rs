//! `clientdata/*`: what web UIs keep on the server.

use anyhow::Result;
use compat_tests::{Client, Level, at_levels};
use serde_json::json;

use crate::support::{get, post, server};

async fn store(client: &Client, data: &str) -> Result<String> {
    post(client, "clientdata/store", &[("data", data)]).await
}

async fn load(client: &Client, keys: &str) -> Result<String> {
    get(client, "clientdata/load", &[("keys", keys)]).await
}

async fn values_are_merged_and_read_back(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    assert_eq!(get(client, "clientdata/load", &[]).await?, "200 {}");
    assert_eq!(store(client, r#"{"b":1,"a":{"x":[1,2.5,"ü"]}}"#).await?, "204");

    assert_eq!(load(client, "").await?, r#"200 {"a":{"x":[1,2.5,"ü"]},"b":1}"#);
    assert_eq!(load(client, "[]").await?, "200 {}");
    assert_eq!(load(client, r#"["b","none"]"#).await?, r#"200 {"b":1}"#);
    let read = post(client, "clientdata/load", &[("keys", r#"["b"]"#)]).await?;
    assert_eq!(read, r#"200 {"b":1}"#);

    // Values are replaced as a whole, `null` removes them, and other users see the same.
    assert_eq!(store(client, r#"{"a":{"y":null},"b":null,"none":null}"#).await?, "204");
    assert_eq!(store(client, "{}").await?, "204");
    assert_eq!(load(&target.login().await?, "").await?, r#"200 {"a":{"y":null}}"#);
    Ok(())
}

async fn values_have_the_form_of_all_answers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let numbers = r#"{"n":1.0,"m":12345678901234567890,"o":0.10,"p":1e21,"q":-0,"r":1e-7,"s":9007199254740993,"t":1,"t":2}"#;
    assert_eq!(store(client, numbers).await?, "204");
    let expected = r#"200 {"m":12345678901234567000,"n":1,"o":0.1,"p":1e+21,"q":0,"r":1e-07,"s":9007199254740993,"t":2}"#;
    assert_eq!(load(client, "").await?, expected);

    assert_eq!(store(client, r#"{"":true,"k":"é\u0000\ud83d\ude00\u2028\/"}"#).await?, "204");
    assert_eq!(load(client, r#"["","k"]"#).await?, "200 {\"\":true,\"k\":\"é\\u0000😀\u{2028}/\"}");
    Ok(())
}

async fn what_is_no_object_is_refused(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for (data, expected) in [
        ("", "400 illegal value"),
        ("null", "400 illegal value"),
        ("5", "400 illegal value"),
        (r#"{"a":tru}"#, "400 illegal value"),
        ("[]", "400 `data` must be an object"),
        ("[1]", "400 `data` must be an object"),
    ] {
        assert_eq!(store(client, data).await?, expected, "{data}");
    }
    for data in ["{", r#"{"a":1,}"#, r#"{"a":1} x"#, "{'a':1}"] {
        let refused = store(client, data).await?;
        assert!(refused.starts_with("400 "), "{data}: {refused}");
    }
    for (keys, expected) in [
        ("{}", "400 `keys` must be an array"),
        ("[1]", "400 Items of `keys` must be strings"),
        (r#"["a",null]"#, "400 Items of `keys` must be strings"),
        ("null", "400 illegal value"),
        ("nope", "400 illegal value"),
    ] {
        assert_eq!(load(client, keys).await?, expected, "{keys}");
    }
    assert_eq!(load(client, "").await?, "200 {}");
    Ok(())
}

async fn there_is_room_for_a_mebibyte(level: Level) -> Result<()> {
    const LIMIT: usize = 1 << 20;
    let full = "409 Total web client data must not be larger than 1048576 bytes";
    let target = server(level).await?;
    let client = target.client();
    let sized = |bytes: usize| json!({ "k": "x".repeat(bytes - 8) }).to_string();

    assert_eq!(store(client, &sized(LIMIT + 1)).await?, full);
    assert_eq!(load(client, "").await?, "200 {}");
    assert_eq!(store(client, &sized(LIMIT)).await?, "204");
    assert_eq!(client.get("clientdata/load", &[]).await?.body.len(), LIMIT);
    // A change is taken as a whole or not at all.
    assert_eq!(store(client, r#"{"a":1,"none":null}"#).await?, full);
    assert_eq!(load(client, r#"["a"]"#).await?, "200 {}");
    assert_eq!(store(client, r#"{"a":1,"k":null}"#).await?, "204");
    assert_eq!(load(client, "").await?, r#"200 {"a":1}"#);
    Ok(())
}

async fn values_survive_a_restart(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    assert_eq!(store(target.client(), r#"{"ui":{"theme":"dark"}}"#).await?, "204");

    target.restart().await?;

    assert_eq!(load(target.client(), "").await?, r#"200 {"ui":{"theme":"dark"}}"#);
    Ok(())
}

at_levels!(values_are_merged_and_read_back: l53 L53);
at_levels!(values_have_the_form_of_all_answers: l53 L53);
at_levels!(what_is_no_object_is_refused: l53 L53);
at_levels!(there_is_room_for_a_mebibyte: l53 L53);
at_levels!(values_survive_a_restart: l53 L53);
