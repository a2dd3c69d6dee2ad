//! Below the routes: request parsing, headers, compression, and the checks of origin and host.

use anyhow::Result;
use compat_tests::{Client, Form, Level, at_each_level, differs};
use reqwest::Method;

use crate::support::{server, two_files};

/// Writes a request with the session's cookie and further header lines.
fn request(client: &Client, line: &str, headers: &str, body: &str) -> Vec<u8> {
    let host = client.base().trim_start_matches("http://");
    let cookie = client.cookie().unwrap_or_default();
    format!("{line} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n{headers}\r\n{body}")
        .into_bytes()
}

async fn headers_of_an_answer(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let text = client.get("app/version", &[]).await?;
    assert_eq!(text.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(text.header("content-length"), Some("6"));
    let json = client.get("torrents/info", &[]).await?;
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert_eq!(json.brief(), "200 []");
    for reply in [&text, &json, &client.get("app/nothing", &[]).await?] {
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("x-frame-options"), Some("SAMEORIGIN"));
        assert_eq!(reply.header("x-xss-protection"), Some("1; mode=block"));
        assert_eq!(reply.header("referrer-policy"), Some("same-origin"));
        // Revaer leaves out what HTTP/1.1 implies.
        let connection =
            (!differs("Answers carry no `connection: keep-alive`")).then_some("keep-alive");
        assert_eq!(reply.header("connection"), connection);
        assert!(reply.header("date").is_some());
        assert!(reply.header("etag").is_none() && reply.header("cache-control").is_none());
        let opener = (level >= Level::L51).then_some("same-origin");
        assert_eq!(reply.header("cross-origin-opener-policy"), opener);
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'self';"), "{policy}");
    }
    let raw = client.raw(&request(client, "GET /api/v2/app/version", "", "")).await?;
    let expected = if level == Level::L53 { "HTTP/1.1 200 " } else { "HTTP/1.1 200 OK" };
    assert_eq!(raw.status_line, expected);
    let raw = client.raw(&request(client, "GET /api/v2/app/nothing", "", "")).await?;
    assert_eq!(raw.status_line, "HTTP/1.1 404 Not Found");
    Ok(())
}

async fn large_answers_are_compressed_on_request(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let ask = async |encoding: &str, action: &str| {
        let request = client.request(Method::GET, action).header("accept-encoding", encoding);
        client.send(request).await
    };
    for encoding in ["gzip", "deflate, gzip;q=0.5", "*", "br, gzip"] {
        let reply = ask(encoding, "app/preferences").await?;
        assert_eq!(reply.header("content-encoding"), Some("gzip"), "{encoding}");
        assert!(reply.body.starts_with(&[0x1f, 0x8b]));
    }
    for encoding in ["", "identity", "br", "gzip;q=0"] {
        let reply = ask(encoding, "app/preferences").await?;
        assert_eq!(reply.header("content-encoding"), None, "{encoding}");
    }
    // Small answers stay as they are.
    assert_eq!(ask("gzip", "app/version").await?.header("content-encoding"), None);
    Ok(())
}

async fn broken_requests(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    let client = target.client();
    let unknown = if level == Level::L45 { 400 } else { 501 };
    for (line, expected) in [
        ("DELETE /api/v2/app/version", unknown),
        ("PUT /api/v2/app/version", unknown),
        ("OPTIONS /api/v2/app/version", unknown),
        ("PATCH /api/v2/app/version", unknown),
        ("get /api/v2/app/version", 400),
    ] {
        let reply = client.raw(&request(client, line, "", "")).await?;
        assert_eq!(reply.status(), expected, "{line}: {}", reply.status_line);
        assert!(reply.body.is_empty(), "{line}");
        assert!(reply.is_closed, "{line}");
    }
    for (headers, expected) in [
        ("Content-Type: application/json\r\nContent-Length: 2\r\n", 400),
        ("Content-Type: text/plain\r\nContent-Length: 2\r\n", 400),
        ("Content-Type: multipart/form-data\r\nContent-Length: 2\r\n", 400),
        ("Content-Type: multipart/form-data; boundary=\r\nContent-Length: 2\r\n", 400),
        ("Content-Length: nonsense\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: 67108865\r\n", 400),
        (
            "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: 2\r\n",
            200,
        ),
    ] {
        let reply = client.raw(&request(client, "POST /api/v2/app/version", headers, "{}")).await?;
        assert_eq!(reply.status(), expected, "{headers}: {}", reply.status_line);
    }
    let not_http = client.raw(b"GET /\r\n\r\n").await?;
    assert_eq!(not_http.status(), 400, "{}", not_http.status_line);
    assert!(target.is_alive());
    Ok(())
}

async fn parameters_are_decoded_like_forms(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    // Plus is a blank, the last duplicate wins, a name without `=` is no parameter.
    for (body, expected) in [
        ("tags=a+b", "a b"),
        ("tags=x%C3%A9%2C", "xé"),
        ("tags=lost&tags=last", "last"),
        ("tags&tags=there", "there"),
        ("&&=no&tags=odd&", "odd"),
        ("tags=a%3Db=c", "a=b=c"),
    ] {
        let headers = format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        let line = "POST /api/v2/torrents/createTags";
        let reply = client.raw(&request(client, line, &headers, body)).await?;
        assert_eq!(reply.status(), 200, "{body}");
        let tags = client.json("torrents/tags", &[]).await?;
        assert_eq!(tags, serde_json::json!([expected]), "{body}");
        client.ok("torrents/deleteTags", &[("tags", expected)]).await?;
    }
    Ok(())
}

async fn multipart_parts_are_files_or_parameters(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    // The field name of a file plays no role, nor does the order of the parts.
    let torrents = ["one", "two"].map(two_files);
    let form = Form::new()
        .file("whatever[]", "one.torrent", &torrents[0].bytes)
        .text("tags", "by form")
        .file("fileselect", "two.torrent", &torrents[1].bytes)
        .text(level.stopped_param(), "true");
    client.add(&form).await?;
    for torrent in &torrents {
        client
            .torrent_when(&torrent.id(), "both are added", |torrent| torrent["tags"] == "by form")
            .await?;
    }
    // A part without any name spoils the request.
    let nameless = Form::new().part("Content-Disposition: form-data", b"x".to_vec());
    assert_eq!(client.upload("torrents/add", &nameless).await?.status, 400);
    // Other actions take multipart bodies as well.
    let reply = client.upload("torrents/createTags", &Form::new().text("tags", "multi")).await?;
    assert_eq!(reply.brief(), "200");
    Ok(())
}

async fn foreign_origins_are_refused(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let host = client.base().trim_start_matches("http://").to_owned();
    let same = client.base().to_owned();
    let cases = [
        (vec![("Origin", same.as_str())], true),
        (vec![("Referer", same.as_str())], true),
        (vec![("Origin", "https://example.org")], false),
        (vec![("Referer", "http://example.org/page")], false),
        (vec![("Origin", "null")], false),
        (vec![("Origin", "http://127.0.0.1:1")], false),
        (vec![("Origin", same.as_str()), ("Referer", "http://example.org/")], true),
        (vec![("Host", "127.0.0.1:1")], false),
        (vec![("Host", host.as_str())], true),
    ];
    for (headers, passes) in cases {
        for method in [Method::GET, Method::POST] {
            let mut request = client.request(method.clone(), "app/version");
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let reply = client.send(request).await?;
            let expected = if passes { 200 } else { 401 };
            assert_eq!(reply.status, expected, "{method} {headers:?}: {}", reply.brief());
            if !passes {
                assert_eq!(reply.text(), "Unauthorized");
            }
        }
    }
    for (value, at_53) in [("same-origin", 200), ("none", 200), ("cross-site", 401)] {
        let request = client.request(Method::GET, "app/version").header("Sec-Fetch-Site", value);
        let expected = if level == Level::L53 { at_53 } else { 200 };
        assert_eq!(client.send(request).await?.status, expected, "Sec-Fetch-Site: {value}");
    }
    // The check can be switched off.
    let off = serde_json::json!({
        "web_ui_csrf_protection_enabled": false, "web_ui_host_header_validation_enabled": false,
    });
    client.set_preferences(&off).await?;
    let request = client
        .request(Method::GET, "app/version")
        .header("Origin", "https://example.org")
        .header("Host", "example.org:1");
    assert_eq!(client.send(request).await?.status, 200);
    Ok(())
}

async fn the_root_answers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let stranger = target.anonymous()?;
    for method in [Method::GET, Method::HEAD] {
        let reply = stranger.send(stranger.request(method, "/")).await?;
        // HEAD is used by a client to learn whether the address speaks TLS.
        assert!(matches!(reply.status, 200 | 405), "{}", reply.brief());
    }
    for path in ["/nothing", "/../etc/passwd", "/api/v2", "/api/v1/app/version"] {
        let reply = stranger.get(path, &[]).await?;
        assert!(matches!(reply.status, 400 | 403 | 404), "{path}: {}", reply.brief());
    }
    // Dots are refused wherever they stand, but 5.3 looks for nothing below the API.
    let below = if level == Level::L53 { 404 } else { 400 };
    for (line, expected) in [
        ("GET /api/v2/../v2/app/version", below),
        ("GET /api/v2/app/%2e%2e", below),
        ("GET /images/../index.html", 400),
    ] {
        let reply = stranger.raw(&request(&stranger, line, "", "")).await?;
        assert_eq!(reply.status(), expected, "{line}: {}", reply.status_line);
    }
    Ok(())
}

at_each_level!(
    headers_of_an_answer,
    large_answers_are_compressed_on_request,
    broken_requests,
    parameters_are_decoded_like_forms,
    multipart_parts_are_files_or_parameters,
    foreign_origins_are_refused,
    the_root_answers,
);
