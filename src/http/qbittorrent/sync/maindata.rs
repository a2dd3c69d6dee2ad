//! What `sync/maindata` answers: a full picture, or the difference between two.

use std::collections::VecDeque;
use std::sync::Arc;

use imbl::OrdSet;
use imbl::ordmap::DiffItem;
use imbl::ordset::DiffItem as SetDiffItem;

use super::state::server_state;
use crate::engine::{Row, Snapshot};
use crate::http::qbittorrent::fields::{self, Answer, Value, View};
use crate::http::qbittorrent::json;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::torrents::labels::category_members;
use crate::model::{Tag, TorrentId};

/// Writes the answer bit by bit, in the order of its keys.
pub struct Maindata {
    now_snapshot: Arc<Snapshot>,
    base: Option<Arc<Snapshot>>,
    level: Level,
    now: i64,
    /// What is still to be written, last part first.
    parts: Vec<Part>,
    is_empty: bool,
}

enum Part {
    /// Everything before the torrents.
    Head,
    /// New rows, and rows that may have changed with their former picture.
    Torrents {
        rows: VecDeque<(TorrentId, Option<Row>, Row)>,
        begun: bool,
    },
    TorrentsRemoved(Vec<TorrentId>),
    Trackers {
        rows: VecDeque<(Arc<str>, OrdSet<TorrentId>)>,
        begun: bool,
    },
    TrackersRemoved(Vec<Arc<str>>),
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
        let mut removed = Vec::new();
        let mut gone = Vec::new();
        let (torrents, trackers) = match &base {
            None => (
                snapshot.torrents.iter().map(|(id, row)| (*id, None, row.clone())).collect(),
                snapshot.trackers.iter().map(|(url, ids)| (Arc::clone(url), ids.clone())).collect(),
            ),
            Some(base) => {
                let changed = changed_rows(base, &snapshot, &mut removed);
                let mut trackers = VecDeque::new();
                for item in base.trackers.diff(&snapshot.trackers) {
                    match item {
                        DiffItem::Add(url, ids) | DiffItem::Update { new: (url, ids), .. } => {
                            trackers.push_back((Arc::clone(url), ids.clone()));
                        }
                        DiffItem::Remove(url, _) => gone.push(Arc::clone(url)),
                    }
                }
                (changed, trackers)
            }
        };
        let parts = vec![
            Part::TrackersRemoved(gone),
            Part::Trackers { rows: trackers, begun: false },
            Part::TorrentsRemoved(removed),
            Part::Torrents { rows: torrents, begun: false },
            Part::Head,
        ];
        Self { now_snapshot: snapshot, base, level, now, parts, is_empty: true }
    }

    /// Appends the next bit; returns whether there is more.
    pub fn step(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(mut part) = self.parts.pop() else { return false };
        let is_unfinished = match &mut part {
            Part::Head => {
                self.head(out);
                false
            }
            Part::Torrents { rows, begun } => self.torrent(out, rows, begun),
            Part::TorrentsRemoved(ids) => {
                if !ids.is_empty() {
                    self.member(out, "torrents_removed");
                    json::array(out, ids, |out, id| quoted_hex(out, id));
                }
                false
            }
            Part::Trackers { rows, begun } => self.tracker(out, rows, begun),
            Part::TrackersRemoved(urls) => {
                if !urls.is_empty() {
                    self.member(out, "trackers_removed");
                    json::array(out, urls, |out, url| json::text(out, url));
                }
                out.push(b'}');
                false
            }
        };
        if is_unfinished {
            self.parts.push(part);
        }
        !self.parts.is_empty()
    }

    /// The view of a picture. Both pictures are seen with the same clock: time alone is no change.
    fn view<'a>(&self, snapshot: &'a Snapshot) -> View<'a> {
        View::of(snapshot, self.level, self.now)
    }

    /// Contract: L45 has all groups in a full update, L51 and later leave empty ones out.
    fn shows_empty(&self) -> bool {
        self.base.is_none() && self.level == Level::L45
    }

    fn member(&mut self, out: &mut Vec<u8>, key: &str) {
        out.push(if self.is_empty { b'{' } else { b',' });
        self.is_empty = false;
        json::text(out, key);
        out.push(b':');
    }

    fn head(&mut self, out: &mut Vec<u8>) {
        let snapshot = Arc::clone(&self.now_snapshot);
        let base = self.base.clone();
        let base = base.as_deref();
        self.categories(out, &snapshot, base);
        if base.is_none() {
            self.member(out, "full_update");
            out.extend_from_slice(b"true");
        }
        self.member(out, "rid");
        json::int(out, snapshot.revision.into());
        let old = base.map(|base| server_state(base, self.level));
        let changed: Vec<_> = server_state(&snapshot, self.level)
            .into_iter()
            .enumerate()
            .filter(|(at, member)| old.as_ref().is_none_or(|old| old[*at] != *member))
            .map(|(_, member)| member)
            .collect();
        if !changed.is_empty() {
            self.member(out, "server_state");
            write_members(out, &changed);
        }
        self.tags(out, &snapshot, base);
    }

    fn categories(&mut self, out: &mut Vec<u8>, snapshot: &Snapshot, base: Option<&Snapshot>) {
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
            self.member(out, "categories");
            let mut object = json::Object::begin(out);
            for (name, members) in &changed {
                write_members(object.key(name), members);
            }
            object.end();
        }
        if !removed.is_empty() {
            self.member(out, "categories_removed");
            json::array(out, removed, |out, name| json::text(out, name));
        }
    }

    fn tags(&mut self, out: &mut Vec<u8>, snapshot: &Snapshot, base: Option<&Snapshot>) {
        let empty = OrdSet::default();
        let (mut added, mut removed): (Vec<&Tag>, Vec<&Tag>) = (Vec::new(), Vec::new());
        for item in base.map_or(&empty, |base| &base.tags).diff(&snapshot.tags) {
            match item {
                SetDiffItem::Add(tag) => added.push(tag),
                SetDiffItem::Remove(tag) => removed.push(tag),
            }
        }
        if !added.is_empty() || self.shows_empty() {
            self.member(out, "tags");
            json::array(out, added, |out, tag| json::text(out, tag.as_str()));
        }
        if !removed.is_empty() {
            self.member(out, "tags_removed");
            json::array(out, removed, |out, tag| json::text(out, tag.as_str()));
        }
    }

    fn torrent(
        &mut self,
        out: &mut Vec<u8>,
        rows: &mut VecDeque<(TorrentId, Option<Row>, Row)>,
        begun: &mut bool,
    ) -> bool {
        if let Some((id, before, row)) = rows.pop_front() {
            let start = (out.len(), self.is_empty, *begun);
            if *begun {
                out.push(b',');
            } else {
                self.begin_group(out, "torrents", begun);
            }
            quoted_hex(out, &id);
            out.extend_from_slice(b":{");
            let snapshot = Arc::clone(&self.now_snapshot);
            let view = self.view(&snapshot);
            let table = fields::fields(Answer::Maindata, self.level);
            let is_changed = if let (Some(before), Some(base)) = (&before, &self.base) {
                fields::write_changes(out, (before, &self.view(base)), (&row, &view), table)
            } else {
                fields::write_members(out, &row, &view, table);
                true
            };
            if is_changed {
                out.push(b'}');
            } else {
                out.truncate(start.0);
                (self.is_empty, *begun) = (start.1, start.2);
            }
            return true;
        }
        self.end_group(out, "torrents", *begun);
        false
    }

    fn tracker(
        &mut self,
        out: &mut Vec<u8>,
        rows: &mut VecDeque<(Arc<str>, OrdSet<TorrentId>)>,
        begun: &mut bool,
    ) -> bool {
        if let Some((url, ids)) = rows.pop_front() {
            if *begun {
                out.push(b',');
            } else {
                self.begin_group(out, "trackers", begun);
            }
            json::text(out, &url);
            out.push(b':');
            json::array(out, &ids, quoted_hex);
            return true;
        }
        self.end_group(out, "trackers", *begun);
        false
    }

    fn begin_group(&mut self, out: &mut Vec<u8>, key: &str, begun: &mut bool) {
        self.member(out, key);
        out.push(b'{');
        *begun = true;
    }

    fn end_group(&mut self, out: &mut Vec<u8>, key: &str, begun: bool) {
        if begun {
            out.push(b'}');
        } else if self.shows_empty() {
            self.member(out, key);
            out.extend_from_slice(b"{}");
        }
    }
}

/// Rows that are new or whose fields may differ; ids of those that are gone go to `removed`.
///
/// When something changed that fields of every row depend on, every row may differ.
fn changed_rows(
    base: &Snapshot,
    snapshot: &Snapshot,
    removed: &mut Vec<TorrentId>,
) -> VecDeque<(TorrentId, Option<Row>, Row)> {
    let mut rows = VecDeque::new();
    for item in base.torrents.diff(&snapshot.torrents) {
        match item {
            DiffItem::Add(id, row) => rows.push_back((*id, None, row.clone())),
            DiffItem::Update { old: (_, before), new: (id, row) } => {
                rows.push_back((*id, Some(before.clone()), row.clone()));
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
