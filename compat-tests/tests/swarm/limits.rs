//! Rate caps, measured by the seeder, and share limits.

use anyhow::Result;
use compat_tests::{
    Level, Payload, Seeder, Torrent, at_any_level, at_each_level, at_levels, until,
};
use serde_json::{Value, json};
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
/// The seeder tells when the first byte leaves, up to a second late since it adds up once a second; when the last one
/// leaves says little, since the buffers of a loopback connection hold megabytes.
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
    let seconds = start.elapsed().as_secs_f64() + 1.0;
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

/// The parameters of `setShareLimits`; -2 and `Default` leave the word to the next level.
struct Limits {
    ratio: &'static str,
    seeding: &'static str,
    inactive: &'static str,
    mode: &'static str,
}

impl Default for Limits {
    fn default() -> Self {
        Self { ratio: "-2", seeding: "-2", inactive: "-2", mode: "Default" }
    }
}

async fn set_share_limits(swarm: &Swarm, hashes: &str, limits: Limits) -> Result<()> {
    let mut form = vec![
        ("hashes", hashes),
        ("ratioLimit", limits.ratio),
        ("seedingTimeLimit", limits.seeding),
    ];
    if swarm.level >= Level::L51 {
        form.push(("inactiveSeedingTimeLimit", limits.inactive));
    }
    if swarm.level >= Level::L53 {
        form.extend([("shareLimitAction", "Default"), ("shareLimitsMode", limits.mode)]);
    }
    swarm.client().ok("torrents/setShareLimits", &form).await?;
    Ok(())
}

/// Adds a torrent whose content is there already, and waits until it seeds.
async fn seeding(
    swarm: &Swarm,
    name: &str,
    options: &[(&str, &str)],
) -> Result<(Torrent, Payload)> {
    let payload = Payload::single(name, 100_000);
    let torrent = swarm.torrent(&payload);
    payload.write_to(&swarm.target.data())?;
    swarm.add(&torrent, options).await?;
    swarm.finished(&torrent.id()).await?;
    Ok((torrent, payload))
}

async fn stopped_by_limit(swarm: &Swarm, torrent: &Torrent) -> Result<Value> {
    let stopped = swarm.level.stopped_upload();
    swarm
        .client()
        .torrent_when(&torrent.id(), "stopped by its limit", |t| t["state"] == stopped)
        .await
}

async fn removed(swarm: &Swarm, torrent: &Torrent) -> Result<()> {
    until("the torrent is removed", async || {
        Ok(swarm.client().torrent(&torrent.id()).await?.is_none().then_some(()))
    })
    .await
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
    let listed = stopped_by_limit(&swarm, &torrent).await?;

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

    swarm.add(&limited, &[]).await?;
    swarm.client().torrent_when(&limited.id(), "seeding", is_seeding).await?;
    set_share_limits(&swarm, "all", Limits { ratio: "0", ..Limits::default() }).await?;
    stopped_by_limit(&swarm, &limited).await?;
    let listed = swarm.client().torrent_when(&id, "still there", |_| true).await?;

    assert_eq!(listed["state"], "forcedUP");
    assert_eq!(listed["ratio_limit"], 0);
    Ok(())
}

/// A limit of all torrents reaches those that are complete already.
async fn a_global_limit_stops_what_seeds(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let (torrent, _) = seeding(&swarm, "global.bin", &[]).await?;
    let (exempt, _) = seeding(&swarm, "exempt.bin", &[("ratioLimit", "-1")]).await?;

    swarm
        .client()
        .set_preferences(&json!({"max_ratio_enabled": true, "max_ratio": 0, "max_ratio_act": 0}))
        .await?;
    stopped_by_limit(&swarm, &torrent).await?;
    let exempt = swarm.client().torrent_when(&exempt.id(), "listed", |_| true).await?;

    assert!(is_seeding(&exempt), "{exempt}");
    Ok(())
}

async fn a_removing_limit_keeps_the_content(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let (torrent, payload) = seeding(&swarm, "kept.bin", &[]).await?;

    swarm
        .client()
        .set_preferences(&json!({"max_ratio_enabled": true, "max_ratio": 0, "max_ratio_act": 1}))
        .await?;
    removed(&swarm, &torrent).await?;

    payload.verify_in(&swarm.target.data())
}

async fn a_deleting_limit_deletes_the_content(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let (torrent, _) = seeding(&swarm, "deleted.bin", &[]).await?;
    let file = swarm.target.data().join("deleted.bin");

    swarm
        .client()
        .set_preferences(&json!({"max_ratio_enabled": true, "max_ratio": 0, "max_ratio_act": 3}))
        .await?;
    removed(&swarm, &torrent).await?;

    until("the content is deleted", async || Ok((!file.exists()).then_some(()))).await
}

async fn a_limit_can_switch_super_seeding_on(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let (torrent, _) = seeding(&swarm, "super.bin", &[]).await?;

    swarm
        .client()
        .set_preferences(&json!({"max_ratio_enabled": true, "max_ratio": 0, "max_ratio_act": 2}))
        .await?;
    let listed = swarm
        .client()
        .torrent_when(&torrent.id(), "a super seed", |t| t["super_seeding"] == true)
        .await?;

    assert!(is_seeding(&listed), "{listed}");
    Ok(())
}

/// A time limit of 0 minutes is reached at once.
async fn a_time_limit_stops_the_torrent(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let (seeded, _) = seeding(&swarm, "seeded.bin", &[]).await?;
    let (idle, _) = seeding(&swarm, "idle.bin", &[]).await?;
    let (patient, _) = seeding(&swarm, "patient.bin", &[]).await?;

    let far = Limits { seeding: "9000", inactive: "9000", ..Limits::default() };
    set_share_limits(&swarm, &patient.id(), far).await?;
    let at_once = Limits { seeding: "0", ..Limits::default() };
    set_share_limits(&swarm, &seeded.id(), at_once).await?;
    stopped_by_limit(&swarm, &seeded).await?;
    if level >= Level::L51 {
        let at_once = Limits { inactive: "0", ..Limits::default() };
        set_share_limits(&swarm, &idle.id(), at_once).await?;
        stopped_by_limit(&swarm, &idle).await?;
    }
    let patient = swarm.client().torrent_when(&patient.id(), "listed", |_| true).await?;

    assert!(is_seeding(&patient), "{patient}");
    Ok(())
}

/// A category's limit is that of its torrents, unless they have their own.
async fn a_category_limits_its_torrents(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    swarm.client().ok("torrents/createCategory", &[("category", "brief")]).await?;
    let (torrent, _) = seeding(&swarm, "brief.bin", &[("category", "brief")]).await?;
    let own = [("category", "brief"), ("ratioLimit", "5")];
    let (exempt, _) = seeding(&swarm, "own.bin", &own).await?;

    let form = [("category", "brief"), ("savePath", ""), ("ratioLimit", "0")];
    swarm.client().ok("torrents/editCategory", &form).await?;
    let listed = stopped_by_limit(&swarm, &torrent).await?;
    let exempt = swarm.client().torrent_when(&exempt.id(), "listed", |_| true).await?;

    assert_eq!((&listed["ratio_limit"], &listed["max_ratio"]), (&json!(-2), &json!(0)));
    assert!(is_seeding(&exempt), "{exempt}");
    Ok(())
}

async fn all_limits_have_to_be_reached_if_asked(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let (one, _) = seeding(&swarm, "one.bin", &[]).await?;
    let (both, _) = seeding(&swarm, "both.bin", &[]).await?;

    let unmet = Limits { ratio: "0", seeding: "9000", mode: "MatchAll", ..Limits::default() };
    set_share_limits(&swarm, &one.id(), unmet).await?;
    let met = Limits { ratio: "0", seeding: "0", mode: "MatchAll", ..Limits::default() };
    set_share_limits(&swarm, &both.id(), met).await?;
    stopped_by_limit(&swarm, &both).await?;
    let one = swarm.client().torrent_when(&one.id(), "listed", |_| true).await?;

    assert!(is_seeding(&one), "{one}");
    Ok(())
}

/// A stopped torrent is past its limit; one that removes still applies to it.
async fn a_stopped_torrent_is_removed_too(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let (torrent, payload) = seeding(&swarm, "stopped.bin", &[]).await?;
    let at_once = Limits { ratio: "0", ..Limits::default() };
    set_share_limits(&swarm, &torrent.id(), at_once).await?;
    stopped_by_limit(&swarm, &torrent).await?;

    swarm.client().set_preferences(&json!({"max_ratio_act": 1})).await?;
    removed(&swarm, &torrent).await?;

    payload.verify_in(&swarm.target.data())
}

/// After a restart a stopped torrent is still stopped, and may seed on once its limit is lifted.
async fn a_restart_changes_nothing_about_limits(level: Level) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;
    let (torrent, _) = seeding(&swarm, "restarted.bin", &[]).await?;
    let id = torrent.id();
    set_share_limits(&swarm, &id, Limits { ratio: "0", ..Limits::default() }).await?;
    stopped_by_limit(&swarm, &torrent).await?;

    swarm.target.restart().await?;
    stopped_by_limit(&swarm, &torrent).await?;
    set_share_limits(&swarm, &id, Limits { ratio: "-1", ..Limits::default() }).await?;
    swarm.start(&id).await?;
    let listed = swarm.client().torrent_when(&id, "seeding again", is_seeding).await?;

    assert_eq!(listed["ratio_limit"], -1);
    Ok(())
}

at_each_level!(
    a_share_limit_stops_the_torrent,
    a_forced_torrent_ignores_share_limits,
    a_global_limit_stops_what_seeds,
    a_removing_limit_keeps_the_content,
    a_deleting_limit_deletes_the_content,
    a_limit_can_switch_super_seeding_on,
    a_time_limit_stops_the_torrent,
    a_stopped_torrent_is_removed_too,
);
at_levels!(a_category_limits_its_torrents: l53 L53);
at_levels!(all_limits_have_to_be_reached_if_asked: l53 L53);
at_any_level!(
    a_restart_changes_nothing_about_limits,
    the_download_rate_of_one_torrent,
    the_download_rate_of_all,
    the_upload_rate_of_one_torrent,
    the_upload_rate_of_all
);
