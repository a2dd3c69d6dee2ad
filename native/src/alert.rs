//! The typed exit for alerts.

use std::net::IpAddr;

use crate::types::Failure;

/// libtorrent's torrent flags that Revaer uses; the bits are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TorrentFlags(pub u32);

impl TorrentFlags {
    pub const SEED_MODE: Self = Self(1);
    pub const UPLOAD_MODE: Self = Self(1 << 1);
    pub const APPLY_IP_FILTER: Self = Self(1 << 2);
    pub const PAUSED: Self = Self(1 << 3);
    pub const AUTO_MANAGED: Self = Self(1 << 4);
    pub const SUPER_SEEDING: Self = Self(1 << 5);
    pub const SEQUENTIAL: Self = Self(1 << 6);
    pub const STOP_WHEN_READY: Self = Self(1 << 7);
    pub const DISABLE_DHT: Self = Self(1 << 8);
    pub const DISABLE_LSD: Self = Self(1 << 9);
    pub const DISABLE_PEX: Self = Self(1 << 10);
    pub const DEFAULT_DONT_DOWNLOAD: Self = Self(1 << 11);
    pub const NO_VERIFY_FILES: Self = Self(1 << 12);

    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The numbers of one torrent that changed since the last request.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "mirrors libtorrent's status")]
pub struct StatusRow {
    pub key: u64,
    /// libtorrent's `state_t`: 1 checking files, 2 downloading metadata, 3 downloading, 4 finished,
    /// 5 seeding, 7 checking resume data.
    pub state: u8,
    pub flags: TorrentFlags,
    pub has_metadata: bool,
    pub is_finished: bool,
    pub is_seeding: bool,
    pub is_moving: bool,
    pub need_save_resume: bool,
    /// 0 for none.
    pub error_code: i32,
    /// Index of the file with the error, negative for others.
    pub error_file: i32,
    pub error: String,
    /// Payload bytes per second.
    pub download_rate: i32,
    pub upload_rate: i32,
    /// Bytes; payload of this session.
    pub session_downloaded: i64,
    pub session_uploaded: i64,
    /// Bytes; kept in resume data.
    pub all_time_downloaded: i64,
    pub all_time_uploaded: i64,
    pub failed_bytes: i64,
    pub redundant_bytes: i64,
    pub total_done: i64,
    pub total_wanted: i64,
    pub total_wanted_done: i64,
    /// Millionths.
    pub progress_ppm: i32,
    pub pieces: i32,
    pub peers: i32,
    pub seeds: i32,
    pub connections: i32,
    pub connections_limit: i32,
    /// As scraped, -1 unknown.
    pub swarm_complete: i32,
    pub swarm_incomplete: i32,
    pub list_seeds: i32,
    pub list_peers: i32,
    /// -1 for seeds.
    pub queue_position: i32,
    /// Thousandths; -1 when it means nothing.
    pub distributed_copies_milli: i32,
    pub active_seconds: i64,
    pub finished_seconds: i64,
    pub seeding_seconds: i64,
    /// Unix seconds, 0 never.
    pub added_at: i64,
    pub completed_at: i64,
    pub last_seen_complete: i64,
    /// Seconds since the last payload, -1 never.
    pub since_download: i64,
    pub since_upload: i64,
    /// Seconds, negative when nothing is scheduled.
    pub next_announce_in: i64,
    pub current_tracker: String,
}

/// One alert, with exactly its own fields.
#[derive(Debug, Clone, PartialEq)]
pub enum Alert {
    Added {
        key: u64,
        failure: Option<Failure>,
    },
    Removed {
        key: u64,
    },
    /// What [`crate::Session::remove`] had to delete is deleted; always after [`Alert::Removed`].
    ContentDeleted {
        key: u64,
    },
    ContentDeleteFailed {
        key: u64,
        failure: Failure,
    },
    /// The info dictionary of a magnet arrived: a whole metainfo without trackers and without piece
    /// layers.
    ///
    /// The torrent is held: paused and not auto-managed, set on libtorrent's own thread before any
    /// file was looked at and any block asked for. Its files are checked, and written, only after
    /// [`crate::Session::resume_torrent`] or a [`crate::Session::set_flags`] that clears `PAUSED`
    /// or sets `AUTO_MANAGED`; renames, priorities and moves that are ordered before take effect
    /// first. Resuming reconnects to the known peers at once. With
    /// [`TorrentFlags::DEFAULT_DONT_DOWNLOAD`] all priorities are 0 until set, and
    /// [`Alert::Finished`] may come for zero wanted bytes.
    Metadata {
        key: u64,
        metainfo: Vec<u8>,
    },
    MetadataFailed {
        key: u64,
        failure: Failure,
    },
    Checked {
        key: u64,
    },
    /// All data that came before is written, and the files are closed. Follows each `Finished`, whose pieces have good
    /// hashes but may still wait for the disk.
    Flushed {
        key: u64,
    },
    Finished {
        key: u64,
    },
    FileCompleted {
        key: u64,
        file: u32,
    },
    StateChanged {
        key: u64,
    },
    /// `pieces_known` is false while files are unchecked or were rejected: such data must not
    /// replace older ones that have pieces.
    ResumeData {
        key: u64,
        data: Vec<u8>,
        pieces_known: bool,
        has_pieces: bool,
    },
    ResumeFailed {
        key: u64,
        not_modified: bool,
        failure: Failure,
    },
    /// libtorrent does not trust the resume data or the seed mode, since files are missing, short or
    /// changed; the session's guard has already paused the torrent and taken it out of auto
    /// management, so nothing is downloaded again. Once resumed, or auto-managed, it is checked in
    /// full.
    ResumeRejected {
        key: u64,
        failure: Failure,
        file: String,
    },
    Moved {
        key: u64,
        path: String,
    },
    MoveFailed {
        key: u64,
        failure: Failure,
        file: String,
    },
    FileRenamed {
        key: u64,
        file: u32,
        path: String,
    },
    FileRenameFailed {
        key: u64,
        file: u32,
        failure: Failure,
    },
    FileError {
        key: u64,
        file: String,
        failure: Failure,
    },
    TorrentError {
        key: u64,
        file: String,
        failure: Failure,
    },
    FilePriorities {
        key: u64,
    },
    TrackerAnnouncing {
        key: u64,
        url: String,
    },
    TrackerReplied {
        key: u64,
        url: String,
        peers: i32,
    },
    TrackerWarned {
        key: u64,
        url: String,
        message: String,
    },
    /// `answered`: the tracker itself said no, as opposed to not being reached.
    TrackerFailed {
        key: u64,
        url: String,
        message: String,
        answered: bool,
        fails: i32,
    },
    Scraped {
        key: u64,
        url: String,
        complete: i32,
        incomplete: i32,
    },
    WebSeedFailed {
        key: u64,
        url: String,
        message: String,
    },
    HashFailed {
        key: u64,
        piece: u32,
    },
    PeerBanned {
        key: u64,
        address: IpAddr,
    },
    PeerBlocked {
        address: IpAddr,
        reason: String,
    },
    /// `socket`: `tcp`, `utp`, `ssl`, ….
    Listening {
        address: IpAddr,
        port: u16,
        socket: String,
    },
    ListenFailed {
        address: String,
        port: u16,
        failure: Failure,
    },
    ExternalAddress {
        address: IpAddr,
    },
    PortMapped {
        message: String,
    },
    PortMapFailed {
        message: String,
    },
    NeedCertificate {
        key: u64,
    },
    /// Two torrents turned out to be one, and both have stopped with an error.
    /// [`crate::Session::conflict_metainfo`] has the metainfo of the pair.
    Conflict {
        key: u64,
        other: u64,
    },
    Status(Vec<StatusRow>),
    /// Counters in the order of the names asked for at [`crate::Session::set_stats_names`].
    SessionStats {
        counters: Vec<i64>,
    },
    /// The session failed, or (category `revaer`) an alert could not be read.
    SessionFailed {
        failure: Failure,
    },
    /// Alerts were lost; the status of all torrents must be read anew.
    Dropped,
    /// A warning of libtorrent's own, or an alert of a type that is not known here.
    Performance {
        message: String,
    },
}
