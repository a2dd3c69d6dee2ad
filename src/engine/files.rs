//! File priorities and renames.

use super::{Engine, Result};
use crate::model::{Priority, TorrentId};

impl Engine {
    /// Sets the priority of files by index.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`, `Invalid` for an index out of range.
    pub async fn set_file_priorities(&self, id: TorrentId, files: Vec<u32>, priority: Priority) -> Result<()> { let _ = (id, files, priority); todo!() }
    /// Renames one file; both paths are inside the torrent and normalised.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`, `Missing` (old path), `Exists` (new path).
    pub async fn rename_file(&self, id: TorrentId, from: String, to: String) -> Result<()> { let _ = (id, from, to); todo!() }
    /// Renames a folder, that is all files below it.
    pub async fn rename_folder(&self, id: TorrentId, from: String, to: String) -> Result<()> { let _ = (id, from, to); todo!() }
}
