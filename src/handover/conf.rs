//! `qBittorrent.conf` as a change of our settings, and our settings as such a file.
//!
//! The rows say under which key upstream keeps a value and which setting it is here. Keys of the web server moved from
//! `Preferences/WebUI` to `WebUI` with the newest generation: both are looked at, the new one first.

mod kept;
mod network;
mod program;
mod session;
mod words;
mod write;

use serde_json::Value;

use super::ini::Ini;
use crate::settings::profile::ContractLevel;
use crate::settings::{Patch, Profile};

pub(super) use kept::{read as kept, write as write_kept};
pub(super) use write::{key_at, write};

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
    /// Bytes there, KiB here.
    Kib,
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
    Flag, Inverted, Kib, List, NotNegative, Number, Positive, Rate, Real, Secret, Semicolons, Text,
    Time, Word,
};

/// Their key, how it is written, and our setting.
type Row = (&'static str, Form, &'static str);

/// Everything that means the same there and here.
fn rows() -> impl Iterator<Item = &'static Row> {
    [session::ROWS, network::ROWS, program::ROWS].into_iter().flatten()
}

/// What a running program assumes of values that were never written, whatever its generation.
const ASSUMED: &[(&str, &str, bool)] = &[
    ("Network/PortForwardingEnabled", "connection.upnp", true),
    ("BitTorrent/Session/LSDEnabled", "bittorrent.lsd", true),
    ("BitTorrent/Session/QueueingSystemEnabled", "queue.enabled", true),
];

/// The switch and the folder of two settings that the older generations keep as one folder, empty for off.
const BACKUPS: &[(&str, &str, &str)] = &[
    (
        "BitTorrent/Session/TorrentExportDirectory",
        "downloads.export_enabled",
        "downloads.export_path",
    ),
    (
        "BitTorrent/Session/FinishedTorrentExportDirectory",
        "downloads.export_finished_enabled",
        "downloads.export_finished_path",
    ),
];

/// What a generation assumes of values that were never written, where it is not what we do.
fn defaults(level: ContractLevel) -> Vec<(&'static str, &'static str, Value)> {
    match level {
        ContractLevel::L45 => vec![
            ("BitTorrent/Session/FilePoolSize", "disk.file_pool_size", 5000.into()),
            ("BitTorrent/Session/StopTrackerTimeout", "trackers.stop_timeout_seconds", 5.into()),
            ("Network/Proxy/IP", "proxy.host", "0.0.0.0".into()),
        ],
        ContractLevel::L51 => Vec::new(),
        ContractLevel::L53 => vec![
            ("BitTorrent/Session/PeerToS", "connection.peer_tos", 1.into()),
            ("BitTorrent/Session/SubcategoriesEnabled", "downloads.subcategories", true.into()),
            (
                "Preferences/Connection/ResolvePeerCountries",
                "behaviour.resolve_peer_countries",
                false.into(),
            ),
            ("Preferences/MailNotification/SMTPEncryptionType", "mail.encryption", "smtps".into()),
            ("Preferences/MailNotification/sender", "mail.sender", "".into()),
            ("Preferences/MailNotification/smtp_server", "mail.smtp", "".into()),
        ],
    }
}

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
    if let Some(level) = generation(ini) {
        for (key, setting, value) in defaults(level) {
            if present(ini, key).is_none() {
                take(key, setting, value);
            }
        }
    }
    for (key, form, setting) in rows() {
        let Some(key) = present(ini, key) else { continue };
        match read(ini, &key, *form) {
            Some(value) => take(&key, setting, value),
            None => take(&key, setting, Value::String(ini.text(&key).unwrap_or_default())),
        }
    }
    let text = |key: &str| present(ini, key).and_then(|key| ini.text(&key));
    for (key, setting, default) in ASSUMED {
        take(key, setting, text(key).map_or(*default, |text| is_true(&text)).into());
    }
    take(
        "WebUI/Address",
        "webui.address",
        text("WebUI/Address").unwrap_or_else(|| "*".to_owned()).into(),
    );
    for (key, switch, folder) in BACKUPS {
        if let Some(path) = text(key).filter(|path| !path.is_empty()) {
            take(key, switch, true.into());
            take(key, folder, path.into());
        }
    }
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

/// The generation of the program that wrote the file last, by its number of migrations.
fn generation(ini: &Ini) -> Option<ContractLevel> {
    let version: u32 = ini.text("Meta/MigrationVersion")?.parse().ok()?;
    Some(match version {
        0..=7 => ContractLevel::L45,
        8..=11 => ContractLevel::L51,
        _ => ContractLevel::L53,
    })
}

/// The contract level of the program that wrote the file last.
pub(super) fn level(ini: &Ini) -> Option<&'static str> {
    generation(ini).map(ContractLevel::as_str)
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
    let number = || text.trim().parse().ok().or_else(|| serialised_number(&ini.variant(key)?));
    Some(match form {
        Flag => is_true(&text).into(),
        Inverted => (!is_true(&text)).into(),
        Number => number()?.into(),
        Kib => (number()? / 1024).into(),
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
        Word(words) => ours(words.iter().find(|(theirs, _)| *theirs == text)?.1),
        Time => {
            let bytes = ini.variant(key)?;
            let (kind, rest) = bytes.split_first_chunk::<4>()?;
            let milliseconds = u32::from_be_bytes(*rest.last_chunk::<4>()?);
            // 15 is the type of a time of day.
            (u32::from_be_bytes(*kind) == 15).then_some(milliseconds / 60_000)?.into()
        }
    })
}

/// A number that was serialised, as some are: a type, then the bytes.
fn serialised_number(bytes: &[u8]) -> Option<i64> {
    let (_, number) = bytes.split_first_chunk::<4>()?;
    if !(1..=8).contains(&number.len()) {
        return None;
    }
    let wide = number.iter().fold(0_u64, |wide, byte| wide << 8 | u64::from(*byte));
    i64::try_from(wide).ok()
}

/// One of our words as a value: some stand for switches or numbers.
fn ours(word: &str) -> Value {
    match (word, word.parse::<i64>()) {
        ("true", _) => true.into(),
        ("false", _) => false.into(),
        (_, Ok(number)) => number.into(),
        (word, Err(_)) => word.into(),
    }
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
        for (key, _, setting) in rows() {
            assert!(keys::row(setting).is_some(), "{key}: {setting}");
        }
    }

    #[test]
    fn values_become_settings() {
        let text = "[BitTorrent]\nSession\\GlobalDLSpeedLimit=100\nSession\\MaxActiveDownloads=-1\n\
                    Session\\DisableAutoTMMByDefault=false\nSession\\BTProtocol=TCP\nSession\\GlobalMaxRatio=1.5\n\
                    Session\\Encryption=7\n[Preferences]\nWebUI\\Port=9000\nWebUI\\ServerDomains=\"a;b\"\n\
                    Scheduler\\start_time=@Variant(\\0\\0\\0\\xf\\x1\\xb7t\\0)\n[Network]\nProxy\\Type=SOCKS5_PW\n\
                    Proxy\\Port=@Variant(\\0\\0\\0\\x85\\x1f\\x91)\n";
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
        assert_eq!(value("proxy.port"), 8081);
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

    #[test]
    fn what_is_written_is_read_back() {
        let mut profile = Profile::default();
        for (key, value) in [
            ("limits.download_bytes_per_second", Value::from(102_400)),
            ("queue.max_active_downloads", Value::Null),
            ("bittorrent.protocol", "tcp".into()),
            ("share.max_ratio", 1.5.into()),
            ("share.action", "remove".into()),
            ("limits.schedule_from_minute", 481.into()),
            ("limits.schedule_days", "weekends".into()),
            ("webui.domain_list", serde_json::json!(["a", "b"])),
            ("downloads.excluded_names", serde_json::json!(["*.exe", "a, b", " ä", "\"x\\"])),
            ("autorun.on_finished_program", "echo \"%N\"; 1\n\u{1}2é中😀".into()),
            ("webui.custom_headers", "@x".into()),
            ("proxy.kind", "socks5".into()),
            ("proxy.auth_enabled", true.into()),
            ("proxy.bittorrent", true.into()),
            ("proxy.password", "geheim".into()),
            ("mail.encryption", "smtps".into()),
            ("dyndns.service", 1.into()),
            ("downloads.export_enabled", true.into()),
            ("downloads.export_path", "/x".into()),
            ("connection.max_connections", Value::Null),
        ] {
            profile.set(key, &value).unwrap();
        }
        for level in ContractLevel::ALL {
            let mut draft = crate::handover::ini::Draft::default();
            write(&profile, *level, &mut draft);
            let (ini, unreadable) = Ini::parse(&draft.to_string());
            assert_eq!(unreadable, 0);

            let patch = patch(&ini, |key, reason| panic!("{key}: {reason}"));

            let mut again = Profile::default();
            for (key, value) in patch.values() {
                again.set(key, value).unwrap();
            }
            for (key, _, setting) in rows().filter(|(key, ..)| write::is_at(key, *level)) {
                assert_eq!(again.get(setting), profile.get(setting), "{level:?} {key}");
            }
            assert_eq!(again.proxy.password.reveal(), "geheim");
            for (_, switch, folder) in BACKUPS {
                assert_eq!(again.get(switch), profile.get(switch), "{level:?}");
                assert_eq!(again.get(folder), profile.get(folder), "{level:?}");
            }
        }
    }
}
