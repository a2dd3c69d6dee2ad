//! The session: orders that never wait, and inspectors for reads that do.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cxx::UniquePtr;

use crate::alert::{Alert, StatusRow, TorrentFlags};
use crate::bridge::ffi;
use crate::sink::AlertSink;
use crate::source::Source;
use crate::types::{
    AddTorrent, DiskBackend, Error, Failure, IpRange, MoveMode, PeerClass, PeerRow, Result,
    SessionOptions, Setting, TorrentOptions, TrackerEntry, TrackerRow, Value,
};

/// Called from libtorrent's network thread when alerts wait. Must not block and must not panic.
///
/// It is called once when the queue turns from empty to not empty, so every wake-up must drain.
pub struct Waker(pub Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub(crate) fn wake(&self) {
        (self.0)();
    }
}

/// A libtorrent session. One owner, on the engine thread; constructed paused.
///
/// Dropping it waits until libtorrent has announced "stopped" to trackers (`stop_tracker_timeout`)
/// and has ended its threads, which can take seconds. All inspectors must be dropped before.
pub struct Session {
    inner: UniquePtr<ffi::Session>,
}

impl Session {
    /// Starts a paused session. Every name in `settings` must be a live libtorrent setting.
    ///
    /// libtorrent's own defaults hold for what is not named, and those switch DHT, LSD, `UPnP` and
    /// NAT-PMP on. The categories that alerts of this crate need are added to an `alert_mask`;
    /// without one all that are reported are on.
    pub fn new(settings: &[Setting], options: &SessionOptions, waker: Waker) -> Result<Self> {
        let disk = match options.disk {
            DiskBackend::Pread => 0,
            DiskBackend::Mmap => 1,
            DiskBackend::Posix => 2,
        };
        crate::types::capabilities()?;
        let inner =
            ffi::new_session(&raw_settings(settings), disk, &options.dht_state, Box::new(waker))
                .map_err(failed("start session"))?;
        Ok(Self { inner })
    }

    /// Applies settings by name; an unknown name or a wrong type is an error and applies nothing.
    pub fn apply(&self, settings: &[Setting]) -> Result<()> {
        self.inner.apply(&raw_settings(settings)).map_err(failed("apply settings"))
    }

    pub fn pause(&self) -> Result<()> {
        self.inner.pause().map_err(failed("pause session"))
    }

    pub fn resume(&self) -> Result<()> {
        self.inner.resume().map_err(failed("resume session"))
    }

    /// Replaces the IP filter by these blocked ranges.
    pub fn set_ip_filter(&self, blocked: &[IpRange]) -> Result<()> {
        let ranges: Vec<_> = blocked.iter().map(IpRange::raw).collect();
        self.inner.set_ip_filter(&ranges).map_err(failed("set IP filter"))
    }

    /// Chooses whether rate limits apply to peers on local networks (new connections only) and to
    /// uTP, and which peers have limits of their own as members of a class, at most 16.
    pub fn set_limited_peers(
        &self,
        local_networks: bool,
        utp: bool,
        classes: &[PeerClass],
    ) -> Result<()> {
        let raw: Vec<_> = classes.iter().map(PeerClass::raw).collect();
        self.inner.set_limited_peers(local_networks, utp, &raw).map_err(failed("set limited peers"))
    }

    /// Opens the sockets anew that peers connect to.
    pub fn reopen_sockets(&self) -> Result<()> {
        self.inner.reopen_sockets().map_err(failed("reopen sockets"))
    }

    /// Asks for [`Alert::Status`] with what changed.
    pub fn post_updates(&self) -> Result<()> {
        self.inner.post_updates().map_err(failed("post updates"))
    }

    /// Asks for [`Alert::SessionStats`].
    pub fn post_stats(&self) -> Result<()> {
        self.inner.post_stats().map_err(failed("post statistics"))
    }

    /// Chooses the counters of [`Alert::SessionStats`] by libtorrent's metric names.
    pub fn set_stats_names(&mut self, names: &[&str]) -> Result<()> {
        self.inner.set_stats_names(names).map_err(failed("choose statistics"))
    }

    /// Takes all waiting alerts.
    pub fn drain(&mut self) -> Result<Vec<Alert>> {
        let mut sink = AlertSink::default();
        self.inner.drain(&mut sink).map_err(failed("take alerts"))?;
        Ok(sink.into_alerts())
    }

    /// Submits an add; [`Alert::Added`] tells the outcome. A duplicate fails.
    ///
    /// Metainfo, magnet and resume data that cannot be parsed, or that name different torrents, are
    /// errors here, and so are values out of range. Other alerts of the torrent may come before
    /// [`Alert::Added`]. Orders to it are possible only after that alert was drained.
    pub fn add(&self, torrent: &AddTorrent, source: Source) -> Result<()> {
        let totals = torrent.totals.unwrap_or_default();
        let raw = ffi::NewTorrent {
            key: torrent.key,
            save_path: torrent.save_path.clone(),
            trackers: raw_trackers(&torrent.trackers),
            web_seeds: torrent.web_seeds.clone(),
            file_priorities: torrent.file_priorities.clone(),
            renames: torrent
                .renames
                .iter()
                .map(|rename| ffi::FileName { file: rename.file, path: rename.path.clone() })
                .collect(),
            flags: torrent.flags.0,
            download_limit: torrent.download_limit,
            upload_limit: torrent.upload_limit,
            max_connections: torrent.max_connections,
            max_uploads: torrent.max_uploads,
            allocate: torrent.allocate,
            has_totals: torrent.totals.is_some(),
            uploaded: totals.uploaded,
            downloaded: totals.downloaded,
            active_seconds: totals.active_seconds,
            finished_seconds: totals.finished_seconds,
            added_at: totals.added_at,
            completed_at: totals.completed_at,
        };
        self.inner.add(&raw, source.0).map_err(failed("add torrent"))
    }

    /// Removes a torrent, its part file, and its files if asked; [`Alert::Removed`], then
    /// [`Alert::ContentDeleted`] or [`Alert::ContentDeleteFailed`].
    ///
    /// The second alert comes in any case: without `delete_files` it tells that the part file is
    /// gone. Files must not be touched before it.
    pub fn remove(&self, key: u64, delete_files: bool) -> Result<()> {
        self.inner.remove(key, delete_files).map_err(failed("remove torrent"))
    }

    /// True once libtorrent has accepted the torrent and until it is removed.
    #[must_use]
    pub fn contains(&self, key: u64) -> bool {
        self.inner.contains(key).unwrap_or(false)
    }

    /// The metainfo of the pair that [`Alert::Conflict`] reported, by either key.
    pub fn conflict_metainfo(&self, key: u64) -> Result<Vec<u8>> {
        self.inner.conflict_metainfo(key).map_err(failed("read conflict"))
    }

    // Orders to one torrent; an unknown key is an error.

    /// Sets the flags of `mask` to those of `flags`.
    ///
    /// [`TorrentFlags::SEED_MODE`] can only be cleared, and [`TorrentFlags::SUPER_SEEDING`] only
    /// set on a torrent that is complete now.
    pub fn set_flags(&self, key: u64, flags: TorrentFlags, mask: TorrentFlags) -> Result<()> {
        self.inner.set_flags(key, flags.0, mask.0).map_err(failed("set flags"))
    }

    /// Pauses (gracefully: outstanding blocks are still received) without touching auto management.
    pub fn pause_torrent(&self, key: u64) -> Result<()> {
        self.inner.pause_torrent(key).map_err(failed("pause torrent"))
    }

    pub fn resume_torrent(&self, key: u64) -> Result<()> {
        self.inner.resume_torrent(key).map_err(failed("resume torrent"))
    }

    pub fn clear_error(&self, key: u64) -> Result<()> {
        self.inner.clear_error(key).map_err(failed("clear error"))
    }

    /// Drops what is known of the pieces and checks the files, once the torrent runs or is
    /// auto-managed.
    pub fn force_recheck(&self, key: u64) -> Result<()> {
        self.inner.force_recheck(key).map_err(failed("recheck"))
    }

    /// Announces now: to all trackers, or to the one at `tracker`; and to the DHT if all.
    pub fn reannounce(&self, key: u64, tracker: Option<u32>) -> Result<()> {
        let tracker = match tracker.map(i32::try_from) {
            None => -1,
            Some(Ok(index)) => index,
            Some(Err(_)) => {
                return Err(Error {
                    operation: "reannounce",
                    message: "no such tracker".to_owned(),
                });
            }
        };
        self.inner.reannounce(key, tracker).map_err(failed("reannounce"))
    }

    pub fn scrape(&self, key: u64) -> Result<()> {
        self.inner.scrape(key).map_err(failed("scrape"))
    }

    /// Moves the files to an absolute path; [`Alert::Moved`] or [`Alert::MoveFailed`] follows.
    pub fn move_storage(&self, key: u64, path: &str, mode: MoveMode) -> Result<()> {
        let mode = match mode {
            MoveMode::FailIfExists => 0,
            MoveMode::KeepExisting => 1,
            MoveMode::ReplaceExisting => 2,
        };
        self.inner.move_storage(key, path, mode).map_err(failed("move storage"))
    }

    /// Renames one file; `path` is relative to the save path and must be safe already.
    ///
    /// A path that is absolute, or has an empty part, `.` or `..`, is an error. Before libtorrent
    /// 2.0.12 an existing file at `path` is overwritten.
    pub fn rename_file(&self, key: u64, file: u32, path: &str) -> Result<()> {
        self.inner.rename_file(key, file, path).map_err(failed("rename file"))
    }

    /// One of 0..=7 for every file.
    pub fn prioritize_files(&self, key: u64, priorities: &[u8]) -> Result<()> {
        self.inner.prioritize_files(key, priorities).map_err(failed("prioritize files"))
    }

    /// Pairs of piece and priority 0..=7.
    pub fn prioritize_pieces(&self, key: u64, priorities: &[(u32, u8)]) -> Result<()> {
        let pairs: Vec<_> = priorities
            .iter()
            .map(|&(piece, priority)| ffi::PiecePriority { piece, priority })
            .collect();
        self.inner.prioritize_pieces(key, &pairs).map_err(failed("prioritize pieces"))
    }

    /// Fetches these pieces before all others, each in so many milliseconds from now if peers can
    /// give it that fast. A piece that is here already is passed over; a restart forgets them.
    pub fn set_piece_deadlines(&self, key: u64, deadlines: &[(u32, i32)]) -> Result<()> {
        let list: Vec<_> = deadlines
            .iter()
            .map(|&(piece, milliseconds)| ffi::PieceDeadline { piece, milliseconds })
            .collect();
        self.inner.set_piece_deadlines(key, &list).map_err(failed("set deadlines"))
    }

    /// Lets all pieces be fetched by their priorities again.
    pub fn clear_piece_deadlines(&self, key: u64) -> Result<()> {
        self.inner.clear_piece_deadlines(key).map_err(failed("clear deadlines"))
    }

    /// Bytes per second; -1 (or 0) unlimited.
    pub fn set_download_limit(&self, key: u64, limit: i32) -> Result<()> {
        self.inner.set_download_limit(key, limit).map_err(failed("limit download"))
    }

    /// Bytes per second; -1 (or 0) unlimited.
    pub fn set_upload_limit(&self, key: u64, limit: i32) -> Result<()> {
        self.inner.set_upload_limit(key, limit).map_err(failed("limit upload"))
    }

    /// -1 (or 0) unlimited, else 2 to 16,777,215.
    pub fn set_max_connections(&self, key: u64, limit: i32) -> Result<()> {
        self.inner.set_max_connections(key, limit).map_err(failed("limit connections"))
    }

    /// -1 (or 0) unlimited, else 1 to 16,777,215.
    pub fn set_max_uploads(&self, key: u64, limit: i32) -> Result<()> {
        self.inner.set_max_uploads(key, limit).map_err(failed("limit upload slots"))
    }

    pub fn queue_up(&self, key: u64) -> Result<()> {
        self.inner.queue_up(key).map_err(failed("move in queue"))
    }

    pub fn queue_down(&self, key: u64) -> Result<()> {
        self.inner.queue_down(key).map_err(failed("move in queue"))
    }

    pub fn queue_top(&self, key: u64) -> Result<()> {
        self.inner.queue_top(key).map_err(failed("move in queue"))
    }

    pub fn queue_bottom(&self, key: u64) -> Result<()> {
        self.inner.queue_bottom(key).map_err(failed("move in queue"))
    }

    pub fn queue_set(&self, key: u64, position: u32) -> Result<()> {
        self.inner.queue_set(key, position).map_err(failed("move in queue"))
    }

    pub fn replace_trackers(&self, key: u64, trackers: &[TrackerEntry]) -> Result<()> {
        self.inner
            .replace_trackers(key, &raw_trackers(trackers))
            .map_err(failed("replace trackers"))
    }

    pub fn add_web_seed(&self, key: u64, url: &str) -> Result<()> {
        self.inner.add_web_seed(key, url).map_err(failed("add web seed"))
    }

    pub fn remove_web_seed(&self, key: u64, url: &str) -> Result<()> {
        self.inner.remove_web_seed(key, url).map_err(failed("remove web seed"))
    }

    pub fn connect_peer(&self, key: u64, peer: SocketAddr) -> Result<()> {
        self.inner.connect_peer(key, &peer.ip().into(), peer.port()).map_err(failed("connect peer"))
    }

    /// Asks for [`Alert::ResumeData`] or [`Alert::ResumeFailed`]; exactly one of them answers each
    /// request.
    pub fn save_resume_data(&self, key: u64, only_if_modified: bool) -> Result<()> {
        self.inner.save_resume_data(key, only_if_modified).map_err(failed("save resume data"))
    }

    /// Gives a magnet its metadata: a whole metainfo. [`Alert::Metadata`] follows.
    ///
    /// Unlike all other orders this one waits for libtorrent's thread, because libtorrent has no
    /// other form of it.
    pub fn set_metadata(&self, key: u64, metainfo: &[u8]) -> Result<()> {
        self.inner.set_metadata(key, metainfo).map_err(failed("set metadata"))
    }

    /// Certificate, private key and Diffie-Hellman parameters as PEM.
    pub fn set_certificate(
        &self,
        key: u64,
        certificate: &str,
        private_key: &str,
        dh_params: &str,
    ) -> Result<()> {
        self.inner
            .set_certificate(key, certificate, private_key, dh_params)
            .map_err(failed("set certificate"))
    }

    /// A reader for one torrent, usable on another thread. Must be dropped before the session is.
    pub fn inspector(&self, key: u64) -> Result<Inspector> {
        let inner = self.inner.inspector(key).map_err(failed("inspect torrent"))?;
        Ok(Inspector { inner })
    }

    /// A reader for the session, usable on another thread. Must be dropped before the session is.
    ///
    /// # Panics
    /// When memory is exhausted.
    #[must_use]
    pub fn session_inspector(&self) -> SessionInspector {
        let inner = self
            .inner
            .session_inspector()
            .expect("copying a session handle only fails without memory");
        SessionInspector { inner }
    }
}

/// Reads of one torrent; each waits for libtorrent's network thread.
pub struct Inspector {
    inner: UniquePtr<ffi::TorrentReader>,
}

impl Inspector {
    /// Connected peers; those whose handshake is not over are left out.
    pub fn peers(&self) -> Result<Vec<PeerRow>> {
        let rows = self.inner.peers().map_err(failed("read peers"))?;
        Ok(rows.into_iter().map(PeerRow::from).collect())
    }

    /// Bytes of each file that are here, verified by pieces.
    pub fn file_progress(&self) -> Result<Vec<i64>> {
        self.inner.file_progress().map_err(failed("read file progress"))
    }

    /// One of 0..=7 per file.
    pub fn file_priorities(&self) -> Result<Vec<u8>> {
        self.inner.file_priorities().map_err(failed("read file priorities"))
    }

    /// One byte per piece: 0 missing, 1 downloading, 2 have.
    pub fn piece_states(&self) -> Result<Vec<u8>> {
        self.inner.piece_states().map_err(failed("read pieces"))
    }

    /// Connected peers that have each piece; empty for a seed.
    pub fn piece_availability(&self) -> Result<Vec<i32>> {
        self.inner.piece_availability().map_err(failed("read availability"))
    }

    /// One row for each tracker, local endpoint and protocol version; a tracker that was not
    /// contacted yet has one row with an empty `endpoint` and protocol 0.
    pub fn trackers(&self) -> Result<Vec<TrackerRow>> {
        let rows = self.inner.trackers().map_err(failed("read trackers"))?;
        Ok(rows.into_iter().map(TrackerRow::from).collect())
    }

    /// Bytes per second, -1 or 0 unlimited: download, upload.
    pub fn limits(&self) -> Result<(i32, i32)> {
        let limits = self.inner.limits().map_err(failed("read limits"))?;
        Ok((limits.download, limits.upload))
    }

    /// What libtorrent does with the torrent: limits and switches.
    pub fn options(&self) -> Result<TorrentOptions> {
        let raw = self.inner.limits().map_err(failed("read limits"))?;
        Ok(TorrentOptions {
            download_limit: raw.download,
            upload_limit: raw.upload,
            max_connections: raw.connections,
            max_uploads: raw.uploads,
            flags: TorrentFlags(raw.flags),
        })
    }

    /// A whole metainfo as libtorrent holds it; an error while there is no metadata.
    ///
    /// It has no trackers and web seeds. Piece layers are in it when all of them are known.
    pub fn metainfo(&self) -> Result<Vec<u8>> {
        self.inner.metainfo().map_err(failed("read metainfo"))
    }
}

/// Reads of the session; each waits for libtorrent's network thread.
pub struct SessionInspector {
    inner: UniquePtr<ffi::SessionReader>,
}

impl SessionInspector {
    /// The settings in force, for these names.
    pub fn settings(&self, names: &[&str]) -> Result<Vec<Setting>> {
        let settings = self.inner.settings(names).map_err(failed("read settings"))?;
        Ok(settings
            .into_iter()
            .map(|raw| Setting {
                value: match raw.kind {
                    0 => Value::Bool(raw.flag),
                    1 => Value::Int(raw.number),
                    _ => Value::Text(raw.text),
                },
                name: raw.name,
            })
            .collect())
    }

    pub fn is_listening(&self) -> Result<bool> {
        self.inner.is_listening().map_err(failed("read listening"))
    }

    /// 0 when nothing listens.
    pub fn listen_port(&self) -> Result<u16> {
        self.inner.listen_port().map_err(failed("read listen port"))
    }

    /// Status of all torrents, for when alerts were dropped.
    pub fn all_status(&self) -> Result<Vec<StatusRow>> {
        let rows = self.inner.all_status().map_err(failed("read status"))?;
        Ok(rows.into_iter().map(StatusRow::from).collect())
    }

    /// State of the DHT for [`SessionOptions::dht_state`].
    pub fn dht_state(&self) -> Result<Vec<u8>> {
        self.inner.dht_state().map_err(failed("read DHT state"))
    }
}

pub(crate) fn failed(operation: &'static str) -> impl Fn(cxx::Exception) -> Error {
    move |exception| Error { operation, message: exception.what().to_owned() }
}

pub(crate) fn raw_trackers(trackers: &[TrackerEntry]) -> Vec<ffi::Tracker> {
    trackers
        .iter()
        .map(|tracker| ffi::Tracker { url: tracker.url.clone(), tier: tracker.tier })
        .collect()
}

fn raw_settings(settings: &[Setting]) -> Vec<ffi::Setting> {
    settings
        .iter()
        .map(|setting| {
            let name = setting.name.clone();
            let (kind, flag, number, text) = match &setting.value {
                Value::Bool(flag) => (0, *flag, 0, String::new()),
                Value::Int(number) => (1, false, *number, String::new()),
                Value::Text(text) => (2, false, 0, text.clone()),
            };
            ffi::Setting { name, kind, flag, number, text }
        })
        .collect()
}

impl From<ffi::Peer> for PeerRow {
    fn from(row: ffi::Peer) -> Self {
        Self {
            address: SocketAddr::new(IpAddr::from(row.address), row.port),
            client: row.client,
            peer_id: row.id,
            connection: row.connection,
            download_rate: row.download_rate,
            upload_rate: row.upload_rate,
            downloaded: row.downloaded,
            uploaded: row.uploaded,
            progress: row.progress,
            pieces: row.pieces,
            downloading_piece: row.downloading_piece,
            interesting: row.interesting,
            choked: row.choked,
            remote_interested: row.remote_interested,
            remote_choked: row.remote_choked,
            optimistic_unchoke: row.optimistic_unchoke,
            snubbed: row.snubbed,
            outgoing: row.outgoing,
            from_dht: row.from_dht,
            from_pex: row.from_pex,
            from_lsd: row.from_lsd,
            rc4_encrypted: row.rc4_encrypted,
            plaintext_encrypted: row.plaintext_encrypted,
            utp: row.utp,
            holepunched: row.holepunched,
            is_seed: row.is_seed,
        }
    }
}

impl From<ffi::TrackerState> for TrackerRow {
    fn from(row: ffi::TrackerState) -> Self {
        Self {
            url: row.url,
            tier: row.tier,
            verified: row.verified,
            endpoint: row.endpoint,
            protocol: row.protocol,
            message: row.message,
            error: row.has_error.then(|| Failure::from(row.error)),
            refused: row.refused,
            skipped: row.skipped,
            next_announce: row.next_announce,
            min_announce: row.min_announce,
            scrape_complete: row.scrape_complete,
            scrape_incomplete: row.scrape_incomplete,
            scrape_downloaded: row.scrape_downloaded,
            fails: row.fails,
            updating: row.updating,
        }
    }
}
