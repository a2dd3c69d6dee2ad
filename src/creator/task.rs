//! One torrent to be created, and what became of it.

use jiff::Timestamp;

use crate::engine::Format;

/// What a client asks for.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent option of the request")]
pub struct Wishes {
    /// The file or folder to share; see [`super::normalised`].
    pub source: String,
    /// Where the `.torrent` goes; empty for no file of the client's.
    pub torrent_file: String,
    /// Missing folders above `torrent_file` are made.
    pub makes_folders: bool,
    pub format: Format,
    /// Bytes, 0 for automatic; of a finished task the real one.
    pub piece_size: i32,
    pub is_private: bool,
    /// Files and folders below the source whose name begins with a dot are left out.
    pub ignores_dotfiles: bool,
    pub comment: String,
    pub source_tag: String,
    /// An empty one begins a new tier.
    pub trackers: Vec<String>,
    pub web_seeds: Vec<String>,
    /// Adds the torrent when it is done.
    pub start_seeding: bool,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Queued,
    Running,
    Finished,
    Failed(Failure),
}

/// Why no torrent came of a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("there are no files in the source")]
    Empty,
    #[error("all files of the source are empty")]
    NoContent,
    #[error("this piece size is not possible")]
    PieceSize,
    #[error("the target is a folder")]
    TargetIsFolder,
    #[error("{0}")]
    Other(String),
}

/// One task as clients see it.
#[derive(Debug, Clone)]
pub struct Task {
    pub id: String,
    pub wishes: Wishes,
    pub state: State,
    /// How much is hashed, 0 to 100.
    pub percent: u32,
    pub added_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

impl Task {
    pub(super) fn new(id: String, wishes: Wishes, now: Timestamp) -> Self {
        Self {
            id,
            wishes,
            state: State::Queued,
            percent: 0,
            added_at: now,
            started_at: None,
            finished_at: None,
        }
    }
}
