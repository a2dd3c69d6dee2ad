//! All rows of one list in order, brought from one picture to the next by what changed between the two.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use imbl::ordmap::DiffItem;

use super::facets::Facets;
use super::key::Probe;
use super::{Facet, Order, Sort};
use crate::engine::{Row, Snapshot};
use crate::http::v1::access::Principal;
use crate::http::v1::filter::{Matcher, Misses};
use crate::model::{Torrent, TorrentId};

/// Which rows, for whom, in which order.
pub(super) struct Asked<'a> {
    pub(super) matcher: &'a Matcher,
    pub(super) principal: &'a Principal,
    pub(super) sort: Sort,
    pub(super) order: Order,
}

impl Asked<'_> {
    /// What keeps a row out; `None` if it does not exist for the client.
    fn misses(&self, row: &Torrent, snapshot: &Snapshot) -> Option<Misses> {
        self.principal.sees(row, snapshot).then(|| self.matcher.misses(row, snapshot))
    }

    fn compare(&self, a: (&Probe<'_>, &TorrentId), b: (&Probe<'_>, &TorrentId)) -> Ordering {
        let by_key = a.0.order(b.0);
        let by_key = if self.order == Order::Desc { by_key.reverse() } else { by_key };
        // Rows of the same key are told apart, so that pages of one list fit together.
        by_key.then_with(|| a.1.cmp(b.1))
    }

    fn compare_rows(&self, a: &Torrent, b: &Torrent) -> Ordering {
        let (key, other) = (Probe::of(a, self.sort), Probe::of(b, self.sort));
        self.compare((&key, &a.facts.id), (&other, &b.facts.id))
    }
}

/// A list at one revision.
pub(super) struct View {
    snapshot: Arc<Snapshot>,
    /// All that match, in order.
    rows: Vec<Row>,
    facets: Facets,
}

/// How many rows have each value of what was counted, by facet.
pub(super) type Counts = BTreeMap<&'static str, BTreeMap<String, usize>>;

/// Some rows of a view, and what is known of all.
pub(super) struct Part {
    pub(super) rows: Vec<Row>,
    pub(super) total: usize,
    /// No row follows.
    pub(super) is_last: bool,
    pub(super) facets: Counts,
}

impl View {
    /// Looks at all rows.
    pub(super) fn of(snapshot: &Arc<Snapshot>, asked: &Asked<'_>, wanted: &[Facet]) -> Self {
        let mut facets = Facets::new(wanted);
        let mut keyed: Vec<(Probe<'_>, &Row)> = Vec::new();
        for row in asked.matcher.candidates(snapshot) {
            let Some(misses) = asked.misses(row, snapshot) else { continue };
            facets.add(row, misses);
            if misses == Misses::None {
                keyed.push((Probe::of(row, asked.sort), row));
            }
        }
        keyed.sort_unstable_by(|(a, row), (b, other)| {
            asked.compare((a, &row.facts.id), (b, &other.facts.id))
        });
        let rows = keyed.into_iter().map(|(_, row)| row.clone()).collect();
        Self { snapshot: Arc::clone(snapshot), rows, facets }
    }

    /// Follows the changes up to another picture. `asked` must be what the view was made with.
    pub(super) fn advance(&mut self, snapshot: &Arc<Snapshot>, asked: &Asked<'_>) {
        if Arc::ptr_eq(&self.snapshot, snapshot) {
            return;
        }
        let is_followed = self.snapshot.context.subcategories == snapshot.context.subcategories
            && self.follow(snapshot, asked);
        if !is_followed {
            *self = Self::of(snapshot, asked, self.facets.wanted());
        }
    }

    /// Returns false if the view does not hold what it should.
    fn follow(&mut self, snapshot: &Arc<Snapshot>, asked: &Asked<'_>) -> bool {
        let before = mem::replace(&mut self.snapshot, Arc::clone(snapshot));
        let (mut leaving, mut coming) = (Vec::new(), Vec::new());
        for item in before.torrents.diff(&snapshot.torrents) {
            let (old, new) = match item {
                DiffItem::Add(_, new) => (None, Some(new)),
                DiffItem::Update { old: (_, old), new: (_, new) } => (Some(old), Some(new)),
                DiffItem::Remove(_, old) => (Some(old), None),
            };
            let old = old.filter(|row| {
                let misses = asked.misses(row, &before);
                misses.inspect(|misses| self.facets.remove(row, *misses)) == Some(Misses::None)
            });
            let new = new.filter(|row| {
                let misses = asked.misses(row, snapshot);
                misses.inspect(|misses| self.facets.add(row, *misses)) == Some(Misses::None)
            });
            let place = match old.map(|old| self.place(old, asked)) {
                Some(None) => return false,
                Some(place) => place,
                None => None,
            };
            match (old, new, place) {
                (Some(old), Some(new), Some(at)) if asked.compare_rows(old, new).is_eq() => {
                    self.rows[at] = new.clone();
                }
                (_, new, place) => {
                    leaving.extend(place);
                    coming.extend(new);
                }
            }
        }
        if !leaving.is_empty() || !coming.is_empty() {
            self.merge(leaving, coming, asked);
        }
        true
    }

    /// Where a row of the picture before stands.
    fn place(&self, row: &Torrent, asked: &Asked<'_>) -> Option<usize> {
        let at = self.rows.partition_point(|other| asked.compare_rows(other, row).is_lt());
        self.rows.get(at).is_some_and(|found| found.facts.id == row.facts.id).then_some(at)
    }

    /// Takes rows out by their places, and puts others in.
    fn merge(&mut self, mut leaving: Vec<usize>, mut coming: Vec<&Row>, asked: &Asked<'_>) {
        leaving.sort_unstable();
        coming.sort_unstable_by(|a, b| asked.compare_rows(a, b));
        let places: Vec<usize> = coming
            .iter()
            .map(|row| self.rows.partition_point(|other| asked.compare_rows(other, row).is_lt()))
            .collect();
        let mut leaving = leaving.into_iter().peekable();
        let mut coming = places.into_iter().zip(coming).peekable();
        let rows = mem::take(&mut self.rows);
        self.rows.reserve(rows.len() + coming.len());
        for (at, row) in rows.into_iter().enumerate() {
            while let Some((_, new)) = coming.next_if(|(place, _)| *place <= at) {
                self.rows.push(new.clone());
            }
            if leaving.next_if_eq(&at).is_none() {
                self.rows.push(row);
            }
        }
        self.rows.extend(coming.map(|(_, row)| row.clone()));
    }

    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// The place of the first row after a key and id.
    pub(super) fn after(&self, asked: &Asked<'_>, key: &Probe<'_>, id: &TorrentId) -> usize {
        self.rows.partition_point(|row| {
            let own = Probe::of(row, asked.sort);
            asked.compare((&own, &row.facts.id), (key, id)).is_le()
        })
    }

    /// At most `limit` rows from a place on.
    pub(super) fn part(&self, start: usize, limit: usize) -> Part {
        let end = start.saturating_add(limit).min(self.rows.len());
        Part {
            rows: self.rows[start..end].to_vec(),
            total: self.rows.len(),
            is_last: end == self.rows.len(),
            facets: self.facets.counts(),
        }
    }
}

#[cfg(test)]
mod tests;
