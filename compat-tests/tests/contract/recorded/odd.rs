//! Values that no client should send, and what becomes of them: numbers that are none or too large, texts that are no
//! URL, names that are no path.

use anyhow::{Context, Result};
use compat_tests::{Client, Level, Target, Transcript, at_each_level, until};
use serde_json::{Value, json};

use crate::support::{UNKNOWN, add_stopped, server, two_files};

/// Numbers as people, scripts and overflows write them.
const NUMBERS: [&str; 12] = [
    "",
    "x",
    " 5 ",
    "1.5",
    "1e3",
    "0x2",
    "-3",
    "2147483647",
    "2147483648",
    "-2147483649",
    "4294967297",
    "99999999999999999999",
];

/// Texts that may be a URL.
const URLS: [&str; 17] = [
    "",
    "1:2",
    "[::1]:5",
    "{\"a\":1}",
    "://",
    "a b",
    "a|b",
    "x:y",
    "http",
    "//h/x",
    "http://w w/",
    "http://[::1",
    "http://w:99999/",
    "http://w:x/",
    "http://w/%zz",
    "http://w/ x",
    "http://127.0.0.1:9/announce",
];

async fn prepared(level: Level) -> Result<(Target, String)> {
    let target = server(level).await?;
    target.client().set_preferences(&json!({"queueing_enabled": false})).await?;
    let id = add_stopped(target.client(), level, &two_files("odd")).await?;
    Ok((target, id))
}

/// The members of the torrent that are asked for.
async fn members(client: &Client, id: &str, keys: &[&str]) -> Result<Value> {
    let torrent = client.torrent(id).await?.context("the torrent is listed")?;
    Ok(keys.iter().map(|key| ((*key).to_owned(), torrent[*key].clone())).collect())
}

async fn numbers(level: Level) -> Result<()> {
    let (target, id) = prepared(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "odd-numbers");
    for number in NUMBERS {
        let form = [("hash", &*id), ("id", number), ("priority", "1")];
        transcript.post(client, "torrents/filePrio", &form).await?;
        let form = [("hash", &*id), ("id", "0"), ("priority", number)];
        transcript.post(client, "torrents/filePrio", &form).await?;
        let query = [("hash", &*id), ("indexes", number)];
        transcript.get(client, "torrents/files", &query).await?;
        transcript.post(client, "transfer/setSpeedLimitsMode", &[("mode", number)]).await?;
        for action in ["torrents/setUploadLimit", "torrents/setDownloadLimit"] {
            transcript.post(client, action, &[("hashes", &id), ("limit", number)]).await?;
        }
        transcript.show("rates", &members(client, &id, &["up_limit", "dl_limit"]).await?);
        for name in ["limit", "offset"] {
            let reply = client.get("torrents/info", &[(name, number)]).await?;
            let listed = reply.json()?.as_array().map(Vec::len);
            transcript.show(&format!("torrents listed with {name}={number}"), &json!(listed));
        }
        if level >= Level::L53 {
            let query = [("hash", &*id), ("file", number)];
            transcript.get(client, "torrents/downloadFile", &query).await?;
            let form = [("hash", &*id), ("url", "http://127.0.0.1:9/none"), ("tier", number)];
            transcript.post(client, "torrents/editTracker", &form).await?;
        }
    }
    transcript.finish()
}

async fn share_limits(level: Level) -> Result<()> {
    let (target, id) = prepared(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "odd-share-limits");
    for limit in NUMBERS.into_iter().chain(["inf", "-inf", "-1", "-2", "-0.5"]) {
        let form = [
            ("hashes", &*id),
            ("ratioLimit", limit),
            ("seedingTimeLimit", limit),
            ("inactiveSeedingTimeLimit", limit),
            ("shareLimitAction", "nonsense"),
            ("shareLimitsMode", "nonsense"),
        ];
        transcript.post(client, "torrents/setShareLimits", &form).await?;
        let keys = [
            "ratio_limit",
            "seeding_time_limit",
            "inactive_seeding_time_limit",
            "share_limit_action",
            "share_limits_mode",
        ];
        transcript.show("limits", &members(client, &id, &keys).await?);
        if limit == "-0.5" || limit == "inf" && level >= Level::L53 {
            transcript.deliberate("A ratio limit that is no finite number", |shown| {
                shown.body["ratio_limit"] == -1
            })?;
        }
    }
    if level >= Level::L53 {
        transcript.post(client, "torrents/createCategory", &[("category", "c")]).await?;
        for name in ["ratioLimit", "seedingTimeLimit", "inactiveSeedingTimeLimit"] {
            for limit in NUMBERS.into_iter().chain(["inf", "nan", "-1", "-2", "-0.5", "-2.0"]) {
                let form = [("category", "c"), (name, limit)];
                transcript.post(client, "torrents/editCategory", &form).await?;
            }
        }
        for name in ["shareLimitAction", "shareLimitsMode"] {
            for word in ["", "default", "Default", "Stop", "MatchAll", "nonsense"] {
                let form = [("category", "c"), (name, word)];
                transcript.post(client, "torrents/editCategory", &form).await?;
                let form = [("category", "c"), (name, word)];
                transcript.post(client, "torrents/createCategory", &form).await?;
            }
        }
        let form = [("category", "unknown"), ("ratioLimit", "-3")];
        transcript.post(client, "torrents/editCategory", &form).await?;
        transcript.get(client, "torrents/categories", &[]).await?;
    }
    transcript.finish()
}

async fn urls(level: Level) -> Result<()> {
    let (target, id) = prepared(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "odd-urls");
    let own = if level >= Level::L53 { "url" } else { "origUrl" };
    for url in URLS {
        // Of an unknown tracker: what is no URL, or taken, is reported first.
        let form = [("hash", &*id), (own, "http://127.0.0.1:9/none"), ("newUrl", url)];
        transcript.post(client, "torrents/editTracker", &form).await?;
        if level < Level::L51 {
            continue;
        }
        let encoded = url.replace('%', "%25").replace('|', "%7C");
        let form = [("hash", &*id), ("origUrl", &*encoded), ("newUrl", "http://127.0.0.1:9/seed")];
        transcript.post(client, "torrents/editWebSeed", &form).await?;
        for action in ["torrents/removeWebSeeds", "torrents/addWebSeeds"] {
            transcript.post(client, action, &[("hash", &id), ("urls", &encoded)]).await?;
        }
    }
    if level >= Level::L51 {
        // 5.1 shows a web seed only after a moment.
        until("the web seed", async || {
            let seeds = client.json("torrents/webseeds", &[("hash", &id)]).await?;
            Ok((seeds != json!([])).then_some(()))
        })
        .await?;
        transcript.get(client, "torrents/webseeds", &[("hash", &id)]).await?;
        for url in ["http:", "http://", "http:///x", "http:h/x"] {
            transcript
                .post(client, "torrents/addWebSeeds", &[("hash", &id), ("urls", url)])
                .await?;
            transcript.deliberate("A web seed without a host", |asked| asked.status == 400)?;
        }
    }
    transcript.finish()
}

async fn paths(level: Level) -> Result<()> {
    let (target, id) = prepared(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "odd-paths");
    let long = "x".repeat(256);
    for (action, there) in
        [("torrents/renameFile", "odd/a.bin"), ("torrents/renameFolder", "odd/sub")]
    {
        for (old, new) in [
            ("a\nb", "x"),
            (&*long, "x"),
            ("", "x"),
            ("none", "odd/a.bin"),
            ("none", "odd"),
            ("none", "../x"),
            ("none", ""),
            ("none", "/x"),
            ("none", "a\u{1}/b"),
            ("../odd", "x"),
            (there, "odd/x/"),
            (there, "."),
            (there, "odd/sub/b.bin"),
            ("", ""),
        ] {
            // A slash at the end is no name at 5.3 and nothing before, and a dot is no name that anybody should take.
            if matches!(new, "odd/x/" | ".") && level < Level::L53 {
                continue;
            }
            let form = [("hash", &*id), ("oldPath", old), ("newPath", new)];
            let reply = transcript.post(client, action, &form).await?;
            if reply.status == 200 && new == "odd/sub/b.bin" {
                // 4.5 takes a file for a folder, and renames after the answer.
                until("the new name", async || {
                    let files = client.json("torrents/files", &[("hash", &id)]).await?;
                    Ok((files[1]["name"] == "odd/sub/b.bin/b.bin").then_some(()))
                })
                .await?;
            }
        }
        let form = [("hash", UNKNOWN), ("oldPath", ""), ("newPath", "")];
        transcript.post(client, action, &form).await?;
    }
    transcript.get(client, "torrents/files", &[("hash", &id)]).await?;
    for (name, path) in [
        ("relative", "rel"),
        ("tidied", "./a/../b/"),
        ("absolute", "/a//b/../c/"),
        ("blank", " "),
        ("none", ""),
    ] {
        let form = [("category", name), ("savePath", path)];
        transcript.post(client, "torrents/createCategory", &form).await?;
    }
    transcript.get(client, "torrents/categories", &[]).await?;
    let form = [("category", "outside"), ("savePath", "../x")];
    transcript.post(client, "torrents/createCategory", &form).await?;
    transcript
        .deliberate("A relative path of a category that leaves", |asked| asked.status == 400)?;
    transcript.finish()
}

at_each_level!(numbers, share_limits, urls, paths);
