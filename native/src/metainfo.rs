//! Reading and writing `.torrent` files and magnets, without a session.

use crate::bridge::ffi;
use crate::session::{failed, raw_trackers};
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
        Self {
            max_size: 100 * 1024 * 1024,
            max_pieces: 0x0020_0000,
            max_depth: 100,
            max_tokens: 10_000_000,
        }
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
///
/// A v2 file without piece layers is accepted, as libtorrent does, because that is what a magnet
/// resolves to.
pub fn parse_metainfo(bytes: &[u8], limits: MetainfoLimits) -> Result<Metainfo> {
    let bounds = ffi::Bounds {
        size: limits.max_size,
        pieces: limits.max_pieces,
        depth: limits.max_depth,
        tokens: limits.max_tokens,
    };
    let parsed = ffi::parse_metainfo_bytes(bytes, &bounds).map_err(failed("parse torrent file"))?;
    let (v1, v2) = hashes(&parsed.hashes);
    Ok(Metainfo {
        v1,
        v2,
        name: parsed.name,
        total_size: parsed.total_size,
        piece_size: parsed.piece_size,
        pieces: parsed.pieces,
        is_private: parsed.is_private,
        comment: parsed.comment,
        created_by: parsed.created_by,
        created_at: (parsed.created_at > 0).then_some(parsed.created_at),
        trackers: trackers(parsed.trackers),
        web_seeds: parsed.web_seeds,
        files: parsed
            .files
            .into_iter()
            .map(|file| MetainfoFile {
                path: file.path,
                size: file.size,
                is_padding: file.is_padding,
                offset: file.offset,
            })
            .collect(),
        needs_certificate: parsed.needs_certificate,
    })
}

/// Parses a magnet URI (BEP 9, BEP 52).
pub fn parse_magnet(uri: &str) -> Result<Magnet> {
    let parsed = ffi::parse_magnet_text(uri).map_err(failed("parse magnet"))?;
    let (v1, v2) = hashes(&parsed.hashes);
    Ok(Magnet {
        v1,
        v2,
        name: parsed.name,
        trackers: trackers(parsed.trackers),
        web_seeds: parsed.web_seeds,
        peers: parsed.peers,
    })
}

/// What an exported file says beside the info dictionary.
#[derive(Debug, Clone, Default)]
pub struct ExportExtras {
    pub trackers: Vec<TrackerEntry>,
    pub web_seeds: Vec<String>,
    pub comment: String,
}

/// Rewrites a `.torrent` file with the current trackers, web seeds and comment; info dictionary and
/// piece layers stay.
///
/// All other entries are copied byte by byte. `announce` is the first tracker of the lowest tier.
pub fn export(metainfo: &[u8], extras: &ExportExtras) -> Result<Vec<u8>> {
    ffi::export_metainfo(
        metainfo,
        &raw_trackers(&extras.trackers),
        &extras.web_seeds,
        &extras.comment,
    )
    .map_err(failed("export torrent file"))
}

/// The SHA-1 hash of each piece, empty for a v2-only torrent.
pub fn piece_hashes(metainfo: &[u8]) -> Result<Vec<[u8; 20]>> {
    let bytes = ffi::metainfo_piece_hashes(metainfo).map_err(failed("read piece hashes"))?;
    let (hashes, _) = bytes.as_chunks::<20>();
    Ok(hashes.to_vec())
}

/// The Merkle root of each piece (BEP 52), of a file that is no longer than a piece its own.
///
/// Empty for a v1-only torrent, and for one that came without its piece layers.
pub fn piece_roots(metainfo: &[u8]) -> Result<Vec<[u8; 32]>> {
    let bytes = ffi::metainfo_piece_roots(metainfo).map_err(failed("read piece layers"))?;
    let (roots, _) = bytes.as_chunks::<32>();
    Ok(roots.to_vec())
}

fn hashes(raw: &ffi::Hashes) -> (Option<[u8; 20]>, Option<[u8; 32]>) {
    (raw.has_v1.then_some(raw.v1), raw.has_v2.then_some(raw.v2))
}

fn trackers(raw: Vec<ffi::Tracker>) -> Vec<TrackerEntry> {
    raw.into_iter().map(|tracker| TrackerEntry { url: tracker.url, tier: tracker.tier }).collect()
}
