//! Magnet links: metadata first, then the data.

use anyhow::Result;
use compat_tests::watch::{complaint, states_until};
use compat_tests::{Authoring, Form, Level, Payload, Version, at_any_level, at_each_level};

use crate::support::{Swarm, is_complete, is_seeding};

fn payload() -> Payload {
    Payload::folder("magnet", &[("a.bin", 300_000), ("sub/b.bin", 200_000)])
}

async fn peers_of_the_tracker(level: Level, version: Version) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    let torrent = Authoring::of(&payload).version(version).tracker(&swarm.tracker.url()).build();
    let magnet = torrent.magnet(&[&swarm.tracker.url()]);

    let listed = swarm.add_magnet(&magnet, &torrent.id(), &[]).await?;
    assert_eq!(listed["name"], "magnet");
    assert_eq!(listed["total_size"], -1);
    assert_eq!(listed["progress"], 0);
    let listed = swarm
        .client()
        .torrent_when(&torrent.id(), "the search for metadata", |torrent| {
            torrent["state"] == "metaDL"
        })
        .await?;
    assert_eq!(listed["content_path"], "");
    let files = swarm.client().json("torrents/files", &[("hash", &torrent.id())]).await?;
    assert_eq!(files, serde_json::json!([]));

    // The first announce found nobody; a second one finds the seeder.
    swarm.seed(&torrent, &payload, 0).await?;
    swarm.client().ok("torrents/reannounce", &[("hashes", &torrent.id())]).await?;
    let states = states_until(swarm.client(), &torrent.id(), "the download", |torrent| {
        is_complete(torrent) && is_seeding(torrent)
    })
    .await?;

    assert_eq!(complaint(level, &states), None);
    payload.verify_in(&swarm.target.data())
}

async fn with_a_tracker(level: Level) -> Result<()> {
    peers_of_the_tracker(level, Version::V1).await
}

async fn of_a_v2_torrent(level: Level) -> Result<()> {
    peers_of_the_tracker(level, Version::V2).await
}

async fn of_a_hybrid_torrent(level: Level) -> Result<()> {
    peers_of_the_tracker(level, Version::Hybrid).await
}

async fn peers_of_the_user(level: Level) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    let torrent = Authoring::of(&payload).build();
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();

    swarm.add_magnet(&torrent.magnet(&[]), &id, &[]).await?;
    let peer = swarm.seeder.address().to_string();
    let reply =
        swarm.client().post("torrents/addPeers", &[("hashes", &id), ("peers", &peer)]).await?;
    assert_eq!(reply.brief(), format!(r#"200 {{"{id}":{{"added":1,"failed":0}}}}"#));
    swarm.finished(&id).await?;

    payload.verify_in(&swarm.target.data())
}

async fn a_bare_hash(level: Level) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    let torrent = Authoring::of(&payload).build();
    swarm.seed(&torrent, &payload, 0).await?;

    let listed = swarm.add_magnet(&torrent.id(), &torrent.id(), &[]).await?;
    assert_eq!(listed["name"], torrent.id());
    let peer = swarm.seeder.address().to_string();
    swarm.client().ok("torrents/addPeers", &[("hashes", &torrent.id()), ("peers", &peer)]).await?;
    let listed = swarm.finished(&torrent.id()).await?;

    assert_eq!(listed["name"], "magnet");
    payload.verify_in(&swarm.target.data())
}

/// A torrent file for a magnet that still waits for metadata completes the magnet, and counts as a duplicate.
async fn a_torrent_file_completes_a_magnet(level: Level) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    let torrent = Authoring::of(&payload).build();
    swarm.seed(&torrent, &payload, 0).await?;
    swarm.add_magnet(&torrent.magnet(&[]), &torrent.id(), &[]).await?;

    let reply = swarm.client().upload("torrents/add", &Form::torrent(&torrent.bytes)).await?;
    let refusal = if level == Level::L53 { "409 Conflict" } else { "200 Fails." };
    assert_eq!(reply.brief(), refusal);
    let listed = swarm
        .client()
        .torrent_when(&torrent.id(), "the metadata", |torrent| torrent["total_size"] == 500_000)
        .await?;

    assert_ne!(listed["state"], "metaDL");
    Ok(())
}

at_each_level!(
    with_a_tracker,
    of_a_hybrid_torrent,
    peers_of_the_user,
    a_torrent_file_completes_a_magnet
);
at_any_level!(a_bare_hash, of_a_v2_torrent);
