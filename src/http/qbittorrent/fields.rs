//! THE table of torrent fields: one row per JSON key, in alphabetical order, as the contract writes them.
//!
//! It serves `torrents/info`, `sync/maindata`, sorting and the documentation. A getter borrows from the row; what it
//! needs besides is in the [`View`]. Keys are written with their punctuation from constants, so that rendering a row
//! copies bytes and formats numbers, and nothing else.

mod derive;
mod magnet;
mod value;

use std::sync::{Arc, LazyLock};

use imbl::OrdMap;

pub use derive::{
    NO_ETA, action_name, action_of, belongs_to, eta, is_finished, max_inactive_minutes, max_ratio,
    max_seeding_minutes, minutes_bound, mode_name, mode_of, paths, popularity, ratio, ratio_bound,
    state_name,
};
pub use magnet::Magnet;
use value::Value::{Bool, Float, Hex, Int, Null, Str, Tags};
pub use value::{SortKey, Value};

use super::level::Level;
use crate::engine::{Context, Snapshot};
use crate::model::{AnnounceStatus, Category, Metadata, Root, RunMode, Torrent};

/// What fields depend on beside their row.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub context: &'a Context,
    pub categories: &'a OrdMap<Arc<str>, Arc<Category>>,
    pub level: Level,
    /// Unix seconds.
    pub now: i64,
}

impl<'a> View<'a> {
    #[must_use]
    pub fn of(snapshot: &'a Snapshot, level: Level, now: i64) -> Self {
        Self { context: &snapshot.context, categories: &snapshot.categories, level, now }
    }
}

/// One JSON key of the torrent object.
pub struct Field {
    pub key: &'static str,
    /// The first level that has it.
    pub since: Level,
    pub place: Place,
    pub get: for<'a> fn(&'a Torrent, &View<'a>) -> Value<'a>,
    /// The key as it follows another member: `,"key":`.
    member: &'static str,
}

/// Which answers carry a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Everywhere,
    InfoOnly,
    MaindataOnly,
}

/// The answers that torrent objects appear in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Info,
    Maindata,
}

macro_rules! field {
    ($key:literal, $since:expr, $get:expr) => {
        field!($key, $since, Place::Everywhere, $get)
    };
    ($key:literal, $since:expr, $place:expr, $get:expr) => {
        Field {
            key: $key,
            since: $since,
            place: $place,
            get: $get,
            member: concat!(",\"", $key, "\":"),
        }
    };
}

use Level::{L45, L51, L53};

/// All fields, by key.
pub static FIELDS: &[Field] = &[
    field!("added_on", L45, |row, _| Int(row.facts.added_at)),
    field!("amount_left", L45, |row, _| Int(row.status.wanted - row.status.wanted_done)),
    field!("auto_tmm", L45, |row, _| Bool(row.options.auto_managed)),
    field!("availability", L45, |row, _| Float(row.status.availability)),
    field!("category", L45, |row, _| Str(row.options.category.as_deref().unwrap_or_default())),
    field!("comment", L51, |row, _| Str(&row.facts.comment)),
    field!("completed", L45, |row, _| Int(row.status.wanted_done)),
    field!("completion_on", L45, |row, view| time(row.status.completed_at, view)),
    field!("connections_count", L53, |row, _| Int(row.status.connections.into())),
    field!("connections_limit", L53, |row, _| Int(row.status.connections_limit.into())),
    field!("content_path", L45, |row, _| derive::content_path(row)),
    field!("created_by", L53, |row, _| Str(
        metadata(row).map_or("", |metadata| &metadata.created_by)
    )),
    field!("creation_date", L53, |row, _| Int(metadata(row)
        .and_then(|metadata| metadata.created_at)
        .unwrap_or(-1))),
    field!("dl_limit", L45, |row, _| Int(row.options.download_limit.map_or(0, i64::from))),
    field!("dlspeed", L45, |row, _| Int(row.status.download_rate)),
    field!("download_path", L45, |row, view| Str(paths(row, view.level).download)),
    field!("downloaded", L45, |row, _| Int(row.status.downloaded)),
    field!("downloaded_session", L45, |row, _| Int(row.status.downloaded_session)),
    field!("eta", L45, |row, view| Int(eta(row, view))),
    field!("f_l_piece_prio", L45, |row, _| Bool(row.options.first_last_first)),
    field!("force_start", L45, |row, _| Bool(row.options.run == RunMode::Forced)),
    field!("has_metadata", L51, |row, _| Bool(row.facts.metadata.is_some())),
    field!("has_other_announce_error", L53, Place::MaindataOnly, |row, _| {
        Bool(any_announce(row, &[AnnounceStatus::NotWorking, AnnounceStatus::Unreachable]))
    }),
    field!("has_tracker_error", L53, Place::MaindataOnly, |row, _| {
        Bool(any_announce(row, &[AnnounceStatus::TrackerError]))
    }),
    field!("has_tracker_warning", L53, Place::MaindataOnly, |row, _| {
        Bool(row.announces.iter().any(|tracker| {
            tracker.status == AnnounceStatus::Working && !tracker.message.is_empty()
        }))
    }),
    field!("hash", L45, Place::InfoOnly, |row, _| Hex(&row.facts.id.0)),
    field!("inactive_seeding_time_limit", L51, |row, _| Int(minutes_bound(
        row.options.share.inactive_minutes
    ))),
    field!("infohash_v1", L45, |row, _| row
        .facts
        .hashes
        .v1
        .as_ref()
        .map_or(Str(""), |hash| Hex(hash))),
    field!("infohash_v2", L45, |row, _| row
        .facts
        .hashes
        .v2
        .as_ref()
        .map_or(Str(""), |hash| Hex(hash))),
    field!("last_activity", L45, |row, _| Int(row
        .status
        .last_activity
        .unwrap_or(row.facts.added_at))),
    field!("magnet_uri", L45, |row, view| Value::Magnet(Magnet::new(row, view.level))),
    field!("max_inactive_seeding_time", L51, |row, view| Int(
        max_inactive_minutes(row, view).unwrap_or(-1)
    )),
    field!("max_ratio", L45, |row, view| Float(max_ratio(row, view).unwrap_or(-1.0))),
    field!("max_seeding_time", L45, |row, view| Int(max_seeding_minutes(row, view).unwrap_or(-1))),
    field!("name", L45, |row, _| Str(row.name())),
    field!("num_complete", L45, |row, _| Int(row.status.swarm_seeds.into())),
    field!("num_incomplete", L45, |row, _| Int(row.status.swarm_leechers.into())),
    field!("num_leechs", L45, |row, _| Int(row.status.leechers.into())),
    field!("num_seeds", L45, |row, _| Int(row.status.seeds.into())),
    field!("piece_size", L53, |row, _| Int(
        metadata(row).map_or(-1, |metadata| metadata.piece_size.into())
    )),
    field!("pieces_have", L53, |row, _| Int(row.status.pieces_have.into())),
    field!("pieces_num", L53, |row, _| Int(
        metadata(row).map_or(-1, |metadata| metadata.pieces.into())
    )),
    field!("popularity", L51, |row, view| Float(popularity(row, view.level))),
    field!("priority", L45, |row, _| Int(priority(row))),
    field!("private", L51, |row, _| metadata(row)
        .map_or(Null, |metadata| Bool(metadata.is_private))),
    field!("progress", L45, |row, _| Float(row.status.progress)),
    field!("ratio", L45, |row, view| Float(ratio(row, view.level))),
    field!("ratio_limit", L45, |row, _| Float(ratio_bound(row.options.share.ratio))),
    field!("reannounce", L51, |row, view| Int(reannounce(row, view.now))),
    field!("root_path", L51, |row, _| derive::root_path(row)),
    field!("save_path", L45, |row, view| Str(paths(row, view.level).save)),
    field!("seeding_time", L45, |row, _| Int(row.status.seeding_seconds)),
    field!("seeding_time_limit", L45, |row, _| Int(minutes_bound(
        row.options.share.seeding_minutes
    ))),
    field!("seen_complete", L45, |row, view| time(row.status.last_seen_complete, view)),
    field!("seq_dl", L45, |row, _| Bool(row.options.sequential)),
    field!("share_limit_action", L53, |row, _| Str(action_name(row.options.share.action))),
    field!("share_limits_mode", L53, |row, _| Str(mode_name(row.options.share.mode))),
    field!("size", L45, |row, _| Int(row.status.wanted)),
    field!("state", L45, |row, view| Str(state_name(row.status.state, view.level))),
    field!("super_seeding", L45, |row, _| Bool(row.options.super_seeding)),
    field!("tags", L45, |row, _| Tags(&row.options.tags)),
    field!("time_active", L45, |row, _| Int(row.status.active_seconds)),
    field!("total_size", L45, |row, _| Int(
        metadata(row).map_or(-1, |metadata| metadata.total_size)
    )),
    field!("total_wasted", L53, |row, _| Int(row.status.wasted)),
    field!("tracker", L45, |row, view| Str(tracker(row, view.level))),
    field!("trackers_count", L45, |row, _| Int(
        i64::try_from(row.announces.len()).unwrap_or(i64::MAX)
    )),
    field!("up_limit", L45, |row, _| Int(row.options.upload_limit.map_or(0, i64::from))),
    field!("uploaded", L45, |row, _| Int(row.status.uploaded)),
    field!("uploaded_session", L45, |row, _| Int(row.status.uploaded_session)),
    field!("upspeed", L45, |row, _| Int(row.status.upload_rate)),
];

/// The fields of an answer at a level, in the order they are written.
#[must_use]
pub fn fields(answer: Answer, level: Level) -> &'static [&'static Field] {
    static TABLES: LazyLock<Vec<(Answer, Level, Vec<&'static Field>)>> = LazyLock::new(|| {
        let answers = [Answer::Info, Answer::Maindata];
        answers
            .into_iter()
            .flat_map(|answer| Level::ALL.map(|level| (answer, level)))
            .map(|(answer, level)| {
                let other =
                    if answer == Answer::Info { Place::MaindataOnly } else { Place::InfoOnly };
                let fields =
                    FIELDS.iter().filter(|field| field.since <= level && field.place != other);
                (answer, level, fields.collect())
            })
            .collect()
    });
    TABLES.iter().find(|table| (table.0, table.1) == (answer, level)).map_or(&[], |table| &table.2)
}

/// The field of this key in `torrents/info`.
#[must_use]
pub fn field(key: &str, level: Level) -> Option<&'static Field> {
    let fields = fields(Answer::Info, level);
    fields.binary_search_by(|field| field.key.cmp(key)).ok().map(|at| fields[at])
}

/// Touches what rows point to, before they are rendered.
///
/// The parts of a row lie anywhere in memory. Rendering waits for one after the other; here the processor fetches those
/// of many rows at a time.
pub fn warm<'a>(rows: impl IntoIterator<Item = &'a Torrent>) {
    let first = |text: &str| text.as_bytes().first().copied().unwrap_or_default();
    let touched = rows.into_iter().fold(0, |touched, row| {
        let (facts, options) = (&*row.facts, &*row.options);
        let root = metadata(row).map_or(0, |metadata| match &metadata.root {
            Root::File(path) | Root::Folder(path) => first(path),
            Root::Scattered => 0,
        });
        let tag = options.tags.first().map_or(0, |tag| first(tag.as_str()));
        let announce = row.announces.first().map_or(0, |announce| first(&announce.url));
        touched ^ first(&facts.name) ^ root ^ tag ^ announce
    });
    std::hint::black_box(touched);
}

/// Appends the members of a torrent object, without braces.
pub fn write_members(out: &mut Vec<u8>, row: &Torrent, view: &View<'_>, fields: &[&Field]) {
    let start = out.len();
    for field in fields {
        out.extend_from_slice(&field.member.as_bytes()[usize::from(out.len() == start)..]);
        (field.get)(row, view).write(out);
    }
}

/// Appends the members that differ between two pictures of a torrent; returns whether there are any.
pub fn write_changes(
    out: &mut Vec<u8>,
    (before, old_view): (&Torrent, &View<'_>),
    (row, view): (&Torrent, &View<'_>),
    fields: &[&Field],
) -> bool {
    let start = out.len();
    for field in fields {
        let (old, new) = ((field.get)(before, old_view), (field.get)(row, view));
        if old == new || is_jitter(field, view.level, &old, &new) {
            continue;
        }
        out.extend_from_slice(&field.member.as_bytes()[usize::from(out.len() == start)..]);
        new.write(out);
    }
    out.len() != start
}

/// L45 reports the last activity in steps of 15 seconds, because its sources disagree by a few.
///
/// Fixed steps rather than distances, so that a slow drift is reported in the end although every client's base moves
/// along with it.
fn is_jitter(field: &Field, level: Level, old: &Value<'_>, new: &Value<'_>) -> bool {
    match (old, new) {
        (Int(old), Int(new)) if level == L45 && field.key == "last_activity" => {
            (new - old).abs() < 15 && old.div_euclid(15) == new.div_euclid(15)
        }
        _ => false,
    }
}

fn metadata(row: &Torrent) -> Option<&Metadata> {
    row.facts.metadata.as_ref()
}

/// A time that may never have been: 0 at L45, -1 later.
fn time(at: Option<i64>, view: &View<'_>) -> Value<'static> {
    Int(at.unwrap_or(if view.level == L45 { 0 } else { -1 }))
}

fn any_announce(row: &Torrent, statuses: &[AnnounceStatus]) -> bool {
    row.announces.iter().any(|tracker| statuses.contains(&tracker.status))
}

/// Queue position from 1; 0 for what is complete.
///
/// Contract: the position shows whether or not the queue is on (observed).
fn priority(row: &Torrent) -> i64 {
    match row.status.queue_position {
        Some(position) if !is_finished(row) => i64::from(position) + 1,
        _ => 0,
    }
}

/// Seconds until the next announce.
#[must_use]
pub fn reannounce(row: &Torrent, now: i64) -> i64 {
    row.status.next_announce.map_or(0, |at| (at - now).max(0))
}

fn tracker(row: &Torrent, level: Level) -> &str {
    match &row.status.tracker {
        Some(url) if !url.is_empty() => url,
        _ if level == L45 => "",
        _ => row.announces.first().map_or("", |announce| &announce.url),
    }
}

#[cfg(test)]
mod tests;
