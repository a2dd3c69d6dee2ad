//! Reading and writing `.torrent` files and magnets, without a session.

use crate::types::{Result, TrackerEntry};

/// Bounds for hostile input.
#[derive(Debug, Clone, Copy)]
pub struct MetainfoLimits {
    /// Bytes.
    pub max_size: usize,
    pub max_pieces: i32,
    pub max_depth: i32,
    pub max_tokens: i32,
}

impl Default for MetainfoLimits {
    fn default() -> Self {
        Self { max_size: 100 * 1024 * 1024, max_pieces: 0x0020_0000, max_depth: 100, max_tokens: 10_000_000 }
    }
}

/// What a `.torrent` file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Metainfo {
    pub v1: Option<[u8; 20]>,
    pub v2: Option<[u8; 32]>,
    pub name: String,
    /// Bytes, padding files left out.
    pub total_size: i64,
    pub piece_size: u32,
    pub pieces: u32,
    pub is_private: bool,
    pub comment: String,
    pub created_by: String,
    /// Unix seconds.
    pub created_at: Option<i64>,
    pub trackers: Vec<TrackerEntry>,
    pub web_seeds: Vec<String>,
    /// All files, padding included, by libtorrent's index.
    pub files: Vec<MetainfoFile>,
    /// The content signs its peers' certificates (SSL torrent).
    pub needs_certificate: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetainfoFile {
    /// With `/`, root folder included, made safe by libtorrent: never absolute, no `..`.
    pub path: String,
    pub size: i64,
    pub is_padding: bool,
    /// Byte offset in the torrent: piece of its first byte is `offset / piece_size`.
    pub offset: i64,
}

/// What a magnet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Magnet {
    pub v1: Option<[u8; 20]>,
    pub v2: Option<[u8; 32]>,
    pub name: String,
    pub trackers: Vec<TrackerEntry>,
    pub web_seeds: Vec<String>,
    /// Peers to try (`x.pe`), as `address:port`.
    pub peers: Vec<String>,
}

/// Parses a `.torrent` file.
pub fn parse_metainfo(bytes: &[u8], limits: MetainfoLimits) -> Result<Metainfo> {
    let _ = (bytes, limits);
    todo!()
}

/// Parses a magnet URI (BEP 9, BEP 52).
pub fn parse_magnet(uri: &str) -> Result<Magnet> {
    let _ = uri;
    todo!()
}

/// What an exported file says beside the info dictionary.
#[derive(Debug, Clone, Default)]
pub struct ExportExtras {
    pub trackers: Vec<TrackerEntry>,
    pub web_seeds: Vec<String>,
    pub comment: String,
}

/// Rewrites a `.torrent` file with the current trackers, web seeds and comment; info dictionary and piece layers stay.
pub fn export(metainfo: &[u8], extras: &ExportExtras) -> Result<Vec<u8>> {
    let _ = (metainfo, extras);
    todo!()
}

/// The SHA-1 hash of each piece, empty for a v2-only torrent.
pub fn piece_hashes(metainfo: &[u8]) -> Result<Vec<[u8; 20]>> {
    let _ = metainfo;
    todo!()
}
