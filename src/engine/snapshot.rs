//! The immutable picture of everything at one revision, and how two pictures are compared.
//!
//! The maps are persistent trees: publishing is a clone of a few pointers, and a comparison skips whatever two
//! snapshots share. Rows are equal when they are the same pointer.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use crate::model::{
    Category, LimitsInForce, ShareLimitAction, ShareLimitsMode, Tag, Torrent, TorrentId, limits,
};

/// All torrents, labels, trackers and totals at one revision.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Grows with each publish, over restarts too; stays below 2^31 because some clients read it as a 32-bit number.
    pub revision: u32,
    pub torrents: OrdMap<TorrentId, Row>,
    pub categories: OrdMap<Arc<str>, Arc<Category>>,
    pub tags: OrdSet<Tag>,
    /// Which torrents each tracker URL serves.
    pub trackers: OrdMap<Arc<str>, OrdSet<TorrentId>>,
    pub totals: Arc<Totals>,
    pub context: Arc<Context>,
    /// Rows written since the engine started: the memory that a kept snapshot costs is about the difference to the
    /// next kept one.
    pub rows_written: u64,
}

/// A shared row; equality is identity, which is what makes comparing two snapshots cheap.
#[derive(Debug, Clone)]
pub struct Row(pub Arc<Torrent>);

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Row {}

impl Deref for Row {
    type Target = Torrent;

    fn deref(&self) -> &Torrent {
        &self.0
    }
}

/// Numbers of the whole session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Totals {
    /// Payload bytes per second.
    pub download_rate: i64,
    pub upload_rate: i64,
    /// Payload bytes of this session.
    pub downloaded: i64,
    pub uploaded: i64,
    /// All-time bytes, protocol included.
    pub all_time_downloaded: i64,
    pub all_time_uploaded: i64,
    pub wasted: i64,
    pub dht_nodes: i64,
    pub peer_connections: i64,
    pub connection: ConnectionStatus,
    pub external_v4: Option<IpAddr>,
    pub external_v6: Option<IpAddr>,
    /// Bytes free at the default save path.
    pub free_space: Option<i64>,
    pub queued_disk_jobs: i64,
    pub queued_disk_bytes: i64,
    /// Milliseconds a disk job waits on average.
    pub average_disk_wait: i64,
    pub disk_buffer_bytes: i64,
    pub queued_announces: i64,
    /// Outstanding disk requests of peers: the reference's `request_latency`.
    pub request_latency: i64,
    /// Percent, of disk reads and writes that had to wait.
    pub read_overload: f64,
    pub write_overload: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnectionStatus {
    /// Listening, and an incoming connection was seen.
    Connected,
    /// Listening, none seen.
    Firewalled,
    /// Not listening.
    #[default]
    Disconnected,
}

/// Effective values that fields depend on beside their row.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent preference")]
pub struct Context {
    pub queueing: bool,
    pub max_ratio: Option<f64>,
    pub max_seeding_minutes: Option<i64>,
    pub max_inactive_minutes: Option<i64>,
    pub share_action: ShareLimitAction,
    pub share_mode: ShareLimitsMode,
    pub subcategories: bool,
    pub default_save_path: Arc<str>,
    /// Used when `use_download_path` is on.
    pub default_download_path: Arc<str>,
    pub use_download_path: bool,
    pub alternative_limits: bool,
    /// Bytes per second in force now.
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub refresh_interval_ms: u32,
    pub dht: bool,
    pub pex: bool,
    pub lsd: bool,
    /// The whole session is paused.
    pub session_paused: bool,
}

impl Context {
    /// The share limits in force for a torrent.
    #[must_use]
    pub fn share_limits(
        &self,
        torrent: &Torrent,
        categories: &OrdMap<Arc<str>, Arc<Category>>,
    ) -> LimitsInForce {
        let global = LimitsInForce {
            ratio: self.max_ratio,
            seeding_minutes: self.max_seeding_minutes,
            inactive_minutes: self.max_inactive_minutes,
            action: self.share_action,
            mode: self.share_mode,
        };
        let category = |name: &str| categories.get(name).map(|category| &**category);
        limits::in_force(torrent, category, self.subcategories, &global)
    }
}

impl Default for Context {
    fn default() -> Self {
        Self {
            queueing: false,
            max_ratio: None,
            max_seeding_minutes: None,
            max_inactive_minutes: None,
            share_action: ShareLimitAction::Stop,
            share_mode: ShareLimitsMode::MatchAny,
            subcategories: false,
            default_save_path: "/".into(),
            default_download_path: "/".into(),
            use_download_path: false,
            alternative_limits: false,
            download_limit: None,
            upload_limit: None,
            refresh_interval_ms: 1500,
            dht: false,
            pex: false,
            lsd: false,
            session_paused: false,
        }
    }
}

impl Snapshot {
    #[must_use]
    pub fn torrent(&self, id: &TorrentId) -> Option<&Row> {
        self.torrents.get(id)
    }
}
