//! `qBittorrent.conf` as a change of our settings.
//!
//! The rows say under which key upstream keeps a value and which setting it is here. Keys of the web server moved from
//! `Preferences/WebUI` to `WebUI` with the newest generation: both are looked at, the new one first.

use serde_json::Value;

use super::ini::Ini;
use crate::settings::{Patch, Profile};

/// How a value is written there.
#[derive(Debug, Clone, Copy)]
enum Form {
    Flag,
    Inverted,
    Number,
    /// Not above 0 is none.
    Positive,
    /// Below 0 is none.
    NotNegative,
    /// KiB per second, 0 is none.
    Rate,
    Real,
    Text,
    Secret,
    List,
    /// Separated by semicolons in one text.
    Semicolons,
    /// Their word and ours.
    Word(&'static [(&'static str, &'static str)]),
    /// A serialised time as minutes after midnight.
    Time,
}

use Form::{
    Flag, Inverted, List, NotNegative, Number, Positive, Rate, Real, Secret, Semicolons, Text,
    Time, Word,
};

/// Their key, how it is written, and our setting.
type Row = (&'static str, Form, &'static str);

const LAYOUTS: &[(&str, &str)] =
    &[("Original", "original"), ("Subfolder", "subfolder"), ("NoSubfolder", "no_subfolder")];
const STOP: &[(&str, &str)] = &[
    ("None", "none"),
    ("MetadataReceived", "metadata_received"),
    ("FilesChecked", "files_checked"),
];
const ACTIONS: &[(&str, &str)] = &[
    ("Stop", "stop"),
    ("Remove", "remove"),
    ("EnableSuperSeeding", "enable_super_seeding"),
    ("RemoveWithContent", "remove_with_content"),
    // The older generation counts.
    ("0", "stop"),
    ("1", "remove"),
    ("2", "enable_super_seeding"),
    ("3", "remove_with_content"),
];
const DAYS: &[(&str, &str)] = &[
    ("EveryDay", "every_day"),
    ("Weekday", "weekdays"),
    ("Weekend", "weekends"),
    ("Monday", "monday"),
    ("Tuesday", "tuesday"),
    ("Wednesday", "wednesday"),
    ("Thursday", "thursday"),
    ("Friday", "friday"),
    ("Saturday", "saturday"),
    ("Sunday", "sunday"),
];
const PROXIES: &[(&str, &str)] = &[
    ("None", "none"),
    ("HTTP", "http"),
    ("HTTP_PW", "http"),
    ("SOCKS5", "socks5"),
    ("SOCKS5_PW", "socks5"),
    ("SOCKS4", "socks4"),
];
const PROTOCOLS: &[(&str, &str)] = &[("Both", "tcp_and_utp"), ("TCP", "tcp"), ("UTP", "utp")];
const ENCRYPTION: &[(&str, &str)] = &[("0", "allow"), ("1", "require"), ("2", "disable")];
const MIXED: &[(&str, &str)] = &[("TCP", "prefer_tcp"), ("Proportional", "peer_proportional")];
const SLOTS: &[(&str, &str)] = &[("FixedSlots", "fixed"), ("RateBased", "rate_based")];
const CHOKING: &[(&str, &str)] = &[
    ("RoundRobin", "round_robin"),
    ("FastestUpload", "fastest_upload"),
    ("AntiLeech", "anti_leech"),
];
const DISK: &[(&str, &str)] = &[
    ("Default", "default"),
    ("MMap", "mmap"),
    ("Posix", "posix"),
    ("SimplePreadPwrite", "simple"),
    ("PreadPwrite", "pread"),
];
const READ: &[(&str, &str)] = &[("DisableOSCache", "bypass_cache"), ("EnableOSCache", "cache")];
const WRITE: &[(&str, &str)] = &[
    ("DisableOSCache", "bypass_cache"),
    ("EnableOSCache", "cache"),
    ("WriteThrough", "write_through"),
];
const DELETE: &[(&str, &str)] =
    &[("Never", "never"), ("IfAdded", "if_added"), ("Always", "always")];
const TRASH: &[(&str, &str)] = &[("Delete", "false"), ("MoveToTrash", "true")];
const MODES: &[(&str, &str)] = &[("MatchAny", "match_any"), ("MatchAll", "match_all")];

/// Everything that means the same there and here.
const ROWS: &[Row] = &[
    ("BitTorrent/Session/PerformanceWarning", Flag, "engine.performance_warnings"),
    ("BitTorrent/Session/RefreshInterval", Number, "engine.refresh_interval_ms"),
    (
        "BitTorrent/Session/SaveResumeDataInterval",
        Number,
        "engine.save_resume_data_interval_minutes",
    ),
    (
        "BitTorrent/Session/SaveStatisticsInterval",
        Number,
        "engine.save_statistics_interval_minutes",
    ),
    ("BitTorrent/Session/StartPaused", Flag, "engine.start_paused"),
    ("BitTorrent/Session/TorrentContentLayout", Word(LAYOUTS), "downloads.content_layout"),
    ("BitTorrent/Session/AddTorrentToTopOfQueue", Flag, "downloads.add_to_top_of_queue"),
    ("BitTorrent/Session/AddTorrentPaused", Flag, "downloads.add_stopped"),
    ("BitTorrent/Session/AddTorrentStopped", Flag, "downloads.add_stopped"),
    ("BitTorrent/Session/TorrentStopCondition", Word(STOP), "downloads.stop_condition"),
    ("BitTorrent/MergeTrackersEnabled", Flag, "downloads.merge_trackers"),
    ("Core/AutoDeleteAddedTorrentFile", Word(DELETE), "downloads.auto_delete"),
    ("BitTorrent/Session/Preallocation", Flag, "downloads.preallocate"),
    ("BitTorrent/Session/AddExtensionToIncompleteFiles", Flag, "downloads.incomplete_suffix"),
    ("BitTorrent/Session/UseUnwantedFolder", Flag, "downloads.unwanted_folder"),
    ("BitTorrent/Session/DisableAutoTMMByDefault", Inverted, "downloads.auto_management"),
    (
        "BitTorrent/Session/DisableAutoTMMTriggers/CategoryChanged",
        Inverted,
        "downloads.torrent_category_changed_relocates",
    ),
    (
        "BitTorrent/Session/DisableAutoTMMTriggers/DefaultSavePathChanged",
        Inverted,
        "downloads.save_path_changed_relocates",
    ),
    (
        "BitTorrent/Session/DisableAutoTMMTriggers/CategorySavePathChanged",
        Inverted,
        "downloads.category_changed_relocates",
    ),
    ("BitTorrent/Session/TempPathEnabled", Flag, "downloads.temp_path_enabled"),
    (
        "BitTorrent/Session/UseCategoryPathsInManualMode",
        Flag,
        "downloads.use_category_paths_in_manual_mode",
    ),
    ("BitTorrent/Session/SubcategoriesEnabled", Flag, "downloads.subcategories"),
    ("BitTorrent/ExcludedFileNamesEnabled", Flag, "downloads.excluded_names_enabled"),
    ("BitTorrent/Session/ExcludedFileNames", List, "downloads.excluded_names"),
    ("BitTorrent/Session/TorrentContentRemoveOption", Word(TRASH), "downloads.remove_to_trash"),
    ("BitTorrent/TorrentFileSizeLimit", Number, "downloads.max_torrent_file_bytes"),
    ("Preferences/Advanced/RecheckOnCompletion", Flag, "downloads.recheck_on_completion"),
    ("Preferences/Advanced/IgnoreSSLErrors", Flag, "downloads.ignore_tls_errors"),
    ("BitTorrent/Session/Port", Number, "connection.listen_port"),
    ("BitTorrent/Session/SSL/Enabled", Flag, "connection.ssl_enabled"),
    ("BitTorrent/Session/SSL/Port", Number, "connection.ssl_listen_port"),
    ("BitTorrent/Session/MaxConnections", Positive, "connection.max_connections"),
    (
        "BitTorrent/Session/MaxConnectionsPerTorrent",
        Positive,
        "connection.max_connections_per_torrent",
    ),
    ("BitTorrent/Session/MaxUploads", Positive, "connection.max_upload_slots"),
    (
        "BitTorrent/Session/MaxUploadsPerTorrent",
        Positive,
        "connection.max_upload_slots_per_torrent",
    ),
    ("BitTorrent/Session/Interface", Text, "connection.interface"),
    ("BitTorrent/Session/InterfaceAddress", Text, "connection.interface_address"),
    (
        "BitTorrent/Session/ReannounceWhenAddressChanged",
        Flag,
        "connection.reannounce_when_address_changed",
    ),
    ("BitTorrent/Session/OutgoingPortsMin", Number, "connection.outgoing_port_min"),
    ("BitTorrent/Session/OutgoingPortsMax", Number, "connection.outgoing_port_max"),
    ("BitTorrent/Session/UPnPLeaseDuration", Number, "connection.upnp_lease_seconds"),
    ("BitTorrent/Session/ConnectionSpeed", Number, "connection.connection_speed_per_second"),
    (
        "BitTorrent/Session/SeedingOutgoingConnectionsEnabled",
        Flag,
        "connection.seeding_outgoing_connections",
    ),
    ("BitTorrent/Session/SocketSendBufferSize", Number, "connection.socket_send_buffer_bytes"),
    (
        "BitTorrent/Session/SocketReceiveBufferSize",
        Number,
        "connection.socket_receive_buffer_bytes",
    ),
    ("BitTorrent/Session/SocketBacklogSize", Number, "connection.socket_backlog"),
    ("BitTorrent/Session/WebTorrentSTUNServer", Text, "bittorrent.webtorrent_stun_server"),
    ("BitTorrent/Session/I2P/Enabled", Flag, "i2p.enabled"),
    ("BitTorrent/Session/I2P/Address", Text, "i2p.address"),
    ("BitTorrent/Session/I2P/Port", Number, "i2p.port"),
    ("BitTorrent/Session/I2P/MixedMode", Flag, "i2p.mixed_mode"),
    ("BitTorrent/Session/I2P/PeXEnabled", Flag, "i2p.pex"),
    ("BitTorrent/Session/I2P/InboundQuantity", Number, "i2p.inbound_quantity"),
    ("BitTorrent/Session/I2P/OutboundQuantity", Number, "i2p.outbound_quantity"),
    ("BitTorrent/Session/I2P/InboundLength", Number, "i2p.inbound_length"),
    ("BitTorrent/Session/I2P/OutboundLength", Number, "i2p.outbound_length"),
    ("BitTorrent/Session/I2P/InboundLengthVariance", Number, "i2p.inbound_length_variance"),
    ("BitTorrent/Session/I2P/OutboundLengthVariance", Number, "i2p.outbound_length_variance"),
    ("Network/Proxy/Type", Word(PROXIES), "proxy.kind"),
    ("Network/Proxy/IP", Text, "proxy.host"),
    ("Network/Proxy/Port", Number, "proxy.port"),
    ("Network/Proxy/AuthEnabled", Flag, "proxy.auth_enabled"),
    ("Network/Proxy/Username", Text, "proxy.username"),
    ("Network/Proxy/Password", Secret, "proxy.password"),
    ("BitTorrent/Session/ProxyHostnameLookup", Flag, "proxy.hostname_lookup"),
    ("Network/Proxy/HostnameLookupEnabled", Flag, "proxy.hostname_lookup"),
    ("Network/Proxy/Profiles/BitTorrent", Flag, "proxy.bittorrent"),
    ("BitTorrent/Session/ProxyPeerConnections", Flag, "proxy.peer_connections"),
    ("Network/Proxy/Profiles/RSS", Flag, "proxy.rss"),
    ("Network/Proxy/Profiles/Misc", Flag, "proxy.misc"),
    ("BitTorrent/Session/IPFilteringEnabled", Flag, "filter.enabled"),
    ("BitTorrent/Session/IPFilter", Text, "filter.path"),
    ("BitTorrent/Session/TrackerFilteringEnabled", Flag, "filter.trackers"),
    ("State/BannedIPs", List, "filter.banned_addresses"),
    ("BitTorrent/Session/GlobalDLSpeedLimit", Rate, "limits.download_bytes_per_second"),
    ("BitTorrent/Session/GlobalUPSpeedLimit", Rate, "limits.upload_bytes_per_second"),
    (
        "BitTorrent/Session/AlternativeGlobalDLSpeedLimit",
        Rate,
        "limits.alternative_download_bytes_per_second",
    ),
    (
        "BitTorrent/Session/AlternativeGlobalUPSpeedLimit",
        Rate,
        "limits.alternative_upload_bytes_per_second",
    ),
    ("BitTorrent/Session/UseAlternativeGlobalSpeedLimit", Flag, "limits.alternative_active"),
    ("BitTorrent/Session/BTProtocol", Word(PROTOCOLS), "bittorrent.protocol"),
    ("BitTorrent/Session/uTPRateLimited", Flag, "limits.limit_utp"),
    ("BitTorrent/Session/IncludeOverheadInLimits", Flag, "limits.limit_overhead"),
    ("BitTorrent/Session/IgnoreLimitsOnLAN", Inverted, "limits.limit_local_peers"),
    ("BitTorrent/Session/BandwidthSchedulerEnabled", Flag, "limits.schedule_enabled"),
    ("Preferences/Scheduler/start_time", Time, "limits.schedule_from_minute"),
    ("Preferences/Scheduler/end_time", Time, "limits.schedule_to_minute"),
    ("Preferences/Scheduler/days", Word(DAYS), "limits.schedule_days"),
    ("BitTorrent/Session/DHTEnabled", Flag, "bittorrent.dht"),
    ("BitTorrent/Session/PeXEnabled", Flag, "bittorrent.pex"),
    ("BitTorrent/Session/Encryption", Word(ENCRYPTION), "bittorrent.encryption"),
    ("BitTorrent/Session/AnonymousModeEnabled", Flag, "bittorrent.anonymous_mode"),
    ("BitTorrent/Session/MaxActiveCheckingTorrents", Positive, "queue.max_active_checking"),
    ("BitTorrent/Session/DHTBootstrapNodes", Text, "bittorrent.dht_bootstrap_nodes"),
    ("BitTorrent/Session/MaxActiveDownloads", NotNegative, "queue.max_active_downloads"),
    ("BitTorrent/Session/MaxActiveUploads", NotNegative, "queue.max_active_uploads"),
    ("BitTorrent/Session/MaxActiveTorrents", NotNegative, "queue.max_active_torrents"),
    ("BitTorrent/Session/IgnoreSlowTorrentsForQueueing", Flag, "queue.ignore_slow"),
    ("BitTorrent/Session/SlowTorrentsDownloadRate", Number, "queue.slow_download_kib"),
    ("BitTorrent/Session/SlowTorrentsUploadRate", Number, "queue.slow_upload_kib"),
    ("BitTorrent/Session/SlowTorrentsInactivityTimer", Number, "queue.slow_inactive_seconds"),
    ("BitTorrent/Session/GlobalMaxRatio", Real, "share.max_ratio"),
    ("BitTorrent/Session/GlobalMaxSeedingMinutes", NotNegative, "share.max_seeding_minutes"),
    (
        "BitTorrent/Session/GlobalMaxInactiveSeedingMinutes",
        NotNegative,
        "share.max_inactive_minutes",
    ),
    ("BitTorrent/Session/ShareLimitsMode", Word(MODES), "share.mode"),
    ("BitTorrent/Session/MaxRatioAction", Word(ACTIONS), "share.action"),
    ("BitTorrent/Session/ShareLimitAction", Word(ACTIONS), "share.action"),
    ("BitTorrent/Session/AddTrackersEnabled", Flag, "trackers.add_enabled"),
    ("BitTorrent/Session/AdditionalTrackers", Text, "trackers.add"),
    ("BitTorrent/Session/AddTrackersFromURLEnabled", Flag, "trackers.add_from_url_enabled"),
    ("BitTorrent/Session/AdditionalTrackersURL", Text, "trackers.add_from_url"),
    ("WebUI/ServerDomains", Semicolons, "webui.domain_list"),
    ("WebUI/Port", Number, "webui.port"),
    ("WebUI/UseUPnP", Flag, "webui.upnp"),
    ("WebUI/HTTPS/Enabled", Flag, "webui.https_enabled"),
    ("WebUI/HTTPS/CertificatePath", Text, "webui.https_certificate_path"),
    ("WebUI/HTTPS/KeyPath", Text, "webui.https_key_path"),
    ("WebUI/Username", Text, "webui.username"),
    ("WebUI/LocalHostAuth", Inverted, "webui.bypass_local_auth"),
    ("WebUI/AuthSubnetWhitelistEnabled", Flag, "webui.bypass_subnets_enabled"),
    ("WebUI/AuthSubnetWhitelist", List, "webui.bypass_subnets"),
    ("WebUI/MaxAuthenticationFailCount", Number, "webui.max_auth_failures"),
    ("WebUI/BanDuration", Number, "webui.ban_seconds"),
    ("WebUI/SessionTimeout", Number, "webui.session_timeout_seconds"),
    ("WebUI/SessionsCountLimit", Number, "webui.sessions_limit"),
    ("WebUI/AlternativeUIEnabled", Flag, "webui.alternative_enabled"),
    ("WebUI/RootFolder", Text, "webui.alternative_path"),
    ("WebUI/ClickjackingProtection", Flag, "webui.clickjacking_protection"),
    ("WebUI/CSRFProtection", Flag, "webui.csrf_protection"),
    ("WebUI/SecureCookie", Flag, "webui.secure_cookie"),
    ("WebUI/HostHeaderValidation", Flag, "webui.host_header_validation"),
    ("WebUI/CustomHTTPHeadersEnabled", Flag, "webui.custom_headers_enabled"),
    ("WebUI/CustomHTTPHeaders", Text, "webui.custom_headers"),
    ("WebUI/ReverseProxySupportEnabled", Flag, "webui.reverse_proxy_enabled"),
    ("WebUI/TrustedReverseProxiesList", Semicolons, "webui.reverse_proxies"),
    ("BitTorrent/BdecodeDepthLimit", Number, "bittorrent.bdecode_depth_limit"),
    ("BitTorrent/BdecodeTokenLimit", Number, "bittorrent.bdecode_token_limit"),
    ("BitTorrent/Session/AsyncIOThreadsCount", Number, "disk.io_threads"),
    ("BitTorrent/Session/HashingThreadsCount", Number, "disk.hashing_threads"),
    ("BitTorrent/Session/FilePoolSize", Number, "disk.file_pool_size"),
    ("BitTorrent/Session/CheckingMemUsageSize", Number, "disk.checking_memory_mib"),
    ("BitTorrent/Session/DiskQueueSize", Number, "disk.queue_bytes"),
    ("BitTorrent/Session/DiskIOType", Word(DISK), "disk.io"),
    ("BitTorrent/Session/DiskIOReadMode", Word(READ), "disk.read_mode"),
    ("BitTorrent/Session/DiskIOWriteMode", Word(WRITE), "disk.write_mode"),
    ("BitTorrent/Session/PieceExtentAffinity", Flag, "bittorrent.piece_extent_affinity"),
    ("BitTorrent/Session/SuggestMode", Flag, "bittorrent.upload_suggestions"),
    ("BitTorrent/Session/SendBufferWatermark", Number, "bittorrent.send_buffer_watermark_kib"),
    (
        "BitTorrent/Session/SendBufferLowWatermark",
        Number,
        "bittorrent.send_buffer_low_watermark_kib",
    ),
    (
        "BitTorrent/Session/SendBufferWatermarkFactor",
        Number,
        "bittorrent.send_buffer_watermark_factor_percent",
    ),
    ("BitTorrent/Session/uTPMixedMode", Word(MIXED), "bittorrent.mixed_mode"),
    ("BitTorrent/Session/HostnameCacheTTL", Number, "bittorrent.hostname_cache_seconds"),
    ("BitTorrent/Session/IDNSupportEnabled", Flag, "bittorrent.idn_support"),
    (
        "BitTorrent/Session/MultiConnectionsPerIp",
        Flag,
        "bittorrent.multiple_connections_per_address",
    ),
    (
        "BitTorrent/Session/MultiConnectionsPerPeerID",
        Flag,
        "bittorrent.multiple_connections_per_peer_id",
    ),
    (
        "BitTorrent/Session/ValidateHTTPSTrackerCertificate",
        Flag,
        "trackers.validate_https_certificates",
    ),
    ("BitTorrent/Session/SSRFMitigation", Flag, "trackers.ssrf_mitigation"),
    ("BitTorrent/Session/BlockPeersOnPrivilegedPorts", Flag, "bittorrent.block_privileged_ports"),
    ("BitTorrent/Session/ChokingAlgorithm", Word(SLOTS), "bittorrent.upload_slots_behavior"),
    ("BitTorrent/Session/SeedChokingAlgorithm", Word(CHOKING), "bittorrent.seed_choking"),
    ("BitTorrent/Session/AnnounceToAllTrackers", Flag, "trackers.announce_to_all"),
    ("BitTorrent/Session/AnnounceToAllTiers", Flag, "trackers.announce_to_all_tiers"),
    ("BitTorrent/Session/AnnounceIP", Text, "trackers.announce_address"),
    ("BitTorrent/Session/AnnouncePort", Number, "trackers.announce_port"),
    (
        "BitTorrent/Session/MaxConcurrentHTTPAnnounces",
        Number,
        "trackers.max_concurrent_http_announces",
    ),
    ("BitTorrent/Session/StopTrackerTimeout", Number, "trackers.stop_timeout_seconds"),
    ("BitTorrent/Session/PeerTurnover", Number, "bittorrent.peer_turnover_percent"),
    ("BitTorrent/Session/PeerTurnoverCutOff", Number, "bittorrent.peer_turnover_cutoff_percent"),
    (
        "BitTorrent/Session/PeerTurnoverInterval",
        Number,
        "bittorrent.peer_turnover_interval_seconds",
    ),
    ("BitTorrent/Session/RequestQueueSize", Number, "bittorrent.request_queue_size"),
    (
        "BitTorrent/Session/MaxOutstandingBlockRequests",
        Number,
        "bittorrent.max_outstanding_block_requests",
    ),
    ("Preferences/MailNotification/enabled", Flag, "mail.enabled"),
    ("Preferences/MailNotification/sender", Text, "mail.sender"),
    ("Preferences/MailNotification/email", Text, "mail.recipient"),
    ("Preferences/MailNotification/smtp_server", Text, "mail.smtp"),
    ("Preferences/MailNotification/req_auth", Flag, "mail.auth_enabled"),
    ("Preferences/MailNotification/username", Text, "mail.username"),
    ("Preferences/MailNotification/password", Secret, "mail.password"),
    ("AutoRun/OnTorrentAdded/Enabled", Flag, "autorun.on_added_enabled"),
    ("AutoRun/OnTorrentAdded/Program", Text, "autorun.on_added_program"),
    ("AutoRun/enabled", Flag, "autorun.on_finished_enabled"),
    ("AutoRun/program", Text, "autorun.on_finished_program"),
    ("RSS/Session/EnableProcessing", Flag, "rss.processing_enabled"),
    ("RSS/Session/RefreshInterval", Number, "rss.refresh_interval_minutes"),
    ("RSS/Session/FetchDelay", Number, "rss.fetch_delay_seconds"),
    ("RSS/Session/MaxArticlesPerFeed", Number, "rss.max_articles_per_feed"),
    ("RSS/AutoDownloader/EnableProcessing", Flag, "rss.auto_downloading_enabled"),
    ("RSS/AutoDownloader/DownloadRepacks", Flag, "rss.download_repack_proper"),
    ("RSS/AutoDownloader/SmartEpisodeFilter", List, "rss.smart_episode_filters"),
    ("Preferences/DynDNS/Enabled", Flag, "dyndns.enabled"),
    ("Preferences/DynDNS/Username", Text, "dyndns.username"),
    ("Preferences/DynDNS/Password", Secret, "dyndns.password"),
    ("Preferences/DynDNS/DomainName", Text, "dyndns.domain"),
    ("Preferences/General/Locale", Text, "behaviour.locale"),
    ("Preferences/Connection/ResolvePeerHostNames", Flag, "behaviour.resolve_peer_host_names"),
    ("Preferences/Connection/ResolvePeerCountries", Flag, "behaviour.resolve_peer_countries"),
    ("Preferences/Search/pythonExecutablePath", Text, "search.python_path"),
    ("Search/StoreSearchJobs", Flag, "search.store_jobs"),
    ("Search/StoreSearchJobResults", Flag, "search.store_results"),
];

/// The settings of a file, each checked on its own: `refused` hears of those that cannot be taken.
pub(super) fn patch(ini: &Ini, mut refused: impl FnMut(&str, String)) -> Patch {
    let mut patch = Patch::new();
    let mut scratch = Profile::default();
    let mut take = |key: &str, setting: &str, value: Value| match scratch.set(setting, &value) {
        Ok(_) => {
            patch.set(setting, value);
        }
        Err(reason) => refused(key, reason.to_string()),
    };
    for (key, form, setting) in ROWS {
        let Some(key) = present(ini, key) else { continue };
        match read(ini, &key, *form) {
            Some(value) => take(&key, setting, value),
            None => take(&key, setting, Value::String(ini.text(&key).unwrap_or_default())),
        }
    }
    let text = |key: &str| present(ini, key).and_then(|key| ini.text(&key));
    // What a running program assumes of values that were never written.
    let assumed = [
        ("Network/PortForwardingEnabled", "connection.upnp", true),
        ("BitTorrent/Session/LSDEnabled", "bittorrent.lsd", true),
        ("BitTorrent/Session/QueueingSystemEnabled", "queue.enabled", true),
    ];
    for (key, setting, default) in assumed {
        take(key, setting, text(key).map_or(default, |text| is_true(&text)).into());
    }
    take(
        "WebUI/Address",
        "webui.address",
        text("WebUI/Address").unwrap_or_else(|| "*".to_owned()).into(),
    );
    if let Some(kind) = text("Network/Proxy/Type")
        && kind.ends_with("_PW")
    {
        take("Network/Proxy/Type", "proxy.auth_enabled", true.into());
    }
    // The older generation has one switch for everything that is no torrent, and uses the proxy for torrents always.
    if let Some(only) = text("Network/Proxy/OnlyForTorrents") {
        let others = !is_true(&only);
        for (setting, on) in
            [("proxy.bittorrent", true), ("proxy.rss", others), ("proxy.misc", others)]
        {
            take("Network/Proxy/OnlyForTorrents", setting, on.into());
        }
    }
    patch
}

/// The contract level of the program that wrote the file last, by its number of migrations.
pub(super) fn level(ini: &Ini) -> Option<&'static str> {
    let version: u32 = ini.text("Meta/MigrationVersion")?.parse().ok()?;
    Some(match version {
        0..=7 => "4.5",
        8..=11 => "5.1",
        _ => "5.3",
    })
}

/// The key under which a value really stands.
pub(super) fn present(ini: &Ini, key: &str) -> Option<String> {
    let has = |key: &str| ini.list(key).is_some();
    if has(key) {
        return Some(key.to_owned());
    }
    let old = format!("Preferences/{}", key.strip_prefix("WebUI/").map(|_| key)?);
    has(&old).then_some(old)
}

fn is_true(text: &str) -> bool {
    matches!(text, "true" | "1")
}

/// The value of a key in our form; `None` if it cannot be read.
fn read(ini: &Ini, key: &str, form: Form) -> Option<Value> {
    let text = ini.text(key).unwrap_or_default();
    let number = || text.trim().parse::<i64>().ok();
    Some(match form {
        Flag => is_true(&text).into(),
        Inverted => (!is_true(&text)).into(),
        Number => number()?.into(),
        Positive => number().map(|number| (number > 0).then_some(number))?.into(),
        NotNegative => number().map(|number| (number >= 0).then_some(number))?.into(),
        Rate => number()
            .map(|kib| (kib > 0).then(|| kib.saturating_mul(1024).min(i64::from(i32::MAX))))?
            .into(),
        Real => {
            let number: f64 = text.trim().parse().ok()?;
            (number >= 0.0).then_some(number).into()
        }
        Text | Secret => text.into(),
        List => ini.list(key)?.to_vec().into(),
        Semicolons => pieces(&text, ';').into(),
        Word(words) => {
            let word = words.iter().find(|(theirs, _)| *theirs == text)?.1;
            match word {
                "true" => true.into(),
                "false" => false.into(),
                word => word.into(),
            }
        }
        Time => {
            let bytes = ini.variant(key)?;
            let (kind, rest) = bytes.split_first_chunk::<4>()?;
            let milliseconds = u32::from_be_bytes(*rest.last_chunk::<4>()?);
            // 15 is the type of a time of day.
            (u32::from_be_bytes(*kind) == 15).then_some(milliseconds / 60_000)?.into()
        }
    })
}

fn pieces(text: &str, separator: char) -> Vec<String> {
    text.split(separator)
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::keys;

    #[test]
    fn every_row_names_a_setting() {
        for (key, _, setting) in ROWS {
            assert!(keys::row(setting).is_some(), "{key}: {setting}");
        }
    }

    #[test]
    fn values_become_settings() {
        let text = "[BitTorrent]\nSession\\GlobalDLSpeedLimit=100\nSession\\MaxActiveDownloads=-1\n\
                    Session\\DisableAutoTMMByDefault=false\nSession\\BTProtocol=TCP\nSession\\GlobalMaxRatio=1.5\n\
                    Session\\Encryption=7\n[Preferences]\nWebUI\\Port=9000\nWebUI\\ServerDomains=\"a;b\"\n\
                    Scheduler\\start_time=@Variant(\\0\\0\\0\\xf\\x1\\xb7t\\0)\n[Network]\nProxy\\Type=SOCKS5_PW\n";
        let mut refused = Vec::new();

        let patch = patch(&Ini::parse(text).0, |key, _| refused.push(key.to_owned()));

        let value = |key: &str| patch.get(key).cloned().unwrap();
        assert_eq!(value("limits.download_bytes_per_second"), 102_400);
        assert_eq!(value("queue.max_active_downloads"), Value::Null);
        assert_eq!(value("downloads.auto_management"), true);
        assert_eq!(value("bittorrent.protocol"), "tcp");
        assert_eq!(value("share.max_ratio"), 1.5);
        assert_eq!(value("webui.port"), 9000);
        assert_eq!(value("webui.domain_list"), serde_json::json!(["a", "b"]));
        assert_eq!(value("limits.schedule_from_minute"), 480);
        assert_eq!(value("proxy.auth_enabled"), true);
        assert_eq!(value("connection.upnp"), true);
        assert_eq!(value("webui.address"), "*");
        assert_eq!(refused, ["BitTorrent/Session/Encryption"]);
    }

    #[test]
    fn the_level_is_that_of_the_program() {
        for (version, expected) in [("4", "4.5"), ("8", "5.1"), ("12", "5.3")] {
            let text = format!("[Meta]\nMigrationVersion={version}\n");
            assert_eq!(level(&Ini::parse(&text).0), Some(expected));
        }
        assert_eq!(level(&Ini::default()), None);
    }
}
