//! Admits torrents: duplicates, paths, priorities.

use std::net::SocketAddr;
use std::sync::Arc;

use revaer_native::{Magnet, Metainfo};

use super::{Engine, Result};
use crate::model::{
    ContentLayout, Priority, RunMode, ShareLimits, StopCondition, Tag, TorrentId,
};

/// Where the content of a new torrent comes from; parsed before the engine thread sees it.
#[derive(Debug, Clone)]
pub enum Content {
    Metainfo { bytes: Arc<[u8]>, parsed: Box<Metainfo> },
    Magnet { uri: String, parsed: Box<Magnet> },
}

/// One torrent to add, with everything decided that the request left open.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent option of the request")]
pub struct AddRequest {
    pub content: Content,
    pub name: Option<String>,
    /// Created if it does not exist; must be a valid name.
    pub category: Option<String>,
    pub tags: Vec<Tag>,
    pub auto_managed: bool,
    /// Absolute and normalised.
    pub save_path: String,
    pub download_path: Option<String>,
    pub run: RunMode,
    pub stop_condition: StopCondition,
    pub layout: ContentLayout,
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub share: ShareLimits,
    pub sequential: bool,
    pub first_last_first: bool,
    /// Assume that all data is here.
    pub skip_checking: bool,
    pub top_of_queue: bool,
    /// Per file index of the metainfo, empty for all normal.
    pub priorities: Vec<Priority>,
    /// Added to those of the content.
    pub trackers: Vec<(u8, String)>,
    pub peers: Vec<SocketAddr>,
    /// Duplicates merge trackers and web seeds of public torrents.
    pub merge_trackers: bool,
}

impl Engine {
    /// Adds a torrent.
    ///
    /// # Errors
    /// `Duplicate` if either info-hash is known; a duplicate magnet that lacks metadata takes it over first.
    pub async fn add(&self, request: AddRequest) -> Result<TorrentId> {
        let _ = request;
        todo!()
    }
}
