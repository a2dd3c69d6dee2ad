//! Running state, announces and removal of torrents.

use std::collections::HashMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use revaer_native::{Metainfo, Session, TorrentFlags};

use super::worker::{Attachment, Worker};
use super::{Engine, Error, Result, content};
use crate::model::{RunMode, Selection, StopCondition, TorrentKey};

/// Metainfos that are read and parsed at once before content is deleted.
const READERS: usize = 4;

/// What becomes of the content of a removed torrent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    KeepContent,
    DeleteContent,
}

/// A move in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueMove {
    Up,
    Down,
    Top,
    Bottom,
}

impl Engine {
    /// Stops torrents.
    pub async fn stop(&self, which: Selection) -> Result<()> {
        self.run("stop", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.stop(key);
                Ok(())
            })
        })
        .await
    }

    /// Runs torrents by the rules of the queue; ends forced mode, clears errors, re-examines missing files.
    pub async fn start(&self, which: Selection) -> Result<()> {
        self.start_as(which, RunMode::Auto).await
    }

    /// Runs torrents whatever the queue says.
    pub async fn force_start(&self, which: Selection) -> Result<()> {
        self.start_as(which, RunMode::Forced).await
    }

    async fn start_as(&self, which: Selection, run: RunMode) -> Result<()> {
        self.run("start", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.start(key, run);
                Ok(())
            })
        })
        .await
    }

    /// Announces to all trackers and the DHT, or only to the trackers whose URL is in `urls` if given.
    ///
    /// A torrent that is not running announces nothing.
    pub async fn reannounce(&self, which: Selection, urls: Option<Vec<String>>) -> Result<()> {
        self.run("reannounce", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.reannounce(key, urls.as_deref());
                Ok(())
            })
        })
        .await
    }

    /// Removes torrents; unknown ids are ignored. Returns how many were removed.
    ///
    /// # Errors
    /// `Store` or `Native` if content is to be deleted and the names of its files cannot be read; nothing is removed.
    pub async fn remove(&self, which: Selection, removal: Removal) -> Result<usize> {
        let mut contents = match removal {
            Removal::KeepContent => HashMap::new(),
            Removal::DeleteContent => self.contents(&which).await?,
        };
        self.run("remove", move |worker| {
            let keys = worker.select(&which);
            for key in &keys {
                let files = match removal {
                    Removal::KeepContent => None,
                    Removal::DeleteContent => {
                        Some(worker.content_files(*key, contents.remove(key).as_deref()))
                    }
                };
                worker.remove(*key, files);
            }
            Ok(keys.len())
        })
        .await
    }

    /// The metainfo of each torrent that has one.
    pub(super) async fn contents(
        &self,
        which: &Selection,
    ) -> Result<HashMap<TorrentKey, Arc<Metainfo>>> {
        let snapshot = self.snapshot();
        let keys: Vec<TorrentKey> = match which {
            Selection::All => snapshot.torrents.values().map(|row| row.key).collect(),
            Selection::Ids(ids) => ids.iter().filter_map(|id| self.key(*id).ok()).collect(),
        };
        let mut reads = stream::iter(keys)
            .map(|key| async move { (key, self.shared.read_metainfo(key).await) })
            .buffer_unordered(READERS);
        let mut contents = HashMap::new();
        while let Some((key, read)) = reads.next().await {
            match read {
                Ok(metainfo) => {
                    contents.insert(key, metainfo);
                }
                Err(Error::NoMetadata) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(contents)
    }
}

impl Worker {
    /// Gives libtorrent an order about a torrent that it has. The wish is kept in the row, so a refusal is logged only:
    /// the torrent gets it again when it is attached next.
    pub(super) fn tell(
        &self,
        key: TorrentKey,
        what: &str,
        order: impl FnOnce(&Session) -> revaer_native::Result<()>,
    ) {
        let Some(session) = self.live(key) else { return };
        if let Err(error) = order(session) {
            tracing::warn!(torrent.key = key.0, "the torrent cannot be {what}: {error}");
        }
    }

    /// As [`Worker::apply_run`], for callers that have changed the wish already.
    pub(super) fn run_as_wished(&mut self, key: TorrentKey) {
        if let Err(error) = self.apply_run(key) {
            tracing::warn!(torrent.key = key.0, "the torrent cannot be run as wished: {error}");
        }
    }

    pub(super) fn stop(&mut self, key: TorrentKey) {
        self.change(key, |options| {
            options.run = RunMode::Stopped;
            options.stop_condition = StopCondition::None;
        });
        self.run_as_wished(key);
    }

    pub(super) fn start(&mut self, key: TorrentKey, run: RunMode) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let examine = entry.has_missing_files || entry.attachment == Attachment::Refused;
        let had_error = std::mem::replace(&mut entry.has_error, false);
        self.change(key, |options| {
            // A stopped torrent that is started has met its condition; a running one still has it ahead.
            if options.run == RunMode::Stopped {
                options.stop_condition = StopCondition::None;
            }
            options.run = run;
        });
        if examine {
            self.reattach(key);
            return;
        }
        if had_error {
            self.edit(key, |torrent| torrent.status.error = None);
            self.tell(key, "cleared of its error", |session| {
                session.clear_error(key.0)?;
                session.set_flags(key.0, TorrentFlags::default(), TorrentFlags::UPLOAD_MODE)
            });
            self.refresh_state(key);
        }
        self.run_as_wished(key);
    }

    fn reannounce(&self, key: TorrentKey, urls: Option<&[String]>) {
        let Some(torrent) = self.torrent(key) else { return };
        let Some(urls) = urls else {
            self.tell(key, "announced", |session| session.reannounce(key.0, None));
            return;
        };
        // Rows hold trackers in the order of their tiers, which is libtorrent's own.
        for (index, announce) in (0..).zip(torrent.announces.iter()) {
            if urls.iter().any(|url| **url == *announce.url) {
                self.tell(key, "announced", |session| session.reannounce(key.0, Some(index)));
            }
        }
    }

    /// The present paths of the files of a torrent.
    pub(super) fn content_files(
        &self,
        key: TorrentKey,
        metainfo: Option<&Metainfo>,
    ) -> Vec<String> {
        let (Some(entry), Some(metainfo)) = (self.entries.get(&key), metainfo) else {
            return Vec::new();
        };
        content::visible(&metainfo.files, &entry.wishes.renames)
            .into_iter()
            .map(|(_, path)| path.to_owned())
            .collect()
    }
}
