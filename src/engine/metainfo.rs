//! Parsed metainfos of the torrents that somebody works with just now: the engine keeps none in memory for good.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use revaer_native::{Error as NativeError, ExportExtras, Metainfo, MetainfoLimits, export};
use tokio::sync::OnceCell;

use super::worker::{FollowUp, Worker};
use super::{Engine, Error, Result, Row, Shared};
use crate::model::login::has_login;
use crate::model::{TorrentId, TorrentKey};

/// Metainfos kept, and files in all of them together.
const KEPT: usize = 16;
const FILES: usize = 200_000;

/// How long metadata that was accepted may take to reach the database.
const COMMIT_PATIENCE: Duration = Duration::from_secs(10);

type Slot = Arc<OnceCell<Arc<Metainfo>>>;

/// The metainfos used last; those who ask for the same one at once share one read.
#[derive(Default)]
pub(super) struct MetainfoCache(Mutex<VecDeque<(TorrentKey, Slot)>>);

impl MetainfoCache {
    /// The slot of a torrent, moved to the front.
    fn slot(&self, key: TorrentKey) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = match slots.iter().position(|(kept, _)| *kept == key) {
            Some(at) => slots.remove(at).map(|(_, slot)| slot).unwrap_or_default(),
            None => Slot::default(),
        };
        slots.push_front((key, Arc::clone(&slot)));
        let mut files = 0;
        let mut count = 0;
        slots.retain(|(_, slot)| {
            files += slot.get().map_or(0, |metainfo| metainfo.files.len());
            count += 1;
            count == 1 || (count <= KEPT && files <= FILES)
        });
        slot
    }

    /// The metainfo if it is at hand.
    fn get(&self, key: TorrentKey) -> Option<Arc<Metainfo>> {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().find(|(kept, _)| *kept == key).and_then(|(_, slot)| slot.get().cloned())
    }
}

/// A `.torrent` as it may be stored, if the URL of a tracker or web seed in it has a login: without these lists. Nobody
/// misses them: the row has them, and what is exported gets them from there.
///
/// # Errors
/// Never for bytes that were parsed.
pub fn storable(
    bytes: &[u8],
    parsed: &Metainfo,
) -> std::result::Result<Option<Vec<u8>>, NativeError> {
    let urls = parsed.trackers.iter().map(|tracker| &tracker.url).chain(&parsed.web_seeds);
    if !urls.into_iter().any(|url| has_login(url.as_bytes())) {
        return Ok(None);
    }
    let extras = ExportExtras { comment: parsed.comment.clone(), ..ExportExtras::default() };
    export(bytes, &extras).map(Some)
}

impl Shared {
    /// The parsed metainfo of a torrent.
    ///
    /// # Errors
    /// `NoMetadata`, `Store`, `Native`.
    pub(super) async fn read_metainfo(&self, key: TorrentKey) -> Result<Arc<Metainfo>> {
        let slot = self.metainfo.slot(key);
        let metainfo = slot
            .get_or_try_init(|| async {
                let bytes = self.metainfo_bytes(key).await?;
                let parsed = tokio::task::spawn_blocking(move || {
                    revaer_native::parse_metainfo(&bytes, MetainfoLimits::default())
                })
                .await
                .map_err(|_| Error::Unavailable("the server is stopping".to_owned()))??;
                Ok::<_, Error>(Arc::new(parsed))
            })
            .await?;
        Ok(Arc::clone(metainfo))
    }

    /// The `.torrent` file as it was taken in.
    pub(super) async fn metainfo_bytes(&self, key: TorrentKey) -> Result<Vec<u8>> {
        if let Some(bytes) = self.stored_metainfo(key).await? {
            return Ok(bytes);
        }
        // A row shows its metadata a moment before they are committed.
        self.store.flush(COMMIT_PATIENCE).await;
        self.stored_metainfo(key).await?.ok_or(Error::NoMetadata)
    }

    async fn stored_metainfo(&self, key: TorrentKey) -> Result<Option<Vec<u8>>> {
        self.store.metainfo(key).await.map_err(|error| Error::Store(error.to_string()))
    }
}

impl Engine {
    /// A row by the torrent's present or a former id.
    pub(super) async fn row(&self, id: TorrentId) -> Result<Row> {
        if let Some(row) = self.snapshot().torrent(&id) {
            return Ok(row.clone());
        }
        self.run("find", move |worker| {
            let key = worker.find(id)?;
            let present = worker.known(key)?.facts.id;
            worker.working.torrent(&present).cloned().ok_or(Error::NotFound(id))
        })
        .await
    }

    /// A row with its parsed metainfo.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`, `Store`, `Native`.
    pub(super) async fn content(&self, id: TorrentId) -> Result<(Row, Arc<Metainfo>)> {
        let row = self.row(id).await?;
        if row.facts.metadata.is_none() {
            return Err(Error::NoMetadata);
        }
        let metainfo = self.shared.read_metainfo(row.key).await?;
        Ok((row, metainfo))
    }
}

impl Worker {
    /// Does `work` with the metainfo of a torrent: at once if it is at hand, else when it has been read.
    pub(super) fn with_metainfo(
        &mut self,
        key: TorrentKey,
        work: impl FnOnce(&mut Self, &Metainfo) + Send + 'static,
    ) {
        if self.torrent(key).is_none_or(|torrent| torrent.facts.metadata.is_none()) {
            return;
        }
        if let Some(metainfo) = self.shared.metainfo.get(key) {
            work(self, &metainfo);
            return;
        }
        let shared = Arc::clone(&self.shared);
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn(async move {
            match shared.read_metainfo(key).await {
                Ok(metainfo) => {
                    let work: FollowUp = Box::new(move |worker| work(worker, &metainfo));
                    let _ = follow_ups.send(work);
                }
                Err(error) => {
                    tracing::warn!(torrent.key = key.0, "the metadata cannot be read: {error}");
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metainfos_used_last_are_kept() {
        let cache = MetainfoCache::default();
        let first = cache.slot(TorrentKey(0));
        for key in 1..KEPT as u64 {
            cache.slot(TorrentKey(key));
        }
        assert!(Arc::ptr_eq(&first, &cache.slot(TorrentKey(0))));

        cache.slot(TorrentKey(99));

        let kept: Vec<u64> = cache.0.lock().unwrap().iter().map(|(key, _)| key.0).collect();
        assert_eq!(kept.len(), KEPT);
        assert!(kept.contains(&0) && !kept.contains(&1));
    }
}
