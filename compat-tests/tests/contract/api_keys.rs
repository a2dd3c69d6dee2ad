//! API keys: `app/rotateAPIKey`, `app/deleteAPIKey`, and `Authorization: Bearer`.

use anyhow::{Context, Result};
use compat_tests::{Client, Level, Product, Reply, Target, at_levels};
use reqwest::Method;
use serde_json::json;

use crate::support::{get, post, server};

/// Makes a key and returns it.
async fn rotate(client: &Client) -> Result<String> {
    let reply = client.post("app/rotateAPIKey", &[]).await?;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let key = reply.json()?["apiKey"].as_str().context("a key")?.to_owned();
    assert!(key.starts_with("qbt_") && key.len() == 32, "{key}");
    assert!(key.bytes().skip(4).all(|byte| byte.is_ascii_alphanumeric()), "{key}");
    Ok(key)
}

/// Asks with an `Authorization` header and no cookie.
async fn ask(target: &Target, method: Method, action: &str, header: &str) -> Result<Reply> {
    let stranger = target.anonymous()?;
    stranger.send(stranger.request(method, action).header("authorization", header)).await
}

/// The status of `app/version` for an `Authorization` header.
async fn version(target: &Target, header: &str) -> Result<u16> {
    Ok(ask(target, Method::GET, "app/version", header).await?.status)
}

async fn a_key_lets_in_until_it_is_replaced(level: Level) -> Result<()> {
    let target = server(level).await?;
    let shown = async || -> Result<String> {
        let preferences = target.client().json("app/preferences", &[]).await?;
        Ok(preferences["web_ui_api_key"].as_str().context("a text")?.to_owned())
    };
    assert_eq!(shown().await?, "");
    assert_eq!(post(target.client(), "app/deleteAPIKey", &[]).await?, "204");

    let key = rotate(target.client()).await?;
    assert_eq!(shown().await?, key);
    // Preferences show it, but do not set it.
    let other = format!("qbt_{}", "a".repeat(28));
    target.client().set_preferences(&json!({"web_ui_api_key": other})).await?;
    assert_eq!(shown().await?, key);
    assert_eq!(version(&target, &format!("Bearer {key}")).await?, 200);

    let next = rotate(target.client()).await?;
    assert_ne!(next, key);
    assert_eq!(version(&target, &format!("Bearer {key}")).await?, 403);
    assert_eq!(version(&target, &format!("Bearer {next}")).await?, 200);
    // A key may replace itself.
    let by_key = ask(&target, Method::POST, "app/rotateAPIKey", &format!("Bearer {next}")).await?;
    let last = by_key.json()?["apiKey"].as_str().context("a key")?.to_owned();
    assert_eq!(version(&target, &format!("Bearer {next}")).await?, 403);
    assert_eq!(shown().await?, last);

    assert_eq!(post(target.client(), "app/deleteAPIKey", &[]).await?, "204");
    assert_eq!(version(&target, &format!("Bearer {last}")).await?, 403);
    assert_eq!(shown().await?, "");
    Ok(())
}

async fn only_the_bearer_scheme_brings_a_key(level: Level) -> Result<()> {
    let target = server(level).await?;
    let key = rotate(target.client()).await?;
    for (header, expected) in [
        (format!("Bearer {key}"), 200),
        (format!("bearer {key}"), 200),
        (format!("BEARER  {key}"), 200),
        (format!("Bearer\t{key}"), 200),
        (key.clone(), 403),
        (format!("Token {key}"), 403),
        (format!("Bearer{key}"), 403),
        (format!("Bearer {key}x"), 403),
        (format!("Bearer {}", &key[..31]), 403),
        (format!("Bearer {key} more"), 403),
        (format!("Bearer \"{key}\""), 403),
        ("Bearer".to_owned(), 403),
        ("Bearer nothing".to_owned(), 403),
    ] {
        assert_eq!(version(&target, &header).await?, expected, "{header}");
    }
    Ok(())
}

async fn a_key_stands_in_place_of_a_session(level: Level) -> Result<()> {
    let target = server(level).await?;
    let key = format!("Bearer {}", rotate(target.client()).await?);
    for (method, action, expected) in [
        (Method::GET, "app/version", format!("200 {}", level.app_version())),
        (Method::POST, "auth/login", "403 Forbidden".to_owned()),
        (Method::POST, "auth/logout", "403 Forbidden".to_owned()),
        (Method::GET, "auth/nothing", "403 Forbidden".to_owned()),
        (Method::GET, "app/nothing", "404 Endpoint does not exist".to_owned()),
        (Method::GET, "app/shutdown", "405 Method Not Allowed".to_owned()),
    ] {
        let reply = ask(&target, method, action, &key).await?;
        assert_eq!(reply.brief(), expected, "{action}");
        assert_eq!(reply.header("set-cookie"), None, "{action}");
    }
    // A wrong key is nobody, also where a cookie would do; no key at all is not looked at.
    let client = target.client();
    let with_cookie = async |header: &str| {
        let request = client.request(Method::GET, "app/version").header("authorization", header);
        Ok::<_, anyhow::Error>(client.send(request).await?.status)
    };
    assert_eq!(with_cookie("Bearer nothing").await?, 403);
    assert_eq!(with_cookie(&key).await?, 200);
    assert_eq!(with_cookie("Bearer").await?, 200);
    assert_eq!(
        ask(&target, Method::GET, "app/nothing", "Bearer nothing").await?.brief(),
        "403 Forbidden"
    );
    // Pages are for people.
    let http = target.http()?;
    let page = async |header: &str| {
        let request = format!(
            "GET / HTTP/1.1\r\nhost: {http}\r\nauthorization: {header}\r\nconnection: close\r\n\r\n"
        );
        Ok::<_, anyhow::Error>(client.raw(request.as_bytes()).await?.status())
    };
    assert_eq!(page(&key).await?, 404);
    assert_eq!(page("Bearer nothing").await?, 404);
    Ok(())
}

async fn foreign_pages_have_no_key(level: Level) -> Result<()> {
    let target = server(level).await?;
    let key = format!("Bearer {}", rotate(target.client()).await?);
    let stranger = target.anonymous()?;
    let from = async |header: &str, name: &str, value: &str| {
        let request = stranger.request(Method::GET, "app/version");
        let request = request.header("authorization", header).header(name, value);
        Ok::<_, anyhow::Error>(stranger.send(request).await?.status)
    };
    assert_eq!(from(&key, "origin", "http://foreign.example").await?, 200);
    assert_eq!(from("Bearer nothing", "origin", "http://foreign.example").await?, 403);
    assert_eq!(from("Bearer", "origin", "http://foreign.example").await?, 401);
    assert_eq!(from(&key, "host", "foreign.example:1").await?, 401);
    Ok(())
}

async fn wrong_keys_ban_nobody(level: Level) -> Result<()> {
    let target = server(level).await?;
    let key = format!("Bearer {}", rotate(target.client()).await?);
    for _ in 0..8 {
        assert_eq!(version(&target, "Bearer nothing").await?, 403);
    }
    assert_eq!(version(&target, &key).await?, 200);
    // A ban for wrong passwords does not concern keys.
    let stranger = target.anonymous()?;
    for _ in 0..6 {
        post(&stranger, "auth/login", &[("username", "x"), ("password", "y")]).await?;
    }
    let banned = post(&stranger, "auth/login", &[]).await?;
    assert!(banned.starts_with("403 Your IP address has been banned"), "{banned}");
    assert_eq!(version(&target, &key).await?, 200);
    Ok(())
}

async fn a_key_has_one_chain_of_answers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let key = format!("Bearer {}", rotate(target.client()).await?);
    let first = ask(&target, Method::GET, "sync/maindata", &key).await?.json()?;
    assert_eq!(first["full_update"], true);
    let action = format!("sync/maindata?rid={}", first["rid"]);
    let second = ask(&target, Method::GET, &action, &key).await?.json()?;
    assert!(second.get("full_update").is_none(), "{second}");
    Ok(())
}

async fn a_key_survives_a_restart(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    let key = rotate(target.client()).await?;

    target.restart().await?;

    assert_eq!(version(&target, &format!("Bearer {key}")).await?, 200);
    let preferences = target.client().json("app/preferences", &[]).await?;
    assert_eq!(preferences["web_ui_api_key"], key);
    if target.product() == Product::Revaer {
        let clear = files_below(&target.home())?
            .iter()
            .any(|bytes| bytes.windows(key.len()).any(|part| part == key.as_bytes()));
        assert!(!clear, "the key is on disk in clear");
    }
    Ok(())
}

fn files_below(folder: &std::path::Path) -> Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else if entry.file_type()?.is_file() {
            files.push(fs_err::read(entry.path())?);
        }
    }
    Ok(files)
}

async fn keys_are_unknown_before(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    assert_eq!(version(&target, "Bearer nothing").await?, 403);
    let request = client.request(Method::GET, "app/version").header("authorization", "Bearer x");
    assert_eq!(client.send(request).await?.status, 200);
    assert_eq!(post(client, "app/rotateAPIKey", &[]).await?, "404 Not Found");
    Ok(())
}

async fn a_changed_preference_sends_the_cookie_again(level: Level) -> Result<()> {
    let target = server(level).await?;
    let (client, other) = (target.client(), target.login().await?);
    let sent = async |client: &Client| {
        let reply = client.get("app/version", &[]).await?;
        Ok::<_, anyhow::Error>(reply.header("set-cookie").map(str::to_owned))
    };
    assert_eq!(sent(client).await?, None);
    let change = [("json", r#"{"max_connec":321}"#)];
    let changed = client.post("app/setPreferences", &change).await?;
    assert_eq!((changed.status, changed.header("set-cookie")), (200, None));

    for client in [client, &other] {
        let cookie = sent(client).await?.context("the cookie again")?;
        let pair = cookie.split(';').next().context("a pair")?;
        assert_eq!(client.cookie().as_deref(), Some(pair));
        assert_eq!(sent(client).await?, None, "once is enough");
    }
    // A request that changes nothing sends nothing.
    assert_eq!(post(client, "app/setPreferences", &[("json", "{}")]).await?, "200");
    assert_eq!(sent(client).await?, None);
    // A new key is a change, too.
    rotate(client).await?;
    assert!(sent(client).await?.is_some());
    assert_eq!(get(client, "app/version", &[]).await?, format!("200 {}", level.app_version()));
    Ok(())
}

at_levels!(a_key_lets_in_until_it_is_replaced: l53 L53);
at_levels!(only_the_bearer_scheme_brings_a_key: l53 L53);
at_levels!(a_key_stands_in_place_of_a_session: l53 L53);
at_levels!(foreign_pages_have_no_key: l53 L53);
at_levels!(wrong_keys_ban_nobody: l53 L53);
at_levels!(a_key_has_one_chain_of_answers: l53 L53);
at_levels!(a_key_survives_a_restart: l53 L53);
at_levels!(a_changed_preference_sends_the_cookie_again: l53 L53);
at_levels!(keys_are_unknown_before: l45 L45, l51 L51);
