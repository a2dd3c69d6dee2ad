//! Rows of the table: the protocol, rates, queue, share limits and trackers.

use super::Effect::{Calls, Is, IsIfKnown, Kept, Sets};
use super::section;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::settings::field::{
    Encryption, EncryptionLevel, MixedMode, Protocol, ScheduleDays, Secret, SeedChoking,
    ShareAction, ShareMode, SlotsBehavior,
};

section! {
    /// The protocol between peers.
    bittorrent: BitTorrent {
        /// Find peers by the distributed hash table.
        dht: bool = true, hot => Is("enable_dht");
        /// Exchange peers with peers.
        pex: bool = true, hot => Calls;
        /// Find peers on the local network.
        lsd: bool = false, hot => Sets(&["enable_lsd"]);
        /// Encryption of connections.
        encryption: Encryption = Encryption::Allow, hot => Sets(&["in_enc_policy", "out_enc_policy"]);
        /// Ciphers of encrypted connections.
        encryption_level: EncryptionLevel = EncryptionLevel::Rc4, hot => Sets(&["allowed_enc_level"]);
        /// Ask for RC4 where both sides could do with an encrypted handshake alone.
        prefer_rc4: bool = true, hot => Is("prefer_rc4");
        /// Tell trackers that encrypted connections are wanted.
        announce_encryption: bool = true, hot => Is("announce_crypto_support");
        /// Hide what identifies this client.
        anonymous_mode: bool = false, hot => Is("anonymous_mode");
        /// Transports.
        protocol: Protocol = Protocol::TcpAndUtp, hot => Sets(&["enable_incoming_tcp", "enable_outgoing_tcp", "enable_incoming_utp", "enable_outgoing_utp"]);
        /// Transports of incoming connections; null as above.
        incoming_protocol: Option<Protocol> = None, hot => Sets(&["enable_incoming_tcp", "enable_incoming_utp"]);
        /// Transports of outgoing connections; null as above.
        outgoing_protocol: Option<Protocol> = None, hot => Sets(&["enable_outgoing_tcp", "enable_outgoing_utp"]);
        /// Peers in one message of the exchange.
        pex_max_peers: u32 = 50, hot, 0..=200 => Is("max_pex_peers");
        /// Seconds between announces on the local network.
        lsd_interval_seconds: u32 = 300, hot, 60..=86_400 => Is("local_service_announce_interval");
        /// A super seed tells a peer about the next piece only after it has seen it pass on the last.
        strict_super_seeding: bool = false, hot => IsIfKnown("strict_super_seeding");
        /// How uTP and TCP share the line.
        mixed_mode: MixedMode = MixedMode::PreferTcp, hot => Sets(&["mixed_mode_algorithm"]);
        /// First nodes of the distributed hash table: `host:port`, separated by commas.
        dht_bootstrap_nodes: String =
            "dht.libtorrent.org:25401, dht.transmissionbt.com:6881, router.bittorrent.com:6881".to_owned(), hot => Is("dht_bootstrap_nodes");
        /// Several connections from one address.
        multiple_connections_per_address: bool = false, hot => Is("allow_multiple_connections_per_ip");
        /// Several connections from one peer id.
        multiple_connections_per_peer_id: bool = false, hot => IsIfKnown("allow_multiple_connections_per_pid");
        /// Do not connect to ports below 1024.
        block_privileged_ports: bool = false, hot => Is("no_connect_privileged_ports");
        /// How many peers are uploaded to.
        upload_slots_behavior: SlotsBehavior = SlotsBehavior::Fixed, hot => Sets(&["choking_algorithm"]);
        /// Which peers a seed uploads to.
        seed_choking: SeedChoking = SeedChoking::FastestUpload, hot => Sets(&["seed_choking_algorithm"]);
        /// Peers uploaded to on trial; 0 for a fifth of the slots.
        optimistic_slots: u32 = 0, hot, 0..=10_000 => Is("num_optimistic_unchoke_slots");
        /// Seconds between choices of who is uploaded to.
        unchoke_interval_seconds: u32 = 15, hot, 1..=3600 => Is("unchoke_interval");
        /// Seconds between choices of who is uploaded to on trial.
        optimistic_unchoke_interval_seconds: u32 = 30, hot, 1..=3600 => Is("optimistic_unchoke_interval");
        /// Rate in bytes per second from which the rate-based choice opens a second slot.
        rate_choker_threshold_bytes: u32 = 1024, hot, 1..=2_147_483_647 => Is("rate_choker_initial_threshold");
        /// Pieces that a peer is sent by a seed before its turn ends.
        seeding_piece_quota: u32 = 20, hot, 1..=10_000 => Is("seeding_piece_quota");
        /// Percent of peers that are replaced at a turnover.
        peer_turnover_percent: u32 = 4, hot, 0..=100 => Is("peer_turnover");
        /// Percent of the connection limit from which turnovers happen.
        peer_turnover_cutoff_percent: u32 = 90, hot, 0..=100 => Is("peer_turnover_cutoff");
        /// Seconds between turnovers.
        peer_turnover_interval_seconds: u32 = 300, hot, 30..=3600 => Is("peer_turnover_interval");
        /// Outstanding requests to one peer.
        request_queue_size: u32 = 500, hot, 1..=100_000 => Is("max_out_request_queue");
        /// Outstanding requests from one peer.
        max_outstanding_block_requests: u32 = 2000, hot, 1..=100_000 => Is("max_allowed_in_request_queue");
        /// Tell peers about pieces that are in memory.
        upload_suggestions: bool = false, hot => Sets(&["suggest_mode"]);
        /// Prefer pieces near to those that are downloaded already.
        piece_extent_affinity: bool = false, hot => Is("piece_extent_affinity");
        /// Send buffer per peer in KiB at most.
        send_buffer_watermark_kib: u32 = 500, hot, 1..=1_000_000 => Sets(&["send_buffer_watermark"]);
        /// Send buffer per peer in KiB at least.
        send_buffer_low_watermark_kib: u32 = 10, hot, 1..=1_000_000 => Sets(&["send_buffer_low_watermark"]);
        /// Percent of a second of upload that the send buffer holds.
        send_buffer_watermark_factor_percent: u32 = 50, hot, 1..=10_000 => Is("send_buffer_watermark_factor");
        /// Seconds that resolved host names are kept.
        hostname_cache_seconds: u32 = 1200, hot, 0..=2_147_483_647 => Is("resolver_cache_timeout");
        /// Accept international domain names.
        idn_support: bool = false, hot => Is("allow_idna");
        /// Depth of nesting that is accepted in torrent files.
        bdecode_depth_limit: u32 = 100, hot, 1..=10_000;
        /// Tokens that are accepted in torrent files.
        bdecode_token_limit: u32 = 10_000_000, hot, 1..=100_000_000 => Is("metadata_token_limit");
        /// Server that tells peers of the browser their address.
        webtorrent_stun_server: String = "stun.l.google.com:19302".to_owned(), hot => Kept("libtorrent 2.0 has no WebTorrent");
    }
}

section! {
    /// Rates in bytes per second, and their schedule.
    limits: Limits {
        /// Download rate; null unlimited.
        download_bytes_per_second: Option<u32> = None, hot, 1..=2_147_483_647 => Sets(&["download_rate_limit"]);
        /// Upload rate; null unlimited.
        upload_bytes_per_second: Option<u32> = None, hot, 1..=2_147_483_647 => Sets(&["upload_rate_limit"]);
        /// Download rate in alternative mode; null unlimited.
        alternative_download_bytes_per_second: Option<u32> = Some(10_240), hot, 1..=2_147_483_647 => Sets(&["download_rate_limit"]);
        /// Upload rate in alternative mode; null unlimited.
        alternative_upload_bytes_per_second: Option<u32> = Some(10_240), hot, 1..=2_147_483_647 => Sets(&["upload_rate_limit"]);
        /// The alternative limits are in force.
        alternative_active: bool = false, hot => Sets(&["download_rate_limit", "upload_rate_limit"]);
        /// Limits apply to uTP.
        limit_utp: bool = true, hot => Calls;
        /// Limits include the overhead of TCP/IP.
        limit_overhead: bool = false, hot => Is("rate_limit_ip_overhead");
        /// Limits apply to peers on local networks.
        limit_local_peers: bool = true, hot => Calls;
        /// Classes of peers with limits of their own: an object of `name` to `addresses`, `sockets`, rates, priorities and so on. At most 16.
        peer_classes: BTreeMap<String, Value> = BTreeMap::new(), hot => Calls;
        /// Switch the alternative limits on and off by time.
        schedule_enabled: bool = false, hot;
        /// Start of the alternative limits, minutes after midnight.
        schedule_from_minute: u32 = 480, hot, 0..=1439;
        /// End of the alternative limits, minutes after midnight; before the start means the next day.
        schedule_to_minute: u32 = 1200, hot, 0..=1439;
        /// Days of the schedule.
        schedule_days: ScheduleDays = ScheduleDays::EveryDay, hot;
    }
}

section! {
    /// How many torrents run at once.
    queue: Queue {
        /// Limit how many torrents run at once.
        enabled: bool = false, hot => Sets(&["active_downloads", "active_seeds", "active_limit", "dont_count_slow_torrents"]);
        /// Downloads at once; null unlimited.
        max_active_downloads: Option<u32> = Some(3), hot, 0..=1_000_000 => Sets(&["active_downloads"]);
        /// Seeds at once; null unlimited.
        max_active_uploads: Option<u32> = Some(3), hot, 0..=1_000_000 => Sets(&["active_seeds"]);
        /// Torrents at once; null unlimited.
        max_active_torrents: Option<u32> = Some(5), hot, 0..=1_000_000 => Sets(&["active_limit"]);
        /// Checks at once, whether or not the queue is on; null unlimited.
        max_active_checking: Option<u32> = Some(1), hot, 1..=1_000_000 => Is("active_checking");
        /// Seconds between looks at the queue.
        manage_interval_seconds: u32 = 30, hot, 1..=3600 => Is("auto_manage_interval");
        /// Seeds come before downloads.
        prefer_seeds: bool = false, hot => Is("auto_manage_prefer_seeds");
        /// A peer that connects starts a queued torrent.
        incoming_starts: bool = false, hot => Is("incoming_starts_queued_torrents");
        /// Percent of uploaded over downloaded below which a seed comes first. Orders seeds in the queue, stops nothing.
        seed_ratio_percent: u32 = 200, hot, 0..=100_000_000 => Is("share_ratio_limit");
        /// Percent of seeding time over downloading time below which a seed comes first. Orders seeds, stops nothing.
        seed_time_ratio_percent: u32 = 700, hot, 0..=100_000_000 => Is("seed_time_ratio_limit");
        /// Seconds of seeding below which a seed comes first. Orders seeds, stops nothing.
        seed_time_seconds: u32 = 86_400, hot, 0..=2_147_483_647 => Is("seed_time_limit");
        /// Slow torrents do not count.
        ignore_slow: bool = false, hot => Sets(&["dont_count_slow_torrents"]);
        /// Download rate in KiB per second below which a torrent is slow.
        slow_download_kib: u32 = 2, hot, 0..=2_000_000 => Sets(&["inactive_down_rate"]);
        /// Upload rate in KiB per second below which a torrent is slow.
        slow_upload_kib: u32 = 2, hot, 0..=2_000_000 => Sets(&["inactive_up_rate"]);
        /// Seconds after the start before a torrent can be slow.
        slow_inactive_seconds: u32 = 60, hot, 0..=2_147_483_647 => Is("auto_manage_startup");
    }
}

section! {
    /// When seeding ends; a torrent or category may say otherwise.
    share: Share {
        /// Uploaded over downloaded; null unlimited.
        max_ratio: Option<f64> = None, hot, 0..=1_000_000_000_000;
        /// Minutes spent seeding; null unlimited.
        max_seeding_minutes: Option<i64> = None, hot, 0..=2_147_483_647;
        /// Minutes without payload; null unlimited.
        max_inactive_minutes: Option<i64> = None, hot, 0..=2_147_483_647;
        /// What happens then.
        action: ShareAction = ShareAction::Stop, hot;
        /// Whether one reached limit is enough.
        mode: ShareMode = ShareMode::MatchAny, hot;
    }
}

section! {
    /// Announces.
    trackers: Trackers {
        /// Add trackers to new public torrents.
        add_enabled: bool = false, hot;
        /// Trackers for new public torrents, one a line; a blank line begins the next tier.
        add: String = String::new(), hot;
        /// Add trackers of a downloaded list to new public torrents.
        add_from_url_enabled: bool = false, hot;
        /// Where the list is downloaded from.
        add_from_url: String = String::new(), hot;
        /// Announce to all trackers of a tier.
        announce_to_all: bool = false, hot => Is("announce_to_all_trackers");
        /// Announce to all tiers.
        announce_to_all_tiers: bool = true, hot => Is("announce_to_all_tiers");
        /// Name of this client at trackers and web seeds; empty for `Revaer/` and the version.
        user_agent: String = String::new(), hot => Sets(&["user_agent"]);
        /// Seconds that an announce may take as a whole.
        completion_timeout_seconds: u32 = 30, hot, 1..=3600 => Is("tracker_completion_timeout");
        /// Seconds of silence after which an announce has failed.
        receive_timeout_seconds: u32 = 10, hot, 1..=3600 => Is("tracker_receive_timeout");
        /// Peers that a tracker is asked for.
        peers_wanted: u32 = 200, hot, 0..=10_000 => Is("num_want");
        /// UDP trackers come first within a tier.
        prefer_udp: bool = true, hot => Is("prefer_udp_trackers");
        /// Least seconds between two announces to a tracker, whatever it says.
        min_announce_interval_seconds: u32 = 300, hot, 1..=86_400 => Is("min_announce_interval");
        /// Seconds between scrapes of paused torrents.
        scrape_interval_seconds: u32 = 1800, hot, 60..=86_400 => Is("auto_scrape_interval");
        /// Least seconds between two scrapes of paused torrents.
        scrape_min_interval_seconds: u32 = 300, hot, 1..=86_400 => Is("auto_scrape_min_interval");
        /// Percent by which the pause grows with each failed announce.
        backoff_percent: u32 = 250, hot, 0..=100_000 => Is("tracker_backoff");
        /// Seconds that a token of a UDP tracker is used.
        udp_token_seconds: u32 = 60, hot, 1..=3600 => Is("udp_tracker_token_expiry");
        /// Size of an answer of a tracker at most, in bytes.
        max_response_bytes: u32 = 4_194_304, hot, 65_536..=1_073_741_824 => Is("max_http_recv_buffer_size");
        /// Report true numbers of downloaded bytes, also after failed hash checks.
        report_true_downloaded: bool = false, hot => Is("report_true_downloaded");
        /// Address that is announced; empty for the one that trackers see.
        announce_address: String = String::new(), hot => Is("announce_ip");
        /// Port that is announced; 0 for the listening one.
        announce_port: u16 = 0, hot => IsIfKnown("announce_port");
        /// HTTP announces at once.
        max_concurrent_http_announces: u32 = 50, hot, 1..=100_000 => Is("max_concurrent_http_announces");
        /// Seconds that the announces of a stop may take; 0 does not announce stops.
        stop_timeout_seconds: u32 = 2, hot, 0..=3600 => Is("stop_tracker_timeout");
        /// Logins at HTTP trackers, as a JSON array of objects with `host` (a name or address, with `:port` if it is not to hold for all), `username` and `password`. Trackers whose URL has a login of its own keep that.
        logins: Secret = Secret::default(), hot => Calls;
        /// Check certificates of trackers and web seeds.
        validate_https_certificates: bool = true, hot => Is("validate_https_trackers");
        /// Refuse trackers and web seeds that reach into the local network.
        ssrf_mitigation: bool = true, hot => Is("ssrf_mitigation");
    }
}
