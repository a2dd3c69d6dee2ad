//! Login, logout, cookies and bans.

use anyhow::{Context, Result};
use compat_tests::{Level, at_each_level};

use crate::support::{get, post, server};

async fn a_login_sets_the_cookie(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.anonymous()?;
    let (username, password) = target.credentials();
    let form = [("username", username.as_str()), ("password", password.as_str())];

    let reply = client.post("auth/login", &form).await?;
    let expected = if level == Level::L53 { "204" } else { "200 Ok." };
    assert_eq!(reply.brief(), expected);
    if level == Level::L53 {
        assert_eq!(reply.header("content-type"), None);
    }
    let cookie = reply.header("set-cookie").context("a cookie")?;
    let (pair, attributes) = cookie.split_once("; ").context("attributes")?;
    let (name, value) = pair.split_once('=').context("a pair")?;
    let port = target.http()?.port();
    let expected_name =
        if level == Level::L53 { format!("QBT_SID_{port}") } else { "SID".to_owned() };
    assert_eq!(name, expected_name);
    assert!(value.len() >= 32, "{value}");
    match level {
        Level::L45 => assert_eq!(attributes, "HttpOnly; path=/; SameSite=Strict"),
        Level::L51 => assert_eq!(attributes, "HttpOnly; SameSite=Strict; path=/"),
        Level::L53 => {
            assert!(attributes.starts_with("HttpOnly; SameSite=Lax; expires="), "{attributes}");
            assert!(attributes.ends_with("; path=/"), "{attributes}");
        }
    }

    // Who is in stays in, whatever the credentials say.
    client.set_cookie(Some(pair.to_owned()));
    let again = client.post("auth/login", &[("username", "x"), ("password", "y")]).await?;
    assert_eq!(again.brief(), expected);
    assert_eq!(again.header("set-cookie"), None);
    assert_eq!(client.get("app/version", &[]).await?.status, 200);

    // The cookie is found among others, with blanks and quotes around it.
    for header in [
        format!("other=1; {pair}; more=2"),
        format!("{name}=\"{value}\""),
        format!("  {name} = {value} "),
        format!("; ;{pair};"),
    ] {
        client.set_cookie(Some(header.clone()));
        assert_eq!(client.get("app/version", &[]).await?.status, 200, "{header}");
    }

    client.set_cookie(Some(pair.to_owned()));
    let out = client.post("auth/logout", &[]).await?;
    assert_eq!(out.brief(), "200");
    let expired = out.header("set-cookie").context("a cookie that expires")?;
    assert!(expired.starts_with(&format!("{name}=; expires=")), "{expired}");
    assert_eq!(get(&client, "app/version", &[]).await?, "403 Forbidden");
    assert_eq!(post(&client, "auth/logout", &[]).await?, "403 Forbidden");
    // Other sessions live on.
    assert_eq!(target.client().get("app/version", &[]).await?.status, 200);
    Ok(())
}

async fn wrong_credentials_are_refused_and_then_banned(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.anonymous()?;
    let (username, password) = target.credentials();
    let refusal = if level == Level::L53 { "401 Unauthorized" } else { "200 Fails." };
    for form in [
        vec![("username", username.as_str()), ("password", "wrong")],
        vec![("username", "Admin"), ("password", password.as_str())],
        vec![],
        vec![("username", username.as_str())],
    ] {
        let reply = client.post("auth/login", &form).await?;
        assert_eq!(reply.brief(), refusal, "{form:?}");
        assert_eq!(reply.header("set-cookie"), None);
    }
    // A success forgives what was before.
    let good = [("username", username.as_str()), ("password", password.as_str())];
    assert!(matches!(client.post("auth/login", &good).await?.status, 200 | 204));
    client.set_cookie(None);
    for attempt in 0..5 {
        let form = [("username", username.as_str()), ("password", "wrong")];
        assert_eq!(post(&client, "auth/login", &form).await?, refusal, "attempt {attempt}");
    }
    let banned =
        "403 Your IP address has been banned after too many failed authentication attempts.";
    assert_eq!(post(&client, "auth/login", &good).await?, banned);
    // A session that exists is not touched by the ban.
    assert_eq!(target.client().get("app/version", &[]).await?.status, 200);
    Ok(())
}

async fn preferences_change_name_and_password(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    let change =
        serde_json::json!({"web_ui_username": "owner", "web_ui_password": "a new password"});
    target.client().set_preferences(&change).await?;

    let client = target.anonymous()?;
    client.login("owner", "a new password").await?;
    let (username, password) = target.credentials();
    assert!(target.anonymous()?.login(&username, &password).await.is_err());

    // The change survives a restart.
    target.stop().await?;
    assert!(target.start().await.is_err(), "the old password still works");
    target.anonymous()?.login("owner", "a new password").await?;
    Ok(())
}

async fn a_local_client_may_be_let_in(level: Level) -> Result<()> {
    let target = server(level).await?;
    target.client().set_preferences(&serde_json::json!({"bypass_local_auth": true})).await?;

    let stranger = target.anonymous()?;
    let reply = stranger.get("app/version", &[]).await?;
    assert_eq!(reply.brief(), format!("200 {}", level.app_version()));
    assert!(reply.header("set-cookie").is_some(), "a session starts with the first request");

    let subnet = serde_json::json!({
        "bypass_local_auth": false,
        "bypass_auth_subnet_whitelist_enabled": true,
        "bypass_auth_subnet_whitelist": "10.0.0.0/8\n127.0.0.0/8",
    });
    target.client().set_preferences(&subnet).await?;
    assert_eq!(target.anonymous()?.get("app/version", &[]).await?.status, 200);
    let elsewhere = serde_json::json!({"bypass_auth_subnet_whitelist": "10.0.0.0/8"});
    target.client().set_preferences(&elsewhere).await?;
    assert_eq!(target.anonymous()?.get("app/version", &[]).await?.status, 403);
    Ok(())
}

async fn basic_authentication(level: Level) -> Result<()> {
    use base64::Engine as _;
    let target = server(level).await?;
    let stranger = target.anonymous()?;
    let (username, password) = target.credentials();
    let ask = async |credentials: String| {
        let header = base64::engine::general_purpose::STANDARD.encode(credentials);
        let request = stranger.request(reqwest::Method::GET, "app/version");
        stranger.send(request.header("authorization", format!("Basic {header}"))).await
    };

    let good = ask(format!("{username}:{password}")).await?;
    let bad = ask(format!("{username}:wrong")).await?;
    if level == Level::L53 {
        assert_eq!(good.status, 200);
        assert!(good.header("set-cookie").is_some());
        assert_eq!(bad.brief(), "401 Unauthorized");
        assert_eq!(bad.header("www-authenticate"), None);
    } else {
        assert_eq!(good.brief(), "403 Forbidden");
        assert_eq!(bad.brief(), "403 Forbidden");
    }
    Ok(())
}

at_each_level!(
    a_login_sets_the_cookie,
    wrong_credentials_are_refused_and_then_banned,
    preferences_change_name_and_password,
    a_local_client_may_be_let_in,
    basic_authentication,
);
