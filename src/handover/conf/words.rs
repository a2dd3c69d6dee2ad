//! Words of upstream's file and ours for the same. Of several with one meaning the first is written.

pub(super) const LAYOUTS: &[(&str, &str)] =
    &[("Original", "original"), ("Subfolder", "subfolder"), ("NoSubfolder", "no_subfolder")];
pub(super) const STOP: &[(&str, &str)] = &[
    ("None", "none"),
    ("MetadataReceived", "metadata_received"),
    ("FilesChecked", "files_checked"),
];
pub(super) const ACTIONS: &[(&str, &str)] = &[
    ("Stop", "stop"),
    ("Remove", "remove"),
    ("EnableSuperSeeding", "enable_super_seeding"),
    ("RemoveWithContent", "remove_with_content"),
];
/// The older generation counts.
pub(super) const COUNTED_ACTIONS: &[(&str, &str)] =
    &[("0", "stop"), ("1", "remove"), ("2", "enable_super_seeding"), ("3", "remove_with_content")];
pub(super) const DAYS: &[(&str, &str)] = &[
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
pub(super) const PROXIES: &[(&str, &str)] = &[
    ("None", "none"),
    ("HTTP", "http"),
    ("HTTP_PW", "http"),
    ("SOCKS5", "socks5"),
    ("SOCKS5_PW", "socks5"),
    ("SOCKS4", "socks4"),
];
pub(super) const PROTOCOLS: &[(&str, &str)] =
    &[("Both", "tcp_and_utp"), ("TCP", "tcp"), ("UTP", "utp")];
pub(super) const ENCRYPTION: &[(&str, &str)] =
    &[("0", "allow"), ("1", "require"), ("2", "disable")];
pub(super) const MIXED: &[(&str, &str)] =
    &[("TCP", "prefer_tcp"), ("Proportional", "peer_proportional")];
pub(super) const SLOTS: &[(&str, &str)] = &[("FixedSlots", "fixed"), ("RateBased", "rate_based")];
pub(super) const CHOKING: &[(&str, &str)] = &[
    ("RoundRobin", "round_robin"),
    ("FastestUpload", "fastest_upload"),
    ("AntiLeech", "anti_leech"),
];
pub(super) const DISK: &[(&str, &str)] = &[
    ("Default", "default"),
    ("MMap", "mmap"),
    ("Posix", "posix"),
    ("SimplePreadPwrite", "simple"),
    ("PreadPwrite", "pread"),
];
pub(super) const READ: &[(&str, &str)] =
    &[("DisableOSCache", "bypass_cache"), ("EnableOSCache", "cache")];
pub(super) const WRITE: &[(&str, &str)] = &[
    ("DisableOSCache", "bypass_cache"),
    ("EnableOSCache", "cache"),
    ("WriteThrough", "write_through"),
];
pub(super) const DELETE: &[(&str, &str)] =
    &[("Never", "never"), ("IfAdded", "if_added"), ("Always", "always")];
pub(super) const TRASH: &[(&str, &str)] = &[("Delete", "false"), ("MoveToTrash", "true")];
pub(super) const MODES: &[(&str, &str)] = &[("MatchAny", "match_any"), ("MatchAll", "match_all")];

pub(super) const AGES: &[(&str, &str)] = &[("0", "days"), ("1", "months"), ("2", "years")];
pub(super) const MAIL: &[(&str, &str)] =
    &[("None", "none"), ("STARTTLS", "starttls"), ("SMTPS", "smtps")];
/// The older generations know only on and off.
pub(super) const MAIL_SSL: &[(&str, &str)] =
    &[("true", "smtps"), ("true", "starttls"), ("false", "none")];
pub(super) const NAME_SERVICES: &[(&str, &str)] = &[("None", "-1"), ("DynDNS", "0"), ("NoIP", "1")];
