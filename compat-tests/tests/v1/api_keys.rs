//! `/v1/api-keys`: made, shown once, limited, replaced, revoked.

use anyhow::{Context, Result};
use compat_tests::until;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Api, problem};

#[tokio::test]
async fn a_key_is_shown_once_and_counts_until_it_is_replaced_or_revoked() -> Result<()> {
    let mut api = Api::start().await?;
    let created = api
        .post("/v1/api-keys", json!({"name": "mine", "scopes": ["read"], "level": "5.3"}))
        .await?;
    let secret = created["secret"].as_str().context("a secret")?.to_owned();
    let id = created["key"]["id"].as_str().context("an id")?.to_owned();
    assert!(secret.starts_with("rvr_") && secret.len() == 44, "{secret}");
    assert_eq!(created["key"]["level"], "5.3");

    let listed = api.get("/v1/api-keys").await?;
    assert!(!listed.text().contains(&secret));
    assert_eq!(api.caller_of(&secret)?.get("/v1/torrents").await?.status, 200);
    let version = api.caller_of(&secret)?.get("/api/v2/app/version").await?;
    assert_eq!(version.brief(), "200 v5.3.0");
    api.target.restart().await?;
    assert_eq!(api.caller_of(&secret)?.get("/v1/torrents").await?.status, 200);
    until("the last use", async || {
        let keys = api.json("/v1/api-keys").await?;
        Ok(keys["keys"][0]["last_used_at"].as_str().map(str::to_owned))
    })
    .await?;

    let rotated = api.post(&format!("/v1/api-keys/{id}/rotate"), json!({})).await;
    assert!(rotated.is_err(), "this takes no body");
    let reply = api.send(Method::POST, &format!("/v1/api-keys/{id}/rotate"), None).await?.json()?;
    let next = reply["secret"].as_str().context("a secret")?.to_owned();
    assert_eq!(api.caller_of(&secret)?.get("/v1/torrents").await?.status, 401);
    assert_eq!(api.caller_of(&next)?.get("/v1/torrents").await?.status, 200);
    let gone = api.send(Method::DELETE, &format!("/v1/api-keys/{id}"), None).await?;
    assert_eq!(gone.status, 204);
    assert_eq!(api.caller_of(&next)?.get("/v1/torrents").await?.status, 401);
    let absent = api.send(Method::DELETE, &format!("/v1/api-keys/{id}"), None).await?;
    assert_eq!(problem(&absent)?, "404 not-found");
    Ok(())
}

#[tokio::test]
async fn keys_that_make_no_sense_are_refused() -> Result<()> {
    let api = Api::start().await?;
    api.caller("taken", &["read"]).await?;
    for (key, expected) in [
        (json!({"name": "", "scopes": ["read"]}), "422 invalid /name"),
        (json!({"name": "x", "scopes": []}), "422 invalid /scopes"),
        (json!({"name": "x", "scopes": ["all"]}), "422 invalid /scopes/0"),
        (json!({"name": "x", "scopes": ["admin"], "categories": ["a"]}), "422 invalid /scopes/0"),
        (
            json!({"name": "x", "scopes": ["read"], "rate": {"per_minute": 0, "burst": 1}}),
            "422 invalid /rate/per_minute",
        ),
        (json!({"name": "x", "scopes": ["read"], "level": "6.0"}), "422 invalid /level"),
        (json!({"name": "taken", "scopes": ["read"]}), "409 conflict"),
    ] {
        let reply = api.send(Method::POST, "/v1/api-keys", Some(key.clone())).await?;
        assert_eq!(problem(&reply)?, expected, "{key}");
    }
    let admin = api.caller("admin alone", &["admin"]).await?;
    let wider = json!({"name": "wider", "scopes": ["admin", "delete"]});
    let reply = admin.send(Method::POST, "/v1/api-keys", Some(wider)).await?;
    assert_eq!(problem(&reply)?, "422 invalid /scopes/1");
    Ok(())
}

#[tokio::test]
async fn a_key_that_asks_too_often_has_to_wait() -> Result<()> {
    let api = Api::start().await?;
    let key = json!({"name": "slow", "scopes": ["read"], "rate": {"per_minute": 1, "burst": 3}});
    let caller = api.caller_with(key).await?;

    for left in ["2", "1", "0"] {
        let reply = caller.get("/v1/torrents").await?;
        assert_eq!((reply.status, reply.header("x-ratelimit-remaining")), (200, Some(left)));
        assert!(reply.header("ratelimit").is_some_and(|text| text.contains(&format!("r={left}"))));
    }
    let reply = caller.get("/v1/torrents").await?;
    assert_eq!(problem(&reply)?, "429 rate-limited");
    let wait: u64 = reply.header("retry-after").context("a time to wait")?.parse()?;
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(caller.get("/api/v2/app/version").await?.status, 429);
    Ok(())
}

#[tokio::test]
async fn what_a_key_changes_is_told_with_its_name() -> Result<()> {
    let api = Api::start().await?;
    let caller = api.caller("robot", &["settings"]).await?;
    let change = json!({"queue.max_active_torrents": 7});
    assert_eq!(caller.send(Method::PATCH, "/v1/settings", Some(change)).await?.status, 200);

    let history: Value = api.json("/v1/settings/history?limit=1").await?;

    let line = &history["changes"][0];
    assert_eq!((&line["actor"], &line["origin"]), (&json!("key:robot"), &json!("127.0.0.1")));
    Ok(())
}
