use revaer_native::{Creation, Format, HashMonitor, MetainfoLimits, create, parse_metainfo};

const PIECE: i32 = 16 * 1024;

fn creation(parent: &std::path::Path, format: Format) -> Creation {
    Creation {
        format,
        parent: parent.to_str().unwrap().to_owned(),
        files: vec![("top/a".to_owned(), 40_000), ("top/b".to_owned(), 10)],
        piece_size: PIECE,
        max_pieces: 100,
        is_private: true,
        comment: "comment".to_owned(),
        created_by: "test".to_owned(),
        created_at: 1_700_000_000,
        source: "tag".to_owned(),
        trackers: Vec::new(),
        web_seeds: Vec::new(),
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("top");
    fs_err::create_dir(&top).unwrap();
    fs_err::write(top.join("a"), vec![1; 40_000]).unwrap();
    fs_err::write(top.join("b"), vec![2; 10]).unwrap();
    folder
}

#[test]
fn files_become_a_torrent_of_each_format() {
    let folder = folder();
    for format in [Format::V1, Format::V2, Format::Hybrid] {
        let monitor = HashMonitor::default();

        let bytes = create(&creation(folder.path(), format), &monitor).unwrap();

        let parsed = parse_metainfo(&bytes, MetainfoLimits::default()).unwrap();
        assert_eq!(parsed.v1.is_some(), format != Format::V2);
        assert_eq!(parsed.v2.is_some(), format != Format::V1);
        assert_eq!((parsed.name.as_str(), parsed.total_size), ("top", 40_010));
        assert!(parsed.is_private);
        assert_eq!(parsed.comment, "comment");
        assert_eq!(parsed.created_at, Some(1_700_000_000));
        assert_eq!(monitor.percent(), 100);
    }
}

#[test]
fn a_cancelled_creation_ends_with_an_error() {
    let folder = folder();
    let monitor = HashMonitor::default();
    monitor.cancel();

    for format in [Format::V1, Format::V2, Format::Hybrid] {
        assert!(create(&creation(folder.path(), format), &monitor).is_err());
    }
    assert!(monitor.percent() < 100);
}

#[test]
fn what_cannot_be_hashed_is_an_error() {
    let folder = folder();
    let monitor = HashMonitor::default();
    let missing = Creation {
        files: vec![("top/none".to_owned(), 10)],
        ..creation(folder.path(), Format::V1)
    };
    assert!(create(&missing, &monitor).is_err());
    let none = Creation { files: Vec::new(), ..creation(folder.path(), Format::V1) };
    assert!(create(&none, &monitor).is_err());
    let many = Creation { max_pieces: 2, ..creation(folder.path(), Format::V1) };
    assert!(create(&many, &monitor).unwrap_err().message.contains("too many pieces"));
}
