//! URLs that torrents are being fetched from: stored, so that a crash resumes them.

use super::{Engine, Result};
use crate::events::{Event, Kind};
use crate::model::TorrentKey;
use crate::store::{Change, Work};

/// A fetch belongs to no torrent yet; keys of torrents start at 1.
const NO_TORRENT: TorrentKey = TorrentKey(0);

/// What a sealed secret of a fetch belongs to.
const CONTEXT: &str = "fetch";

impl Engine {
    /// Seals a secret of a request that is written down.
    #[must_use]
    pub fn seal_for_fetch(&self, clear: &[u8]) -> Vec<u8> {
        self.shared.settings.seal(CONTEXT, clear)
    }

    /// Opens what [`Self::seal_for_fetch`] sealed; `None` if another key sealed it.
    #[must_use]
    pub fn unseal_for_fetch(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.shared.settings.unseal(CONTEXT, sealed).ok()
    }

    /// Notes a URL that is going to be fetched; returns once the note is durable, with its id.
    ///
    /// `options` is the request in the intake's own text form.
    pub async fn begin_fetch(&self, url: String, options: String) -> Result<u64> {
        self.run("begin fetch", move |worker| {
            let intent = worker.intent(NO_TORRENT, Work::Fetch { url, options });
            let id = intent.id;
            worker.store(Change::PutIntent(Box::new(intent)));
            Ok(id)
        })
        .await
    }

    /// Forgets a fetch that has succeeded or failed for good.
    pub async fn end_fetch(&self, id: u64) -> Result<()> {
        self.run("end fetch", move |worker| {
            worker.forget_intent(id);
            Ok(())
        })
        .await
    }

    /// As [`Self::end_fetch`], and tells everybody that nothing came of it. The host alone is named, because a URL may
    /// hold a passkey.
    pub async fn fail_fetch(&self, id: u64, host: &str, reason: &str) -> Result<()> {
        let reason = format!("the torrent at `{host}` could not be added: {reason}");
        self.run("fail fetch", move |worker| {
            worker.emit(Event::new(worker.actor.clone(), None, Kind::Failed { reason }));
            worker.forget_intent(id);
            Ok(())
        })
        .await
    }

    /// Fetches that were not finished: id, URL, options.
    pub async fn pending_fetches(&self) -> Result<Vec<(u64, String, String)>> {
        self.run("pending fetches", |worker| {
            let fetches = worker.intents.values().filter_map(|intent| match &intent.work {
                Work::Fetch { url, options } => Some((intent.id, url.clone(), options.clone())),
                Work::Move { .. } | Work::Delete { .. } | Work::Rename { .. } => None,
            });
            Ok(fetches.collect())
        })
        .await
    }
}
