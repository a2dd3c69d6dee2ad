//! Caps of rates on the wire: over ten seconds, after a change, and by classes of peers.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use compat_tests::{
    Authoring, Level, Payload, Seeder, Target, Torrent, Tracker, at_any_level, until, until_within,
};
use serde_json::json;
use tokio::time::Instant;

use crate::{add, is_reference, seeding, set};

/// Bytes per second: a cap, and the one that it is changed to.
const CAP: u32 = 512_000;
const LESS: u32 = 204_800;

/// Bytes of a download that a cap would make last for minutes.
const WHOLE: usize = 40_000_000;

/// libtorrent lets three seconds of a cap that was not used flow at once; what holds afterwards is the cap.
const SAVED_SECONDS: u64 = 3;

/// Waits until the count goes on, and returns it with the moment: the session adds up once a second, so a count
/// between two such moments is up to a second old.
async fn next_count(count: &mut impl AsyncFnMut() -> Result<u64>) -> Result<(Instant, u64)> {
    let before = count().await?;
    until("data that flows", async || {
        let now = count().await?;
        Ok((now != before).then(|| (Instant::now(), now)))
    })
    .await
}

/// Returns bytes per second from now on, for a time.
async fn rate(seconds: f64, mut count: impl AsyncFnMut() -> Result<u64>) -> Result<f64> {
    let (start, first) = next_count(&mut count).await?;
    until_within(Duration::from_mins(2), "the time of a measurement", async || {
        Ok((start.elapsed().as_secs_f64() >= seconds).then_some(()))
    })
    .await?;
    let (end, last) = next_count(&mut count).await?;
    let bytes = u32::try_from(last.saturating_sub(first))?;
    Ok(f64::from(bytes) / (end - start).as_secs_f64())
}

/// Fails unless some ten seconds show the cap: another program that takes the processor for a moment says nothing of
/// it, and what is not capped shows in each of them.
async fn ensure_cap(cap: u32, mut count: impl AsyncFnMut() -> Result<u64>) -> Result<()> {
    let mut outcome = Ok(());
    for _ in 0..3 {
        outcome = ensure_near(rate(10.0, &mut count).await?, cap);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn ensure_near(rate: f64, cap: u32) -> Result<()> {
    let cap = f64::from(cap);
    ensure!((cap * 0.9..=cap * 1.1).contains(&rate), "{rate} bytes per second, cap {cap}");
    Ok(())
}

/// Holds a cap for ten seconds, and the next one from two seconds after the change on.
async fn holds(
    target: &Target,
    action: &str,
    mut count: impl AsyncFnMut() -> Result<u64>,
) -> Result<()> {
    let saved = u64::from(CAP) * (SAVED_SECONDS + 1);
    until("data that flows", async || Ok((count().await? > saved).then_some(()))).await?;
    ensure_cap(CAP, &mut count).await?;

    target.client().ok(action, &[("limit", &LESS.to_string())]).await?;
    rate(2.0, &mut count).await?;
    ensure_cap(LESS, &mut count).await
}

/// A server that tells its numbers ten times a second.
async fn lively(level: Level) -> Result<Target> {
    let target = Target::spawn(level).await?;
    target.client().set_preferences(&json!({"refresh_interval": 100})).await?;
    Ok(target)
}

/// A download from a seeder, and a way to count what has arrived.
///
/// The tracker must live as long as the download: its answer may still be on the way.
async fn downloading(
    target: &Target,
    seeder: &mut Seeder,
    size: usize,
) -> Result<(Torrent, Tracker)> {
    let tracker = Tracker::start().await?;
    let payload = Payload::single("capped.bin", size);
    let torrent = Authoring::of(&payload).tracker(&tracker.url()).build();
    seeder.seed(&torrent, &payload, 0).await?;
    tracker.add_peer(&torrent.id(), seeder.address());
    add(target, &torrent).await?;
    Ok((torrent, tracker))
}

async fn arrived(target: &Target, torrent: &Torrent) -> Result<u64> {
    let row = target.client().torrent(&torrent.id()).await?.unwrap_or_default();
    Ok(row["downloaded"].as_u64().unwrap_or(0))
}

async fn a_cap_of_downloads_holds_and_changes(level: Level) -> Result<()> {
    let target = lively(level).await?;
    let limit = CAP.to_string();
    target.client().ok("transfer/setDownloadLimit", &[("limit", &limit)]).await?;
    let mut seeder = Seeder::start().await?;
    let (torrent, _tracker) = downloading(&target, &mut seeder, WHOLE).await?;

    holds(&target, "transfer/setDownloadLimit", async || arrived(&target, &torrent).await).await
}

async fn a_cap_of_uploads_holds_and_changes(level: Level) -> Result<()> {
    let target = lively(level).await?;
    let limit = CAP.to_string();
    target.client().ok("transfer/setUploadLimit", &[("limit", &limit)]).await?;
    let payload = Payload::single("capped.bin", WHOLE);
    let torrent = Authoring::of(&payload).build();
    seeding(&target, &payload, &torrent).await?;
    let mut leecher = Seeder::start().await?;
    leecher.leech(&torrent, target.torrenting()?).await?;

    holds(&target, "transfer/setUploadLimit", async || leecher.downloaded(&torrent).await).await
}

/// A download with caps for some peers, from a seeder with these arguments: either `LESS` binds it, or no cap does.
async fn ensure_bound(target: &Target, arguments: &[&str], binds: bool) -> Result<()> {
    target.client().set_preferences(&json!({"refresh_interval": 100})).await?;
    let mut seeder = Seeder::start_with(arguments).await?;
    let (torrent, _tracker) = downloading(target, &mut seeder, WHOLE).await?;
    let saved = u64::from(LESS) * (SAVED_SECONDS + 1);
    let begun = until("data that flows", async || {
        Ok((arrived(target, &torrent).await? > 0).then(Instant::now))
    })
    .await?;

    if binds {
        until("data that flows", async || {
            Ok((arrived(target, &torrent).await? > saved).then_some(()))
        })
        .await?;
        return ensure_cap(LESS, async || arrived(target, &torrent).await).await;
    }
    until("the end of the download", async || {
        Ok((arrived(target, &torrent).await? >= WHOLE as u64).then_some(()))
    })
    .await?;
    let rate = f64::from(u32::try_from(WHOLE)?) / begun.elapsed().as_secs_f64();
    ensure!(rate > f64::from(LESS) * 2.0, "{rate} bytes per second");
    Ok(())
}

/// Peers on local networks and uTP may be exempt from the cap of all.
async fn exempt_peers_know_no_cap(level: Level) -> Result<()> {
    for (exempt, arguments) in
        [("limit_lan_peers", [].as_slice()), ("limit_utp_rate", ["utp"].as_slice())]
    {
        for binds in [true, false] {
            let target = Target::spawn(level).await?;
            let mut preferences = json!({"dl_limit": LESS, "limit_lan_peers": true});
            preferences["limit_utp_rate"] = json!(true);
            preferences[exempt] = json!(binds);
            target.client().set_preferences(&preferences).await?;

            ensure_bound(&target, arguments, binds).await.context(exempt)?;
        }
    }
    Ok(())
}

/// A class of peers is held to its own cap, by address and by transport; one of other peers binds nobody.
async fn a_class_of_peers_has_its_own_cap(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    for (class, binds) in [
        (json!({"addresses": ["127.0.0.0/8"], "download_bytes_per_second": LESS}), true),
        (json!({"sockets": ["tcp"], "download_bytes_per_second": LESS}), true),
        (json!({"addresses": ["10.0.0.0/8"], "download_bytes_per_second": LESS}), false),
        (json!({"sockets": ["utp"], "download_bytes_per_second": LESS}), false),
    ] {
        let target = Target::spawn(level).await?;
        set(&target, &json!({"limits.peer_classes": {"some": class}})).await?;

        ensure_bound(&target, &[], binds).await.with_context(|| class.to_string())?;
    }
    Ok(())
}

at_any_level!(
    a_cap_of_downloads_holds_and_changes,
    a_cap_of_uploads_holds_and_changes,
    exempt_peers_know_no_cap,
    a_class_of_peers_has_its_own_cap,
);
