//! Share limits of all torrents, which have none of their own. That of the ratio is proven with swarms.

use anyhow::Result;
use compat_tests::{Authoring, Level, Payload, Target, Torrent, at_any_level};
use serde_json::{Value, json};

use crate::{is_reference, seeding, set};

async fn seeds(target: &Target, name: &str) -> Result<Torrent> {
    let payload = Payload::single(name, 50_000);
    let torrent = Authoring::of(&payload).build();
    seeding(target, &payload, &torrent).await?;
    Ok(torrent)
}

async fn stops(target: &Target, level: Level, torrent: &Torrent) -> Result<()> {
    let stopped = level.stopped_upload();
    let is_so = |torrent: &Value| torrent["state"] == stopped;
    target.client().torrent_when(&torrent.id(), "stopped by the limit", is_so).await?;
    Ok(())
}

/// A limit of time that all have stops who has reached it, and nobody while it is far.
async fn times_of_all_stop_what_seeds(level: Level) -> Result<()> {
    for (on, limit) in [
        ("max_seeding_time_enabled", "max_seeding_time"),
        ("max_inactive_seeding_time_enabled", "max_inactive_seeding_time"),
    ] {
        if level == Level::L45 && limit.contains("inactive") {
            continue;
        }
        let target = Target::spawn(level).await?;
        let far = json!({on: true, limit: 9000, "max_ratio_act": 0});
        target.client().set_preferences(&far).await?;
        // Another one is stopped by a limit of its own: by then all have been looked at.
        let (waits, witness) =
            (seeds(&target, "waits.bin").await?, seeds(&target, "witness.bin").await?);
        let mut own = vec![("hashes", witness.id()), ("ratioLimit", "0".to_owned())];
        own.push(("seedingTimeLimit", "-2".to_owned()));
        own.push(("inactiveSeedingTimeLimit", "-2".to_owned()));
        if level == Level::L53 {
            own.push(("shareLimitAction", "Default".to_owned()));
            own.push(("shareLimitsMode", "Default".to_owned()));
        }
        let own: Vec<(&str, &str)> =
            own.iter().map(|(key, value)| (*key, value.as_str())).collect();
        target.client().ok("torrents/setShareLimits", &own).await?;
        stops(&target, level, &witness).await?;
        let row = target.client().torrent(&waits.id()).await?.unwrap_or_default();
        assert_eq!(row["state"], "stalledUP", "{limit} is far: {row}");

        target.client().set_preferences(&json!({on: true, limit: 0})).await?;
        stops(&target, level, &waits).await?;
    }
    Ok(())
}

/// Of two limits one is enough, or both have to be reached.
async fn the_mode_of_all_says_how_many_limits_count(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let target = Target::spawn(level).await?;
    let limits = json!({
        "share.max_ratio": 0.0, "share.max_seeding_minutes": 9000, "share.mode": "match_all",
    });
    set(&target, &limits).await?;
    let (waits, witness) =
        (seeds(&target, "waits.bin").await?, seeds(&target, "witness.bin").await?);
    let id = witness.id();
    let own = [
        ("hashes", id.as_str()),
        ("ratioLimit", "0"),
        ("seedingTimeLimit", "0"),
        ("inactiveSeedingTimeLimit", "-2"),
    ];
    target.client().ok("torrents/setShareLimits", &own).await?;
    stops(&target, level, &witness).await?;
    let row = target.client().torrent(&waits.id()).await?.unwrap_or_default();
    assert_eq!(row["state"], "stalledUP", "one limit of two: {row}");

    set(&target, &json!({"share.mode": "match_any"})).await?;
    stops(&target, level, &waits).await
}

at_any_level!(times_of_all_stop_what_seeds, the_mode_of_all_says_how_many_limits_count);
