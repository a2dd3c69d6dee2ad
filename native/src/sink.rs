//! Where C++ puts alerts during a drain. Methods store and never panic.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::alert::{Alert, StatusRow, TorrentFlags};
use crate::bridge::ffi;
use crate::types::Failure;

pub(crate) fn owned(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

#[derive(Default)]
pub(crate) struct AlertSink {
    alerts: Vec<Alert>,
}

impl AlertSink {
    pub(crate) fn into_alerts(self) -> Vec<Alert> {
        self.alerts
    }

    fn put(&mut self, alert: Alert) {
        self.alerts.push(alert);
    }

    pub(crate) fn added(&mut self, key: u64) {
        self.put(Alert::Added { key, failure: None });
    }

    pub(crate) fn add_failed(&mut self, key: u64, fault: ffi::Fault) {
        self.put(Alert::Added { key, failure: Some(fault.into()) });
    }

    pub(crate) fn removed(&mut self, key: u64) {
        self.put(Alert::Removed { key });
    }

    pub(crate) fn content_deleted(&mut self, key: u64) {
        self.put(Alert::ContentDeleted { key });
    }

    pub(crate) fn content_delete_failed(&mut self, key: u64, fault: ffi::Fault) {
        self.put(Alert::ContentDeleteFailed { key, failure: fault.into() });
    }

    pub(crate) fn metadata(&mut self, key: u64, metainfo: Vec<u8>) {
        self.put(Alert::Metadata { key, metainfo });
    }

    pub(crate) fn metadata_failed(&mut self, key: u64, fault: ffi::Fault) {
        self.put(Alert::MetadataFailed { key, failure: fault.into() });
    }

    pub(crate) fn checked(&mut self, key: u64) {
        self.put(Alert::Checked { key });
    }

    pub(crate) fn flushed(&mut self, key: u64) {
        self.put(Alert::Flushed { key });
    }

    pub(crate) fn finished(&mut self, key: u64) {
        self.put(Alert::Finished { key });
    }

    pub(crate) fn file_completed(&mut self, key: u64, file: u32) {
        self.put(Alert::FileCompleted { key, file });
    }

    pub(crate) fn state_changed(&mut self, key: u64) {
        self.put(Alert::StateChanged { key });
    }

    pub(crate) fn resume_data(
        &mut self,
        key: u64,
        data: Vec<u8>,
        pieces_known: bool,
        has_pieces: bool,
    ) {
        self.put(Alert::ResumeData { key, data, pieces_known, has_pieces });
    }

    pub(crate) fn resume_failed(&mut self, key: u64, not_modified: bool, fault: ffi::Fault) {
        self.put(Alert::ResumeFailed { key, not_modified, failure: fault.into() });
    }

    pub(crate) fn resume_rejected(&mut self, key: u64, fault: ffi::Fault, file: String) {
        self.put(Alert::ResumeRejected { key, failure: fault.into(), file });
    }

    pub(crate) fn moved(&mut self, key: u64, path: String) {
        self.put(Alert::Moved { key, path });
    }

    pub(crate) fn move_failed(&mut self, key: u64, fault: ffi::Fault, file: String) {
        self.put(Alert::MoveFailed { key, failure: fault.into(), file });
    }

    pub(crate) fn file_renamed(&mut self, key: u64, file: u32, path: String) {
        self.put(Alert::FileRenamed { key, file, path });
    }

    pub(crate) fn file_rename_failed(&mut self, key: u64, file: u32, fault: ffi::Fault) {
        self.put(Alert::FileRenameFailed { key, file, failure: fault.into() });
    }

    pub(crate) fn file_error(&mut self, key: u64, file: String, fault: ffi::Fault) {
        self.put(Alert::FileError { key, file, failure: fault.into() });
    }

    pub(crate) fn torrent_error(&mut self, key: u64, file: String, fault: ffi::Fault) {
        self.put(Alert::TorrentError { key, file, failure: fault.into() });
    }

    pub(crate) fn file_priorities(&mut self, key: u64) {
        self.put(Alert::FilePriorities { key });
    }

    pub(crate) fn tracker_announcing(&mut self, key: u64, url: String) {
        self.put(Alert::TrackerAnnouncing { key, url });
    }

    pub(crate) fn tracker_replied(&mut self, key: u64, url: String, peers: i32) {
        self.put(Alert::TrackerReplied { key, url, peers });
    }

    pub(crate) fn tracker_warned(&mut self, key: u64, url: String, message: String) {
        self.put(Alert::TrackerWarned { key, url, message });
    }

    pub(crate) fn tracker_failed(
        &mut self,
        key: u64,
        url: String,
        message: String,
        answered: bool,
        fails: i32,
    ) {
        self.put(Alert::TrackerFailed { key, url, message, answered, fails });
    }

    pub(crate) fn scraped(&mut self, key: u64, url: String, complete: i32, incomplete: i32) {
        self.put(Alert::Scraped { key, url, complete, incomplete });
    }

    pub(crate) fn web_seed_failed(&mut self, key: u64, url: String, message: String) {
        self.put(Alert::WebSeedFailed { key, url, message });
    }

    pub(crate) fn hash_failed(&mut self, key: u64, piece: u32) {
        self.put(Alert::HashFailed { key, piece });
    }

    pub(crate) fn peer_banned(&mut self, key: u64, address: ffi::Address) {
        self.put(Alert::PeerBanned { key, address: address.into() });
    }

    pub(crate) fn peer_blocked(&mut self, address: ffi::Address, reason: &str) {
        self.put(Alert::PeerBlocked { address: address.into(), reason: reason.to_owned() });
    }

    pub(crate) fn listening(&mut self, address: ffi::Address, port: u16, socket: &str) {
        self.put(Alert::Listening { address: address.into(), port, socket: socket.to_owned() });
    }

    pub(crate) fn listen_failed(&mut self, address: String, port: u16, fault: ffi::Fault) {
        self.put(Alert::ListenFailed { address, port, failure: fault.into() });
    }

    pub(crate) fn external_address(&mut self, address: ffi::Address) {
        self.put(Alert::ExternalAddress { address: address.into() });
    }

    pub(crate) fn port_mapped(&mut self, message: String) {
        self.put(Alert::PortMapped { message });
    }

    pub(crate) fn port_map_failed(&mut self, message: String) {
        self.put(Alert::PortMapFailed { message });
    }

    pub(crate) fn need_certificate(&mut self, key: u64) {
        self.put(Alert::NeedCertificate { key });
    }

    pub(crate) fn conflict(&mut self, key: u64, other: u64) {
        self.put(Alert::Conflict { key, other });
    }

    pub(crate) fn status(&mut self, rows: Vec<ffi::Status>) {
        self.put(Alert::Status(rows.into_iter().map(StatusRow::from).collect()));
    }

    pub(crate) fn session_stats(&mut self, counters: Vec<i64>) {
        self.put(Alert::SessionStats { counters });
    }

    pub(crate) fn session_failed(&mut self, fault: ffi::Fault) {
        self.put(Alert::SessionFailed { failure: fault.into() });
    }

    pub(crate) fn dropped(&mut self) {
        self.put(Alert::Dropped);
    }

    pub(crate) fn performance(&mut self, message: String) {
        self.put(Alert::Performance { message });
    }
}

impl From<ffi::Fault> for Failure {
    fn from(fault: ffi::Fault) -> Self {
        Self { category: fault.category, code: fault.code, message: fault.message }
    }
}

impl From<ffi::Address> for IpAddr {
    fn from(address: ffi::Address) -> Self {
        if address.is_v6 {
            Ipv6Addr::from(address.bytes).into()
        } else {
            let [a, b, c, d, ..] = address.bytes;
            Ipv4Addr::new(a, b, c, d).into()
        }
    }
}

impl From<IpAddr> for ffi::Address {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&address.octets());
                Self { bytes, is_v6: false }
            }
            IpAddr::V6(address) => Self { bytes: address.octets(), is_v6: true },
        }
    }
}

impl From<ffi::Status> for StatusRow {
    fn from(row: ffi::Status) -> Self {
        Self {
            key: row.key,
            state: row.state,
            flags: TorrentFlags(row.flags),
            has_metadata: row.has_metadata,
            is_finished: row.is_finished,
            is_seeding: row.is_seeding,
            is_moving: row.is_moving,
            need_save_resume: row.need_save_resume,
            error_code: row.error_code,
            error_file: row.error_file,
            error: row.error,
            download_rate: row.download_rate,
            upload_rate: row.upload_rate,
            session_downloaded: row.session_downloaded,
            session_uploaded: row.session_uploaded,
            all_time_downloaded: row.all_time_downloaded,
            all_time_uploaded: row.all_time_uploaded,
            failed_bytes: row.failed_bytes,
            redundant_bytes: row.redundant_bytes,
            total_done: row.total_done,
            total_wanted: row.total_wanted,
            total_wanted_done: row.total_wanted_done,
            progress_ppm: row.progress_ppm,
            pieces: row.pieces,
            peers: row.peers,
            seeds: row.seeds,
            connections: row.connections,
            connections_limit: row.connections_limit,
            swarm_complete: row.swarm_complete,
            swarm_incomplete: row.swarm_incomplete,
            list_seeds: row.list_seeds,
            list_peers: row.list_peers,
            queue_position: row.queue_position,
            distributed_copies_milli: row.distributed_copies_milli,
            active_seconds: row.active_seconds,
            finished_seconds: row.finished_seconds,
            seeding_seconds: row.seeding_seconds,
            added_at: row.added_at,
            completed_at: row.completed_at,
            last_seen_complete: row.last_seen_complete,
            since_download: row.since_download,
            since_upload: row.since_upload,
            next_announce_in: row.next_announce_in,
            current_tracker: row.current_tracker,
        }
    }
}
