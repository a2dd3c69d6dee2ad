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

/// Counts under way.
pub(super) struct Facets<'a> {
    wanted: &'a [Facet],
    states: BTreeMap<State, usize>,
    names: [BTreeMap<Arc<str>, usize>; 3],
}

impl<'a> Facets<'a> {
    pub(super) fn new(wanted: &'a [Facet]) -> Self {
        Self { wanted, states: BTreeMap::new(), names: Default::default() }
    }

    pub(super) fn count(&mut self, row: &Torrent, misses: Misses) {
        let counts = |dimension| misses == Misses::None || misses == Misses::One(dimension);
        for facet in self.wanted {
            match facet {
                Facet::State if counts(Dimension::State) => {
                    *self.states.entry(row.status.state.into()).or_default() += 1;
                }
                Facet::Category if counts(Dimension::Category) => {
                    let name = row.options.category.clone().unwrap_or_default();
                    *self.names[0].entry(name).or_default() += 1;
                }
                Facet::Tag if counts(Dimension::Tag) => {
                    if row.options.tags.is_empty() {
                        *self.names[1].entry("".into()).or_default() += 1;
                    }
                    for tag in &row.options.tags {
                        *self.names[1].entry(tag.as_str().into()).or_default() += 1;
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
                        match self.names[2].get_mut(host) {
                            Some(count) => *count += 1,
                            None => drop(self.names[2].insert(host.into(), 1)),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds what was counted elsewhere.
    pub(super) fn add(&mut self, other: Self) {
        for (state, count) in other.states {
            *self.states.entry(state).or_default() += count;
        }
        for (names, more) in self.names.iter_mut().zip(other.names) {
            for (name, count) in more {
                *names.entry(name).or_default() += count;
            }
        }
    }

    pub(super) fn done(self) -> BTreeMap<&'static str, BTreeMap<String, usize>> {
        let [categories, tags, trackers] = self.names;
        let named = |names: BTreeMap<Arc<str>, usize>| {
            let mut names: Vec<(Arc<str>, usize)> = names.into_iter().collect();
            names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            names.truncate(FACET_VALUES);
            names.into_iter().map(|(name, count)| (name.to_string(), count)).collect()
        };
        let mut facets = BTreeMap::new();
        for facet in self.wanted {
            let (name, counts) = match facet {
                Facet::State => ("state", states(&self.states)),
                Facet::Category => ("category", named(categories.clone())),
                Facet::Tag => ("tag", named(tags.clone())),
                Facet::Tracker => ("tracker", named(trackers.clone())),
            };
            facets.insert(name, counts);
        }
        facets
    }
}

fn states(states: &BTreeMap<State, usize>) -> BTreeMap<String, usize> {
    let word = |state: &State| {
        serde_json::to_value(state).ok().and_then(|word| word.as_str().map(str::to_owned))
    };
    states.iter().filter_map(|(state, count)| Some((word(state)?, *count))).collect()
}
