//! Waiting for a condition, with a deadline. The pause between two probes is the only sleep of the suite.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep, timeout_at};

/// How long a condition may take on a loaded machine before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// Returns [`DEADLINE`], or the seconds in `COMPAT_DEADLINE` for a short wait while a test is written.
fn deadline() -> Duration {
    let seconds = std::env::var("COMPAT_DEADLINE").ok().and_then(|text| text.parse().ok());
    seconds.map_or(DEADLINE, Duration::from_secs)
}

/// Probes until the answer is `Some`, for at most [`DEADLINE`].
///
/// # Errors
/// Fails when a probe fails, or at the deadline with `what` in the message.
pub async fn until<T, F>(what: &str, probe: F) -> Result<T>
where
    F: AsyncFnMut() -> Result<Option<T>>,
{
    until_within(deadline(), what, probe).await
}

/// Probes until the answer is `Some`, for at most `limit`.
///
/// # Errors
/// Fails when a probe fails, or at the deadline with `what` in the message.
pub async fn until_within<T, F>(limit: Duration, what: &str, mut probe: F) -> Result<T>
where
    F: AsyncFnMut() -> Result<Option<T>>,
{
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_millis(5);
    loop {
        let answer = timeout_at(deadline, probe())
            .await
            .with_context(|| format!("waited {limit:?} for: {what}"))?;
        if let Some(value) = answer.with_context(|| format!("while waiting for: {what}"))? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("waited {limit:?} for: {what}");
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}
