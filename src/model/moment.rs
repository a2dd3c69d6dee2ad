//! A point on the clock of one run of the process.
//!
//! The wall clock jumps, and on a machine without a battery it starts in 1970; the monotonic clock means nothing to
//! another process. A moment is the second with a name for the run that it belongs to, so that it can be stored: two
//! moments of one run tell how much time lies between them, two of different runs tell nothing.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Name and start of this run.
static RUN: LazyLock<(i64, Instant)> =
    LazyLock::new(|| (RandomState::new().hash_one(0).cast_signed(), Instant::now()));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// A random name of the run.
    pub run: i64,
    /// Milliseconds since it began; what happened before the clock was first asked is negative.
    pub milliseconds: i64,
}

impl Moment {
    #[must_use]
    pub fn now() -> Self {
        Self::of(Instant::now())
    }

    #[must_use]
    pub fn of(instant: Instant) -> Self {
        let (run, start) = *RUN;
        let signed = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        let nanoseconds = match instant.checked_duration_since(start) {
            Some(since) => signed(since),
            None => -signed(start.saturating_duration_since(instant)),
        };
        // Rounded in one direction, so that the time between two moments is the same wherever the run began.
        Self { run, milliseconds: nanoseconds.div_euclid(1_000_000) }
    }

    /// Whole seconds from `earlier` to this moment; 0 if they belong to different runs or stand in another order.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        if self.run != earlier.run || self.milliseconds < earlier.milliseconds {
            return 0;
        }
        self.milliseconds.saturating_sub(earlier.milliseconds) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_one_run_alone_have_time_between_them() {
        let before = Instant::now();
        let (now, later) = (Moment::of(before), Moment::of(before + Duration::from_secs(90)));

        assert_eq!(later.seconds_since(now), 90);
        assert_eq!(now.seconds_since(later), 0);
        assert_eq!(Moment { run: now.run ^ 1, ..later }.seconds_since(now), 0);
    }
}
