//! The few reads that must wait for libtorrent or for the disk, bounded to eight at once.

use std::sync::Arc;

use super::{Engine, Result};
use crate::model::{File, Peer, PieceState, TorrentId};

/// What libtorrent knows of one tracker on one local endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackerEndpoint {
    pub url: String,
    /// `address:port`.
    pub name: String,
    /// 1 or 2.
    pub protocol: u8,
    pub status: crate::model::AnnounceStatus,
    pub message: String,
    pub updating: bool,
    pub peers: i32,
    pub seeds: i32,
    pub leechers: i32,
    pub downloaded: i32,
    /// Unix seconds, 0 when nothing is scheduled.
    pub next_announce: i64,
    pub min_announce: i64,
}

impl Engine {
    /// Files in index order, padding left out; empty without metadata.
    pub async fn files(&self, id: TorrentId) -> Result<Vec<File>> { let _ = id; todo!() }
    /// Connected peers, at most one second old.
    pub async fn peers(&self, id: TorrentId) -> Result<Arc<Vec<Peer>>> { let _ = id; todo!() }
    pub async fn piece_states(&self, id: TorrentId) -> Result<Vec<PieceState>> { let _ = id; todo!() }
    /// SHA-1 of each piece; empty without metadata or for v2-only torrents.
    pub async fn piece_hashes(&self, id: TorrentId) -> Result<Vec<[u8; 20]>> { let _ = id; todo!() }
    /// Peers that have each piece; empty for complete torrents.
    pub async fn piece_availability(&self, id: TorrentId) -> Result<Vec<i32>> { let _ = id; todo!() }
    pub async fn tracker_endpoints(&self, id: TorrentId) -> Result<Vec<TrackerEndpoint>> { let _ = id; todo!() }
    /// The `.torrent` file with the current trackers, web seeds and comment.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`.
    pub async fn export(&self, id: TorrentId) -> Result<Vec<u8>> { let _ = id; todo!() }
}
