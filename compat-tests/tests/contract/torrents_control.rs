//! Running state, queue and switches. Actions on unknown torrents succeed and do nothing.

use anyhow::Result;
use compat_tests::{
    Authoring, Client, Form, Level, Payload, Target, at_each_level, differs, until,
};
use serde_json::{Value, json};

use crate::support::{
    MAGNET, MAGNET_ID, UNKNOWN, add_magnet, add_stopped, post, server, two_files,
};

async fn unknown_torrents_are_ignored(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut actions = vec![
        (level.stop_route(), None),
        (level.start_route(), None),
        ("torrents/recheck", None),
        ("torrents/reannounce", None),
        ("torrents/toggleSequentialDownload", None),
        ("torrents/toggleFirstLastPiecePrio", None),
        ("torrents/setForceStart", Some(("value", "true"))),
        ("torrents/setSuperSeeding", Some(("value", "true"))),
        ("torrents/delete", Some(("deleteFiles", "true"))),
        ("torrents/setUploadLimit", Some(("limit", "1"))),
        ("torrents/setDownloadLimit", Some(("limit", "1"))),
        ("torrents/setCategory", Some(("category", "unknown"))),
        ("torrents/addTags", Some(("tags", "t"))),
        ("torrents/removeTags", Some(("tags", "t"))),
        ("torrents/setAutoManagement", Some(("enable", "true"))),
    ];
    if level >= Level::L51 {
        actions.push(("torrents/setTags", Some(("tags", "t"))));
    }
    for (action, more) in actions {
        for hashes in [UNKNOWN, "", "nonsense", "|||", "all|all"] {
            let mut form = vec![("hashes", hashes)];
            form.extend(more);
            let reply = client.post(action, &form).await?;
            assert!(matches!(reply.status, 200 | 204), "{action} {hashes:?}: {}", reply.brief());
            assert!(reply.body.is_empty(), "{action}");
        }
    }
    Ok(())
}

async fn three(level: Level) -> Result<(Target, Vec<String>)> {
    let target = server(level).await?;
    let ids = add_three(target.client(), level).await?;
    Ok((target, ids))
}

async fn add_three(client: &Client, level: Level) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        ids.push(add_stopped(client, level, &two_files(name)).await?);
    }
    Ok(ids)
}

async fn one_many_or_all(level: Level) -> Result<()> {
    let (target, ids) = three(level).await?;
    let client = target.client();
    let down = level.stopped_download();
    assert_eq!(post(client, level.start_route(), &[("hashes", "all")]).await?, "200");
    for id in &ids {
        client.torrent_when(id, "started", |t| t["state"] == "stalledDL").await?;
    }
    let two = format!("{}|{UNKNOWN}|{}", ids[0].to_uppercase(), ids[2]);
    assert_eq!(post(client, level.stop_route(), &[("hashes", &two)]).await?, "200");
    client.torrent_when(&ids[0], "stopped", |t| t["state"] == down).await?;
    client.torrent_when(&ids[2], "stopped", |t| t["state"] == down).await?;
    client.torrent_when(&ids[1], "running", |t| t["state"] == "stalledDL").await?;
    let form = [("hashes", ids[1].as_str()), ("deleteFiles", "false")];
    assert_eq!(post(client, "torrents/delete", &form).await?, "200");
    until("it is gone", async || Ok(client.torrent(&ids[1]).await?.is_none().then_some(())))
        .await?;
    let form = [("hashes", "all"), ("deleteFiles", "nonsense")];
    assert_eq!(post(client, "torrents/delete", &form).await?, "200");
    until("all are gone", async || {
        Ok((client.json("torrents/info", &[]).await? == json!([])).then_some(()))
    })
    .await
}

async fn switches(level: Level) -> Result<()> {
    let (target, ids) = three(level).await?;
    let client = target.client();
    let id = ids[0].as_str();
    for (action, field) in
        [("toggleSequentialDownload", "seq_dl"), ("toggleFirstLastPiecePrio", "f_l_piece_prio")]
    {
        for expected in [true, false] {
            assert_eq!(
                post(client, &format!("torrents/{action}"), &[("hashes", id)]).await?,
                "200"
            );
            client.torrent_when(id, action, |torrent| torrent[field] == expected).await?;
        }
    }
    // Forcing starts a stopped torrent, and so does taking the force back.
    for (torrent, value, is_forced, state) in [
        (&ids[0], "true", true, "forcedDL"),
        (&ids[0], "false", false, "stalledDL"),
        (&ids[1], "false", false, "stalledDL"),
        (&ids[2], "TRUE", true, "forcedDL"),
    ] {
        let form = [("hashes", torrent.as_str()), ("value", value)];
        assert_eq!(post(client, "torrents/setForceStart", &form).await?, "200");
        client
            .torrent_when(torrent, state, |torrent| {
                torrent["force_start"] == is_forced && torrent["state"] == state
            })
            .await?;
    }
    let form = [("hashes", id), ("value", "true")];
    assert_eq!(post(client, "torrents/setSuperSeeding", &form).await?, "200");
    // A check of a stopped torrent leaves it stopped; without metadata there is nothing to check.
    client.ok(level.stop_route(), &[("hashes", id)]).await?;
    client.torrent_when(id, "stopped", |t| t["state"] == level.stopped_download()).await?;
    assert_eq!(post(client, "torrents/recheck", &[("hashes", id)]).await?, "200");
    client.torrent_when(id, "stopped", |t| t["state"] == level.stopped_download()).await?;
    let magnet = add_magnet(client).await?;
    assert_eq!(post(client, "torrents/recheck", &[("hashes", magnet)]).await?, "200");
    Ok(())
}

async fn the_queue(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false})).await?;
    let ids = add_three(client, level).await?;
    let off = "409 Torrent queueing must be enabled";
    for action in ["increasePrio", "decreasePrio", "topPrio", "bottomPrio"] {
        let action = format!("torrents/{action}");
        for hashes in [ids[0].as_str(), UNKNOWN, "all"] {
            assert_eq!(post(client, &action, &[("hashes", hashes)]).await?, off, "{action}");
        }
    }
    client.set_preferences(&json!({"queueing_enabled": true})).await?;
    let order = async |what: &str, expected: [i64; 3]| {
        until(what, async || {
            let mut found = Vec::new();
            for id in &ids {
                let torrent = client.torrent(id).await?.unwrap_or_default();
                found.push(torrent["priority"].as_i64().unwrap_or(-9));
            }
            Ok((found == expected).then_some(()))
        })
        .await
    };
    order("the order of adding", [1, 2, 3]).await?;
    let act = async |action: &str, hashes: &str| {
        let action = format!("torrents/{action}");
        let found = post(client, &action, &[("hashes", hashes)]).await?;
        assert_eq!(found, "200", "{action}");
        Ok::<_, anyhow::Error>(())
    };
    act("topPrio", &format!("{}|{}", ids[1], ids[2])).await?;
    order("two on top keep their order", [3, 1, 2]).await?;
    act("bottomPrio", &ids[1]).await?;
    order("bottom", [2, 3, 1]).await?;
    act("increasePrio", &ids[0]).await?;
    order("up", [1, 3, 2]).await?;
    act("decreasePrio", &ids[0]).await?;
    order("down", [2, 3, 1]).await?;
    act("topPrio", "all").await?;
    order("`all` is no word here", [2, 3, 1]).await
}

/// Nothing of a removal stands in the way of the next add, however soon it comes.
async fn what_was_removed_can_be_added_again(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let torrent = two_files("again");
    let stopped = Form::torrent(&torrent.bytes).text(level.stopped_param(), "true");
    for _ in 0..20 {
        for (form, id) in [(&Form::url(MAGNET), MAGNET_ID), (&stopped, &*torrent.id())] {
            client.add(form).await?;
            client.torrent_when(id, "listed", |_| true).await?;
            client.ok("torrents/delete", &[("hashes", id), ("deleteFiles", "true")]).await?;
            client.add(form).await?;
            client.torrent_when(id, "listed again", |_| true).await?;
            client.ok("torrents/delete", &[("hashes", id), ("deleteFiles", "true")]).await?;
        }
    }
    Ok(())
}

/// What is missing is not fetched again by a start: the disk may only not be mounted. A check accepts the loss.
async fn a_start_fetches_nothing_that_is_missing(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let lost = two_files("lost");
    let id = lost.id();
    client.add(&Form::torrent(&lost.bytes).text(level.seed_mode_param(), "true")).await?;
    client.torrent_when(&id, "the loss", |t| t["state"] == "missingFiles").await?;

    client.ok(level.start_route(), &[("hashes", &id)]).await?;

    if differs("was added as complete and whose files are not there") {
        let payload = Payload::single("there.bin", 20_000);
        payload.write_to(&target.data())?;
        let later = Authoring::of(&payload).build();
        client.add(&Form::torrent(&later.bytes)).await?;
        let mut states = Vec::new();
        until("what was added after the start", async || {
            states.extend(client.torrent(&id).await?.map(|t| t["state"].clone()));
            Ok(client.torrent(&later.id()).await?.filter(|t| t["state"] == "stalledUP"))
        })
        .await?;
        let is_left_alone =
            |state: &Value| *state == "missingFiles" || *state == "checkingResumeData";
        assert!(states.iter().all(is_left_alone), "{states:?}");
        client.torrent_when(&id, "the loss again", |t| t["state"] == "missingFiles").await?;
    } else {
        // Either may come of it, as a check of the real server begins early or late.
        let is_examined = |t: &Value| *t == "missingFiles" || *t == "stalledDL";
        client.torrent_when(&id, "the examination", |t| is_examined(&t["state"])).await?;
    }
    client.ok("torrents/recheck", &[("hashes", &id)]).await?;
    client.torrent_when(&id, "the accepted loss", |t| t["state"] == "stalledDL").await?;
    Ok(())
}

at_each_level!(
    what_was_removed_can_be_added_again,
    a_start_fetches_nothing_that_is_missing,
    unknown_torrents_are_ignored,
    one_many_or_all,
    switches,
    the_queue
);
