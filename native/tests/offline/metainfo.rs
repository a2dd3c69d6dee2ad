use revaer_native::{
    ExportExtras, MetainfoLimits, TrackerEntry, export, parse_magnet, parse_metainfo, piece_hashes,
};

use crate::author::{Content, Format, Value, author};

const PIECE: usize = 32 * 1024;

fn parse(bytes: &[u8]) -> revaer_native::Result<revaer_native::Metainfo> {
    parse_metainfo(bytes, MetainfoLimits::default())
}

fn one_file(path: Vec<Value>) -> Vec<u8> {
    Value::dict([(
        "info",
        Value::dict([
            ("name", Value::text("root")),
            ("piece length", Value::Int(16 * 1024)),
            ("pieces", Value::Bytes(vec![7; 20])),
            (
                "files",
                Value::List(vec![Value::dict([
                    ("length", Value::Int(10)),
                    ("path", Value::List(path)),
                ])]),
            ),
        ]),
    )])
    .encode()
}

#[test]
fn each_format_has_its_hashes_and_files() {
    let content = Content::sample("sample");
    for format in [Format::V1, Format::V2, Format::Hybrid] {
        let torrent = author(&content, format, PIECE);

        let parsed = parse(&torrent.metainfo).unwrap();

        assert_eq!(parsed.v1, (format != Format::V2).then(|| torrent.v1()));
        assert_eq!(parsed.v2, (format != Format::V1).then(|| torrent.v2()));
        assert_eq!(parsed.name, "sample");
        assert_eq!(parsed.total_size, 900 + 40_000 + 1_000_000);
        assert_eq!(parsed.piece_size, 32 * 1024);
        let files: Vec<_> = parsed
            .files
            .iter()
            .filter(|file| !file.is_padding)
            .map(|file| (file.path.as_str(), file.size))
            .collect();
        assert_eq!(
            files,
            [
                ("sample/a.txt", 900),
                ("sample/folder/b.bin", 40_000),
                ("sample/large.bin", 1_000_000)
            ]
        );
        let hashes = piece_hashes(&torrent.metainfo).unwrap();
        let expected = if format == Format::V2 { 0 } else { parsed.pieces as usize };
        assert_eq!(hashes.len(), expected);
    }
}

#[test]
fn a_v2_file_without_piece_layers_is_accepted() {
    let torrent = author(&Content::sample("sample"), Format::V2, PIECE);
    let mut bare = b"d4:info".to_vec();
    bare.extend_from_slice(&torrent.info);
    bare.push(b'e');

    assert_eq!(parse(&bare).unwrap().v2, Some(torrent.v2()));
}

#[test]
fn names_from_inside_never_leave_the_save_path() {
    let hostile = [
        vec![Value::text("/etc/passwd")],
        vec![Value::text(".."), Value::text(".."), Value::text("etc")],
        vec![Value::text("../../up")],
        vec![Value::Bytes(b"a\0b".to_vec())],
        vec![Value::Bytes(vec![0xff, 0xfe, b'x'])],
        vec![Value::text("")],
        vec![],
    ];
    for path in hostile {
        let Ok(parsed) = parse(&one_file(path)) else { continue };
        for file in parsed.files {
            assert!(!file.path.starts_with('/'), "{}", file.path);
            assert!(!file.path.contains('\0'), "{}", file.path);
            assert!(file.path.split('/').all(|part| part != ".." && !part.is_empty()));
        }
    }
}

#[test]
fn broken_files_are_errors() {
    let nested = [b"d4:info".to_vec(), b"l".repeat(5_000), b"e".repeat(5_001)].concat();
    let good = author(&Content::sample("sample"), Format::V1, PIECE).metainfo;
    let broken: [&[u8]; 7] =
        [b"", b"d", b"de", b"i1e", b"not bencode", &nested, &good[..good.len() / 2]];
    for bytes in broken {
        let error = parse(bytes).unwrap_err();
        assert_eq!(error.operation, "parse torrent file");
        assert!(!error.message.is_empty());
    }

    let small = MetainfoLimits { max_size: 100, ..MetainfoLimits::default() };
    assert!(parse_metainfo(&good, small).is_err());
    let few = MetainfoLimits { max_pieces: 3, ..MetainfoLimits::default() };
    assert!(parse_metainfo(&good, few).is_err());
    let shallow = MetainfoLimits { max_tokens: 5, ..MetainfoLimits::default() };
    assert!(parse_metainfo(&good, shallow).is_err());
}

#[test]
fn a_magnet_names_hashes_trackers_and_peers() {
    let v1 = "0123456789abcdef0123456789abcdef01234567";
    let magnet = parse_magnet(&format!(
        "magnet:?xt=urn:btih:{v1}&dn=some%20name&tr=http%3A%2F%2Ft.example%2Fannounce\
         &ws=http%3A%2F%2Fw.example%2F&x.pe=127.0.0.1:6881"
    ))
    .unwrap();

    assert_eq!(magnet.v1.unwrap()[..4], [0x01, 0x23, 0x45, 0x67]);
    assert_eq!(magnet.v2, None);
    assert_eq!(magnet.name, "some name");
    assert_eq!(magnet.trackers[0].url, "http://t.example/announce");
    assert_eq!(magnet.web_seeds, ["http://w.example/"]);
    assert_eq!(magnet.peers, ["127.0.0.1:6881"]);

    let v2 = "ab".repeat(32);
    let magnet = parse_magnet(&format!("magnet:?xt=urn:btmh:1220{v2}")).unwrap();
    assert_eq!((magnet.v1, magnet.v2), (None, Some([0xab; 32])));

    for broken in ["", "magnet:", "magnet:?dn=x", "http://x/", "magnet:?xt=urn:btih:xyz"] {
        assert!(parse_magnet(broken).is_err(), "{broken}");
    }
}

#[test]
fn an_exported_file_has_new_lists_and_the_same_identity() {
    let torrent = author(&Content::sample("sample"), Format::Hybrid, PIECE);
    let entry = |url: &str, tier| TrackerEntry { url: url.to_owned(), tier };
    let extras = ExportExtras {
        trackers: vec![entry("http://b/announce", 1), entry("http://a/announce", 0)],
        web_seeds: vec!["http://seed/".to_owned()],
        comment: "a comment".to_owned(),
    };

    let exported = parse(&export(&torrent.metainfo, &extras).unwrap()).unwrap();

    assert_eq!((exported.v1, exported.v2), (Some(torrent.v1()), Some(torrent.v2())));
    assert_eq!(exported.trackers, [entry("http://a/announce", 0), entry("http://b/announce", 1)]);
    assert_eq!(exported.web_seeds, ["http://seed/"]);
    assert_eq!(exported.comment, "a comment");

    let again = export(&torrent.metainfo, &ExportExtras::default()).unwrap();
    assert_eq!(again, torrent.metainfo);
    assert!(export(b"le", &extras).is_err());
}
