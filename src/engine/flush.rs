//! A torrent is finished when the hashes of its pieces are good, which may be before the disk has them: libtorrent hashes
//! what waits to be written. Who is told of a completion opens the files, so they are waited for.

use std::time::{Duration, Instant};

use super::worker::Worker;
use crate::model::TorrentKey;

/// How long libtorrent may take to write what it has. A disk that is slower than this delays no completion any longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Data on its way to the disk.
pub(super) struct Flush {
    since: Instant,
    /// The completion is stored, and waits for this alone.
    holds_completion: bool,
}

impl Worker {
    /// libtorrent has all wanted pieces, and begins to write out what it holds.
    pub(super) fn finished(&mut self, key: TorrentKey) {
        self.flushing.insert(key, Flush { since: Instant::now(), holds_completion: false });
        self.hurry();
    }

    /// Everything is on the disk.
    pub(super) fn flushed(&mut self, key: TorrentKey) {
        if self.flushing.remove(&key).is_some_and(|flush| flush.holds_completion) {
            self.complete(key);
        }
    }

    /// Whether the completion of a torrent, which is stored, is to be shown later.
    pub(super) fn waits_for_disk(&mut self, key: TorrentKey) -> bool {
        let Some(flush) = self.flushing.get_mut(&key) else { return false };
        flush.holds_completion = true;
        true
    }

    /// Ends the wait for a disk that takes too long.
    pub(super) fn end_flushes(&mut self, now: Instant) {
        let is_late = |flush: &Flush| now.duration_since(flush.since) >= PATIENCE;
        let late = self.flushing.iter().filter(|(_, flush)| is_late(flush));
        let late: Vec<TorrentKey> = late.map(|(key, _)| *key).collect();
        for key in late {
            self.flushed(key);
        }
    }
}
