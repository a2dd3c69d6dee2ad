//! A planted secret is looked for everywhere: in answers of both interfaces, in the log, and in every file.

use std::path::Path;

use anyhow::{Context, Result};
use compat_tests::{Authoring, Form, Level, Target, at_any_level, until};
use reqwest::Method;
use serde_json::json;

use crate::{add, is_reference, payload, set};

/// Settings that are secret, each with a value that occurs nowhere else.
const PLANTED: [(&str, &str); 4] = [
    ("proxy.password", "planted-proxy-4711"),
    ("mail.password", "planted-mail-4712"),
    ("dyndns.password", "planted-dyndns-4713"),
    ("trackers.logins", r#"[{"host":"t.example","username":"u","password":"planted-login-4714"}]"#),
];

/// What stands in all of them.
const MARK: &str = "planted-";

/// Returns the files below a folder that hold a text, in clear or as UTF-16.
pub(crate) fn is_anywhere(folder: &Path, text: &str) -> Result<Vec<String>> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let holds =
        |bytes: &[u8], wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder)? {
            let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let bytes = fs_err::read(&path)?;
                if holds(&bytes, text.as_bytes()) || holds(&bytes, &wide) {
                    found.push(path.display().to_string());
                }
            }
        }
    }
    Ok(found)
}

/// Every address of both interfaces that can be read without naming anything.
async fn readable(target: &Target) -> Result<Vec<String>> {
    let document = target.client().json("/v1/openapi.json", &[]).await?;
    let paths = document["paths"].as_object().context("paths")?;
    let plain = |path: &&String| !path.contains('{') && *path != "/v1/events";
    let native = paths.iter().filter(|(_, path)| path.get("get").is_some());
    let mut all: Vec<String> = native.map(|(path, _)| path).filter(plain).cloned().collect();
    let foreign = [
        "app/buildInfo",
        "log/main",
        "log/peers",
        "sync/maindata",
        "transfer/info",
        "torrents/info",
    ];
    all.extend(foreign.map(|action| format!("/api/v2/{action}")));
    Ok(all)
}

async fn a_planted_secret_is_found_nowhere(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let mut target = Target::spawn(level).await?;
    for (key, value) in PLANTED {
        set(&target, &json!({key: value})).await?;
        // Changed once more, so that the history has an old and a new value.
        set(&target, &json!({key: value.replace("-47", "-48")})).await?;
    }
    let cookie =
        json!([{"name": "n", "domain": "d.example", "path": "/", "value": "planted-cookie-4715"}]);
    target.client().ok("app/setCookies", &[("cookies", &cookie.to_string())]).await?;
    let torrent = Authoring::of(&payload()).build();
    add(&target, &torrent).await?;
    let pem = |name: &str| -> Result<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ssl");
        Ok(fs_err::read_to_string(folder.join(name))?)
    };
    let (certificate, key, parameters) = (pem("peer.crt")?, pem("peer.key")?, pem("dh.pem")?);
    let form = [
        ("hash", torrent.id()),
        ("ssl_certificate", certificate),
        ("ssl_private_key", key.clone()),
        ("ssl_dh_params", parameters),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, text)| (*name, text.as_str())).collect();
    target.client().ok("torrents/setSSLParameters", &form).await?;

    // Problems do not repeat what was sent with them.
    for change in [
        json!({"proxy.password": 1, "mail.password": "planted-refused-4716"}),
        json!({"trackers.logins": "planted-refused-4717"}),
        json!({"trackers.logins": r#"[{"host":"h","username":"u","password":"planted-@"}]"#}),
        json!({"proxy.passwort": "planted-refused-4718"}),
    ] {
        let request = target.client().request(Method::PATCH, "/v1/settings").json(&change);
        let reply = target.client().send(request).await?;
        assert_eq!(reply.status, 422, "{}", reply.brief());
        assert!(!reply.text().contains(MARK), "{}", reply.text());
    }
    let wrong = Form::url("http://u:veiled-4719@127.0.0.1:9/x.torrent");
    target.client().upload("torrents/add", &wrong).await?;

    for path in readable(&target).await? {
        let reply = target.client().get(&path, &[]).await?;
        let text = reply.text();
        assert!(!text.contains(MARK) && !text.contains("veiled-"), "{path}: {text}");
    }
    let preferences = target.client().json("app/preferences", &[]).await?;
    assert!(!preferences.to_string().contains("planted-"), "{preferences}");
    let events = target.client().request(Method::GET, "/v1/events").header("last-event-id", "0");
    let mut events = events.send().await?;
    let mut told = String::new();
    until("the event of a changed setting", async || {
        if let Some(bytes) = events.chunk().await? {
            told += &String::from_utf8_lossy(&bytes);
        }
        Ok(told.contains("trackers.logins").then_some(()))
    })
    .await?;
    assert!(!told.contains(MARK), "{told}");

    target.restart().await?;
    target.kill().await?;
    let folder = target.folder();
    assert_eq!(is_anywhere(folder, MARK)?, Vec::<String>::new(), "in clear on the disk");
    let line = key.lines().nth(3).context("a key of several lines")?;
    assert_eq!(is_anywhere(folder, line)?, Vec::<String>::new(), "the key of an SSL torrent");
    Ok(())
}

at_any_level!(a_planted_secret_is_found_nowhere);
