//! Snapshots of many torrents, built from plain values: no libtorrent, no store.

use std::sync::Arc;

use revaer::engine::{Row, Snapshot};
use revaer::model::{
    Announce, Category, Facts, InfoHashes, Metadata, Options, Root, Status, Tag, Torrent,
    TorrentId, TorrentKey, TorrentState,
};

/// How many torrents the numbers of the documentation speak of.
pub(crate) const MANY: u32 = 50_000;

fn id(number: u32) -> TorrentId {
    let mut bytes = [0; 20];
    // Spread like hashes, so that neighbours in the map are no neighbours in time.
    for (at, byte) in bytes.iter_mut().enumerate() {
        let mixed = number.wrapping_mul(0x9e37_79b1).rotate_left(u32::try_from(at).unwrap_or(0));
        *byte = mixed.to_le_bytes()[at % 4];
    }
    bytes[16..].copy_from_slice(&number.to_le_bytes());
    TorrentId(bytes)
}

/// A seed with two trackers, a category and two tags.
pub(crate) fn torrent(number: u32) -> Torrent {
    let id = id(number);
    let name = format!("Some.Release.Name.{number}.1080p.WEB.x264-GROUP");
    Torrent {
        key: TorrentKey(number.into()),
        facts: Arc::new(Facts {
            id,
            hashes: InfoHashes { v1: Some(id.0), v2: None },
            name: name.clone(),
            added_at: 1_700_000_000 + i64::from(number),
            comment: "a comment".to_owned(),
            web_seeds: Vec::new(),
            metadata: Some(Metadata {
                is_private: false,
                created_by: "maker".to_owned(),
                created_at: Some(1_600_000_000),
                piece_size: 1 << 20,
                pieces: 1000,
                total_size: 1_000 << 20,
                files: 3,
                root: Root::Folder(name),
            }),
        }),
        options: Arc::new(Options {
            save_path: "/srv/downloads/complete".into(),
            category: Some(format!("category{}", number % 5).into()),
            tags: ["one", "two"].into_iter().filter_map(Tag::new).collect(),
            ..Options::default()
        }),
        announces: Arc::from([
            Announce::new("http://tracker.example:6969/announce", 0),
            Announce::new("udp://other.example:1337/announce", 1),
        ]),
        status: Status {
            state: TorrentState::StalledUp,
            progress: 1.0,
            downloaded: 1_000 << 20,
            uploaded: i64::from(number) << 20,
            wanted: 1_000 << 20,
            wanted_done: 1_000 << 20,
            done: 1_000 << 20,
            pieces_have: 1000,
            availability: -1.0,
            active_seconds: 1_000_000 + i64::from(number),
            seeding_seconds: 900_000,
            completed_at: Some(1_700_100_000),
            ..Status::default()
        },
    }
}

pub(crate) fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot { revision: 1, ..Snapshot::default() };
    for number in 0..MANY {
        let torrent = torrent(number);
        for announce in torrent.announces.iter() {
            let url = Arc::clone(&announce.url);
            snapshot.trackers.entry(url).or_default().insert(torrent.facts.id);
        }
        snapshot.torrents.insert(torrent.facts.id, Row(Arc::new(torrent)));
    }
    for number in 0..5 {
        let name = format!("category{number}");
        let category = Category { name: name.clone(), ..Category::default() };
        snapshot.categories.insert(name.into(), Arc::new(category));
    }
    snapshot
}

/// Writes new numbers into `changes` torrents, as a tick of the engine does.
pub(crate) fn tick(snapshot: &mut Snapshot, changes: u32) {
    snapshot.revision += 1;
    for number in (0..changes).map(|at| at * (MANY / changes)) {
        if let Some(row) = snapshot.torrents.get_mut(&id(number)) {
            let mut torrent = (*row.0).clone();
            torrent.status.uploaded += 16384;
            torrent.status.upload_rate += 1;
            torrent.status.last_activity = Some(1_800_000_000);
            *row = Row(Arc::new(torrent));
            snapshot.rows_written += 1;
        }
    }
}
