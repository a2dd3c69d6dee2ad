//! Finding and editing rows of the working state; keeps the tracker map and the stored rows in step.

use std::sync::Arc;

use revaer_native::{Session, TorrentFlags};

use super::snapshot::Row;
use super::worker::{Attachment, Worker};
use super::{Error, Result};
use crate::events::Kind;
use crate::model::{
    Activity, Announce, Facts, Options, RunMode, Selection, Status, Torrent, TorrentId, TorrentKey,
};
use crate::store::Record;

impl Worker {
    /// The key of a torrent by its present or a former id.
    pub(super) fn find(&self, id: TorrentId) -> Result<TorrentKey> {
        self.working
            .torrents
            .get(&id)
            .map(|row| row.key)
            .or_else(|| self.former.get(&id).copied())
            .ok_or(Error::NotFound(id))
    }

    /// The torrents of a selection, each once; unknown ids are skipped.
    pub(super) fn select(&self, which: &Selection) -> Vec<TorrentKey> {
        match which {
            Selection::All => self.working.torrents.values().map(|row| row.key).collect(),
            Selection::Ids(ids) => {
                let mut seen = std::collections::HashSet::new();
                ids.iter()
                    .filter_map(|id| self.find(*id).ok())
                    .filter(|key| seen.insert(*key))
                    .collect()
            }
        }
    }

    /// Runs `work` for each torrent of a selection; stops at the first error.
    pub(super) fn for_each(
        &mut self,
        which: &Selection,
        mut work: impl FnMut(&mut Self, TorrentKey) -> Result<()>,
    ) -> Result<()> {
        self.select(which).into_iter().try_for_each(|key| work(self, key))
    }

    pub(super) fn torrent(&self, key: TorrentKey) -> Option<&Torrent> {
        let entry = self.entries.get(&key)?;
        self.working.torrents.get(&entry.id).map(|row| &**row)
    }

    /// As [`Worker::torrent`], for keys that came from [`Worker::find`] or [`Worker::select`] in this turn.
    pub(super) fn known(&self, key: TorrentKey) -> Result<&Torrent> {
        self.torrent(key)
            .ok_or_else(|| Error::Unavailable("the torrent has just been removed".to_owned()))
    }

    /// libtorrent's session if it has the torrent. If not yet, the torrent attaches next, and what the order changed
    /// in the wishes is applied then.
    pub(super) fn live(&self, key: TorrentKey) -> Option<&Session> {
        match self.entries.get(&key)?.attachment {
            Attachment::Live => Some(&self.session),
            Attachment::Waiting => {
                let _ = self.urgent.send(key);
                None
            }
            Attachment::Submitted | Attachment::Refused => None,
        }
    }

    /// Changes a row in the working state only.
    pub(super) fn edit(&mut self, key: TorrentKey, change: impl FnOnce(&mut Torrent)) {
        let Some(entry) = self.entries.get(&key) else { return };
        let Some(row) = self.working.torrents.get_mut(&entry.id) else { return };
        self.queued -= u32::from(row.status.queue_position.is_some());
        change(Arc::make_mut(&mut row.0));
        self.queued += u32::from(row.status.queue_position.is_some());
        self.working.rows_written += 1;
        self.touch();
    }

    /// Changes wishes: the row is stored with this turn, and its state follows.
    pub(super) fn edit_options(&mut self, key: TorrentKey, change: impl FnOnce(&mut Options)) {
        self.edit(key, |torrent| change(Arc::make_mut(&mut torrent.options)));
        self.store_row(key);
        self.refresh_state(key);
    }

    /// Changes what the torrent is; stored with this turn.
    pub(super) fn edit_facts(&mut self, key: TorrentKey, change: impl FnOnce(&mut Facts)) {
        self.edit(key, |torrent| change(Arc::make_mut(&mut torrent.facts)));
        self.store_row(key);
    }

    /// Replaces the numbers; nothing happens if they are the same.
    pub(super) fn set_status(&mut self, key: TorrentKey, status: Status) {
        if self.torrent(key).is_some_and(|torrent| torrent.status != status) {
            self.edit(key, |torrent| torrent.status = status);
            self.restless.insert(key);
        }
    }

    /// Replaces the tracker list or what is known of trackers; the tracker map follows.
    pub(super) fn set_announces(&mut self, key: TorrentKey, announces: Vec<Announce>) {
        let Some(torrent) = self.torrent(key) else { return };
        let id = torrent.facts.id;
        let before: Vec<Arc<str>> =
            torrent.announces.iter().map(|announce| Arc::clone(&announce.url)).collect();
        let same_urls = before.len() == announces.len()
            && before.iter().zip(&announces).all(|(old, new)| *old == new.url);
        if !same_urls {
            self.unlist_trackers(id, &before);
            self.list_trackers(id, &announces);
            self.store_row(key);
        }
        self.edit(key, |torrent| torrent.announces = announces.into());
    }

    fn list_trackers(&mut self, id: TorrentId, announces: &[Announce]) {
        for announce in announces {
            self.working.trackers.entry(Arc::clone(&announce.url)).or_default().insert(id);
        }
    }

    fn unlist_trackers(&mut self, id: TorrentId, urls: &[Arc<str>]) {
        for url in urls {
            if let Some(ids) = self.working.trackers.get_mut(url) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.working.trackers.remove(url);
                }
            }
        }
    }

    /// Puts a row into the working state.
    pub(super) fn insert_row(&mut self, torrent: Torrent) {
        let id = torrent.facts.id;
        let announces = Arc::clone(&torrent.announces);
        self.list_trackers(id, &announces);
        if let (Some(v1), Some(_)) = (torrent.facts.hashes.v1, torrent.facts.hashes.v2) {
            self.aliases.insert(v1, torrent.key);
        }
        self.queued += u32::from(torrent.status.queue_position.is_some());
        self.working.torrents.insert(id, Row(Arc::new(torrent)));
        self.working.rows_written += 1;
        self.touch();
    }

    /// Takes a row and its entry out of the working state.
    pub(super) fn take_row(&mut self, key: TorrentKey) -> Option<Row> {
        let entry = self.entries.remove(&key)?;
        let row = self.working.torrents.remove(&entry.id)?;
        self.queued -= u32::from(row.status.queue_position.is_some());
        let urls: Vec<Arc<str>> =
            row.announces.iter().map(|announce| Arc::clone(&announce.url)).collect();
        self.unlist_trackers(entry.id, &urls);
        self.restless.remove(&key);
        self.active.remove(&key);
        self.resume_due.remove(&key);
        self.former.retain(|_, former| *former != key);
        if let Some(v1) = row.facts.hashes.v1 {
            self.aliases.remove(&v1);
        }
        self.touch();
        Some(row)
    }

    /// Gives a torrent the id of its new hashes; clients see one removed and one added torrent.
    pub(super) fn rekey(&mut self, key: TorrentKey, facts: Facts) {
        let new = facts.id;
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let old = std::mem::replace(&mut entry.id, new);
        let Some(row) = self.working.torrents.remove(&old) else { return };
        self.queued -= u32::from(row.status.queue_position.is_some());
        let urls: Vec<Arc<str>> =
            row.announces.iter().map(|announce| Arc::clone(&announce.url)).collect();
        self.unlist_trackers(old, &urls);
        let mut torrent = Torrent::clone(&row);
        torrent.facts = Arc::new(facts);
        self.insert_row(torrent);
        if old != new {
            self.former.insert(old, key);
        }
        self.store_row(key);
    }

    /// What the store keeps of a torrent.
    pub(super) fn record(&self, key: TorrentKey) -> Option<Record> {
        let entry = self.entries.get(&key)?;
        let mut torrent = Torrent::clone(self.working.torrents.get(&entry.id)?);
        torrent.status = self.stored_status(key)?;
        Some(Record {
            torrent,
            files: entry.wishes.clone(),
            recheck_pending: entry.recheck_pending,
        })
    }

    /// The numbers as they are stored: completion before it shows, also that of a torrent whose add says that it is
    /// complete, so that a crash before libtorrent agrees costs no check.
    pub(super) fn stored_status(&self, key: TorrentKey) -> Option<Status> {
        let entry = self.entries.get(&key)?;
        if let Some(status) = &entry.completing {
            return Some(Status::clone(status));
        }
        let torrent = self.torrent(key)?;
        let mut status = torrent.status.clone();
        if entry.is_trusted && status.completed_at.is_none() {
            status.completed_at = Some(torrent.facts.added_at);
        }
        Some(status)
    }

    /// Everything the state depends on, for these numbers.
    pub(super) fn activity(&self, key: TorrentKey, status: &Status) -> Option<Activity> {
        let entry = self.entries.get(&key)?;
        let torrent = self.torrent(key)?;
        Some(Activity {
            phase: entry.phase,
            has_metadata: torrent.facts.metadata.is_some(),
            // A stopped torrent counts as running for the time of a check, as upstream starts it for that.
            is_stopped: torrent.options.run == RunMode::Stopped
                && !entry.recheck_pending
                && !entry.shows_check,
            is_forced: torrent.options.run == RunMode::Forced,
            is_paused: entry.is_paused && !entry.taking_metadata,
            queueing: self.working.context.queueing,
            is_moving: entry.is_moving,
            has_missing_files: entry.has_missing_files,
            has_error: entry.has_error || entry.attachment == Attachment::Refused,
            was_finished: status.completed_at.is_some(),
            download_rate: status.download_rate,
            upload_rate: status.upload_rate,
        })
    }

    /// Derives the state of a torrent anew from what is known and wished.
    pub(super) fn refresh_state(&mut self, key: TorrentKey) {
        let Some(torrent) = self.torrent(key) else { return };
        let Some(activity) = self.activity(key, &torrent.status) else { return };
        let state = activity.state();
        let old = torrent.status.state;
        if old == state {
            return;
        }
        self.edit(key, |torrent| torrent.status.state = state);
        self.restless.insert(key);
        // Before libtorrent has said anything of a torrent, its state is a guess.
        if self.entries.get(&key).is_some_and(|entry| entry.was_seen) {
            self.emit_for(key, Kind::StateChanged { from: old, to: state });
        }
    }

    pub(super) fn refresh_all_states(&mut self) {
        for key in self.select(&Selection::All) {
            self.refresh_state(key);
        }
    }

    /// Makes libtorrent run, queue or pause a torrent as wished.
    pub(super) fn apply_run(&mut self, key: TorrentKey) -> Result<()> {
        let run = self.known(key)?.options.run;
        let Some(session) = self.live(key) else { return Ok(()) };
        let entry = &self.entries[&key];
        if entry.taking_metadata || entry.has_missing_files {
            return Ok(());
        }
        let auto = TorrentFlags::AUTO_MANAGED;
        match run {
            RunMode::Stopped if entry.recheck_pending || entry.awaits_first_check => {
                // A stopped torrent is checked only while libtorrent manages it; it pauses itself when it is done.
                let checking = auto.with(TorrentFlags::STOP_WHEN_READY);
                session.set_flags(key.0, checking, checking)?;
            }
            RunMode::Stopped => {
                session.set_flags(key.0, TorrentFlags::default(), auto)?;
                session.pause_torrent(key.0)?;
            }
            RunMode::Auto => {
                session.set_flags(key.0, auto, auto.with(TorrentFlags::STOP_WHEN_READY))?;
                if !self.working.context.queueing {
                    session.resume_torrent(key.0)?;
                }
            }
            RunMode::Forced => {
                session.set_flags(
                    key.0,
                    TorrentFlags::default(),
                    auto.with(TorrentFlags::STOP_WHEN_READY),
                )?;
                session.resume_torrent(key.0)?;
            }
        }
        self.hurry();
        Ok(())
    }
}
