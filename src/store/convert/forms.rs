//! The JSON texts inside columns: lists that no query looks into.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Coded, text};
use crate::model::{Announce, AnnounceStatus};
use crate::store::{Error, Result, Work};

/// The JSON text of a list; `None` if it is empty, so that most rows need no parsing.
pub(in crate::store) fn list<T: Serialize>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let items: Vec<T> = items.into_iter().collect();
    (!items.is_empty()).then(|| json(&items))
}

/// Reads what [`list`] wrote.
pub(in crate::store) fn from_list<'a, T: Deserialize<'a>>(
    column: Option<&'a String>,
) -> Result<Vec<T>> {
    column.map_or(Ok(Vec::new()), |column| from_json(column))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("lists, texts and whole numbers have a JSON form")
}

fn from_json<'a, T: Deserialize<'a>>(column: &'a str) -> Result<T> {
    serde_json::from_str(column)
        .map_err(|error| Error::Database(format!("a row holds unreadable JSON: {error}")))
}

/// A tracker; what was never learnt is left out.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct AnnounceForm<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    tier: u8,
    #[serde(default, skip_serializing_if = "is_default")]
    status: i16,
    #[serde(borrow, default, skip_serializing_if = "is_default")]
    message: Cow<'a, str>,
    #[serde(default = "minus_one", skip_serializing_if = "is_minus_one")]
    peers: i32,
    #[serde(default = "minus_one", skip_serializing_if = "is_minus_one")]
    seeds: i32,
    #[serde(default = "minus_one", skip_serializing_if = "is_minus_one")]
    leechers: i32,
    #[serde(default = "minus_one", skip_serializing_if = "is_minus_one")]
    downloaded: i32,
    #[serde(default, skip_serializing_if = "is_default")]
    updating: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    next_announce: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    min_announce: i64,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn minus_one() -> i32 {
    -1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_minus_one(value: &i32) -> bool {
    *value == -1
}

impl<'a> From<&'a Announce> for AnnounceForm<'a> {
    fn from(announce: &'a Announce) -> Self {
        Self {
            url: Cow::Borrowed(&announce.url),
            tier: announce.tier,
            status: announce.status.code(),
            message: Cow::Borrowed(&announce.message),
            peers: announce.peers,
            seeds: announce.seeds,
            leechers: announce.leechers,
            downloaded: announce.downloaded,
            updating: announce.updating,
            next_announce: announce.next_announce,
            min_announce: announce.min_announce,
        }
    }
}

impl AnnounceForm<'_> {
    pub(in crate::store) fn announce(self) -> Result<Announce> {
        Ok(Announce {
            url: self.url.into(),
            tier: self.tier,
            status: AnnounceStatus::from_code(self.status)?,
            message: self.message.into(),
            peers: self.peers,
            seeds: self.seeds,
            leechers: self.leechers,
            downloaded: self.downloaded,
            updating: self.updating,
            next_announce: self.next_announce,
            min_announce: self.min_announce,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum WorkForm {
    Move { from: String, to: String },
    Delete { base: String, files: Vec<String> },
    Rename { base: String, files: Vec<(u32, String, String)> },
    Fetch { url: String, options: String },
}

/// The JSON text of an intent's work.
pub(in crate::store) fn work(work: &Work) -> String {
    // JSON escapes NUL, so that only texts outside of JSON need `text`.
    json(&match work.clone() {
        Work::Move { from, to } => WorkForm::Move { from, to },
        Work::Delete { base, files } => WorkForm::Delete { base, files },
        Work::Rename { base, files } => WorkForm::Rename { base, files },
        Work::Fetch { url, options } => WorkForm::Fetch { url, options },
    })
}

/// Reads what [`work`] wrote.
pub(in crate::store) fn from_work(column: &str) -> Result<Work> {
    Ok(match from_json(column)? {
        WorkForm::Move { from, to } => Work::Move { from, to },
        WorkForm::Delete { base, files } => Work::Delete { base, files },
        WorkForm::Rename { base, files } => Work::Rename { base, files },
        WorkForm::Fetch { url, options } => Work::Fetch { url, options },
    })
}

/// An optional text column.
pub(in crate::store) fn optional(value: Option<&str>) -> Option<String> {
    value.map(text)
}
