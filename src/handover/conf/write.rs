//! Our settings as a file of upstream's.

use serde_json::Value;

use super::Form::{
    Flag, Inverted, Kib, List, NotNegative, Number, Positive, Rate, Real, Secret, Semicolons, Text,
    Time, Word,
};
use super::{ASSUMED, BACKUPS, Form, rows};
use crate::handover::ini::Draft;
use crate::settings::Profile;
use crate::settings::profile::{ContractLevel, ProxyType};

/// Writes all settings that upstream knows, also those that are as upstream assumes them: the generations do not assume
/// the same.
pub(in crate::handover) fn write(profile: &Profile, level: ContractLevel, draft: &mut Draft) {
    for (key, form, setting) in rows().filter(|(key, ..)| is_at(key, level)) {
        let value = match secret(profile, setting) {
            Some(clear) => clear.into(),
            None => profile.get(setting).unwrap_or_default(),
        };
        put(draft, &key_at(key, level), *form, &value);
    }
    for (key, setting, _) in ASSUMED {
        put(draft, key, Flag, &profile.get(setting).unwrap_or_default());
    }
    draft.text(&key_at("WebUI/Address", level), &profile.webui.address);
    let older = level < ContractLevel::L53;
    for (key, switch, folder) in BACKUPS.iter().filter(|_| older) {
        let is_on = profile.get(switch) == Some(true.into());
        let folder = profile.get(folder).filter(|_| is_on).unwrap_or_default();
        draft.text(key, folder.as_str().unwrap_or_default());
    }
    if level == ContractLevel::L45 {
        let proxy = &profile.proxy;
        let kind = match (proxy.kind, proxy.auth_enabled) {
            (ProxyType::None, _) => "None",
            (ProxyType::Http, false) => "HTTP",
            (ProxyType::Http, true) => "HTTP_PW",
            (ProxyType::Socks5, false) => "SOCKS5",
            (ProxyType::Socks5, true) => "SOCKS5_PW",
            (ProxyType::Socks4, _) => "SOCKS4",
        };
        // This generation uses its proxy for torrents always.
        draft.text("Network/Proxy/Type", if proxy.bittorrent { kind } else { "None" });
        let only = proxy.bittorrent && !proxy.rss && !proxy.misc;
        draft.text("Network/Proxy/OnlyForTorrents", if only { "true" } else { "false" });
    }
    let migrations = match level {
        ContractLevel::L45 => "4",
        ContractLevel::L51 => "8",
        ContractLevel::L53 => "12",
    };
    draft.text("Meta/MigrationVersion", migrations);
    draft.text("LegalNotice/Accepted", "true");
}

/// The key at a generation.
pub(in crate::handover) fn key_at(key: &str, level: ContractLevel) -> String {
    if level < ContractLevel::L53 && key.starts_with("WebUI/") {
        format!("Preferences/{key}")
    } else {
        key.to_owned()
    }
}

/// True if the generation keeps the value under this key.
pub(super) fn is_at(key: &str, level: ContractLevel) -> bool {
    let name = key.rsplit_once("Session/").map_or(key, |(_, name)| name);
    match name {
        "AddTorrentPaused" | "MaxRatioAction" | "ProxyHostnameLookup" => {
            level == ContractLevel::L45
        }
        "AddTorrentStopped"
        | "ShareLimitAction"
        | "Network/Proxy/Type"
        | "Network/Proxy/AuthEnabled"
        | "Network/Proxy/HostnameLookupEnabled"
        | "Network/Proxy/Profiles/BitTorrent"
        | "Network/Proxy/Profiles/RSS"
        | "Network/Proxy/Profiles/Misc" => level > ContractLevel::L45,
        "SubcategoriesEnabled" | "Preferences/MailNotification/req_ssl" => {
            level < ContractLevel::L53
        }
        "TorrentBackupEnabled"
        | "TorrentBackupDirectory"
        | "FinishedTorrentBackupDirectoryEnabled"
        | "FinishedTorrentBackupDirectory"
        | "RemoveTorrentFileBackup"
        | "Preferences/MailNotification/SMTPEncryptionType" => level == ContractLevel::L53,
        _ => true,
    }
}

/// Upstream keeps these in clear.
fn secret<'a>(profile: &'a Profile, setting: &str) -> Option<&'a str> {
    match setting {
        "proxy.password" => Some(profile.proxy.password.reveal()),
        "mail.password" => Some(profile.mail.password.reveal()),
        "dyndns.password" => Some(profile.dyndns.password.reveal()),
        _ => None,
    }
}

fn put(draft: &mut Draft, key: &str, form: Form, value: &Value) {
    let number = value.as_i64();
    match form {
        Flag | Inverted => {
            let is_on = value.as_bool().unwrap_or_default() == matches!(form, Flag);
            draft.text(key, if is_on { "true" } else { "false" });
        }
        Number | Positive | NotNegative => draft.text(key, &number.unwrap_or(-1).to_string()),
        Kib => draft.text(key, &number.unwrap_or_default().saturating_mul(1024).to_string()),
        // The smallest limit that upstream has is one KiB.
        Rate => {
            let kib = number.map_or(0, |bytes| (bytes / 1024).max(1));
            draft.text(key, &kib.to_string());
        }
        Real => draft.text(key, &value.as_f64().unwrap_or(-1.0).to_string()),
        Text | Secret => draft.text(key, value.as_str().unwrap_or_default()),
        List => draft.list(key, &texts(value)),
        Semicolons => draft.text(key, &texts(value).join(";")),
        Word(words) => {
            if let Some((theirs, _)) = words.iter().find(|(_, word)| super::ours(word) == *value) {
                draft.text(key, theirs);
            }
        }
        Time => {
            let milliseconds = u32::try_from(number.unwrap_or_default()).unwrap_or(0) * 60_000;
            // 15 is the type of a time of day.
            let bytes = [15_u32.to_be_bytes(), milliseconds.to_be_bytes()].concat();
            draft.variant(key, &bytes);
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
