//! Rows of the table: requests between peers, the distributed hash table, uTP and web seeds in detail.
//!
//! Upstream has no preference for them; the defaults are those of libtorrent.

use super::Effect::Is;
use super::section;

section! {
    /// Requests between peers.
    transfer: Transfer {
        /// Seconds after which a request to a peer counts as lost.
        request_timeout_seconds: u32 = 60, hot, 1..=3600 => Is("request_timeout");
        /// Seconds after which a piece that does not come is also asked from others.
        piece_timeout_seconds: u32 = 20, hot, 1..=3600 => Is("piece_timeout");
        /// Seconds of download that requests to a peer cover.
        request_queue_seconds: u32 = 3, hot, 1..=3600 => Is("request_queue_time");
        /// Seconds in which a peer must be able to send a piece so that it gets whole pieces.
        whole_pieces_seconds: u32 = 20, hot, 1..=3600 => Is("whole_pieces_threshold");
        /// Pieces in which data is taken by chance before the rarest come first.
        first_random_pieces: u32 = 4, hot, 0..=10_000 => Is("initial_picker_threshold");
        /// Finish pieces that are begun before new ones.
        partial_pieces_first: bool = false, hot => Is("prioritize_partial_pieces");
        /// Ask several peers for the last pieces only when all others are under way.
        strict_end_game: bool = true, hot => Is("strict_end_game_mode");
        /// Download in order when nearly all peers are seeds.
        auto_sequential: bool = true, hot => Is("auto_sequential");
        /// After a failed hash check take a piece from one peer alone, to find the culprit.
        parole: bool = true, hot => Is("use_parole_mode");
        /// Pieces that a choked peer may ask for.
        allowed_fast_pieces: u32 = 5, hot, 0..=1000 => Is("allowed_fast_set_size");
        /// Pieces in memory that a peer is told about.
        max_suggested_pieces: u32 = 16, hot, 0..=10_000 => Is("max_suggest_pieces");
        /// Milliseconds before a piece is complete at which peers are told about it; 0 when it is.
        predictive_announce_ms: u32 = 0, hot, 0..=60_000 => Is("predictive_piece_announce");
        /// Tell peers about pieces that they have.
        send_redundant_have: bool = true, hot => Is("send_redundant_have");
        /// Receive buffer per peer at most, in bytes.
        receive_buffer_bytes: u32 = 2_097_152, hot, 131_072..=1_073_741_824 => Is("max_peer_recv_buffer_size");
        /// Bytes that wait in a socket below which more are handed to it.
        not_sent_low_watermark_bytes: u32 = 16_384, hot, 0..=1_073_741_824 => Is("send_not_sent_low_watermark");
        /// Size of metadata that is taken from peers at most, in bytes.
        max_metadata_bytes: u32 = 31_457_280, hot, 65_536..=1_073_741_824 => Is("max_metadata_size");
        /// Pieces of a torrent whose metadata is taken from peers at most.
        max_pieces: u32 = 2_097_152, hot, 1..=16_777_216 => Is("max_piece_count");
    }
}

section! {
    /// The distributed hash table in detail; `bittorrent.dht` switches it.
    dht: Dht {
        /// One node per network in the routing table.
        restrict_routing_addresses: bool = true, hot => Is("dht_restrict_routing_ips");
        /// One node per network in a search.
        restrict_search_addresses: bool = true, hot => Is("dht_restrict_search_ips");
        /// Prefer nodes whose id fits their address.
        prefer_verified_nodes: bool = true, hot => Is("dht_prefer_verified_node_ids");
        /// Ignore nodes whose id does not fit their address.
        enforce_node_id: bool = false, hot => Is("dht_enforce_node_id");
        /// Hide in a search what is searched for, as long as it goes.
        privacy_lookups: bool = false, hot => Is("dht_privacy_lookups");
        /// Ask others and answer nobody.
        read_only: bool = false, hot => Is("dht_read_only");
        /// Keep more requests under way in a search.
        aggressive_lookups: bool = true, hot => Is("dht_aggressive_lookups");
        /// Keep more nodes that are near in the routing table.
        extended_routing_table: bool = true, hot => Is("dht_extended_routing_table");
        /// Ignore addresses that nobody on the internet can have.
        ignore_dark_internet: bool = true, hot => Is("dht_ignore_dark_internet");
        /// Requests of a search at once.
        search_branching: u32 = 5, hot, 1..=100 => Is("dht_search_branching");
        /// Failed requests after which a node is forgotten.
        max_failures: u32 = 20, hot, 1..=1000 => Is("dht_max_fail_count");
        /// Torrents of others that peers are stored for.
        max_torrents: u32 = 2000, hot, 0..=1_000_000 => Is("dht_max_torrents");
        /// Peers that are stored of one torrent.
        max_peers: u32 = 500, hot, 0..=100_000 => Is("dht_max_peers");
        /// Peers in one answer.
        max_peers_in_answer: u32 = 100, hot, 0..=1000 => Is("dht_max_peers_reply");
        /// Items of others that are stored.
        max_items: u32 = 700, hot, 0..=1_000_000 => Is("dht_max_dht_items");
        /// Seconds after which items of others are forgotten; 0 never.
        item_lifetime_seconds: u32 = 0, hot, 0..=31_536_000 => Is("dht_item_lifetime");
        /// Seconds that a node which asks too often is not answered.
        block_seconds: u32 = 300, hot, 0..=86_400 => Is("dht_block_timeout");
        /// Requests per second from which a node asks too often.
        block_rate_per_second: u32 = 5, hot, 1..=1000 => Is("dht_block_ratelimit");
        /// Bytes per second that are sent.
        upload_bytes_per_second: u32 = 8000, hot, 1000..=10_000_000 => Is("dht_upload_rate_limit");
        /// Seconds between announces of a torrent.
        announce_interval_seconds: u32 = 900, hot, 60..=86_400 => Is("dht_announce_interval");
    }
}

section! {
    /// Connections by uTP in detail.
    utp: Utp {
        /// Milliseconds of delay that uploads may cause.
        target_delay_ms: u32 = 100, hot, 1..=10_000 => Is("utp_target_delay");
        /// Bytes by which a window grows in a round trip at most.
        gain_factor: u32 = 3000, hot, 1..=1_000_000 => Is("utp_gain_factor");
        /// Milliseconds after which a packet counts as lost, at least.
        min_timeout_ms: u32 = 500, hot, 50..=60_000 => Is("utp_min_timeout");
        /// Milliseconds after which a connection attempt is repeated.
        connect_timeout_ms: u32 = 3000, hot, 100..=60_000 => Is("utp_connect_timeout");
        /// Repeated packets that open a connection.
        open_resends: u32 = 2, hot, 1..=100 => Is("utp_syn_resends");
        /// Repeated packets that close a connection.
        close_resends: u32 = 2, hot, 1..=100 => Is("utp_fin_resends");
        /// Repeated packets before a connection counts as lost.
        resends: u32 = 3, hot, 1..=100 => Is("utp_num_resends");
        /// Percent of the window that is left after a loss.
        loss_percent: u32 = 50, hot, 1..=100 => Is("utp_loss_multiplier");
        /// Milliseconds between two shrinkings of the window.
        shrink_interval_ms: u32 = 100, hot, 1..=60_000 => Is("utp_cwnd_reduce_timer");
    }
}

section! {
    /// Servers that hold the content of torrents.
    web_seeds: WebSeeds {
        /// Connections to web seeds of one torrent.
        max_connections_per_torrent: u32 = 3, hot, 1..=1000 => Is("max_web_seed_connections");
        /// Seconds of silence after which a web seed is given up.
        timeout_seconds: u32 = 20, hot, 1..=3600 => Is("urlseed_timeout");
        /// Requests under way at once.
        pipeline: u32 = 5, hot, 1..=1000 => Is("urlseed_pipeline_size");
        /// Bytes of one request at most.
        max_request_bytes: u32 = 16_777_216, hot, 16_384..=1_073_741_824 => Is("urlseed_max_request_bytes");
        /// Seconds before a web seed that failed is tried again.
        retry_seconds: u32 = 30, hot, 1..=86_400 => Is("urlseed_wait_retry");
        /// Seconds before a host name that was not found is looked up again.
        lookup_retry_seconds: u32 = 1800, hot, 1..=86_400 => Is("web_seed_name_lookup_retry");
        /// Never use a web seed again that sent wrong data.
        ban: bool = true, hot => Is("ban_web_seeds");
        /// Tell trackers about bytes from web seeds.
        report_downloads: bool = true, hot => Is("report_web_seed_downloads");
    }
}
