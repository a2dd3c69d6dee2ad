//! The base path behind a reverse proxy, one that leaves the prefix in the path and one that strips it.
//!
//! The real servers know no base path: there the prefix is one more unknown path, and a cookie holds for `/`.

use anyhow::{Context, Result};
use compat_tests::{Client, Level, Reply, Target, at_each_level, has_no_counterpart};
use reqwest::Method;

use crate::support::server;

const BASE: &str = "/apps/t";

async fn log_in(target: &Target, path: &str) -> Result<Reply> {
    let client = target.anonymous()?;
    let (username, password) = target.credentials();
    client.post(path, &[("username", &username), ("password", &password)]).await
}

fn attributes(reply: &Reply) -> Result<Vec<&str>> {
    let cookie = reply.header("set-cookie").context("a cookie")?;
    Ok(cookie.split("; ").collect())
}

/// The status of a request that carries these headers.
async fn status(client: &Client, path: &str, headers: &[(&str, &str)]) -> Result<u16> {
    let mut request = client.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(client.send(request).await?.status)
}

async fn without_the_setting_a_prefix_is_unknown(level: Level) -> Result<()> {
    let target = server(level).await?;
    let reply = log_in(&target, "/apps/t/api/v2/auth/login").await?;
    assert_eq!(reply.status, 404);

    // What a proxy says about its prefix plays no role.
    let (username, password) = target.credentials();
    let form = [("username", username), ("password", password)];
    let anonymous = target.anonymous()?;
    let request = anonymous.request(Method::POST, "auth/login").header("x-forwarded-prefix", BASE);
    let reply = anonymous.send(request.form(&form)).await?;
    assert!(attributes(&reply)?.contains(&"path=/"), "{:?}", attributes(&reply)?);
    Ok(())
}

async fn requests_with_and_without_the_prefix_are_answered(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let target = Target::setup(level).strict().set("webui.base_path", BASE).spawn().await?;
    let client = target.client();

    let below = log_in(&target, "/apps/t/api/v2/auth/login").await?;
    assert!(attributes(&below)?.contains(&"path=/apps/t"), "{:?}", attributes(&below)?);
    let direct = log_in(&target, "/api/v2/auth/login").await?;
    assert!(attributes(&direct)?.contains(&"path=/"), "{:?}", attributes(&direct)?);

    for (path, expected) in [
        ("/apps/t/api/v2/app/version", 200),
        ("/api/v2/app/version", 200),
        ("/apps/t/", 200),
        ("/", 200),
        ("/apps/t", 307),
        ("/apps/tt/api/v2/app/version", 404),
        ("/apps/t/apps/t/api/v2/app/version", 404),
        ("/apps/t/api/v2/app/nothing", 404),
    ] {
        assert_eq!(status(client, path, &[]).await?, expected, "{path}");
    }
    let reply = client.get("/apps/t", &[("a", "b c")]).await?;
    let location = reply.header("location").unwrap_or_default();
    assert!(location.starts_with("/apps/t/?a=b"), "{location}");

    // A page below the path is of the same origin, a page elsewhere is not.
    let path = "/apps/t/api/v2/app/version";
    let origin = client.base();
    let page = format!("{origin}/apps/t/");
    assert_eq!(status(client, path, &[("origin", origin)]).await?, 200);
    assert_eq!(status(client, path, &[("referer", &page)]).await?, 200);
    assert_eq!(status(client, path, &[("referer", "http://evil.test/apps/t/")]).await?, 401);
    let anonymous = target.anonymous()?;
    assert_eq!(status(&anonymous, path, &[]).await?, 403);

    // Logging out removes the very cookie.
    let reply = client.post("/apps/t/api/v2/auth/logout", &[]).await?;
    assert!(attributes(&reply)?.contains(&"path=/apps/t"));
    Ok(())
}

async fn a_proxy_that_strips_the_prefix_is_known_by_its_address(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let target = Target::setup(level)
        .strict()
        .set("webui.base_path", BASE)
        .set("webui.reverse_proxy_enabled", "true")
        .set("webui.reverse_proxies", "[\"127.0.0.1\"]")
        .spawn()
        .await?;

    let reply = log_in(&target, "/api/v2/auth/login").await?;

    assert!(attributes(&reply)?.contains(&"path=/apps/t"));
    let path = "/api/v2/app/version";
    let forwarded = [("x-forwarded-host", "box.test"), ("origin", "https://box.test")];
    assert_eq!(status(target.client(), path, &forwarded).await?, 200);
    let foreign = [("x-forwarded-host", "box.test"), ("origin", "https://evil.test")];
    assert_eq!(status(target.client(), path, &foreign).await?, 401);
    Ok(())
}

at_each_level!(
    without_the_setting_a_prefix_is_unknown,
    requests_with_and_without_the_prefix_are_answered,
    a_proxy_that_strips_the_prefix_is_known_by_its_address,
);
