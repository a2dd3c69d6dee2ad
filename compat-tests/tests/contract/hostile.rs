//! Input that means harm: every answer is a clear one, nothing lands outside of the save path, the process lives.

use anyhow::Result;
use compat_tests::torrent::hostile;
use compat_tests::{Form, Level, Target, Torrent, at_any_level, at_each_level, has_no_counterpart};

use crate::support::{post, server};

/// Adds bytes as a torrent file; any answer will do as long as there is one.
async fn add(target: &mut Target, bytes: &[u8], what: &str) -> Result<u16> {
    let form = Form::torrent(bytes).text(target.level().stopped_param(), "true");
    let reply = target.client().upload("torrents/add", &form).await?;
    assert!((200..500).contains(&reply.status), "{what}: {}", reply.brief());
    assert!(target.is_alive(), "{what} killed the server");
    Ok(reply.status)
}

async fn garbage_is_no_torrent(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    for (what, bytes) in hostile::garbage() {
        assert_eq!(add(&mut target, &bytes, what).await?, 415, "{what}");
    }
    let list = target.client().json("torrents/info", &[]).await?;
    assert_eq!(list, serde_json::json!([]));
    Ok(())
}

async fn names_stay_inside(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    let names: [&[u8]; 9] = [
        b"../outside",
        b"..",
        b"/etc/passwd",
        b"a/../../b",
        b"nul\0byte",
        b"\xff\xfe not utf-8",
        b"",
        b".",
        b"C:\\windows\\x",
    ];
    let mut torrents: Vec<(String, Torrent)> =
        names.iter().map(|name| (format!("name {name:?}"), hostile::with_name(name))).collect();
    let paths: [&[&[u8]]; 8] = [
        &[b"..", b"..", b"outside"],
        &[b"/etc", b"passwd"],
        &[b"", b"x"],
        &[b"a/../../../b"],
        &[b"nul\0byte"],
        &[b".", b".", b"x"],
        &[b"x\xff\xfe"],
        &[],
    ];
    torrents.extend(paths.iter().map(|path| (format!("path {path:?}"), hostile::with_path(path))));
    let long = vec![b'x'; 5_000];
    torrents.push(("a long name".to_owned(), hostile::with_name(&long)));
    torrents.push(("a long path".to_owned(), hostile::with_path(&[&long, &long])));

    for (what, torrent) in &torrents {
        let status = add(&mut target, &torrent.bytes, what).await?;
        if status != 200 {
            continue;
        }
        let id = torrent.id();
        let client = target.client();
        let Ok(_) = client.torrent_when(&id, what, |_| true).await else { continue };
        let files = client.json("torrents/files", &[("hash", &id)]).await?;
        for file in files.as_array().into_iter().flatten() {
            let name = file["name"].as_str().unwrap_or_default();
            assert!(!name.starts_with('/'), "{what}: {name}");
            assert!(!name.split('/').any(|part| part == ".."), "{what}: {name}");
            assert!(!name.contains('\0'), "{what}: {name}");
        }
        let listed = client.torrent(&id).await?.unwrap_or_default();
        let content = listed["content_path"].as_str().unwrap_or_default();
        // A stopped torrent's path is relative at first at level 4.5.
        let is_inside = content.starts_with(&*target.data().to_string_lossy());
        assert!(is_inside || !content.starts_with('/'), "{what}: {content}");
    }
    Ok(())
}

async fn sizes_are_bounded(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    let status = add(&mut target, &hostile::with_huge_length().bytes, "a huge length").await?;
    assert_eq!(status, 415);
    let many = hostile::with_many_files(100_000);
    add(&mut target, &many.bytes, "100,000 files").await?;
    add(&mut target, &hostile::with_piece_count(200_000).bytes, "200,000 pieces").await?;
    add(&mut target, &hostile::with_nesting(50), "a little nesting").await?;
    add(&mut target, &hostile::with_nesting(100_000), "deep nesting").await?;
    // The server still works.
    assert_eq!(target.client().get("app/version", &[]).await?.status, 200);
    let list = target.client().json("torrents/info", &[]).await?;
    assert!(list.is_array());
    Ok(())
}

async fn a_huge_body_is_refused(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    // Some torrent files are large, so a few megabytes must pass as a request.
    assert_eq!(add(&mut target, &vec![b'x'; 8 << 20], "8 MiB of garbage").await?, 415);
    let client = target.client();
    let head = format!(
        "POST /api/v2/torrents/add HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999999\r\n\r\n",
        client.base().trim_start_matches("http://"),
        client.cookie().unwrap_or_default()
    );
    let reply = client.raw(head.as_bytes()).await?;
    assert!(matches!(reply.status(), 400 | 413), "{}", reply.status_line);
    assert!(target.is_alive());
    Ok(())
}

async fn a_stranger_sends_no_large_body(level: Level) -> Result<()> {
    let target = server(level).await?;
    if has_no_counterpart() {
        return Ok(());
    }
    let client = target.anonymous()?;
    for (path, expected) in [("auth/login", 413), ("torrents/add", 403)] {
        let body = "x".repeat(2 << 20);
        let request = format!(
            "POST /api/v2/{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            client.base().trim_start_matches("http://"),
            body.len()
        );
        assert_eq!(client.raw(request.as_bytes()).await?.status(), expected, "{path}");
    }
    Ok(())
}

async fn broken_multipart(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    let send = async |kind: &str, body: &[u8]| {
        let client = target.client();
        let request = client.request(reqwest::Method::POST, "torrents/add");
        client.send(request.header("content-type", kind).body(body.to_vec())).await
    };
    let kind = "multipart/form-data; boundary=x";
    for body in [
        &b"--x\r\n"[..],
        b"--x--\r\n",
        b"no boundary at all",
        b"--x\r\nContent-Disposition: form-data; name=\"urls\"\r\n\r\nunterminated",
        b"--x\r\nContent-Disposition: form-data; name=\"urls\r\n\r\nv\r\n--x--\r\n",
        b"--x\r\n\r\nno headers\r\n--x--\r\n",
        b"--x\r\nGarbage\r\n\r\nv\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; filename=\"only.torrent\"\r\n\r\nde\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\"\r\n\r\nde\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; name=\"\xff\xfe\"\r\n\r\n\xff\xfe\r\n--x--\r\n",
    ] {
        let reply = send(kind, body).await?;
        let text = String::from_utf8_lossy(body).into_owned();
        assert!((200..500).contains(&reply.status), "{text}: {}", reply.brief());
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(5_000));
    let reply = send(&long, b"x").await?;
    assert!((200..500).contains(&reply.status), "{}", reply.brief());
    assert!(target.is_alive());
    Ok(())
}

async fn odd_values_change_nothing(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    let client = target.client();
    let long = "x".repeat(100_000);
    for (action, form) in [
        ("torrents/createCategory", vec![("category", "../../up")]),
        ("torrents/createCategory", vec![("category", long.as_str())]),
        ("torrents/createTags", vec![("tags", long.as_str())]),
        ("torrents/createTags", vec![("tags", "\u{0}nul,\u{202e}rtl")]),
        ("app/setPreferences", vec![("json", long.as_str())]),
        ("app/setPreferences", vec![("json", r#"{"max_connec":1e400,"dht":[],"save_path":5}"#)]),
        ("torrents/addTrackers", vec![("hash", long.as_str()), ("urls", long.as_str())]),
        ("torrents/setUploadLimit", vec![("hashes", "all"), ("limit", "99999999999999999999")]),
        ("transfer/setDownloadLimit", vec![("limit", "99999999999999999999")]),
        ("transfer/banPeers", vec![("peers", long.as_str())]),
    ] {
        let reply = client.post(action, &form).await?;
        assert!((200..500).contains(&reply.status), "{action}: {}", reply.status);
    }
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let found = post(client, "app/setPreferences", &[("json", &deep)]).await?;
    assert_eq!(found, "200");
    assert!(target.is_alive());
    Ok(())
}

at_each_level!(garbage_is_no_torrent, names_stay_inside, broken_multipart);
at_any_level!(
    a_stranger_sends_no_large_body,
    sizes_are_bounded,
    a_huge_body_is_refused,
    odd_values_change_nothing
);
