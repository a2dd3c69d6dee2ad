//! Verifying the data of a torrent, and putting right afterwards what libtorrent forgets over a check.

use std::sync::Arc;

use super::worker::{Attachment, Worker};
use super::{Engine, Result, content};
use crate::model::state::Phase;
use crate::model::{Selection, TorrentKey};

impl Engine {
    /// Verifies the data of torrents from scratch; ignored without metadata.
    ///
    /// A stopped torrent is checked too and ends stopped.
    pub async fn recheck(&self, which: Selection) -> Result<()> {
        self.run("recheck", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.recheck(key);
                Ok(())
            })
        })
        .await
    }
}

impl Worker {
    fn recheck(&mut self, key: TorrentKey) {
        let Some(torrent) = self.torrent(key) else { return };
        if torrent.facts.metadata.is_none() {
            return;
        }
        let queue_position = torrent.status.queue_position;
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.recheck_pending = true;
        entry.shows_check = true;
        entry.has_missing_files = false;
        entry.has_error = false;
        entry.queue_wish = queue_position;
        // Clients see the check from the answer on, in the only state in which the real servers show it.
        entry.phase = Phase::CheckingFiles;
        let is_refused = entry.attachment == Attachment::Refused;
        self.edit(key, |torrent| {
            torrent.status.error = None;
            torrent.status.progress = 0.0;
        });
        self.store_row(key);
        self.refresh_state(key);
        if is_refused {
            self.reattach(key);
            return;
        }
        self.find_unsuffixed(key, move |worker| {
            worker.tell(key, "checked", |session| session.force_recheck(key.0));
            worker.run_as_wished(key);
        });
    }

    /// A check is over: priorities, queue position, suffixes and the run mode are as before.
    ///
    /// libtorrent below 2.0.12 may lose priorities of seeds, and always sends a checked torrent to the end of the queue.
    pub(super) fn restore_after_check(&mut self, key: TorrentKey) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.was_checked = true;
        let queue_wish = entry.queue_wish.take();
        let levels = content::levels(&entry.wishes);
        if !levels.is_empty() {
            self.tell(key, "given its priorities", |session| {
                session.prioritize_files(key.0, &levels)
            });
        }
        self.load_first_last(key);
        if let Some(position) = queue_wish {
            self.tell(key, "put back into its place in the queue", |session| {
                session.queue_set(key.0, position)
            });
        }
        self.arrange_suffixes(key);
        self.run_as_wished(key);
        self.refresh_state(key);
    }

    /// A torrent that was complete lacks data: because a check found so, or because more files are wanted now.
    ///
    /// Its next completion is news again. After a check the content goes back to where incomplete content belongs, as
    /// upstream does.
    pub(super) fn reopened(&mut self, key: TorrentKey, was_checked: bool) {
        self.store_row(key);
        self.arrange_suffixes(key);
        let Some(torrent) = self.torrent(key) else { return };
        let (save_path, download_path) =
            (Arc::clone(&torrent.options.save_path), torrent.options.download_path.clone());
        if was_checked
            && download_path.is_some()
            && let Err(error) = self.place(key, save_path, download_path)
        {
            tracing::warn!(torrent.key = key.0, "the content cannot be moved back: {error}");
        }
    }
}
