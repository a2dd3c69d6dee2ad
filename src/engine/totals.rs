//! Session counters and all-time statistics.

use std::sync::Arc;
use std::time::Instant;

use super::snapshot::{ConnectionStatus, Totals};
use super::worker::Worker;
use crate::store::{AllTime, Change};

/// libtorrent's metrics, in the order in which [`Worker::take_counters`] reads them.
pub(super) const METRICS: [&str; 21] = [
    "net.recv_payload_bytes",
    "net.sent_payload_bytes",
    "net.recv_bytes",
    "net.sent_bytes",
    "net.recv_ip_overhead_bytes",
    "net.sent_ip_overhead_bytes",
    "net.recv_failed_bytes",
    "net.recv_redundant_bytes",
    "net.has_incoming_connections",
    "dht.dht_nodes",
    "peer.num_peers_connected",
    "peer.num_peers_up_disk",
    "peer.num_peers_down_disk",
    "disk.queued_disk_jobs",
    "disk.queued_write_bytes",
    "disk.disk_blocks_in_use",
    "disk.disk_job_time",
    "disk.num_jobs",
    "disk.request_latency",
    "tracker.num_queued_tracker_announces",
    "net.recv_tracker_bytes",
];

/// Further counters of libtorrent, which only grow, for whoever watches.
const COUNTERS: [&str; 43] = [
    "peer.connection_attempts",
    "peer.incoming_connections",
    "peer.disconnected_peers",
    "peer.error_peers",
    "peer.eof_peers",
    "peer.connreset_peers",
    "peer.connrefused_peers",
    "peer.connect_timeouts",
    "peer.timeout_peers",
    "peer.error_encrypted_peers",
    "peer.num_banned_peers",
    "peer.piece_requests",
    "peer.piece_rejects",
    "peer.cancelled_piece_requests",
    "net.recv_payload_bytes",
    "net.sent_payload_bytes",
    "net.recv_bytes",
    "net.sent_bytes",
    "net.recv_ip_overhead_bytes",
    "net.sent_ip_overhead_bytes",
    "net.recv_tracker_bytes",
    "net.sent_tracker_bytes",
    "net.recv_failed_bytes",
    "net.recv_redundant_bytes",
    "ses.num_piece_passed",
    "ses.num_piece_failed",
    "disk.num_blocks_written",
    "disk.num_blocks_read",
    "disk.num_blocks_hashed",
    "disk.num_write_ops",
    "disk.num_read_ops",
    "disk.disk_read_time",
    "disk.disk_write_time",
    "disk.disk_hash_time",
    "dht.dht_messages_in",
    "dht.dht_messages_out",
    "dht.dht_bytes_in",
    "dht.dht_bytes_out",
    "utp.utp_packets_in",
    "utp.utp_packets_out",
    "utp.utp_packet_loss",
    "utp.utp_timeout",
    "utp.utp_packet_resend",
];

/// Further numbers of libtorrent, which rise and fall.
const GAUGES: [&str; 27] = [
    "peer.num_peers_half_open",
    "peer.num_peers_connected",
    "peer.num_tcp_peers",
    "peer.num_utp_peers",
    "peer.num_ssl_peers",
    "peer.num_peers_up_interested",
    "peer.num_peers_down_interested",
    "peer.num_peers_up_unchoked",
    "peer.num_peers_down_unchoked",
    "peer.num_peers_up_requests",
    "peer.num_peers_down_requests",
    "net.limiter_up_queue",
    "net.limiter_down_queue",
    "ses.num_checking_torrents",
    "ses.num_stopped_torrents",
    "ses.num_downloading_torrents",
    "ses.num_seeding_torrents",
    "ses.num_queued_download_torrents",
    "ses.num_queued_seeding_torrents",
    "ses.num_error_torrents",
    "ses.num_unchoke_slots",
    "disk.queued_disk_jobs",
    "disk.num_running_disk_jobs",
    "disk.blocked_disk_jobs",
    "dht.dht_torrents",
    "dht.dht_peers",
    "utp.num_utp_connected",
];

/// All names that libtorrent is asked for, in one list.
pub(super) fn names() -> Vec<&'static str> {
    METRICS.into_iter().chain(COUNTERS).chain(GAUGES).collect()
}

/// One of libtorrent's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionNumber {
    /// libtorrent's name, such as `disk.num_read_ops`.
    pub name: &'static str,
    pub value: i64,
    /// True if it only grows while the session lives.
    pub grows: bool,
}

impl super::Engine {
    /// Numbers of the running session as libtorrent counts them; none before its first answer.
    #[must_use]
    pub fn session_numbers(&self) -> Vec<SessionNumber> {
        let values = self.shared.numbers.load();
        let names = COUNTERS.into_iter().map(|name| (name, true));
        let names = names.chain(GAUGES.into_iter().map(|name| (name, false)));
        let numbers = names.zip(values.iter());
        numbers.map(|((name, grows), value)| SessionNumber { name, value: *value, grows }).collect()
    }
}

/// Bytes of one of libtorrent's blocks.
const BLOCK_BYTES: i64 = 16 * 1024;

/// The running sums behind [`Totals`].
pub(super) struct Counters {
    /// All-time bytes of earlier runs.
    base: AllTime,
    last: Option<(Instant, i64, i64)>,
    stored: AllTime,
    pub(super) is_listening: bool,
}

impl Counters {
    pub(super) fn new(base: AllTime) -> Self {
        Self { base, last: None, stored: base, is_listening: false }
    }
}

impl Worker {
    /// Counts from more than was counted so far, if it is more.
    pub(super) fn raise_all_time(&mut self, all_time: AllTime) {
        let counters = &mut self.counters;
        let downloaded = (all_time.downloaded - counters.stored.downloaded).max(0);
        let uploaded = (all_time.uploaded - counters.stored.uploaded).max(0);
        counters.base.downloaded += downloaded;
        counters.base.uploaded += uploaded;
        counters.stored.downloaded += downloaded;
        counters.stored.uploaded += uploaded;
        let raised = counters.stored;
        self.store(Change::PutAllTime(raised));
    }

    /// Takes one set of counters into the totals.
    pub(super) fn take_counters(&mut self, counters: &[i64]) {
        let Some((counters, others)) = counters.split_first_chunk::<{ METRICS.len() }>() else {
            tracing::error!("libtorrent answered {} counters only", counters.len());
            return;
        };
        self.shared.numbers.store(Arc::new(others.to_vec()));
        let &[
            received,
            sent,
            received_all,
            sent_all,
            received_overhead,
            sent_overhead,
            failed,
            redundant,
            incoming,
            dht_nodes,
            peers,
            peers_up_disk,
            peers_down_disk,
            disk_jobs,
            write_bytes,
            blocks,
            job_time,
            jobs,
            request_latency,
            announces,
            _tracker_bytes,
        ] = counters;
        let now = Instant::now();
        let (download_rate, upload_rate) = match self.counters.last {
            Some((then, was_received, was_sent)) => {
                let milliseconds =
                    i64::try_from((now - then).as_millis()).unwrap_or(i64::MAX).max(1);
                (
                    (received - was_received).max(0) * 1000 / milliseconds,
                    (sent - was_sent).max(0) * 1000 / milliseconds,
                )
            }
            None => (0, 0),
        };
        self.counters.last = Some((now, received, sent));
        let all_time = AllTime {
            downloaded: self.counters.base.downloaded + received_all + received_overhead,
            uploaded: self.counters.base.uploaded + sent_all + sent_overhead,
        };
        if all_time != self.counters.stored {
            self.counters.stored = all_time;
            self.shared.store.submit_lazily(vec![Change::PutAllTime(all_time)]);
        }
        let connection = match (self.counters.is_listening, incoming > 0) {
            (false, _) => ConnectionStatus::Disconnected,
            (true, true) => ConnectionStatus::Connected,
            (true, false) => ConnectionStatus::Firewalled,
        };
        let old = &self.working.totals;
        let totals = Totals {
            download_rate,
            upload_rate,
            downloaded: received,
            uploaded: sent,
            all_time_downloaded: all_time.downloaded,
            all_time_uploaded: all_time.uploaded,
            wasted: failed + redundant,
            dht_nodes,
            peer_connections: peers,
            connection,
            external_v4: old.external_v4,
            external_v6: old.external_v6,
            free_space: old.free_space,
            queued_disk_jobs: disk_jobs,
            queued_disk_bytes: write_bytes,
            average_disk_wait: if jobs > 0 { job_time / jobs } else { 0 },
            disk_buffer_bytes: blocks * BLOCK_BYTES,
            queued_announces: announces,
            request_latency,
            read_overload: overload(peers_up_disk, peers),
            write_overload: overload(peers_down_disk, peers),
        };
        self.set_totals(totals);
    }

    pub(super) fn edit_totals(&mut self, change: impl FnOnce(&mut Totals)) {
        let mut totals = Totals::clone(&self.working.totals);
        change(&mut totals);
        self.set_totals(totals);
    }

    fn set_totals(&mut self, totals: Totals) {
        if *self.working.totals != totals {
            self.working.totals = Arc::new(totals);
            self.touch();
        }
    }
}

/// Percent of the peers that wait for the disk.
#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 53 bits")]
fn overload(waiting: i64, peers: i64) -> f64 {
    if peers > 0 { waiting as f64 * 100.0 / peers as f64 } else { 0.0 }
}

/// Bytes that an unprivileged user may write to the file system of a directory, or of its nearest existing ancestor.
#[must_use]
pub fn free_space(directory: &str) -> Option<i64> {
    let existing = std::path::Path::new(directory).ancestors().find(|path| path.exists())?;
    let stats = rustix::fs::statvfs(existing).ok()?;
    i64::try_from(stats.f_bavail.saturating_mul(stats.f_frsize)).ok()
}
