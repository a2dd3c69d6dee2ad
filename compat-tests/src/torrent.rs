//! Authoring of torrents: v1 (BEP 3), v2 and hybrid (BEP 52), with payloads that are made up but repeatable.

pub mod hostile;
mod merkle;
mod payload;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::bencode::Value;
pub use payload::{Payload, PayloadFile, verify};

/// Which info hashes a torrent has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V1,
    V2,
    Hybrid,
}

/// What to write into a torrent beside its payload.
#[derive(Clone, Debug)]
pub struct Authoring<'a> {
    payload: &'a Payload,
    version: Version,
    piece_length: usize,
    is_private: bool,
    trackers: Vec<Vec<String>>,
    web_seeds: Vec<String>,
    comment: Option<String>,
    root_certificate: Option<String>,
    created_at: Option<i64>,
}

/// A finished torrent file.
#[derive(Clone, Debug)]
pub struct Torrent {
    pub name: String,
    pub bytes: Vec<u8>,
    pub v1: Option<[u8; 20]>,
    pub v2: Option<[u8; 32]>,
}

impl<'a> Authoring<'a> {
    /// Starts with a v1 torrent of 16 KiB pieces without trackers.
    #[must_use]
    pub const fn of(payload: &'a Payload) -> Self {
        Self {
            payload,
            version: Version::V1,
            piece_length: merkle::BLOCK,
            is_private: false,
            trackers: Vec::new(),
            web_seeds: Vec::new(),
            comment: None,
            root_certificate: None,
            created_at: Some(1_700_000_000),
        }
    }

    #[must_use]
    pub const fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Sets the piece length, a power of two of at least 16 KiB.
    #[must_use]
    pub const fn piece_length(mut self, bytes: usize) -> Self {
        self.piece_length = bytes;
        self
    }

    #[must_use]
    pub const fn private(mut self) -> Self {
        self.is_private = true;
        self
    }

    /// Adds a tracker in a tier of its own.
    #[must_use]
    pub fn tracker(mut self, url: &str) -> Self {
        self.trackers.push(vec![url.to_owned()]);
        self
    }

    #[must_use]
    pub fn web_seed(mut self, url: &str) -> Self {
        self.web_seeds.push(url.to_owned());
        self
    }

    #[must_use]
    pub fn comment(mut self, text: &str) -> Self {
        self.comment = Some(text.to_owned());
        self
    }

    /// Makes an SSL torrent: only peers with a certificate that this one has signed may take part.
    #[must_use]
    pub fn root_certificate(mut self, pem: &str) -> Self {
        self.root_certificate = Some(pem.to_owned());
        self
    }

    /// Says when the file was made, in Unix seconds, or that nobody knows.
    #[must_use]
    pub const fn created_at(mut self, seconds: Option<i64>) -> Self {
        self.created_at = seconds;
        self
    }

    /// Hashes the payload and writes the torrent.
    #[must_use]
    pub fn build(self) -> Torrent {
        let (info, layers) = self.info();
        let mut top = Value::dict([("created by", Value::from("compat-tests"))]);
        if let Some(seconds) = self.created_at {
            top.insert("creation date", seconds);
        }
        if let Some(comment) = &self.comment {
            top.insert("comment", comment.as_str());
        }
        if let Some(first) = self.trackers.first().and_then(|tier| tier.first()) {
            top.insert("announce", first.as_str());
            let tiers = self.trackers.iter().map(|tier| {
                Value::List(tier.iter().map(|url| Value::from(url.as_str())).collect())
            });
            top.insert("announce-list", Value::List(tiers.collect()));
        }
        if !self.web_seeds.is_empty() {
            let urls = self.web_seeds.iter().map(|url| Value::from(url.as_str())).collect();
            top.insert("url-list", Value::List(urls));
        }
        if self.version != Version::V1 {
            top.insert("piece layers", layers);
        }
        Torrent::of_info(&self.payload.name, top, info, self.version)
    }

    fn info(&self) -> (Value, Value) {
        let mut info = Value::dict([("name", Value::from(self.payload.name.as_str()))]);
        info.insert("piece length", int(self.piece_length));
        if self.is_private {
            info.insert("private", 1);
        }
        if let Some(pem) = &self.root_certificate {
            info.insert("ssl-cert", pem.as_str());
        }
        if self.version != Version::V2 {
            self.describe_v1(&mut info);
        }
        let mut layers = Value::dict::<&str>([]);
        if self.version != Version::V1 {
            info.insert("meta version", 2);
            info.insert("file tree", self.file_tree(&mut layers));
        }
        (info, layers)
    }

    /// Writes the v1 keys; a hybrid's files are padded to piece boundaries (BEP 47).
    fn describe_v1(&self, info: &mut Value) {
        let mut stream = Vec::new();
        let mut files = Vec::new();
        let last = self.payload.files.len().saturating_sub(1);
        for (index, file) in self.payload.files.iter().enumerate() {
            stream.extend_from_slice(&file.bytes);
            files.push(file_entry(&file.path, file.bytes.len()));
            let padding = stream.len().next_multiple_of(self.piece_length) - stream.len();
            if self.version == Version::Hybrid && index != last && padding > 0 {
                let path = vec![".pad".to_owned(), padding.to_string()];
                let mut entry = file_entry(&path, padding);
                entry.insert("attr", "p");
                files.push(entry);
                stream.resize(stream.len() + padding, 0);
            }
        }
        let pieces: Vec<u8> = stream
            .chunks(self.piece_length)
            .flat_map(|piece| Sha1::digest(piece).to_vec())
            .collect();
        info.insert("pieces", pieces);
        if self.payload.is_single() {
            info.insert("length", int(stream.len()));
        } else {
            info.insert("files", Value::List(files));
        }
    }

    fn file_tree(&self, layers: &mut Value) -> Value {
        let mut tree = Value::dict::<&str>([]);
        for file in &self.payload.files {
            let mut leaf = Value::dict([("length", int(file.bytes.len()))]);
            if !file.bytes.is_empty() {
                let hashes = merkle::FileHashes::of(&file.bytes, self.piece_length);
                leaf.insert("pieces root", hashes.root.to_vec());
                if let (Some(layer), Value::Dict(layers)) = (hashes.layer, &mut *layers) {
                    layers.insert(hashes.root.to_vec(), Value::Bytes(layer));
                }
            }
            let single = [self.payload.name.clone()];
            let path: &[String] = if self.payload.is_single() { &single } else { &file.path };
            let mut node = &mut tree;
            for component in path {
                let Value::Dict(entries) = node else { break };
                node = entries
                    .entry(component.as_bytes().to_vec())
                    .or_insert_with(|| Value::dict::<&str>([]));
            }
            node.insert("", leaf);
        }
        tree
    }
}

impl Torrent {
    fn of_info(name: &str, mut top: Value, info: Value, version: Version) -> Self {
        let encoded = info.encode();
        let v1 = (version != Version::V2).then(|| Sha1::digest(&encoded).into());
        let v2 = (version != Version::V1).then(|| Sha256::digest(&encoded).into());
        top.insert("info", info);
        Self { name: name.to_owned(), bytes: top.encode(), v1, v2 }
    }

    /// Returns the id that the contract shows: the v2 hash cut to 20 bytes if there is one, else the v1 hash.
    #[must_use]
    pub fn id(&self) -> String {
        match (self.v2, self.v1) {
            (Some(v2), _) => hex::encode(&v2[..20]),
            (None, Some(v1)) => hex::encode(v1),
            (None, None) => String::new(),
        }
    }

    /// Returns the id of a magnet that names only the v1 hash.
    #[must_use]
    pub fn v1_hex(&self) -> String {
        self.v1.map(hex::encode).unwrap_or_default()
    }

    #[must_use]
    pub fn v2_hex(&self) -> String {
        self.v2.map(hex::encode).unwrap_or_default()
    }

    /// Returns a magnet link with every hash, the name and the trackers.
    #[must_use]
    pub fn magnet(&self, trackers: &[&str]) -> String {
        let mut parts = Vec::new();
        if self.v1.is_some() {
            parts.push(format!("xt=urn:btih:{}", self.v1_hex()));
        }
        if self.v2.is_some() {
            parts.push(format!("xt=urn:btmh:1220{}", self.v2_hex()));
        }
        parts.push(format!("dn={}", utf8_percent_encode(&self.name, NON_ALPHANUMERIC)));
        for url in trackers {
            parts.push(format!("tr={}", utf8_percent_encode(url, NON_ALPHANUMERIC)));
        }
        format!("magnet:?{}", parts.join("&"))
    }
}

fn int(number: usize) -> Value {
    Value::Int(i64::try_from(number).expect("sizes of tests are small"))
}

fn file_entry(path: &[String], length: usize) -> Value {
    let path = path.iter().map(|component| Value::from(component.as_str())).collect();
    Value::dict([("length", int(length)), ("path", Value::List(path))])
}
