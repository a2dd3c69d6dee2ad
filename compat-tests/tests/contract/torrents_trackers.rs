//! Trackers, web seeds and peers of a torrent.

use anyhow::{Context, Result};
use compat_tests::{Client, Level, at_each_level, at_levels, until};
use serde_json::{Value, json};

use crate::support::{UNKNOWN, add_stopped, post, server, two_files};

const FIRST: &str = "http://127.0.0.1:9/announce";

/// URL and tier of every tracker, sorted: libtorrent reorders a tier as it likes.
async fn rows(client: &Client, id: &str) -> Result<Vec<(String, i64)>> {
    let rows = client.json("torrents/trackers", &[("hash", id)]).await?;
    let rows = rows.as_array().context("rows")?;
    let mut rows: Vec<(String, i64)> = rows
        .iter()
        .skip(3)
        .map(|row| {
            (row["url"].as_str().unwrap_or_default().to_owned(), row["tier"].as_i64().unwrap_or(-9))
        })
        .collect();
    rows.sort();
    Ok(rows)
}

async fn rows_become(client: &Client, id: &str, expected: &[(&str, i64)]) -> Result<()> {
    let mut expected: Vec<(String, i64)> =
        expected.iter().map(|(url, tier)| ((*url).to_owned(), *tier)).collect();
    expected.sort();
    let mut last = Vec::new();
    let found = until("the trackers", async || {
        last = rows(client, id).await?;
        Ok((last == expected).then_some(()))
    })
    .await;
    found.with_context(|| format!("the trackers are {last:?}, not {expected:?}"))
}

async fn adding(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("adding")).await?;
    let done = level.no_content();
    let unknown = if level == Level::L53 { "204" } else { "404 Not Found" };
    let add = async |hash: &str, urls: &str| {
        post(client, "torrents/addTrackers", &[("hash", hash), ("urls", urls)]).await
    };

    assert_eq!(add(UNKNOWN, "http://x/announce").await?, unknown);
    assert_eq!(add(&id, "http://b/announce\nudp://c:1/announce\n\nhttp://d/announce").await?, done);
    let expected =
        [(FIRST, 0), ("http://b/announce", 0), ("udp://c:1/announce", 0), ("http://d/announce", 1)];
    rows_become(client, &id, &expected).await?;
    // Known ones keep their place.
    assert_eq!(add(&id, "\n\n\nhttp://b/announce").await?, done);
    rows_become(client, &id, &expected).await
}

async fn editing_by_url(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("editing")).await?;
    client.ok("torrents/addTrackers", &[("hash", &id), ("urls", "http://b/announce")]).await?;
    rows_become(client, &id, &[(FIRST, 0), ("http://b/announce", 0)]).await?;
    for (hash, old, new, expected) in [
        (UNKNOWN, FIRST, "http://x/announce", "404 Not Found"),
        (&*id, FIRST, "", "400 New tracker URL is invalid"),
        (&id, "http://none/announce", "http://x/announce", "409 Tracker not found"),
        (&id, FIRST, "http://b/announce", "409 New tracker URL already exists"),
        (&id, FIRST, FIRST, "200"),
        (&id, FIRST, "http://127.0.0.1:8/announce", "200"),
    ] {
        let form = [("hash", hash), ("origUrl", old), ("newUrl", new)];
        assert_eq!(post(client, "torrents/editTracker", &form).await?, expected, "{old} to {new}");
    }
    rows_become(client, &id, &[("http://127.0.0.1:8/announce", 0), ("http://b/announce", 0)]).await
}

async fn editing_with_tier(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("editing")).await?;
    let url = ("url", FIRST);
    for (hash, more, expected) in [
        (UNKNOWN, vec![url, ("newUrl", "http://x/announce")], "404 Not Found"),
        (&*id, vec![url], "400 Must specify at least one of [newUrl, tier]"),
        (&id, vec![url, ("tier", "x")], "400 tier must be an integer"),
        (&id, vec![url, ("tier", "256")], "400 tier must be between 0 and 255"),
        (&id, vec![("url", "http://none/"), ("tier", "1")], "409 Tracker not found"),
        (&id, vec![url, ("tier", "3")], "204"),
        (&id, vec![url, ("newUrl", "http://127.0.0.1:8/announce")], "204"),
    ] {
        let mut form = vec![("hash", hash)];
        form.extend(more.iter().copied());
        assert_eq!(post(client, "torrents/editTracker", &form).await?, expected, "{more:?}");
    }
    rows_become(client, &id, &[("http://127.0.0.1:8/announce", 3)]).await?;
    assert_eq!(level, Level::L53);
    Ok(())
}

async fn removing(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("removing")).await?;
    let other = add_stopped(client, level, &two_files("other")).await?;
    let done = level.no_content();
    let remove = async |hash: &str, urls: &str| {
        post(client, "torrents/removeTrackers", &[("hash", hash), ("urls", urls)]).await
    };
    client
        .ok("torrents/addTrackers", &[("hash", &id), ("urls", "http://b/a%20b\nhttp://c/announce")])
        .await?;
    let unknown = if level == Level::L53 { "204" } else { "404 Not Found" };

    assert_eq!(remove(UNKNOWN, FIRST).await?, unknown);
    assert_eq!(remove(&id, "http://none/announce").await?, done);
    assert_eq!(remove(&id, &format!("{FIRST}|http://c/announce")).await?, done);
    rows_become(client, &id, &[("http://b/a%20b", 0)]).await?;
    if level >= Level::L51 {
        assert_eq!(remove("*", FIRST).await?, done);
        rows_become(client, &other, &[]).await?;
    }
    Ok(())
}

async fn web_seeds(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("seeds")).await?;
    let seeds = async |expected: &[&str]| {
        let expected: Value = expected.iter().map(|url| json!({"url": url})).collect();
        until("the web seeds", async || {
            let mut found = client.json("torrents/webseeds", &[("hash", &id)]).await?;
            if let Some(list) = found.as_array_mut() {
                list.sort_by_key(ToString::to_string);
            }
            Ok((found == expected).then_some(()))
        })
        .await
    };
    let act = async |action: &str, form: &[(&str, &str)]| {
        post(client, &format!("torrents/{action}"), form).await
    };
    let (a, b, c) = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", "http://127.0.0.1:9/c");

    assert_eq!(act("addWebSeeds", &[("hash", UNKNOWN), ("urls", a)]).await?, "404 Not Found");
    let bad = act("addWebSeeds", &[("hash", &id), ("urls", &format!("{a}|:::"))]).await?;
    assert_eq!(bad, "400 \":::\" is not a valid URL");
    seeds(&[]).await?;
    let form = [("hash", id.as_str()), ("urls", &*format!("{a}|http%3A%2F%2F127.0.0.1%3A9%2Fb"))];
    assert_eq!(act("addWebSeeds", &form).await?, "200");
    seeds(&[a, b]).await?;
    for (old, new, expected) in [
        ("http://none/", c, "409 \"http://none/\" is not an existing URL"),
        (a, ":::", "400 \":::\" is not a valid URL"),
        (a, "http://127.0.0.1:9/changed", "200"),
    ] {
        let form = [("hash", id.as_str()), ("origUrl", old), ("newUrl", new)];
        assert_eq!(act("editWebSeed", &form).await?, expected);
    }
    seeds(&[b, "http://127.0.0.1:9/changed"]).await?;
    let form = [("hash", id.as_str()), ("urls", &*format!("{b}|http://none/"))];
    assert_eq!(act("removeWebSeeds", &form).await?, "200");
    seeds(&["http://127.0.0.1:9/changed"]).await
}

async fn peers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("peers")).await?;
    let add = async |hashes: &str, peers: &str| {
        post(client, "torrents/addPeers", &[("hashes", hashes), ("peers", peers)]).await
    };
    let none = "400 No valid peers were specified";
    for peers in ["", "nonsense", "127.0.0.1", "127.0.0.1:x", "|"] {
        assert_eq!(add(&id, peers).await?, none, "{peers}");
    }
    assert_eq!(add(UNKNOWN, "127.0.0.1:9").await?, "200 {}");
    assert_eq!(
        add(&format!("{id}|{UNKNOWN}"), "127.0.0.1:9|bad|127.0.0.2").await?,
        format!("200 {{\"{id}\":{{\"added\":1,\"failed\":2}}}}")
    );
    Ok(())
}

at_each_level!(adding, removing, peers);
at_levels!(editing_by_url: l45 L45, l51 L51);
at_levels!(editing_with_tier: l53 L53);
at_levels!(web_seeds: l51 L51, l53 L53);
