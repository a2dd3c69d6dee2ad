//! Resume data: when libtorrent is asked for it and what of it is kept.
//!
//! Wishes are stored when they change; resume data holds the verified pieces. Whatever is younger than the last one is
//! fetched again after a crash, never rechecked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use revaer_native::{Failure, TorrentFlags};

use super::worker::{Attachment, Worker};
use crate::events::Kind;
use crate::model::{Moment, Torrent, TorrentKey};
use crate::store::Change;

/// Events that ask for resume data come in bursts; one answer serves them all.
const SETTLE: Duration = Duration::from_secs(2);

/// The most that a download falls behind.
const DOWNLOAD_PERIOD: Duration = Duration::from_secs(8);

/// Torrents asked per second; more wait, those that have waited longest first.
const ASKED_PER_SECOND: u32 = 500;

/// How much time of an idle torrent a crash may cost; each turn of it wakes a sleeping disk.
const ALIVE_PERIOD: Duration = Duration::from_mins(5);

/// Rows of numbers that go to the store together at the end, when nothing else needs the engine.
const NUMBERS_AT_ONCE: usize = 2000;

/// Rows of numbers written per second.
const NUMBERS_PER_SECOND: u32 = 1500;

/// The share of a second's work that falls to `time`, at least one piece. The engine ticks faster the more happens, and
/// what nobody waits for must not take more of its time then.
fn share(per_second: u32, time: Duration) -> usize {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let pieces = milliseconds.saturating_mul(per_second.into()) / 1000;
    usize::try_from(pieces).unwrap_or(usize::MAX).max(1)
}

impl Worker {
    /// Asks for resume data of a torrent soon.
    pub(super) fn want_resume_data(&mut self, key: TorrentKey) {
        self.resume_due.entry(key).or_insert_with(|| Instant::now() + SETTLE);
    }

    /// Asks for what is due, as much as falls to the time since the last turn.
    pub(super) fn request_resume_data(&mut self, now: Instant, since: Duration) {
        let downloading: Vec<TorrentKey> = self
            .active
            .keys()
            .filter(|key| {
                self.entries.get(key).is_some_and(|entry| entry.needs_resume)
                    && self
                        .torrent(**key)
                        .is_some_and(|torrent| torrent.status.completed_at.is_none())
            })
            .copied()
            .collect();
        for key in downloading {
            self.resume_due.entry(key).or_insert_with(|| now + DOWNLOAD_PERIOD);
        }
        let mut due: Vec<(Instant, TorrentKey)> = self
            .resume_due
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(key, at)| (*at, *key))
            .collect();
        due.sort_unstable();
        for (_, key) in due.into_iter().take(share(ASKED_PER_SECOND, since)) {
            self.resume_due.remove(&key);
            self.ask_resume_data(key);
        }
    }

    /// Asks for resume data now.
    pub(super) fn ask_resume_data(&mut self, key: TorrentKey) {
        if self.entries.get(&key).is_some_and(|entry| entry.attachment == Attachment::Live)
            && let Err(error) = self.session.save_resume_data(key.0, false)
        {
            tracing::debug!(torrent.key = key.0, "resume data cannot be asked for: {error}");
        }
    }

    /// Keeps resume data, unless libtorrent does not know the pieces now. The first ones are stored at once: until
    /// then a restart checks the files.
    pub(super) fn take_resume_data(&mut self, key: TorrentKey, data: Vec<u8>, pieces_known: bool) {
        let has_metadata =
            self.torrent(key).is_some_and(|torrent| torrent.facts.metadata.is_some());
        let Some(entry) = self.entries.get_mut(&key) else { return };
        // Without pieces they are worse than none: none means that the files are checked.
        if (has_metadata && !pieces_known) || entry.has_missing_files {
            return;
        }
        let is_first = !std::mem::replace(&mut entry.has_resume, true);
        entry.needs_resume = false;
        let change = Change::PutResume(key, data);
        if is_first {
            self.store(change);
        } else {
            self.shared.store.submit_lazily(vec![change]);
        }
    }

    /// Holds a torrent of which libtorrent says that its content is not what resume data, or who added it, said.
    pub(super) fn resume_rejected(&mut self, key: TorrentKey, failure: &Failure, file: &str) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if entry.recheck_pending {
            // Whoever asks for a check accepts the loss. The guard has paused the torrent, which ends a check.
            self.tell(key, "checked", |session| session.force_recheck(key.0));
            self.run_as_wished(key);
            return;
        }
        entry.has_missing_files = true;
        // The guard has paused it; what was wished since then must not start it.
        self.tell(key, "held", |session| {
            session.set_flags(key.0, TorrentFlags::default(), TorrentFlags::AUTO_MANAGED)?;
            session.pause_torrent(key.0)
        });
        let message: Arc<str> = if file.is_empty() {
            failure.message.as_str().into()
        } else {
            format!("{}: {file}", failure.message).into()
        };
        self.edit(key, |torrent| torrent.status.error = Some(message));
        self.refresh_state(key);
        self.emit_for(key, Kind::Failed { reason: failure.message.clone() });
    }

    /// Writes numbers that changed, as many as fall to the time since the last turn.
    pub(super) fn store_numbers(&mut self, since: Duration) {
        self.store_some_numbers(share(NUMBERS_PER_SECOND, since));
    }

    fn store_some_numbers(&mut self, lot: usize) {
        let keys: Vec<TorrentKey> = self.restless.iter().take(lot).copied().collect();
        let mut changes = Vec::with_capacity(keys.len());
        for key in keys {
            self.restless.remove(&key);
            if let Some(status) = self.stored_status(key) {
                changes.push(Change::PutStatus(key, Box::new(status)));
            }
        }
        if !changes.is_empty() {
            self.shared.store.submit_lazily(changes);
        }
    }

    /// Tells the store now and then that the engine runs: after a crash, the times of idle torrents have gone on until
    /// then.
    pub(super) fn tell_alive(&mut self, now: Instant) {
        // As long as a row is to be stored that may speak of the last run, the end of that run counts.
        if self.restless.is_empty() && self.alive_due.is_some_and(|due| due <= now) {
            self.alive_due = Some(now + ALIVE_PERIOD);
            self.shared.store.submit_lazily(vec![Change::PutAlive(Moment::of(now))]);
        }
    }

    /// Brings the times of idle torrents up to date: libtorrent does not mention these while only time passes.
    pub(super) fn settle_times(&mut self, concerns: impl Fn(&Torrent) -> bool) {
        let now = Moment::now();
        let keys: Vec<TorrentKey> = self
            .working
            .torrents
            .values()
            .filter(|row| row.status.times_read.is_some() && concerns(row))
            .map(|row| row.key)
            .collect();
        for key in keys {
            self.edit(key, |torrent| torrent.status.settle_times(now));
            self.restless.insert(key);
        }
    }

    /// Hands over everything that a clean stop saves: all numbers, and resume data of what moved since.
    ///
    /// Returns the torrents whose resume data was asked for.
    pub(super) fn save_all(&mut self) -> usize {
        while !self.restless.is_empty() {
            self.store_some_numbers(NUMBERS_AT_ONCE);
        }
        // One row that tells until when all times went on, instead of one row for each torrent.
        if self.alive_due.is_some() {
            self.shared.store.submit_lazily(vec![Change::PutAlive(Moment::now())]);
        }
        let mut keys: Vec<TorrentKey> = self.resume_due.drain().map(|(key, _)| key).collect();
        keys.extend(
            self.entries
                .iter()
                .filter(|(_, entry)| entry.needs_resume && entry.attachment == Attachment::Live)
                .map(|(key, _)| *key),
        );
        keys.sort_unstable();
        keys.dedup();
        for key in &keys {
            self.ask_resume_data(*key);
        }
        keys.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_turns_get_small_shares() {
        assert_eq!(share(1500, Duration::from_millis(100)), 150);
        assert_eq!(share(1500, Duration::from_millis(1500)), 2250);
        assert_eq!(share(1500, Duration::ZERO), 1);
    }
}
