//! Running state, queue, location and removal of torrents.

use super::{Engine, Result};
use crate::model::{Selection, TorrentId};

/// What becomes of the content of a removed torrent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    KeepContent,
    DeleteContent,
}

/// A move in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueMove {
    Up,
    Down,
    Top,
    Bottom,
}

impl Engine {
    /// Stops torrents.
    pub async fn stop(&self, which: Selection) -> Result<()> { let _ = which; todo!() }
    /// Runs torrents by the rules of the queue; ends forced mode, clears errors, re-examines missing files.
    pub async fn start(&self, which: Selection) -> Result<()> { let _ = which; todo!() }
    /// Runs torrents whatever the queue says.
    pub async fn force_start(&self, which: Selection) -> Result<()> { let _ = which; todo!() }
    /// Verifies the data of torrents from scratch; ignored without metadata.
    pub async fn recheck(&self, which: Selection) -> Result<()> { let _ = which; todo!() }
    /// Announces to all trackers and the DHT, or only to the trackers whose URL is in `urls` if given.
    pub async fn reannounce(&self, which: Selection, urls: Option<Vec<String>>) -> Result<()> { let _ = (which, urls); todo!() }
    /// Removes torrents; unknown ids are ignored. Returns how many were removed.
    pub async fn remove(&self, which: Selection, removal: Removal) -> Result<usize> { let _ = (which, removal); todo!() }
    /// Moves torrents in the queue; complete ones are skipped.
    ///
    /// # Errors
    /// `QueueingDisabled` while the queueing system is off.
    pub async fn move_in_queue(&self, which: Selection, step: QueueMove) -> Result<()> { let _ = (which, step); todo!() }
    /// Gives a torrent another display name; the content keeps its names.
    pub async fn rename(&self, id: TorrentId, name: String) -> Result<()> { let _ = (id, name); todo!() }
    pub async fn set_comment(&self, which: Selection, comment: String) -> Result<()> { let _ = (which, comment); todo!() }
    /// Turns automatic management off and moves the content of torrents to `path` (absolute, normalised).
    pub async fn set_location(&self, which: Selection, path: String) -> Result<()> { let _ = (which, path); todo!() }
    /// As [`Engine::set_location`], but only for torrents in manual mode.
    pub async fn set_save_path(&self, which: Selection, path: String) -> Result<()> { let _ = (which, path); todo!() }
    /// Sets or, with `None`, switches off the download path of torrents in manual mode.
    pub async fn set_download_path(&self, which: Selection, path: Option<String>) -> Result<()> { let _ = (which, path); todo!() }
    pub async fn set_auto_management(&self, which: Selection, on: bool) -> Result<()> { let _ = (which, on); todo!() }
}
