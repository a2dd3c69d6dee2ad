//! Torrents that another program had: their rows, made before an engine runs, or taken over by one that runs.

use std::collections::HashSet;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use revaer_native::Metainfo;

use super::boot::attach_lot;
use super::worker::{Attachment, Entry, Worker};
use super::{Engine, Result, Snapshot, content, erase, placement, session};
use crate::events::Kind;
use crate::model::{
    Announce, Category, Facts, InfoHashes, Options, Priority, Status, Torrent, TorrentKey,
};
use crate::settings::Profile;
use crate::store::{Change, FileWishes, Record};

/// What a torrent was elsewhere.
pub struct Adopted {
    /// `None` for a magnet whose metadata never came.
    pub metainfo: Option<Metainfo>,
    pub hashes: InfoHashes,
    /// Name without metadata.
    pub name: String,
    /// Takes the place of the metadata's if there is one.
    pub comment: Option<String>,
    /// Unix seconds.
    pub added_at: i64,
    pub web_seeds: Vec<String>,
    /// Tier and URL.
    pub trackers: Vec<(u8, String)>,
    pub files: FileWishes,
    pub options: Options,
    /// Times, totals and position in the queue; sizes are filled in here.
    pub status: Status,
    /// Pieces that are here.
    pub pieces_have: u32,
}

/// The files that bear the suffix of incomplete ones on disk now, by index, with their names. Looks at the disk.
#[must_use]
pub fn suffixed(metainfo: &[u8], location: &str, renames: &[(u32, String)]) -> Vec<(u32, String)> {
    erase::repair(Some(metainfo), location, renames, &[], true)
}

impl Engine {
    /// Takes over what another program had while this one runs: labels, torrents with their blobs, totals. What is
    /// known stays as it is; returns how many of the torrents were.
    ///
    /// # Errors
    /// `Store` means that nothing is durable yet.
    pub async fn take_over(&self, changes: Vec<Change>) -> Result<usize> {
        let (taken, known) =
            self.run("take over", move |worker| Ok(worker.take_over(changes))).await?;
        // What is committed attaches at the next start at the latest.
        self.run("attach", move |worker| {
            worker.attach_soon(taken);
            Ok(())
        })
        .await?;
        Ok(known)
    }
}

impl Worker {
    fn take_over(&mut self, changes: Vec<Change>) -> (Vec<TorrentKey>, usize) {
        let mut taken = Vec::new();
        let mut refused = HashSet::new();
        for change in changes {
            match change {
                Change::PutCategory(category) => self.take_category(*category),
                Change::PutTag(tag) => self.ensure_tags(&[tag]),
                Change::PutAllTime(all_time) => self.raise_all_time(all_time),
                Change::PutTorrent(record) => {
                    let key = record.torrent.key;
                    if self.take_torrent(*record) {
                        taken.push(key);
                    } else {
                        refused.insert(key);
                    }
                }
                Change::PutMetainfo(key, _)
                | Change::PutResume(key, _)
                | Change::PutTorrentSecret(key, _)
                    if refused.contains(&key) => {}
                change => self.store(change),
            }
        }
        (taken, refused.len())
    }

    /// Makes a row of a torrent that is attached later; false if there is one.
    fn take_torrent(&mut self, record: Record) -> bool {
        let Record { torrent, files, recheck_pending } = record;
        let hashes = torrent.facts.hashes;
        if self.known_hashes(&hashes).is_some() || self.preview_on_its_way(&hashes).is_some() {
            return false;
        }
        self.supersede_preview(&hashes);
        let key = torrent.key;
        let mut entry = Entry::new(torrent.facts.id, Attachment::Waiting);
        entry.wishes = files;
        entry.recheck_pending = recheck_pending;
        self.entries.insert(key, entry);
        let name = torrent.name().to_owned();
        self.insert_row(torrent);
        self.store_row(key);
        self.emit_for(key, Kind::Added { name });
        true
    }

    fn attach_soon(&mut self, keys: Vec<TorrentKey>) {
        let shared = Arc::clone(&self.shared);
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn(async move { attach_lot(&shared, keys, &follow_ups).await });
    }
}

/// Where content of categories belongs, by rules that are not in force yet.
pub struct Places(Snapshot);

impl Places {
    #[must_use]
    pub fn new(profile: &Profile, categories: &[Category]) -> Self {
        let categories = categories
            .iter()
            .map(|category| (Arc::from(category.name.as_str()), Arc::new(category.clone())));
        Self(Snapshot {
            revision: 0,
            torrents: OrdMap::new(),
            categories: categories.collect(),
            tags: OrdSet::new(),
            trackers: OrdMap::new(),
            totals: Arc::default(),
            context: Arc::new(session::context(profile, false)),
            rows_written: 0,
        })
    }

    /// The directory for content of this category.
    #[must_use]
    pub fn save_path(&self, category: Option<&str>) -> String {
        placement::save_path(&self.0, category)
    }

    /// The directory for incomplete content of this category, if there is one.
    #[must_use]
    pub fn download_path(&self, category: Option<&str>) -> Option<String> {
        placement::download_path(&self.0, category)
    }
}

/// The row of an adopted torrent.
#[must_use]
pub fn record(key: TorrentKey, adopted: Adopted) -> Record {
    let Adopted { metainfo, hashes, name, comment, added_at, web_seeds, trackers, .. } = adopted;
    let (files, options, mut status) = (adopted.files, adopted.options, adopted.status);
    let mut announces: Vec<Announce> = Vec::with_capacity(trackers.len());
    for (tier, url) in trackers {
        if !announces.iter().any(|announce| *announce.url == *url) {
            announces.push(Announce::new(&url, tier));
        }
    }
    announces.sort_by_key(|announce| announce.tier);
    if let Some(metainfo) = &metainfo {
        let have = i64::from(adopted.pieces_have) * i64::from(metainfo.piece_size);
        let wanted = (0..).zip(&metainfo.files).filter(|(index, file)| {
            !file.is_padding && content::priority(&files, *index) != Priority::Skip
        });
        status.pieces_have = adopted.pieces_have;
        status.done = have.min(metainfo.total_size);
        status.wanted = wanted.map(|(_, file)| file.size).sum();
        // libtorrent counts exactly as soon as it has the torrent.
        status.wanted_done = status.done.min(status.wanted);
        if status.wanted > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a fraction needs no more than 53 bits")]
            let progress = status.wanted_done as f64 / status.wanted as f64;
            status.progress = progress;
        }
    }
    let metadata = metainfo.as_ref().map(|parsed| content::metadata(parsed, &files.renames));
    let id = hashes.id();
    let facts = Facts {
        id,
        hashes,
        name: match &metainfo {
            Some(parsed) => parsed.name.clone(),
            None if name.is_empty() => id.to_string(),
            None => name,
        },
        added_at,
        comment: comment.or_else(|| metainfo.map(|parsed| parsed.comment)).unwrap_or_default(),
        web_seeds,
        metadata,
    };
    let torrent = Torrent {
        key,
        facts: Arc::new(facts),
        options: Arc::new(options),
        announces: announces.into(),
        status,
    };
    Record { torrent, files, recheck_pending: false }
}
