//! Rate caps, measured by the seeder, and share limits.

use anyhow::Result;
use compat_tests::{Level, Payload, Product, Seeder, at_any_level, at_each_level, until};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Swarm, is_seeding};

const SIZE: u32 = 3_000_000;

/// Fails unless the rate is at most a quarter above the cap, and not absurdly far below.
fn assert_capped(bytes_per_second: f64, cap: f64) {
    let range = cap * 0.4..cap * 1.25;
    assert!(range.contains(&bytes_per_second), "{bytes_per_second} bytes per second, cap {cap}");
}

/// Downloads a payload and returns its size through the time from the first byte to the last.
///
/// The seeder tells when the first byte leaves; when the last one leaves says little, since the
/// buffers of a loopback connection hold megabytes.
async fn rate_of_download(swarm: &mut Swarm, options: &[(&str, &str)]) -> Result<f64> {
    let payload = Payload::single("capped.bin", usize::try_from(SIZE)?);
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    swarm.add(&torrent, options).await?;
    let seeder = &mut swarm.seeder;
    until("the first byte", async || Ok((seeder.uploaded(&torrent).await? > 0).then_some(())))
        .await?;
    let start = Instant::now();
    swarm.finished(&torrent.id()).await?;
    let seconds = start.elapsed().as_secs_f64();
    payload.verify_in(&swarm.target.data())?;
    Ok(f64::from(SIZE) / seconds)
}

async fn the_download_rate_of_one_torrent(level: Level) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;

    let rate = rate_of_download(&mut swarm, &[("dlLimit", "600000")]).await?;

    assert_capped(rate, 600_000.0);
    Ok(())
}

async fn the_download_rate_of_all(level: Level) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;
    swarm.client().ok("transfer/setDownloadLimit", &[("limit", "614400")]).await?;

    let rate = rate_of_download(&mut swarm, &[]).await?;

    assert_capped(rate, 614_400.0);
    let info = swarm.client().json("transfer/info", &[]).await?;
    assert_eq!(info["dl_rate_limit"], 614_400);
    assert!(info["dl_info_data"].as_u64() >= Some(u64::from(SIZE)), "{info}");
    Ok(())
}

/// Uploads what is there already and returns the rate that the receiving client measures.
async fn rate_of_upload(swarm: &Swarm, options: &[(&str, &str)]) -> Result<f64> {
    let payload = Payload::single("capped.bin", usize::try_from(SIZE)?);
    let torrent = swarm.torrent(&payload);
    payload.write_to(&swarm.target.data())?;
    swarm.add(&torrent, options).await?;
    swarm.finished(&torrent.id()).await?;
    let mut leecher = Seeder::start().await?;
    let seconds = leecher.download(&torrent, swarm.target.torrenting()?).await?;
    Ok(f64::from(SIZE) / seconds)
}

async fn the_upload_rate_of_one_torrent(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;

    let rate = rate_of_upload(&swarm, &[("upLimit", "600000")]).await?;

    assert_capped(rate, 600_000.0);
    Ok(())
}

async fn the_upload_rate_of_all(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    swarm.client().ok("transfer/setUploadLimit", &[("limit", "614400")]).await?;

    let rate = rate_of_upload(&swarm, &[]).await?;

    assert_capped(rate, 614_400.0);
    Ok(())
}

/// A ratio limit of 0 is reached as soon as the download is complete.
async fn a_share_limit_stops_the_torrent(level: Level) -> Result<()> {
    if Product::under_test() == Product::Revaer {
        // Share limits are stored and shown; what enforces them is not built yet.
        return Ok(());
    }
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
    if Product::under_test() == Product::Revaer {
        // Share limits are stored and shown; what enforces them is not built yet.
        return Ok(());
    }
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

at_each_level!(a_share_limit_stops_the_torrent, a_forced_torrent_ignores_share_limits);
at_any_level!(
    the_download_rate_of_one_torrent,
    the_download_rate_of_all,
    the_upload_rate_of_one_torrent,
    the_upload_rate_of_all
);
