//! Who asks, by which name and through which proxy; what the operator adds to answers, and how many may be logged in.

use anyhow::Result;
use compat_tests::{Client, Level, Target, Transcript, at_each_level};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::server;

/// Asks for the version with headers of one's own, and shows what came back.
async fn ask(
    transcript: &mut Transcript,
    client: &Client,
    title: &str,
    headers: &[(&str, &str)],
) -> Result<()> {
    let request = client.request(Method::GET, "app/version");
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let reply = client.send(request).await?;
    let headers: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    transcript.show(&format!("{title}, {}", headers.join(", ")), &json!(reply.brief()));
    Ok(())
}

/// Trusts proxies; an empty list is written too.
async fn trust(target: &Target, proxies: &str) -> Result<()> {
    let preferences = json!({
        "web_ui_reverse_proxy_enabled": true, "web_ui_reverse_proxies_list": proxies,
    });
    target.client().set_preferences(&preferences).await
}

/// The address of a client is what a trusted proxy says it is, and nobody else's word counts.
async fn forwarded_addresses(level: Level) -> Result<()> {
    let target = server(level).await?;
    let mut transcript = Transcript::of(&target, "guard-addresses");
    let exempt = json!({
        "bypass_auth_subnet_whitelist_enabled": true,
        "bypass_auth_subnet_whitelist": "1.2.3.0/24\n192.168.7.0/24",
    });
    target.client().set_preferences(&exempt).await?;
    let stranger = target.anonymous()?;
    for proxies in ["127.0.0.1", "10.0.0.1;127.0.0.0/8", "10.0.0.1", "nonsense", ""] {
        trust(&target, proxies).await?;
        for (forwarded, is_exempt) in [
            ("1.2.3.4", true),
            ("9.9.9.9", false),
            ("192.168.7.1", true),
            ("9.9.9.9, 1.2.3.4", true),
            ("1.2.3.4, 9.9.9.9", false),
            ("192.168.7.1, 9.9.9.9", false),
            ("192.168.7.1, 192.168.1.1", false),
            ("1.2.3.4, 127.0.0.1", true),
            ("9.9.9.9, 127.0.0.1", false),
            ("1.2.3.4, nonsense", false),
            ("nonsense, 1.2.3.4", true),
            ("1.2.3.4,", true),
            ("nonsense", false),
        ] {
            let headers = [("x-forwarded-for", forwarded)];
            ask(&mut transcript, &stranger, &format!("behind `{proxies}`"), &headers).await?;
            if level < Level::L53 {
                let is_let_in = is_exempt && proxies.contains("127.0.0");
                transcript.deliberate(
                    "Behind trusted proxies the client is the last",
                    |shown| {
                        shown.body.as_str().is_some_and(|body| body.starts_with("200")) == is_let_in
                    },
                )?;
            }
        }
    }
    target.client().set_preferences(&json!({"web_ui_reverse_proxy_enabled": false})).await?;
    ask(&mut transcript, &stranger, "behind none", &[("x-forwarded-for", "1.2.3.4")]).await?;
    transcript.finish()
}

/// A ban meets the address that a proxy names, not the proxy.
async fn bans_behind_a_proxy(level: Level) -> Result<()> {
    let target = server(level).await?;
    let mut transcript = Transcript::of(&target, "guard-bans");
    trust(&target, "127.0.0.1").await?;
    target.client().set_preferences(&json!({"web_ui_max_auth_fail_count": 2})).await?;
    let (username, password) = target.credentials();
    let stranger = target.anonymous()?;
    let mut log_in = async |address: &str, password: &str, title: &str| -> Result<()> {
        let request =
            stranger.request(Method::POST, "auth/login").header("x-forwarded-for", address);
        let reply =
            stranger.send(request.form(&[("username", &*username), ("password", password)]));
        transcript.show(&format!("{title} from {address}"), &json!(reply.await?.brief()));
        Ok(())
    };
    for _ in 0..2 {
        log_in("9.9.9.9", "wrong", "a wrong login").await?;
    }
    log_in("9.9.9.9", &password, "a right login").await?;
    log_in("9.9.9.8", &password, "a right login").await?;
    transcript.finish()
}

/// The name by which a page knows the server, if a proxy has another one.
async fn forwarded_hosts(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "guard-hosts");
    for (title, proxies) in [
        ("behind none", None),
        ("behind another", Some("10.0.0.1")),
        ("behind it", Some("127.0.0.1")),
    ] {
        if let Some(proxies) = proxies {
            trust(&target, proxies).await?;
        }
        for (forwarded, origin) in [
            ("box.test", "https://box.test"),
            ("box.test", "https://evil.test"),
            ("box.test:8443", "https://box.test:8443"),
            ("box.test:8443", "https://box.test"),
            ("evil.test", "https://box.test"),
        ] {
            for page in ["origin", "referer"] {
                let headers = [("x-forwarded-host", forwarded), (page, origin)];
                ask(&mut transcript, client, title, &headers).await?;
            }
        }
    }
    transcript.finish()
}

/// A cookie is only for HTTPS if that is wished and a trusted proxy speaks it.
async fn forwarded_protocols(level: Level) -> Result<()> {
    let target = server(level).await?;
    let mut transcript = Transcript::of(&target, "guard-protocols");
    let (username, password) = target.credentials();
    let form = [("username", &*username), ("password", &*password)];
    for proxies in ["10.0.0.1", "127.0.0.1"] {
        trust(&target, proxies).await?;
        for secure in [true, false] {
            let preferences = json!({"web_ui_secure_cookie_enabled": secure});
            target.client().set_preferences(&preferences).await?;
            for protocol in ["https", "http"] {
                let stranger = target.anonymous()?;
                let request = stranger.request(Method::POST, "auth/login");
                let request = request.header("X-Forwarded-Proto", protocol).form(&form);
                let reply = stranger.send(request).await?;
                let cookie = reply.header("set-cookie").unwrap_or_default();
                let attributes: Vec<&str> = cookie
                    .split("; ")
                    .skip(1)
                    .filter(|part| !part.starts_with("expires="))
                    .collect();
                let title = format!("a cookie behind {proxies}, secure: {secure}, {protocol}");
                transcript.show(&title, &json!(attributes));
            }
        }
    }
    transcript.finish()
}

/// Names of the server that nobody listed are refused, as long as that is checked.
async fn names_of_the_host(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "guard-names");
    let unlisted = format!("200 {}", level.app_version());
    for list in ["*", "good.example;*.fine.example", "b?x.test; spaced.test", "Upper.Example", ""] {
        client.set_preferences(&json!({"web_ui_domain_list": list})).await?;
        for host in [
            "good.example",
            "a.fine.example",
            "fine.example",
            "bad.example",
            "good.example.evil.test",
            "evilgood.example",
            "box.test",
            "spaced.test",
            "upper.example",
            "127.0.0.1",
            "127.0.0.2",
            "localhost",
        ] {
            ask(&mut transcript, client, &format!("listed `{list}`"), &[("host", host)]).await?;
            if level < Level::L53 && host.contains("good.example") && host != "good.example" {
                transcript.deliberate("`web_ui_domain_list` is the whole name", |shown| {
                    shown.body == if list == "*" { unlisted.as_str() } else { "401 Unauthorized" }
                })?;
            }
        }
    }
    client.set_preferences(&json!({"web_ui_host_header_validation_enabled": false})).await?;
    ask(&mut transcript, client, "unchecked", &[("host", "bad.example")]).await?;
    transcript.finish()
}

/// What the operator adds to each answer, and what is no header.
async fn headers_of_the_operator(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "guard-headers");
    let lines = "X-Operator: somebody\nx-frame-options: DENY\nno header\n  X-Spaced :  a: b  \n\nX-Operator: twice";
    for on in [true, false] {
        let preferences = json!({
            "web_ui_use_custom_http_headers_enabled": on,
            "web_ui_custom_http_headers": lines,
        });
        client.set_preferences(&preferences).await?;
        transcript.get(client, "app/version", &[]).await?;
        transcript.get(client, "app/nothing", &[]).await?;
        transcript.get(client, "app/setPreferences", &[]).await?;
        transcript.get(&target.anonymous()?, "app/version", &[]).await?;
    }
    let preferences = json!({
        "web_ui_use_custom_http_headers_enabled": true,
        "web_ui_custom_http_headers": "X-Frame-Options: DENY",
    });
    client.set_preferences(&preferences).await?;
    transcript.get(client, "app/version", &[]).await?;
    transcript.deliberate("A header of the operator takes the place", |asked| {
        asked.headers.get("x-frame-options").is_some_and(|found| found == "DENY")
    })?;
    let preferences = json!({
        "web_ui_use_custom_http_headers_enabled": false,
        "web_ui_clickjacking_protection_enabled": false,
    });
    client.set_preferences(&preferences).await?;
    transcript.get(client, "app/version", &[]).await?;
    transcript.finish()
}

/// Since 5.2 so many may be logged in at once; one more ends the session that was used least recently.
async fn the_number_of_sessions(level: Level) -> Result<()> {
    let target = server(level).await?;
    target.client().set_preferences(&json!({"web_ui_sessions_count_limit": 2})).await?;
    let mut transcript = Transcript::of(&target, "guard-sessions");
    let first = target.login().await?;
    let (second, third) = (target.login().await?, target.login().await?);
    let mut statuses: Vec<Value> = Vec::new();
    for client in [&first, &second, &third] {
        statuses.push(client.get("app/version", &[]).await?.status.into());
    }
    transcript.show("three sessions", &json!(statuses));
    transcript.finish()
}

at_each_level!(
    forwarded_addresses,
    bans_behind_a_proxy,
    forwarded_hosts,
    forwarded_protocols,
    names_of_the_host,
    headers_of_the_operator,
    the_number_of_sessions,
);
