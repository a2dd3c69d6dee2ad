//! `/v1/setup`: a fresh instance gets its operator and its first key, once.

use anyhow::{Context, Result};
use compat_tests::until;
use reqwest::Method;
use serde_json::json;

use crate::support::{Api, problem};

async fn token(api: &Api) -> Result<String> {
    let file = api.target.home().join("setup-token");
    until("the set-up token", async || Ok(fs_err::read_to_string(&file).ok())).await
}

#[tokio::test]
async fn the_token_sets_name_password_and_first_key_once() -> Result<()> {
    let api = Api::start().await?;
    let nobody = api.nobody()?;
    assert_eq!(nobody.get("/v1/setup").await?.json()?["is_due"], true);
    let token = token(&api).await?;
    let setup = |token: &str| json!({"token": token, "username": "me", "password": "longenough", "key_name": "k"});
    let wrong = nobody.send(Method::POST, "/v1/setup", Some(setup("wrong"))).await?;
    assert_eq!(problem(&wrong)?, "401 unauthenticated");
    let short = json!({"token": token, "password": "x"});
    let refused = nobody.send(Method::POST, "/v1/setup", Some(short)).await?;
    assert_eq!(problem(&refused)?, "422 invalid /password");

    let done = nobody.send(Method::POST, "/v1/setup", Some(setup(&token))).await?;

    assert_eq!(done.status, 201, "{}", done.text());
    let secret = done.json()?["api_key"]["secret"].as_str().context("a secret")?.to_owned();
    assert_eq!(api.caller_of(&secret)?.get("/v1/api-keys").await?.status, 200);
    let login = json!({"username": "me", "password": "longenough"});
    assert_eq!(nobody.send(Method::POST, "/v1/session", Some(login)).await?.status, 200);
    let again = nobody.send(Method::POST, "/v1/setup", Some(setup(&token))).await?;
    assert_eq!(problem(&again)?, "409 conflict");
    assert_eq!(nobody.get("/v1/setup").await?.json()?["is_due"], false);
    Ok(())
}

#[tokio::test]
async fn the_temporary_password_does_as_well_and_guessing_is_banned() -> Result<()> {
    let api = Api::start().await?;
    let nobody = api.nobody()?;
    let (_, password) = api.target.credentials();
    let setup = json!({"temporary_password": password, "password": "longenough"});
    assert_eq!(nobody.send(Method::POST, "/v1/setup", Some(setup)).await?.status, 201);

    let api = Api::start().await?;
    let nobody = api.nobody()?;
    let guess = || json!({"token": "guess", "password": "longenough"});
    for _ in 0..5 {
        nobody.send(Method::POST, "/v1/setup", Some(guess())).await?;
    }
    let banned = nobody.send(Method::POST, "/v1/setup", Some(guess())).await?;
    assert_eq!(problem(&banned)?, "403 refused");
    Ok(())
}
