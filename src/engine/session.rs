//! Profile → libtorrent: settings by name, session options and the context of snapshots.
//!
//! Everything here is pure but [`Host::read`]. Only live names are ever sent: libtorrent resolves
//! and reads back dead ones (caches, coalescing) as if they worked. Names of newer versions are
//! sent only where the linked library has them. What has no preference is fixed here as
//! `docs/libtorrent.md` decides.

mod listen;
mod network;
mod table;
pub(super) mod watch;

use std::net::IpAddr;

use revaer_native::{
    DiskBackend, IpRange, PeerClass, SessionOptions, Setting, TorrentFlags, Value, capabilities,
    has_setting,
};

pub use listen::Host;
pub(super) use network::watch as watch_network;
pub use watch::LiveSetting;

use super::snapshot::Context;
use crate::model::{Options, OwnLimit, PeerSources};
use crate::settings::keys::{self, Effect};
use crate::settings::peer_class;
use crate::settings::profile::{DiskIo, Profile};

/// What only the start of a session can set; a change waits for the next start.
const AT_START_ONLY: [&str; 2] = ["mmap_file_size_cutoff", "disk_write_mode"];

/// All settings of a session: what its constructor takes.
#[must_use]
pub fn settings(profile: &Profile, host: &Host) -> Vec<Setting> {
    let values = table::values(profile, host);
    values.into_iter().map(|(name, value)| Setting::new(name, value)).collect()
}

/// What a running session must be told to get from `old` to `new`.
#[must_use]
pub fn changed(old: &[Setting], new: &[Setting]) -> Vec<Setting> {
    let waits = |setting: &&Setting| AT_START_ONLY.contains(&setting.name.as_str());
    new.iter().filter(|setting| !old.contains(setting) && !waits(setting)).cloned().collect()
}

/// What can be chosen only when a session is made.
#[must_use]
pub fn options(profile: &Profile, dht_state: Vec<u8>) -> SessionOptions {
    SessionOptions { disk: disk(profile), dht_state }
}

fn disk(profile: &Profile) -> DiskBackend {
    match profile.disk.io {
        DiskIo::Default | DiskIo::Simple | DiskIo::Pread => DiskBackend::Pread,
        DiskIo::Mmap => DiskBackend::Mmap,
        DiskIo::Posix => DiskBackend::Posix,
    }
}

/// Whether limits apply to peers on local networks, and to uTP.
#[must_use]
pub fn limited_peers(profile: &Profile) -> (bool, bool) {
    (profile.limits.limit_local_peers, profile.limits.limit_utp)
}

/// The classes of peers with limits of their own.
#[must_use]
pub fn peer_classes(profile: &Profile) -> Vec<PeerClass> {
    // Settings hold only classes that parse.
    let classes = peer_class::parse(&profile.limits.peer_classes).unwrap_or_default();
    let rate = |rate: u32| i32::try_from(rate).unwrap_or(i32::MAX);
    classes
        .into_iter()
        .map(|class| PeerClass {
            name: class.name,
            ranges: class.ranges.iter().map(|(first, last)| range(*first, *last)).collect(),
            sockets: class.sockets,
            download_limit: rate(class.download_limit),
            upload_limit: rate(class.upload_limit),
            download_priority: class.download_priority.into(),
            upload_priority: class.upload_priority.into(),
            connection_limit_percent: rate(class.connection_limit_percent),
            ignore_unchoke_slots: class.ignore_unchoke_slots,
        })
        .collect()
}

fn range(first: IpAddr, last: IpAddr) -> IpRange {
    IpRange { first, last }
}

/// Settings that the linked libtorrent does not have, and why they have no effect.
#[must_use]
pub fn unsupported() -> Vec<(&'static str, String)> {
    let version = capabilities().map(|found| found.version).unwrap_or_default();
    let lacks = |row: &&keys::Row| match row.effect {
        Effect::IsIfKnown(name) => !has_setting(name),
        _ => false,
    };
    let reason = |row: &keys::Row| {
        (row.key, format!("is not supported by the linked libtorrent ({version})"))
    };
    keys::rows().filter(lacks).map(reason).collect()
}

/// Connections and upload slots of one torrent as libtorrent takes them: -1 unlimited, and never one alone, which
/// libtorrent does not work with.
#[must_use]
pub fn torrent_limits(profile: &Profile, options: &Options) -> (i32, i32) {
    let connection = &profile.connection;
    let limit = |own: OwnLimit, default: Option<u32>| {
        let limit = match own {
            OwnLimit::Default => default,
            OwnLimit::Unlimited => None,
            OwnLimit::At(limit) => Some(limit),
        };
        table::or_unlimited(limit.map(|limit| limit.max(2)))
    };
    (
        limit(options.max_connections, connection.max_connections_per_torrent),
        limit(options.max_uploads, connection.max_upload_slots_per_torrent),
    )
}

/// The flags that keep a torrent away from sources of peers.
#[must_use]
pub fn barred_sources(profile: &Profile, sources: PeerSources) -> TorrentFlags {
    let mut flags = TorrentFlags::default();
    if !sources.pex.unwrap_or(profile.bittorrent.pex) {
        flags = flags.with(TorrentFlags::DISABLE_PEX);
    }
    if sources.dht == Some(false) {
        flags = flags.with(TorrentFlags::DISABLE_DHT);
    }
    if sources.lsd == Some(false) {
        flags = flags.with(TorrentFlags::DISABLE_LSD);
    }
    flags
}

/// All flags of [`barred_sources`].
pub const SOURCES: TorrentFlags =
    TorrentFlags::DISABLE_PEX.with(TorrentFlags::DISABLE_DHT).with(TorrentFlags::DISABLE_LSD);

/// Whether peers are looked for on the local network. With a proxy for peers they are not.
#[must_use]
pub fn searches_locally(profile: &Profile) -> bool {
    profile.bittorrent.lsd && !profile.hides_behind_proxy()
}

/// The values that fields of snapshots depend on.
#[must_use]
pub fn context(profile: &Profile, session_paused: bool) -> Context {
    let share = &profile.share;
    Context {
        queueing: profile.queue.enabled,
        max_ratio: share.max_ratio,
        max_seeding_minutes: share.max_seeding_minutes,
        max_inactive_minutes: share.max_inactive_minutes,
        share_action: share.action.into(),
        share_mode: share.mode.into(),
        subcategories: profile.downloads.subcategories,
        default_save_path: profile.downloads.save_path.as_str().into(),
        default_download_path: profile.temp_path().into(),
        use_download_path: profile.downloads.temp_path_enabled,
        alternative_limits: profile.limits.alternative_active,
        download_limit: profile.download_limit(),
        upload_limit: profile.upload_limit(),
        refresh_interval_ms: profile.engine.refresh_interval_ms,
        dht: profile.bittorrent.dht,
        pex: profile.bittorrent.pex,
        lsd: searches_locally(profile),
        session_paused,
    }
}

/// `-RV` and four digits of the version: how peers see this client.
#[must_use]
pub fn fingerprint() -> String {
    let digit = |text: &str| {
        let number: u32 = text.parse().unwrap_or_default();
        char::from_digit(number.min(35), 36).unwrap_or('0').to_ascii_uppercase()
    };
    let major = digit(env!("CARGO_PKG_VERSION_MAJOR"));
    let minor = digit(env!("CARGO_PKG_VERSION_MINOR"));
    let patch = digit(env!("CARGO_PKG_VERSION_PATCH"));
    format!("-RV{major}{minor}{patch}0-")
}

/// The value of one setting, for health checks.
#[must_use]
pub fn find<'a>(settings: &'a [Setting], name: &str) -> Option<&'a Value> {
    settings.iter().find(|setting| setting.name == name).map(|setting| &setting.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::profile::{Encryption, Protocol, ProxyType, Secret};

    fn of(profile: &Profile) -> Vec<Setting> {
        settings(profile, &Host::default())
    }

    fn int(settings: &[Setting], name: &str) -> i32 {
        match find(settings, name) {
            Some(Value::Int(value)) => *value,
            other => panic!("{name} is {other:?}"),
        }
    }

    fn flag(settings: &[Setting], name: &str) -> bool {
        match find(settings, name) {
            Some(Value::Bool(value)) => *value,
            other => panic!("{name} is {other:?}"),
        }
    }

    #[test]
    fn a_fresh_session_opens_no_doors() {
        let settings = of(&Profile::default());

        for name in ["enable_lsd", "enable_upnp", "enable_natpmp", "listen_system_port_fallback"] {
            assert!(!flag(&settings, name), "{name}");
        }
        assert!(flag(&settings, "enable_dht"));
        assert_eq!(int(&settings, "max_retry_port_bind"), 0);
    }

    #[test]
    fn names_are_sent_once() {
        let settings = of(&Profile::default());
        let names: std::collections::HashSet<_> = settings.iter().map(|one| &one.name).collect();

        assert_eq!(names.len(), settings.len());
    }

    #[test]
    fn names_that_the_library_lacks_are_not_sent() {
        let settings = of(&Profile::default());

        for setting in &settings {
            assert!(has_setting(&setting.name), "{}", setting.name);
        }
        for name in ["announce_port", "natpmp_lease_duration", "i2p_inbound_quantity"] {
            assert_eq!(find(&settings, name).is_some(), has_setting(name), "{name}");
        }
    }

    /// libtorrent would take them and read them back.
    #[test]
    fn dead_names_are_sent_by_nobody_and_no_setting_says_that_it_is_one() {
        let planned = of(&Profile::default());
        let said: Vec<&str> = keys::rows()
            .flat_map(|row| match row.effect {
                Effect::Is(name) | Effect::IsIfKnown(name) => vec![name],
                Effect::Sets(names) => names.to_vec(),
                Effect::Calls | Effect::Revaer | Effect::Kept(_) => Vec::new(),
            })
            .collect();
        assert!(said.len() > 150 && planned.len() > 150, "{} {}", said.len(), planned.len());

        for (dead, _) in keys::DEAD {
            assert!(!has_setting(dead), "`{dead}` passes the boundary");
            assert!(find(&planned, dead).is_none(), "`{dead}` is sent");
            assert!(!said.contains(dead), "a setting says that it is `{dead}`");
        }
    }

    /// The page says which names are dead, and why we know.
    #[test]
    fn dead_names_are_those_of_the_page() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/libtorrent.md");
        let page = fs_err::read_to_string(path).unwrap();
        let (_, rest) = page.split_once("**Dead names**").unwrap();
        let (listed, _) = rest.split_once("**Never existed**").unwrap();
        // A text between two backticks is every second part.
        let mut listed: Vec<&str> = listed.split('`').skip(1).step_by(2).collect();
        listed.sort_unstable();

        let dead: Vec<&str> = keys::DEAD.iter().map(|(name, _)| *name).collect();
        assert_eq!(dead, listed);
    }

    #[test]
    fn queue_limits_are_lifted_when_queueing_is_off() {
        let mut profile = Profile::default();
        assert_eq!(int(&of(&profile), "active_downloads"), -1);

        profile.queue.enabled = true;
        profile.queue.max_active_torrents = None;

        let settings = of(&profile);
        assert_eq!(int(&settings, "active_downloads"), 3);
        assert_eq!(int(&settings, "active_limit"), -1);
        assert_eq!(int(&settings, "active_tracker_limit"), -1);
    }

    #[test]
    fn the_alternative_limits_replace_the_usual_ones() {
        let mut profile = Profile::default();
        profile.limits.download_bytes_per_second = Some(5000);
        let usual = of(&profile);

        profile.limits.alternative_active = true;
        let alternative = of(&profile);

        assert_eq!(int(&usual, "download_rate_limit"), 5000);
        assert_eq!(int(&usual, "upload_rate_limit"), 0);
        let names: Vec<_> =
            changed(&usual, &alternative).into_iter().map(|one| (one.name, one.value)).collect();
        assert_eq!(
            names,
            [
                ("download_rate_limit".to_owned(), Value::Int(10_240)),
                ("upload_rate_limit".to_owned(), Value::Int(10_240)),
            ]
        );
    }

    #[test]
    fn a_proxy_is_used_only_where_it_is_asked_for() {
        let mut profile = Profile::default();
        profile.proxy.kind = ProxyType::Socks5;
        profile.proxy.host = "proxy.example".to_owned();
        assert_eq!(int(&of(&profile), "proxy_type"), 0);

        profile.proxy.bittorrent = true;
        assert_eq!(int(&of(&profile), "proxy_type"), 2);

        profile.proxy.auth_enabled = true;
        profile.proxy.password = Secret::new("geheim");
        profile.proxy.peer_connections = true;
        profile.bittorrent.lsd = true;
        profile.connection.upnp = true;
        let settings = of(&profile);
        assert_eq!(int(&settings, "proxy_type"), 3);
        assert_eq!(find(&settings, "proxy_password"), Some(&Value::Text("geheim".to_owned())));
        assert!(!flag(&settings, "enable_lsd") && !flag(&settings, "enable_upnp"));
        assert!(!context(&profile, false).lsd);
    }

    #[test]
    fn transports_and_encryption_follow_their_words() {
        let mut profile = Profile::default();
        profile.bittorrent.protocol = Protocol::Utp;
        profile.bittorrent.encryption = Encryption::Require;

        let settings = of(&profile);

        assert!(flag(&settings, "enable_incoming_utp") && !flag(&settings, "enable_outgoing_tcp"));
        assert_eq!((int(&settings, "in_enc_policy"), int(&settings, "out_enc_policy")), (0, 0));
    }

    #[test]
    fn a_disk_backend_waits_for_the_next_start() {
        let mut profile = Profile::default();
        let old = of(&profile);
        profile.disk.io = DiskIo::Mmap;

        assert!(changed(&old, &of(&profile)).is_empty());
        assert_eq!(options(&profile, Vec::new()).disk, DiskBackend::Mmap);
    }

    #[test]
    fn the_fingerprint_has_eight_characters() {
        assert_eq!(fingerprint().len(), 8);
        assert!(fingerprint().starts_with("-RV"));
    }
}
