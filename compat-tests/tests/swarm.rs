//! Real downloads: a second client seeds on loopback, and what arrives is compared bit for bit.

use anyhow::Result;
use compat_tests::{
    Authoring, Form, Level, Payload, Seeder, Target, Tracker, Version, at_each_level,
};

async fn a_tracker_brings_the_peers(level: Level) -> Result<()> {
    let payload = Payload::single("single.bin", 3_000_000);
    let tracker = Tracker::start().await?;
    let mut seeder = Seeder::start().await?;
    for version in [Version::V1, Version::V2, Version::Hybrid] {
        let torrent = Authoring::of(&payload)
            .version(version)
            .piece_length(65536)
            .tracker(&tracker.url())
            .build();
        seeder.seed(&torrent, &payload, 0).await?;
        tracker.add_peer(&torrent.id(), seeder.address());
        tracker.add_peer(&torrent.v1_hex(), seeder.address());
        let target = Target::spawn(level).await?;
        target.client().add(&Form::torrent(&torrent.bytes)).await?;
        target.client().torrent_when(&torrent.id(), "the download", |t| t["progress"] == 1).await?;
        payload.verify_in(&target.data())?;
    }
    Ok(())
}

at_each_level!(a_tracker_brings_the_peers);
