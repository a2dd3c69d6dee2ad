//! Torrents that another program had: their rows, made before an engine runs.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use revaer_native::Metainfo;

use super::{Snapshot, content, placement, session};
use crate::model::{
    Announce, Category, Facts, InfoHashes, Options, Priority, Status, Torrent, TorrentKey,
};
use crate::settings::Profile;
use crate::store::{FileWishes, Record};

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
