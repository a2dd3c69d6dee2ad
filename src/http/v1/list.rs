//! `GET /v1/torrents`: filter, sort, page, count.
//!
//! A page is the first `limit` rows after a cursor, or behind so many others. Only these are kept while all rows are
//! looked at once, so that the cost does not depend on sorting everything, and nothing is copied of a row that is not
//! shown. A cursor names the last row of a page by its sort key and id: pages fit together while rows come and go.

mod facets;
mod key;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Principal;
use super::answer::Answer;
use super::call::Call;
use super::filter::{Filter, Matcher, Misses};
use super::problem::{Kind, Problem, Result};
use super::wire;
use crate::engine::{Row, Snapshot};
use crate::model::{Torrent, TorrentId};
use facets::Facets;
use key::{Key, Probe};

/// Rows above which the work leaves the HTTP worker, and is shared by two threads.
const MANY: usize = 5_000;

/// Rows of a page.
const DEFAULT_LIMIT: u16 = 100;
const MOST: u16 = 1000;

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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facets: BTreeMap<&'static str, BTreeMap<String, usize>>,
    /// The revision of the picture that the page shows.
    pub revision: u32,
}

/// Lists torrents.
pub async fn list_torrents(call: Call) -> Result {
    let listing = Listing::read(&call.query)?;
    let (snapshot, principal) = (call.snapshot(), call.principal.clone());
    let page = if snapshot.torrents.len() > MANY {
        let work = move || listing.page(&snapshot, &principal);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Problem::new(Kind::Unavailable, "the server is stopping"))?
    } else {
        listing.page(&snapshot, &principal)
    };
    Answer::json(&page)
}

/// A checked request for a list.
pub struct Listing {
    matcher: Matcher,
    query: Query,
}

impl Listing {
    /// Reads a query.
    ///
    /// # Errors
    /// `Invalid` for what is unknown or out of range.
    pub fn read(query: &str) -> Result<Self> {
        let (window, filter): (Window, Filter) = split(query)?;
        Ok(Self { matcher: filter.of_query()?, query: Query::new(window)? })
    }

    /// The page of a snapshot as a client may see it.
    #[must_use]
    pub fn page(&self, snapshot: &Arc<Snapshot>, principal: &Principal) -> Page {
        page(snapshot, principal, &self.matcher, &self.query)
    }
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

    fn compare(&self, a: (&Probe<'_>, &TorrentId), b: (&Probe<'_>, &TorrentId)) -> Ordering {
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

/// A row among the best so far; the heap's greatest is the one to be replaced.
struct Ranked<'a> {
    key: Probe<'a>,
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
            0 => Self::First(BinaryHeap::with_capacity(query.limit), query.limit),
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

    /// Takes what was found among other rows.
    fn join(&mut self, other: Self) {
        match other {
            Self::All(rows) => rows.into_iter().for_each(|ranked| self.take(ranked)),
            Self::First(rows, _) => rows.into_iter().for_each(|ranked| self.take(ranked)),
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

/// What a look at some rows has found.
struct Found<'a> {
    best: Best<'a>,
    total: usize,
    /// Rows that match and come after the cursor.
    following: usize,
    facets: Facets<'a>,
}

/// A list as it is asked for.
struct Looked<'a> {
    snapshot: &'a Snapshot,
    principal: &'a Principal,
    matcher: &'a Matcher,
    query: &'a Query,
}

impl<'a> Looked<'a> {
    fn look(&self, rows: &[&'a Row]) -> Found<'a>
    where
        Self: 'a,
    {
        let query = self.query;
        let mut found = Found {
            best: Best::of(query),
            total: 0,
            following: 0,
            facets: Facets::new(&query.facets),
        };
        let after = query.after.as_ref().map(|(key, id)| (key.probe(), id));
        for row in rows.iter().copied() {
            if !self.principal.sees(row, self.snapshot) {
                continue;
            }
            let misses = self.matcher.misses(row, self.snapshot);
            found.facets.count(row, misses);
            if misses != Misses::None {
                continue;
            }
            found.total += 1;
            let key = Probe::of(row, query.sort);
            if let Some((after, id)) = &after
                && query.compare((&key, &row.facts.id), (after, id)) != Ordering::Greater
            {
                continue;
            }
            found.following += 1;
            found.best.take(Ranked { key, row, query });
        }
        found
    }

    /// Looks at all rows, on two threads where there are many: what takes time is waiting for memory.
    fn everywhere(&self, rows: &[&'a Row]) -> Found<'a>
    where
        Self: 'a,
    {
        if rows.len() <= MANY {
            return self.look(rows);
        }
        let (one, other) = rows.split_at(rows.len() / 2);
        let (mut found, more) = thread::scope(|scope| {
            let other = scope.spawn(|| self.look(other));
            (self.look(one), other.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        found.total += more.total;
        found.following += more.following;
        found.facets.add(more.facets);
        found.best.join(more.best);
        found
    }
}

fn page(snapshot: &Snapshot, principal: &Principal, matcher: &Matcher, query: &Query) -> Page {
    let rows: Vec<&Row> = snapshot.torrents.values().collect();
    let found = Looked { snapshot, principal, matcher, query }.everywhere(&rows);
    let best = found.best.sorted(query);
    let passed = query.offset + best.len();
    let next = best.last().filter(|_| found.following > passed).map(|last| {
        let key = last.key.to_key();
        let cursor = Cursor(query.sort, query.order, key, last.row.facts.id.to_string());
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
    });
    Page {
        torrents: best.iter().map(|ranked| shown(ranked.row, snapshot, &query.fields)).collect(),
        total: found.total,
        next,
        facets: found.facets.done(),
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
