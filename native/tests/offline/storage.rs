use revaer_native::{Alert, MoveMode, TorrentFlags};

use crate::author::{Content, Format, author};
use crate::rig::Client;

const PIECE: usize = 32 * 1024;
const KEY: u64 = 5;

fn seeding() -> (Client, Content) {
    let content = Content::sample("sample");
    let torrent = author(&content, Format::V1, PIECE);
    let mut client = Client::new();
    let here = client.folder("here");
    content.write(&here);
    let mut add = client.torrent(KEY, &torrent.metainfo);
    here.to_str().unwrap().clone_into(&mut add.save_path);
    client.add(&add);
    client.wait_status(KEY, "seeding", |row| row.is_seeding);
    (client, content)
}

#[test]
fn a_duplicate_fails() {
    let (mut client, _) = seeding();
    let torrent = author(&Content::sample("sample"), Format::V1, PIECE);
    let add = client.torrent(6, &torrent.metainfo);

    add.to(&client.session).unwrap();

    let failure = client.wait("the outcome", |alert| match alert {
        Alert::Added { key: 6, failure } => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(failure.unwrap().category, "libtorrent");
    assert!(client.session.contains(KEY) && !client.session.contains(6));
}

#[test]
fn values_out_of_range_never_reach_libtorrent() {
    let (client, _) = seeding();
    let session = &client.session;

    assert!(session.set_max_connections(KEY, 1).is_err());
    assert!(session.set_max_connections(KEY, -2).is_err());
    assert!(session.set_max_uploads(KEY, -2).is_err());
    assert!(session.set_download_limit(KEY, -2).is_err());
    assert!(session.prioritize_files(KEY, &[8]).is_err());
    assert!(session.prioritize_pieces(KEY, &[(0, 9)]).is_err());
    assert!(session.move_storage(KEY, "relative", MoveMode::FailIfExists).is_err());
    for path in ["", "/abs", "../up", "a/../b", "a//b", "a/", ".", "a\0b"] {
        assert!(session.rename_file(KEY, 0, path).is_err(), "{path:?}");
    }
    assert!(session.set_flags(KEY, TorrentFlags(1 << 30), TorrentFlags(1 << 30)).is_err());
    assert!(session.pause_torrent(99).is_err());
    assert!(session.inspector(99).is_err());
    assert!(session.set_max_connections(KEY, 2).is_ok());
    assert!(session.set_max_uploads(KEY, -1).is_ok());

    let torrent = author(&Content::sample("other"), Format::V1, PIECE);
    let good = client.torrent(8, &torrent.metainfo);
    let mut bad = good.clone();
    bad.key = 0;
    assert!(bad.to(session).is_err());
    bad = good.clone();
    bad.save_path = "relative".to_owned();
    assert!(bad.to(session).is_err());
    bad = good.clone();
    bad.file_priorities = vec![4; 9];
    assert!(bad.to(session).is_err());
    bad = good.clone();
    bad.max_connections = 1;
    assert!(bad.to(session).is_err());
    bad = good;
    bad.metainfo.clear();
    assert!(bad.to(session).is_err());
}

#[test]
fn a_file_is_renamed() {
    let (mut client, content) = seeding();

    client.session.rename_file(KEY, 2, "new/name.bin").unwrap();

    let (file, path) = client.wait("renamed", |alert| match alert {
        Alert::FileRenamed { key: KEY, file, path } => Some((*file, path.clone())),
        _ => None,
    });
    assert_eq!((file, path.as_str()), (2, "new/name.bin"));
    let read = fs_err::read(client.path().join("here/new/name.bin")).unwrap();
    assert!(read == content.files[2].1);
}

#[test]
fn a_move_respects_its_mode() {
    let (mut client, content) = seeding();
    let occupied = client.folder("occupied");
    fs_err::create_dir_all(occupied.join("sample")).unwrap();
    let stranger = occupied.join("sample/a.txt");
    fs_err::write(&stranger, b"someone else's").unwrap();
    let occupied = occupied.to_str().unwrap().to_owned();

    client.session.move_storage(KEY, &occupied, MoveMode::FailIfExists).unwrap();
    client.wait("a failed move", |alert| {
        matches!(alert, Alert::MoveFailed { key: KEY, .. }).then_some(())
    });
    assert_eq!(fs_err::read(&stranger).unwrap(), b"someone else's");
    assert!(content.is_complete_at(&client.path().join("here")));

    client.session.move_storage(KEY, &occupied, MoveMode::ReplaceExisting).unwrap();
    let path = client.wait("moved", |alert| match alert {
        Alert::Moved { key: KEY, path } => Some(path.clone()),
        _ => None,
    });
    assert_eq!(path, occupied);
    assert!(content.is_complete_at(path.as_ref()));

    let third = client.folder("third");
    fs_err::create_dir_all(third.join("sample")).unwrap();
    fs_err::write(third.join("sample/a.txt"), b"kept").unwrap();
    client.session.pause_torrent(KEY).unwrap();
    client.session.move_storage(KEY, third.to_str().unwrap(), MoveMode::KeepExisting).unwrap();
    client.wait("moved", |alert| matches!(alert, Alert::Moved { key: KEY, .. }).then_some(()));
    assert_eq!(fs_err::read(third.join("sample/a.txt")).unwrap(), b"kept");
    assert!(fs_err::exists(third.join("sample/large.bin")).unwrap());
}

#[test]
fn priorities_and_flags_are_set() {
    let (mut client, _) = seeding();

    client.session.prioritize_files(KEY, &[0, 1, 7]).unwrap();
    client.wait("priorities", |alert| (*alert == Alert::FilePriorities { key: KEY }).then_some(()));
    let inspector = client.session.inspector(KEY).unwrap();
    assert_eq!(inspector.file_priorities().unwrap(), [0, 1, 7]);
    drop(inspector);

    let mask = TorrentFlags::SEQUENTIAL.with(TorrentFlags::DISABLE_PEX);
    client.session.set_flags(KEY, mask, mask).unwrap();
    client.wait_status(KEY, "flags", |row| row.flags.contains(mask));
    client.session.set_flags(KEY, TorrentFlags(0), mask).unwrap();
    client.wait_status(KEY, "no flags", |row| !row.flags.contains(TorrentFlags::SEQUENTIAL));
    client.session.pause_torrent(KEY).unwrap();
    client.wait_status(KEY, "paused", |row| row.flags.contains(TorrentFlags::PAUSED));
}

#[test]
fn a_recheck_finds_damage() {
    let (mut client, content) = seeding();
    let mut damaged = content.files[2].1.clone();
    damaged[500_000] ^= 1;
    fs_err::write(client.path().join("here/sample/large.bin"), damaged).unwrap();

    client.session.force_recheck(KEY).unwrap();

    let row = client.wait_status(KEY, "one piece less", |row| row.state == 3);
    assert!(row.total_done < row.total_wanted);
    assert!(row.total_wanted - row.total_done <= 32 * 1024);
}

#[test]
fn updates_come_as_alerts() {
    let (mut client, _) = seeding();
    client.session.set_flags(KEY, TorrentFlags::SEQUENTIAL, TorrentFlags::SEQUENTIAL).unwrap();

    client.session.post_updates().unwrap();

    let rows = client.wait("rows", |alert| match alert {
        Alert::Status(rows) => Some(rows.clone()),
        _ => None,
    });
    assert_eq!(rows[0].key, KEY);
    assert!(rows[0].is_seeding);
}

#[test]
fn a_removed_torrent_leaves_or_takes_its_files() {
    for delete in [false, true] {
        let (mut client, content) = seeding();

        client.session.remove(KEY, delete).unwrap();
        assert!(client.session.remove(KEY, delete).is_err());

        client.wait("removed", |alert| (*alert == Alert::Removed { key: KEY }).then_some(()));
        assert!(!client.session.contains(KEY));
        client
            .wait("content", |alert| (*alert == Alert::ContentDeleted { key: KEY }).then_some(()));
        let here = client.path().join("here");
        assert_eq!(content.is_complete_at(&here), !delete);
        assert_eq!(fs_err::exists(here.join("sample")).unwrap(), !delete);
    }
}

#[test]
fn a_removed_magnet_is_answered_too_and_may_come_back() {
    let mut client = Client::new();
    let mut add = client.torrent(KEY, &[]);
    add.magnet = format!("magnet:?xt=urn:btih:{}", "ab".repeat(20));
    client.add(&add);

    client.session.remove(KEY, true).unwrap();

    client.wait("removed", |alert| (*alert == Alert::Removed { key: KEY }).then_some(()));
    client.wait("content", |alert| (*alert == Alert::ContentDeleted { key: KEY }).then_some(()));
    client.add(&add);
    assert!(client.session.contains(KEY));
}
