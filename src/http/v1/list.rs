//! `GET /v1/torrents`: filter, sort, page, count.
//!
//! A page is the first `limit` rows after a cursor, or behind so many others. Only these are kept while all rows are looked at once, so that the
//! cost does not depend on sorting everything. A cursor names the last row of a page by its sort key and id: pages fit
//! together while rows come and go.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Principal;
use super::answer::Answer;
use super::call::Call;
use super::filter::{Dimension, Filter, Matcher, Misses};
use super::problem::{Kind, Problem, Result};
use super::wire::torrent::{eta, host};
use super::wire::{self, State};
use crate::engine::{Row, Snapshot};
use crate::model::{Torrent, TorrentId};

/// Rows above which the work leaves the HTTP worker.
const MANY: usize = 5_000;

/// Rows of a page.
const DEFAULT_LIMIT: u16 = 100;
const MOST: u16 = 1000;

/// Values that a facet lists at most; the others are added up.
const FACET_VALUES: usize = 500;

/// What a list may be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TorrentSort")]
pub enum Sort {
    Id,
    Name,
    AddedAt,
    CompletedAt,
    LastActivityAt,
    Size,
    Progress,
    State,
    Category,
    Ratio,
    DownloadRate,
    UploadRate,
    Downloaded,
    Uploaded,
    Eta,
    Seeds,
    Leechers,
    QueuePosition,
    SeedingTime,
    Tracker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Asc,
    Desc,
}

/// What may be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    State,
    Category,
    Tag,
    Tracker,
}

/// The part of a list that is wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Window {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows to pass over, for a list that is scrolled at random; not together with `cursor`.
    pub offset: Option<u32>,
    /// Rows of the page, 1 to 1000; 100 without it.
    pub limit: Option<u16>,
    /// What to sort by; `added_at` without it.
    pub sort: Option<Sort>,
    pub order: Option<Order>,
    /// Members of the torrents that are wanted; all without it.
    pub fields: Vec<String>,
    /// What to count among all torrents that match.
    pub facets: Vec<Facet>,
}

impl Window {
    pub const NAMES: [&'static str; 7] =
        ["cursor", "offset", "limit", "sort", "order", "fields", "facets"];
}

/// A page of torrents.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TorrentPage")]
pub struct Page {
    /// Torrents with the members that were asked for.
    #[schemars(with = "Vec<wire::Torrent>")]
    pub torrents: Vec<serde_json::Value>,
    /// All torrents that match, on this page or not.
    pub total: usize,
    /// The cursor of the next page; `null` on the last one.
    pub next: Option<String>,
    /// How many of the torrents that match everything but the filter of the facet itself have each value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facets: BTreeMap<&'static str, BTreeMap<String, usize>>,
    /// The revision of the picture that the page shows.
    pub revision: u32,
}

/// Lists torrents.
pub async fn list_torrents(call: Call) -> Result {
    let (window, filter): (Window, Filter) = split(&call.query)?;
    let matcher = filter.of_query()?;
    let query = Query::new(window)?;
    let (snapshot, principal) = (call.snapshot(), call.principal.clone());
    let page = if snapshot.torrents.len() > MANY {
        let work = move || page(&snapshot, &principal, &matcher, &query);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Problem::new(Kind::Unavailable, "the server is stopping"))?
    } else {
        page(&snapshot, &principal, &matcher, &query)
    };
    Answer::json(&page)
}

/// Splits a query between the window and the filter, each of which is read strictly.
pub fn split<W: serde::de::DeserializeOwned, F: serde::de::DeserializeOwned>(
    query: &str,
) -> Result<(W, F)> {
    split_by(query, &Window::NAMES)
}

/// As [`split`], by the names that do not belong to the filter.
pub fn split_by<W: serde::de::DeserializeOwned, F: serde::de::DeserializeOwned>(
    query: &str,
    names: &[&str],
) -> Result<(W, F)> {
    let mut window = form_urlencoded::Serializer::new(String::new());
    let mut filter = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if names.contains(&&*name) {
            window.append_pair(&name, &value);
        } else {
            filter.append_pair(&name, &value);
        }
    }
    Ok((super::body::decode_query(&window.finish())?, super::body::decode_query(&filter.finish())?))
}

/// A checked window.
struct Query {
    sort: Sort,
    order: Order,
    limit: usize,
    offset: usize,
    after: Option<(Key, TorrentId)>,
    fields: Vec<String>,
    facets: Vec<Facet>,
}

/// A cursor as it is written.
#[derive(Serialize, Deserialize)]
struct Cursor(Sort, Order, Key, String);

impl Query {
    fn new(window: Window) -> Result<Self> {
        let limit = window.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::parameter("limit", format!("must be from 1 to {MOST}")));
        }
        let known = fields();
        let fields: Vec<String> = window
            .fields
            .iter()
            .flat_map(|list| list.split(','))
            .map(|field| field.trim().to_owned())
            .filter(|field| !field.is_empty())
            .collect();
        if let Some(unknown) = fields.iter().find(|field| !known.contains(field)) {
            return Err(Problem::parameter(
                "fields",
                format!("`{unknown}` is no member of a torrent"),
            ));
        }
        if window.cursor.is_some() && window.offset.is_some() {
            return Err(Problem::parameter("offset", "does not go together with a cursor"));
        }
        let (mut sort, mut order) =
            (window.sort.unwrap_or(Sort::AddedAt), window.order.unwrap_or_default());
        let mut after = None;
        if let Some(text) = &window.cursor {
            let cursor = URL_SAFE_NO_PAD
                .decode(text)
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Cursor>(&bytes).ok())
                .and_then(|Cursor(sort, order, key, id)| Some((sort, order, key, id.parse().ok()?)))
                .ok_or_else(|| Problem::parameter("cursor", "is no cursor of a list"))?;
            // A cursor knows its order; another word about it would tear the pages apart.
            if window.sort.is_some_and(|sort| sort != cursor.0)
                || window.order.is_some_and(|order| order != cursor.1)
            {
                return Err(Problem::parameter("cursor", "belongs to a list in another order"));
            }
            (sort, order) = (cursor.0, cursor.1);
            after = Some((cursor.2, cursor.3));
        }
        let offset = usize::try_from(window.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        Ok(Self { sort, order, limit: limit.into(), offset, after, fields, facets: window.facets })
    }

    fn compare(&self, a: (&Key, &TorrentId), b: (&Key, &TorrentId)) -> Ordering {
        let by_key = a.0.order(b.0);
        let by_key = if self.order == Order::Desc { by_key.reverse() } else { by_key };
        by_key.then_with(|| a.1.cmp(b.1))
    }
}

/// The names of all members of a torrent.
fn fields() -> &'static Vec<String> {
    static FIELDS: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
        let schema = schemars::schema_for!(wire::Torrent);
        schema
            .get("properties")
            .and_then(serde_json::Value::as_object)
            .map(|members| members.keys().cloned().collect())
            .unwrap_or_default()
    });
    &FIELDS
}

/// What rows are compared by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    None,
    Integer(i64),
    Number(f64),
    Text(String),
}

impl Key {
    fn of(row: &Torrent, sort: Sort) -> Self {
        let status = &row.status;
        let optional = |number: Option<i64>| number.map_or(Self::None, Self::Integer);
        match sort {
            Sort::Id => Self::None,
            Sort::Name => Self::Text(row.name().to_lowercase()),
            Sort::AddedAt => Self::Integer(row.facts.added_at),
            Sort::CompletedAt => optional(status.completed_at),
            Sort::LastActivityAt => optional(status.last_activity),
            Sort::Size => Self::Integer(status.wanted),
            Sort::Progress => Self::Number(status.progress),
            Sort::State => Self::Integer(status.state as i64),
            Sort::Category => {
                Self::Text(row.options.category.as_deref().unwrap_or_default().to_lowercase())
            }
            // No number stands for the infinite ratio in a cursor.
            Sort::Ratio => Self::Number(row.ratio().unwrap_or(f64::MAX)),
            Sort::DownloadRate => Self::Integer(status.download_rate),
            Sort::UploadRate => Self::Integer(status.upload_rate),
            Sort::Downloaded => Self::Integer(status.downloaded),
            Sort::Uploaded => Self::Integer(status.uploaded),
            Sort::Eta => optional(eta(row)),
            Sort::Seeds => Self::Integer(status.seeds.into()),
            Sort::Leechers => Self::Integer(status.leechers.into()),
            Sort::QueuePosition => optional(status.queue_position.map(i64::from)),
            Sort::SeedingTime => Self::Integer(status.seeding_seconds),
            Sort::Tracker => Self::Text(
                status.tracker.as_deref().and_then(host).unwrap_or_default().to_ascii_lowercase(),
            ),
        }
    }

    /// What is missing comes last.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::None, Self::None) => Ordering::Equal,
            (Self::None, _) => Ordering::Greater,
            (_, Self::None) => Ordering::Less,
            (a, b) => a.number().total_cmp(&b.number()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "what is sorted is far below 2^53")]
    fn number(&self) -> f64 {
        match self {
            Self::Integer(number) => *number as f64,
            Self::Number(number) => *number,
            Self::None | Self::Text(_) => 0.0,
        }
    }
}

/// A row among the best so far; the heap's greatest is the one to be replaced.
struct Ranked<'a> {
    key: Key,
    row: &'a Row,
    query: &'a Query,
}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.query.compare((&self.key, &self.row.facts.id), (&other.key, &other.row.facts.id))
    }
}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked<'_> {}

/// The rows that a page may show.
enum Best<'a> {
    /// The first rows so far.
    First(BinaryHeap<Ranked<'a>>, usize),
    /// All rows, because some are passed over.
    All(Vec<Ranked<'a>>),
}

impl<'a> Best<'a> {
    fn of(query: &Query) -> Self {
        match query.offset {
            0 => Self::First(BinaryHeap::with_capacity(query.limit + 2), query.limit),
            _ => Self::All(Vec::new()),
        }
    }

    fn take(&mut self, ranked: Ranked<'a>) {
        match self {
            Self::All(rows) => rows.push(ranked),
            Self::First(rows, limit) if rows.len() < *limit => rows.push(ranked),
            Self::First(rows, _) => {
                if let Some(mut last) = rows.peek_mut()
                    && ranked < *last
                {
                    *last = ranked;
                }
            }
        }
    }

    /// The rows of the page, in order. Only these are sorted; the others are parted from them.
    fn sorted(self, query: &Query) -> Vec<Ranked<'a>> {
        match self {
            Self::First(rows, _) => rows.into_sorted_vec(),
            Self::All(rows) if query.offset >= rows.len() => Vec::new(),
            Self::All(mut rows) => {
                rows.select_nth_unstable(query.offset);
                let mut rows = rows.split_off(query.offset);
                if rows.len() > query.limit {
                    rows.select_nth_unstable(query.limit);
                    rows.truncate(query.limit);
                }
                rows.sort_unstable();
                rows
            }
        }
    }
}

fn page(snapshot: &Arc<Snapshot>, principal: &Principal, matcher: &Matcher, query: &Query) -> Page {
    let mut facets = Facets::new(&query.facets);
    let mut best = Best::of(query);
    let (mut total, mut following) = (0, 0_usize);
    for row in snapshot.torrents.values() {
        if !principal.sees(row, snapshot) {
            continue;
        }
        let misses = matcher.misses(row, snapshot);
        facets.count(row, misses);
        if misses != Misses::None {
            continue;
        }
        total += 1;
        let key = Key::of(row, query.sort);
        if let Some((after, id)) = &query.after
            && query.compare((&key, &row.facts.id), (after, id)) != Ordering::Greater
        {
            continue;
        }
        following += 1;
        best.take(Ranked { key, row, query });
    }
    let best = best.sorted(query);
    let next = best.last().filter(|_| following > query.offset + best.len()).map(|last| {
        let cursor =
            Cursor(query.sort, query.order, last.key.clone(), last.row.facts.id.to_string());
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
    });
    Page {
        torrents: best.iter().map(|ranked| shown(ranked.row, snapshot, &query.fields)).collect(),
        total,
        next,
        facets: facets.done(),
        revision: snapshot.revision,
    }
}

/// A torrent with the members that are wanted.
#[must_use]
pub fn shown(row: &Torrent, snapshot: &Snapshot, fields: &[String]) -> serde_json::Value {
    let mut value =
        serde_json::to_value(wire::Torrent::of(row, snapshot)).unwrap_or(serde_json::Value::Null);
    if let (false, Some(members)) = (fields.is_empty(), value.as_object_mut()) {
        members.retain(|name, _| fields.contains(name));
    }
    value
}

/// Counts under way.
struct Facets<'a> {
    wanted: &'a [Facet],
    states: BTreeMap<State, usize>,
    names: [BTreeMap<Arc<str>, usize>; 3],
}

impl<'a> Facets<'a> {
    fn new(wanted: &'a [Facet]) -> Self {
        Self { wanted, states: BTreeMap::new(), names: Default::default() }
    }

    fn count(&mut self, row: &Torrent, misses: Misses) {
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

    fn done(self) -> BTreeMap<&'static str, BTreeMap<String, usize>> {
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
