//! Looking at a magnet before it is added.

use anyhow::Result;
use compat_tests::{Authoring, Level, Payload, at_levels, differs, until};
use serde_json::{Value, json};

use crate::support::Swarm;

/// Asks until the metadata is there.
async fn metadata(swarm: &Swarm, source: &str) -> Result<Value> {
    let form = [("source", source)];
    until("the metadata", async || {
        let reply = swarm.client().post("torrents/fetchMetadata", &form).await?;
        anyhow::ensure!(matches!(reply.status, 200 | 202), "{}", reply.brief());
        if reply.status == 202 { Ok(None) } else { reply.json().map(Some) }
    })
    .await
}

async fn a_magnet_shows_its_files_before_it_is_added(level: Level) -> Result<()> {
    let payload = Payload::folder("looked", &[("a.bin", 100_000), ("sub/b.bin", 50_000)]);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    let magnet = torrent.magnet(&[&swarm.tracker.url()]);

    let found = metadata(&swarm, &magnet).await?;

    assert_eq!(found["hash"], id);
    assert_eq!(found["info"]["name"], "looked");
    assert_eq!(
        found["info"]["files"],
        json!([
            {"length": 100_000, "path": "looked/a.bin"},
            {"length": 50_000, "path": "looked/sub/b.bin"},
        ])
    );
    assert_eq!(swarm.client().json("torrents/info", &[]).await?, json!([]));
    assert!(!swarm.target.data().join("looked").exists());
    let saved = swarm.client().get("torrents/saveMetadata", &[("source", &id)]).await?;
    assert_eq!(saved.status, 200, "{}", saved.brief());

    // The add needs no metadata from the swarm any more, and its priorities apply at once.
    let listed = swarm.add_magnet(&magnet, &id, &[("filePriorities", "1,0")]).await?;
    assert_eq!(listed["has_metadata"], true);
    swarm.finished(&id).await?;
    compat_tests::torrent::verify(&swarm.target.data().join("looked/a.bin"), &payload.files[0])?;
    let again = swarm.client().get("torrents/saveMetadata", &[("source", &id)]).await?;
    assert_eq!(again.brief(), "409 Metadata is not yet available");
    Ok(())
}

/// A fetch under way stands not in the way of the real torrent.
///
/// The real 5.3.0 lists it only when the metadata has arrived.
async fn a_magnet_can_be_added_while_it_is_looked_at(level: Level) -> Result<()> {
    if !differs("A magnet that is added while") {
        return Ok(());
    }
    let payload = Payload::single("meanwhile.bin", 100_000);
    let mut swarm = Swarm::at(level).await?;
    let torrent = Authoring::of(&payload).build();
    let id = torrent.id();
    let magnet = torrent.magnet(&[&swarm.tracker.url()]);
    let form = [("source", magnet.as_str())];
    let pending = swarm.client().post("torrents/fetchMetadata", &form).await?;
    assert_eq!(pending.status, 202, "{}", pending.brief());

    swarm.add_magnet(&magnet, &id, &[]).await?;
    swarm.seed(&torrent, &payload, 0).await?;
    swarm.reconnect(&torrent).await?;

    swarm.finished(&id).await?;
    assert_eq!(metadata(&swarm, &id).await?["info"]["name"], "meanwhile.bin");
    payload.verify_in(&swarm.target.data())
}

at_levels!(
    a_magnet_shows_its_files_before_it_is_added: l53 L53
);
at_levels!(
    a_magnet_can_be_added_while_it_is_looked_at: l53 L53
);
