//! The raw bridge: shared structs, what C++ may call, and what Rust may call.
//!
//! Every C++ function answers with `Result`, because a C++ exception that leaves any other function
//! ends the process. Rust functions that C++ calls only store values and never panic.

use crate::creator::HashMonitor;
use crate::session::Waker;
use crate::sink::{AlertSink, owned};

#[cxx::bridge(namespace = "revaer")]
pub(crate) mod ffi {
    /// `kind`: 0 bool, 1 int, 2 text.
    struct Setting {
        name: String,
        kind: u8,
        flag: bool,
        number: i32,
        text: String,
    }

    struct Capabilities {
        version: String,
        boost_version: String,
        openssl_version: String,
        i2p: bool,
        reset_save_path: bool,
        announce_port: bool,
        multi_connections_per_peer_id: bool,
        natpmp_lease_duration: bool,
    }

    struct Fault {
        category: String,
        code: i32,
        message: String,
    }

    /// An IPv4 address uses the first four bytes.
    #[derive(Clone, Copy)]
    struct Address {
        bytes: [u8; 16],
        is_v6: bool,
    }

    struct AddressRange {
        first: Address,
        last: Address,
    }

    struct Tracker {
        url: String,
        tier: u8,
    }

    struct FileName {
        file: u32,
        path: String,
    }

    struct PiecePriority {
        piece: u32,
        priority: u8,
    }

    struct PieceDeadline {
        piece: u32,
        milliseconds: i32,
    }

    /// Flags are ours; 0 and -1 of a limit mean unlimited.
    struct NewTorrent {
        key: u64,
        save_path: String,
        trackers: Vec<Tracker>,
        web_seeds: Vec<String>,
        file_priorities: Vec<u8>,
        renames: Vec<FileName>,
        flags: u32,
        download_limit: i32,
        upload_limit: i32,
        max_connections: i32,
        max_uploads: i32,
        allocate: bool,
        has_totals: bool,
        uploaded: i64,
        downloaded: i64,
        active_seconds: i64,
        finished_seconds: i64,
        added_at: i64,
        completed_at: i64,
    }

    struct Status {
        key: u64,
        state: u8,
        flags: u32,
        has_metadata: bool,
        is_finished: bool,
        is_seeding: bool,
        is_moving: bool,
        need_save_resume: bool,
        error_code: i32,
        error_file: i32,
        error: String,
        download_rate: i32,
        upload_rate: i32,
        session_downloaded: i64,
        session_uploaded: i64,
        all_time_downloaded: i64,
        all_time_uploaded: i64,
        failed_bytes: i64,
        redundant_bytes: i64,
        total_done: i64,
        total_wanted: i64,
        total_wanted_done: i64,
        progress_ppm: i32,
        pieces: i32,
        peers: i32,
        seeds: i32,
        connections: i32,
        connections_limit: i32,
        swarm_complete: i32,
        swarm_incomplete: i32,
        list_seeds: i32,
        list_peers: i32,
        queue_position: i32,
        distributed_copies_milli: i32,
        active_seconds: i64,
        finished_seconds: i64,
        seeding_seconds: i64,
        added_at: i64,
        completed_at: i64,
        last_seen_complete: i64,
        since_download: i64,
        since_upload: i64,
        next_announce_in: i64,
        current_tracker: String,
    }

    struct Peer {
        address: Address,
        port: u16,
        client: String,
        id: [u8; 20],
        connection: u8,
        download_rate: i32,
        upload_rate: i32,
        downloaded: i64,
        uploaded: i64,
        progress: f32,
        pieces: Vec<u8>,
        downloading_piece: i32,
        interesting: bool,
        choked: bool,
        remote_interested: bool,
        remote_choked: bool,
        optimistic_unchoke: bool,
        snubbed: bool,
        outgoing: bool,
        from_dht: bool,
        from_pex: bool,
        from_lsd: bool,
        rc4_encrypted: bool,
        plaintext_encrypted: bool,
        utp: bool,
        holepunched: bool,
        is_seed: bool,
    }

    struct TrackerState {
        url: String,
        tier: u8,
        verified: bool,
        endpoint: String,
        protocol: u8,
        message: String,
        has_error: bool,
        error: Fault,
        refused: bool,
        skipped: bool,
        next_announce: i64,
        min_announce: i64,
        scrape_complete: i32,
        scrape_incomplete: i32,
        scrape_downloaded: i32,
        fails: i32,
        updating: bool,
    }

    struct Limits {
        download: i32,
        upload: i32,
        connections: i32,
        uploads: i32,
        flags: u32,
    }

    /// `sockets` is a set of bits: TCP, uTP, TCP with TLS, uTP with TLS, I2P.
    struct PeerClass {
        name: String,
        ranges: Vec<AddressRange>,
        sockets: u8,
        download_limit: i32,
        upload_limit: i32,
        download_priority: i32,
        upload_priority: i32,
        connection_limit_percent: i32,
        ignore_unchoke_slots: bool,
    }

    struct Hashes {
        has_v1: bool,
        has_v2: bool,
        v1: [u8; 20],
        v2: [u8; 32],
    }

    struct Bounds {
        size: usize,
        pieces: i32,
        depth: i32,
        tokens: i32,
    }

    struct FileEntry {
        path: String,
        size: i64,
        is_padding: bool,
        offset: i64,
    }

    struct ParsedMetainfo {
        hashes: Hashes,
        name: String,
        total_size: i64,
        piece_size: u32,
        pieces: u32,
        is_private: bool,
        comment: String,
        created_by: String,
        /// 0 for none.
        created_at: i64,
        trackers: Vec<Tracker>,
        web_seeds: Vec<String>,
        files: Vec<FileEntry>,
        needs_certificate: bool,
    }

    struct CreationFile {
        path: String,
        size: i64,
    }

    /// `format`: 0 hybrid, 1 v1, 2 v2.
    struct Creation {
        format: u8,
        parent: String,
        files: Vec<CreationFile>,
        piece_size: i32,
        max_pieces: i32,
        is_private: bool,
        comment: String,
        created_by: String,
        created_at: i64,
        source: String,
        trackers: Vec<Tracker>,
        web_seeds: Vec<String>,
    }

    struct ParsedMagnet {
        hashes: Hashes,
        name: String,
        trackers: Vec<Tracker>,
        web_seeds: Vec<String>,
        peers: Vec<String>,
    }

    extern "Rust" {
        type Waker;
        fn wake(self: &Waker);

        /// Copies at once what C++ could append to a `Vec` only byte by byte.
        fn owned(bytes: &[u8]) -> Vec<u8>;

        type HashMonitor;
        fn advance(self: &HashMonitor, done: u32, total: u32) -> bool;

        type AlertSink;
        fn added(self: &mut AlertSink, key: u64);
        fn add_failed(self: &mut AlertSink, key: u64, fault: Fault);
        fn removed(self: &mut AlertSink, key: u64);
        fn content_deleted(self: &mut AlertSink, key: u64);
        fn content_delete_failed(self: &mut AlertSink, key: u64, fault: Fault);
        fn metadata(self: &mut AlertSink, key: u64, metainfo: Vec<u8>);
        fn metadata_failed(self: &mut AlertSink, key: u64, fault: Fault);
        fn checked(self: &mut AlertSink, key: u64);
        fn flushed(self: &mut AlertSink, key: u64);
        fn finished(self: &mut AlertSink, key: u64);
        fn file_completed(self: &mut AlertSink, key: u64, file: u32);
        fn state_changed(self: &mut AlertSink, key: u64);
        fn resume_data(
            self: &mut AlertSink,
            key: u64,
            data: Vec<u8>,
            pieces_known: bool,
            has_pieces: bool,
        );
        fn resume_failed(self: &mut AlertSink, key: u64, not_modified: bool, fault: Fault);
        fn resume_rejected(self: &mut AlertSink, key: u64, fault: Fault, file: String);
        fn moved(self: &mut AlertSink, key: u64, path: String);
        fn move_failed(self: &mut AlertSink, key: u64, fault: Fault, file: String);
        fn file_renamed(self: &mut AlertSink, key: u64, file: u32, path: String);
        fn file_rename_failed(self: &mut AlertSink, key: u64, file: u32, fault: Fault);
        fn file_error(self: &mut AlertSink, key: u64, file: String, fault: Fault);
        fn torrent_error(self: &mut AlertSink, key: u64, file: String, fault: Fault);
        fn file_priorities(self: &mut AlertSink, key: u64);
        fn tracker_announcing(self: &mut AlertSink, key: u64, url: String);
        fn tracker_replied(self: &mut AlertSink, key: u64, url: String, peers: i32);
        fn tracker_warned(self: &mut AlertSink, key: u64, url: String, message: String);
        fn tracker_failed(
            self: &mut AlertSink,
            key: u64,
            url: String,
            message: String,
            answered: bool,
            fails: i32,
        );
        fn scraped(self: &mut AlertSink, key: u64, url: String, complete: i32, incomplete: i32);
        fn web_seed_failed(self: &mut AlertSink, key: u64, url: String, message: String);
        fn hash_failed(self: &mut AlertSink, key: u64, piece: u32);
        fn peer_banned(self: &mut AlertSink, key: u64, address: Address);
        fn peer_blocked(self: &mut AlertSink, address: Address, reason: &str);
        fn listening(self: &mut AlertSink, address: Address, port: u16, socket: &str);
        fn listen_failed(self: &mut AlertSink, address: String, port: u16, fault: Fault);
        fn external_address(self: &mut AlertSink, address: Address);
        fn port_mapped(self: &mut AlertSink, message: String);
        fn port_map_failed(self: &mut AlertSink, message: String);
        fn need_certificate(self: &mut AlertSink, key: u64);
        fn conflict(self: &mut AlertSink, key: u64, other: u64);
        fn status(self: &mut AlertSink, rows: Vec<Status>);
        fn session_stats(self: &mut AlertSink, counters: Vec<i64>);
        fn session_failed(self: &mut AlertSink, fault: Fault);
        fn dropped(self: &mut AlertSink);
        fn performance(self: &mut AlertSink, message: String);
    }

    unsafe extern "C++" {
        include!("revaer-native/cpp/behavior.hpp");
        include!("revaer-native/cpp/creator.hpp");
        include!("revaer-native/cpp/inspector.hpp");
        include!("revaer-native/cpp/metainfo.hpp");
        include!("revaer-native/cpp/session.hpp");
        include!("revaer-native/cpp/source.hpp");

        fn probe_capabilities() -> Result<Capabilities>;
        fn has_setting(name: &str) -> Result<bool>;
        fn release_unused_memory();

        fn parse_metainfo_bytes(bytes: &[u8], bounds: &Bounds) -> Result<ParsedMetainfo>;
        fn parse_magnet_text(uri: &str) -> Result<ParsedMagnet>;
        fn export_metainfo(
            metainfo: &[u8],
            trackers: &[Tracker],
            web_seeds: &[String],
            comment: &str,
        ) -> Result<Vec<u8>>;
        fn create_metainfo(creation: &Creation, monitor: &HashMonitor) -> Result<Vec<u8>>;
        /// The hashes one after the other, 20 bytes each.
        fn metainfo_piece_hashes(metainfo: &[u8]) -> Result<Vec<u8>>;
        /// The Merkle roots one after the other, 32 bytes each.
        fn metainfo_piece_roots(metainfo: &[u8]) -> Result<Vec<u8>>;

        type Source;
        /// Any of the three may be empty.
        fn load_source(metainfo: &[u8], magnet: &str, resume: &[u8]) -> Result<UniquePtr<Source>>;

        type Session;
        /// `disk`: 0 pread, 1 mmap, 2 posix.
        fn new_session(
            settings: &[Setting],
            disk: u8,
            dht_state: &[u8],
            waker: Box<Waker>,
        ) -> Result<UniquePtr<Session>>;
        fn apply(self: &Session, settings: &[Setting]) -> Result<()>;
        fn pause(self: &Session) -> Result<()>;
        fn resume(self: &Session) -> Result<()>;
        fn set_ip_filter(self: &Session, blocked: &[AddressRange]) -> Result<()>;
        fn set_limited_peers(
            self: &Session,
            local_networks: bool,
            utp: bool,
            classes: &[PeerClass],
        ) -> Result<()>;
        fn reopen_sockets(self: &Session) -> Result<()>;
        fn post_updates(self: &Session) -> Result<()>;
        fn post_stats(self: &Session) -> Result<()>;
        fn set_stats_names(self: &Session, names: &[&str]) -> Result<()>;
        fn drain(self: &Session, sink: &mut AlertSink) -> Result<()>;
        fn add(self: &Session, torrent: &NewTorrent, source: UniquePtr<Source>) -> Result<()>;
        fn remove(self: &Session, key: u64, delete_files: bool) -> Result<()>;
        fn contains(self: &Session, key: u64) -> Result<bool>;
        fn conflict_metainfo(self: &Session, key: u64) -> Result<Vec<u8>>;

        fn set_flags(self: &Session, key: u64, flags: u32, mask: u32) -> Result<()>;
        fn pause_torrent(self: &Session, key: u64) -> Result<()>;
        fn resume_torrent(self: &Session, key: u64) -> Result<()>;
        fn clear_error(self: &Session, key: u64) -> Result<()>;
        fn force_recheck(self: &Session, key: u64) -> Result<()>;
        /// `tracker`: -1 for all.
        fn reannounce(self: &Session, key: u64, tracker: i32) -> Result<()>;
        fn scrape(self: &Session, key: u64) -> Result<()>;
        /// `mode`: 0 fail if exists, 1 keep existing, 2 replace existing.
        fn move_storage(self: &Session, key: u64, path: &str, mode: u8) -> Result<()>;
        fn rename_file(self: &Session, key: u64, file: u32, path: &str) -> Result<()>;
        fn prioritize_files(self: &Session, key: u64, priorities: &[u8]) -> Result<()>;
        fn prioritize_pieces(self: &Session, key: u64, priorities: &[PiecePriority]) -> Result<()>;
        fn set_piece_deadlines(self: &Session, key: u64, deadlines: &[PieceDeadline])
        -> Result<()>;
        fn clear_piece_deadlines(self: &Session, key: u64) -> Result<()>;
        fn set_download_limit(self: &Session, key: u64, limit: i32) -> Result<()>;
        fn set_upload_limit(self: &Session, key: u64, limit: i32) -> Result<()>;
        fn set_max_connections(self: &Session, key: u64, limit: i32) -> Result<()>;
        fn set_max_uploads(self: &Session, key: u64, limit: i32) -> Result<()>;
        fn queue_up(self: &Session, key: u64) -> Result<()>;
        fn queue_down(self: &Session, key: u64) -> Result<()>;
        fn queue_top(self: &Session, key: u64) -> Result<()>;
        fn queue_bottom(self: &Session, key: u64) -> Result<()>;
        fn queue_set(self: &Session, key: u64, position: u32) -> Result<()>;
        fn replace_trackers(self: &Session, key: u64, trackers: &[Tracker]) -> Result<()>;
        fn add_web_seed(self: &Session, key: u64, url: &str) -> Result<()>;
        fn remove_web_seed(self: &Session, key: u64, url: &str) -> Result<()>;
        fn connect_peer(self: &Session, key: u64, address: &Address, port: u16) -> Result<()>;
        fn save_resume_data(self: &Session, key: u64, only_if_modified: bool) -> Result<()>;
        fn set_metadata(self: &Session, key: u64, metainfo: &[u8]) -> Result<()>;
        fn set_certificate(
            self: &Session,
            key: u64,
            certificate: &str,
            private_key: &str,
            dh_params: &str,
        ) -> Result<()>;
        fn inspector(self: &Session, key: u64) -> Result<UniquePtr<TorrentReader>>;
        fn session_inspector(self: &Session) -> Result<UniquePtr<SessionReader>>;

        type TorrentReader;
        fn peers(self: &TorrentReader) -> Result<Vec<Peer>>;
        fn file_progress(self: &TorrentReader) -> Result<Vec<i64>>;
        fn file_priorities(self: &TorrentReader) -> Result<Vec<u8>>;
        fn piece_states(self: &TorrentReader) -> Result<Vec<u8>>;
        fn piece_availability(self: &TorrentReader) -> Result<Vec<i32>>;
        fn trackers(self: &TorrentReader) -> Result<Vec<TrackerState>>;
        fn limits(self: &TorrentReader) -> Result<Limits>;
        fn metainfo(self: &TorrentReader) -> Result<Vec<u8>>;

        type SessionReader;
        fn settings(self: &SessionReader, names: &[&str]) -> Result<Vec<Setting>>;
        fn is_listening(self: &SessionReader) -> Result<bool>;
        fn listen_port(self: &SessionReader) -> Result<u16>;
        fn all_status(self: &SessionReader) -> Result<Vec<Status>>;
        fn dht_state(self: &SessionReader) -> Result<Vec<u8>>;
    }
}

// SAFETY: the C++ session has no thread affinity: libtorrent's session object may be used from any
// thread, and the maps beside it are only touched through this one owner, which is not `Sync`, so
// calls never overlap.
unsafe impl Send for ffi::Session {}

// SAFETY: plain values of its own; the metainfo that it points to is nobody else's until a session
// takes it.
unsafe impl Send for ffi::Source {}

// SAFETY: it holds one `torrent_handle`, a weak pointer whose calls are dispatched to libtorrent's
// own thread and which upstream documents as usable from any thread.
unsafe impl Send for ffi::TorrentReader {}

// SAFETY: it holds one `session_handle`, a weak pointer whose calls are dispatched to libtorrent's
// own thread and which upstream documents as usable from any thread.
unsafe impl Send for ffi::SessionReader {}
