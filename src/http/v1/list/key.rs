//! What rows are compared by: borrowed while all rows are looked at, owned in a cursor.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::Sort;
use crate::http::v1::wire::torrent::{eta, host};
use crate::model::Torrent;

/// What a row is compared by, without a copy of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Probe<'a> {
    None,
    Number(f64),
    /// Compared without regard to case.
    Text(&'a str),
}

/// The same in a cursor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Key {
    None,
    Number(f64),
    Text(String),
}

impl Key {
    pub(super) fn probe(&self) -> Probe<'_> {
        match self {
            Self::None => Probe::None,
            Self::Number(number) => Probe::Number(*number),
            Self::Text(text) => Probe::Text(text),
        }
    }
}

impl<'a> Probe<'a> {
    #[expect(clippy::cast_precision_loss, reason = "what is sorted is far below 2^53")]
    pub(super) fn of(row: &'a Torrent, sort: Sort) -> Self {
        let status = &row.status;
        let number = |number: i64| Self::Number(number as f64);
        let optional = |value: Option<i64>| value.map_or(Self::None, number);
        match sort {
            Sort::Id => Self::None,
            Sort::Name => Self::Text(row.name()),
            Sort::AddedAt => number(row.facts.added_at),
            Sort::CompletedAt => optional(status.completed_at),
            Sort::LastActivityAt => optional(status.last_activity),
            Sort::Size => number(status.wanted),
            Sort::Progress => Self::Number(status.progress),
            Sort::State => number(status.state as i64),
            Sort::Category => Self::Text(row.options.category.as_deref().unwrap_or_default()),
            // No number stands for the infinite ratio in a cursor.
            Sort::Ratio => Self::Number(row.ratio().unwrap_or(f64::MAX)),
            Sort::DownloadRate => number(status.download_rate),
            Sort::UploadRate => number(status.upload_rate),
            Sort::Downloaded => number(status.downloaded),
            Sort::Uploaded => number(status.uploaded),
            Sort::Eta => optional(eta(row)),
            Sort::Seeds => number(status.seeds.into()),
            Sort::Leechers => number(status.leechers.into()),
            Sort::QueuePosition => optional(status.queue_position.map(i64::from)),
            Sort::SeedingTime => number(status.seeding_seconds),
            Sort::Tracker => {
                Self::Text(status.tracker.as_deref().and_then(host).unwrap_or_default())
            }
        }
    }

    pub(super) fn to_key(self) -> Key {
        match self {
            Self::None => Key::None,
            Self::Number(number) => Key::Number(number),
            Self::Text(text) => Key::Text(text.to_owned()),
        }
    }

    /// What is missing comes last.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => folded(a, b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            // A cursor that somebody made up compares a number with a text: any order will do, if it is one.
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::None => 2,
        }
    }
}

/// Compares letter by letter without regard to case.
fn folded(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.bytes(), b.bytes());
    loop {
        match (left.next(), right.next()) {
            (Some(a), Some(b)) if a.is_ascii() && b.is_ascii() => {
                let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
                if order != Ordering::Equal {
                    return order;
                }
            }
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(_), Some(_)) => break,
        }
    }
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    lower(a).cmp(&lower(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_without_regard_to_case() {
        assert_eq!(folded("alpha", "ALPHA"), Ordering::Equal);
        assert_eq!(folded("Alpha", "beta"), Ordering::Less);
        assert_eq!(folded("a", "A b"), Ordering::Less);
        assert_eq!(folded("\u{c4}pfel", "\u{e4}pfel"), Ordering::Equal);
        assert_eq!(folded("zz", "\u{e4}"), Ordering::Less);
        assert_eq!(folded("a\u{c4}b", "a\u{e4}a"), Ordering::Greater);
    }

    #[test]
    fn what_is_missing_comes_last() {
        assert_eq!(Probe::None.order(&Probe::Number(1.0)), Ordering::Greater);
        assert_eq!(Probe::Number(-1.0).order(&Probe::Number(1.0)), Ordering::Less);
        assert_eq!(Probe::None.order(&Probe::None), Ordering::Equal);
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        for key in [Key::None, Key::Number(2.5), Key::Number(7.0), Key::Text("a".to_owned())] {
            let text = serde_json::to_string(&key).unwrap();
            assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), key);
        }
    }
}
