use revaer_native::{Alert, Rename, TorrentFlags, TrackerEntry};

use crate::author::{Content, Format, author};
use crate::rig::Client;

const PIECE: usize = 32 * 1024;
const KEY: u64 = 3;

/// Resume data of a torrent that was complete at `folder`.
fn complete(content: &Content, metainfo: &[u8], folder: &std::path::Path) -> Vec<u8> {
    content.write(folder);
    let mut client = Client::new();
    let mut add = client.torrent(KEY, metainfo);
    folder.to_str().unwrap().clone_into(&mut add.save_path);
    client.add(&add);
    client.wait_status(KEY, "seeding", |row| row.is_seeding);
    client.session.save_resume_data(KEY, false).unwrap();
    client.wait("resume data", |alert| match alert {
        Alert::ResumeData { data, pieces_known: true, has_pieces: true, .. } => Some(data.clone()),
        _ => None,
    })
}

#[test]
fn resume_data_bring_a_torrent_back_without_a_check() {
    for format in [Format::V1, Format::V2, Format::Hybrid] {
        let content = Content::sample("sample");
        let torrent = author(&content, format, PIECE);
        let mut client = Client::new();
        let data = complete(&content, &torrent.metainfo, client.path());
        let mut add = client.torrent(KEY, &torrent.metainfo);
        add.resume = data;
        add.upload_limit = 5_000;
        add.flags = TorrentFlags::PAUSED.with(TorrentFlags::SEQUENTIAL);
        add.trackers =
            vec![TrackerEntry { url: "http://127.0.0.1:9/announce".to_owned(), tier: 3 }];

        client.add(&add);

        let row = client.wait_status(KEY, "seeding", |row| row.is_seeding);
        assert_eq!(row.total_done, row.total_wanted);
        assert!(row.flags.contains(add.flags), "{row:?}");
        assert!(!row.flags.contains(TorrentFlags::AUTO_MANAGED));
        let inspector = client.session.inspector(KEY).unwrap();
        assert_eq!(inspector.limits().unwrap().1, 5_000);
        let trackers = inspector.trackers().unwrap();
        assert_eq!(
            (trackers[0].url.as_str(), trackers[0].tier),
            ("http://127.0.0.1:9/announce", 3)
        );
        drop(inspector);
        let checking =
            client.seen.iter().any(|alert| matches!(alert, Alert::ResumeRejected { .. }));
        assert!(!checking);
    }
}

#[test]
fn missing_files_pause_the_torrent_and_nothing_is_written() {
    let content = Content::sample("sample");
    let torrent = author(&content, Format::V1, PIECE);
    let mut seeder = Client::new();
    let data = complete(&content, &torrent.metainfo, seeder.path());
    let seed = seeder.torrent(1, &torrent.metainfo);
    seeder.add(&seed);
    seeder.wait_status(1, "seeding", |row| row.is_seeding);
    let mut client = Client::new();
    let mut add = client.torrent(KEY, &torrent.metainfo);
    add.resume = data;
    add.flags = TorrentFlags::AUTO_MANAGED;

    client.add(&add);
    client.session.connect_peer(KEY, seeder.address()).unwrap();

    let code = client.wait("rejected resume data", |alert| match alert {
        Alert::ResumeRejected { key: KEY, failure, .. } => Some(failure.code),
        _ => None,
    });
    assert_ne!(code, 0);
    let row = client.status(KEY);
    assert!(Client::is_held(&row), "{row:?}");
    assert_eq!(row.session_downloaded, 0);
    assert_eq!(fs_err::read_dir(client.path()).unwrap().count(), 0);
    client.session.save_resume_data(KEY, false).unwrap();
    let known = client.wait("resume data", |alert| match alert {
        Alert::ResumeData { pieces_known, .. } => Some(*pieces_known),
        _ => None,
    });
    assert!(!known, "data without pieces must be recognisable");

    client.session.resume_torrent(KEY).unwrap();
    client.session.connect_peer(KEY, seeder.address()).unwrap();
    client.wait_status(KEY, "complete again", |row| row.is_seeding);
}

#[test]
fn a_short_file_pauses_the_torrent() {
    let content = Content::sample("sample");
    let torrent = author(&content, Format::V1, PIECE);
    let mut client = Client::new();
    let data = complete(&content, &torrent.metainfo, client.path());
    let large = client.path().join("sample/large.bin");
    fs_err::write(&large, &content.files[2].1[..500]).unwrap();
    let mut add = client.torrent(KEY, &torrent.metainfo);
    add.resume = data;

    client.add(&add);

    client.wait("rejected resume data", |alert| {
        matches!(alert, Alert::ResumeRejected { key: KEY, .. }).then_some(())
    });
    assert!(Client::is_held(&client.status(KEY)));
    assert_eq!(fs_err::metadata(&large).unwrap().len(), 500);
}

#[test]
fn a_fresh_torrent_in_seed_mode_is_held_when_files_are_missing() {
    let torrent = author(&Content::sample("sample"), Format::V1, PIECE);
    let mut client = Client::new();
    let mut add = client.torrent(KEY, &torrent.metainfo);
    add.flags = TorrentFlags::SEED_MODE;

    client.add(&add);

    client.wait("the rejected seed mode", |alert| {
        matches!(alert, Alert::ResumeRejected { key: KEY, .. }).then_some(())
    });
    assert!(Client::is_held(&client.status(KEY)));
}

#[test]
fn resume_data_that_do_not_fit_are_errors() {
    let content = Content::sample("sample");
    let torrent = author(&content, Format::V1, PIECE);
    let other = author(&Content::sample("other"), Format::V1, PIECE);
    let client = Client::new();
    let data = complete(&content, &torrent.metainfo, client.path());

    let mut add = client.torrent(KEY, &torrent.metainfo);
    add.resume = b"no resume data".to_vec();
    assert!(add.to(&client.session).is_err());

    add.metainfo = other.metainfo;
    add.resume = data;
    assert!(add.to(&client.session).is_err());
}

#[test]
fn renames_and_priorities_survive() {
    let content = Content::sample("sample");
    let torrent = author(&content, Format::V1, PIECE);
    let mut client = Client::new();
    let mut add = client.torrent(KEY, &torrent.metainfo);
    add.flags = TorrentFlags::PAUSED;
    add.file_priorities = vec![0, 7, 4];
    add.renames = vec![Rename { file: 1, path: "other/name.bin".to_owned() }];
    client.add(&add);
    client.wait_status(KEY, "downloading", |row| row.state == 3);
    let data = client.resume_data(KEY);

    let mut second = Client::new();
    let mut again = second.torrent(KEY, &torrent.metainfo);
    again.resume = data;
    again.file_priorities = vec![0, 7, 4];
    again.renames.clone_from(&add.renames);
    again.flags = TorrentFlags::PAUSED;
    second.add(&again);
    second.wait_status(KEY, "downloading", |row| row.state == 3);

    let inspector = second.session.inspector(KEY).unwrap();
    assert_eq!(inspector.file_priorities().unwrap(), [0, 7, 4]);
}
