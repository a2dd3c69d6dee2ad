//! Acting on share limits. What is due is decided in `model::limits`; automation finds the torrents.

use std::time::Instant;

use revaer_native::Metainfo;

use super::reduce::unix_now;
use super::worker::Worker;
use super::{Engine, Result};
use crate::model::limits::{self, Due};
use crate::model::{Selection, ShareLimitAction, Sharing, TorrentId, TorrentKey};

impl Engine {
    /// Does with a torrent what its share limits ask for, if they still do when the engine gets to it.
    ///
    /// # Errors
    /// `Store` or `Native` if content is to be deleted and the names of its files cannot be read; nothing is done.
    pub async fn enforce_share_limits(&self, id: TorrentId) -> Result<()> {
        let snapshot = self.snapshot();
        let Some(row) = snapshot.torrent(&id) else { return Ok(()) };
        let key = row.key;
        let limits = snapshot.context.share_limits(row, &snapshot.categories);
        let content = match limits.action {
            ShareLimitAction::RemoveWithContent => {
                self.contents(&Selection::from(id)).await?.remove(&key)
            }
            _ => None,
        };
        self.run("enforce share limits", move |worker| {
            worker.enforce_share_limits(key, content.as_deref());
            Ok(())
        })
        .await
    }
}

impl Worker {
    fn share_limits_due(&self, key: TorrentKey) -> Option<Due> {
        let torrent = self.torrent(key)?;
        let limits = self.working.context.share_limits(torrent, &self.working.categories);
        limits::due(torrent, &limits, &Sharing::of(torrent, unix_now(), Instant::now()))
    }

    fn enforce_share_limits(&mut self, key: TorrentKey, content: Option<&Metainfo>) {
        let Some(due) = self.share_limits_due(key) else { return };
        // The action has just become this one: it is looked at again, with the names of the files.
        if due.action == ShareLimitAction::RemoveWithContent && content.is_none() {
            return;
        }
        let Some(torrent) = self.torrent(key) else { return };
        tracing::info!(
            torrent.id = %torrent.facts.id,
            "`{}` has reached {}: it {}",
            torrent.name(),
            due.reached,
            match due.action {
                ShareLimitAction::Inherit | ShareLimitAction::Stop => "is stopped",
                ShareLimitAction::Remove => "is removed",
                ShareLimitAction::RemoveWithContent => "is removed with its content",
                ShareLimitAction::EnableSuperSeeding => "goes on as a super seed",
            }
        );
        match due.action {
            ShareLimitAction::Inherit | ShareLimitAction::Stop => self.stop(key),
            ShareLimitAction::Remove => self.remove(key, None),
            ShareLimitAction::RemoveWithContent => {
                let files = self.content_files(key, content);
                self.remove(key, Some(files));
            }
            ShareLimitAction::EnableSuperSeeding => self.set_super_seeding(key, true),
        }
    }
}
