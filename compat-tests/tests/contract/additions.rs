//! What the lenient default takes on top of a level, and that `--strict-contract` answers as the real server does.
//!
//! Each scenario is held twice: with the additions, and without them, which is also how a real server is judged.
//! `docs/differences.md` lists them in its last section.

use anyhow::{Context, Result};
use compat_tests::{
    Authoring, Client, Form, Level, Payload, Product, Target, at_each_level, at_levels,
};
use reqwest::Method;
use serde_json::json;

use crate::support::{MAGNET_ID, add_magnet, add_stopped, get, post, server, two_files};

/// Holds a scenario with the additions, if the server under test has any, and without them.
async fn with_and_without(
    level: Level,
    scenario: impl AsyncFn(&Target, bool) -> Result<()>,
) -> Result<()> {
    if Product::under_test() == Product::Revaer {
        scenario(&Target::setup(level).lenient().spawn().await?, true).await?;
    }
    scenario(&server(level).await?, false).await
}

/// An answer of success with an empty body at this level.
fn done(level: Level) -> String {
    level.no_content().to_owned()
}

async fn names(client: &Client, query: &[(&str, &str)]) -> Result<Vec<String>> {
    let list = client.json("torrents/info", query).await?;
    let names = list.as_array().into_iter().flatten();
    let mut names: Vec<String> =
        names.map(|torrent| torrent["name"].as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    Ok(names)
}

async fn the_other_name_of_stopped(level: Level) -> Result<()> {
    let other = if level == Level::L45 { "stopped" } else { "paused" };
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        let torrent = two_files("other");
        client.add(&Form::torrent(&torrent.bytes).text(other, "true")).await?;
        let expected = if lenient { level.stopped_download() } else { "stalledDL" };
        client.torrent_when(&torrent.id(), expected, |t| t["state"] == expected).await?;
        // The level's own name wins.
        let torrent = two_files("both");
        let form =
            Form::torrent(&torrent.bytes).text(other, "false").text(level.stopped_param(), "true");
        client.add(&form).await?;
        let expected = level.stopped_download();
        client.torrent_when(&torrent.id(), expected, |t| t["state"] == expected).await?;
        Ok(())
    })
    .await
}

async fn the_other_name_of_seed_mode(level: Level) -> Result<()> {
    let other = if level == Level::L53 { "skip_checking" } else { "seedMode" };
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        let payload = Payload::single("seeded.bin", 32_768);
        let torrent = Authoring::of(&payload).build();
        // A check would find that this is not the content.
        fs_err::write(target.data().join("seeded.bin"), vec![0; 32_768])?;
        let form = Form::torrent(&torrent.bytes).text(other, "true");
        client.add(&form.text(level.stopped_param(), "true")).await?;
        let expected = if lenient { level.stopped_upload() } else { level.stopped_download() };
        client.torrent_when(&torrent.id(), expected, |t| t["state"] == expected).await?;
        Ok(())
    })
    .await
}

async fn pause_and_resume(level: Level) -> Result<()> {
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        add_magnet(client).await?;
        let unknown =
            if level == Level::L53 { "404 Endpoint does not exist" } else { "404 Not Found" };
        for (action, state) in
            [("torrents/pause", level.stopped_download()), ("torrents/resume", "metaDL")]
        {
            let found = post(client, action, &[("hashes", "all")]).await?;
            if lenient {
                assert_eq!(found, "200", "{action}");
                client.torrent_when(MAGNET_ID, state, |t| t["state"] == state).await?;
            } else {
                assert_eq!(found, unknown, "{action}");
            }
        }
        Ok(())
    })
    .await
}

async fn filters_of_other_levels(level: Level) -> Result<()> {
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        add_magnet(client).await?;
        add_stopped(client, level, &two_files("halted")).await?;
        let (stopped, running) =
            if level == Level::L45 { ("stopped", "running") } else { ("paused", "resumed") };
        let all = ["No metadata", "halted"];
        let expected: [&[&str]; 2] = if lenient { [&all[1..], &all[..1]] } else { [&all; 2] };
        assert_eq!(names(client, &[("filter", stopped)]).await?, expected[0], "{stopped}");
        assert_eq!(names(client, &[("filter", running)]).await?, expected[1], "{running}");
        Ok(())
    })
    .await
}

async fn the_other_name_of_a_tracker(level: Level) -> Result<()> {
    let other = if level == Level::L53 { "origUrl" } else { "url" };
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        let id = add_stopped(client, level, &two_files("tracked")).await?;
        let old = "http://127.0.0.1:9/announce";
        let new = "http://127.0.0.1:9/changed";
        let form = [("hash", id.as_str()), (other, old), ("newUrl", new)];
        let refusal = if level == Level::L53 {
            "400 Missing required parameters: url"
        } else {
            "400 Bad Request"
        };
        let expected = if lenient { done(level) } else { refusal.to_owned() };
        assert_eq!(post(client, "torrents/editTracker", &form).await?, expected);
        Ok(())
    })
    .await
}

async fn share_limits_of_older_clients(level: Level) -> Result<()> {
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        let id = add_stopped(client, level, &two_files("limited")).await?;
        let mut form = vec![("hashes", id.as_str()), ("ratioLimit", "2")];
        form.push(("seedingTimeLimit", "60"));
        let mut full = form.clone();
        full.push(("inactiveSeedingTimeLimit", "33"));
        full.extend([("shareLimitAction", "Remove"), ("shareLimitsMode", "MatchAll")]);
        assert_eq!(post(client, "torrents/setShareLimits", &full).await?, "200");
        form[1].1 = "3";
        let found = post(client, "torrents/setShareLimits", &form).await?;
        if !lenient {
            assert!(found.starts_with("400"), "{found}");
            return Ok(());
        }
        assert_eq!(found, "200");
        let shown = client.torrent_when(&id, "the ratio", |t| t["ratio_limit"] == 3).await?;
        assert_eq!(shown["inactive_seeding_time_limit"], 33, "what is not given is kept");
        Ok(())
    })
    .await
}

async fn removal_without_a_word_on_the_files(level: Level) -> Result<()> {
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        let payload = Payload::single("kept.bin", 20_000);
        payload.write_to(&target.data())?;
        let torrent = Authoring::of(&payload).build();
        client.add(&Form::torrent(&torrent.bytes)).await?;
        let id = torrent.id();
        client.torrent_when(&id, "seeding", |t| t["state"] == "stalledUP").await?;
        let found = post(client, "torrents/delete", &[("hashes", &id)]).await?;
        if lenient {
            assert_eq!(found, "200");
            assert_eq!(client.torrent(&id).await?, None);
        } else {
            assert!(found.starts_with("400"), "{found}");
            assert!(client.torrent(&id).await?.is_some());
        }
        payload.verify_in(&target.data())
    })
    .await
}

async fn keys_at_every_level(level: Level) -> Result<()> {
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        let made = client.post("app/rotateAPIKey", &[]).await?;
        let stranger = target.anonymous()?;
        let with = async |key: &str| {
            let request = stranger.request(Method::GET, "app/version");
            let request = request.header("authorization", format!("Bearer {key}"));
            Ok::<_, anyhow::Error>(stranger.send(request).await?.brief())
        };
        if lenient {
            let made = made.json()?;
            let key = made.as_object().and_then(|made| made.values().next()?.as_str());
            let version = format!("200 {}", level.app_version());
            assert_eq!(with(key.context("a key")?).await?, version);
            assert_eq!(post(client, "app/deleteAPIKey", &[]).await?, "204");
        } else {
            assert_eq!(made.brief(), "404 Not Found");
        }
        // A wrong key is no reason to refuse more, or less, than without one.
        assert_eq!(with("nonsense").await?, "403 Forbidden");
        Ok(())
    })
    .await
}

async fn a_layout_that_is_undefined(level: Level) -> Result<()> {
    with_and_without(level, async |target, lenient| {
        let client = target.client();
        client.set_preferences(&json!({"torrent_content_layout": "Subfolder"})).await?;
        let payload = Payload::single("laid.bin", 20_000);
        let torrent = Authoring::of(&payload).build();
        let form = Form::torrent(&torrent.bytes).text("contentLayout", "undefined");
        client.add(&form.text(level.stopped_param(), "true")).await?;
        let id = torrent.id();
        client.torrent_when(&id, "stopped", |t| t["state"] == level.stopped_download()).await?;
        let files = client.json("torrents/files", &[("hash", &id)]).await?;
        let expected = if lenient { "laid/laid.bin" } else { "laid.bin" };
        assert_eq!(files[0]["name"], expected);
        Ok(())
    })
    .await
}

async fn the_cookie_of_another_level(level: Level) -> Result<()> {
    with_and_without(level, async |target, lenient| {
        let cookie = target.client().cookie().context("a cookie")?;
        let value = cookie.split_once('=').context("a pair")?.1;
        let other = if level == Level::L53 { "SID" } else { "QBT_SID_8080" };
        let client = target.anonymous()?;
        client.set_cookie(Some(format!("{other}={value}")));
        let version = format!("200 {}", level.app_version());
        let expected = if lenient { version.as_str() } else { "403 Forbidden" };
        assert_eq!(get(&client, "app/version", &[]).await?, expected);
        Ok(())
    })
    .await
}

at_each_level!(
    the_other_name_of_stopped,
    the_other_name_of_seed_mode,
    filters_of_other_levels,
    the_other_name_of_a_tracker,
    removal_without_a_word_on_the_files,
    a_layout_that_is_undefined,
    the_cookie_of_another_level,
);
at_levels!(pause_and_resume: l51 L51, l53 L53);
at_levels!(share_limits_of_older_clients: l51 L51, l53 L53);
at_levels!(keys_at_every_level: l45 L45, l51 L51);
