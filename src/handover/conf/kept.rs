//! Values without an effect here, which user interfaces keep on the server: they come along and go back.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{is_true, present};
use crate::handover::ini::{Draft, Ini};

#[derive(Debug, Clone, Copy)]
enum Kind {
    Flag,
    Number,
    Text,
}

use Kind::{Flag, Number, Text};

/// Their key, and the name of the preference under which we keep it.
const ROWS: &[(&str, Kind, &str)] = &[
    ("Application/InstanceName", Text, "app_instance_name"),
    ("Application/MemoryWorkingSetLimit", Number, "memory_working_set_limit"),
    ("BitTorrent/Session/CoalesceReadWrite", Flag, "enable_coalesce_read_write"),
    ("BitTorrent/Session/DiskCacheSize", Number, "disk_cache"),
    ("BitTorrent/Session/DiskCacheTTL", Number, "disk_cache_ttl"),
    ("BitTorrent/Session/ResumeDataStorageType", Text, "resume_data_storage_type"),
    ("BitTorrent/TrackerEnabled", Flag, "enable_embedded_tracker"),
    (
        "GUI/ConfirmActions/RemoveTrackerFromAllTorrents",
        Flag,
        "confirm_remove_tracker_from_all_torrents",
    ),
    ("Preferences/Advanced/confirmRemoveAllTags", Flag, "confirm_remove_all_tags"),
    ("Preferences/Advanced/confirmTorrentDeletion", Flag, "confirm_torrent_deletion"),
    ("Preferences/Advanced/confirmTorrentRecheck", Flag, "confirm_torrent_recheck"),
    ("Preferences/Advanced/markOfTheWeb", Flag, "mark_of_the_web"),
    ("Preferences/Advanced/trackerPort", Number, "embedded_tracker_port"),
    ("Preferences/Advanced/trackerPortForwarding", Flag, "embedded_tracker_port_forwarding"),
    ("Preferences/General/DeleteTorrentsFilesAsDefault", Flag, "delete_torrent_content_files"),
    ("Preferences/General/StatusbarExternalIPDisplayed", Flag, "status_bar_external_ip"),
];

/// Adds what a file has to what is kept already; true if there was anything.
pub(in crate::handover) fn read(ini: &Ini, preferences: &mut BTreeMap<String, Value>) -> bool {
    let mut found = false;
    for (key, kind, preference) in ROWS {
        let Some(text) = present(ini, key).and_then(|key| ini.text(&key)) else { continue };
        let value: Value = match kind {
            Flag => is_true(&text).into(),
            Number => match text.trim().parse::<i64>() {
                Ok(number) => number.into(),
                Err(_) => continue,
            },
            Text => text.into(),
        };
        preferences.insert((*preference).to_owned(), value);
        found = true;
    }
    found
}

/// Writes what is kept.
pub(in crate::handover) fn write(preferences: &BTreeMap<String, Value>, draft: &mut Draft) {
    for (key, _, preference) in ROWS {
        match preferences.get(*preference) {
            Some(Value::String(text)) => draft.text(key, text),
            Some(value @ (Value::Bool(_) | Value::Number(_))) => {
                draft.text(key, &value.to_string());
            }
            _ => {}
        }
    }
}
