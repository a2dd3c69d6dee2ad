//! Torrents: every action with success, on one that is stopped and on one that has its data.

use anyhow::Result;
use compat_tests::{
    Authoring, Client, Form, Level, Payload, Torrent, Transcript, at_each_level, until,
};
use serde_json::{Value, json};

use crate::https::FIRST;
use crate::support::{MAGNET_ID, UNKNOWN, add_magnet, add_stopped, server, two_files};

/// Reads everything about one torrent.
async fn everything(transcript: &mut Transcript, client: &Client, id: &str) -> Result<()> {
    // No id at all selects every torrent, in no certain order.
    if !id.is_empty() {
        transcript.get(client, "torrents/info", &[("hashes", id)]).await?;
    }
    for (action, name) in [
        ("properties", "hash"),
        ("trackers", "hash"),
        ("webseeds", "hash"),
        ("files", "hash"),
        ("pieceHashes", "hash"),
        ("pieceStates", "hash"),
        ("pieceAvailability", "hash"),
        ("export", "hash"),
        ("SSLParameters", "hash"),
        ("uploadLimit", "hashes"),
        ("downloadLimit", "hashes"),
    ] {
        let reply = transcript.get(client, &format!("torrents/{action}"), &[(name, id)]).await?;
        if action == "SSLParameters" && reply.text().contains("BEGIN") {
            transcript.deliberate("`torrents/SSLParameters`", |asked| asked.status == 200)?;
        }
    }
    transcript.get(client, "sync/torrentPeers", &[("hash", id)]).await?;
    transcript.get(client, "torrents/downloadFile", &[("hash", id), ("file", "1")]).await?;
    Ok(())
}

async fn reading(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false})).await?;
    let stopped = add_stopped(client, level, &two_files("stopped")).await?;
    let payload = Payload::folder("whole", &[("a.bin", 20_000), ("sub/b.txt", 10)]);
    payload.write_to(&target.data())?;
    let whole = Authoring::of(&payload).comment("a comment").private().build();
    client.add(&Form::torrent(&whole.bytes)).await?;
    let whole = whole.id();
    client.torrent_when(&whole, "seeding", |t| t["state"] == "stalledUP").await?;
    add_magnet(client).await?;
    // What is complete leaves its place in the queue to others.
    let is_searching = |t: &Value| t["state"] == "metaDL" && t["priority"] == 2;
    client.torrent_when(MAGNET_ID, "searching", is_searching).await?;

    let mut transcript = Transcript::of(&target, "torrents-read");
    for id in [stopped.as_str(), &whole, MAGNET_ID, UNKNOWN, ""] {
        everything(&mut transcript, client, id).await?;
    }
    for query in [
        vec![("filter", "stalled"), ("sort", "name")],
        vec![("filter", "nonsense"), ("sort", "size"), ("reverse", "true")],
        vec![("sort", "nonsense"), ("hashes", stopped.as_str())],
        vec![("category", ""), ("tag", ""), ("limit", "-1"), ("offset", "1"), ("sort", "name")],
        vec![("limit", "nonsense"), ("sort", "hash")],
    ] {
        transcript.get(client, "torrents/info", &query).await?;
    }
    transcript.get(client, "torrents/count", &[]).await?;
    transcript.finish()
}

/// Waits for what a change leads to, since the real servers make some of them in the background.
async fn file_names(client: &Client, id: &str, expected: [&str; 2]) -> Result<Value> {
    until("the new names", async || {
        let files = client.json("torrents/files", &[("hash", id)]).await?;
        let is_there = expected.iter().enumerate().all(|(n, name)| files[n]["name"] == *name);
        Ok(is_there.then_some(files))
    })
    .await
}

async fn changing(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false})).await?;
    let torrent = two_files("changed");
    let id = add_stopped(client, level, &torrent).await?;
    let id = id.as_str();
    let mut transcript = Transcript::of(&target, "torrents-change");
    let (a, b) = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b");
    for (action, form) in [
        ("rename", vec![("hash", id), ("name", "Another name")]),
        ("rename", vec![("hash", id), ("name", "")]),
        ("rename", vec![("hash", UNKNOWN), ("name", "x")]),
        ("setComment", vec![("hashes", id), ("comment", "A comment")]),
        ("filePrio", vec![("hash", id), ("id", "0|1"), ("priority", "6")]),
        ("filePrio", vec![("hash", id), ("id", "1"), ("priority", "1")]),
        ("filePrio", vec![("hash", id), ("id", "7"), ("priority", "1")]),
        ("filePrio", vec![("hash", id), ("id", "x"), ("priority", "1")]),
        ("filePrio", vec![("hash", id), ("id", "0"), ("priority", "5")]),
        ("setUploadLimit", vec![("hashes", id), ("limit", "2048")]),
        ("setDownloadLimit", vec![("hashes", id), ("limit", "4096")]),
        ("setSuperSeeding", vec![("hashes", id), ("value", "true")]),
        ("setSuperSeeding", vec![("hashes", id), ("value", "nonsense")]),
        ("toggleSequentialDownload", vec![("hashes", id)]),
        ("toggleFirstLastPiecePrio", vec![("hashes", id)]),
        (
            "setShareLimits",
            vec![
                ("hashes", id),
                ("ratioLimit", "2.5"),
                ("seedingTimeLimit", "100"),
                ("inactiveSeedingTimeLimit", "50"),
                ("shareLimitAction", "Stop"),
                ("shareLimitsMode", "MatchAny"),
            ],
        ),
        (
            "addTrackers",
            vec![("hash", id), ("urls", "http://127.0.0.1:9/one\n\nhttp://127.0.0.1:9/two")],
        ),
        ("addTrackers", vec![("hash", UNKNOWN), ("urls", a)]),
        (
            "editTracker",
            vec![
                ("hash", id),
                ("origUrl", "http://127.0.0.1:9/one"),
                ("url", "http://127.0.0.1:9/one"),
                ("newUrl", "http://127.0.0.1:9/three"),
            ],
        ),
        (
            "editTracker",
            vec![
                ("hash", id),
                ("origUrl", "http://127.0.0.1:9/two"),
                ("url", "http://127.0.0.1:9/two"),
                ("newUrl", "http://127.0.0.1:9/three"),
            ],
        ),
        ("editTracker", vec![("hash", id), ("origUrl", a), ("url", a), ("newUrl", b)]),
        ("removeTrackers", vec![("hash", id), ("urls", "http://127.0.0.1:9/three")]),
        ("removeTrackers", vec![("hash", id), ("urls", "http://127.0.0.1:9/none")]),
        ("removeTrackers", vec![("hash", UNKNOWN), ("urls", a)]),
        ("addWebSeeds", vec![("hash", id), ("urls", a)]),
        ("editWebSeed", vec![("hash", id), ("origUrl", a), ("newUrl", b)]),
        ("editWebSeed", vec![("hash", id), ("origUrl", a), ("newUrl", b)]),
        ("removeWebSeeds", vec![("hash", id), ("urls", b)]),
        ("addPeers", vec![("hashes", id), ("peers", "127.0.0.1:9")]),
        ("reannounce", vec![("hashes", id)]),
        ("setAutoManagement", vec![("hashes", id), ("enable", "false")]),
        ("topPrio", vec![("hashes", id)]),
        ("setSSLParameters", ssl(id, ("nonsense", "nonsense"), "nonsense")),
        ("setSSLParameters", ssl(UNKNOWN, FIRST, DH)),
        ("setSSLParameters", ssl(id, FIRST, DH)),
        ("start", vec![("hashes", UNKNOWN)]),
        ("recheck", vec![("hashes", UNKNOWN)]),
    ] {
        let reply = transcript.post(client, &format!("torrents/{action}"), &form).await?;
        if reply.status == 200 {
            await_web_seeds(client, id, action, b).await?;
        }
        if action == "setSuperSeeding" {
            // A real server that does not show the switch yet takes the opposite for what it has.
            let on = form.contains(&("value", "true"));
            client.torrent_when(id, "the switch", |t| t["super_seeding"] == on).await?;
        }
    }
    rename_all(&mut transcript, client, id).await?;
    client
        .torrent_when(id, "its limits", |t| t["dl_limit"] == 4096 && t["ratio_limit"] == 2.5)
        .await?;
    everything(&mut transcript, client, id).await?;
    transcript.finish()
}

/// Waits for what an edit of web seeds brings about, which is not there when it is answered.
async fn await_web_seeds(client: &Client, id: &str, action: &str, changed: &str) -> Result<()> {
    until("the web seeds", async || {
        let seeds = client.json("torrents/webseeds", &[("hash", id)]).await?;
        let is_done = match action {
            "addWebSeeds" => seeds.as_array().is_some_and(|seeds| !seeds.is_empty()),
            "removeWebSeeds" => seeds.as_array().is_some_and(Vec::is_empty),
            "editWebSeed" => seeds == json!([{"url": changed}]),
            _ => true,
        };
        Ok(is_done.then_some(()))
    })
    .await
}

/// Renames a file and folders, and waits for each.
async fn rename_all(transcript: &mut Transcript, client: &Client, id: &str) -> Result<()> {
    for (action, old, new, expected) in [
        ("renameFile", "changed/a.bin", "changed/c.bin", ["changed/c.bin", "changed/sub/b.bin"]),
        (
            "renameFolder",
            "changed/sub",
            "changed/deep/er",
            ["changed/c.bin", "changed/deep/er/b.bin"],
        ),
        ("renameFolder", "changed", "root", ["root/c.bin", "root/deep/er/b.bin"]),
    ] {
        let form = [("hash", id), ("oldPath", old), ("newPath", new)];
        transcript.post(client, &format!("torrents/{action}"), &form).await?;
        transcript.show("files", &file_names(client, id, expected).await?);
    }
    Ok(())
}

/// Parameters of a Diffie-Hellman exchange, made for this test.
const DH: &str = "-----BEGIN DH PARAMETERS-----
MEYCQQDhup6KOpQuBygNMg6LQ3Zos0DGHEyKR6PRnSY9Ik3BJyiwo/e/S45zP1Ph
F5+X5ZcfFoc1UaSTwJCPeGz2WDnvAgEC
-----END DH PARAMETERS-----
";

fn ssl<'a>(
    id: &'a str,
    (certificate, key): (&'a str, &'a str),
    dh: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("hash", id),
        ("ssl_certificate", certificate),
        ("ssl_private_key", key),
        ("ssl_dh_params", dh),
    ]
}

async fn queue_and_switches(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": true})).await?;
    let mut ids = Vec::new();
    for name in ["first", "second", "third"] {
        ids.push(add_stopped(client, level, &two_files(name)).await?);
    }
    let (first, last) = (ids[0].as_str(), ids[2].as_str());
    let mut transcript = Transcript::of(&target, "torrents-control");
    for (action, hashes, expected) in [
        ("topPrio", last, [2, 3, 1]),
        ("bottomPrio", last, [1, 2, 3]),
        ("increasePrio", last, [1, 3, 2]),
        ("decreasePrio", first, [2, 3, 1]),
        ("decreasePrio", UNKNOWN, [2, 3, 1]),
        ("bottomPrio", "nonsense", [2, 3, 1]),
    ] {
        transcript.post(client, &format!("torrents/{action}"), &[("hashes", hashes)]).await?;
        for (id, place) in ids.iter().zip(expected) {
            client.torrent_when(id, "its place", |t| t["priority"] == place).await?;
        }
    }
    for (action, form) in [
        ("setForceStart", vec![("hashes", first), ("value", "true")]),
        ("start", vec![("hashes", last)]),
        ("resume", vec![("hashes", last)]),
        ("recheck", vec![("hashes", last)]),
        ("stop", vec![("hashes", "all")]),
        ("pause", vec![("hashes", "all")]),
    ] {
        transcript.post(client, &format!("torrents/{action}"), &form).await?;
    }
    for id in &ids {
        client.torrent_when(id, "stopped", |t| t["state"] == level.stopped_download()).await?;
    }
    let pair = format!("{first}|{UNKNOWN}");
    for form in [
        vec![("hashes", UNKNOWN), ("deleteFiles", "true")],
        vec![("hashes", pair.as_str()), ("deleteFiles", "false")],
        vec![("hashes", last), ("deleteFiles", "nonsense"), ("surplus", "1")],
    ] {
        transcript.post(client, "torrents/delete", &form).await?;
    }
    let left = until("one torrent is left", async || {
        let found = client.json("torrents/info", &[]).await?;
        Ok(found.as_array().is_some_and(|found| found.len() == 1).then_some(found))
    })
    .await?;
    transcript.show("left", &left[0]["name"]);
    transcript.finish()
}

async fn adding(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "torrents-add");
    let torrent = two_files("added");
    let stopped =
        |torrent: &Torrent| Form::torrent(&torrent.bytes).text(level.stopped_param(), "true");
    let (other, labelled) = (two_files("other"), two_files("labelled"));
    for (form, words) in [
        (stopped(&torrent), "added.torrent"),
        (stopped(&torrent), "added.torrent again"),
        (Form::torrent(b"nonsense"), "a malformed file"),
        (Form::torrent(b""), "an empty file"),
        (Form::new().text("surplus", "1"), "nothing"),
        (stopped(&labelled).text("category", "a//b"), "a bad category"),
        (
            stopped(&other).text("tags", "x,y").text("ratioLimit", "nonsense").text("surplus", "1"),
            "options",
        ),
        (Form::url(""), "an empty url"),
        (Form::url("nonsense"), "a malformed url"),
        (Form::url(MAGNET_ID), "a hash"),
        (Form::url(MAGNET_ID), "the hash again"),
    ] {
        transcript.upload(client, "torrents/add", &form, words).await?;
        let id = match words {
            "added.torrent" => torrent.id(),
            "a bad category" => labelled.id(),
            "options" => other.id(),
            "a hash" => MAGNET_ID.to_owned(),
            _ => continue,
        };
        client.torrent_when(&id, "the torrent", |_| true).await?;
    }
    for (action, form) in [
        ("fetchMetadata", vec![("source", torrent.id())]),
        ("fetchMetadata", vec![("source", "nonsense".to_owned())]),
        ("saveMetadata", vec![("source", "nonsense".to_owned())]),
    ] {
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        transcript.post(client, &format!("torrents/{action}"), &form).await?;
    }
    let form = Form::torrent(&two_files("parsed").bytes);
    transcript.upload(client, "torrents/parseMetadata", &form, "parsed.torrent").await?;
    let form = Form::torrent(b"nonsense");
    transcript.upload(client, "torrents/parseMetadata", &form, "a malformed file").await?;
    let id = two_files("parsed").id();
    transcript.get(client, "torrents/saveMetadata", &[("source", &id)]).await?;
    transcript.finish()
}

at_each_level!(reading, changing, queue_and_switches, adding);
