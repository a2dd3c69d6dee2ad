//! How many torrents have each value of what can be counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Facet;
use crate::http::v1::filter::{Dimension, Misses};
use crate::http::v1::wire::State;
use crate::http::v1::wire::torrent::host;
use crate::model::Torrent;

/// Values that a facet lists at most; the others are added up.
const FACET_VALUES: usize = 500;

/// Counts that follow the rows.
pub(super) struct Facets {
    wanted: Vec<Facet>,
    states: BTreeMap<State, usize>,
    names: [BTreeMap<Arc<str>, usize>; 3],
}

impl Facets {
    pub(super) fn new(wanted: &[Facet]) -> Self {
        Self { wanted: wanted.to_vec(), states: BTreeMap::new(), names: Default::default() }
    }

    pub(super) fn wanted(&self) -> &[Facet] {
        &self.wanted
    }

    /// Counts a row.
    pub(super) fn add(&mut self, row: &Torrent, misses: Misses) {
        self.each(
            row,
            misses,
            |states, state| *states.entry(state).or_default() += 1,
            |names, name| match names.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(names.insert(name.into(), 1)),
            },
        );
    }

    /// Takes a row back that was counted like this.
    pub(super) fn remove(&mut self, row: &Torrent, misses: Misses) {
        fn less(count: &mut usize) -> bool {
            *count = count.saturating_sub(1);
            *count == 0
        }
        self.each(
            row,
            misses,
            |states, state| {
                if states.get_mut(&state).is_some_and(less) {
                    states.remove(&state);
                }
            },
            |names, name| {
                if names.get_mut(name).is_some_and(less) {
                    names.remove(name);
                }
            },
        );
    }

    /// Calls for each value under which a row is counted.
    fn each(
        &mut self,
        row: &Torrent,
        misses: Misses,
        state: impl Fn(&mut BTreeMap<State, usize>, State),
        name: impl Fn(&mut BTreeMap<Arc<str>, usize>, &str),
    ) {
        let counts = |dimension| misses == Misses::None || misses == Misses::One(dimension);
        let [categories, tags, trackers] = &mut self.names;
        for facet in &self.wanted {
            match facet {
                Facet::State if counts(Dimension::State) => {
                    state(&mut self.states, row.status.state.into());
                }
                Facet::Category if counts(Dimension::Category) => {
                    name(categories, row.options.category.as_deref().unwrap_or_default());
                }
                Facet::Tag if counts(Dimension::Tag) => {
                    if row.options.tags.is_empty() {
                        name(tags, "");
                    }
                    for tag in &row.options.tags {
                        name(tags, tag.as_str());
                    }
                }
                Facet::Tracker if counts(Dimension::Tracker) => {
                    let mut hosts: Vec<&str> =
                        row.announces.iter().filter_map(|announce| host(&announce.url)).collect();
                    hosts.sort_unstable();
                    hosts.dedup();
                    if hosts.is_empty() {
                        hosts.push("");
                    }
                    for host in hosts {
                        name(trackers, host);
                    }
                }
                _ => {}
            }
        }
    }

    /// The counts by facet and value.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, BTreeMap<String, usize>> {
        let [categories, tags, trackers] = &self.names;
        let counts = |facet: &Facet| match facet {
            Facet::State => ("state", states(&self.states)),
            Facet::Category => ("category", named(categories)),
            Facet::Tag => ("tag", named(tags)),
            Facet::Tracker => ("tracker", named(trackers)),
        };
        self.wanted.iter().map(counts).collect()
    }
}

fn named(names: &BTreeMap<Arc<str>, usize>) -> BTreeMap<String, usize> {
    let mut names: Vec<(&Arc<str>, usize)> =
        names.iter().map(|(name, count)| (name, *count)).collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    names.truncate(FACET_VALUES);
    names.into_iter().map(|(name, count)| (name.to_string(), count)).collect()
}

fn states(states: &BTreeMap<State, usize>) -> BTreeMap<String, usize> {
    let word = |state: &State| {
        serde_json::to_value(state).ok().and_then(|word| word.as_str().map(str::to_owned))
    };
    states.iter().filter_map(|(state, count)| Some((word(state)?, *count))).collect()
}
