//! libtorrent's settings by name: those that are worked out, and those that the table of settings names.

use revaer_native::Value;

use super::listen::{self, Host};
use super::{fingerprint, searches_locally};
use crate::settings::keys;
use crate::settings::profile::{
    DiskIo, Encryption, EncryptionLevel, MixedMode, Profile, Protocol, ProxyType, ReadMode,
    SeedChoking, SlotsBehavior, WriteMode,
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

pub(super) fn values(profile: &Profile, host: &Host) -> Vec<Named> {
    let mut all = fixed();
    all.extend(identity(profile));
    all.extend(connection(profile, host));
    all.extend(bittorrent(profile));
    all.extend(buffers(profile));
    all.extend(limits(profile));
    all.extend(queue(profile));
    all.extend(proxy(profile));
    all.extend(disk(profile));
    all.extend(newer(profile));
    all.extend(as_they_are(profile));
    all
}

/// What no preference changes.
fn fixed() -> Vec<Named> {
    vec![
        int("max_retry_port_bind", 0),
        flag("listen_system_port_fallback", false),
        flag("use_dht_as_fallback", false),
        // Otherwise torrents beyond the limit silently stop announcing.
        int("active_tracker_limit", -1),
        int("active_dht_limit", -1),
        int("active_lsd_limit", -1),
    ]
}

fn identity(profile: &Profile) -> Vec<Named> {
    let version = concat!("Revaer/", env!("CARGO_PKG_VERSION"));
    let chosen = profile.trackers.user_agent.as_str();
    vec![
        text("user_agent", if chosen.is_empty() { version } else { chosen }),
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
        int("outgoing_port", first),
        int("num_outgoing_ports", last.saturating_sub(first)),
    ]
}

fn bittorrent(profile: &Profile) -> Vec<Named> {
    let bittorrent = &profile.bittorrent;
    let incoming = bittorrent.incoming_protocol.unwrap_or(bittorrent.protocol);
    let outgoing = bittorrent.outgoing_protocol.unwrap_or(bittorrent.protocol);
    let encryption = match bittorrent.encryption {
        Encryption::Require => 0,
        Encryption::Allow => 1,
        Encryption::Disable => 2,
    };
    vec![
        flag("enable_lsd", searches_locally(profile)),
        int("out_enc_policy", encryption),
        int("in_enc_policy", encryption),
        int(
            "allowed_enc_level",
            match bittorrent.encryption_level {
                EncryptionLevel::Plaintext => 1,
                EncryptionLevel::Rc4 => 2,
                EncryptionLevel::Both => 3,
            },
        ),
        flag("enable_incoming_tcp", incoming != Protocol::Utp),
        flag("enable_outgoing_tcp", outgoing != Protocol::Utp),
        flag("enable_incoming_utp", incoming != Protocol::Tcp),
        flag("enable_outgoing_utp", outgoing != Protocol::Tcp),
        int(
            "mixed_mode_algorithm",
            match bittorrent.mixed_mode {
                MixedMode::PreferTcp => 0,
                MixedMode::PeerProportional => 1,
            },
        ),
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
    ]
}

fn buffers(profile: &Profile) -> Vec<Named> {
    let bittorrent = &profile.bittorrent;
    vec![
        int("suggest_mode", i32::from(bittorrent.upload_suggestions)),
        int("send_buffer_watermark", bittorrent.send_buffer_watermark_kib * 1024),
        int("send_buffer_low_watermark", bittorrent.send_buffer_low_watermark_kib * 1024),
    ]
}

fn limits(profile: &Profile) -> Vec<Named> {
    vec![
        // 0 is unlimited here.
        int("download_rate_limit", profile.download_limit().unwrap_or(0)),
        int("upload_rate_limit", profile.upload_limit().unwrap_or(0)),
    ]
}

fn queue(profile: &Profile) -> Vec<Named> {
    let queue = &profile.queue;
    let limit = |limit: Option<u32>| if queue.enabled { or_unlimited(limit) } else { -1 };
    vec![
        int("active_downloads", limit(queue.max_active_downloads)),
        int("active_seeds", limit(queue.max_active_uploads)),
        int("active_limit", limit(queue.max_active_torrents)),
        // Without a queue it only spares the work for idle torrents.
        flag("dont_count_slow_torrents", queue.ignore_slow || !queue.enabled),
        int("inactive_down_rate", queue.slow_download_kib.saturating_mul(1024)),
        int("inactive_up_rate", queue.slow_upload_kib.saturating_mul(1024)),
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
        // In blocks of 16 KiB.
        int("checking_mem_usage", disk.checking_memory_mib * 64),
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
fn newer(profile: &Profile) -> Vec<Named> {
    let i2p = &profile.i2p;
    let all = [
        int("natpmp_lease_duration", profile.connection.upnp_lease_seconds),
        text("i2p_hostname", if i2p.enabled { i2p.address.as_str() } else { "" }),
    ];
    all.into_iter().filter(|(name, _)| revaer_native::has_setting(name)).collect()
}

/// The rows that are settings of libtorrent as they stand.
fn as_they_are(profile: &Profile) -> Vec<Named> {
    let native = keys::native(profile);
    let known = native.filter(|(name, _, optional)| !optional || revaer_native::has_setting(name));
    known.map(|(name, value, _)| (name, native_value(&value))).collect()
}

fn native_value(value: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match value {
        Json::Bool(on) => Value::Bool(*on),
        Json::String(text) => Value::Text(text.clone()),
        Json::Null => Value::Int(-1),
        number => Value::Int(number.as_i64().map_or(i32::MAX, saturating)),
    }
}

fn saturating(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}
