//! The session: orders that never wait, and inspectors for reads that do.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::alert::{Alert, TorrentFlags};
use crate::types::{
    AddTorrent, IpRange, MoveMode, PeerRow, Result, SessionOptions, Setting, TrackerEntry, TrackerRow,
};

/// Called from libtorrent's network thread when alerts wait. Must not block and must not panic.
pub struct Waker(pub Arc<dyn Fn() + Send + Sync>);

/// A libtorrent session. One owner, on the engine thread; constructed paused.
pub struct Session {}

impl Session {
    /// Starts a paused session. Every name in `settings` must be a live libtorrent setting.
    pub fn new(settings: &[Setting], options: &SessionOptions, waker: Waker) -> Result<Self> { let _ = (settings, options, waker); todo!() }
    /// Applies settings by name; an unknown name or a wrong type is an error and applies nothing.
    pub fn apply(&self, settings: &[Setting]) -> Result<()> { let _ = settings; todo!() }
    pub fn pause(&self) -> Result<()> { todo!() }
    pub fn resume(&self) -> Result<()> { todo!() }
    /// Replaces the IP filter by these blocked ranges.
    pub fn set_ip_filter(&self, blocked: &[IpRange]) -> Result<()> { let _ = blocked; todo!() }
    /// Chooses whether rate limits apply to peers on local networks (new connections only) and to uTP.
    pub fn set_limited_peers(&self, local_networks: bool, utp: bool) -> Result<()> { let _ = (local_networks, utp); todo!() }
    /// Asks for [`Alert::Status`] with what changed.
    pub fn post_updates(&self) -> Result<()> { todo!() }
    /// Asks for [`Alert::SessionStats`].
    pub fn post_stats(&self) -> Result<()> { todo!() }
    /// Chooses the counters of [`Alert::SessionStats`] by libtorrent's metric names.
    pub fn set_stats_names(&mut self, names: &[&str]) -> Result<()> { let _ = names; todo!() }
    /// Takes all waiting alerts.
    pub fn drain(&mut self) -> Result<Vec<Alert>> { todo!() }
    /// Submits an add; [`Alert::Added`] tells the outcome. A duplicate fails.
    pub fn add(&self, torrent: &AddTorrent) -> Result<()> { let _ = torrent; todo!() }
    /// Removes a torrent, its part file, and its files if asked; [`Alert::Removed`], then
    /// [`Alert::ContentDeleted`] or [`Alert::ContentDeleteFailed`].
    pub fn remove(&self, key: u64, delete_files: bool) -> Result<()> { let _ = (key, delete_files); todo!() }
    /// True once libtorrent has accepted the torrent and until it is removed.
    #[must_use]
    pub fn contains(&self, key: u64) -> bool { let _ = key; todo!() }

    // Orders to one torrent; an unknown key is an error.
    /// Sets the flags of `mask` to those of `flags`.
    pub fn set_flags(&self, key: u64, flags: TorrentFlags, mask: TorrentFlags) -> Result<()> { let _ = (key, flags, mask); todo!() }
    /// Pauses (gracefully: outstanding blocks are still received) without touching auto management.
    pub fn pause_torrent(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    pub fn resume_torrent(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    pub fn clear_error(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    pub fn force_recheck(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    /// Announces now: to all trackers, or to the one at `tracker`; and to the DHT if all.
    pub fn reannounce(&self, key: u64, tracker: Option<u32>) -> Result<()> { let _ = (key, tracker); todo!() }
    pub fn scrape(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    pub fn move_storage(&self, key: u64, path: &str, mode: MoveMode) -> Result<()> { let _ = (key, path, mode); todo!() }
    /// Renames one file; `path` is relative to the save path and must be safe already.
    pub fn rename_file(&self, key: u64, file: u32, path: &str) -> Result<()> { let _ = (key, file, path); todo!() }
    /// One of 0..=7 for every file.
    pub fn prioritize_files(&self, key: u64, priorities: &[u8]) -> Result<()> { let _ = (key, priorities); todo!() }
    /// Pairs of piece and priority 0..=7.
    pub fn prioritize_pieces(&self, key: u64, priorities: &[(u32, u8)]) -> Result<()> { let _ = (key, priorities); todo!() }
    /// Bytes per second; -1 unlimited.
    pub fn set_download_limit(&self, key: u64, limit: i32) -> Result<()> { let _ = (key, limit); todo!() }
    pub fn set_upload_limit(&self, key: u64, limit: i32) -> Result<()> { let _ = (key, limit); todo!() }
    pub fn set_max_connections(&self, key: u64, limit: i32) -> Result<()> { let _ = (key, limit); todo!() }
    pub fn set_max_uploads(&self, key: u64, limit: i32) -> Result<()> { let _ = (key, limit); todo!() }
    pub fn queue_up(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    pub fn queue_down(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    pub fn queue_top(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    pub fn queue_bottom(&self, key: u64) -> Result<()> { let _ = key; todo!() }
    pub fn queue_set(&self, key: u64, position: u32) -> Result<()> { let _ = (key, position); todo!() }
    pub fn replace_trackers(&self, key: u64, trackers: &[TrackerEntry]) -> Result<()> { let _ = (key, trackers); todo!() }
    pub fn add_web_seed(&self, key: u64, url: &str) -> Result<()> { let _ = (key, url); todo!() }
    pub fn remove_web_seed(&self, key: u64, url: &str) -> Result<()> { let _ = (key, url); todo!() }
    pub fn connect_peer(&self, key: u64, peer: SocketAddr) -> Result<()> { let _ = (key, peer); todo!() }
    /// Asks for [`Alert::ResumeData`] or [`Alert::ResumeFailed`].
    pub fn save_resume_data(&self, key: u64, only_if_modified: bool) -> Result<()> { let _ = (key, only_if_modified); todo!() }
    /// Gives a magnet its metadata: a whole metainfo.
    pub fn set_metadata(&self, key: u64, metainfo: &[u8]) -> Result<()> { let _ = (key, metainfo); todo!() }
    /// Certificate, private key and Diffie-Hellman parameters as PEM.
    pub fn set_certificate(&self, key: u64, certificate: &str, private_key: &str, dh_params: &str) -> Result<()> { let _ = (key, certificate, private_key, dh_params); todo!() }

    /// A reader for one torrent, usable on another thread. Must be dropped before the session is.
    pub fn inspector(&self, key: u64) -> Result<Inspector> { let _ = key; todo!() }
    /// A reader for the session, usable on another thread. Must be dropped before the session is.
    #[must_use]
    pub fn session_inspector(&self) -> SessionInspector { todo!() }
}

/// Reads of one torrent; each waits for libtorrent's network thread.
pub struct Inspector {}

impl Inspector {
    pub fn peers(&self) -> Result<Vec<PeerRow>> { todo!() }
    /// Bytes of each file that are here, verified by pieces.
    pub fn file_progress(&self) -> Result<Vec<i64>> { todo!() }
    /// One of 0..=7 per file.
    pub fn file_priorities(&self) -> Result<Vec<u8>> { todo!() }
    /// One byte per piece: 0 missing, 1 downloading, 2 have.
    pub fn piece_states(&self) -> Result<Vec<u8>> { todo!() }
    /// Connected peers that have each piece; empty for a seed.
    pub fn piece_availability(&self) -> Result<Vec<i32>> { todo!() }
    pub fn trackers(&self) -> Result<Vec<TrackerRow>> { todo!() }
    /// Bytes per second, -1 or 0 unlimited: download, upload.
    pub fn limits(&self) -> Result<(i32, i32)> { todo!() }
    /// A whole metainfo as libtorrent holds it; an error while there is no metadata.
    pub fn metainfo(&self) -> Result<Vec<u8>> { todo!() }
}

/// Reads of the session; each waits for libtorrent's network thread.
pub struct SessionInspector {}

impl SessionInspector {
    /// The settings in force, for these names.
    pub fn settings(&self, names: &[&str]) -> Result<Vec<Setting>> { let _ = names; todo!() }
    pub fn is_listening(&self) -> Result<bool> { todo!() }
    pub fn listen_port(&self) -> Result<u16> { todo!() }
    /// Status of all torrents, for when alerts were dropped.
    pub fn all_status(&self) -> Result<Vec<crate::StatusRow>> { todo!() }
    /// State of the DHT for [`SessionOptions::dht_state`].
    pub fn dht_state(&self) -> Result<Vec<u8>> { todo!() }
}
