//! The one durable place: SQL through SeaORM, SQLite embedded or PostgreSQL.
//!
//! Acknowledged means committed: whoever changes something hands its changes to the writer and is answered by the
//! writer after the commit. Counters are written once a second, everything else at once, as a group commit.

use std::path::Path;

use crate::model::{Category, Priority, Status, Tag, Torrent, TorrentKey};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database cannot be used: {0}")]
    Database(String),
    #[error("another Revaer uses this database")]
    Locked,
    #[error("the database was written by a newer version ({found}); this one knows {known}")]
    NewerSchema { found: String, known: String },
}

pub type Result<T> = std::result::Result<T, Error>;

/// Handle to the database and its writer task; cheap to clone.
#[derive(Clone)]
pub struct Store {}

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

/// One durable change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Inserts or replaces the whole row.
    PutTorrent(Box<Record>),
    /// Replaces the numbers of a row; batched.
    PutStatus(TorrentKey, Box<Status>),
    PutMetainfo(TorrentKey, Vec<u8>),
    PutResume(TorrentKey, Vec<u8>),
    /// Removes row and blobs.
    RemoveTorrent(TorrentKey),
    PutCategory(Box<Category>),
    RemoveCategory(String),
    PutTag(Tag),
    RemoveTag(Tag),
    PutIntent(Box<Intent>),
    RemoveIntent(u64),
    PutAllTime(AllTime),
    /// A secret of a torrent, sealed before it gets here; `None` removes it.
    PutTorrentSecret(TorrentKey, Option<Vec<u8>>),
}

/// Called once, from the writer task, with the outcome of the commit.
pub type Done = Box<dyn FnOnce(std::result::Result<(), String>) + Send>;

impl Store {
    /// Opens (and migrates) the database: SQLite in `home`, or PostgreSQL at `url`.
    pub async fn open(home: &Path, url: Option<&str>) -> Result<Self> {
        let _ = (home, url);
        todo!()
    }

    /// Hands changes to the writer, which never makes the caller wait: it commits whatever waits as one group, latest
    /// change per row first in line, then calls every `done`. A failed commit calls `done` with the reason; the
    /// changes stay in memory and are retried each second until they are durable.
    pub fn submit(&self, changes: Vec<Change>, done: Option<Done>) {
        let _ = (changes, done);
        todo!()
    }

    /// Hands over changes that may wait up to a second: counters and resume data of running downloads.
    pub fn submit_lazily(&self, changes: Vec<Change>) {
        let _ = changes;
        todo!()
    }

    /// True while every submitted change is durable or on its way; false after a failed commit until the retry succeeds.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        todo!()
    }

    /// Waits until everything submitted so far is durable, or the deadline passes.
    pub async fn flush(&self, deadline: std::time::Duration) -> bool {
        let _ = deadline;
        todo!()
    }

    /// All rows, without blobs, by key.
    pub async fn torrents(&self) -> Result<Vec<Record>> {
        todo!()
    }

    /// Metainfo and resume data of these torrents.
    pub async fn blobs(&self, keys: &[TorrentKey]) -> Result<Vec<(TorrentKey, Option<Vec<u8>>, Option<Vec<u8>>)>> {
        let _ = keys;
        todo!()
    }

    pub async fn metainfo(&self, key: TorrentKey) -> Result<Option<Vec<u8>>> {
        let _ = key;
        todo!()
    }

    pub async fn torrent_secret(&self, key: TorrentKey) -> Result<Option<Vec<u8>>> {
        let _ = key;
        todo!()
    }

    pub async fn labels(&self) -> Result<(Vec<Category>, Vec<Tag>)> {
        todo!()
    }

    pub async fn intents(&self) -> Result<Vec<Intent>> {
        todo!()
    }

    pub async fn all_time(&self) -> Result<AllTime> {
        todo!()
    }

    /// Reserves the next block of revisions, `BLOCK` long, and returns its first; wraps to 1 below 2^31.
    pub async fn reserve_revisions(&self) -> Result<u32> {
        todo!()
    }

    /// The lowest torrent key that was never used.
    pub async fn next_key(&self) -> Result<u64> {
        todo!()
    }

    /// All stored settings as key and JSON text.
    pub async fn settings(&self) -> Result<Vec<(String, String)>> {
        todo!()
    }

    /// Sets (or with `None` removes) settings in one transaction with their history rows, and bumps the revision.
    pub async fn put_settings(&self, changes: &[(String, Option<String>)], actor: &str, at: i64) -> Result<u64> {
        let _ = (changes, actor, at);
        todo!()
    }

    /// Grows with each change of settings, by any process.
    pub async fn settings_revision(&self) -> Result<u64> {
        todo!()
    }
}

/// Length of a block of revisions.
pub const BLOCK: u32 = 1_000_000;
