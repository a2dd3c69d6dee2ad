//! Numbered notes that something happened. A hint, never the truth: the truth is the snapshot.
//!
//! A durable event is a row of the commit that holds its change; its number is the row's, grows by one per event and
//! goes on over restarts. It leaves after that commit, in the order of the numbers. Progress, refused peers and the
//! flicker between moving data and waiting for it are told to whoever listens and kept nowhere: they have no number.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::model::{Actor, TorrentId, TorrentState};
use crate::store::{self, Change, Done, Store, StoredEvent};

/// Events that a reader may lag behind before it misses some.
const CHANNEL: usize = 4096;

/// Rounds of progress that a reader may lag behind.
const PROGRESS_CHANNEL: usize = 8;

/// How long events wait at a time for a commit that failed and is tried again.
const PATIENCE: Duration = Duration::from_mins(1);

/// One event with its number.
#[derive(Debug, Clone)]
pub struct Event {
    /// 0 for an event that is kept nowhere.
    pub id: u64,
    /// Unix milliseconds.
    pub at: i64,
    pub actor: Actor,
    pub torrent: Option<TorrentId>,
    /// The category of the torrent when it happened.
    pub category: Option<Arc<str>>,
    pub kind: Kind,
    told: OnceLock<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Added {
        name: String,
    },
    Removed {
        with_content: bool,
    },
    MetadataReceived {
        name: String,
    },
    /// The files of a torrent are known.
    FilesDiscovered {
        files: u32,
        /// Bytes.
        size: i64,
    },
    StateChanged {
        from: TorrentState,
        to: TorrentState,
    },
    Completed,
    Moved {
        path: String,
    },
    Failed {
        reason: String,
    },
    /// What libtorrent had differed from what the store wants, and was repaired.
    Reconciled {
        what: String,
    },
    /// A tracker began or ceased to work. The host alone is told, because a URL may hold a passkey.
    TrackerStatus {
        host: String,
        works: bool,
        message: String,
    },
    /// A peer was refused: by the IP filter (`blocked`) or banned for bad data.
    PeerRefused {
        address: IpAddr,
        blocked: bool,
        reason: String,
    },
    SettingsChanged {
        revision: u64,
        keys: Vec<String>,
    },
    HealthChanged {
        health: String,
    },
    JobProgressed {
        job: String,
        state: &'static str,
        percent: u32,
    },
}

impl Kind {
    /// The word that clients and the store have for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Added { .. } => "torrent_added",
            Self::Removed { .. } => "torrent_removed",
            Self::MetadataReceived { .. } => "metadata_received",
            Self::FilesDiscovered { .. } => "files_discovered",
            Self::StateChanged { .. } => "state_changed",
            Self::Completed => "torrent_completed",
            Self::Moved { .. } => "torrent_moved",
            Self::Failed { .. } => "torrent_failed",
            Self::Reconciled { .. } => "torrent_reconciled",
            Self::TrackerStatus { .. } => "tracker_status",
            Self::PeerRefused { .. } => "peer_refused",
            Self::SettingsChanged { .. } => "settings_changed",
            Self::HealthChanged { .. } => "health_changed",
            Self::JobProgressed { .. } => "job_progressed",
        }
    }

    /// True if the event is kept for readers that come back.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        match self {
            Self::PeerRefused { .. } | Self::JobProgressed { .. } => false,
            Self::StateChanged { from, to } => !is_flicker(*from, *to),
            _ => true,
        }
    }

    /// What is told beyond the word.
    #[must_use]
    pub fn data(&self) -> Value {
        match self {
            Self::Added { name } | Self::MetadataReceived { name } => json!({ "name": name }),
            Self::Removed { with_content } => json!({ "with_data": with_content }),
            Self::FilesDiscovered { files, size } => json!({ "files": files, "size": size }),
            Self::StateChanged { from, to } => json!({ "from": state(*from), "to": state(*to) }),
            Self::Completed => json!({}),
            Self::Moved { path } => json!({ "path": path }),
            Self::Failed { reason } => json!({ "reason": reason }),
            Self::Reconciled { what } => json!({ "what": what }),
            Self::TrackerStatus { host, works, message } => {
                json!({ "host": host, "works": works, "message": message })
            }
            Self::PeerRefused { address, blocked, reason } => {
                json!({ "address": address, "blocked": blocked, "reason": reason })
            }
            Self::SettingsChanged { revision, keys } => {
                json!({ "revision": revision, "keys": keys })
            }
            Self::HealthChanged { health } => json!({ "health": health }),
            Self::JobProgressed { job, state, percent } => {
                json!({ "job": job, "state": state, "progress": f64::from(*percent) / 100.0 })
            }
        }
    }
}

/// Data flows or waits for peers: this changes all the time and says nothing that progress does not.
fn is_flicker(from: TorrentState, to: TorrentState) -> bool {
    use TorrentState::{Downloading, StalledDl, StalledUp, Uploading};
    let both = |a, b| (from == a && to == b) || (from == b && to == a);
    both(Downloading, StalledDl) || both(Uploading, StalledUp)
}

/// The word of a state in events.
#[must_use]
pub const fn state(state: TorrentState) -> &'static str {
    match state {
        TorrentState::Error => "error",
        TorrentState::MissingFiles => "missing_files",
        TorrentState::Uploading => "uploading",
        TorrentState::StoppedUp => "stopped_uploading",
        TorrentState::QueuedUp => "queued_uploading",
        TorrentState::StalledUp => "stalled_uploading",
        TorrentState::CheckingUp => "checking_uploading",
        TorrentState::ForcedUp => "forced_uploading",
        TorrentState::Downloading => "downloading",
        TorrentState::MetaDl => "metadata",
        TorrentState::ForcedMetaDl => "forced_metadata",
        TorrentState::StoppedDl => "stopped_downloading",
        TorrentState::QueuedDl => "queued_downloading",
        TorrentState::StalledDl => "stalled_downloading",
        TorrentState::CheckingDl => "checking_downloading",
        TorrentState::ForcedDl => "forced_downloading",
        TorrentState::CheckingResumeData => "checking_resume_data",
        TorrentState::Moving => "moving",
    }
}

impl Event {
    /// An event of this moment; it gets its number when it is sent.
    #[must_use]
    pub fn new(actor: Actor, torrent: Option<TorrentId>, kind: Kind) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            id: 0,
            at: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            actor,
            torrent,
            category: None,
            kind,
            told: OnceLock::new(),
        }
    }

    /// What listeners are told, as JSON: made once, however many listen.
    #[must_use]
    pub fn told(&self) -> &str {
        self.told.get_or_init(|| told(&self.stored()).1)
    }

    /// As it is stored, and told.
    #[must_use]
    pub fn stored(&self) -> StoredEvent {
        let detail = json!({ "category": self.category.as_deref(), "data": self.kind.data() });
        StoredEvent {
            id: self.id,
            at: self.at,
            actor: self.actor.to_string(),
            kind: self.kind.word().to_owned(),
            torrent: self.torrent,
            detail: detail.to_string(),
        }
    }
}

/// The category of a kept event, and what listeners are told of it as JSON.
#[must_use]
pub fn told(event: &StoredEvent) -> (Option<String>, String) {
    let mut detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let category = detail["category"].as_str().map(str::to_owned);
    let at = Timestamp::from_millisecond(event.at).map(|at| at.to_string()).unwrap_or_default();
    let told = json!({
        "type": event.kind,
        "at": at,
        "actor": event.actor,
        "torrent": event.torrent.map(|id| id.to_string()),
        "category": category,
        "data": detail["data"].take(),
    });
    (category, told.to_string())
}

/// Numbers of one torrent that have changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    pub torrent: TorrentId,
    pub category: Option<Arc<str>>,
    pub state: TorrentState,
    /// 0 to 1.
    pub progress: f64,
    /// Bytes per second.
    pub download_rate: i64,
    pub upload_rate: i64,
    /// Bytes of the wanted files that are here, and of all time.
    pub completed: i64,
    pub downloaded: i64,
    pub uploaded: i64,
    pub seeds: i32,
    pub leechers: i32,
    /// Its name, labels, paths or options are others too.
    pub is_edited: bool,
}

/// The broadcast; cheap to clone.
#[derive(Clone)]
pub struct Events {
    store: Store,
    sender: broadcast::Sender<Arc<Event>>,
    /// Events that are kept nowhere, once more: who is only after these sleeps through all others.
    passing: broadcast::Sender<Arc<Event>>,
    progress: broadcast::Sender<Arc<Vec<Progress>>>,
    book: Arc<Mutex<Book>>,
}

struct Book {
    /// The number given last.
    last: u64,
    /// Numbered events whose commit is under way, in order.
    waiting: Vec<Event>,
}

impl Events {
    /// Goes on with the numbers of the last run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(store: Store) -> store::Result<Self> {
        let last = store.last_event_id().await?;
        Ok(Self {
            store,
            sender: broadcast::channel(CHANNEL).0,
            passing: broadcast::channel(CHANNEL).0,
            progress: broadcast::channel(PROGRESS_CHANNEL).0,
            book: Arc::new(Mutex::new(Book { last, waiting: Vec::new() })),
        })
    }

    /// Hands changes to the store, together with the rows of the events that tell of them. After the commit `done` is
    /// called and the events leave. Without `done` nobody waits for it, and the commit may come a little later.
    ///
    /// Events of a commit that fails wait until it holds, as their changes do.
    pub fn submit(&self, mut changes: Vec<Change>, events: Vec<Event>, done: Option<Done>) {
        let (durable, passing): (Vec<Event>, Vec<Event>) =
            events.into_iter().partition(|event| event.kind.is_durable());
        for event in passing.into_iter().map(Arc::new) {
            let _ = self.passing.send(Arc::clone(&event));
            let _ = self.sender.send(event);
        }
        if durable.is_empty() {
            match done {
                Some(done) => self.store.submit(changes, Some(done)),
                None if changes.is_empty() => {}
                None => self.store.submit_soon(changes, None),
            }
            return;
        }
        // Numbers are given and handed over under one lock, so that they are committed in their order.
        let mut book = self.book();
        for mut event in durable {
            book.last += 1;
            event.id = book.last;
            changes.push(Change::PutEvent(Box::new(event.stored())));
            book.waiting.push(event);
        }
        let (events, newest, is_awaited) = (self.clone(), book.last, done.is_some());
        let released: Done = Box::new(move |committed| {
            let is_durable = committed.is_ok();
            if let Some(done) = done {
                done(committed);
            }
            if is_durable {
                events.release(newest);
            } else {
                tokio::spawn(async move { events.release_later(newest).await });
            }
        });
        if is_awaited {
            self.store.submit(changes, Some(released));
        } else {
            self.store.submit_soon(changes, Some(released));
        }
    }

    /// Sends what is committed. Commits hold everything that was handed over before them.
    fn release(&self, newest: u64) {
        let mut book = self.book();
        let count = book.waiting.partition_point(|event| event.id <= newest);
        for event in book.waiting.drain(..count) {
            let _ = self.sender.send(Arc::new(event));
        }
    }

    async fn release_later(&self, newest: u64) {
        while !self.store.flush(PATIENCE).await {
            // A closed store answers at once, and never otherwise.
            let is_released = self.book().waiting.first().is_none_or(|event| event.id > newest);
            if is_released || self.store.is_closed() {
                return;
            }
        }
        self.release(newest);
    }

    /// Tells the numbers of torrents to whoever listens.
    pub fn tell_progress(&self, progress: Vec<Progress>) {
        if !progress.is_empty() {
            let _ = self.progress.send(Arc::new(progress));
        }
    }

    /// How many listen to progress.
    #[must_use]
    pub fn progress_listeners(&self) -> usize {
        self.progress.receiver_count()
    }

    /// How many follow the events.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// All events from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.sender.subscribe()
    }

    /// The events from now on that are kept nowhere.
    #[must_use]
    pub fn subscribe_to_passing(&self) -> broadcast::Receiver<Arc<Event>> {
        self.passing.subscribe()
    }

    /// All progress from now on.
    #[must_use]
    pub fn subscribe_to_progress(&self) -> broadcast::Receiver<Arc<Vec<Progress>>> {
        self.progress.subscribe()
    }

    /// The oldest `limit` kept events after `id`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn since(&self, id: u64, limit: u64) -> store::Result<Vec<StoredEvent>> {
        self.store.events_since(id, limit).await
    }

    /// The newest `limit` kept events of a torrent, newest first; only those before an id if one is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of_torrent(
        &self,
        torrent: TorrentId,
        before: Option<u64>,
        limit: u64,
    ) -> store::Result<Vec<StoredEvent>> {
        self.store.events_of(torrent, before, limit).await
    }

    /// The number of the newest kept event.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_id(&self) -> store::Result<u64> {
        self.store.last_event_id().await
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed() -> Event {
        Event::new(Actor::System, Some(TorrentId([7; 20])), Kind::Completed)
    }

    async fn opened() -> (tempfile::TempDir, Store, Events) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), None).await.unwrap();
        let events = Events::open(store.clone()).await.unwrap();
        (home, store, events)
    }

    #[tokio::test]
    async fn events_are_kept_numbered_and_sent_after_their_commit() {
        let (home, store, events) = opened().await;
        let mut live = events.subscribe();

        events.submit(Vec::new(), vec![completed(), completed()], None);
        events.submit(Vec::new(), vec![completed()], None);

        for id in 1..=3 {
            assert_eq!(live.recv().await.unwrap().id, id);
        }
        let kept = events.since(1, 10).await.unwrap();
        assert_eq!(kept.iter().map(|event| event.id).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(kept[0].kind, "torrent_completed");
        store.close().await;

        let store = Store::open(home.path(), None).await.unwrap();
        let events = Events::open(store.clone()).await.unwrap();
        let mut live = events.subscribe();
        events.submit(Vec::new(), vec![completed()], None);
        assert_eq!(live.recv().await.unwrap().id, 4);
        store.close().await;
    }

    #[tokio::test]
    async fn events_that_nothing_commits_are_given_up() {
        let (_home, store, events) = opened().await;
        let mut live = events.subscribe();
        store.close().await;

        events.submit(Vec::new(), vec![completed()], None);
        events.release_later(1).await;

        assert!(live.try_recv().is_err());
    }

    #[tokio::test]
    async fn flicker_and_refused_peers_have_no_number() {
        let (_home, store, events) = opened().await;
        let mut live = events.subscribe();
        let kind =
            Kind::StateChanged { from: TorrentState::StalledDl, to: TorrentState::Downloading };

        events.submit(Vec::new(), vec![Event::new(Actor::System, None, kind)], None);

        assert_eq!(live.recv().await.unwrap().id, 0);
        assert_eq!(events.last_id().await.unwrap(), 0);
        store.close().await;
    }
}
