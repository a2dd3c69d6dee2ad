//! `/v1/settings`: stored, effective, adjusted, with a history and a way back.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Api, problem};

#[tokio::test]
async fn settings_are_changed_all_or_nothing_and_reverted() -> Result<()> {
    let api = Api::start().await?;
    let before = api.get("/v1/settings").await?;
    let tag = before.header("etag").context("a tag")?.to_owned();
    let revision = before.json()?["revision"].as_u64().context("a revision")?;

    let changed = api
        .patch("/v1/settings", json!({"queue.max_active_torrents": 7, "disk.io_threads": 5000}))
        .await?;

    assert_eq!(changed["adjustments"][0]["key"], "disk.io_threads");
    assert_eq!(changed["adjustments"][0]["used"], 1024);
    let document = api.json("/v1/settings").await?;
    assert_eq!(document["stored"]["disk.io_threads"], 5000);
    assert_eq!(document["effective"]["disk.io_threads"], 1024);
    assert_eq!(document["effective"]["queue.max_active_torrents"], 7);
    for (change, expected) in [
        (json!({"nothing.here": 1}), "422 invalid /nothing.here"),
        (json!({"queue.max_active_torrents": "x"}), "422 invalid /queue.max_active_torrents"),
        (json!({"webui.password_hash": "x"}), "422 invalid /webui.password_hash"),
        (json!([1]), "422 invalid"),
    ] {
        let both = match change.clone() {
            Value::Object(mut members) => {
                members.insert("queue.max_active_uploads".to_owned(), json!(1));
                Value::Object(members)
            }
            other => other,
        };
        let reply = api.send(Method::PATCH, "/v1/settings", Some(both)).await?;
        assert_eq!(problem(&reply)?, expected, "{change}");
    }
    assert_eq!(api.json("/v1/settings").await?, document, "a refused change changes nothing");

    let late = api.client().request(Method::PATCH, "/v1/settings").header("if-match", tag);
    let late = late.header("content-type", "application/json").body("{}");
    assert_eq!(problem(&api.client().send(late).await?)?, "412 precondition");
    api.post("/v1/settings/revert", json!({"revision": revision})).await?;
    let reverted = api.json("/v1/settings").await?;
    assert_eq!(reverted["effective"], before.json()?["effective"]);
    let future =
        api.send(Method::POST, "/v1/settings/revert", Some(json!({"revision": 1_000_000}))).await?;
    assert_eq!(problem(&future)?, "422 invalid /revision");
    let history = api.json("/v1/settings/history").await?;
    assert!(history["changes"].as_array().unwrap().len() >= 4);
    assert_eq!(history["changes"][0]["actor"], "user:admin");
    Ok(())
}

#[tokio::test]
async fn secrets_are_never_shown_and_access_needs_admin() -> Result<()> {
    let api = Api::start().await?;
    api.patch("/v1/settings", json!({"proxy.password": "geheim"})).await?;
    for path in ["/v1/settings", "/v1/settings/history"] {
        assert!(!api.get(path).await?.text().contains("geheim"), "{path}");
    }
    let caller = api.caller("settings", &["settings"]).await?;
    for key in ["webui.bypass_local_auth", "autorun.on_added_enabled", "paths.roots"] {
        let mut change = serde_json::Map::new();
        change.insert(key.to_owned(), json!(true));
        let reply = caller.send(Method::PATCH, "/v1/settings", Some(change.into())).await?;
        let found = problem(&reply)?;
        assert!(
            ["403 scope".to_owned(), format!("422 invalid /{key}")].contains(&found),
            "{found}"
        );
    }
    let schema = api.json("/v1/settings/schema").await?;
    let settings = schema["settings"].as_array().unwrap();
    assert!(settings.len() > 150);
    // What is only kept says so, and why; what works does not.
    let of = |key: &str| settings.iter().find(|one| one["key"] == key).unwrap();
    assert!(of("compat.preferences")["no_effect"].is_string());
    assert!(of("queue.enabled")["no_effect"].is_null());
    Ok(())
}
