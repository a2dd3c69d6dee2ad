//! Settings of the web server and of the engine as a whole that Revaer enforces itself.

use std::time::Duration;

use anyhow::{Context, Result};
use compat_tests::{
    Authoring, Client, Level, Payload, Seeder, Target, Tracker, at_any_level, at_levels, until,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{add, is_reference, payload, set};

async fn status(client: &Client) -> Result<u16> {
    Ok(client.get("app/version", &[]).await?.status)
}

/// Waits until a time has passed since `start`.
async fn passed(start: Instant, time: Duration) -> Result<()> {
    until("the time", async || Ok((start.elapsed() >= time).then_some(()))).await
}

async fn a_user_may_have_another_name(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let (_, password) = target.credentials();
    target.client().set_preferences(&json!({"web_ui_username": "somebody"})).await?;

    let other = target.anonymous()?;
    assert!(other.login("admin", &password).await.is_err());
    other.login("somebody", &password).await?;

    assert_eq!(status(&other).await?, 200);
    Ok(())
}

/// A session ends when nobody uses it for the time that was set.
async fn an_unused_session_ends(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    target.client().set_preferences(&json!({"web_ui_session_timeout": 2})).await?;
    let (used, unused) = (target.login().await?, target.login().await?);
    let start = Instant::now();

    until("three seconds of use", async || {
        assert_eq!(status(&used).await?, 200);
        Ok((start.elapsed() > Duration::from_secs(4)).then_some(()))
    })
    .await?;

    assert_eq!((status(&used).await?, status(&unused).await?), (200, 403));
    Ok(())
}

/// One session too many ends the one that was used least recently.
async fn sessions_are_limited(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    target.client().set_preferences(&json!({"web_ui_sessions_count_limit": 2})).await?;
    let first = target.login().await?;
    let (second, third) = (target.login().await?, target.login().await?);

    assert_eq!(
        (status(&first).await?, status(&second).await?, status(&third).await?),
        (403, 200, 200)
    );
    Ok(())
}

/// Failed logins ban an address for the time that was set, and no longer.
async fn a_ban_ends(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let preferences = json!({"web_ui_max_auth_fail_count": 2, "web_ui_ban_duration": 3});
    target.client().set_preferences(&preferences).await?;
    let (name, password) = target.credentials();
    let stranger = target.anonymous()?;
    for _ in 0..2 {
        assert!(stranger.login(&name, "wrong").await.is_err());
    }

    let start = Instant::now();
    assert!(stranger.login(&name, &password).await.is_err(), "banned");
    passed(start, Duration::from_secs(4)).await?;

    stranger.login(&name, &password).await
}

async fn the_cookie_may_have_another_name(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let target = Target::spawn(level).await?;
    set(&target, &json!({"webui.cookie_name": "Sitzung"})).await?;

    let client = target.login().await?;

    assert!(client.cookie().is_some_and(|cookie| cookie.starts_with("Sitzung=")));
    assert_eq!(status(&client).await?, 200);
    Ok(())
}

async fn answers_carry_headers_of_the_operator(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    for on in [true, false] {
        let preferences = json!({
            "web_ui_use_custom_http_headers_enabled": on,
            "web_ui_custom_http_headers": "X-Operator: somebody\nX-Second: 2",
        });
        target.client().set_preferences(&preferences).await?;

        let reply = target.client().get("app/version", &[]).await?;

        assert_eq!(reply.header("x-operator"), on.then_some("somebody"));
        assert_eq!(reply.header("x-second"), on.then_some("2"));
    }
    Ok(())
}

/// Names of this host that nobody listed are refused, as long as that is checked.
async fn only_listed_names_are_answered(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let asked = async |host: &str| -> Result<u16> {
        let request = target.client().request(Method::GET, "app/version").header("host", host);
        Ok(target.client().send(request).await?.status)
    };
    let preferences = json!({"web_ui_domain_list": "good.example;*.fine.example",
        "web_ui_host_header_validation_enabled": true});
    target.client().set_preferences(&preferences).await?;

    for (host, expected) in
        [("good.example", 200), ("a.fine.example", 200), ("bad.example", 401), ("127.0.0.1", 200)]
    {
        assert_eq!(asked(host).await?, expected, "{host}");
    }
    let unchecked = json!({"web_ui_host_header_validation_enabled": false});
    target.client().set_preferences(&unchecked).await?;
    assert_eq!(asked("bad.example").await?, 200);
    Ok(())
}

/// A session that starts paused starts no torrent.
async fn a_session_can_start_paused(level: Level) -> Result<()> {
    let mut target = Target::spawn(level).await?;
    target.client().set_preferences(&json!({"start_paused": true})).await?;
    target.restart().await?;
    let tracker = Tracker::start().await?;
    let torrent = Authoring::of(&payload()).tracker(&tracker.url()).build();
    add(&target, &torrent).await?;
    let data = target.client().json("sync/maindata", &[("rid", "0")]).await?;
    assert_eq!(data["server_state"]["session_state"], true);
    assert!(tracker.announces().is_empty());

    target.client().ok("transfer/resumeSession", &[]).await?;
    tracker.announce_when("an announce of what runs", |_| true).await?;
    Ok(())
}

/// A tracker that does not answer holds up a stop for as long as was set, and no longer.
async fn a_stop_may_take_a_limited_time(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let mut target = Target::spawn(level).await?;
    let tracker = Tracker::start().await?;
    set(
        &target,
        &json!({"engine.shutdown_timeout_seconds": 1, "trackers.stop_timeout_seconds": 60}),
    )
    .await?;
    add(&target, &Authoring::of(&payload()).tracker(&tracker.url()).build()).await?;
    tracker.announce_when("the announce", |_| true).await?;
    tracker.set_mood(compat_tests::tracker::Mood::Stalled);

    let start = Instant::now();
    let exit = target.stop().await?;

    assert!(exit.success(), "{exit}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    Ok(())
}

/// Numbers are as young as was asked for: a download is seen in many steps, or in few.
async fn numbers_are_updated_as_often_as_asked(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let (tracker, mut seeder) = (Tracker::start().await?, Seeder::start().await?);
    let content = Payload::single("steps.bin", 8_000_000);
    let torrent = Authoring::of(&content).tracker(&tracker.url()).build();
    seeder.seed(&torrent, &content, 400_000).await?;
    tracker.add_peer(&torrent.id(), seeder.address());
    add(&target, &torrent).await?;
    let downloaded = async || -> Result<Value> {
        let row = target.client().torrent(&torrent.id()).await?.context("the torrent")?;
        Ok(row["completed"].clone())
    };
    until("data that flows", async || Ok((downloaded().await? != json!(0)).then_some(()))).await?;
    let mut steps = Vec::new();
    for interval in [100, 3000] {
        target.client().set_preferences(&json!({"refresh_interval": interval})).await?;
        let (start, mut seen) = (Instant::now(), Vec::new());
        until("four seconds", async || {
            let now = downloaded().await?;
            if seen.last() != Some(&now) {
                seen.push(now);
            }
            Ok((start.elapsed() > Duration::from_secs(4)).then_some(()))
        })
        .await?;
        steps.push(seen.len());
    }
    assert!(steps[0] > 2 * steps[1], "{steps:?}");
    Ok(())
}

/// The engine complains of one request at a time, and is heard if that is wished.
async fn warnings_about_performance_are_logged_if_asked(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    for on in [true, false] {
        let target = Target::spawn(level).await?;
        let (tracker, mut seeder) = (Tracker::start().await?, Seeder::start().await?);
        set(
            &target,
            &json!({"engine.performance_warnings": on, "bittorrent.request_queue_size": 2}),
        )
        .await?;
        let content = Payload::single("slow.bin", 3_000_000);
        let torrent = Authoring::of(&content).tracker(&tracker.url()).build();
        seeder.seed(&torrent, &content, 0).await?;
        tracker.add_peer(&torrent.id(), seeder.address());
        add(&target, &torrent).await?;
        let done = |torrent: &Value| torrent["progress"] == 1;
        target.client().torrent_when(&torrent.id(), "complete", done).await?;

        let warned = async || -> Result<bool> {
            let log = target.client().json("log/main", &[]).await?.to_string();
            Ok(log.contains("performance"))
        };
        if on {
            until("the warning", async || Ok(warned().await?.then_some(()))).await?;
        } else {
            assert!(!warned().await?);
        }
    }
    Ok(())
}

/// Certificate and key of 127.0.0.1.
const CERTIFICATE: (&str, &str) =
    (include_str!("../contract/https/first.crt"), include_str!("../contract/https/first.key"));

/// Over HTTPS the cookie of a session is for HTTPS alone, unless that is switched off.
async fn cookies_are_secure_over_https_if_wished(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let folder = target.folder_named("tls")?;
    for (name, text) in [("web.crt", CERTIFICATE.0), ("web.key", CERTIFICATE.1)] {
        fs_err::write(folder.join(name), text)?;
    }
    let over_tls = reqwest::Client::builder()
        .no_proxy()
        .cookie_store(true)
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let at = |action: &str| {
        Ok::<_, anyhow::Error>(format!("https://{}/api/v2/{action}", target.http()?))
    };
    let (username, password) = target.credentials();
    let form = [("username", username), ("password", password)];
    let settings = json!({
        "use_https": true,
        "web_ui_https_cert_path": folder.join("web.crt"),
        "web_ui_https_key_path": folder.join("web.key"),
    });
    target.client().set_preferences(&settings).await?;

    for secure in [true, false, true] {
        let reply = until("a login over HTTPS", async || {
            Ok(over_tls.post(at("auth/login")?).form(&form).send().await.ok())
        })
        .await?;
        if let Some(cookie) = reply.headers().get("set-cookie") {
            let cookie = cookie.to_str()?.to_lowercase();
            // The first round shows the default.
            assert_eq!(cookie.contains("; secure"), secure, "{cookie}");
        } else {
            panic!("no session: {}", reply.status());
        }
        let next = json!({"web_ui_secure_cookie_enabled": !secure}).to_string();
        let request = over_tls.post(at("app/setPreferences")?).form(&[("json", next)]);
        assert!(request.send().await?.status().is_success());
        over_tls.post(at("auth/logout")?).send().await?;
    }
    Ok(())
}

at_any_level!(
    cookies_are_secure_over_https_if_wished,
    a_user_may_have_another_name,
    an_unused_session_ends,
    a_ban_ends,
    the_cookie_may_have_another_name,
    answers_carry_headers_of_the_operator,
    only_listed_names_are_answered,
    a_stop_may_take_a_limited_time,
    numbers_are_updated_as_often_as_asked,
    warnings_about_performance_are_logged_if_asked,
);
at_levels!(a_session_can_start_paused: l53 L53);
at_levels!(sessions_are_limited: l53 L53);
