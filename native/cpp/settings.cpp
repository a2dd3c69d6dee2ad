#include "settings.hpp"

#include "convert.hpp"
#include "session.hpp"
#include "strict.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace revaer {

namespace {

// The settings that some code of libtorrent 2.0.8 to 2.0.14 reads, sorted. libtorrent also accepts,
// and reads back, names that nothing looks at any more (such as cache_size); those are absent here,
// and refused. Names that are younger than the linked library are refused by its own lookup.
// disable_hash_checks is left out because it corrupts data silently.
// clang-format off
constexpr std::string_view live_names[] = {
    "active_checking", "active_dht_limit", "active_downloads", "active_limit", "active_lsd_limit",
    "active_seeds", "active_tracker_limit", "aio_threads", "alert_mask", "alert_queue_size",
    "allow_i2p_mixed", "allow_idna", "allow_multiple_connections_per_ip",
    "allow_multiple_connections_per_pid", "allowed_enc_level", "allowed_fast_set_size",
    "always_send_user_agent", "announce_crypto_support", "announce_ip", "announce_port",
    "announce_to_all_tiers", "announce_to_all_trackers", "anonymous_mode",
    "apply_ip_filter_to_trackers", "auto_manage_interval", "auto_manage_prefer_seeds",
    "auto_manage_startup", "auto_scrape_interval", "auto_scrape_min_interval", "auto_sequential",
    "ban_web_seeds", "checking_mem_usage", "choking_algorithm", "close_file_interval",
    "close_redundant_connections", "connect_seed_every_n_download", "connection_speed",
    "connections_limit", "connections_slack", "dht_aggressive_lookups", "dht_announce_interval",
    "dht_block_ratelimit", "dht_block_timeout", "dht_bootstrap_nodes", "dht_enforce_node_id",
    "dht_extended_routing_table", "dht_ignore_dark_internet", "dht_item_lifetime",
    "dht_max_dht_items", "dht_max_fail_count", "dht_max_infohashes_sample_count", "dht_max_peers",
    "dht_max_peers_reply", "dht_max_torrent_search_reply", "dht_max_torrents",
    "dht_prefer_verified_node_ids", "dht_privacy_lookups", "dht_read_only",
    "dht_restrict_routing_ips", "dht_restrict_search_ips", "dht_sample_infohashes_interval",
    "dht_search_branching", "dht_upload_rate_limit", "disk_disable_copy_on_write",
    "disk_io_read_mode", "disk_io_write_mode", "disk_write_mode", "dont_count_slow_torrents",
    "download_rate_limit", "enable_dht", "enable_incoming_tcp", "enable_incoming_utp",
    "enable_ip_notifier", "enable_lsd", "enable_natpmp", "enable_outgoing_tcp",
    "enable_outgoing_utp", "enable_set_file_valid_data", "enable_upnp", "file_pool_size",
    "handshake_client_version", "handshake_timeout", "hashing_threads", "i2p_hostname",
    "i2p_inbound_length", "i2p_inbound_length_variance", "i2p_inbound_quantity",
    "i2p_outbound_length", "i2p_outbound_length_variance", "i2p_outbound_quantity", "i2p_port",
    "in_enc_policy", "inactive_down_rate", "inactive_up_rate", "inactivity_timeout",
    "incoming_starts_queued_torrents", "initial_picker_threshold", "listen_interfaces",
    "listen_queue_size", "listen_system_port_fallback", "local_service_announce_interval",
    "max_allowed_in_request_queue", "max_concurrent_http_announces", "max_failcount",
    "max_http_recv_buffer_size", "max_metadata_size", "max_out_request_queue",
    "max_paused_peerlist_size", "max_peer_recv_buffer_size", "max_peerlist_size", "max_pex_peers",
    "max_piece_count", "max_queued_disk_bytes", "max_retry_port_bind", "max_suggest_pieces",
    "max_web_seed_connections", "metadata_token_limit", "min_announce_interval",
    "min_reconnect_time", "mixed_mode_algorithm", "mmap_file_size_cutoff", "natpmp_gateway",
    "natpmp_lease_duration", "no_atime_storage", "no_connect_privileged_ports",
    "no_recheck_incomplete_resume", "num_optimistic_unchoke_slots", "num_outgoing_ports",
    "num_want", "optimistic_disk_retry", "optimistic_unchoke_interval", "out_enc_policy",
    "outgoing_interfaces", "outgoing_port", "peer_connect_timeout", "peer_dscp", "peer_fingerprint",
    "peer_timeout", "peer_tos", "peer_turnover", "peer_turnover_cutoff", "peer_turnover_interval",
    "piece_extent_affinity", "piece_timeout", "predictive_piece_announce", "prefer_rc4",
    "prefer_udp_trackers", "prioritize_partial_pieces", "proxy_hostname", "proxy_hostnames",
    "proxy_password", "proxy_peer_connections", "proxy_port", "proxy_send_host_in_connect",
    "proxy_tracker_connections", "proxy_type", "proxy_username", "rate_choker_initial_threshold",
    "rate_limit_ip_overhead", "recv_socket_buffer_size", "report_redundant_bytes",
    "report_true_downloaded", "report_web_seed_downloads", "request_queue_time", "request_timeout",
    "resolver_cache_timeout", "seed_choking_algorithm", "seed_time_limit", "seed_time_ratio_limit",
    "seeding_outgoing_connections", "seeding_piece_quota", "send_buffer_low_watermark",
    "send_buffer_watermark", "send_buffer_watermark_factor", "send_not_sent_low_watermark",
    "send_redundant_have", "send_socket_buffer_size", "share_mode_target", "share_ratio_limit",
    "smooth_connects", "socks5_udp_send_local_ep", "ssrf_mitigation", "stop_tracker_timeout",
    "strict_end_game_mode", "strict_super_seeding", "suggest_mode", "support_share_mode",
    "tick_interval", "torrent_connect_boost", "tracker_backoff", "tracker_completion_timeout",
    "tracker_receive_timeout", "udp_tracker_token_expiry", "unchoke_interval",
    "unchoke_slots_limit", "upload_rate_limit", "upnp_ignore_nonrouters", "upnp_lease_duration",
    "urlseed_max_request_bytes", "urlseed_pipeline_size", "urlseed_timeout", "urlseed_wait_retry",
    "use_dht_as_fallback", "use_parole_mode", "user_agent", "utp_connect_timeout",
    "utp_cwnd_reduce_timer", "utp_fin_resends", "utp_gain_factor", "utp_loss_multiplier",
    "utp_min_timeout", "utp_num_resends", "utp_syn_resends", "utp_target_delay",
    "validate_https_trackers", "web_seed_name_lookup_retry", "whole_pieces_threshold",
};
// clang-format on

// -1 for a name that is not live.
int find(std::string_view name) {
    bool const live = std::binary_search(std::begin(live_names), std::end(live_names), name);
    return live ? lt::setting_by_name(lt::string_view(name.data(), name.size())) : -1;
}

int lookup(std::string_view name) {
    int const id = find(name);
    if (id < 0) {
        throw std::invalid_argument("`" + std::string(name) +
                                    "` is not a setting of the linked libtorrent");
    }
    return id;
}

std::uint8_t kind_of(int id) {
    switch (id & lt::settings_pack::type_mask) {
    case lt::settings_pack::bool_type_base:
        return 0;
    case lt::settings_pack::int_type_base:
        return 1;
    default:
        return 2;
    }
}

} // namespace

bool has_setting(rust::Str name) {
    return find(std::string_view(name.data(), name.size())) >= 0;
}

lt::settings_pack to_pack(rust::Slice<Setting const> settings) {
    lt::settings_pack pack;
    for (Setting const& setting : settings) {
        std::string const name(setting.name);
        int const id = lookup(name);
        if (kind_of(id) != setting.kind) {
            static constexpr char const* kinds[] = {"a bool", "an int", "a text"};
            throw std::invalid_argument("`" + name + "` must be " + kinds[kind_of(id)]);
        }
        switch (setting.kind) {
        case 0:
            pack.set_bool(id, setting.flag);
            break;
        case 1:
            pack.set_int(id, setting.number);
            break;
        default:
            pack.set_str(id, std::string(setting.text));
        }
    }
    return pack;
}

Setting read_setting(lt::settings_pack const& pack, rust::Str name) {
    int const id = lookup(std::string_view(name.data(), name.size()));
    Setting setting{rust::String(name.data(), name.size()), kind_of(id), false, 0, rust::String()};
    switch (setting.kind) {
    case 0:
        setting.flag = pack.get_bool(id);
        break;
    case 1:
        setting.number = pack.get_int(id);
        break;
    default:
        setting.text = rust::String::lossy(pack.get_str(id));
    }
    return setting;
}

} // namespace revaer
