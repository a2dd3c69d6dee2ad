//! Which torrents a request is about: the one set of filters of lists, batches and event streams.

use std::collections::HashSet;

use globset::{GlobBuilder, GlobMatcher};
use jiff::Timestamp;
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use super::access::Principal;
use super::problem::{Problem, Result};
use super::wire::State;
use super::wire::torrent::host;
use crate::engine::{Row, Snapshot};
use crate::model::{Category, Torrent, TorrentId};

/// Bytes of a glob or of a text that is searched for.
const LONGEST_TEXT: usize = 1024;

/// Values of one filter.
const MOST_VALUES: usize = 1000;

/// Torrents that match all of what is given; several values of one member are alternatives.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// These torrents alone.
    pub id: Vec<String>,
    /// A text that name, comment, category, a tag or the path contains, without regard to case.
    pub q: Option<String>,
    /// A glob that the whole name matches, without regard to case.
    pub name: Option<String>,
    pub state: Vec<State>,
    /// A category, its subcategories included where those are on; the empty text is none.
    pub category: Vec<String>,
    /// A tag; the empty text is none at all.
    pub tag: Vec<String>,
    /// The host of one of the trackers; the empty text is no tracker.
    pub tracker: Vec<String>,
    pub is_private: Option<bool>,
    /// True for torrents whose wanted data is here.
    pub is_complete: Option<bool>,
    /// True for torrents that move data.
    pub is_active: Option<bool>,
    /// Bytes of the wanted files.
    pub min_size: Option<i64>,
    pub max_size: Option<i64>,
    /// An infinite ratio is above every number.
    pub min_ratio: Option<f64>,
    pub max_ratio: Option<f64>,
    /// 0 to 1.
    pub min_progress: Option<f64>,
    pub max_progress: Option<f64>,
    /// Seconds since the torrent was added.
    pub min_age: Option<i64>,
    pub max_age: Option<i64>,
    /// The extension of the only file, without the dot. Torrents of several files do not match.
    pub extension: Vec<String>,
}

/// One dimension that can be counted: a facet leaves its own filter out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    State,
    Category,
    Tag,
    Tracker,
    Other,
}

/// A filter that has been checked.
pub struct Matcher {
    ids: Option<HashSet<TorrentId>>,
    text: Option<Regex>,
    name: Option<GlobMatcher>,
    states: Vec<State>,
    filter: Filter,
    now: i64,
}

impl Filter {
    /// Checks the filter; `place` makes the problem of a member.
    pub fn matcher(self, place: impl Fn(&str, String) -> Problem) -> Result<Matcher> {
        for (member, count) in [
            ("id", self.id.len()),
            ("state", self.state.len()),
            ("category", self.category.len()),
            ("tag", self.tag.len()),
            ("tracker", self.tracker.len()),
            ("extension", self.extension.len()),
        ] {
            if count > MOST_VALUES {
                return Err(place(member, format!("may have {MOST_VALUES} values")));
            }
        }
        for (member, text) in [("q", &self.q), ("name", &self.name)] {
            if text.as_ref().is_some_and(|text| text.len() > LONGEST_TEXT) {
                return Err(place(member, format!("may have {LONGEST_TEXT} bytes")));
            }
        }
        for (member, number) in [
            ("min_ratio", self.min_ratio),
            ("max_ratio", self.max_ratio),
            ("min_progress", self.min_progress),
            ("max_progress", self.max_progress),
        ] {
            if number.is_some_and(|number| !number.is_finite() || number < 0.0) {
                return Err(place(member, "must be a number from 0".to_owned()));
            }
        }
        for (member, number) in [
            ("min_size", self.min_size),
            ("max_size", self.max_size),
            ("min_age", self.min_age),
            ("max_age", self.max_age),
        ] {
            if number.is_some_and(|number| number < 0) {
                return Err(place(member, "must be a number from 0".to_owned()));
            }
        }
        let ids: HashSet<TorrentId> = self
            .id
            .iter()
            .map(|id| id.parse().map_err(|error| place("id", format!("`{id}`: {error}"))))
            .collect::<Result<_>>()?;
        let text = self.q.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(|text| {
            RegexBuilder::new(&regex::escape(text))
                .case_insensitive(true)
                .build()
                .map_err(|error| place("q", error.to_string()))
        });
        let name = self.name.as_deref().map(|glob| {
            GlobBuilder::new(glob)
                .case_insensitive(true)
                .build()
                .map(|glob| glob.compile_matcher())
                .map_err(|error| place("name", error.kind().to_string()))
        });
        Ok(Matcher {
            ids: (!self.id.is_empty()).then_some(ids),
            text: text.transpose()?,
            name: name.transpose()?,
            states: self.state.clone(),
            now: Timestamp::now().as_second(),
            filter: self,
        })
    }

    /// As [`Self::matcher`], for a query.
    pub fn of_query(self) -> Result<Matcher> {
        self.matcher(Problem::parameter)
    }

    /// As [`Self::matcher`], for a member `filter` of a body.
    pub fn of_body(self) -> Result<Matcher> {
        self.matcher(|name, reason| Problem::invalid(format!("/filter/{name}"), reason))
    }
}

impl Matcher {
    /// The torrents that may match: all, or those that are named.
    #[must_use]
    pub fn candidates<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> Box<dyn Iterator<Item = &'a Row> + 'a> {
        match &self.ids {
            Some(ids) => Box::new(ids.iter().filter_map(|id| snapshot.torrent(id))),
            None => Box::new(snapshot.torrents.values()),
        }
    }

    /// True if the torrent exists for the client and matches.
    #[must_use]
    pub fn matches(&self, row: &Torrent, snapshot: &Snapshot, principal: &Principal) -> bool {
        principal.sees(row, snapshot) && self.misses(row, snapshot) == Misses::None
    }

    /// Which dimensions keep the torrent out.
    #[must_use]
    pub fn misses(&self, row: &Torrent, snapshot: &Snapshot) -> Misses {
        let filter = &self.filter;
        if !self.matches_other(row) {
            return Misses::Several;
        }
        let mut missed = Misses::None;
        if !self.states.is_empty() && !self.states.contains(&row.status.state.into()) {
            missed = missed.and(Dimension::State);
        }
        if !filter.category.is_empty() && !in_categories(row, &filter.category, snapshot) {
            missed = missed.and(Dimension::Category);
        }
        if !filter.tag.is_empty() && !has_tag(row, &filter.tag) {
            missed = missed.and(Dimension::Tag);
        }
        if !filter.tracker.is_empty() && !has_tracker(row, &filter.tracker) {
            missed = missed.and(Dimension::Tracker);
        }
        missed
    }

    fn matches_other(&self, row: &Torrent) -> bool {
        let (filter, status) = (&self.filter, &row.status);
        let at_least = |least: Option<i64>, value: i64| least.is_none_or(|least| value >= least);
        let at_most = |most: Option<i64>, value: i64| most.is_none_or(|most| value <= most);
        let is_private = || row.facts.metadata.as_ref().is_some_and(|metadata| metadata.is_private);
        let ratio = || row.ratio().unwrap_or(f64::INFINITY);
        // Looked up only where it matters: facts lie elsewhere in memory.
        let age = || self.now.saturating_sub(row.facts.added_at);
        self.ids.as_ref().is_none_or(|ids| ids.contains(&row.facts.id))
            && filter.is_private.is_none_or(|wanted| wanted == is_private())
            && filter.is_complete.is_none_or(|wanted| wanted == status.state.is_complete())
            && filter
                .is_active
                .is_none_or(|wanted| wanted == (status.download_rate > 0 || status.upload_rate > 0))
            && at_least(filter.min_size, status.wanted)
            && at_most(filter.max_size, status.wanted)
            && filter.min_ratio.is_none_or(|least| ratio() >= least)
            && filter.max_ratio.is_none_or(|most| ratio() <= most)
            && filter.min_progress.is_none_or(|least| status.progress >= least)
            && filter.max_progress.is_none_or(|most| status.progress <= most)
            && filter.min_age.is_none_or(|least| age() >= least)
            && filter.max_age.is_none_or(|most| age() <= most)
            && (filter.extension.is_empty() || has_extension(row, &filter.extension))
            && self.name.as_ref().is_none_or(|glob| glob.is_match(row.name()))
            && self.text.as_ref().is_none_or(|text| contains(row, text))
    }
}

/// Which of the countable dimensions do not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misses {
    None,
    One(Dimension),
    Several,
}

impl Misses {
    fn and(self, dimension: Dimension) -> Self {
        if self == Self::None { Self::One(dimension) } else { Self::Several }
    }
}

fn in_categories(row: &Torrent, wanted: &[String], snapshot: &Snapshot) -> bool {
    let category = row.options.category.as_deref().unwrap_or_default();
    wanted.iter().any(|name| {
        name == category
            || (!name.is_empty()
                && snapshot.context.subcategories
                && Category::is_within(category, name))
    })
}

fn has_tag(row: &Torrent, wanted: &[String]) -> bool {
    let tags = &row.options.tags;
    wanted.iter().any(|name| match name.as_str() {
        "" => tags.is_empty(),
        name => tags.iter().any(|tag| tag.as_str() == name),
    })
}

fn has_tracker(row: &Torrent, wanted: &[String]) -> bool {
    wanted.iter().any(|name| match name.as_str() {
        "" => row.announces.is_empty(),
        name => row.announces.iter().any(|announce| {
            host(&announce.url).is_some_and(|host| host.eq_ignore_ascii_case(name))
        }),
    })
}

fn has_extension(row: &Torrent, wanted: &[String]) -> bool {
    let Some(crate::model::Root::File(path)) =
        row.facts.metadata.as_ref().map(|metadata| &metadata.root)
    else {
        return false;
    };
    path.rsplit_once('.').is_some_and(|(_, extension)| {
        wanted.iter().any(|name| name.eq_ignore_ascii_case(extension))
    })
}

fn contains(row: &Torrent, text: &Regex) -> bool {
    text.is_match(row.name())
        || text.is_match(&row.facts.comment)
        || row.options.category.as_deref().is_some_and(|category| text.is_match(category))
        || row.options.tags.iter().any(|tag| text.is_match(tag.as_str()))
        || text.is_match(&row.options.save_path)
}

impl Filter {
    /// True if a torrent may come to match, or cease to, because time passes.
    #[must_use]
    pub const fn depends_on_time(&self) -> bool {
        self.min_age.is_some() || self.max_age.is_some()
    }

    /// True if nothing is asked for, so that everything matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self {
            id,
            q,
            name,
            state,
            category,
            tag,
            tracker,
            is_private,
            is_complete,
            is_active,
            min_size,
            max_size,
            min_ratio,
            max_ratio,
            min_progress,
            max_progress,
            min_age,
            max_age,
            extension,
        } = self;
        let lists = [id, category, tag, tracker, extension];
        let switches = [is_private, is_complete, is_active];
        let numbers = [min_size, max_size, min_age, max_age];
        let shares = [min_ratio, max_ratio, min_progress, max_progress];
        lists.iter().all(|list| list.is_empty())
            && state.is_empty()
            && q.is_none()
            && name.is_none()
            && switches.iter().all(|switch| switch.is_none())
            && numbers.iter().all(|number| number.is_none())
            && shares.iter().all(|share| share.is_none())
    }
}
