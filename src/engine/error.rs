//! What an engine call can fail with; each variant is something the caller can act on.

use crate::model::TorrentId;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("torrent {0} does not exist")]
    NotFound(TorrentId),
    #[error("torrent {0} exists already")]
    Duplicate(TorrentId),
    /// A label, file or tracker that was named does not exist.
    #[error("{0} does not exist")]
    Missing(String),
    /// A label, file or tracker with that name exists already.
    #[error("{0} exists already")]
    Exists(String),
    #[error("{0}")]
    Invalid(String),
    #[error("torrent queueing is off")]
    QueueingDisabled,
    #[error("the torrent's metadata is not known yet")]
    NoMetadata,
    /// The engine is restarting, stopped or has failed.
    #[error("the engine is not available: {0}")]
    Unavailable(String),
    #[error(transparent)]
    Native(#[from] revaer_native::Error),
    /// The change could not be committed; it is kept in memory and retried.
    #[error("the change could not be saved: {0}")]
    Store(String),
}

pub type Result<T> = std::result::Result<T, Error>;
