//! What is handed to the store and what it hands back.

use crate::model::{Category, Moment, Priority, Status, Tag, Torrent, TorrentId, TorrentKey};

/// What is stored of a torrent: the row that everybody sees, and what only the engine needs.
#[derive(Debug, Clone)]
pub struct Record {
    pub torrent: Torrent,
    pub files: FileWishes,
    /// A recheck was asked for and has not finished.
    pub recheck_pending: bool,
}

/// Wishes for single files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileWishes {
    /// By file index; empty means all normal.
    pub priorities: Vec<Priority>,
    /// Paths that differ from the metainfo's, by file index, sorted.
    pub renames: Vec<(u32, String)>,
}

impl FileWishes {
    /// Returns true if no file is left out.
    #[must_use]
    pub fn wants_all(&self) -> bool {
        !self.priorities.contains(&Priority::Skip)
    }
}

/// Work in several steps that a crash must not leave half done; finished or reverted at boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Chosen by the engine, unique.
    pub id: u64,
    pub key: TorrentKey,
    pub work: Work,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The content is moved from one directory to another.
    Move { from: String, to: String },
    /// Files (paths relative to `base`) are being deleted after the torrent was removed.
    Delete { base: String, files: Vec<String> },
    /// Files are renamed inside `base`: index, old path, new path.
    Rename { base: String, files: Vec<(u32, String, String)> },
    /// A `.torrent` is being fetched from a URL; `options` is the add request in intake's own text form.
    Fetch { url: String, options: String },
}

/// All-time counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AllTime {
    /// Bytes.
    pub downloaded: i64,
    pub uploaded: i64,
}

/// An event that is replayed to clients that come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Chosen by the caller, growing: continues `Store::last_event_id`.
    pub id: u64,
    /// Unix milliseconds.
    pub at: i64,
    pub actor: String,
    pub kind: String,
    pub torrent: Option<TorrentId>,
    /// JSON.
    pub detail: String,
}

/// A key that lets a client in, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Chosen by the caller, unique.
    pub id: i64,
    pub name: String,
    /// SHA-256 of the key.
    pub digest: [u8; 32],
    /// The contract level that its requests are answered by, in words of the settings; `None` for the listener's.
    pub level: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    /// The key itself, sealed before it gets here, where a contract must show it again.
    pub sealed: Option<Vec<u8>>,
    /// What it may do, in words separated by commas.
    pub scopes: String,
    /// The categories whose torrents it may see and change; `None` for all.
    pub categories: Option<Vec<String>>,
    /// Requests that it may send per minute, and at once; `None` for no limit.
    pub rate: Option<(u32, u32)>,
}

/// Who changes settings, when, and on top of what.
#[derive(Debug, Clone, Copy)]
pub struct SettingAuthor<'a> {
    pub actor: &'a str,
    pub origin: Option<&'a str>,
    /// Unix seconds.
    pub at: i64,
    /// The revision that the change was made for; any without it.
    pub expected: Option<u64>,
}

/// One line of the history of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    pub revision: u64,
    /// Unix seconds.
    pub at: i64,
    pub actor: String,
    /// Where the change came from: the address of a client; `None` from this machine's own commands and from Revaer.
    pub origin: Option<String>,
    pub key: String,
    /// JSON; `None` where the setting had or has its default.
    pub old: Option<String>,
    pub new: Option<String>,
}

/// One durable change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Inserts or replaces the whole row.
    PutTorrent(Box<Record>),
    /// Replaces the numbers of a row; batched.
    PutStatus(TorrentKey, Box<Status>),
    PutMetainfo(TorrentKey, Vec<u8>),
    PutResume(TorrentKey, Vec<u8>),
    /// Removes row, blobs and secret.
    RemoveTorrent(TorrentKey),
    PutCategory(Box<Category>),
    RemoveCategory(String),
    PutTag(Tag),
    RemoveTag(Tag),
    PutIntent(Box<Intent>),
    RemoveIntent(u64),
    PutAllTime(AllTime),
    /// The engine runs, with all torrents attached: times that were read in this run go on until this moment.
    PutAlive(Moment),
    /// A secret of a torrent, sealed before it gets here; `None` removes it.
    PutTorrentSecret(TorrentKey, Option<Vec<u8>>),
    /// Appends an event; an event whose id is stored already is left as it is.
    PutEvent(Box<StoredEvent>),
}

/// Called once, from the writer task, with the outcome of the commit.
pub type Done = Box<dyn FnOnce(Result<(), String>) + Send>;
