//! `torrents/info` and `torrents/count`: filters, order, pages.

use anyhow::{Context, Result};
use compat_tests::{Authoring, Client, Form, Level, Payload, Target, at_each_level};
use serde_json::Value;

use crate::support::{MAGNET_ID, UNKNOWN, add_magnet, add_stopped, get, server, two_files};

/// Four torrents: two stopped, one running without peers, one magnet.
async fn library(level: Level) -> Result<(Target, Vec<String>)> {
    let target = server(level).await?;
    let client = target.client();
    let mut ids = Vec::new();
    for name in ["alpha", "Beta"] {
        ids.push(add_stopped(client, level, &two_files(name)).await?);
    }
    let running = Payload::single("gamma", 100_000);
    let running = Authoring::of(&running).private().build();
    client.add(&Form::torrent(&running.bytes).text("tags", "x,y").text("category", "cat")).await?;
    client.torrent_when(&running.id(), "running", |t| t["state"] == "stalledDL").await?;
    ids.push(running.id());
    add_magnet(client).await?;
    client.torrent_when(MAGNET_ID, "searching", |t| t["state"] == "metaDL").await?;
    ids.push(MAGNET_ID.to_owned());
    client.ok("torrents/addTags", &[("hashes", &ids[0]), ("tags", "x")]).await?;
    client.torrent_when(&ids[0], "tagged", |t| t["tags"] == "x").await?;
    Ok((target, ids))
}

async fn names(client: &Client, query: &[(&str, &str)]) -> Result<Vec<String>> {
    let list = client.json("torrents/info", query).await?;
    let list = list.as_array().context("a list")?;
    Ok(list.iter().map(|torrent| torrent["name"].as_str().unwrap_or_default().to_owned()).collect())
}

async fn sorted(client: &Client, query: &[(&str, &str)]) -> Result<Vec<String>> {
    let mut names = names(client, query).await?;
    names.sort();
    Ok(names)
}

const ALL: [&str; 4] = ["Beta", "No metadata", "alpha", "gamma"];

async fn filters(level: Level) -> Result<()> {
    let (target, _) = library(level).await?;
    let client = target.client();
    let (stopped, running) =
        if level == Level::L45 { ("paused", "resumed") } else { ("stopped", "running") };
    let none: &[&str] = &[];
    for (filter, expected) in [
        ("all", &ALL[..]),
        ("", &ALL),
        ("nonsense", &ALL),
        ("downloading", &ALL),
        ("seeding", none),
        ("completed", none),
        (stopped, &["Beta", "alpha"]),
        (running, &["No metadata", "gamma"]),
        ("stalled", &["gamma"]),
        ("stalled_downloading", &["gamma"]),
        ("stalled_uploading", none),
        ("checking", none),
        ("moving", none),
        ("errored", none),
    ] {
        assert_eq!(sorted(client, &[("filter", filter)]).await?, expected, "filter={filter}");
    }
    let active: &[&str] = if level == Level::L53 { &[] } else { &["No metadata"] };
    assert_eq!(sorted(client, &[("filter", "active")]).await?, active);
    // The names of the other generation mean everything.
    let (stopped, running) =
        if level == Level::L45 { ("stopped", "running") } else { ("paused", "resumed") };
    for filter in [stopped, running] {
        assert_eq!(sorted(client, &[("filter", filter)]).await?, ALL, "filter={filter}");
    }
    Ok(())
}

async fn selections(level: Level) -> Result<()> {
    let (target, ids) = library(level).await?;
    let client = target.client();
    let two = format!("{}|{}|{UNKNOWN}", ids[0].to_uppercase(), ids[2]);
    let none: &[&str] = &[];
    for (query, expected) in [
        (vec![("category", "cat")], &["gamma"][..]),
        (vec![("category", "")], &["Beta", "No metadata", "alpha"]),
        (vec![("category", "unknown")], none),
        (vec![("tag", "x")], &["alpha", "gamma"]),
        (vec![("tag", "X")], none),
        (vec![("tag", "")], &["Beta", "No metadata"]),
        (vec![("tag", "x"), ("category", "cat")], &["gamma"]),
        (vec![("hashes", two.as_str())], &["alpha", "gamma"]),
        (vec![("hashes", "")], &ALL),
        (vec![("hashes", "all")], none),
        (vec![("hashes", UNKNOWN)], none),
        (vec![("hashes", "nonsense")], none),
    ] {
        assert_eq!(sorted(client, &query).await?, expected, "{query:?}");
    }
    if level >= Level::L51 {
        assert_eq!(sorted(client, &[("private", "true")]).await?, ["gamma"]);
        assert_eq!(
            sorted(client, &[("private", "false")]).await?,
            ["Beta", "No metadata", "alpha"]
        );
        assert_eq!(get(client, "torrents/count", &[]).await?, "200 4");
        let query = [("hashes", ids[0].as_str()), ("includeTrackers", "true")];
        let list = client.json("torrents/info", &query).await?;
        let trackers = list[0]["trackers"].as_array().context("trackers")?;
        assert_eq!(trackers.len(), 1, "without the pseudo rows");
        assert_eq!(trackers[0]["url"], "http://127.0.0.1:9/announce");
    }
    if level == Level::L53 {
        let query = [("hashes", ids[0].as_str()), ("includeFiles", "true")];
        let list = client.json("torrents/info", &query).await?;
        let files = list[0]["files"].as_array().context("files")?;
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].get("is_seed"), None);
    }
    Ok(())
}

async fn order_and_pages(level: Level) -> Result<()> {
    let (target, _) = library(level).await?;
    let client = target.client();
    let by_name = [("sort", "name")];
    assert_eq!(names(client, &by_name).await?, ALL, "by code unit");
    let reverse = [("sort", "name"), ("reverse", "true")];
    assert_eq!(names(client, &reverse).await?, ["gamma", "alpha", "No metadata", "Beta"]);
    let sizes = client.json("torrents/info", &[("sort", "total_size")]).await?;
    let sizes: Vec<&Value> =
        sizes.as_array().context("a list")?.iter().map(|t| &t["total_size"]).collect();
    assert_eq!(sizes, [-1, 65_536, 65_536, 100_000]);
    assert_eq!(
        get(client, "torrents/info", &[("sort", "no_such_field")]).await?,
        "400 'sort' parameter is invalid"
    );
    let empty = [("sort", "no_such_field"), ("category", "unknown")];
    assert_eq!(get(client, "torrents/info", &empty).await?, "200 []");

    let beyond: &[&str] = if level == Level::L53 { &[] } else { &ALL };
    for (limit, offset, expected) in [
        ("2", "0", &ALL[..2]),
        ("2", "1", &ALL[1..3]),
        ("2", "3", &ALL[3..]),
        ("0", "0", &ALL),
        ("-1", "2", &ALL[2..]),
        ("x", "y", &ALL),
        ("10", "-1", &ALL[3..]),
        ("1", "-3", &ALL[1..2]),
        ("10", "4", beyond),
        ("10", "100", beyond),
    ] {
        let query = [("sort", "name"), ("limit", limit), ("offset", offset)];
        assert_eq!(names(client, &query).await?, expected, "limit={limit} offset={offset}");
    }
    Ok(())
}

at_each_level!(filters, selections, order_and_pages);
