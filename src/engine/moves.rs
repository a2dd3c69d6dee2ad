//! Moving content: one move at a time, each announced in the store first, so that a crash is made good at boot.

use std::sync::Arc;

use revaer_native::{Failure, MoveMode};

use super::Result;
use super::worker::{Attachment, Worker};
use crate::events::Kind;
use crate::model::{Actor, TorrentKey};
use crate::store::{Change, Intent, Work};

/// A move that waits for its turn or runs.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) key: TorrentKey,
    pub(super) to: Arc<str>,
    pub(super) is_running: bool,
    /// Who wanted it; the end of a move is told much later.
    pub(super) actor: Actor,
}

impl Worker {
    /// Gives a torrent its places, and moves the content if it belongs elsewhere now.
    ///
    /// The content belongs in the download path while it is incomplete, if there is one. Both paths are absolute and
    /// normalised.
    pub(super) fn place(
        &mut self,
        key: TorrentKey,
        save_path: Arc<str>,
        download_path: Option<Arc<str>>,
    ) -> Result<()> {
        let torrent = self.known(key)?;
        let before: Arc<str> = torrent.location().into();
        let in_download_path = download_path.is_some() && torrent.status.completed_at.is_none();
        self.edit(key, |torrent| torrent.status.in_download_path = in_download_path);
        self.edit_options(key, |options| {
            options.save_path = save_path;
            options.download_path = download_path;
        });
        let after: Arc<str> = self.known(key)?.location().into();
        if before != after {
            self.relocate(key, &before, after);
        }
        Ok(())
    }

    /// The content is complete: it belongs in the save path.
    pub(super) fn move_to_save_path(&mut self, key: TorrentKey) {
        let Some(torrent) = self.torrent(key) else { return };
        let before: Arc<str> = torrent.location().into();
        let after = Arc::clone(&torrent.options.save_path);
        self.edit(key, |torrent| torrent.status.in_download_path = false);
        self.store_row(key);
        if before != after {
            self.relocate(key, &before, after);
        }
    }

    /// Announces a move and starts it when the announcement is durable.
    fn relocate(&mut self, key: TorrentKey, from: &str, to: Arc<str>) {
        let pending = self
            .intents
            .values()
            .find(|intent| intent.key == key && matches!(intent.work, Work::Move { .. }));
        if pending.is_some() {
            // A move of this torrent is under way: when it ends, the content is compared with the wish again.
            return;
        }
        let intent = self.intent(key, Work::Move { from: from.to_owned(), to: to.to_string() });
        self.store(Change::PutIntent(Box::new(intent)));
        if let Some(entry) = self.entries.get_mut(&key)
            && entry.attachment == Attachment::Live
        {
            // Whoever asked for the move sees it from the answer on, though it starts with the commit.
            entry.is_moving = true;
            self.edit(key, |torrent| torrent.status.moving_from = Some(from.into()));
            self.refresh_state(key);
            let actor = self.actor.clone();
            self.after_commit(move |worker| {
                worker.actor = actor;
                worker.enqueue_move(key, to);
            });
        }
    }

    /// Registers an intent under a fresh id.
    pub(super) fn intent(&mut self, key: TorrentKey, work: Work) -> Intent {
        let intent = Intent { id: self.next_intent, key, work };
        self.next_intent += 1;
        self.intents.insert(intent.id, intent.clone());
        intent
    }

    /// Forgets intents of a torrent that `done` selects.
    pub(super) fn settle_intents(&mut self, key: TorrentKey, done: impl Fn(&Work) -> bool) {
        let ids: Vec<u64> = self
            .intents
            .values()
            .filter(|intent| intent.key == key && done(&intent.work))
            .map(|intent| intent.id)
            .collect();
        for id in ids {
            self.intents.remove(&id);
            self.store(Change::RemoveIntent(id));
        }
    }

    /// Where the content of a torrent lies now, a pending move not counted.
    pub(super) fn actual_location(&self, key: TorrentKey) -> Option<String> {
        let pending = self.intents.values().find_map(|intent| match &intent.work {
            Work::Move { from, .. } if intent.key == key => Some(from.clone()),
            _ => None,
        });
        pending.or_else(|| self.torrent(key).map(|torrent| torrent.location().to_owned()))
    }

    pub(super) fn enqueue_move(&mut self, key: TorrentKey, to: Arc<str>) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.is_moving = true;
        self.moves.push_back(Move { key, to, is_running: false, actor: self.actor.clone() });
        self.refresh_state(key);
        self.next_move();
    }

    fn next_move(&mut self) {
        while let Some(next) = self.moves.front_mut() {
            if next.is_running {
                return;
            }
            next.is_running = true;
            let (key, to) = (next.key, Arc::clone(&next.to));
            let started = if let Some(session) = self.live(key) {
                session.move_storage(key.0, &to, MoveMode::KeepExisting)
            } else {
                self.moves.pop_front();
                continue;
            };
            match started {
                Ok(()) => return,
                Err(error) => self.end_move(key, Err(&error.to_string())),
            }
        }
    }

    pub(super) fn moved(&mut self, key: TorrentKey, path: &str) {
        if let Some(entry) = self.entries.get(&key) {
            tracing::info!(torrent.id = %entry.id, "moved to `{path}`");
        }
        self.end_move(key, Ok(path));
    }

    pub(super) fn move_failed(&mut self, key: TorrentKey, failure: &Failure, file: &str) {
        let reason = match (failure.code, file) {
            (0, _) => "the destination exists already".to_owned(),
            (_, "") => failure.message.clone(),
            (_, file) => format!("{}: {file}", failure.message),
        };
        if let Some(entry) = self.entries.get(&key) {
            tracing::warn!(torrent.id = %entry.id, "the content cannot be moved: {reason}");
        }
        self.end_move(key, Err(&reason));
    }

    fn end_move(&mut self, key: TorrentKey, outcome: std::result::Result<&str, &str>) {
        let ended = self.moves.iter().position(|queued| queued.key == key && queued.is_running);
        let ended = ended.and_then(|at| self.moves.remove(at));
        let actor = ended.map_or(Actor::System, |ended| ended.actor);
        let present = std::mem::replace(&mut self.actor, actor);
        let from = self.actual_location(key);
        self.settle_intents(key, |work| matches!(work, Work::Move { .. }));
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.is_moving = false;
        }
        self.edit(key, |torrent| torrent.status.moving_from = None);
        match outcome {
            Ok(path) => {
                self.emit_for(key, Kind::Moved { path: path.to_owned() });
                self.want_resume_data(key);
                // The wish may have changed while the content moved.
                let wish: Option<Arc<str>> =
                    self.torrent(key).map(|torrent| torrent.location().into());
                if let Some(wish) = wish.filter(|wish| **wish != *path) {
                    self.relocate(key, path, wish);
                }
            }
            Err(reason) => {
                if let Some(from) = from {
                    self.stay(key, from.into());
                }
                self.emit_for(
                    key,
                    Kind::Failed { reason: format!("the content cannot be moved: {reason}") },
                );
            }
        }
        self.actor = present;
        self.store_row(key);
        self.refresh_state(key);
        self.hurry();
        self.next_move();
    }

    /// The content stays where it was: the wish follows the fact.
    fn stay(&mut self, key: TorrentKey, from: Arc<str>) {
        let Some(torrent) = self.torrent(key) else { return };
        let was_download_path = torrent.options.download_path.as_deref() == Some(&*from);
        if was_download_path {
            self.edit(key, |torrent| torrent.status.in_download_path = true);
        } else {
            self.edit(key, |torrent| torrent.status.in_download_path = false);
            self.edit_options(key, |options| {
                options.auto_managed = false;
                options.save_path = from;
            });
        }
    }
}
