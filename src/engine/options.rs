//! Limits and switches of torrents.

use std::fmt;
use std::sync::Arc;

use revaer_native::{Inspector, TorrentFlags};
use serde::{Deserialize, Serialize};

use super::boot::native_limit;
use super::worker::{Attachment, Worker};
use super::{Engine, Error, Result, query, session};
use crate::model::state::Phase;
use crate::model::{
    ContentLayout, Options, OwnLimit, PeerSources, Selection, ShareLimits, StopCondition,
    TorrentId, TorrentKey,
};
use crate::settings::Profile;

/// libtorrent's least number of connections and of upload slots.
pub const LEAST: u32 = 2;

/// What libtorrent keeps for "unlimited" in the 24 bits of such a limit.
const UNLIMITED: u32 = (1 << 24) - 1;

/// What libtorrent does with a torrent. Limits: `None` unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch of libtorrent")]
pub struct LiveOptions {
    /// Bytes per second.
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub max_connections: Option<u32>,
    pub max_uploads: Option<u32>,
    pub sequential: bool,
    pub super_seeding: bool,
    pub dht: bool,
    pub pex: bool,
    pub lsd: bool,
}

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

    /// Switches downloading in order on or off, whichever it is not.
    pub async fn toggle_sequential(&self, which: Selection) -> Result<()> {
        self.run("toggle sequential", move |worker| {
            worker.for_each(&which, |worker, key| {
                let on = !worker.known(key)?.options.sequential;
                worker.set_sequential(key, on);
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
                worker.set_first_last_first(key, on);
                Ok(())
            })
        })
        .await
    }

    /// Downloads in order, or not.
    pub async fn set_sequential(&self, which: Selection, on: bool) -> Result<()> {
        self.run("set sequential", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.set_sequential(key, on);
                Ok(())
            })
        })
        .await
    }

    /// Downloads first and last pieces first, or not.
    pub async fn set_first_last_first(&self, which: Selection, on: bool) -> Result<()> {
        self.run("set first and last", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.set_first_last_first(key, on);
                Ok(())
            })
        })
        .await
    }

    /// Limits the connections of each torrent, and the peers that it uploads to; `None` leaves a limit as it is.
    ///
    /// # Errors
    /// `Invalid` for a limit below 2, with which libtorrent does not work; nothing is changed.
    pub async fn set_slots(
        &self,
        which: Selection,
        connections: Option<OwnLimit>,
        uploads: Option<OwnLimit>,
    ) -> Result<()> {
        let too_low = |limit: OwnLimit| matches!(limit, OwnLimit::At(limit) if limit < LEAST);
        if connections.into_iter().chain(uploads).any(too_low) {
            return Err(Error::Invalid(format!("a torrent needs at least {LEAST} of them")));
        }
        self.run("set slots", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.change(key, |options| {
                    options.max_connections = connections.unwrap_or(options.max_connections);
                    options.max_uploads = uploads.unwrap_or(options.max_uploads);
                });
                worker.apply_slots(key);
                Ok(())
            })
        })
        .await
    }

    /// Decides how a torrent begins whose metadata is not here yet; `None` leaves things as they are.
    ///
    /// # Errors
    /// `Invalid` if the metadata is here: the content is laid out then, and nothing waits to be stopped.
    pub async fn set_beginning(
        &self,
        id: TorrentId,
        layout: Option<ContentLayout>,
        stop_condition: Option<StopCondition>,
    ) -> Result<()> {
        self.run("set beginning", move |worker| {
            let key = worker.find(id)?;
            if worker.known(key)?.facts.metadata.is_some() {
                return Err(Error::Invalid("the torrent has its metadata already".to_owned()));
            }
            worker.change(key, |options| {
                options.layout = layout.unwrap_or(options.layout);
                options.stop_condition = stop_condition.unwrap_or(options.stop_condition);
            });
            Ok(())
        })
        .await
    }

    /// Reserves disk space before it is needed, or not, or as the preferences say; libtorrent takes it at the next start.
    pub async fn set_preallocate(&self, which: Selection, on: Option<bool>) -> Result<()> {
        self.run("set preallocation", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.change(key, |options| options.preallocate = on);
                Ok(())
            })
        })
        .await
    }

    /// Chooses where each torrent may find peers.
    pub async fn set_sources(&self, which: Selection, sources: PeerSources) -> Result<()> {
        self.run("set sources", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.change(key, |options| options.sources = sources);
                worker.apply_sources(key);
                Ok(())
            })
        })
        .await
    }

    /// What libtorrent does with a torrent now, read from the running session; `None` while it is not attached.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn live_options(&self, id: TorrentId) -> Result<Option<LiveOptions>> {
        let key = self.key(id)?;
        let inspector = self
            .run("read options", move |worker| {
                worker.known(key)?;
                Ok(worker.live(key).map(|session| session.inspector(key.0)).transpose()?)
            })
            .await?;
        let Some(inspector) = inspector else { return Ok(None) };
        let live = query::inspect(&self.shared, inspector, Inspector::options).await?;
        let has = |flag| live.flags.contains(flag);
        let limit = |limit: i32| u32::try_from(limit).ok().filter(|limit| *limit > 0);
        Ok(Some(LiveOptions {
            download_limit: limit(live.download_limit),
            upload_limit: limit(live.upload_limit),
            // libtorrent's words for unlimited are -1, 0 and the largest number that it knows.
            max_connections: limit(live.max_connections).filter(|limit| *limit < UNLIMITED),
            max_uploads: limit(live.max_uploads).filter(|limit| *limit < UNLIMITED),
            sequential: has(TorrentFlags::SEQUENTIAL),
            super_seeding: has(TorrentFlags::SUPER_SEEDING),
            dht: !has(TorrentFlags::DISABLE_DHT),
            pex: !has(TorrentFlags::DISABLE_PEX),
            lsd: !has(TorrentFlags::DISABLE_LSD),
        }))
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
        let per_torrent = |profile: &Profile| {
            let connection = &profile.connection;
            (connection.max_connections_per_torrent, connection.max_upload_slots_per_torrent)
        };
        let limits = per_torrent(&profile) != per_torrent(old);
        let pex = profile.bittorrent.pex != old.bittorrent.pex;
        let suffix = profile.downloads.incomplete_suffix != old.downloads.incomplete_suffix;
        if !limits && !pex && !suffix {
            return;
        }
        let live: Vec<TorrentKey> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.attachment == Attachment::Live)
            .map(|(key, _)| *key)
            .collect();
        for key in live {
            if limits {
                self.apply_slots(key);
            }
            if pex {
                self.apply_sources(key);
            }
            // A torrent that is being checked follows when the check is over.
            if suffix && !self.is_checking(key) {
                self.arrange_suffixes(key);
            }
        }
    }

    /// Tells libtorrent how many connections and upload slots a torrent has.
    fn apply_slots(&mut self, key: TorrentKey) {
        let Some(torrent) = self.torrent(key) else { return };
        let (connections, uploads) = session::torrent_limits(&self.profile, &torrent.options);
        self.tell(key, "limited", |session| session.set_max_connections(key.0, connections));
        self.tell(key, "limited", |session| session.set_max_uploads(key.0, uploads));
    }

    /// Tells libtorrent where a torrent may find peers.
    fn apply_sources(&mut self, key: TorrentKey) {
        let Some(torrent) = self.torrent(key) else { return };
        let flags = session::barred_sources(&self.profile, torrent.options.sources);
        self.tell(key, "switched", |session| session.set_flags(key.0, flags, session::SOURCES));
    }

    fn set_sequential(&mut self, key: TorrentKey, on: bool) {
        self.change(key, |options| options.sequential = on);
        self.tell_flag(key, TorrentFlags::SEQUENTIAL, on);
    }

    fn set_first_last_first(&mut self, key: TorrentKey, on: bool) {
        self.change(key, |options| options.first_last_first = on);
        if on {
            self.load_first_last(key);
        } else {
            self.level_first_last(key);
        }
    }
}
