//! Revaer's own API: windows of a long list, and many listeners of its events. Other servers have neither.

use std::time::Duration;

use anyhow::Result;

use super::corpus::category_name;
use super::latency::Samples;
use super::server::Server;
use super::table::{Recorder, Unit};
use super::{Group, Plan, float};
use crate::Product;
use crate::storm::{self, Storm};

/// The load of events that `make test` shows with fewer torrents.
const STORM: Storm =
    Storm { torrents: 10_000, listeners: 190, stuck: 10, patience: Duration::from_mins(5) };

/// Measures what a window of the list costs, and lets the storm loose on a server of its own.
///
/// # Errors
/// Fails when a request fails or an event is lost.
pub(super) async fn measure(
    server: &Server,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    if server.target().is_none_or(|target| target.product() != Product::Revaer) {
        return Ok(());
    }
    let mut connection = server.session().connection();
    let category = category_name(3);
    let windows = [
        ("/v1 newest 100", "/v1/torrents?sort=added_at&order=desc&limit=100".to_owned()),
        ("/v1 100 by name", "/v1/torrents?sort=name&limit=100".to_owned()),
        (
            "/v1 100 of a category by ratio",
            format!("/v1/torrents?sort=ratio&order=desc&category={category}&limit=100"),
        ),
        ("/v1 100 that hold a text", "/v1/torrents?sort=name&q=7&limit=100".to_owned()),
    ];
    for (label, target) in windows {
        let mut samples = Samples::start(plan);
        while samples.wants_more() {
            samples.push(&connection.ok(&target).await?);
        }
        samples.record(label, Group::Native, recorder);
    }
    let outcome = storm::run(STORM).await?;
    let seconds = outcome.elapsed.as_secs_f64();
    let rate = float(outcome.told) / seconds;
    recorder.record(Group::Native, "events to 200 listeners", Unit::PerSecond, rate);
    let peak = float(usize::try_from(outcome.peak).unwrap_or(usize::MAX)) / 1_048_576.0;
    recorder.record(Group::Native, "memory with 200 listeners", Unit::Mebibytes, peak);
    Ok(())
}
