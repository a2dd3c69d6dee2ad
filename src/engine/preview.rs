//! Metadata of magnets that are in no list: libtorrent fetches it under a key that is never stored, and the torrent is
//! taken out as soon as the metadata is here or nobody waits for it any more.

use revaer_native::{AddTorrent, ExportExtras, Failure, Magnet, Source, TorrentFlags};
use tokio::sync::oneshot;

use super::worker::{FollowUp, Worker};
use super::{Engine, Error, Result};
use crate::model::{InfoHashes, Options, TorrentKey};

/// Magnets whose metadata is fetched at once.
const AT_ONCE: usize = 32;

type Answer = oneshot::Sender<Result<Vec<u8>>>;

/// A magnet under way.
pub(super) struct Preview {
    hashes: InfoHashes,
    waiting: Vec<Answer>,
    /// libtorrent has taken it; before that it cannot be taken out.
    is_added: bool,
    /// What waits until it can be taken out: adds of the real torrent.
    then: Vec<FollowUp>,
}

impl Preview {
    fn is(&self, hashes: &InfoHashes) -> bool {
        (hashes.v1.is_some() && self.hashes.v1 == hashes.v1)
            || (hashes.v2.is_some() && self.hashes.v2 == hashes.v2)
    }

    fn answer(self, result: impl Fn() -> Result<Vec<u8>>) {
        for answer in self.waiting {
            let _ = answer.send(result());
        }
    }
}

impl Engine {
    /// Fetches the metadata of a magnet without adding it: a `.torrent` file with the magnet's trackers and web seeds.
    /// The fetch ends when the future is dropped.
    ///
    /// # Errors
    /// `Duplicate` if the torrent is in the list, or gets there meanwhile.
    pub async fn fetch_metadata(&self, uri: String, magnet: Magnet) -> Result<Vec<u8>> {
        let extras = ExportExtras {
            trackers: magnet.trackers.clone(),
            web_seeds: magnet.web_seeds.clone(),
            comment: String::new(),
        };
        let fetched = self
            .run_later("fetch metadata", move |worker, answer| worker.preview(&uri, magnet, answer))
            .await?;
        let metainfo = fetched.await?;
        super::query::blocking(move || revaer_native::export(&metainfo, &extras)).await
    }
}

impl Worker {
    fn preview(&mut self, uri: &str, magnet: Magnet, answer: Answer) {
        let hashes = InfoHashes { v1: magnet.v1, v2: magnet.v2 };
        if self.known_hashes(&hashes).is_some() {
            let _ = answer.send(Err(Error::Duplicate(hashes.id())));
            return;
        }
        if let Some(preview) = self.previews.values_mut().find(|preview| preview.is(&hashes)) {
            preview.waiting.push(answer);
            return;
        }
        if self.previews.len() >= AT_ONCE {
            let reason = format!("the metadata of {AT_ONCE} magnets is being fetched already");
            let _ = answer.send(Err(Error::Unavailable(reason)));
            return;
        }
        let key = TorrentKey(self.next_key);
        self.next_key += 1;
        let (max_connections, max_uploads) =
            super::session::torrent_limits(&self.profile, &Options::default());
        let add = AddTorrent {
            key: key.0,
            // Nothing is written there: the torrent leaves before it has files.
            save_path: self.working.context.default_save_path.to_string(),
            trackers: self.allowed(magnet.trackers),
            web_seeds: magnet.web_seeds,
            flags: TorrentFlags::APPLY_IP_FILTER.with(TorrentFlags::DEFAULT_DONT_DOWNLOAD),
            max_connections,
            max_uploads,
            ..AddTorrent::default()
        };
        let preview = Preview { hashes, waiting: vec![answer], is_added: false, then: Vec::new() };
        let added = Source::load(&[], uri, &[]).and_then(|source| self.session.add(&add, source));
        match added {
            Ok(()) => {
                self.previews.insert(key, preview);
            }
            Err(error) => preview.answer(|| Err(Error::Invalid(error.to_string()))),
        }
    }

    /// Takes what libtorrent says of the add of a preview; false if the key is none.
    pub(super) fn preview_added(&mut self, key: TorrentKey, failure: Option<&Failure>) -> bool {
        let Some(preview) = self.previews.get_mut(&key) else { return false };
        preview.is_added = true;
        let then = std::mem::take(&mut preview.then);
        if let Some(failure) = failure
            && let Some(preview) = self.previews.remove(&key)
        {
            preview.answer(|| Err(Error::Invalid(failure.message.clone())));
        }
        for work in then {
            work(self);
        }
        true
    }

    /// The preview of the same torrent that libtorrent has not taken yet.
    pub(super) fn preview_on_its_way(&mut self, hashes: &InfoHashes) -> Option<&mut Vec<FollowUp>> {
        let mut previews = self.previews.values_mut();
        previews
            .find(|preview| !preview.is_added && preview.is(hashes))
            .map(|found| &mut found.then)
    }

    /// Hands the metadata of a preview to whoever waits; gives it back if the key is none.
    pub(super) fn preview_metadata(
        &mut self,
        key: TorrentKey,
        metainfo: Vec<u8>,
    ) -> Option<Vec<u8>> {
        if !self.previews.contains_key(&key) {
            return Some(metainfo);
        }
        self.end_preview(key, || Ok(metainfo.clone()));
        None
    }

    /// Makes room for the real torrent.
    pub(super) fn supersede_preview(&mut self, hashes: &InfoHashes) {
        let same = self.previews.iter().find(|(_, preview)| preview.is(hashes));
        if let Some(key) = same.map(|(key, _)| *key) {
            self.end_preview(key, || Err(Error::Duplicate(hashes.id())));
        }
    }

    /// Ends the previews that nobody waits for.
    pub(super) fn drop_forsaken_previews(&mut self) {
        let forsaken: Vec<TorrentKey> = self
            .previews
            .iter()
            .filter(|(_, preview)| preview.waiting.iter().all(oneshot::Sender::is_closed))
            .map(|(key, _)| *key)
            .collect();
        for key in forsaken {
            self.end_preview(key, || Err(Error::NoMetadata));
        }
    }

    fn end_preview(&mut self, key: TorrentKey, result: impl Fn() -> Result<Vec<u8>>) {
        if let Some(preview) = self.previews.remove(&key) {
            if let Err(error) = self.session.remove(key.0, false) {
                tracing::debug!(torrent.key = key.0, "a preview had left already: {error}");
            }
            preview.answer(result);
        }
    }
}
