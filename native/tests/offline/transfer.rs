use std::time::{Duration, Instant};

use revaer_native::{
    Alert, DiskBackend, IpRange, MetainfoLimits, Rename, Setting, TorrentFlags, Value,
};

use crate::author::{Content, Format, Torrent, author, bytes};
use crate::rig::Client;

const PIECE: usize = 32 * 1024;
const KEY: u64 = 7;

fn seeder(content: &Content, torrent: &Torrent, disk: DiskBackend) -> Client {
    let mut seeder = Client::with(&[], disk);
    content.write(seeder.path());
    let add = seeder.torrent(1, &torrent.metainfo);
    seeder.add(&add);
    seeder.wait_status(1, "seeding", |row| row.is_seeding);
    seeder
}

#[test]
fn each_format_is_transferred_by_each_backend() {
    let content = Content::sample("sample");
    let cases = [
        (Format::V1, DiskBackend::Pread),
        (Format::V2, DiskBackend::Mmap),
        (Format::Hybrid, DiskBackend::Posix),
    ];
    for (format, disk) in cases {
        let torrent = author(&content, format, PIECE);
        let mut seeder = seeder(&content, &torrent, disk);
        let mut leecher = Client::with(&[], disk);
        let add = leecher.torrent(KEY, &torrent.metainfo);
        leecher.add(&add);
        leecher.wait_status(KEY, "downloading", |row| row.state == 3);

        leecher.session.connect_peer(KEY, seeder.address()).unwrap();

        leecher.wait_status(KEY, "complete", |row| row.is_seeding);
        written(&mut leecher);
        assert!(content.is_complete_at(leecher.path()), "{format:?}");
        for _ in 0..3 {
            leecher.wait("a completed file", |alert| match alert {
                Alert::FileCompleted { key: KEY, .. } => Some(()),
                _ => None,
            });
        }
        leecher.wait("finished", |alert| (*alert == Alert::Finished { key: KEY }).then_some(()));
    }
}

/// Waits for the disk: the hashes of pieces are good before they are written.
fn written(client: &mut Client) {
    client.wait("the data on the disk", |alert| {
        (*alert == Alert::Flushed { key: KEY }).then_some(())
    });
}

#[test]
fn a_transfer_shows_in_rows_and_inspectors() {
    let content = Content { name: "one", files: vec![("large.bin", bytes(5, 3_000_000))] };
    let torrent = author(&content, Format::V1, PIECE);
    let mut seeder = seeder(&content, &torrent, DiskBackend::Pread);
    let mut leecher = Client::new();
    let mut add = leecher.torrent(KEY, &torrent.metainfo);
    add.download_limit = 400_000;
    leecher.add(&add);
    leecher.session.connect_peer(KEY, seeder.address()).unwrap();

    let row =
        leecher.wait_status(KEY, "some pieces", |row| row.pieces > 2 && row.download_rate > 0);

    assert!(row.has_metadata && !row.is_finished);
    assert_eq!(row.total_wanted, 3_000_000);
    assert_eq!((row.peers, row.seeds), (1, 1));
    assert!(row.progress_ppm > 0 && row.added_at > 0);
    assert!(row.distributed_copies_milli >= 1000);
    assert_eq!(row.error, "");
    let inspector = leecher.session.inspector(KEY).unwrap();
    let peers = inspector.peers().unwrap();
    assert_eq!(peers[0].address, seeder.address());
    assert!(peers[0].is_seed && peers[0].outgoing);
    assert!(peers[0].downloaded > 0);
    let states = inspector.piece_states().unwrap();
    assert_eq!(states.len(), 3_000_000_usize.div_ceil(PIECE));
    assert!(states.contains(&2) && states.contains(&0));
    assert!(inspector.piece_availability().unwrap().iter().all(|&count| count == 1));
    assert!(inspector.file_progress().unwrap()[0] > 0);
    assert_eq!(inspector.file_priorities().unwrap(), [4]);
    assert_eq!(inspector.limits().unwrap().0, 400_000);
    assert!(inspector.trackers().unwrap().is_empty());
    drop(inspector);

    leecher.session.set_download_limit(KEY, -1).unwrap();
    leecher.wait_status(KEY, "complete", |row| row.is_seeding);
    assert!(content.is_complete_at(leecher.path()));
}

#[test]
fn pieces_with_deadlines_come_before_all_others() {
    let content = Content { name: "one", files: vec![("large.bin", bytes(5, 3_000_000))] };
    let torrent = author(&content, Format::V1, PIECE);
    let mut seeder = seeder(&content, &torrent, DiskBackend::Pread);
    let mut leecher = Client::new();
    let mut add = leecher.torrent(KEY, &torrent.metainfo);
    add.download_limit = 400_000;
    leecher.add(&add);
    let count = u32::try_from(3_000_000_usize.div_ceil(PIECE)).unwrap();
    let due: Vec<(u32, i32)> = (count - 8..count).map(|piece| (piece, 0)).collect();
    leecher.session.set_piece_deadlines(KEY, &due).unwrap();
    leecher.session.connect_peer(KEY, seeder.address()).unwrap();

    let mut states = Vec::new();
    for pieces in 8.. {
        leecher.wait_status(KEY, "more pieces", |row| row.pieces >= pieces);
        states = leecher.session.inspector(KEY).unwrap().piece_states().unwrap();
        if states[states.len() - 8..].iter().all(|state| *state == 2) {
            break;
        }
    }

    let have: usize = states.iter().map(|state| usize::from(*state == 2)).sum();
    assert!(have < states.len() / 2, "{have} of {} came before the last eight", states.len());
    leecher.session.clear_piece_deadlines(KEY).unwrap();
    assert!(leecher.session.set_piece_deadlines(9, &due).is_err());
}

#[test]
fn a_magnet_is_held_until_it_is_resumed() {
    for format in [Format::V1, Format::V2] {
        let content = Content::sample("sample");
        let torrent = author(&content, format, PIECE);
        let mut seeder = seeder(&content, &torrent, DiskBackend::Pread);
        let mut leecher = Client::new();
        let mut add = leecher.torrent(KEY, &[]);
        add.magnet = match format {
            Format::V1 => format!("magnet:?xt=urn:btih:{}", hex(&torrent.v1())),
            _ => format!("magnet:?xt=urn:btmh:1220{}", hex(&torrent.v2())),
        };
        leecher.add(&add);
        assert!(!leecher.status(KEY).has_metadata);
        assert!(leecher.session.inspector(KEY).unwrap().metainfo().is_err());
        leecher.session.connect_peer(KEY, seeder.address()).unwrap();

        let metainfo = leecher.wait("metadata", |alert| match alert {
            Alert::Metadata { key: KEY, metainfo } => Some(metainfo.clone()),
            _ => None,
        });

        let parsed = revaer_native::parse_metainfo(&metainfo, MetainfoLimits::default()).unwrap();
        assert_eq!(parsed.name, "sample");
        leecher.wait_status(KEY, "the check of no files", |row| row.state == 3);
        let row = leecher.status(KEY);
        assert!(Client::is_held(&row), "{row:?}");
        assert_eq!(row.total_done, 0);
        assert_eq!(fs_err::read_dir(leecher.path()).unwrap().count(), 0);

        let large = parsed.files.iter().position(|file| file.size == 1_000_000).unwrap();
        let large = u32::try_from(large).unwrap();
        leecher.session.rename_file(KEY, large, "elsewhere/renamed.bin").unwrap();
        let priorities: Vec<u8> =
            parsed.files.iter().map(|file| if file.size == 900 { 0 } else { 4 }).collect();
        leecher.session.prioritize_files(KEY, &priorities).unwrap();
        leecher.seen.clear();
        leecher.session.resume_torrent(KEY).unwrap();

        // Well below the 60 s for which libtorrent shuns a peer that it has just left.
        let start = Instant::now();
        leecher.wait_status(KEY, "the wanted files", |row| row.is_finished && row.total_wanted > 0);
        assert!(start.elapsed() < Duration::from_secs(40));
        written(&mut leecher);
        let read = |path: &str| fs_err::read(leecher.path().join(path)).ok();
        assert_eq!(read("elsewhere/renamed.bin").as_ref(), Some(&content.files[2].1));
        assert_eq!(read("sample/folder/b.bin").as_ref(), Some(&content.files[1].1));
        assert_eq!(read("sample/a.txt"), None);
        let whole = leecher.session.inspector(KEY).unwrap().metainfo().unwrap();
        let whole = revaer_native::parse_metainfo(&whole, MetainfoLimits::default()).unwrap();
        assert_eq!((whole.v1, whole.v2), (parsed.v1, parsed.v2));
    }
}

#[test]
fn metadata_can_be_given() {
    let content = Content::sample("sample");
    let torrent = author(&content, Format::V1, PIECE);
    let mut client = Client::new();
    let mut add = client.torrent(KEY, &[]);
    add.magnet = format!("magnet:?xt=urn:btih:{}", hex(&torrent.v1()));
    client.add(&add);

    let other = author(&Content::sample("other"), Format::V1, PIECE);
    assert!(client.session.set_metadata(KEY, &other.metainfo).is_err());
    client.session.set_metadata(KEY, &torrent.metainfo).unwrap();

    client
        .wait("metadata", |alert| matches!(alert, Alert::Metadata { key: KEY, .. }).then_some(()));
    let row = client.wait_status(KEY, "metadata", |row| row.has_metadata);
    assert!(Client::is_held(&row));
}

#[test]
fn rate_limits_bind_loopback_when_told_to() {
    let content = Content { name: "one", files: vec![("large.bin", bytes(6, 2_000_000))] };
    let torrent = author(&content, Format::V1, PIECE);
    let limit = [Setting::new("download_rate_limit", Value::Int(200_000))];
    let mut seeder = seeder(&content, &torrent, DiskBackend::Pread);
    let mut leecher = Client::with(&limit, DiskBackend::Pread);
    leecher.session.set_limited_peers(true, true, &[]).unwrap();
    let add = leecher.torrent(KEY, &torrent.metainfo);
    leecher.add(&add);
    leecher.session.connect_peer(KEY, seeder.address()).unwrap();

    leecher.wait_status(KEY, "the first bytes", |row| row.session_downloaded > 0);
    let start = Instant::now();
    let half = leecher.wait_status(KEY, "half", |row| row.session_downloaded > 1_000_000);
    assert!(start.elapsed() > Duration::from_secs(3), "{half:?}");

    leecher.session.apply(&[Setting::new("download_rate_limit", Value::Int(0))]).unwrap();
    leecher.wait_status(KEY, "complete", |row| row.is_seeding);
}

#[test]
fn rate_limits_spare_loopback_when_told_to() {
    let content = Content { name: "one", files: vec![("large.bin", bytes(6, 2_000_000))] };
    let torrent = author(&content, Format::V1, PIECE);
    // At this rate the transfer would take half an hour.
    let limit = [Setting::new("download_rate_limit", Value::Int(1_000))];
    let mut seeder = seeder(&content, &torrent, DiskBackend::Pread);
    let mut leecher = Client::with(&limit, DiskBackend::Pread);
    leecher.session.set_limited_peers(false, true, &[]).unwrap();
    let add = leecher.torrent(KEY, &torrent.metainfo);
    leecher.add(&add);

    leecher.session.connect_peer(KEY, seeder.address()).unwrap();

    leecher.wait_status(KEY, "complete", |row| row.is_seeding);
}

#[test]
fn blocked_addresses_are_reported() {
    let torrent = author(&Content::sample("sample"), Format::V1, PIECE);
    let mut client = Client::new();
    let mut add = client.torrent(KEY, &torrent.metainfo);
    add.flags = TorrentFlags::APPLY_IP_FILTER;
    client.add(&add);
    let range = |first: &str, last: &str| IpRange {
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    };
    assert!(client.session.set_ip_filter(&[range("127.0.0.1", "::1")]).is_err());
    assert!(client.session.set_ip_filter(&[range("127.0.0.2", "127.0.0.1")]).is_err());
    client
        .session
        .set_ip_filter(&[range("127.0.0.0", "127.255.255.255"), range("::1", "::1")])
        .unwrap();

    client.session.connect_peer(KEY, "127.0.0.1:9".parse().unwrap()).unwrap();

    let (address, reason) = client.wait("a blocked peer", |alert| match alert {
        Alert::PeerBlocked { address, reason } => Some((*address, reason.clone())),
        _ => None,
    });
    assert_eq!((address.to_string().as_str(), reason.as_str()), ("127.0.0.1", "ip_filter"));
}

#[test]
fn names_given_with_the_torrent_are_used_from_the_start() {
    let content = Content::sample("sample");
    let torrent = author(&content, Format::Hybrid, PIECE);
    let parsed =
        revaer_native::parse_metainfo(&torrent.metainfo, MetainfoLimits::default()).unwrap();
    let large = parsed.files.iter().position(|file| file.size == 1_000_000).unwrap();
    let mut seeder = seeder(&content, &torrent, DiskBackend::Pread);
    let mut leecher = Client::new();
    let mut add = leecher.torrent(KEY, &torrent.metainfo);
    add.renames =
        vec![Rename { file: u32::try_from(large).unwrap(), path: "sample/large.bin.part".into() }];
    leecher.add(&add);

    leecher.session.connect_peer(KEY, seeder.address()).unwrap();

    leecher.wait_status(KEY, "complete", |row| row.is_seeding);
    let read = fs_err::read(leecher.path().join("sample/large.bin.part")).unwrap();
    assert!(read == content.files[2].1);
    assert!(!fs_err::exists(leecher.path().join("sample/large.bin")).unwrap());
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
