//! The changes that are not durable yet, merged so that each row is written once.
//!
//! Merging bounds the memory by the number of rows that changed, however long a database is away, and keeps the
//! meaning of the order: what was put before a removal is forgotten, what is put after it starts anew.

use std::collections::{BTreeMap, HashMap};

use super::{AllTime, Change, Intent, Record, StoredEvent};
use crate::model::{Category, Moment, Status, Tag, TorrentKey};

#[derive(Default)]
pub(super) struct Pending {
    /// By key, so that rows reach the table in its own order.
    pub(super) torrents: BTreeMap<TorrentKey, TorrentChanges>,
    /// `None` removes.
    pub(super) categories: HashMap<String, Option<Box<Category>>>,
    /// `false` removes.
    pub(super) tags: HashMap<Tag, bool>,
    /// `None` removes.
    pub(super) intents: BTreeMap<u64, Option<Box<Intent>>>,
    pub(super) all_time: Option<AllTime>,
    pub(super) alive: Option<Moment>,
    pub(super) events: BTreeMap<u64, Box<StoredEvent>>,
}

/// The changes of one torrent; the removal comes first, then everything else.
#[derive(Default)]
pub(super) struct TorrentChanges {
    pub(super) removed: bool,
    pub(super) row: Option<Box<Record>>,
    /// Only where `row` is `None`, which holds the numbers otherwise.
    pub(super) status: Option<Box<Status>>,
    pub(super) metainfo: Option<Vec<u8>>,
    pub(super) resume: Option<Vec<u8>>,
    pub(super) secret: Option<SecretChange>,
}

pub(super) enum SecretChange {
    Put(Vec<u8>),
    Remove,
}

impl TorrentChanges {
    /// The torrent was removed and not put again: late numbers and blobs of it are dropped.
    fn is_gone(&self) -> bool {
        self.removed && self.row.is_none()
    }
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.rows() == 0
    }

    /// The number of rows that wait.
    pub(super) fn rows(&self) -> usize {
        self.torrents.len()
            + self.categories.len()
            + self.tags.len()
            + self.intents.len()
            + usize::from(self.all_time.is_some())
            + usize::from(self.alive.is_some())
            + self.events.len()
    }

    pub(super) fn merge(&mut self, change: Change) {
        match change {
            Change::PutTorrent(record) => {
                let torrent = self.torrents.entry(record.torrent.key).or_default();
                torrent.row = Some(record);
                torrent.status = None;
            }
            Change::PutStatus(key, status) => {
                let torrent = self.torrents.entry(key).or_default();
                match &mut torrent.row {
                    Some(row) => row.torrent.status = *status,
                    None if torrent.removed => {}
                    None => torrent.status = Some(status),
                }
            }
            Change::PutMetainfo(key, data) => {
                self.with_present(key, |torrent| torrent.metainfo = Some(data));
            }
            Change::PutResume(key, data) => {
                self.with_present(key, |torrent| torrent.resume = Some(data));
            }
            Change::PutTorrentSecret(key, sealed) => {
                let change = sealed.map_or(SecretChange::Remove, SecretChange::Put);
                self.with_present(key, |torrent| torrent.secret = Some(change));
            }
            Change::RemoveTorrent(key) => {
                self.torrents
                    .insert(key, TorrentChanges { removed: true, ..TorrentChanges::default() });
            }
            Change::PutCategory(category) => {
                self.categories.insert(category.name.clone(), Some(category));
            }
            Change::RemoveCategory(name) => {
                self.categories.insert(name, None);
            }
            Change::PutTag(tag) => {
                self.tags.insert(tag, true);
            }
            Change::RemoveTag(tag) => {
                self.tags.insert(tag, false);
            }
            Change::PutIntent(intent) => {
                self.intents.insert(intent.id, Some(intent));
            }
            Change::RemoveIntent(id) => {
                self.intents.insert(id, None);
            }
            Change::PutAllTime(all_time) => self.all_time = Some(all_time),
            Change::PutAlive(moment) => self.alive = Some(moment),
            Change::PutEvent(event) => {
                self.events.entry(event.id).or_insert(event);
            }
        }
    }

    fn with_present(&mut self, key: TorrentKey, change: impl FnOnce(&mut TorrentChanges)) {
        let torrent = self.torrents.entry(key).or_default();
        if !torrent.is_gone() {
            change(torrent);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Facts, InfoHashes, Options, Torrent};
    use crate::store::FileWishes;

    const KEY: TorrentKey = TorrentKey(7);

    fn record(name: &str) -> Change {
        let hashes = InfoHashes { v1: Some([1; 20]), v2: None };
        let facts = Facts {
            id: hashes.id(),
            hashes,
            name: name.to_owned(),
            added_at: 0,
            comment: String::new(),
            web_seeds: Vec::new(),
            metadata: None,
        };
        Change::PutTorrent(Box::new(Record {
            torrent: Torrent {
                key: KEY,
                facts: Arc::new(facts),
                options: Arc::new(Options::default()),
                announces: Arc::new([]),
                status: Status::default(),
            },
            files: FileWishes::default(),
            recheck_pending: false,
        }))
    }

    fn status(done: i64) -> Change {
        Change::PutStatus(KEY, Box::new(Status { done, ..Status::default() }))
    }

    fn merged(changes: impl IntoIterator<Item = Change>) -> Pending {
        let mut pending = Pending::default();
        changes.into_iter().for_each(|change| pending.merge(change));
        pending
    }

    #[test]
    fn numbers_join_the_row_that_waits() {
        let pending = merged([status(1), record("a"), status(2)]);

        let torrent = &pending.torrents[&KEY];
        assert!(torrent.status.is_none());
        assert_eq!(torrent.row.as_ref().unwrap().torrent.status.done, 2);
    }

    #[test]
    fn a_removal_cancels_what_came_before_and_late_news() {
        let pending = merged([
            record("a"),
            Change::PutMetainfo(KEY, vec![1]),
            Change::RemoveTorrent(KEY),
            status(3),
            Change::PutResume(KEY, vec![2]),
        ]);

        let torrent = &pending.torrents[&KEY];
        assert!(torrent.removed && torrent.row.is_none() && torrent.status.is_none());
        assert!(torrent.metainfo.is_none() && torrent.resume.is_none());
    }

    #[test]
    fn a_torrent_that_comes_back_is_removed_first() {
        let pending =
            merged([Change::RemoveTorrent(KEY), record("b"), Change::PutResume(KEY, vec![2])]);

        let torrent = &pending.torrents[&KEY];
        assert!(torrent.removed && torrent.row.is_some() && torrent.resume.is_some());
    }
}
