//! libtorrent's settings by name, in the order of the profile's sections.

use revaer_native::{Capabilities, Value};

use super::listen::{self, Host};
use super::{fingerprint, searches_locally};
use crate::settings::profile::{
    DiskIo, Encryption, MixedMode, Profile, Protocol, ProxyType, ReadMode, SeedChoking,
    SlotsBehavior, WriteMode,
};

type Named = (&'static str, Value);

fn flag(name: &'static str, on: bool) -> Named {
    (name, Value::Bool(on))
}

/// Values beyond libtorrent's 32 bits become the largest it knows.
fn int(name: &'static str, value: impl TryInto<i32>) -> Named {
    (name, Value::Int(value.try_into().unwrap_or(i32::MAX)))
}

fn text(name: &'static str, value: impl Into<String>) -> Named {
    (name, Value::Text(value.into()))
}

/// -1 is libtorrent's word for unlimited.
pub(super) fn or_unlimited(limit: Option<u32>) -> i32 {
    limit.map_or(-1, |limit| i32::try_from(limit).unwrap_or(i32::MAX))
}

pub(super) fn values(profile: &Profile, host: &Host, capabilities: &Capabilities) -> Vec<Named> {
    let mut all = fixed();
    all.extend(identity());
    all.extend(connection(profile, host));
    all.extend(bittorrent(profile));
    all.extend(buffers(profile));
    all.extend(limits(profile));
    all.extend(queue(profile));
    all.extend(trackers(profile));
    all.extend(proxy(profile));
    all.extend(disk(profile));
    all.extend(newer(profile, capabilities));
    all
}

/// What no preference changes.
fn fixed() -> Vec<Named> {
    vec![
        int("alert_queue_size", 1_000_000),
        int("max_retry_port_bind", 0),
        flag("listen_system_port_fallback", false),
        flag("use_dht_as_fallback", false),
        int("auto_scrape_interval", 1800),
        int("max_peerlist_size", 3000),
        int("max_paused_peerlist_size", 1000),
        // Otherwise torrents beyond the limit silently stop announcing.
        int("active_tracker_limit", -1),
        int("active_dht_limit", -1),
        int("active_lsd_limit", -1),
        // RC4 only, as upstream: plain text with an encrypted handshake hides nothing.
        int("allowed_enc_level", 2),
        flag("prefer_rc4", true),
    ]
}

fn identity() -> Vec<Named> {
    let version = concat!("Revaer/", env!("CARGO_PKG_VERSION"));
    vec![
        text("user_agent", version),
        text("handshake_client_version", version),
        text("peer_fingerprint", fingerprint()),
    ]
}

fn connection(profile: &Profile, host: &Host) -> Vec<Named> {
    let connection = &profile.connection;
    let forwarding = connection.upnp && !profile.hides_behind_proxy();
    let (first, last) = (connection.outgoing_port_min, connection.outgoing_port_max);
    vec![
        text("listen_interfaces", listen::listening(profile, host)),
        text("outgoing_interfaces", listen::outgoing(profile, host)),
        flag("enable_upnp", forwarding),
        flag("enable_natpmp", forwarding),
        int("upnp_lease_duration", connection.upnp_lease_seconds),
        int("connections_limit", or_unlimited(connection.max_connections)),
        int("unchoke_slots_limit", or_unlimited(connection.max_upload_slots)),
        int("outgoing_port", first),
        int("num_outgoing_ports", last.saturating_sub(first)),
        // libtorrent's name for the whole type-of-service byte.
        int("peer_dscp", connection.peer_tos),
        int("connection_speed", connection.connection_speed_per_second),
        flag("seeding_outgoing_connections", connection.seeding_outgoing_connections),
        int("send_socket_buffer_size", connection.socket_send_buffer_bytes),
        int("recv_socket_buffer_size", connection.socket_receive_buffer_bytes),
        int("listen_queue_size", connection.socket_backlog),
    ]
}

fn bittorrent(profile: &Profile) -> Vec<Named> {
    let bittorrent = &profile.bittorrent;
    let tcp = bittorrent.protocol != Protocol::Utp;
    let utp = bittorrent.protocol != Protocol::Tcp;
    let encryption = match bittorrent.encryption {
        Encryption::Require => 0,
        Encryption::Allow => 1,
        Encryption::Disable => 2,
    };
    vec![
        flag("enable_dht", bittorrent.dht),
        flag("enable_lsd", searches_locally(profile)),
        text("dht_bootstrap_nodes", bittorrent.dht_bootstrap_nodes.as_str()),
        int("out_enc_policy", encryption),
        int("in_enc_policy", encryption),
        flag("anonymous_mode", bittorrent.anonymous_mode),
        flag("enable_incoming_tcp", tcp),
        flag("enable_outgoing_tcp", tcp),
        flag("enable_incoming_utp", utp),
        flag("enable_outgoing_utp", utp),
        int(
            "mixed_mode_algorithm",
            match bittorrent.mixed_mode {
                MixedMode::PreferTcp => 0,
                MixedMode::PeerProportional => 1,
            },
        ),
        flag("allow_multiple_connections_per_ip", bittorrent.multiple_connections_per_address),
        flag("no_connect_privileged_ports", bittorrent.block_privileged_ports),
        int(
            "choking_algorithm",
            match bittorrent.upload_slots_behavior {
                SlotsBehavior::Fixed => 0,
                SlotsBehavior::RateBased => 2,
            },
        ),
        int(
            "seed_choking_algorithm",
            match bittorrent.seed_choking {
                SeedChoking::RoundRobin => 0,
                SeedChoking::FastestUpload => 1,
                SeedChoking::AntiLeech => 2,
            },
        ),
        int("peer_turnover", bittorrent.peer_turnover_percent),
        int("peer_turnover_cutoff", bittorrent.peer_turnover_cutoff_percent),
        int("peer_turnover_interval", bittorrent.peer_turnover_interval_seconds),
        int("resolver_cache_timeout", bittorrent.hostname_cache_seconds),
        flag("allow_idna", bittorrent.idn_support),
        int("metadata_token_limit", bittorrent.bdecode_token_limit),
    ]
}

fn buffers(profile: &Profile) -> Vec<Named> {
    let bittorrent = &profile.bittorrent;
    vec![
        int("max_out_request_queue", bittorrent.request_queue_size),
        int("max_allowed_in_request_queue", bittorrent.max_outstanding_block_requests),
        int("suggest_mode", i32::from(bittorrent.upload_suggestions)),
        flag("piece_extent_affinity", bittorrent.piece_extent_affinity),
        int("send_buffer_watermark", bittorrent.send_buffer_watermark_kib * 1024),
        int("send_buffer_low_watermark", bittorrent.send_buffer_low_watermark_kib * 1024),
        int("send_buffer_watermark_factor", bittorrent.send_buffer_watermark_factor_percent),
    ]
}

fn limits(profile: &Profile) -> Vec<Named> {
    vec![
        // 0 is unlimited here.
        int("download_rate_limit", profile.download_limit().unwrap_or(0)),
        int("upload_rate_limit", profile.upload_limit().unwrap_or(0)),
        flag("rate_limit_ip_overhead", profile.limits.limit_overhead),
        flag("apply_ip_filter_to_trackers", profile.filter.trackers),
    ]
}

fn queue(profile: &Profile) -> Vec<Named> {
    let queue = &profile.queue;
    let limit = |limit: Option<u32>| if queue.enabled { or_unlimited(limit) } else { -1 };
    vec![
        int("active_downloads", limit(queue.max_active_downloads)),
        int("active_seeds", limit(queue.max_active_uploads)),
        int("active_limit", limit(queue.max_active_torrents)),
        int("active_checking", or_unlimited(queue.max_active_checking)),
        // Without a queue it only spares the work for idle torrents.
        flag("dont_count_slow_torrents", queue.ignore_slow || !queue.enabled),
        int("inactive_down_rate", queue.slow_download_kib.saturating_mul(1024)),
        int("inactive_up_rate", queue.slow_upload_kib.saturating_mul(1024)),
        int("auto_manage_startup", queue.slow_inactive_seconds),
    ]
}

fn trackers(profile: &Profile) -> Vec<Named> {
    let trackers = &profile.trackers;
    vec![
        flag("announce_to_all_trackers", trackers.announce_to_all),
        flag("announce_to_all_tiers", trackers.announce_to_all_tiers),
        text("announce_ip", trackers.announce_address.as_str()),
        int("max_concurrent_http_announces", trackers.max_concurrent_http_announces),
        int("stop_tracker_timeout", trackers.stop_timeout_seconds),
        flag("validate_https_trackers", trackers.validate_https_certificates),
        flag("ssrf_mitigation", trackers.ssrf_mitigation),
    ]
}

fn proxy(profile: &Profile) -> Vec<Named> {
    let proxy = &profile.proxy;
    let on = profile.is_proxied();
    let login = on && proxy.auth_enabled && proxy.kind != ProxyType::Socks4;
    let kind = match proxy.kind {
        _ if !on => 0,
        ProxyType::None => 0,
        ProxyType::Socks4 => 1,
        ProxyType::Socks5 => 2 + i32::from(login),
        ProxyType::Http => 4 + i32::from(login),
    };
    let if_login = |value: &str| if login { value.to_owned() } else { String::new() };
    vec![
        int("proxy_type", kind),
        text("proxy_hostname", if on { proxy.host.as_str() } else { "" }),
        int("proxy_port", if on { proxy.port } else { 0 }),
        text("proxy_username", if_login(&proxy.username)),
        text("proxy_password", if_login(proxy.password.reveal())),
        flag("proxy_hostnames", on && proxy.hostname_lookup),
        flag("proxy_peer_connections", on && proxy.peer_connections),
        flag("proxy_tracker_connections", on),
    ]
}

fn disk(profile: &Profile) -> Vec<Named> {
    let disk = &profile.disk;
    // Plain reads and writes unless mapping was asked for: mixing both can corrupt data on some
    // file systems, so a mapping session maps its writes too.
    let mapped = disk.io == DiskIo::Mmap;
    vec![
        int("mmap_file_size_cutoff", if mapped { 40 } else { i32::MAX }),
        int("disk_write_mode", i32::from(mapped)),
        int("aio_threads", disk.io_threads),
        int("hashing_threads", disk.hashing_threads),
        int("file_pool_size", disk.file_pool_size),
        // In blocks of 16 KiB.
        int("checking_mem_usage", disk.checking_memory_mib * 64),
        int("max_queued_disk_bytes", disk.queue_bytes),
        int(
            "disk_io_read_mode",
            match disk.read_mode {
                ReadMode::Cache => 0,
                ReadMode::Bypass => 2,
            },
        ),
        int(
            "disk_io_write_mode",
            match disk.write_mode {
                WriteMode::Cache => 0,
                WriteMode::Bypass => 2,
                WriteMode::WriteThrough => 3,
            },
        ),
    ]
}

/// What only some builds of the library know.
fn newer(profile: &Profile, capabilities: &Capabilities) -> Vec<Named> {
    let mut all = Vec::new();
    if capabilities.announce_port {
        all.push(int("announce_port", profile.trackers.announce_port));
    }
    if capabilities.natpmp_lease_duration {
        all.push(int("natpmp_lease_duration", profile.connection.upnp_lease_seconds));
    }
    if capabilities.multi_connections_per_peer_id {
        all.push(flag(
            "allow_multiple_connections_per_pid",
            profile.bittorrent.multiple_connections_per_peer_id,
        ));
    }
    if capabilities.i2p {
        let i2p = &profile.i2p;
        all.push(text("i2p_hostname", if i2p.enabled { i2p.address.as_str() } else { "" }));
        all.push(int("i2p_port", i2p.port));
        all.push(flag("allow_i2p_mixed", i2p.mixed_mode));
        if at_least(&capabilities.version, [2, 0, 11]) {
            all.push(int("i2p_inbound_quantity", i2p.inbound_quantity));
            all.push(int("i2p_outbound_quantity", i2p.outbound_quantity));
            all.push(int("i2p_inbound_length", i2p.inbound_length));
            all.push(int("i2p_outbound_length", i2p.outbound_length));
        }
        if at_least(&capabilities.version, [2, 0, 14]) {
            all.push(int("i2p_inbound_length_variance", i2p.inbound_length_variance));
            all.push(int("i2p_outbound_length_variance", i2p.outbound_length_variance));
        }
    }
    all
}

fn at_least(version: &str, wanted: [u32; 3]) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    [next(), next(), next()] >= wanted
}
