//! The time of day as a loop sees it, so that a test can bring its own.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Zoned;

/// Tells the time and lets it pass.
///
/// The two are apart: somebody may set the time of day while a loop sleeps, and a day may have 23 hours.
pub trait Clock: Send + Sync {
    /// The time of day in the time zone of the server.
    fn now(&self) -> Zoned;

    /// Returns when this much time has passed, whatever the time of day does meanwhile.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Zoned {
        Zoned::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
