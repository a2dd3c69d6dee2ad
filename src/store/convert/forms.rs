//! The JSON texts inside columns: what no query looks into.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};

use super::Coded;
use crate::model::{
    Announce, AnnounceStatus, Bound, ShareLimitAction, ShareLimits, ShareLimitsMode,
};
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
    document(|out| value.serialize(out))
}

fn from_json<'a, T: Deserialize<'a>>(column: &'a str) -> Result<T> {
    document_value(column, |from| T::deserialize(from))
}

/// The JSON text of a value, whose form is given by its `serialize`.
pub(in crate::store) fn document(
    write: impl FnOnce(&mut serde_json::Serializer<&mut Vec<u8>>) -> serde_json::Result<()>,
) -> String {
    let mut out = Vec::with_capacity(512);
    write(&mut serde_json::Serializer::new(&mut out))
        .expect("texts, finite numbers and lists have a JSON form");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// The value of a JSON text, whose form is given by its `deserialize`.
pub(in crate::store) fn document_value<'a, T>(
    column: &'a str,
    read: impl FnOnce(
        &mut serde_json::Deserializer<serde_json::de::StrRead<'a>>,
    ) -> serde_json::Result<T>,
) -> Result<T> {
    read(&mut serde_json::Deserializer::from_str(column))
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

pub(in crate::store) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
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

/// Share limits; what is inherited is left out.
#[derive(Serialize, Deserialize)]
#[serde(remote = "ShareLimits")]
pub(in crate::store) struct ShareForm {
    #[serde(default, skip_serializing_if = "is_default", with = "ratio")]
    ratio: Bound<f64>,
    #[serde(default, skip_serializing_if = "is_default", with = "BoundForm")]
    seeding_minutes: Bound<i64>,
    #[serde(default, skip_serializing_if = "is_default", with = "BoundForm")]
    inactive_minutes: Bound<i64>,
    #[serde(default, skip_serializing_if = "is_default", with = "code")]
    action: ShareLimitAction,
    #[serde(default, skip_serializing_if = "is_default", with = "code")]
    mode: ShareLimitsMode,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Bound", rename_all = "snake_case")]
enum BoundForm<T> {
    Inherit,
    Unlimited,
    At(T),
}

/// A ratio as a text, because the JSON reader may be off in the last digit of a number, and a client must read the limit
/// that it has set. An infinite ratio is no limit, and one that is no number is none that was set.
mod ratio {
    use serde::de::Error;
    use serde::{Deserializer, Serializer};

    use super::{Bound, BoundForm};

    pub(super) fn serialize<S: Serializer>(
        bound: &Bound<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let bound = match *bound {
            Bound::Unlimited => Bound::Unlimited,
            Bound::At(ratio) if ratio.is_infinite() => Bound::Unlimited,
            Bound::At(ratio) if !ratio.is_nan() => Bound::At(ratio.to_string()),
            Bound::At(_) | Bound::Inherit => Bound::Inherit,
        };
        BoundForm::serialize(&bound, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Bound<f64>, D::Error> {
        Ok(match BoundForm::<String>::deserialize(deserializer)? {
            Bound::Inherit => Bound::Inherit,
            Bound::Unlimited => Bound::Unlimited,
            Bound::At(text) => Bound::At(text.parse().map_err(D::Error::custom)?),
        })
    }
}

/// A value of a fixed set as its number.
pub(in crate::store) mod code {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::store::convert::Coded;

    pub(in crate::store) fn serialize<T: Coded + Copy, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_i16(value.code())
    }

    pub(in crate::store) fn deserialize<'de, T: Coded, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        T::from_code(i16::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A number that JSON has: others count as 0.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(in crate::store) fn finite<S: Serializer>(
    number: &f64,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_f64(if number.is_finite() { *number } else { 0.0 })
}

/// The JSON text of share limits.
pub(in crate::store) fn share(limits: &ShareLimits) -> String {
    document(|out| ShareForm::serialize(limits, out))
}

/// Reads what [`share`] wrote.
pub(in crate::store) fn from_share(column: &str) -> Result<ShareLimits> {
    document_value(column, |from| ShareForm::deserialize(from))
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
