//! Values that cross the boundary, in Rust's own words.

use std::net::{IpAddr, SocketAddr};

use crate::bridge::ffi;
use crate::session::failed;

/// A failed call: which operation, and libtorrent's category, code and message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct Error {
    pub operation: &'static str,
    pub message: String,
}

pub type Result<T> = std::result::Result<T, Error>;

/// An error that an alert reports. Code 0 with a failed move means that the destination exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Name of the error category, such as `system` or `libtorrent`.
    pub category: String,
    pub code: i32,
    pub message: String,
}

/// One libtorrent setting by its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Bool(bool),
    Int(i32),
    Text(String),
}

impl Setting {
    #[must_use]
    pub fn new(name: &str, value: Value) -> Self {
        Self { name: name.to_owned(), value }
    }
}

/// Which disk I/O is built into a session; fixed for its lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiskBackend {
    /// libtorrent's thread pool with plain pread and pwrite: nothing is mapped, safe on every file
    /// system.
    #[default]
    Pread,
    Mmap,
    Posix,
}

/// What can be chosen only when a session is made.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    pub disk: DiskBackend,
    /// Saved DHT state, empty for none.
    pub dht_state: Vec<u8>,
}

/// What the linked libtorrent offers beyond 2.0.8.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent capability")]
pub struct Capabilities {
    /// Four numbers: `2.0.8.0`.
    pub version: String,
    pub boost_version: String,
    pub openssl_version: String,
    pub i2p: bool,
    pub reset_save_path: bool,
    pub announce_port: bool,
    pub multi_connections_per_peer_id: bool,
    pub natpmp_lease_duration: bool,
}

/// Gives memory that nobody uses back to the system, where the allocator keeps it otherwise (glibc). Walks the whole
/// heap, so it is for moments after a lot was freed, and for threads that may block.
pub fn release_unused_memory() {
    ffi::release_unused_memory();
}

/// Describes the linked libtorrent; refuses a library that is older than the headers it was built
/// with.
pub fn capabilities() -> Result<Capabilities> {
    let raw = ffi::probe_capabilities().map_err(failed("probe libtorrent"))?;
    Ok(Capabilities {
        version: raw.version,
        boost_version: raw.boost_version,
        openssl_version: raw.openssl_version,
        i2p: raw.i2p,
        reset_save_path: raw.reset_save_path,
        announce_port: raw.announce_port,
        multi_connections_per_peer_id: raw.multi_connections_per_peer_id,
        natpmp_lease_duration: raw.natpmp_lease_duration,
    })
}

/// Whether the linked libtorrent has a setting of this name that does something.
#[must_use]
pub fn has_setting(name: &str) -> bool {
    ffi::has_setting(name).unwrap_or(false)
}

/// One inclusive range of addresses, both of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpRange {
    pub first: IpAddr,
    pub last: IpAddr,
}

impl IpRange {
    pub(crate) fn raw(&self) -> ffi::AddressRange {
        ffi::AddressRange { first: self.first.into(), last: self.last.into() }
    }
}

/// Peers with limits of their own: those of some addresses, and those that connect in some ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerClass {
    pub name: String,
    pub ranges: Vec<IpRange>,
    /// Bits: 1 TCP, 2 uTP, 4 TCP with TLS, 8 uTP with TLS, 16 I2P.
    pub sockets: u8,
    /// Bytes per second of all members together; 0 unlimited.
    pub download_limit: i32,
    pub upload_limit: i32,
    /// 1 to 255: share of the bandwidth against other classes.
    pub download_priority: i32,
    pub upload_priority: i32,
    /// Percent of the connection limit that counts for members.
    pub connection_limit_percent: i32,
    /// Members are always uploaded to.
    pub ignore_unchoke_slots: bool,
}

impl PeerClass {
    pub(crate) fn raw(&self) -> ffi::PeerClass {
        ffi::PeerClass {
            name: self.name.clone(),
            ranges: self.ranges.iter().map(IpRange::raw).collect(),
            sockets: self.sockets,
            download_limit: self.download_limit,
            upload_limit: self.upload_limit,
            download_priority: self.download_priority,
            upload_priority: self.upload_priority,
            connection_limit_percent: self.connection_limit_percent,
            ignore_unchoke_slots: self.ignore_unchoke_slots,
        }
    }
}

/// What libtorrent does with one torrent. Limits: -1 or 0 unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TorrentOptions {
    /// Bytes per second.
    pub download_limit: i32,
    pub upload_limit: i32,
    pub max_connections: i32,
    pub max_uploads: i32,
    pub flags: crate::TorrentFlags,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackerEntry {
    pub url: String,
    pub tier: u8,
}

/// A file's path inside the torrent that differs from the metainfo's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    pub file: u32,
    pub path: String,
}

/// Everything that an add carries beside its source. It replaces what the source says.
#[derive(Debug, Clone, Default)]
pub struct AddTorrent {
    /// Not 0.
    pub key: u64,
    /// Absolute.
    pub save_path: String,
    /// The whole tracker list, replacing those of metainfo and resume data.
    pub trackers: Vec<TrackerEntry>,
    pub web_seeds: Vec<String>,
    /// One of 0, 4, 6, 7 per file, or empty for the default.
    pub file_priorities: Vec<u8>,
    pub renames: Vec<Rename>,
    pub flags: crate::TorrentFlags,
    /// Bytes per second; -1 (or 0) unlimited.
    pub download_limit: i32,
    pub upload_limit: i32,
    /// -1 (or 0) unlimited, else at least 2.
    pub max_connections: i32,
    /// -1 (or 0) unlimited, else at least 1.
    pub max_uploads: i32,
    /// Allocate files in full.
    pub allocate: bool,
    /// Counters that go on from here instead of from the resume data, which is older.
    pub totals: Option<AddTotals>,
}

/// Counters and times of a torrent that was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddTotals {
    /// All-time bytes.
    pub uploaded: i64,
    pub downloaded: i64,
    pub active_seconds: i64,
    pub finished_seconds: i64,
    /// Unix seconds; 0 never.
    pub added_at: i64,
    pub completed_at: i64,
}

/// How a move treats what is at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveMode {
    FailIfExists,
    /// Keeps existing files, which are then rechecked.
    KeepExisting,
    ReplaceExisting,
}

/// One connected peer, as libtorrent reports it.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "mirrors libtorrent's flags")]
pub struct PeerRow {
    pub address: SocketAddr,
    pub client: String,
    pub peer_id: [u8; 20],
    /// 0 `BitTorrent`, 1 web seed (URL), 2 web seed (HTTP).
    pub connection: u8,
    pub download_rate: i32,
    pub upload_rate: i32,
    pub downloaded: i64,
    pub uploaded: i64,
    pub progress: f32,
    /// One bit per piece, first piece in the highest bit.
    pub pieces: Vec<u8>,
    /// Piece being downloaded from it, -1 none.
    pub downloading_piece: i32,
    pub interesting: bool,
    pub choked: bool,
    pub remote_interested: bool,
    pub remote_choked: bool,
    pub optimistic_unchoke: bool,
    pub snubbed: bool,
    /// We opened the connection.
    pub outgoing: bool,
    pub from_dht: bool,
    pub from_pex: bool,
    pub from_lsd: bool,
    pub rc4_encrypted: bool,
    pub plaintext_encrypted: bool,
    pub utp: bool,
    pub holepunched: bool,
    pub is_seed: bool,
}

/// What libtorrent knows of one tracker on one local endpoint and protocol version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct TrackerRow {
    pub url: String,
    pub tier: u8,
    pub verified: bool,
    /// `address:port` of the local endpoint, empty before the first announce.
    pub endpoint: String,
    /// 1 or 2; 0 before the first announce.
    pub protocol: u8,
    pub message: String,
    pub error: Option<Failure>,
    /// The tracker itself said no, with a failure reason (BEP 3).
    pub refused: bool,
    /// libtorrent did not even try: this endpoint cannot reach the tracker.
    pub skipped: bool,
    /// Unix seconds, 0 when nothing is scheduled.
    pub next_announce: i64,
    pub min_announce: i64,
    pub scrape_complete: i32,
    pub scrape_incomplete: i32,
    pub scrape_downloaded: i32,
    pub fails: i32,
    pub updating: bool,
}

/// One read of a torrent's pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PieceRead {
    /// One byte per piece: 0 missing, 1 downloading, 2 have.
    pub states: Vec<u8>,
}
