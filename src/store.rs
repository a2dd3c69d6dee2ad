//! The one durable place: SQL through `SeaORM`, SQLite embedded or PostgreSQL.
//!
//! Acknowledged means committed: whoever changes something hands its changes to the writer and is answered by the
//! writer after the commit. Counters are written once a second, everything else at once, as a group commit.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::model::{Category, Moment, Tag, TorrentId, TorrentKey};

mod change;
mod connect;
mod pending;
mod writer;

mod commit;
mod convert;
#[expect(unreachable_pub, reason = "SeaORM's derives need public models")]
mod entities;
mod schema;
mod script;

mod all_time;
mod api_keys;
mod blobs;
mod client_data;
mod events;
pub mod foreign;
mod intents;
mod labels;
pub mod load;
mod meta;
mod settings;
mod torrents;
mod vault;

use connect::{Claim, Database};
use load::{Gauges, Load};
use vault::Vault;
use writer::{Message, Writer};

pub use change::{
    AllTime, ApiKey, Change, Done, FileWishes, Intent, Record, SettingAuthor, SettingChange,
    StoredEvent, Work,
};
pub use vault::Seal;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database cannot be used: {0}")]
    Database(String),
    #[error("another Revaer uses this database")]
    Locked,
    #[error("the database was written by a newer version ({found}); this one knows {known}")]
    NewerSchema { found: String, known: String },
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Database(error.to_string())
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// What a change is answered that comes after `close`.
const CLOSED: &str = "the store is closed";

/// Length of a block of revisions.
pub const BLOCK: u32 = 1_000_000;

/// Handle to the database and its writer task; cheap to clone.
///
/// When the last handle is dropped, the writer commits what waits and closes the database.
#[derive(Clone)]
pub struct Store {
    database: Arc<Database>,
    /// Unbounded, because the engine must never wait. The writer merges what comes in row by row while the database
    /// is away, so memory is bounded by the rows that changed, not by the number of changes.
    inbox: mpsc::UnboundedSender<Message>,
    healthy: Arc<AtomicBool>,
    gauges: Arc<Gauges>,
    vault: Vault,
}

impl Store {
    /// Opens (and migrates) the database: SQLite in `home`, or PostgreSQL at `url`. Needs a Tokio runtime, which runs
    /// the writer.
    ///
    /// # Errors
    ///
    /// `Locked` if an engine uses it, in this process or another; `NewerSchema` if a later version has migrated it.
    pub async fn open(home: &Path, url: Option<&str>) -> Result<Self> {
        Self::start(home, url, Claim::Engine).await
    }

    /// Opens the database beside a possibly running engine, to read it and to change settings.
    ///
    /// # Errors
    ///
    /// `Locked` only if the schema would have to be migrated under a running engine.
    pub async fn open_shared(home: &Path, url: Option<&str>) -> Result<Self> {
        Self::start(home, url, Claim::Helper).await
    }

    async fn start(home: &Path, url: Option<&str>, claim: Claim) -> Result<Self> {
        let (database, lock) = Database::open(home, url, claim).await?;
        let database = Arc::new(database);
        let (inbox, messages) = mpsc::unbounded_channel();
        let healthy = Arc::new(AtomicBool::new(true));
        let gauges = Arc::new(Gauges::default());
        let watched = (healthy.clone(), gauges.clone());
        let vault = Vault::default();
        let writer = Writer::new(database.clone(), messages, watched, vault.clone(), lock);
        tokio::spawn(writer.run());
        Ok(Self { database, inbox, healthy, gauges, vault })
    }

    /// From here on, logins in URLs of torrents and pending fetches are stored sealed. The first seal counts.
    pub fn seal_with(&self, seal: Arc<dyn Seal>) {
        self.vault.set(seal);
    }

    /// Hands changes to the writer, which never makes the caller wait: it commits whatever waits as one group, merged
    /// so that the latest change per row counts, then calls every `done`. A failed commit calls `done` with the
    /// reason; the changes stay in memory and are retried each second until they are durable.
    ///
    /// A blob or secret belongs to a row of the same or an earlier call; what belongs to no row is swept at the next
    /// start.
    pub fn submit(&self, changes: Vec<Change>, done: Option<Done>) {
        if let Err(mpsc::error::SendError(Message::Submit(_, Some(done)))) =
            self.inbox.send(Message::Submit(changes, done))
        {
            done(Err(CLOSED.to_owned()));
        }
    }

    /// As [`Store::submit`], for changes that nobody waits for: they go with the next commit, or with one of their own
    /// a few milliseconds later.
    pub fn submit_soon(&self, changes: Vec<Change>, done: Option<Done>) {
        if let Err(mpsc::error::SendError(Message::SubmitSoon(_, Some(done)))) =
            self.inbox.send(Message::SubmitSoon(changes, done))
        {
            done(Err(CLOSED.to_owned()));
        }
    }

    /// Hands over changes that may wait up to a second: counters and resume data of running downloads.
    ///
    /// They go with the next commit of `submit` if that comes first. After `close` they are dropped.
    pub fn submit_lazily(&self, changes: Vec<Change>) {
        let _ = self.inbox.send(Message::SubmitLazily(changes));
    }

    /// True while every submitted change is durable or on its way; false after a failed commit until the retry succeeds.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    /// How much the writer has done, what waits for it, and how long commits take.
    #[must_use]
    pub fn load(&self) -> Load {
        self.gauges.read()
    }

    /// Waits until everything submitted so far is durable, or the deadline passes; true if it is durable.
    pub async fn flush(&self, deadline: Duration) -> bool {
        let (flushed, answer) = oneshot::channel();
        self.inbox.send(Message::Flush(flushed)).is_ok()
            && matches!(tokio::time::timeout(deadline, answer).await, Ok(Ok(())))
    }

    /// True once nothing is taken any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inbox.is_closed()
    }

    /// Commits what waits, writes SQLite's log back and closes all connections; every handle is useless afterwards.
    pub async fn close(&self) {
        let (closed, answer) = oneshot::channel();
        if self.inbox.send(Message::Close(closed)).is_ok() {
            // An error means that another `close` was faster.
            let _ = answer.await;
        }
    }

    /// All rows, without blobs, by key.
    pub async fn torrents(&self) -> Result<Vec<Record>> {
        let mut records = torrents::all(self.database.readers(), connect::READERS as usize).await?;
        for record in &mut records {
            self.vault.open(record);
        }
        Ok(records)
    }

    /// Metainfo and resume data of these torrents, in this order.
    pub async fn blobs(
        &self,
        keys: &[TorrentKey],
    ) -> Result<Vec<(TorrentKey, Option<Vec<u8>>, Option<Vec<u8>>)>> {
        blobs::get(self.database.readers(), keys).await
    }

    pub async fn metainfo(&self, key: TorrentKey) -> Result<Option<Vec<u8>>> {
        blobs::metainfo(self.database.readers(), key).await
    }

    pub async fn torrent_secret(&self, key: TorrentKey) -> Result<Option<Vec<u8>>> {
        blobs::secret(self.database.readers(), key).await
    }

    /// Categories by name, tags in their own order.
    pub async fn labels(&self) -> Result<(Vec<Category>, Vec<Tag>)> {
        labels::all(self.database.readers()).await
    }

    /// Unfinished work, by id.
    pub async fn intents(&self) -> Result<Vec<Intent>> {
        let mut intents = intents::all(self.database.readers()).await?;
        for intent in &mut intents {
            self.vault.open_intent(intent);
        }
        Ok(intents)
    }

    pub async fn all_time(&self) -> Result<AllTime> {
        all_time::get(self.database.readers()).await
    }

    /// Until when the last run's engine is known to have run.
    pub async fn alive(&self) -> Result<Option<Moment>> {
        Ok(meta::alive(self.database.readers()).await?)
    }

    /// The oldest `limit` events after `id`. The last 100,000 are kept.
    pub async fn events_since(&self, id: u64, limit: u64) -> Result<Vec<StoredEvent>> {
        events::since(self.database.readers(), id, limit).await
    }

    /// The newest `limit` events of a torrent, newest first; only those before an id if one is given.
    pub async fn events_of(
        &self,
        torrent: TorrentId,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Vec<StoredEvent>> {
        events::of(self.database.readers(), torrent, before, limit).await
    }

    /// The id of the newest event; 0 before the first.
    pub async fn last_event_id(&self) -> Result<u64> {
        events::last_id(self.database.readers()).await
    }

    /// Reserves the next block of revisions, `BLOCK` long, and returns its first; wraps to 1 below 2^31.
    pub async fn reserve_revisions(&self) -> Result<u32> {
        let first = self.take(meta::NEXT_REVISION, i64::from(BLOCK), 1 << 31).await?;
        u32::try_from(first).map_err(|error| Error::Database(error.to_string()))
    }

    /// Reserves a million keys and returns the first; none of them was ever used, also not by a removed torrent.
    ///
    /// The unused rest of a block is skipped after a restart, as 2^63 keys allow.
    pub async fn next_key(&self) -> Result<u64> {
        self.reserve_keys(1_000_000).await
    }

    /// True if no server has run on it, and nothing was taken over.
    pub async fn is_fresh(&self) -> Result<bool> {
        Ok(meta::get(self.database.readers(), meta::NEXT_KEY).await? == 1)
    }

    /// Reserves `count` keys that were never used and returns the first.
    pub async fn reserve_keys(&self, count: u32) -> Result<u64> {
        Ok(self.take(meta::NEXT_KEY, count.into(), i64::MAX).await?.cast_unsigned())
    }

    /// Advances a number by `count` and returns what it was; starts again at 1 where the block would pass `end`.
    async fn take(&self, name: &str, count: i64, end: i64) -> Result<i64> {
        let transaction = self.database.begin().await?;
        let next = meta::get_for_update(&transaction, name).await?;
        let first = if next > end - count { 1 } else { next };
        meta::set(&transaction, name, first + count).await?;
        transaction.commit().await?;
        Ok(first)
    }

    /// All API keys by id.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        api_keys::all(self.database.readers()).await
    }

    /// Inserts an API key, or replaces the one of the same id.
    pub async fn put_api_key(&self, key: &ApiKey) -> Result<()> {
        let transaction = self.database.begin().await?;
        api_keys::put(&transaction, key).await?;
        Ok(transaction.commit().await?)
    }

    pub async fn remove_api_key(&self, id: i64) -> Result<()> {
        let transaction = self.database.begin().await?;
        api_keys::remove(&transaction, id).await?;
        Ok(transaction.commit().await?)
    }

    /// Notes when keys, named by their digests, were used last.
    pub async fn touch_api_keys(&self, uses: &[([u8; 32], i64)]) -> Result<()> {
        let transaction = self.database.begin().await?;
        api_keys::touch(&transaction, uses).await?;
        Ok(transaction.commit().await?)
    }

    /// The values that web UIs keep here: JSON texts by name, which is a JSON text too.
    pub async fn client_data(&self) -> Result<Vec<(String, String)>> {
        client_data::all(self.database.readers()).await
    }

    /// Replaces such values, and removes those that become `None`.
    ///
    /// Returns false and changes nothing if all values together would take more than `limit` bytes as one compact
    /// JSON object.
    pub async fn merge_client_data(
        &self,
        changes: &[(String, Option<String>)],
        limit: usize,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let fits = client_data::merge(&transaction, changes, limit).await?;
        if fits {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        Ok(fits)
    }

    /// A value that our own interface keeps here; its name is no JSON text.
    pub async fn own_client_data(&self, name: &str) -> Result<Option<String>> {
        client_data::own(self.database.readers(), name).await
    }

    /// Replaces such a value.
    pub async fn put_own_client_data(&self, name: &str, value: &str) -> Result<()> {
        let transaction = self.database.begin().await?;
        client_data::put_own(&transaction, name, value).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// All stored settings as key and JSON text, by key.
    pub async fn settings(&self) -> Result<Vec<(String, String)>> {
        settings::all(self.database.readers()).await
    }

    /// Sets (or with `None` removes) settings in one transaction with their history rows, and bumps the revision.
    ///
    /// Returns `None`, and changes nothing, if another revision than the author expects is stored. Values that stay the same leave no line in the history.
    pub async fn put_settings(
        &self,
        changes: &[(String, Option<String>)],
        author: SettingAuthor<'_>,
    ) -> Result<Option<u64>> {
        let transaction = self.database.begin().await?;
        let revision = settings::put(&transaction, changes, author).await?;
        match revision {
            Some(_) => transaction.commit().await?,
            None => transaction.rollback().await?,
        }
        Ok(revision)
    }

    /// The oldest `limit` lines of the settings' history after `revision`.
    pub async fn settings_history(&self, revision: u64, limit: u64) -> Result<Vec<SettingChange>> {
        settings::history(self.database.readers(), revision, limit).await
    }

    /// The newest lines of the settings' history before `revision`, newest first.
    pub async fn settings_history_before(
        &self,
        revision: u64,
        limit: u64,
    ) -> Result<Vec<SettingChange>> {
        settings::history_before(self.database.readers(), revision, limit).await
    }

    /// Grows with each change of settings, by any process.
    pub async fn settings_revision(&self) -> Result<u64> {
        Ok(meta::get(self.database.readers(), meta::SETTINGS_REVISION).await?.cast_unsigned())
    }
}
