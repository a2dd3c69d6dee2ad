//! Taking torrents out: the row goes at once, the content when the removal is durable.

use crate::events::Kind;
use crate::model::TorrentKey;
use crate::store::{Change, Work};

use super::erase;
use super::worker::{Attachment, FollowUp, Worker};

impl Worker {
    /// Removes a torrent; `files` are the paths of its content, inside the torrent, that are deleted too.
    pub(super) fn remove(&mut self, key: TorrentKey, files: Option<Vec<String>>) {
        let Some(base) = self.actual_location(key) else { return };
        let Some(attachment) = self.entries.get(&key).map(|entry| entry.attachment) else { return };
        let Some(row) = self.take_row(key) else { return };
        self.moves.retain(|queued| queued.key != key || queued.is_running);
        self.settle_intents(key, |_| true);
        self.store(Change::RemoveTorrent(key));
        let deletes = files.is_some();
        let erase: FollowUp = match files {
            None => Box::new(|_| {}),
            Some(files) => {
                let intent =
                    self.intent(key, Work::Delete { base: base.clone(), files: files.clone() });
                let id = intent.id;
                self.store(Change::PutIntent(Box::new(intent)));
                Box::new(move |worker| worker.erase_content(id, base, files))
            }
        };
        tracing::info!(
            torrent.id = %row.facts.id,
            "removed `{}`{}",
            row.name(),
            if deletes { " with its content" } else { "" }
        );
        self.emit_about(&row, Kind::Removed { with_content: deletes });
        self.after_commit(move |worker| match attachment {
            Attachment::Live => worker.detach(key, erase),
            // libtorrent answers the add first; `added` finds no entry and removes it.
            Attachment::Submitted => {
                worker.leaving.insert(key, erase);
            }
            Attachment::Waiting | Attachment::Refused => erase(worker),
        });
    }

    /// Takes a torrent out of libtorrent and does `then` when its files are closed.
    fn detach(&mut self, key: TorrentKey, then: FollowUp) {
        match self.session.remove(key.0, false) {
            Ok(()) => {
                self.leaving.insert(key, then);
            }
            Err(error) => {
                tracing::debug!(
                    torrent.key = key.0,
                    "libtorrent did not have the torrent: {error}"
                );
                then(self);
            }
        }
    }

    /// libtorrent has closed the files of a torrent that left.
    pub(super) fn left(&mut self, key: TorrentKey) {
        if let Some(then) = self.leaving.remove(&key) {
            then(self);
        }
    }

    fn erase_content(&mut self, intent: u64, base: String, files: Vec<String>) {
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn_blocking(move || {
            if let Err(error) = erase::erase(&base, &files) {
                tracing::warn!("files of a removed torrent could not be deleted: {error}");
            }
            let work: FollowUp = Box::new(move |worker| worker.forget_intent(intent));
            let _ = follow_ups.send(work);
        });
    }

    /// Removes a torrent and keeps its content.
    pub(super) fn detach_for_good(&mut self, key: TorrentKey) {
        self.remove(key, None);
    }
}
