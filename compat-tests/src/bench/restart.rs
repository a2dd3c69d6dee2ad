//! How long a server takes to go and to come back.

use std::time::Duration;

use anyhow::Result;

use super::add::wait_seeding;
use super::corpus::Corpus;
use super::server::Server;
use super::table::{Recorder, Unit};
use super::{Group, Plan, float, process};

/// Stops the server with SIGTERM, starts it again on the same folder and waits for the full list.
///
/// # Errors
/// Fails when the server does not come back with every torrent.
pub(super) async fn measure(
    server: &mut Server,
    corpus: &Corpus,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    let times = server.restart(&corpus.spread(100), corpus.entries.len()).await?;
    let rows = [
        ("SIGTERM to exit", times.stop),
        ("start until first answer", times.first_answer),
        ("start until listed", times.listed),
    ];
    for (label, time) in rows {
        recorder.record(Group::Restart, label, Unit::Milliseconds, time.as_secs_f64() * 1000.0);
    }
    let Some(pid) = server.pid() else { return Ok(()) };
    process::settle(pid, plan.patience()).await?;
    let resident = process::resident_kib(pid)? / 1024.0;
    wait_seeding(&mut server.session().connection(), corpus, 0).await?;
    process::settle(pid, plan.patience()).await?;
    let idle = process::cpu_percent(pid, Duration::from_secs(plan.seconds)).await?;
    recorder.record(Group::Restart, "idle CPU after a restart", Unit::Percent, idle);
    let label = format!("memory after a restart, {} torrents", float(corpus.entries.len()));
    recorder.record(Group::Restart, &label, Unit::Mebibytes, resident);
    Ok(())
}
