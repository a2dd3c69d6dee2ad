//! Limits and switches of torrents.

use std::fmt;
use std::sync::Arc;

use revaer_native::TorrentFlags;
use serde::{Deserialize, Serialize};

use super::boot::native_limit;
use super::worker::{Attachment, Worker};
use super::{Engine, Result};
use crate::model::state::Phase;
use crate::model::{Options, Selection, ShareLimits, TorrentKey};
use crate::settings::Profile;

/// libtorrent's least number of connections and of upload slots.
const LEAST: u32 = 2;

/// Certificate, key and Diffie-Hellman parameters of an SSL torrent, as PEM. Secret: stored sealed, never logged.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SslParameters {
    pub certificate: String,
    pub private_key: String,
    pub dh_params: String,
}

impl fmt::Debug for SslParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SslParameters(…)")
    }
}

impl Engine {
    /// Caps the download rate of each torrent, in bytes per second; `None` lifts the cap.
    pub async fn set_download_limit(&self, which: Selection, limit: Option<u32>) -> Result<()> {
        let limit = limit.filter(|limit| *limit > 0);
        self.run("set download limit", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.change(key, |options| options.download_limit = limit);
                worker.tell(key, "limited", |session| {
                    session.set_download_limit(key.0, native_limit(limit))
                });
                Ok(())
            })
        })
        .await
    }

    /// As [`Engine::set_download_limit`], for uploads.
    pub async fn set_upload_limit(&self, which: Selection, limit: Option<u32>) -> Result<()> {
        let limit = limit.filter(|limit| *limit > 0);
        self.run("set upload limit", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.change(key, |options| options.upload_limit = limit);
                worker.tell(key, "limited", |session| {
                    session.set_upload_limit(key.0, native_limit(limit))
                });
                Ok(())
            })
        })
        .await
    }

    /// Replaces the share limits by what `change` makes of the present ones.
    pub async fn edit_share_limits(
        &self,
        which: Selection,
        change: impl Fn(&mut ShareLimits) + Send + 'static,
    ) -> Result<()> {
        self.run("edit share limits", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.change(key, |options| change(&mut options.share));
                Ok(())
            })
        })
        .await
    }

    /// Switches downloading in order.
    pub async fn set_sequential(&self, which: Selection, on: bool) -> Result<()> {
        self.run("set sequential", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.change(key, |options| options.sequential = on);
                worker.tell_flag(key, TorrentFlags::SEQUENTIAL, on);
                Ok(())
            })
        })
        .await
    }

    /// Switches "first and last pieces first".
    pub async fn set_first_last_first(&self, which: Selection, on: bool) -> Result<()> {
        self.run("set first and last", move |worker| {
            worker.for_each(&which, |worker, key| {
                if worker.known(key)?.options.first_last_first == on {
                    return Ok(());
                }
                worker.change(key, |options| options.first_last_first = on);
                if on {
                    worker.load_first_last(key);
                } else {
                    worker.level_first_last(key);
                }
                Ok(())
            })
        })
        .await
    }

    /// Switches downloading in order on or off, whichever it is not.
    pub async fn toggle_sequential(&self, which: Selection) -> Result<()> {
        self.run("toggle sequential", move |worker| {
            worker.for_each(&which, |worker, key| {
                let on = !worker.known(key)?.options.sequential;
                worker.change(key, |options| options.sequential = on);
                worker.tell_flag(key, TorrentFlags::SEQUENTIAL, on);
                Ok(())
            })
        })
        .await
    }

    /// Switches "first and last pieces first" on or off, whichever it is not.
    pub async fn toggle_first_last_first(&self, which: Selection) -> Result<()> {
        self.run("toggle first and last", move |worker| {
            worker.for_each(&which, |worker, key| {
                let on = !worker.known(key)?.options.first_last_first;
                worker.change(key, |options| options.first_last_first = on);
                if on {
                    worker.load_first_last(key);
                } else {
                    worker.level_first_last(key);
                }
                Ok(())
            })
        })
        .await
    }

    /// Switches super seeding. An incomplete torrent starts it when it is complete: libtorrent would forget it.
    pub async fn set_super_seeding(&self, which: Selection, on: bool) -> Result<()> {
        self.run("set super seeding", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.set_super_seeding(key, on);
                Ok(())
            })
        })
        .await
    }
}

impl Worker {
    /// Changes wishes; nothing is written if they stay the same.
    pub(super) fn change(&mut self, key: TorrentKey, change: impl FnOnce(&mut Options)) {
        let Some(torrent) = self.torrent(key) else { return };
        let mut options = Options::clone(&torrent.options);
        change(&mut options);
        if options != *torrent.options {
            self.edit(key, |torrent| torrent.options = Arc::new(options));
            self.store_row(key);
            self.refresh_state(key);
        }
    }

    pub(super) fn set_super_seeding(&mut self, key: TorrentKey, on: bool) {
        let Some(torrent) = self.torrent(key) else { return };
        let is_complete = torrent.status.completed_at.is_some();
        self.change(key, |options| options.super_seeding = on);
        if is_complete || !on {
            self.tell_flag(key, TorrentFlags::SUPER_SEEDING, on);
        }
    }

    fn is_checking(&self, key: TorrentKey) -> bool {
        self.entries.get(&key).is_some_and(|entry| {
            matches!(entry.phase, Phase::CheckingFiles | Phase::CheckingResumeData)
        })
    }

    fn tell_flag(&self, key: TorrentKey, flag: TorrentFlags, on: bool) {
        let flags = if on { flag } else { TorrentFlags::default() };
        self.tell(key, "switched", |session| session.set_flags(key.0, flags, flag));
    }

    /// Brings live torrents in line with changed preferences that libtorrent takes per torrent.
    pub(super) fn apply_torrent_defaults(&mut self, old: &Profile) {
        let profile = Arc::clone(&self.profile);
        let (connection, was) = (&profile.connection, &old.connection);
        let connections = (connection.max_connections_per_torrent
            != was.max_connections_per_torrent)
            .then(|| at_least_two(connection.max_connections_per_torrent));
        let uploads = (connection.max_upload_slots_per_torrent != was.max_upload_slots_per_torrent)
            .then(|| at_least_two(connection.max_upload_slots_per_torrent));
        let pex = (profile.bittorrent.pex != old.bittorrent.pex).then_some(profile.bittorrent.pex);
        let suffix = profile.downloads.incomplete_suffix != old.downloads.incomplete_suffix;
        if connections.is_none() && uploads.is_none() && pex.is_none() && !suffix {
            return;
        }
        let live: Vec<TorrentKey> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.attachment == Attachment::Live)
            .map(|(key, _)| *key)
            .collect();
        for key in live {
            if let Some(limit) = connections {
                self.tell(key, "limited", |session| session.set_max_connections(key.0, limit));
            }
            if let Some(limit) = uploads {
                self.tell(key, "limited", |session| session.set_max_uploads(key.0, limit));
            }
            if let Some(on) = pex {
                self.tell_flag(key, TorrentFlags::DISABLE_PEX, !on);
            }
            // A torrent that is being checked follows when the check is over.
            if suffix && !self.is_checking(key) {
                self.arrange_suffixes(key);
            }
        }
    }
}

/// As [`native_limit`], never below what libtorrent takes.
fn at_least_two(limit: Option<u32>) -> i32 {
    native_limit(limit.map(|limit| limit.max(LEAST)))
}
