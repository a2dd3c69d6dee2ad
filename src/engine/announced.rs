//! The numbers that a tracker gives with an answer: seeds, leechers, downloads.
//!
//! libtorrent's alert has none but the peers, so the rest is read afterwards, off the engine thread. One reading is
//! under way at a time and takes all torrents that are due, so that thousands of answers cost a few readings.

use std::collections::HashSet;
use std::sync::Arc;

use revaer_native::{Inspector, TrackerRow};

use super::query::inspect;
use super::trackers::bare;
use super::worker::{FollowUp, Worker};
use crate::model::TorrentKey;

/// Most torrents of one reading.
const BATCH: usize = 256;

/// Torrents whose trackers have answered.
#[derive(Default)]
pub(super) struct Announced {
    due: HashSet<TorrentKey>,
    is_reading: bool,
}

type Read = Vec<(TorrentKey, Vec<TrackerRow>)>;

impl Worker {
    /// Reads what the trackers of a torrent have said.
    pub(super) fn read_announced(&mut self, key: TorrentKey) {
        self.announced.due.insert(key);
        self.read_due();
    }

    fn read_due(&mut self) {
        if self.announced.is_reading || self.announced.due.is_empty() {
            return;
        }
        let keys: Vec<TorrentKey> = self.announced.due.iter().copied().take(BATCH).collect();
        let mut readers: Vec<(TorrentKey, Inspector)> = Vec::with_capacity(keys.len());
        for key in keys {
            self.announced.due.remove(&key);
            if let Some(Ok(reader)) = self.live(key).map(|session| session.inspector(key.0)) {
                readers.push((key, reader));
            }
        }
        self.announced.is_reading = true;
        let (shared, follow_ups) = (Arc::clone(&self.shared), self.follow_up_sender());
        self.shared.runtime.spawn(async move {
            let reading = inspect(&shared, readers, |readers| {
                // A torrent that has just left libtorrent has nothing to say.
                let rows =
                    |(key, reader): &(TorrentKey, Inspector)| Some((*key, reader.trackers().ok()?));
                Ok(readers.iter().filter_map(rows).collect::<Read>())
            });
            let read = reading.await.unwrap_or_default();
            let take: FollowUp = Box::new(move |worker| worker.take_announced(read));
            let _ = follow_ups.send(take);
        });
    }

    fn take_announced(&mut self, read: Read) {
        self.announced.is_reading = false;
        for (key, rows) in read {
            let Some(torrent) = self.torrent(key) else { continue };
            let mut announces = torrent.announces.to_vec();
            for announce in &mut announces {
                let is_own = |row: &&TrackerRow| {
                    *row.url == *announce.url
                        || bare(&torrent.announces, row.url.clone()) == *announce.url
                };
                let own = || rows.iter().filter(is_own);
                // The best word of all local endpoints; -1 is none.
                let best =
                    |number: fn(&TrackerRow) -> i32, old| own().map(number).max().unwrap_or(old);
                let seeds = best(|row| row.scrape_complete, announce.seeds);
                let leechers = best(|row| row.scrape_incomplete, announce.leechers);
                let downloaded = best(|row| row.scrape_downloaded, announce.downloaded);
                (announce.seeds, announce.leechers, announce.downloaded) =
                    (seeds, leechers, downloaded);
            }
            if announces[..] != torrent.announces[..] {
                self.set_announces(key, announces);
            }
        }
        self.read_due();
    }
}
