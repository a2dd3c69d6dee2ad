//! Hashing files into a new `.torrent`, with progress and a way to end it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::bridge::ffi;
use crate::session::{failed, raw_trackers};
use crate::types::{Result, TrackerEntry};

/// Which info-hashes a new torrent has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    V1,
    V2,
    Hybrid,
}

/// A torrent to write.
#[derive(Debug, Clone)]
pub struct Creation {
    pub format: Format,
    /// The folder that `files` are relative to.
    pub parent: String,
    /// The path of a file, the torrent's name first, and its size in bytes. v2 and hybrid torrents
    /// are sorted by libtorrent, v1 torrents keep this order.
    pub files: Vec<(String, i64)>,
    /// Bytes; 0 lets libtorrent choose. v1 needs a multiple of 16 KiB, the others a power of two.
    pub piece_size: i32,
    /// More pieces are refused before anything is hashed.
    pub max_pieces: i32,
    pub is_private: bool,
    pub comment: String,
    pub created_by: String,
    /// Unix seconds.
    pub created_at: i64,
    /// What sets the info-hash of the same files apart between trackers; empty for none.
    pub source: String,
    pub trackers: Vec<TrackerEntry>,
    pub web_seeds: Vec<String>,
}

/// Watches a creation from another thread, and ends it.
#[derive(Debug, Default)]
pub struct HashMonitor {
    percent: AtomicU32,
    cancelled: AtomicBool,
}

impl HashMonitor {
    /// How much is hashed, 0 to 100.
    #[must_use]
    pub fn percent(&self) -> u32 {
        self.percent.load(Ordering::Relaxed)
    }

    /// Ends the creation at its next piece.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Called by C++ after each piece; `false` ends the creation.
    pub(crate) fn advance(&self, done: u32, total: u32) -> bool {
        let percent = u64::from(done.min(total)) * 100 / u64::from(total.max(1));
        self.percent.store(u32::try_from(percent).unwrap_or(100), Ordering::Relaxed);
        !self.is_cancelled()
    }
}

/// Reads the files and writes a `.torrent`; blocks for as long as that takes.
///
/// A monitor that is cancelled ends it with an error at the next piece.
pub fn create(creation: &Creation, monitor: &HashMonitor) -> Result<Vec<u8>> {
    let raw = ffi::Creation {
        format: match creation.format {
            Format::Hybrid => 0,
            Format::V1 => 1,
            Format::V2 => 2,
        },
        parent: creation.parent.clone(),
        files: creation
            .files
            .iter()
            .map(|(path, size)| ffi::CreationFile { path: path.clone(), size: *size })
            .collect(),
        piece_size: creation.piece_size,
        max_pieces: creation.max_pieces,
        is_private: creation.is_private,
        comment: creation.comment.clone(),
        created_by: creation.created_by.clone(),
        created_at: creation.created_at,
        source: creation.source.clone(),
        trackers: raw_trackers(&creation.trackers),
        web_seeds: creation.web_seeds.clone(),
    };
    ffi::create_metainfo(&raw, monitor).map_err(failed("create torrent"))
}
