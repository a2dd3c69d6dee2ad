//! The store, on SQLite and on PostgreSQL.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use revaer::model::{
    Announce, AnnounceStatus, Bound, Category, ContentLayout, DownloadPathRule, Facts, InfoHashes,
    Metadata, Moment, Options, OwnLimit, PeerSources, Priority, Root, RunMode, ShareLimitAction,
    ShareLimits, ShareLimitsMode, Status, StopCondition, Tag, Torrent, TorrentKey, TorrentState,
};
use revaer::store::{Change, FileWishes, Record, Store};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::support::postgres;

mod clients;
mod durability;
mod opening;
mod rows;
mod settings;

/// Makes a test for each database of functions that take a [`Place`].
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            use crate::store::{Place, within_a_minute};
            $(
                #[tokio::test]
                async fn $name() {
                    within_a_minute(super::$name(Place::sqlite())).await;
                }
            )+
        }
        mod postgres {
            use crate::store::{Place, within_a_minute};
            $(
                #[tokio::test]
                async fn $name() {
                    within_a_minute(super::$name(Place::postgres().await)).await;
                }
            )+
        }
    };
}
use on_both_databases;

/// Where a test's database is.
struct Place {
    home: TempDir,
    url: Option<String>,
}

impl Place {
    fn sqlite() -> Self {
        Self { home: tempfile::tempdir().unwrap(), url: None }
    }

    async fn postgres() -> Self {
        Self { home: tempfile::tempdir().unwrap(), url: Some(postgres::database().await) }
    }

    async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    async fn try_open(&self) -> revaer::store::Result<Store> {
        Store::open(self.home.path(), self.url.as_deref()).await
    }

    async fn open_shared(&self) -> revaer::store::Result<Store> {
        Store::open_shared(self.home.path(), self.url.as_deref()).await
    }

    /// A connection past the store.
    async fn connect(&self) -> DatabaseConnection {
        let url = match &self.url {
            Some(url) => url.clone(),
            None => format!("sqlite://{}", self.home.path().join("revaer.db").display()),
        };
        Database::connect(url).await.unwrap()
    }

    async fn execute(&self, sql: &str) {
        let connection = self.connect().await;
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn within_a_minute(test: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_mins(1), test).await.expect("the test ends in time");
}

/// Waits until `condition` holds.
async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "{what} in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Submits changes and waits for the writer's answer.
pub(crate) async fn commit(store: &Store, changes: Vec<Change>) -> Result<(), String> {
    let (done, answer) = oneshot::channel();
    store.submit(changes, Some(Box::new(move |outcome| done.send(outcome).unwrap())));
    answer.await.expect("every change is answered")
}

fn put(record: &Record) -> Change {
    Change::PutTorrent(Box::new(record.clone()))
}

fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

/// Records have no equality; their debug form shows every field.
fn shown(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| format!("{record:#?}")).collect()
}

/// A torrent of which nothing but a magnet link is known.
pub(crate) fn magnet(key: u64) -> Record {
    let mut v1 = [0; 20];
    v1[..8].copy_from_slice(&key.to_be_bytes());
    let hashes = InfoHashes { v1: Some(v1), v2: None };
    let facts = Facts {
        id: hashes.id(),
        hashes,
        name: format!("torrent {key}"),
        added_at: 1_700_000_000,
        comment: String::new(),
        web_seeds: Vec::new(),
        metadata: None,
    };
    Record {
        torrent: Torrent {
            key: TorrentKey(key),
            facts: Arc::new(facts),
            options: Arc::new(Options::default()),
            announces: Arc::new([]),
            status: Status::default(),
        },
        files: FileWishes::default(),
        recheck_pending: false,
    }
}

/// A torrent with a value of its own in every field.
fn full(key: u64) -> Record {
    let hashes = InfoHashes { v1: Some([1; 20]), v2: Some([2; 32]) };
    let facts = Facts {
        id: hashes.id(),
        hashes,
        name: "Ünïcode '\"; -- 名".to_owned(),
        added_at: -1,
        comment: "line\nline".to_owned(),
        web_seeds: vec!["http://seed/1".to_owned(), "http://seed/2".to_owned()],
        metadata: Some(Metadata {
            is_private: true,
            created_by: "creator".to_owned(),
            created_at: Some(1_600_000_000),
            piece_size: u32::MAX,
            pieces: u32::MAX - 1,
            total_size: i64::MAX,
            files: 2,
            root: Root::Folder("folder".to_owned()),
        }),
    };
    let tracker = Announce {
        status: AnnounceStatus::TrackerError,
        message: "go \"away\"".into(),
        peers: 1,
        seeds: 2,
        leechers: 3,
        downloaded: 4,
        updating: true,
        next_announce: 5,
        min_announce: 6,
        ..Announce::new("udp://tracker:1/announce", 3)
    };
    Record {
        torrent: Torrent {
            key: TorrentKey(key),
            facts: Arc::new(facts),
            options: Arc::new(full_options()),
            announces: Arc::new([Announce::new("http://other/announce", 0), tracker]),
            status: full_status(),
        },
        files: FileWishes {
            priorities: vec![Priority::Skip, Priority::Normal, Priority::High, Priority::Maximum],
            renames: vec![(1, "folder/new name".to_owned()), (3, "other".to_owned())],
        },
        recheck_pending: true,
    }
}

fn full_options() -> Options {
    Options {
        name: Some("shown".to_owned()),
        category: Some("a/b".into()),
        tags: vec![tag("one"), tag("two")],
        auto_managed: true,
        save_path: "/save".into(),
        download_path: Some("/incomplete".into()),
        run: RunMode::Forced,
        download_limit: Some(u32::MAX),
        upload_limit: Some(0),
        share: full_share(),
        sequential: true,
        first_last_first: true,
        super_seeding: true,
        max_connections: OwnLimit::At(7),
        max_uploads: OwnLimit::Unlimited,
        sources: PeerSources { dht: Some(false), pex: Some(true), lsd: None },
        layout: ContentLayout::NoSubfolder,
        stop_condition: StopCondition::FilesChecked,
    }
}

fn full_share() -> ShareLimits {
    ShareLimits {
        ratio: Bound::At(1.1),
        seeding_minutes: Bound::Unlimited,
        inactive_minutes: Bound::At(7),
        action: ShareLimitAction::RemoveWithContent,
        mode: ShareLimitsMode::MatchAll,
    }
}

fn full_status() -> Status {
    Status {
        // Not kept: a move that a stop interrupts is begun anew.
        moving_from: None,
        state: TorrentState::Moving,
        progress: 0.1 + 0.2,
        download_rate: 1,
        upload_rate: 2,
        average_download_rate: 3,
        average_upload_rate: 4,
        downloaded: i64::MAX,
        uploaded: 6,
        downloaded_session: 7,
        uploaded_session: 8,
        wasted: 9,
        wanted: 10,
        wanted_done: 11,
        done: 12,
        pieces_have: u32::MAX,
        seeds: 14,
        leechers: 15,
        swarm_seeds: 16,
        swarm_leechers: 17,
        connections: 18,
        connections_limit: i32::MAX,
        queue_position: Some(u32::MAX),
        availability: -1.0,
        active_seconds: 22,
        seeding_seconds: 23,
        times_read: Some(Moment { run: i64::MIN, milliseconds: -5 }),
        last_activity: Some(24),
        completed_at: Some(25),
        last_seen_complete: Some(26),
        next_announce: Some(27),
        tracker: Some("udp://tracker:1/announce".into()),
        in_download_path: true,
        error: Some("no space".into()),
    }
}

fn full_category(name: &str) -> Category {
    Category {
        name: name.to_owned(),
        save_path: "/save".to_owned(),
        download_path: DownloadPathRule::Enabled(String::new()),
        share: full_share(),
    }
}
