//! `/v1/categories` and `/v1/tags`.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::json;

use crate::support::{Api, problem, two_files};

#[tokio::test]
async fn categories_are_made_changed_and_removed() -> Result<()> {
    let api = Api::start().await?;
    let place = api.target.folder_named("films")?;
    let place = place.to_str().context("a path")?;
    let new = json!({"name": "films/new", "save_path": place, "share_limits": {"ratio": 1.5}});

    let made = api.send(Method::POST, "/v1/categories", Some(new.clone())).await?;

    assert_eq!((made.status, made.header("location")), (201, Some("/v1/categories/films%2Fnew")));
    let category = made.json()?;
    assert_eq!(category["save_path"], place);
    assert_eq!(category["share_limits"]["ratio"], 1.5);
    assert_eq!(category["download_path"], "inherit");
    let again = api.send(Method::POST, "/v1/categories", Some(new)).await?;
    assert_eq!(problem(&again)?, "409 conflict");

    let path = "/v1/categories/films%2Fnew";
    let tag = api.get(path).await?.header("etag").context("a tag")?.to_owned();
    let changed =
        api.patch(path, json!({"save_path": null, "download_path": {"at": place}})).await?;
    assert_eq!(changed["download_path"], json!({"at": place}));
    assert!(changed["save_path"].is_null());
    let late = api.client().request(Method::DELETE, path).header("if-match", tag);
    assert_eq!(problem(&api.client().send(late).await?)?, "412 precondition");

    let id =
        api.add(&two_files("film"), json!({"run": "stopped", "category": "films/new"})).await?;
    assert_eq!(api.json("/v1/categories").await?["categories"][0]["torrents"], 1);
    assert_eq!(api.send(Method::DELETE, path, None).await?.status, 204);
    assert!(api.json(&format!("/v1/torrents/{id}")).await?["category"].is_null());
    assert_eq!(problem(&api.get(path).await?)?, "404 not-found");
    for (new, expected) in [
        (json!({"name": "a//b"}), "422 invalid /name"),
        (json!({"name": "a", "save_path": "x"}), "422 invalid /save_path"),
        (json!({"name": "a", "share_limits": {"ratio": -1}}), "422 invalid /share_limits/ratio"),
    ] {
        let reply = api.send(Method::POST, "/v1/categories", Some(new.clone())).await?;
        assert_eq!(problem(&reply)?, expected, "{new}");
    }
    Ok(())
}

#[tokio::test]
async fn tags_are_made_counted_and_forgotten() -> Result<()> {
    let api = Api::start().await?;
    let made = api.post("/v1/tags", json!({"tags": ["s10", "s2"]})).await?;
    assert_eq!(
        made["tags"],
        json!([{"name": "s2", "torrents": 0}, {"name": "s10", "torrents": 0}])
    );
    let id = api.add(&two_files("tagged"), json!({"run": "stopped", "tags": ["s2"]})).await?;
    assert_eq!(api.json("/v1/tags").await?["tags"][0]["torrents"], 1);

    assert_eq!(api.send(Method::DELETE, "/v1/tags/s2", None).await?.status, 204);
    assert_eq!(api.json(&format!("/v1/torrents/{id}")).await?["tags"], json!([]));
    assert_eq!(problem(&api.send(Method::DELETE, "/v1/tags/s2", None).await?)?, "404 not-found");
    Ok(())
}
