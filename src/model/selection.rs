//! Which torrents an order is for.

use super::TorrentId;

/// All torrents, or those named; unknown ids select nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    All,
    Ids(Vec<TorrentId>),
}

impl From<TorrentId> for Selection {
    fn from(id: TorrentId) -> Self {
        Self::Ids(vec![id])
    }
}
