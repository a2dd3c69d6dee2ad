//! Rate caps, measured by the seeder, and share limits.

use std::time::Duration;

use anyhow::Result;
use compat_tests::{Level, Payload, at_each_level, until};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Swarm, is_seeding};

/// Downloads a payload and returns the seconds between its first and its last byte at the seeder.
async fn seconds_of_download(
    swarm: &mut Swarm,
    payload: &Payload,
    options: &[(&str, &str)],
) -> Result<f64> {
    let torrent = swarm.torrent(payload);
    swarm.seed(&torrent, payload, 0).await?;
    swarm.add(&torrent, options).await?;
    let size = u64::try_from(payload.size())?;
    let mut first = None;
    let seeder = &mut swarm.seeder;
    let (start, start_bytes, end) = until("all bytes are sent", async || {
        let sent = seeder.uploaded(&torrent).await?;
        if sent > 0 && first.is_none() {
            first = Some((Instant::now(), sent));
        }
        let (start, start_bytes) = first.unwrap_or_else(|| (Instant::now(), 0));
        Ok((sent >= size).then(|| (start, start_bytes, Instant::now())))
    })
    .await?;
    swarm.finished(&torrent.id()).await?;
    payload.verify_in(&swarm.target.data())?;
    // Scaled to the whole, for what had been sent when the clock started.
    let part = Duration::from_secs(size - start_bytes).as_secs_f64()
        / Duration::from_secs(size).as_secs_f64();
    Ok((end - start).as_secs_f64() / part.max(0.1))
}

async fn the_rate_of_one_torrent(level: Level) -> Result<()> {
    let payload = Payload::single("capped.bin", 2_400_000);
    let mut swarm = Swarm::at(level).await?;

    let seconds = seconds_of_download(&mut swarm, &payload, &[("dlLimit", "400000")]).await?;

    // Six seconds at the cap; a machine under load may only be slower.
    assert!(seconds > 6.0 * 0.75, "2.4 MB at 400 kB/s took only {seconds} s");
    Ok(())
}

async fn the_rate_of_all(level: Level) -> Result<()> {
    let payload = Payload::single("all.bin", 2_457_600);
    let mut swarm = Swarm::at(level).await?;
    swarm.client().ok("transfer/setDownloadLimit", &[("limit", "409600")]).await?;

    let seconds = seconds_of_download(&mut swarm, &payload, &[]).await?;

    assert!(seconds > 6.0 * 0.75, "2.4 MiB at 400 KiB/s took only {seconds} s");
    let info = swarm.client().json("transfer/info", &[]).await?;
    assert_eq!(info["dl_rate_limit"], 409_600);
    assert!(info["dl_info_data"].as_u64() >= Some(2_457_600), "{info}");
    Ok(())
}

/// A ratio limit of 0 is reached as soon as the download is complete.
async fn a_share_limit_stops_the_torrent(level: Level) -> Result<()> {
    let payload = Payload::single("shared.bin", 100_000);
    let mut swarm = Swarm::at(level).await?;
    swarm
        .client()
        .set_preferences(&json!({"max_ratio_enabled": true, "max_ratio": 5, "max_ratio_act": 0}))
        .await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;

    swarm.add(&torrent, &[("ratioLimit", "0")]).await?;
    let stopped = level.stopped_upload();
    let listed = swarm
        .client()
        .torrent_when(&torrent.id(), "stopped by its limit", |t| t["state"] == stopped)
        .await?;

    assert_eq!(listed["ratio_limit"], 0);
    assert_eq!(listed["max_ratio"], 0);
    payload.verify_in(&swarm.target.data())
}

/// Forced torrents ignore share limits.
async fn a_forced_torrent_ignores_share_limits(level: Level) -> Result<()> {
    let payload = Payload::single("forced.bin", 100_000);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    let other = Payload::single("other.bin", 100_000);
    let limited = swarm.torrent(&other);
    swarm.seed(&limited, &other, 0).await?;
    swarm.add_stopped(&torrent).await?;
    let form = [("hashes", id.as_str()), ("value", "true")];
    swarm.client().ok("torrents/setForceStart", &form).await?;
    swarm.client().torrent_when(&id, "forced seeding", |t| t["state"] == "forcedUP").await?;

    let mut form = vec![("hashes", "all"), ("ratioLimit", "0"), ("seedingTimeLimit", "-2")];
    if level >= Level::L51 {
        form.push(("inactiveSeedingTimeLimit", "-2"));
    }
    if level >= Level::L53 {
        form.extend([("shareLimitAction", "Default"), ("shareLimitsMode", "Default")]);
    }
    swarm.add(&limited, &[]).await?;
    swarm.client().torrent_when(&limited.id(), "seeding", is_seeding).await?;
    swarm.client().ok("torrents/setShareLimits", &form).await?;
    let stopped = level.stopped_upload();
    swarm.client().torrent_when(&limited.id(), "stopped", |t| t["state"] == stopped).await?;
    let listed = swarm.client().torrent_when(&id, "still there", |_| true).await?;

    assert_eq!(listed["state"], "forcedUP");
    assert_eq!(listed["ratio_limit"], 0);
    Ok(())
}

at_each_level!(
    the_rate_of_one_torrent,
    the_rate_of_all,
    a_share_limit_stops_the_torrent,
    a_forced_torrent_ignores_share_limits,
);
