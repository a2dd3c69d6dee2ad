//! Every failure is a problem document, and nothing is HTML.

use anyhow::Result;
use reqwest::Method;
use serde_json::json;

use crate::support::{Api, MAGNET, UNKNOWN, problem};

#[tokio::test]
async fn each_kind_of_bad_request_has_its_problem() -> Result<()> {
    let api = Api::start().await?;
    let client = api.client();
    let send = async |method: Method, path: &str, headers: &[(&str, &str)], body: &str| {
        let mut request = client.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = if body.is_empty() { request } else { request.body(body.to_owned()) };
        problem(&client.send(request).await?)
    };
    let as_json = [("content-type", "application/json")];
    let one = format!("/v1/torrents/{UNKNOWN}");
    let deep = format!("{{\"queue.max_active_torrents\":{}", "[".repeat(5000));
    let large = format!("{{\"tags\":[\"{}\"]}}", "x".repeat(2 << 20));
    for (method, path, headers, body, expected) in [
        ("GET", "/v1/nothing", &[][..], "", "404 not-found"),
        ("GET", "/v1/torrents/", &[], "", "404 not-found"),
        ("GET", &one, &[], "", "404 not-found"),
        ("GET", "/v1/torrents/xyz", &[], "", "404 not-found"),
        ("PUT", "/v1/torrents", &[], "", "405 method-not-allowed"),
        ("OPTIONS", "/v1/torrents", &[], "", "405 method-not-allowed"),
        ("GET", "/v1/torrents", &[("accept", "text/html")], "", "406 not-acceptable"),
        ("POST", "/v1/tags", &[("content-type", "text/plain")], "{}", "415 media-type"),
        ("POST", "/v1/tags", &as_json, "{", "400 malformed"),
        ("POST", "/v1/tags", &as_json, "", "400 malformed"),
        ("PATCH", "/v1/settings", &as_json, &deep, "400 malformed"),
        ("POST", "/v1/tags", &as_json, &large, "413 too-large"),
        ("POST", "/v1/tags", &as_json, r#"{"tags":[1]}"#, "422 invalid /tags/0"),
        ("POST", "/v1/tags", &as_json, r#"{"tags":["a,b"]}"#, "422 invalid /tags/0"),
        ("POST", "/v1/tags", &as_json, r#"{"other":1}"#, "422 invalid /other"),
        ("POST", "/v1/tags", &as_json, r#"{"tags":[],"tags":[]}"#, "422 invalid"),
        ("GET", "/v1/torrents", &as_json, "{}", "400 malformed"),
        ("GET", "/v1/torrents?limit=0", &[], "", "422 invalid limit"),
        ("GET", "/v1/torrents?limit=x", &[], "", "422 invalid limit"),
        ("GET", "/v1/torrents?nothing=1", &[], "", "422 invalid nothing"),
        ("GET", "/v1/torrents?sort=nothing", &[], "", "422 invalid sort"),
        ("GET", "/v1/torrents?cursor=nothing", &[], "", "422 invalid cursor"),
        ("GET", "/v1/torrents?fields=name,nothing", &[], "", "422 invalid fields"),
        ("GET", "/v1/torrents?name=%5B", &[], "", "422 invalid name"),
        ("GET", "/v1/torrents?id=xyz", &[], "", "422 invalid id"),
        ("GET", "/v1/events?type=nothing", &[], "", "422 invalid type"),
        ("GET", "/v1/events", &[("last-event-id", "x")], "", "422 invalid last-event-id"),
        ("GET", "/v1/categories?nothing=1", &[], "", "422 invalid nothing"),
        ("GET", &format!("{one}?nothing"), &[], "", "422 invalid nothing"),
        ("POST", "/v1/tags?tag=a", &as_json, r#"{"tags":[]}"#, "422 invalid tag"),
        ("DELETE", "/v1/session?all=true", &[], "", "422 invalid all"),
        ("POST", "/v1/tags", &as_json, r#"[["a"]]"#, "422 invalid"),
        (
            "POST",
            "/v1/torrents/action",
            &as_json,
            r#"{"filter":[null,"*"],"action":{"action":"stop"}}"#,
            "422 invalid /filter",
        ),
        (
            "POST",
            "/v1/torrents/action",
            &as_json,
            r#"{"filter":{"name":"*"},"action":["stop"]}"#,
            "422 invalid /action",
        ),
        (
            "POST",
            "/v1/torrents",
            &as_json,
            r#"{"sources":["magnet:?xt=x"],"trackers":[["http://t.example/",0]]}"#,
            "422 invalid /trackers/0",
        ),
        ("POST", "/v1/torrents", &as_json, "{}", "422 invalid /sources"),
        (
            "POST",
            "/v1/torrents",
            &as_json,
            r#"{"sources":["/etc/passwd"]}"#,
            "422 invalid /sources/0",
        ),
        (
            "POST",
            "/v1/torrents",
            &as_json,
            r#"{"sources":["magnet:?xt=x"]}"#,
            "422 invalid /sources/0",
        ),
        ("POST", "/v1/torrents/remove", &as_json, r#"{"filter":{}}"#, "422 invalid /filter"),
        ("POST", "/v1/torrents/remove", &as_json, r#"{"filter":{"q":1}}"#, "422 invalid /filter/q"),
    ] {
        let found = send(method.parse()?, path, headers, body).await?;
        assert_eq!(found, expected, "{method} {path} {}", &body[..body.len().min(40)]);
    }
    let refused = client.send(client.request(Method::PUT, "/v1/torrents")).await?;
    assert_eq!(refused.header("allow"), Some("GET, HEAD, POST"));
    Ok(())
}

#[tokio::test]
async fn answers_carry_the_name_of_the_request() -> Result<()> {
    let api = Api::start().await?;
    let client = api.client();
    let named = client.request(Method::GET, "/v1").header("x-request-id", "mine-1");
    assert_eq!(client.send(named).await?.header("x-request-id"), Some("mine-1"));
    let bad = client.request(Method::GET, "/v1").header("x-request-id", "<script>");
    let own = client.send(bad).await?;
    assert_eq!(own.header("x-request-id").map(str::len), Some(36));
    assert_eq!(own.header("x-content-type-options"), Some("nosniff"));
    Ok(())
}

#[tokio::test]
async fn kinds_of_problems_are_explained() -> Result<()> {
    let api = Api::start().await?;
    let nobody = api.nobody()?;
    let listed = nobody.get("/v1/problems").await?.json()?;
    for kind in listed["problems"].as_array().unwrap() {
        let explained = nobody.get(kind["type"].as_str().unwrap()).await?.json()?;
        assert_eq!(&explained, kind);
    }
    assert_eq!(problem(&nobody.get("/v1/problems/nothing").await?)?, "404 not-found");
    Ok(())
}

#[tokio::test]
async fn a_create_that_is_sent_again_is_done_once() -> Result<()> {
    let api = Api::start().await?;
    let client = api.client();
    let add = async |key: &str, body: serde_json::Value| {
        let request = client.request(Method::POST, "/v1/torrents").header("idempotency-key", key);
        let request = request.header("content-type", "application/json").body(body.to_string());
        client.send(request).await
    };
    let body = json!({"sources": [MAGNET]});

    let first = add("k1", body.clone()).await?;
    let again = add("k1", body.clone()).await?;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = add("k1", json!({"sources": [MAGNET], "sequential": true})).await?;
    assert_eq!(problem(&other)?, "422 invalid idempotency-key");
    let fresh = add("k2", body).await?;
    assert_eq!(problem(&fresh)?, "409 conflict /sources/0");
    Ok(())
}
