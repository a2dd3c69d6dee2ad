//! Trackers, web seeds, and peers to add or ban.

use std::net::{IpAddr, SocketAddr};

use super::{Engine, Result};
use crate::model::{Selection, TorrentId};

impl Engine {
    /// Adds trackers; URLs that a torrent has already keep their tier.
    pub async fn add_trackers(&self, which: Selection, trackers: Vec<(u8, String)>) -> Result<()> { let _ = (which, trackers); todo!() }
    /// Replaces URL or tier of one tracker.
    ///
    /// # Errors
    /// `NotFound`, `Missing` (old URL), `Exists` (new URL).
    pub async fn edit_tracker(&self, id: TorrentId, url: String, new_url: Option<String>, tier: Option<u8>) -> Result<()> { let _ = (id, url, new_url, tier); todo!() }
    pub async fn remove_trackers(&self, which: Selection, urls: Vec<String>) -> Result<()> { let _ = (which, urls); todo!() }
    pub async fn add_web_seeds(&self, id: TorrentId, urls: Vec<String>) -> Result<()> { let _ = (id, urls); todo!() }
    pub async fn edit_web_seed(&self, id: TorrentId, url: String, new_url: String) -> Result<()> { let _ = (id, url, new_url); todo!() }
    pub async fn remove_web_seeds(&self, id: TorrentId, urls: Vec<String>) -> Result<()> { let _ = (id, urls); todo!() }
    /// Connects to peers; returns for each torrent that matched how many addresses were taken.
    pub async fn add_peers(&self, which: Selection, peers: Vec<SocketAddr>) -> Result<Vec<(TorrentId, usize)>> { let _ = (which, peers); todo!() }
    /// Replaces the session's ban list in the IP filter.
    pub async fn set_banned(&self, addresses: Vec<IpAddr>) -> Result<()> { let _ = addresses; todo!() }
}
