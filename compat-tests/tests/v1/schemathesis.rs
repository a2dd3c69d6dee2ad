//! The served description against the server, by a program of others that makes up requests from it.
//!
//! Whatever is asked, the server does not fail, and answers only what the description says: statuses, media types, and
//! bodies by their schemas. The seed is fixed, so that every run asks the same.

use anyhow::{Context, Result};
use compat_tests::installed::{python, run};
use reqwest::Method;
use serde_json::json;
use tokio::process::Command;

use crate::support::{Api, success, two_files};

/// Requests that are made up for each operation, beside its examples and the bounds of its parameters.
const EXAMPLES: &str = "10";

/// What each answer is looked at for.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance,unsupported_method";

/// A stream that never ends, and what would sign out or ban the one who asks.
const LEFT_OUT: [&str; 5] =
    ["/v1/events", "/v1/session", "/v1/session/password", "/v1/sessions", "/v1/setup"];

/// The torrent of the description's examples.
const EXAMPLE: &str =
    "magnet:?xt=urn:btih:dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c&dn=Big+Buck+Bunny";

async fn start() -> Result<Api> {
    let api = Api::start().await?;
    api.add(&two_files("one"), json!({"run": "stopped", "tags": ["linux"]})).await?;
    api.post("/v1/torrents", json!({"sources": [EXAMPLE], "run": "stopped"})).await?;
    api.post("/v1/categories", json!({"name": "films"})).await?;
    Ok(api)
}

/// Asks all operations whose paths match an expression, as somebody whom a header names.
async fn check(api: &Api, header: &str, paths: &str) -> Result<()> {
    let base = format!("http://{}", api.target.http()?);
    let mut command = Command::new(python("schemathesis", "schemathesis")?);
    // What it writes down of a run stays in the folder of the test.
    command.current_dir(api.target.folder());
    command.args(["run", &format!("{base}/v1/openapi.json"), "--url", &base, "--header", header]);
    command.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    command.args(["--max-examples", EXAMPLES, "--seed", "7", "--no-shrink"]);
    command.args(["--continue-on-failure", "--request-timeout", "20", "--warnings", "off"]);
    command.args(["--suppress-health-check", "all", "--include-path-regex", paths]);
    for path in LEFT_OUT {
        command.args(["--exclude-path", path]);
    }
    run(&mut command).await?;
    Ok(())
}

/// A key could be revoked by what is made up; a session is ended by its own resource alone.
#[tokio::test]
async fn resources_answer_what_the_description_says() -> Result<()> {
    let api = start().await?;
    let (username, password) = api.target.credentials();
    let login = json!({ "username": username, "password": password });
    let reply = api.send(Method::POST, "/v1/session", Some(login)).await?;
    let cookie = reply.header("set-cookie").context("a cookie")?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();

    check(&api, &format!("Cookie: {cookie}"), "^/(v1$|v1/(?!torrents)|metrics)").await?;

    let request = api.target.anonymous()?.request(Method::GET, "/v1/api-keys");
    let reply = api.target.anonymous()?.send(request.header("cookie", &cookie)).await?;
    success(&reply).context("whoever asked was let in until the end")?;
    Ok(())
}

#[tokio::test]
async fn torrents_answer_what_the_description_says() -> Result<()> {
    let api = start().await?;
    let scopes = ["read", "add", "control", "delete"];
    let key = api.post("/v1/api-keys", json!({"name": "made up", "scopes": scopes})).await?;
    let secret = key["secret"].as_str().context("a secret")?;

    check(&api, &format!("Authorization: Bearer {secret}"), "^/v1/torrents").await?;

    let reply = api.caller_of(secret)?.get("/v1/torrents").await?;
    success(&reply).context("whoever asked was let in until the end")?;
    Ok(())
}
