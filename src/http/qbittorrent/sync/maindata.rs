//! What `sync/maindata` answers: a full picture, or the difference between two.

use std::ops::Range;
use std::sync::Arc;

use imbl::OrdSet;
use imbl::ordmap::DiffItem;
use imbl::ordset::DiffItem as SetDiffItem;

use super::state::server_state;
use crate::engine::{Row, Snapshot};
use crate::http::qbittorrent::fields::{self, Answer, Value, View};
use crate::http::qbittorrent::json;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::render::{self, Lot};
use crate::http::qbittorrent::torrents::labels::category_members;
use crate::model::{Tag, TorrentId};

/// Bytes that a whole row takes, roughly.
const ROW: usize = 1600;

/// The answer, in the order of its keys.
pub struct Maindata {
    snapshot: Arc<Snapshot>,
    base: Option<Arc<Snapshot>>,
    level: Level,
    now: i64,
    /// New rows, and rows that may have changed with their former picture.
    rows: Vec<(TorrentId, Option<Row>, Row)>,
    removed: Vec<TorrentId>,
    trackers: Vec<(Arc<str>, OrdSet<TorrentId>)>,
    trackers_removed: Vec<Arc<str>>,
    parts: Vec<Part>,
}

/// What is rendered by itself.
enum Part {
    /// Everything before the torrents.
    Head,
    Torrents(Range<usize>),
    TorrentsRemoved,
    Tracker(usize),
    TrackersRemoved,
}

impl Maindata {
    /// A difference against `base`, or a full update without one. `now` in unix seconds.
    #[must_use]
    pub fn new(
        snapshot: Arc<Snapshot>,
        base: Option<Arc<Snapshot>>,
        level: Level,
        now: i64,
    ) -> Self {
        let (mut removed, mut trackers_removed) = (Vec::new(), Vec::new());
        let (rows, trackers) = match &base {
            None => (
                snapshot.torrents.iter().map(|(id, row)| (*id, None, row.clone())).collect(),
                snapshot.trackers.iter().map(|(url, ids)| (Arc::clone(url), ids.clone())).collect(),
            ),
            Some(base) => (
                changed_rows(base, &snapshot, &mut removed),
                changed_trackers(base, &snapshot, &mut trackers_removed),
            ),
        };
        let mut parts = vec![Part::Head];
        let lots = (0..rows.len()).step_by(render::ROWS);
        parts.extend(lots.map(|at| Part::Torrents(at..(at + render::ROWS).min(rows.len()))));
        parts.push(Part::TorrentsRemoved);
        parts.extend((0..trackers.len()).map(Part::Tracker));
        parts.push(Part::TrackersRemoved);
        Self { snapshot, base, level, now, rows, removed, trackers, trackers_removed, parts }
    }

    /// The view of a picture. Both pictures are seen with the same clock: time alone is no change.
    fn view<'a>(&self, snapshot: &'a Snapshot) -> View<'a> {
        View::of(snapshot, self.level, self.now)
    }

    /// Contract: L45 has all groups in a full update, L51 and later leave empty ones out.
    fn shows_empty(&self) -> bool {
        self.base.is_none() && self.level == Level::L45
    }

    fn head(&self, out: &mut Vec<u8>) {
        let (snapshot, base) = (&*self.snapshot, self.base.as_deref());
        self.categories(out, snapshot, base);
        if base.is_none() {
            member(out, "full_update");
            out.extend_from_slice(b"true");
        }
        member(out, "rid");
        json::int(out, snapshot.revision.into());
        let old = base.map(|base| server_state(base, self.level));
        let changed: Vec<_> = server_state(snapshot, self.level)
            .into_iter()
            .enumerate()
            .filter(|(at, member)| old.as_ref().is_none_or(|old| old[*at] != *member))
            .map(|(_, member)| member)
            .collect();
        if !changed.is_empty() {
            member(out, "server_state");
            write_members(out, &changed);
        }
        self.tags(out, snapshot, base);
        if self.rows.is_empty() && self.shows_empty() {
            member(out, "torrents");
            out.extend_from_slice(b"{}");
        }
        if self.trackers.is_empty() && self.shows_empty() {
            member(out, "trackers");
            out.extend_from_slice(b"{}");
        }
    }

    fn categories(&self, out: &mut Vec<u8>, snapshot: &Snapshot, base: Option<&Snapshot>) {
        let level = self.level;
        let empty = imbl::OrdMap::default();
        let (mut changed, mut removed) = (Vec::new(), Vec::new());
        for item in base.map_or(&empty, |base| &base.categories).diff(&snapshot.categories) {
            match item {
                DiffItem::Add(name, category) => {
                    changed.push((name, category_members(category, level)));
                }
                DiffItem::Update { old: (_, before), new: (name, category) } => {
                    let before = category_members(before, level);
                    let mut members = category_members(category, level);
                    members.retain(|member| !before.contains(member));
                    changed.push((name, members));
                }
                DiffItem::Remove(name, _) => removed.push(name),
            }
        }
        changed.retain(|(_, members)| !members.is_empty());
        if !changed.is_empty() || self.shows_empty() {
            member(out, "categories");
            let mut object = json::Object::begin(out);
            for (name, members) in &changed {
                write_members(object.key(name), members);
            }
            object.end();
        }
        if !removed.is_empty() {
            member(out, "categories_removed");
            json::array(out, removed, |out, name| json::text(out, name));
        }
    }

    fn tags(&self, out: &mut Vec<u8>, snapshot: &Snapshot, base: Option<&Snapshot>) {
        let empty = OrdSet::default();
        let (mut added, mut removed): (Vec<&Tag>, Vec<&Tag>) = (Vec::new(), Vec::new());
        for item in base.map_or(&empty, |base| &base.tags).diff(&snapshot.tags) {
            match item {
                SetDiffItem::Add(tag) => added.push(tag),
                SetDiffItem::Remove(tag) => removed.push(tag),
            }
        }
        if !added.is_empty() || self.shows_empty() {
            member(out, "tags");
            json::array(out, added, |out, tag| json::text(out, tag.as_str()));
        }
        if !removed.is_empty() {
            member(out, "tags_removed");
            json::array(out, removed, |out, tag| json::text(out, tag.as_str()));
        }
    }

    fn torrent(&self, out: &mut Vec<u8>, (id, before, row): &(TorrentId, Option<Row>, Row)) {
        let start = out.len();
        out.push(b',');
        quoted_hex(out, id);
        out.extend_from_slice(b":{");
        let view = self.view(&self.snapshot);
        let table = fields::fields(Answer::Maindata, self.level);
        let is_changed = if let (Some(before), Some(base)) = (before, &self.base) {
            fields::write_changes(out, (before, &self.view(base)), (row, &view), table)
        } else {
            fields::write_members(out, row, &view, table);
            true
        };
        if is_changed {
            out.push(b'}');
        } else {
            out.truncate(start);
        }
    }
}

impl render::Answer for Maindata {
    const BRACKETS: [u8; 2] = *b"{}";

    fn lots(&self) -> usize {
        self.parts.len()
    }

    fn render(&self, lot: usize) -> Lot {
        let mut members = Vec::new();
        let out = &mut members;
        let group = match &self.parts[lot] {
            Part::Head => {
                self.head(out);
                None
            }
            Part::Torrents(range) => {
                if self.base.is_none() {
                    out.reserve(range.len() * ROW);
                }
                let rows = &self.rows[range.clone()];
                fields::warm(rows.iter().map(|(_, _, row)| &**row));
                for row in rows {
                    self.torrent(out, row);
                }
                Some("torrents")
            }
            Part::TorrentsRemoved if self.removed.is_empty() => None,
            Part::TorrentsRemoved => {
                member(out, "torrents_removed");
                json::array(out, &self.removed, quoted_hex);
                None
            }
            Part::Tracker(at) => {
                let (url, ids) = &self.trackers[*at];
                member(out, url);
                json::array(out, ids, quoted_hex);
                Some("trackers")
            }
            Part::TrackersRemoved if self.trackers_removed.is_empty() => None,
            Part::TrackersRemoved => {
                member(out, "trackers_removed");
                json::array(out, &self.trackers_removed, |out, url| json::text(out, url));
                None
            }
        };
        Lot { group, members }
    }
}

fn member(out: &mut Vec<u8>, key: &str) {
    out.push(b',');
    json::text(out, key);
    out.push(b':');
}

/// Rows that are new or whose fields may differ; ids of those that are gone go to `removed`.
///
/// When something changed that fields of every row depend on, every row may differ.
fn changed_rows(
    base: &Snapshot,
    snapshot: &Snapshot,
    removed: &mut Vec<TorrentId>,
) -> Vec<(TorrentId, Option<Row>, Row)> {
    let mut rows = Vec::new();
    for item in base.torrents.diff(&snapshot.torrents) {
        match item {
            DiffItem::Add(id, row) => rows.push((*id, None, row.clone())),
            DiffItem::Update { old: (_, before), new: (id, row) } => {
                rows.push((*id, Some(before.clone()), row.clone()));
            }
            DiffItem::Remove(id, _) => removed.push(*id),
        }
    }
    if base.context == snapshot.context && base.categories == snapshot.categories {
        return rows;
    }
    snapshot
        .torrents
        .iter()
        .map(|(id, row)| (*id, base.torrents.get(id).cloned(), row.clone()))
        .collect()
}

/// Trackers that are new or have other torrents; those that are gone go to `removed`.
fn changed_trackers(
    base: &Snapshot,
    snapshot: &Snapshot,
    removed: &mut Vec<Arc<str>>,
) -> Vec<(Arc<str>, OrdSet<TorrentId>)> {
    let mut trackers = Vec::new();
    for item in base.trackers.diff(&snapshot.trackers) {
        match item {
            DiffItem::Add(url, ids) | DiffItem::Update { new: (url, ids), .. } => {
                trackers.push((Arc::clone(url), ids.clone()));
            }
            DiffItem::Remove(url, _) => removed.push(Arc::clone(url)),
        }
    }
    trackers
}

fn write_members(out: &mut Vec<u8>, members: &[(&'static str, Value<'_>)]) {
    let mut object = json::Object::begin(out);
    for (key, value) in members {
        value.write(object.key(key));
    }
    object.end();
}

fn quoted_hex(out: &mut Vec<u8>, id: &TorrentId) {
    out.push(b'"');
    json::hex(out, &id.0);
    out.push(b'"');
}

#[cfg(test)]
mod tests;
