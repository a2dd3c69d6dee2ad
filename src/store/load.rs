//! What the database has to do and how long it takes, for whoever watches.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets of commit times, in milliseconds.
pub const BUCKETS: [u64; 10] = [1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000];

/// Counted by the writer, read by anyone.
#[derive(Default)]
pub(super) struct Gauges {
    commits: AtomicU64,
    failures: AtomicU64,
    rows: AtomicU64,
    waiting: AtomicUsize,
    microseconds: AtomicU64,
    buckets: [AtomicU64; BUCKETS.len()],
}

/// A reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    pub commits: u64,
    /// Commits that failed; their changes were tried again.
    pub failures: u64,
    /// Rows of all commits.
    pub rows: u64,
    /// Rows and messages that wait for a commit.
    pub waiting: usize,
    /// Time of all commits, failed ones included.
    pub spent: Duration,
    /// Commits that took no longer than each of [`BUCKETS`].
    pub within: [u64; BUCKETS.len()],
}

impl Gauges {
    pub(super) fn wait(&self, count: usize) {
        self.waiting.store(count, Ordering::Relaxed);
    }

    pub(super) fn note(&self, rows: usize, took: Duration, is_durable: bool) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        if is_durable {
            self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        } else {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(micros, Ordering::Relaxed);
        for (bound, bucket) in BUCKETS.iter().zip(&self.buckets) {
            if micros <= bound * 1000 {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn read(&self) -> Load {
        let number = |gauge: &AtomicU64| gauge.load(Ordering::Relaxed);
        Load {
            commits: number(&self.commits),
            failures: number(&self.failures),
            rows: number(&self.rows),
            waiting: self.waiting.load(Ordering::Relaxed),
            spent: Duration::from_micros(number(&self.microseconds)),
            within: std::array::from_fn(|at| number(&self.buckets[at])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_counted_by_their_time() {
        let gauges = Gauges::default();
        gauges.note(3, Duration::from_millis(4), true);
        gauges.note(9, Duration::from_secs(9), false);

        let load = gauges.read();

        assert_eq!((load.commits, load.failures, load.rows), (2, 1, 3));
        assert_eq!(load.within, [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(load.spent, Duration::from_millis(9004));
    }
}
