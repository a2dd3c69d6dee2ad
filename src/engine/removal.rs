//! Taking torrents out: the row goes at once, the content when the removal is durable.

use crate::events::Kind;
use crate::model::{InfoHashes, TorrentKey};
use crate::store::{Change, Work};

use super::worker::{Attachment, FollowUp, Worker};
use super::{Error, erase};

/// A torrent that is in no list any more, while libtorrent has it or its content is on the disk.
pub(super) struct Departing {
    hashes: InfoHashes,
    attachment: Attachment,
    /// Adds of the same torrent, which libtorrent would refuse, or which would lose their content to the removal.
    then: Vec<FollowUp>,
}

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
        let departing = Departing { hashes: row.facts.hashes, attachment, then: Vec::new() };
        self.departing.insert(key, departing);
        let erase: FollowUp = match files {
            None => Box::new(move |worker| worker.departed(key)),
            Some(files) => {
                let intent =
                    self.intent(key, Work::Delete { base: base.clone(), files: files.clone() });
                let id = intent.id;
                self.store(Change::PutIntent(Box::new(intent)));
                Box::new(move |worker| worker.erase_content(key, id, base, files))
            }
        };
        tracing::info!(
            torrent.id = %row.facts.id,
            "removed `{}`{}",
            row.name(),
            if deletes { " with its content" } else { "" }
        );
        self.emit_about(&row, Kind::Removed { with_content: deletes });
        self.after_commit(move |worker| worker.depart(key, erase));
    }

    /// The removal of a torrent is durable.
    fn depart(&mut self, key: TorrentKey, erase: FollowUp) {
        let attachment = self.departing.get(&key).map(|torrent| torrent.attachment);
        match attachment {
            Some(Attachment::Live) => self.detach(key, erase),
            // libtorrent answers the add first.
            Some(Attachment::Submitted) => drop(self.leaving.insert(key, erase)),
            Some(Attachment::Waiting | Attachment::Refused) | None => erase(self),
        }
    }

    /// libtorrent answered the add of a torrent that was removed in the meantime.
    pub(super) fn added_too_late(&mut self, key: TorrentKey, is_refused: bool) {
        if let Some(pending) = self.adds.remove(&key) {
            pending.refuse(Error::Unavailable("the torrent has just been removed".to_owned()));
        }
        match self.departing.get_mut(&key) {
            Some(departing) if is_refused => departing.attachment = Attachment::Refused,
            Some(departing) => departing.attachment = Attachment::Live,
            None => self.detach(key, Box::new(|_| {})),
        }
        if let Some(erase) = self.leaving.remove(&key) {
            self.depart(key, erase);
        }
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

    /// What waits for the end of a removal of the same torrent.
    pub(super) fn departure(&mut self, hashes: &InfoHashes) -> Option<&mut Vec<FollowUp>> {
        let mut departing = self.departing.values_mut();
        departing.find(|torrent| torrent.hashes.overlaps(hashes)).map(|torrent| &mut torrent.then)
    }

    fn departed(&mut self, key: TorrentKey) {
        let departed = self.departing.remove(&key);
        for then in departed.into_iter().flat_map(|torrent| torrent.then) {
            then(self);
        }
    }

    fn erase_content(&mut self, key: TorrentKey, intent: u64, base: String, files: Vec<String>) {
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn_blocking(move || {
            if let Err(error) = erase::erase(&base, &files) {
                tracing::warn!("files of a removed torrent could not be deleted: {error}");
            }
            let work: FollowUp = Box::new(move |worker| {
                worker.forget_intent(intent);
                worker.departed(key);
            });
            let _ = follow_ups.send(work);
        });
    }

    /// Removes a torrent and keeps its content.
    pub(super) fn detach_for_good(&mut self, key: TorrentKey) {
        self.remove(key, None);
    }
}
