//! Writes torrent files of each format, so that tests need no fixture.

use std::collections::BTreeMap;

use sha1::Sha1;
use sha2::{Digest, Sha256};

const BLOCK: usize = 16 * 1024;

/// A bencoded value.
#[derive(Clone)]
pub(crate) enum Value {
    Int(i64),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Dict(BTreeMap<Vec<u8>, Value>),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }

    pub(crate) fn dict<const N: usize>(entries: [(&str, Value); N]) -> Self {
        Self::Dict(entries.into_iter().map(|(k, v)| (k.as_bytes().to_vec(), v)).collect())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(number) => out.extend_from_slice(format!("i{number}e").as_bytes()),
            Self::Bytes(bytes) => write_bytes(bytes, out),
            Self::List(items) => {
                out.push(b'l');
                for item in items {
                    item.write(out);
                }
                out.push(b'e');
            }
            Self::Dict(entries) => {
                out.push(b'd');
                for (key, value) in entries {
                    write_bytes(key, out);
                    value.write(out);
                }
                out.push(b'e');
            }
        }
    }
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{}:", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    V1,
    V2,
    Hybrid,
}

/// Files by path, in the order of a v2 file tree.
pub(crate) struct Content {
    pub(crate) name: &'static str,
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
}

impl Content {
    /// Three files that differ from piece to piece: one smaller than a block, one in a folder, one of many pieces.
    pub(crate) fn sample(name: &'static str) -> Self {
        Self {
            name,
            files: vec![
                ("a.txt", bytes(1, 900)),
                ("folder/b.bin", bytes(2, 40_000)),
                ("large.bin", bytes(3, 1_000_000)),
            ],
        }
    }

    pub(crate) fn write(&self, folder: &std::path::Path) {
        for (path, data) in &self.files {
            let file = folder.join(self.name).join(path);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(file, data).unwrap();
        }
    }

    pub(crate) fn is_complete_at(&self, folder: &std::path::Path) -> bool {
        self.files.iter().all(|(path, data)| {
            fs_err::read(folder.join(self.name).join(path)).is_ok_and(|found| found == *data)
        })
    }
}

/// Reproducible noise.
pub(crate) fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

pub(crate) struct Torrent {
    pub(crate) metainfo: Vec<u8>,
    pub(crate) info: Vec<u8>,
}

impl Torrent {
    pub(crate) fn v1(&self) -> [u8; 20] {
        Sha1::digest(&self.info).into()
    }

    pub(crate) fn v2(&self) -> [u8; 32] {
        Sha256::digest(&self.info).into()
    }
}

pub(crate) fn author(content: &Content, format: Format, piece: usize) -> Torrent {
    let mut info = BTreeMap::from([
        (b"name".to_vec(), Value::text(content.name)),
        (b"piece length".to_vec(), Value::Int(int(piece))),
    ]);
    let mut root = BTreeMap::new();
    if format != Format::V2 {
        v1_part(content, format == Format::Hybrid, piece, &mut info);
    }
    if format != Format::V1 {
        let mut layers = BTreeMap::new();
        let mut tree = BTreeMap::new();
        for (path, data) in &content.files {
            let merkle = Merkle::of(data, piece);
            let leaf = Value::dict([(
                "",
                Value::dict([
                    ("length", Value::Int(int(data.len()))),
                    ("pieces root", Value::Bytes(merkle.root.to_vec())),
                ]),
            )]);
            insert(&mut tree, path, leaf);
            if data.len() > piece {
                layers.insert(merkle.root.to_vec(), Value::Bytes(merkle.layer.concat()));
            }
        }
        info.insert(b"meta version".to_vec(), Value::Int(2));
        info.insert(b"file tree".to_vec(), Value::Dict(tree));
        root.insert(b"piece layers".to_vec(), Value::Dict(layers));
    }
    let info = Value::Dict(info);
    let encoded = info.encode();
    root.insert(b"info".to_vec(), info);
    Torrent { metainfo: Value::Dict(root).encode(), info: encoded }
}

fn v1_part(content: &Content, aligned: bool, piece: usize, info: &mut BTreeMap<Vec<u8>, Value>) {
    let mut all = Vec::new();
    let mut files = Vec::new();
    for (index, (path, data)) in content.files.iter().enumerate() {
        let parts = path.split('/').map(Value::text).collect();
        files.push(Value::dict([
            ("length", Value::Int(int(data.len()))),
            ("path", Value::List(parts)),
        ]));
        all.extend_from_slice(data);
        let padding = (piece - all.len() % piece) % piece;
        if aligned && padding > 0 && index + 1 < content.files.len() {
            let name = padding.to_string();
            files.push(Value::dict([
                ("attr", Value::text("p")),
                ("length", Value::Int(int(padding))),
                ("path", Value::List(vec![Value::text(".pad"), Value::text(&name)])),
            ]));
            all.resize(all.len() + padding, 0);
        }
    }
    let pieces = all.chunks(piece).flat_map(|piece| Sha1::digest(piece).to_vec()).collect();
    info.insert(b"files".to_vec(), Value::List(files));
    info.insert(b"pieces".to_vec(), Value::Bytes(pieces));
}

fn insert(tree: &mut BTreeMap<Vec<u8>, Value>, path: &str, leaf: Value) {
    match path.split_once('/') {
        None => {
            tree.insert(path.as_bytes().to_vec(), leaf);
        }
        Some((folder, rest)) => {
            let folder = tree
                .entry(folder.as_bytes().to_vec())
                .or_insert_with(|| Value::Dict(BTreeMap::new()));
            if let Value::Dict(inner) = folder {
                insert(inner, rest, leaf);
            }
        }
    }
}

struct Merkle {
    root: [u8; 32],
    layer: Vec<[u8; 32]>,
}

impl Merkle {
    fn of(data: &[u8], piece: usize) -> Self {
        let leaves: Vec<[u8; 32]> =
            data.chunks(BLOCK).map(|block| Sha256::digest(block).into()).collect();
        if data.len() <= piece {
            return Self { root: fold(leaves, [0; 32]), layer: Vec::new() };
        }
        let per_piece = piece / BLOCK;
        let layer: Vec<_> = leaves
            .chunks(per_piece)
            .map(|part| {
                let mut part = part.to_vec();
                part.resize(per_piece, [0; 32]);
                fold(part, [0; 32])
            })
            .collect();
        let empty = fold(vec![[0; 32]; per_piece], [0; 32]);
        Self { root: fold(layer.clone(), empty), layer }
    }
}

fn fold(mut hashes: Vec<[u8; 32]>, filler: [u8; 32]) -> [u8; 32] {
    hashes.resize(hashes.len().next_power_of_two(), filler);
    while hashes.len() > 1 {
        hashes = hashes.chunks(2).map(|pair| Sha256::digest(pair.concat()).into()).collect();
    }
    hashes[0]
}

fn int(number: usize) -> i64 {
    i64::try_from(number).unwrap()
}
