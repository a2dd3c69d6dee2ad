//! Stopping, forcing, queueing, checking, and the states that go with them.

use anyhow::{Context, Result};
use compat_tests::watch::{complaint, states_until};
use compat_tests::{Level, Payload, at_each_level, until};
use serde_json::json;

use crate::support::{Swarm, is_complete, is_seeding, progress};

async fn stopping_and_starting(level: Level) -> Result<()> {
    let payload = Payload::single("stop.bin", 1_500_000);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 400_000).await?;
    let id = torrent.id();

    let states = [level.stopped_download()];
    swarm.add_stopped(&torrent).await?;
    let is_in = |names: &'static [&'static str]| {
        move |torrent: &serde_json::Value| names.iter().any(|name| torrent["state"] == **name)
    };
    swarm.client().torrent_when(&id, "stopped", |t| t["state"] == states[0]).await?;
    swarm.start(&id).await?;
    swarm.client().torrent_when(&id, "downloading", is_in(&["downloading"])).await?;
    swarm.stop(&id).await?;
    swarm.client().torrent_when(&id, "stopped again", |t| t["state"] == states[0]).await?;
    let form = [("hashes", id.as_str()), ("value", "true")];
    swarm.client().ok("torrents/setForceStart", &form).await?;
    let forced =
        swarm.client().torrent_when(&id, "forced", is_in(&["forcedDL", "forcedUP"])).await?;
    assert_eq!(forced["force_start"], true);
    swarm.seeder.set_limit(&torrent, 0).await?;
    swarm.reconnect(&torrent).await?;
    swarm.client().torrent_when(&id, "forced seeding", is_in(&["forcedUP"])).await?;
    swarm.start(&id).await?;
    swarm.client().torrent_when(&id, "seeding", is_in(&["stalledUP", "uploading"])).await?;
    swarm.stop(&id).await?;
    swarm.client().torrent_when(&id, "stopped", |t| t["state"] == level.stopped_upload()).await?;

    payload.verify_in(&swarm.target.data())
}

async fn the_queue_holds_torrents_back(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    swarm
        .client()
        .set_preferences(&json!({
            "queueing_enabled": true, "max_active_downloads": 1, "max_active_torrents": 1,
        }))
        .await?;
    let payloads = ["one.bin", "two.bin", "three.bin"].map(|name| Payload::single(name, 20_000));
    let torrents = payloads.each_ref().map(|payload| swarm.torrent(payload));
    for torrent in &torrents {
        swarm.add(torrent, &[]).await?;
    }
    let ids = torrents.each_ref().map(compat_tests::Torrent::id);
    let place = async |index: usize| -> Result<Option<i64>> {
        Ok(swarm.client().torrent(&ids[index]).await?.context("listed")?["priority"].as_i64())
    };
    until("queue positions", async || {
        let places = [place(0).await?, place(1).await?, place(2).await?];
        Ok((places == [Some(1), Some(2), Some(3)]).then_some(()))
    })
    .await?;
    swarm.client().torrent_when(&ids[2], "queued", |t| t["state"] == "queuedDL").await?;

    swarm.client().ok("torrents/topPrio", &[("hashes", &ids[2])]).await?;
    until("the last is first", async || Ok((place(2).await? == Some(1)).then_some(()))).await?;
    swarm.client().torrent_when(&ids[2], "active", |t| t["state"] == "stalledDL").await?;
    swarm.client().torrent_when(&ids[0], "queued", |t| t["state"] == "queuedDL").await?;
    swarm.client().ok("torrents/increasePrio", &[("hashes", &ids[1])]).await?;
    until("the middle moves up", async || Ok((place(1).await? == Some(2)).then_some(()))).await?;
    swarm.client().ok("torrents/decreasePrio", &[("hashes", &ids[2])]).await?;
    until("the first moves down", async || Ok((place(2).await? == Some(2)).then_some(()))).await?;
    swarm.client().ok("torrents/bottomPrio", &[("hashes", &ids[1])]).await?;
    until("one is last", async || Ok((place(1).await? == Some(3)).then_some(()))).await?;

    // Force ignores the queue.
    let form = [("hashes", ids[1].as_str()), ("value", "true")];
    swarm.client().ok("torrents/setForceStart", &form).await?;
    swarm.client().torrent_when(&ids[1], "forced", |t| t["state"] == "forcedDL").await?;
    Ok(())
}

async fn in_states(swarm: &Swarm, ids: [&str; 2], mut expected: [&str; 2]) -> Result<()> {
    expected.sort_unstable();
    let what = format!("{expected:?}");
    until(&what, async || {
        let mut states = Vec::new();
        for id in ids {
            states.push(swarm.client().torrent(id).await?.context("listed")?["state"].clone());
        }
        states.sort_by_key(ToString::to_string);
        Ok((states == expected).then_some(()))
    })
    .await
}

/// What transfers nothing for a while does not count, so that the next one may start.
async fn slow_torrents_do_not_count(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let client = swarm.client();
    let queue = |slow: bool| {
        json!({
            "queueing_enabled": true, "max_active_downloads": 1, "max_active_torrents": 10,
            "dont_count_slow_torrents": slow, "slow_torrent_dl_rate_threshold": 2,
            "slow_torrent_ul_rate_threshold": 2, "slow_torrent_inactive_timer": 1,
        })
    };
    client.set_preferences(&queue(false)).await?;
    let payloads = ["one.bin", "two.bin"].map(|name| Payload::single(name, 20_000));
    let torrents = payloads.each_ref().map(|payload| swarm.torrent(payload));
    for torrent in &torrents {
        swarm.add(torrent, &[]).await?;
    }
    let ids = torrents.each_ref().map(compat_tests::Torrent::id);
    let ids = ids.each_ref().map(String::as_str);
    in_states(&swarm, ids, ["stalledDL", "queuedDL"]).await?;
    client.set_preferences(&queue(true)).await?;
    in_states(&swarm, ids, ["stalledDL", "stalledDL"]).await
}

/// The limit of uploads holds back what is complete, and that of all torrents both.
async fn seeds_wait_too(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let client = swarm.client();
    let queue = |uploads: i32, torrents: i32| {
        json!({
            "queueing_enabled": true, "max_active_downloads": 5, "max_active_uploads": uploads,
            "max_active_torrents": torrents, "dont_count_slow_torrents": false,
        })
    };
    client.set_preferences(&queue(1, 10)).await?;
    let payloads = ["one.bin", "two.bin"].map(|name| Payload::single(name, 20_000));
    let torrents = payloads.each_ref().map(|payload| swarm.torrent(payload));
    for (torrent, payload) in torrents.iter().zip(&payloads) {
        payload.write_to(&swarm.target.data())?;
        swarm.add(torrent, &[]).await?;
    }
    let ids = torrents.each_ref().map(compat_tests::Torrent::id);
    let ids = ids.each_ref().map(String::as_str);
    in_states(&swarm, ids, ["stalledUP", "queuedUP"]).await?;
    client.set_preferences(&queue(5, 10)).await?;
    in_states(&swarm, ids, ["stalledUP", "stalledUP"]).await?;
    client.set_preferences(&queue(5, 1)).await?;
    in_states(&swarm, ids, ["stalledUP", "queuedUP"]).await
}

async fn a_recheck_finds_damage(level: Level) -> Result<()> {
    let payload = Payload::single("damaged.bin", 1_600_000);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    swarm.finished(&id).await?;

    swarm.stop(&id).await?;
    swarm.client().torrent_when(&id, "stopped", |t| t["state"] == level.stopped_upload()).await?;
    let path = swarm.target.data().join("damaged.bin");
    let mut bytes = fs_err::read(&path)?;
    bytes[..200_000].fill(0);
    fs_err::write(&path, &bytes)?;
    swarm.client().ok("torrents/recheck", &[("hashes", &id)]).await?;
    let down = level.stopped_download();
    // A stopped torrent is checked and ends stopped.
    let listed = swarm.client().torrent_when(&id, "the loss", |t| t["state"] == down).await?;
    assert!((0.8..0.95).contains(&progress(&listed)), "{listed}");
    swarm.start(&id).await?;
    swarm.reconnect(&torrent).await?;
    let states = states_until(swarm.client(), &id, "the repair", |torrent| {
        is_complete(torrent) && is_seeding(torrent)
    })
    .await?;

    assert_eq!(complaint(level, &states), None);
    payload.verify_in(&swarm.target.data())
}

async fn data_that_is_there_is_not_fetched_again(level: Level) -> Result<()> {
    let payload = Payload::folder("there", &[("a.bin", 300_000), ("b.bin", 300_000)]);
    let swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    payload.write_to(&swarm.target.data())?;

    swarm.add(&torrent, &[]).await?;
    let listed = swarm.finished(&torrent.id()).await?;

    assert_eq!(listed["downloaded"], 0);
    Ok(())
}

async fn stop_conditions(level: Level) -> Result<()> {
    let payload = Payload::folder("cond", &[("a.bin", 160_000), ("b.bin", 160_000)]);
    let mut swarm = Swarm::at(level).await?;

    // A magnet stops with its metadata.
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    let magnet = torrent.magnet(&[&swarm.tracker.url()]);
    swarm.add_magnet(&magnet, &id, &[("stopCondition", "MetadataReceived")]).await?;
    let down = level.stopped_download();
    let listed = swarm.client().torrent_when(&id, "stopped", |t| t["state"] == down).await?;
    assert_eq!(listed["total_size"], 320_000);
    assert_eq!(listed["progress"], 0);
    // A torrent file whose data is partly there stops after the check.
    let payload = Payload::folder("part", &[("a.bin", 160_000), ("b.bin", 160_000)]);
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    let folder = swarm.target.data().join("part");
    fs_err::create_dir_all(&folder)?;
    fs_err::write(folder.join("a.bin"), &payload.files[0].bytes)?;
    swarm.add(&torrent, &[("stopCondition", "FilesChecked")]).await?;
    let listed = swarm
        .client()
        .torrent_when(&id, "checked and stopped", |t| t["state"] == down && progress(t) >= 0.4)
        .await?;
    assert!(progress(&listed) < 0.55, "{listed}");
    swarm.start(&id).await?;
    swarm.finished(&id).await?;
    payload.verify_in(&swarm.target.data())
}

at_each_level!(
    stopping_and_starting,
    the_queue_holds_torrents_back,
    slow_torrents_do_not_count,
    seeds_wait_too,
    a_recheck_finds_damage,
    data_that_is_there_is_not_fetched_again,
    stop_conditions,
);
