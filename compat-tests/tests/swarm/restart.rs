//! An orderly restart changes nothing: no check, no loss, seeding goes on.

use anyhow::{Context, Result};
use compat_tests::watch::{complaint, states_until};
use compat_tests::{Level, Payload, Seeder, at_any_level, at_each_level};
use serde_json::{Value, json};

use crate::support::{Swarm, is_complete, is_seeding, progress};

async fn a_download_goes_on(level: Level) -> Result<()> {
    let payload = Payload::single("resumed.bin", 3_000_000);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 500_000).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    let before =
        swarm.client().torrent_when(&id, "some of the data", |t| progress(t) > 0.2).await?;

    let exit = swarm.target.stop().await?;
    assert!(exit.success(), "the server ended with {exit}");
    swarm.target.start().await?;
    let after = swarm.client().torrent_when(&id, "it is attached", |t| progress(t) > 0.0).await?;
    assert!(progress(&after) >= progress(&before), "{} after {}", progress(&after), before);
    swarm.seeder.set_limit(&torrent, 0).await?;
    let states = states_until(swarm.client(), &id, "the download", |torrent| {
        is_complete(torrent) && is_seeding(torrent)
    })
    .await?;

    assert_eq!(complaint(level, &states), None);
    assert!(!states.iter().any(|state| state == "checkingDL"), "rechecked: {states:?}");
    assert_eq!(after["added_on"], before["added_on"]);
    payload.verify_in(&swarm.target.data())
}

async fn seeding_goes_on(level: Level) -> Result<()> {
    let payload = Payload::folder("seeded", &[("a.bin", 300_000), ("b.bin", 300_000)]);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    let before = swarm.finished(&id).await?;

    swarm.target.restart().await?;
    let states = states_until(swarm.client(), &id, "seeding", is_seeding).await?;
    let after = swarm.finished(&id).await?;
    let mut leecher = Seeder::start().await?;
    leecher.download(&torrent, swarm.target.torrenting()?).await?;

    assert!(!states.iter().any(|state| state == "checkingUP"), "rechecked: {states:?}");
    assert_eq!(after["completion_on"], before["completion_on"]);
    assert_eq!(after["added_on"], before["added_on"]);
    payload.verify_in(leecher.folder())
}

async fn everything_set_is_still_set(level: Level) -> Result<()> {
    let payload = Payload::folder("kept", &[("a.bin", 32_768), ("b.bin", 32_768)]);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    let id = torrent.id();
    let id = id.as_str();
    let client = swarm.client();
    let magnet = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=No+metadata";
    let magnet_id = "0123456789abcdef0123456789abcdef01234567";
    swarm.add_magnet(magnet, magnet_id, &[("tags", "two")]).await?;
    for (action, form) in [
        ("createCategory", [("category", "films"), ("savePath", "/srv/films")]),
        ("createCategory", [("category", "empty"), ("savePath", "")]),
        ("createTags", [("tags", "one,two,unused"), ("", "")]),
    ] {
        client.ok(&format!("torrents/{action}"), &form).await?;
    }
    client.ok("transfer/setUploadLimit", &[("limit", "204800")]).await?;
    // Last, since the reference writes its other settings only with these.
    client.set_preferences(&json!({"max_connec": 321})).await?;
    swarm.add_stopped(&torrent).await?;
    for (action, form) in [
        ("setCategory", vec![("hashes", id), ("category", "films")]),
        ("addTags", vec![("hashes", id), ("tags", "one,two")]),
        ("setUploadLimit", vec![("hashes", id), ("limit", "12345")]),
        ("setDownloadLimit", vec![("hashes", id), ("limit", "54321")]),
        ("filePrio", vec![("hash", id), ("id", "1"), ("priority", "0")]),
        ("rename", vec![("hash", id), ("name", "A better name")]),
        ("renameFile", vec![("hash", id), ("oldPath", "kept/a.bin"), ("newPath", "kept/c.bin")]),
        ("toggleSequentialDownload", vec![("hashes", id)]),
        ("addTrackers", vec![("hash", id), ("urls", "http://127.0.0.1:9/announce")]),
    ] {
        client.ok(&format!("torrents/{action}"), &form).await?;
    }
    let shown = async |swarm: &Swarm| -> Result<Value> {
        let client = swarm.client();
        let mut torrents = client
            .json("torrents/info", &[("sort", "name")])
            .await?
            .as_array()
            .cloned()
            .context("a list")?;
        for torrent in &mut torrents {
            let fields = torrent.as_object_mut().context("an object")?;
            // `content_path` and `availability` of a stopped torrent settle late at level 4.5.
            for volatile in [
                "time_active",
                "state",
                "last_activity",
                "reannounce",
                "amount_left",
                "size",
                "content_path",
                "availability",
            ] {
                fields.remove(volatile);
            }
        }
        let preferences = client.json("app/preferences", &[]).await?;
        let mut tags: Vec<String> =
            serde_json::from_value(client.json("torrents/tags", &[]).await?)?;
        tags.sort();
        Ok(json!({
            "torrents": torrents,
            "files": client.json("torrents/files", &[("hash", id)]).await?,
            "categories": client.json("torrents/categories", &[]).await?,
            "tags": tags,
            "limit": client.get("transfer/uploadLimit", &[]).await?.text(),
            "connections": preferences["max_connec"],
        }))
    };
    swarm
        .client()
        .torrent_when(id, "all of it shows", |t| {
            t["dl_limit"] == 54321 && t["seq_dl"] == true && t["trackers_count"] == 2
        })
        .await?;
    compat_tests::until("the renamed file", async || {
        let files = swarm.client().json("torrents/files", &[("hash", id)]).await?;
        Ok((files[0]["name"] == "kept/c.bin").then_some(()))
    })
    .await?;
    let before = shown(&swarm).await?;

    swarm.target.restart().await?;
    swarm
        .client()
        .torrent_when(id, "stopped as before", |t| t["state"] == level.stopped_download())
        .await?;
    swarm.client().torrent_when(magnet_id, "searching", |t| t["state"] == "metaDL").await?;

    assert_eq!(shown(&swarm).await?, before);
    Ok(())
}

async fn missing_data_is_noticed(level: Level) -> Result<()> {
    let payload = Payload::single("lost.bin", 200_000);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    swarm.finished(&id).await?;
    swarm.target.stop().await?;
    fs_err::remove_file(swarm.target.data().join("lost.bin"))?;

    swarm.target.start().await?;
    swarm.client().torrent_when(&id, "the loss", |t| t["state"] == "missingFiles").await?;
    let errored = swarm.client().json("torrents/info", &[("filter", "errored")]).await?;
    assert_eq!(errored[0]["hash"], id);
    // A stop does not hide it.
    swarm.stop(&id).await?;
    swarm.client().torrent_when(&id, "the loss", |t| t["state"] == "missingFiles").await?;
    swarm.start(&id).await?;
    // A recheck accepts the loss, and the data is fetched again. As the torrent may have met its seeder as a seed
    // before, and libtorrent waits a minute before it meets the same peer twice, a fresh one brings the data.
    swarm.client().ok("torrents/recheck", &[("hashes", &id)]).await?;
    let accepted = |torrent: &Value| torrent["state"] != "missingFiles";
    swarm.client().torrent_when(&id, "the accepted loss", accepted).await?;
    let mut fresh = Seeder::start().await?;
    fresh.seed(&torrent, &payload, 0).await?;
    let peer = fresh.address().to_string();
    swarm.client().ok("torrents/addPeers", &[("hashes", &id), ("peers", &peer)]).await?;
    swarm.finished(&id).await?;

    payload.verify_in(&swarm.target.data())
}

at_each_level!(seeding_goes_on, everything_set_is_still_set, missing_data_is_noticed);
at_any_level!(a_download_goes_on);
