//! The served description, and the page that shows it.

use anyhow::Result;
use serde_json::Value;

use crate::support::Api;

#[tokio::test]
async fn the_description_is_served_to_anyone_and_is_complete() -> Result<()> {
    let api = Api::start().await?;
    let nobody = api.nobody()?;
    let document = nobody.get("/v1/openapi.json").await?.json()?;
    assert_eq!(document["openapi"], "3.1.0");
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["responses"]["500"].is_object(), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() -> Result<()> {
    let api = Api::start().await?;
    let nobody = api.nobody()?;
    let page = nobody.get("/v1/docs").await?;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(!page.text().contains("http://") && !page.text().contains("https://"));
    assert!(
        page.header("content-security-policy")
            .is_some_and(|policy| policy.starts_with("default-src 'none'"))
    );
    assert_eq!(nobody.get("/v1/docs/page.js").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn what_is_listed_has_the_members_of_its_schema() -> Result<()> {
    let api = Api::start().await?;
    api.add(&crate::support::two_files("one"), serde_json::json!({"run": "stopped"})).await?;
    let document = api.json("/v1/openapi.json").await?;
    let schema = &document["components"]["schemas"]["Torrent"]["properties"];
    let listed = api.json("/v1/torrents").await?;
    let names = |value: &Value| -> Vec<String> {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&listed["torrents"][0]), names(schema));
    Ok(())
}
