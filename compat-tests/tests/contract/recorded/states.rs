//! States that a client rarely sees, and what leads into and out of them.

use anyhow::Result;
use compat_tests::watch::states_until;
use compat_tests::{Authoring, Client, Form, Level, Payload, at_each_level};
use serde_json::{Value, json};

use crate::support::{MAGNET_ID, add_magnet, server, two_files};

const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba98";

async fn state_when(client: &Client, id: &str, state: &str) -> Result<Value> {
    client.torrent_when(id, state, |t| t["state"] == state).await
}

async fn force(client: &Client, id: &str, value: &str) -> Result<()> {
    client.ok("torrents/setForceStart", &[("hashes", id), ("value", value)]).await?;
    Ok(())
}

/// A magnet that waits for its metadata: running, forced, stopped, queued.
async fn without_metadata(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false, "refresh_interval": 200})).await?;
    let (id, down) = (add_magnet(client).await?, level.stopped_download());
    state_when(client, id, "metaDL").await?;
    force(client, id, "true").await?;
    let forced = state_when(client, id, "forcedMetaDL").await?;
    assert_eq!((&forced["force_start"], &forced["eta"]), (&json!(true), &json!(8_640_000)));
    for filter in ["downloading", "active"] {
        let found = client.json("torrents/info", &[("filter", filter)]).await?;
        // At 5.3 only what transfers is active.
        let expected = usize::from(filter == "downloading" || level < Level::L53);
        assert_eq!(found.as_array().map(Vec::len), Some(expected), "{filter}");
    }
    client.ok(level.stop_route(), &[("hashes", id)]).await?;
    assert_eq!(state_when(client, id, down).await?["force_start"], false);
    force(client, id, "true").await?;
    state_when(client, id, "forcedMetaDL").await?;
    force(client, id, "false").await?;
    state_when(client, id, "metaDL").await?;

    client
        .set_preferences(&json!({
            "queueing_enabled": true, "max_active_downloads": 1, "max_active_torrents": 1,
        }))
        .await?;
    client.add(&Form::url(&format!("magnet:?xt=urn:btih:{OTHER}"))).await?;
    state_when(client, OTHER, "queuedDL").await?;
    force(client, OTHER, "true").await?;
    state_when(client, OTHER, "forcedMetaDL").await?;
    assert_eq!(client.torrent_when(MAGNET_ID, "listed", |_| true).await?["force_start"], false);
    Ok(())
}

/// Something is in the way of the content: the torrent says so until that is gone and it is started again.
async fn an_error_and_its_end(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false, "refresh_interval": 200})).await?;
    let torrent = two_files("blocked");
    let id = torrent.id();
    let in_the_way = target.data().join("blocked");
    fs_err::write(&in_the_way, "a file where a folder should be")?;

    client.add(&Form::torrent(&torrent.bytes)).await?;
    let failed = state_when(client, &id, "error").await?;
    assert_eq!((&failed["progress"], &failed["eta"]), (&json!(0), &json!(8_640_000)));
    for (filter, expected) in [("errored", 1), ("seeding", 0), ("completed", 0), ("stalled", 0)] {
        let found = client.json("torrents/info", &[("filter", filter)]).await?;
        assert_eq!(found.as_array().map(Vec::len), Some(expected), "{filter}");
    }
    // A stop does not hide it.
    client.ok(level.stop_route(), &[("hashes", &id)]).await?;
    state_when(client, &id, "error").await?;
    fs_err::remove_file(&in_the_way)?;
    client.ok(level.start_route(), &[("hashes", &id)]).await?;
    state_when(client, &id, "stalledDL").await?;
    let found = client.json("torrents/info", &[("filter", "errored")]).await?;
    assert_eq!(found, json!([]));
    Ok(())
}

/// A new torrent is `checkingResumeData` at first, and nothing that is not said of such a torrent anywhere.
async fn the_first_states(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false, "refresh_interval": 1000})).await?;
    let payload = Payload::single("new.bin", 20_000);
    let torrent = Authoring::of(&payload).build();
    client.add(&Form::torrent(&torrent.bytes)).await?;
    let id = torrent.id();
    client.torrent_when(&id, "the torrent", |_| true).await?;
    let states = states_until(client, &id, "running", |t| t["state"] == "stalledDL").await?;
    let known = ["checkingResumeData", "checkingDL", "stalledDL"];
    assert!(states.iter().all(|state| known.contains(&state.as_str())), "{states:?}");

    // A check begins after the answer at the latest, and shows as one.
    payload.write_to(&target.data())?;
    client.ok("torrents/recheck", &[("hashes", &id)]).await?;
    let states = states_until(client, &id, "complete", |t| t["state"] == "stalledUP").await?;
    let known = ["stalledDL", "checkingResumeData", "checkingDL", "stalledUP"];
    assert!(states.iter().all(|state| known.contains(&state.as_str())), "{states:?}");
    client.ok("torrents/recheck", &[("hashes", &id)]).await?;
    client.torrent_when(&id, "checked", |t| t["state"] == "stalledUP").await?;
    Ok(())
}

at_each_level!(without_metadata, an_error_and_its_end, the_first_states);
