//! Pieces that are wanted at a time, for players that read while the download runs.
//!
//! libtorrent keeps these in memory only: a deadline is about now, so nothing of it is stored.

use std::time::Duration;

use super::worker::Worker;
use super::{Engine, Error, Result};
use crate::model::{TorrentId, TorrentKey};

/// Pieces of one order.
pub const MOST_DEADLINES: usize = 10_000;

impl Engine {
    /// Fetches pieces before all others, each within a time from now as far as peers can give it; a file that is not
    /// wanted stays so. `anew` forgets earlier deadlines first, as a player does that jumps.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`, `Invalid` for a piece that does not exist, `Unavailable` until the torrent is attached.
    pub async fn set_deadlines(
        &self,
        id: TorrentId,
        deadlines: Vec<(u32, Duration)>,
        anew: bool,
    ) -> Result<()> {
        let row = self.row(id).await?;
        let pieces = row.facts.metadata.as_ref().ok_or(Error::NoMetadata)?.pieces;
        if let Some((piece, _)) = deadlines.iter().find(|(piece, _)| *piece >= pieces) {
            return Err(Error::Invalid(format!("the torrent has no piece {piece}")));
        }
        let milliseconds = |within: Duration| i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
        let deadlines: Vec<(u32, i32)> =
            deadlines.into_iter().map(|(piece, within)| (piece, milliseconds(within))).collect();
        let key = row.key;
        self.run("set deadlines", move |worker| {
            let session = worker.streamable(key)?;
            if anew {
                session.clear_piece_deadlines(key.0)?;
            }
            Ok(session.set_piece_deadlines(key.0, &deadlines)?)
        })
        .await
    }

    /// Where a file begins in the torrent, and its size, both in bytes; `None` if there is no such file.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`.
    pub async fn file_span(&self, id: TorrentId, file: u32) -> Result<Option<(i64, i64)>> {
        let (_, metainfo) = self.content(id).await?;
        let file = metainfo.files.get(file as usize).filter(|file| !file.is_padding);
        Ok(file.map(|file| (file.offset, file.size)))
    }

    /// Fetches all pieces by their priorities again.
    ///
    /// # Errors
    /// As [`Self::set_deadlines`].
    pub async fn clear_deadlines(&self, id: TorrentId) -> Result<()> {
        let key = self.row(id).await?.key;
        self.run("clear deadlines", move |worker| {
            Ok(worker.streamable(key)?.clear_piece_deadlines(key.0)?)
        })
        .await
    }
}

impl Worker {
    fn streamable(&self, key: TorrentKey) -> Result<&revaer_native::Session> {
        self.known(key)?;
        self.live(key).ok_or_else(|| Error::Unavailable("the torrent is being attached".to_owned()))
    }
}
