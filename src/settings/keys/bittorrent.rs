//! Rows of the table: the protocol, rates, queue, share limits and trackers.

use super::section;

use crate::settings::field::{
    Encryption, MixedMode, Protocol, ScheduleDays, SeedChoking, ShareAction, ShareMode,
    SlotsBehavior,
};

section! {
    /// The protocol between peers.
    bittorrent: BitTorrent {
        /// Find peers by the distributed hash table.
        dht: bool = true, hot;
        /// Exchange peers with peers.
        pex: bool = true, hot;
        /// Find peers on the local network.
        lsd: bool = false, hot;
        /// Encryption of connections.
        encryption: Encryption = Encryption::Allow, hot;
        /// Hide what identifies this client.
        anonymous_mode: bool = false, hot;
        /// Transports.
        protocol: Protocol = Protocol::TcpAndUtp, hot;
        /// How uTP and TCP share the line.
        mixed_mode: MixedMode = MixedMode::PreferTcp, hot;
        /// First nodes of the distributed hash table: `host:port`, separated by commas.
        dht_bootstrap_nodes: String =
            "dht.libtorrent.org:25401, dht.transmissionbt.com:6881, router.bittorrent.com:6881".to_owned(), hot;
        /// Several connections from one address.
        multiple_connections_per_address: bool = false, hot;
        /// Several connections from one peer id.
        multiple_connections_per_peer_id: bool = false, hot;
        /// Do not connect to ports below 1024.
        block_privileged_ports: bool = false, hot;
        /// How many peers are uploaded to.
        upload_slots_behavior: SlotsBehavior = SlotsBehavior::Fixed, hot;
        /// Which peers a seed uploads to.
        seed_choking: SeedChoking = SeedChoking::FastestUpload, hot;
        /// Percent of peers that are replaced at a turnover.
        peer_turnover_percent: u32 = 4, hot, 0..=100;
        /// Percent of the connection limit from which turnovers happen.
        peer_turnover_cutoff_percent: u32 = 90, hot, 0..=100;
        /// Seconds between turnovers.
        peer_turnover_interval_seconds: u32 = 300, hot, 30..=3600;
        /// Outstanding requests to one peer.
        request_queue_size: u32 = 500, hot, 1..=100_000;
        /// Outstanding requests from one peer.
        max_outstanding_block_requests: u32 = 2000, hot, 1..=100_000;
        /// Tell peers about pieces that are in memory.
        upload_suggestions: bool = false, hot;
        /// Prefer pieces near to those that are downloaded already.
        piece_extent_affinity: bool = false, hot;
        /// Send buffer per peer in KiB at most.
        send_buffer_watermark_kib: u32 = 500, hot, 1..=1_000_000;
        /// Send buffer per peer in KiB at least.
        send_buffer_low_watermark_kib: u32 = 10, hot, 1..=1_000_000;
        /// Percent of a second of upload that the send buffer holds.
        send_buffer_watermark_factor_percent: u32 = 50, hot, 1..=10_000;
        /// Seconds that resolved host names are kept.
        hostname_cache_seconds: u32 = 1200, hot, 0..=2_147_483_647;
        /// Accept international domain names.
        idn_support: bool = false, hot;
        /// Depth of nesting that is accepted in torrent files.
        bdecode_depth_limit: u32 = 100, hot, 1..=10_000;
        /// Tokens that are accepted in torrent files.
        bdecode_token_limit: u32 = 10_000_000, hot, 1..=100_000_000;
        /// Server that tells peers of the browser their address.
        webtorrent_stun_server: String = "stun.l.google.com:19302".to_owned(), hot;
    }
}

section! {
    /// Rates in bytes per second, and their schedule.
    limits: Limits {
        /// Download rate; null unlimited.
        download_bytes_per_second: Option<u32> = None, hot, 1..=2_147_483_647;
        /// Upload rate; null unlimited.
        upload_bytes_per_second: Option<u32> = None, hot, 1..=2_147_483_647;
        /// Download rate in alternative mode; null unlimited.
        alternative_download_bytes_per_second: Option<u32> = Some(10_240), hot, 1..=2_147_483_647;
        /// Upload rate in alternative mode; null unlimited.
        alternative_upload_bytes_per_second: Option<u32> = Some(10_240), hot, 1..=2_147_483_647;
        /// The alternative limits are in force.
        alternative_active: bool = false, hot;
        /// Limits apply to uTP.
        limit_utp: bool = true, hot;
        /// Limits include the overhead of TCP/IP.
        limit_overhead: bool = false, hot;
        /// Limits apply to peers on local networks.
        limit_local_peers: bool = true, hot;
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
        enabled: bool = false, hot;
        /// Downloads at once; null unlimited.
        max_active_downloads: Option<u32> = Some(3), hot, 0..=1_000_000;
        /// Seeds at once; null unlimited.
        max_active_uploads: Option<u32> = Some(3), hot, 0..=1_000_000;
        /// Torrents at once; null unlimited.
        max_active_torrents: Option<u32> = Some(5), hot, 0..=1_000_000;
        /// Checks at once, whether or not the queue is on; null unlimited.
        max_active_checking: Option<u32> = Some(1), hot, 1..=1_000_000;
        /// Slow torrents do not count.
        ignore_slow: bool = false, hot;
        /// Download rate in KiB per second below which a torrent is slow.
        slow_download_kib: u32 = 2, hot, 0..=2_000_000;
        /// Upload rate in KiB per second below which a torrent is slow.
        slow_upload_kib: u32 = 2, hot, 0..=2_000_000;
        /// Seconds after the start before a torrent can be slow.
        slow_inactive_seconds: u32 = 60, hot, 0..=2_147_483_647;
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
        announce_to_all: bool = false, hot;
        /// Announce to all tiers.
        announce_to_all_tiers: bool = true, hot;
        /// Address that is announced; empty for the one that trackers see.
        announce_address: String = String::new(), hot;
        /// Port that is announced; 0 for the listening one.
        announce_port: u16 = 0, hot;
        /// HTTP announces at once.
        max_concurrent_http_announces: u32 = 50, hot, 1..=100_000;
        /// Seconds that the announces of a stop may take; 0 does not announce stops.
        stop_timeout_seconds: u32 = 2, hot, 0..=3600;
        /// Check certificates of trackers and web seeds.
        validate_https_certificates: bool = true, hot;
        /// Refuse trackers and web seeds that reach into the local network.
        ssrf_mitigation: bool = true, hot;
    }
}
