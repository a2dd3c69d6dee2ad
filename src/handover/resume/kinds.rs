//! Which kind of value belongs to a key: others are what a damaged or hostile file has, and make no sense.

use bt_bencode::Value;

use super::{Resume, number_of};

/// What a value may be.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Number,
    NumberOrText,
    List,
}

/// The values that are read, sorted by key.
const KINDS: &[(&str, Kind)] = &[
    ("active_time", Kind::Number),
    ("added_time", Kind::Number),
    ("auto_managed", Kind::Number),
    ("completed_time", Kind::Number),
    ("download_rate_limit", Kind::Number),
    ("file_priority", Kind::List),
    ("finished_time", Kind::Number),
    ("info-hash", Kind::Text),
    ("info-hash2", Kind::Text),
    ("last_download", Kind::Number),
    ("last_seen_complete", Kind::Number),
    ("last_upload", Kind::Number),
    ("mapped_files", Kind::List),
    ("name", Kind::Text),
    ("paused", Kind::Number),
    ("pieces", Kind::Text),
    ("qBt-category", Kind::Text),
    ("qBt-comment", Kind::Text),
    ("qBt-contentLayout", Kind::Text),
    ("qBt-downloadPath", Kind::Text),
    ("qBt-firstLastPiecePriority", Kind::Number),
    ("qBt-hasRootFolder", Kind::Number),
    ("qBt-inactiveSeedingTimeLimit", Kind::Number),
    ("qBt-name", Kind::Text),
    ("qBt-ratioLimit", Kind::NumberOrText),
    ("qBt-savePath", Kind::Text),
    ("qBt-seedStatus", Kind::Number),
    ("qBt-seedingTimeLimit", Kind::Number),
    ("qBt-shareLimitAction", Kind::Text),
    ("qBt-shareLimitsMode", Kind::Text),
    ("qBt-sslCertificate", Kind::Text),
    ("qBt-sslDhParams", Kind::Text),
    ("qBt-sslPrivateKey", Kind::Text),
    ("qBt-stopCondition", Kind::Text),
    ("qBt-tags", Kind::List),
    ("save_path", Kind::Text),
    ("sequential_download", Kind::Number),
    ("stop_when_ready", Kind::Number),
    ("super_seeding", Kind::Number),
    ("total_downloaded", Kind::Number),
    ("total_uploaded", Kind::Number),
    ("trackers", Kind::List),
    ("upload_rate_limit", Kind::Number),
    ("url-list", Kind::List),
];

impl Resume {
    /// The keys whose values are of another kind than the program writes, sorted.
    pub(in crate::handover) fn nonsense(&self) -> Vec<String> {
        let is_kind = |kind: Kind, value: &Value| match kind {
            Kind::Text => value.as_byte_str().is_some(),
            Kind::Number => number_of(value).is_some(),
            Kind::NumberOrText => number_of(value).is_some() || value.as_byte_str().is_some(),
            Kind::List => value.as_list().is_some(),
        };
        let wrong = KINDS.iter().filter(|(key, kind)| {
            self.0.get(key.as_bytes()).is_some_and(|value| !is_kind(*kind, value))
        });
        wrong.map(|(key, _)| (*key).to_owned()).collect()
    }
}
