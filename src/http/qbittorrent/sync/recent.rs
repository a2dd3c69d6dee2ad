//! The snapshots that clients were answered with, as bases of later differences.
//!
//! One entry per revision serves all clients, so that a thousand of them cost what one does. The two revisions a live
//! session was answered with last, and the one it named last, are always kept; others go after a minute or when they
//! hold too much memory.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::Snapshot;

/// How long an entry that no session needs is kept.
const LIFETIME: Duration = Duration::from_mins(1);

/// How long a silent session counts as live.
const SESSION_LIFETIME: Duration = Duration::from_hours(1);

/// Bytes that entries no session needs may hold together.
const BUDGET: u64 = 128 << 20;

/// Bytes of a row that only one snapshot holds, roughly.
const ROW_BYTES: u64 = 1024;

/// The kept snapshots.
#[derive(Default)]
pub struct Recent {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<u32, Entry>,
    sessions: HashMap<Arc<str>, Session>,
}

struct Entry {
    snapshot: Arc<Snapshot>,
    answered: Instant,
}

struct Session {
    /// Newest first; 0 for none.
    answered: [u32; 2],
    named: u32,
    seen: Instant,
}

impl Recent {
    /// Keeps the snapshot that `session`, which named `rid` as its base, is answered with now.
    ///
    /// Returns the base, if it is still there, and entries that the caller should drop where it may take its time.
    pub fn answer(
        &self,
        session: &Arc<str>,
        rid: u32,
        snapshot: &Arc<Snapshot>,
        now: Instant,
    ) -> (Option<Arc<Snapshot>>, Vec<Arc<Snapshot>>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dropped = inner.restart_after_wrap(snapshot);
        let base =
            inner.entries.get(&rid).filter(|_| rid != 0).map(|entry| Arc::clone(&entry.snapshot));
        let revision = snapshot.revision;
        inner
            .entries
            .entry(revision)
            .and_modify(|entry| entry.answered = now)
            .or_insert_with(|| Entry { snapshot: Arc::clone(snapshot), answered: now });
        let state = inner.sessions.entry(Arc::clone(session)).or_insert(Session {
            answered: [0; 2],
            named: 0,
            seen: now,
        });
        state.seen = now;
        state.named = if base.is_some() { rid } else { 0 };
        if state.answered[0] != revision {
            state.answered = [revision, state.answered[0]];
        }
        inner.evict(now, &mut dropped);
        (base, dropped)
    }

    /// Forgets a session that has ended; returns entries that the caller should drop where it may take its time.
    pub fn forget(&self, session: &str, now: Instant) -> Vec<Arc<Snapshot>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut dropped = Vec::new();
        if inner.sessions.remove(session).is_some() {
            inner.evict(now, &mut dropped);
        }
        dropped
    }
}

impl Inner {
    /// Empties everything when revisions have started over, so that an old number never names a new picture.
    fn restart_after_wrap(&mut self, snapshot: &Snapshot) -> Vec<Arc<Snapshot>> {
        match self.entries.last_key_value() {
            Some((last, _))
                if *last > snapshot.revision && *last - snapshot.revision > u32::MAX / 4 =>
            {
                self.sessions.clear();
                mem::take(&mut self.entries).into_values().map(|entry| entry.snapshot).collect()
            }
            _ => Vec::new(),
        }
    }

    fn evict(&mut self, now: Instant, dropped: &mut Vec<Arc<Snapshot>>) {
        self.sessions.retain(|_, session| now.duration_since(session.seen) < SESSION_LIFETIME);
        let mut pinned: Vec<u32> = self
            .sessions
            .values()
            .flat_map(|session| session.answered.into_iter().chain([session.named]))
            .collect();
        pinned.sort_unstable();
        // Newest first: each entry costs the rows that were written until its successor, at most all of its own.
        let mut spent = 0;
        let mut successor: Option<u64> = None;
        let mut doomed = Vec::new();
        for (revision, entry) in self.entries.iter().rev() {
            let written = entry.snapshot.rows_written;
            let rows = successor
                .map_or(0, |next| next.saturating_sub(written))
                .min(entry.snapshot.torrents.len() as u64);
            let cost = rows * ROW_BYTES;
            let is_newest = successor.is_none();
            if is_newest || pinned.binary_search(revision).is_ok() {
                successor = Some(written);
            } else if now.duration_since(entry.answered) >= LIFETIME || spent + cost > BUDGET {
                doomed.push(*revision);
            } else {
                spent += cost;
                successor = Some(written);
            }
        }
        dropped.extend(
            doomed
                .iter()
                .filter_map(|revision| self.entries.remove(revision))
                .map(|entry| entry.snapshot),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(revision: u32) -> Arc<Snapshot> {
        Arc::new(Snapshot { revision, ..Snapshot::default() })
    }

    #[test]
    fn a_client_that_lost_answers_still_finds_its_base() {
        let (recent, session, mut now) = (Recent::default(), Arc::from("a"), Instant::now());
        recent.answer(&session, 0, &snapshot(5), now);

        for revision in 6..20 {
            now += Duration::from_secs(61);
            let (base, _) = recent.answer(&session, 5, &snapshot(revision), now);
            assert_eq!(base.map(|base| base.revision), Some(5));
        }
    }

    #[test]
    fn what_no_session_needs_goes_after_a_minute() {
        let (recent, session, now) = (Recent::default(), Arc::from("a"), Instant::now());
        recent.answer(&session, 0, &snapshot(5), now);
        recent.answer(&session, 5, &snapshot(6), now);
        recent.answer(&session, 6, &snapshot(7), now);

        let later = now + LIFETIME;
        let (base, _) = recent.answer(&session, 7, &snapshot(8), later);
        assert_eq!(base.map(|base| base.revision), Some(7));
        assert!(recent.answer(&session, 5, &snapshot(8), later).0.is_none());
    }

    #[test]
    fn a_session_may_use_what_another_was_answered_with() {
        let (recent, now) = (Recent::default(), Instant::now());
        recent.answer(&Arc::from("a"), 0, &snapshot(5), now);

        assert!(recent.answer(&Arc::from("b"), 5, &snapshot(6), now).0.is_some());
    }

    #[test]
    fn what_was_kept_for_a_session_goes_with_it() {
        let (recent, now) = (Recent::default(), Instant::now());
        recent.answer(&Arc::from("a"), 0, &snapshot(5), now);
        recent.answer(&Arc::from("b"), 0, &snapshot(6), now);
        let later = now + LIFETIME;

        assert!(recent.forget("unknown", later).is_empty());
        let dropped = recent.forget("a", later);

        assert_eq!(dropped.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn revisions_that_start_over_empty_everything() {
        let (recent, session, now) = (Recent::default(), Arc::from("a"), Instant::now());
        recent.answer(&session, 0, &snapshot(2_147_483_000), now);

        let (base, dropped) = recent.answer(&session, 2_147_483_000, &snapshot(1), now);

        assert!(base.is_none());
        assert_eq!(dropped.len(), 1);
    }
}
