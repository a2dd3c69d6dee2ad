//! Who may do what: no key, wrong scope, limits to categories.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Api, problem, two_files};

/// Every route of the served document, with placeholders filled in.
async fn routes(api: &Api) -> Result<Vec<(Method, String, Option<String>, bool)>> {
    let document = api.json("/v1/openapi.json").await?;
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().context("paths")? {
        for (method, operation) in methods.as_object().context("methods")? {
            let scope = operation["x-scope"].as_str().map(str::to_owned);
            let method: Method = method.to_ascii_uppercase().parse()?;
            let path = path.replace("{id}", crate::support::UNKNOWN);
            let path = path.replace("{name}", "x").replace("{tag}", "x").replace("{kind}", "x");
            routes.push((method, path, scope, operation["requestBody"].is_object()));
        }
    }
    Ok(routes)
}

#[tokio::test]
async fn every_route_refuses_strangers_and_wrong_scopes() -> Result<()> {
    let api = Api::start().await?;
    let all = ["read", "add", "control", "delete", "settings", "admin"];
    let nobody = api.nobody()?;
    let wrong = api.caller_of("rvr_nothing")?;

    let mut seen = 0;
    for (method, path, scope, has_body) in routes(&api).await? {
        let Some(scope) = scope else { continue };
        seen += 1;
        let body = has_body.then(|| json!({}));
        let stranger = nobody.send(method.clone(), &path, body.clone()).await?;
        assert_eq!(problem(&stranger)?, "401 unauthenticated", "{method} {path}");
        assert!(stranger.header("www-authenticate").is_some());
        let unknown = wrong.send(method.clone(), &path, body).await?;
        assert_eq!(problem(&unknown)?, "401 unauthenticated", "{method} {path}");
        assert!(all.contains(&scope.as_str()), "{scope}");
    }
    assert!(seen > 40, "{seen} routes with a scope");

    for scope in all {
        let others: Vec<&str> = all.into_iter().filter(|other| *other != scope).collect();
        let caller = api.caller(&format!("all but {scope}"), &others).await?;
        for (method, path, needed, has_body) in routes(&api).await? {
            if needed.as_deref() == Some(scope) {
                let body = has_body.then(|| json!({}));
                let reply = caller.send(method.clone(), &path, body).await?;
                assert_eq!(problem(&reply)?, "403 scope", "{method} {path}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_key_limited_to_categories_sees_only_their_torrents() -> Result<()> {
    let api = Api::start().await?;
    let mine = api.add(&two_files("mine"), json!({"category": "tv", "run": "stopped"})).await?;
    let other =
        api.add(&two_files("other"), json!({"category": "films", "run": "stopped"})).await?;
    let key = json!({
        "name": "tv", "scopes": ["read", "add", "control", "delete"], "categories": ["tv"],
    });
    let caller = api.caller_with(key).await?;

    let page = caller.get("/v1/torrents?facets=category").await?.json()?;
    assert_eq!(
        (page["total"].clone(), page["torrents"][0]["id"].as_str()),
        (json!(1), Some(&*mine))
    );
    assert_eq!(page["facets"]["category"], json!({"tv": 1}));
    for path in ["", "/files", "/trackers", "/peers", "/pieces", "/options"] {
        let reply = caller.get(&format!("/v1/torrents/{other}{path}")).await?;
        assert_eq!(problem(&reply)?, "404 not-found", "{path}");
    }
    let gone = caller.send(Method::DELETE, &format!("/v1/torrents/{other}"), None).await?;
    assert_eq!(problem(&gone)?, "404 not-found");
    let everything =
        json!({"filter": {"name": "*"}, "action": {"action": "recheck"}, "dry_run": true});
    let acted = caller.send(Method::POST, "/v1/torrents/action", Some(everything)).await?.json()?;
    assert_eq!(acted["ids"], json!([mine]));
    let away = json!({"category": "films"});
    let path = format!("/v1/torrents/{mine}/options");
    let moved = caller.send(Method::PATCH, &path, Some(away)).await?;
    assert_eq!(problem(&moved)?, "403 scope");
    let unfiled = json!({"sources": [crate::support::MAGNET]});
    let added = caller.send(Method::POST, "/v1/torrents", Some(unfiled)).await?;
    assert_eq!(problem(&added)?, "403 scope");
    for path in ["/v1/stats", "/v1/jobs", "/metrics"] {
        assert_eq!(problem(&caller.get(path).await?)?, "403 scope", "{path}");
    }
    // The other contract knows no such limit, so that the key is refused there.
    assert_eq!(caller.get("/api/v2/torrents/info").await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn scopes_count_in_the_other_contract_too() -> Result<()> {
    let api = Api::start().await?;
    let reader = api.caller("reader", &["read"]).await?;
    let adder = api.caller("adder", &["read", "add"]).await?;

    assert_eq!(reader.get("/api/v2/app/version").await?.status, 200);
    for action in [
        "torrents/add",
        "torrents/delete",
        "torrents/stop",
        "app/setPreferences",
        "app/shutdown",
        "app/rotateAPIKey",
        "transfer/setDownloadLimit",
        "torrents/createCategory",
    ] {
        let path = format!("/api/v2/{action}");
        let reply =
            reader.reply(reader.request(Method::POST, &path).form(&[("hashes", "all")])).await?;
        assert_eq!(reply.status, 403, "{action}");
    }
    let add = adder.request(Method::POST, "/api/v2/torrents/add");
    let accepted = adder.reply(add.form(&[("urls", crate::support::MAGNET)])).await?;
    assert_eq!(accepted.brief(), "200 Ok.");
    let delete = adder.request(Method::POST, "/api/v2/torrents/delete");
    let fields = [("hashes", "all"), ("deleteFiles", "false")];
    assert_eq!(adder.reply(delete.form(&fields)).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn a_foreign_page_cannot_use_the_session() -> Result<()> {
    let api = Api::start().await?;
    let client = api.client();
    let foreign =
        client.request(Method::GET, "/v1/torrents").header("origin", "http://evil.example");
    assert_eq!(problem(&client.send(foreign).await?)?, "403 refused");
    let form = client.request(Method::POST, "/v1/tags").form(&[("tags", "x")]);
    assert_eq!(problem(&client.send(form).await?)?, "415 media-type");
    let rebound = client.request(Method::GET, "/v1/torrents").header("host", "evil.example:1");
    assert_eq!(problem(&client.send(rebound).await?)?, "403 refused");
    Ok(())
}

#[tokio::test]
async fn a_session_is_opened_and_ended() -> Result<()> {
    let api = Api::start().await?;
    let nobody = api.nobody()?;
    let (username, password) = api.target.credentials();
    let wrong = json!({"username": username, "password": "wrong"});
    let refused = nobody.send(Method::POST, "/v1/session", Some(wrong)).await?;
    assert_eq!(problem(&refused)?, "401 unauthenticated");
    assert_eq!(nobody.get("/v1/session").await?.json()?["signed_in"], false);

    let login = json!({"username": username, "password": password});
    let opened = nobody.send(Method::POST, "/v1/session", Some(login)).await?;
    assert_eq!(opened.status, 200);
    let cookie = opened.header("set-cookie").and_then(|cookie| cookie.split(';').next()).unwrap();
    let with = |method, path| nobody.request(method, path).header("cookie", cookie);
    let session: Value = nobody.reply(with(Method::GET, "/v1/session")).await?.json()?;
    assert_eq!((&session["signed_in"], &session["actor"]), (&json!(true), &json!("user:admin")));
    assert_eq!(nobody.reply(with(Method::DELETE, "/v1/session")).await?.status, 204);
    assert_eq!(nobody.reply(with(Method::GET, "/v1/torrents")).await?.status, 401);
    Ok(())
}
