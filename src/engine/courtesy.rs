//! The boot's attaching steps back while clients ask: what they see first after a start should not wait for it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::model::Moment;

/// How long after a request the next one of the same client is waited for, in milliseconds.
const PAUSE: i64 = 100;

/// How long the boot waits in all, in milliseconds: a client that never stops asking does not keep torrents out.
const PATIENCE: i64 = 1000;

/// When somebody asked last.
pub(super) struct Courtesy {
    /// Milliseconds on the clock of this run.
    asked: AtomicI64,
}

impl Default for Courtesy {
    fn default() -> Self {
        Self { asked: AtomicI64::new(i64::MIN / 2) }
    }
}

impl Courtesy {
    pub(super) fn note(&self) {
        self.asked.store(Moment::now().milliseconds, Ordering::Relaxed);
    }
}

/// What is left of the patience.
pub(super) struct Patience(i64);

impl Default for Patience {
    fn default() -> Self {
        Self(PATIENCE)
    }
}

impl Patience {
    /// Waits until nobody has asked for a moment, or the patience is used up.
    pub(super) async fn step_back(&mut self, courtesy: &Courtesy) {
        loop {
            let since = Moment::now().milliseconds - courtesy.asked.load(Ordering::Relaxed);
            let pause = (PAUSE - since).min(self.0);
            if pause <= 0 {
                return;
            }
            self.0 -= pause;
            tokio::time::sleep(Duration::from_millis(pause.unsigned_abs())).await;
        }
    }
}
