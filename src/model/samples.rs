//! Rows for tests.

use std::sync::Arc;

use super::{
    Announce, Facts, InfoHashes, Metadata, Options, Root, Status, Tag, Torrent, TorrentId,
    TorrentKey, TorrentState,
};

/// A seeding torrent of one file with one tracker.
pub fn torrent(number: u8) -> Torrent {
    let id = TorrentId([number; 20]);
    Torrent {
        key: TorrentKey(number.into()),
        facts: Arc::new(Facts {
            id,
            hashes: InfoHashes { v1: Some(id.0), v2: None },
            name: format!("t{number}.bin"),
            added_at: 1_700_000_000,
            comment: "c".to_owned(),
            web_seeds: Vec::new(),
            metadata: Some(Metadata {
                is_private: false,
                created_by: "mk".to_owned(),
                created_at: Some(1_600_000_000),
                piece_size: 16384,
                pieces: 4,
                total_size: 50_000,
                files: 1,
                root: Root::File(format!("t{number}.bin")),
            }),
        }),
        options: Arc::new(Options {
            save_path: "/srv/dl".into(),
            tags: ["b", "a"].into_iter().filter_map(Tag::new).collect(),
            ..Options::default()
        }),
        announces: Arc::from([Announce::new("http://t.example/a?b=c", 0)]),
        status: Status {
            state: TorrentState::StalledUp,
            progress: 1.0,
            wanted: 50_000,
            wanted_done: 50_000,
            done: 50_000,
            pieces_have: 4,
            connections_limit: 100,
            availability: -1.0,
            completed_at: Some(1_700_000_100),
            ..Status::default()
        },
    }
}
