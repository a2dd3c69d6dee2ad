//! What the kernel says about a server's process.

use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

/// What `/proc/PID/stat` counts in; fixed by the kernel's interface on every architecture that servers run on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Returns the resident memory in KiB.
///
/// # Errors
/// Fails when the process is gone.
pub(super) fn resident_kib(pid: u32) -> Result<f64> {
    // `smaps_rollup` counts the pages themselves, `status` lags behind by what each thread has not yet summed up.
    let (text, key) = match fs_err::read_to_string(format!("/proc/{pid}/smaps_rollup")) {
        Ok(text) => (text, "Rss:"),
        Err(_) => (fs_err::read_to_string(format!("/proc/{pid}/status"))?, "VmRSS:"),
    };
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let line = line.context("the kernel reports no resident memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Sends SIGTERM.
///
/// # Errors
/// Fails when the process is gone.
pub(super) fn terminate(pid: u32) -> Result<()> {
    let pid = Pid::from_raw(pid.try_into()?).context("no process id")?;
    Ok(kill_process(pid, Signal::TERM)?)
}

/// Returns false once the process has exited, even if nobody has waited for it yet.
pub(super) fn is_running(pid: u32) -> bool {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with(['Z', 'X']))
}

/// Returns the CPU time of all threads so far.
///
/// # Errors
/// Fails when the process is gone.
pub(super) fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat"))?;
    // The program's name may hold spaces and brackets, so fields count from its last bracket.
    let (_, fields) = stat.rsplit_once(") ").context("malformed stat")?;
    let mut times = fields.split(' ').skip(11).map(str::parse::<f64>);
    let user = times.next().context("no user time")??;
    let system = times.next().context("no system time")??;
    Ok(Duration::from_secs_f64((user + system) / TICKS_PER_SECOND))
}

/// Measures how much of one core the process uses over `window`, in percent.
///
/// # Errors
/// Fails when the process is gone.
pub(super) async fn cpu_percent(pid: u32, window: Duration) -> Result<f64> {
    let (begun, before) = (Instant::now(), cpu_time(pid)?);
    sleep(window).await;
    let used = cpu_time(pid)?.saturating_sub(before);
    Ok(used.as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0)
}

/// Waits until the process is nearly idle for a second, or until `limit` has passed.
///
/// # Errors
/// Fails when the process is gone.
pub(super) async fn settle(pid: u32, limit: Duration) -> Result<()> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if cpu_percent(pid, Duration::from_secs(1)).await? < 3.0 {
            return Ok(());
        }
    }
    Ok(())
}
