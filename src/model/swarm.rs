//! What surrounds a torrent: trackers, peers; and what it is made of: files and pieces.

use std::net::SocketAddr;
use std::sync::Arc;

/// What is known of one tracker of one torrent.
#[derive(Debug, Clone, PartialEq)]
pub struct Announce {
    pub url: Arc<str>,
    pub tier: u8,
    pub status: AnnounceStatus,
    /// The tracker's last message or the error.
    pub message: Arc<str>,
    /// As announced or scraped; -1 unknown.
    pub peers: i32,
    pub seeds: i32,
    pub leechers: i32,
    pub downloaded: i32,
    /// An announce is under way.
    pub updating: bool,
    /// Unix seconds; 0 when nothing is scheduled.
    pub next_announce: i64,
    pub min_announce: i64,
}

impl Announce {
    /// A tracker that has not been contacted yet.
    #[must_use]
    pub fn new(url: &str, tier: u8) -> Self {
        Self {
            url: url.into(),
            tier,
            status: AnnounceStatus::NotContacted,
            message: "".into(),
            peers: -1,
            seeds: -1,
            leechers: -1,
            downloaded: -1,
            updating: false,
            next_announce: 0,
            min_announce: 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnnounceStatus {
    #[default]
    NotContacted,
    Working,
    /// Refused or otherwise failed.
    NotWorking,
    /// The tracker answered with a failure reason.
    TrackerError,
    /// No connection could be made.
    Unreachable,
}

/// One connected peer.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that clients show on its own")]
pub struct Peer {
    pub address: SocketAddr,
    /// Client name from the handshake.
    pub client: String,
    /// First eight characters of the peer id, printable ones only.
    pub peer_id: String,
    pub connection: PeerConnection,
    /// Payload bytes per second.
    pub download_rate: i64,
    pub upload_rate: i64,
    pub downloaded: i64,
    pub uploaded: i64,
    /// 0 to 1.
    pub progress: f64,
    /// Share of our missing pieces that the peer has, 0 to 1.
    pub relevance: f64,
    /// Paths of the files in the piece being downloaded from it.
    pub files: Vec<String>,
    pub interesting: bool,
    pub choked: bool,
    pub remote_interested: bool,
    pub remote_choked: bool,
    pub optimistic_unchoke: bool,
    pub snubbed: bool,
    pub incoming: bool,
    pub from_dht: bool,
    pub from_pex: bool,
    pub from_lsd: bool,
    pub rc4_encrypted: bool,
    pub plaintext_encrypted: bool,
    pub utp: bool,
    pub holepunched: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerConnection {
    BitTorrent,
    WebSeed,
    Utp,
}

/// One file of a torrent.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Position in the torrent, without padding files counted out: libtorrent's own index.
    pub index: u32,
    /// Path inside the torrent with `/`, as renamed, without suffixes of incomplete files.
    pub path: String,
    pub size: i64,
    /// 0 to 1.
    pub progress: f64,
    pub priority: Priority,
    /// First and last piece, inclusive.
    pub pieces: (u32, u32),
    /// Fraction of the pieces that peers have; -1 for a complete torrent.
    pub availability: f64,
}

/// How much a file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Priority {
    Skip,
    #[default]
    Normal,
    High,
    Maximum,
}

impl Priority {
    /// libtorrent's number: 0, 4, 6, 7.
    ///
    /// Its default is 4; the contract's "normal" is 1, which the contract's tables convert.
    #[must_use]
    pub fn level(self) -> u8 {
        match self {
            Self::Skip => 0,
            Self::Normal => 4,
            Self::High => 6,
            Self::Maximum => 7,
        }
    }

    /// The priority that shows a libtorrent number; unlisted ones read as normal, as upstream shows them.
    #[must_use]
    pub fn from_level(level: u8) -> Self {
        match level {
            0 => Self::Skip,
            6 => Self::High,
            7 => Self::Maximum,
            _ => Self::Normal,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceState {
    Missing,
    Downloading,
    Have,
}
