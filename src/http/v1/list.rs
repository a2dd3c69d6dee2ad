//! `GET /v1/torrents`: filter, sort, page, count.
//!
//! A page is the first `limit` rows after a cursor, or behind so many others. It is cut from a view of all rows that
//! match, which is kept for a while and follows what changes, so that a list that is looked at again and again costs
//! what changed. A cursor names the last row of a page by its sort key and id: pages fit together while rows come and
//! go.

mod facets;
mod key;
mod view;
mod views;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::access::Principal;
use super::answer::Answer;
use super::call::Call;
use super::filter::{Filter, Matcher};
use super::problem::{Kind, Problem, Result};
use super::wire;
use crate::engine::Snapshot;
use crate::model::{Torrent, TorrentId};
use key::{Key, Probe};
use view::{Asked, Part};

/// Rows above which the work leaves the HTTP worker.
const MANY: usize = 5_000;

/// Rows of a page.
const DEFAULT_LIMIT: u16 = 100;
const MOST: u16 = 1000;

/// What a list may be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    pub torrents: Vec<Shown>,
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
    /// The filter as it was asked for, unless its answer changes with time alone.
    name: Option<String>,
}

impl Listing {
    /// Reads a query.
    ///
    /// # Errors
    /// `Invalid` for what is unknown or out of range.
    pub fn read(query: &str) -> Result<Self> {
        let (window, filter) = split(query);
        let window: Window = super::body::decode_query(&window)?;
        let asked: Filter = super::body::decode_query(&filter)?;
        let name = (!asked.depends_on_time()).then_some(filter);
        Ok(Self { matcher: asked.of_query()?, query: Query::new(window)?, name })
    }

    /// The page of a snapshot as a client may see it.
    #[must_use]
    pub fn page(&self, snapshot: &Arc<Snapshot>, principal: &Principal) -> Page {
        page(snapshot, principal, &self.matcher, &self.query, self.name.as_deref())
    }
}

/// Splits a query between the window and the filter, each of which is read strictly.
fn split(query: &str) -> (String, String) {
    let mut window = form_urlencoded::Serializer::new(String::new());
    let mut filter = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let part = if Window::NAMES.contains(&&*name) { &mut window } else { &mut filter };
        part.append_pair(&name, &value);
    }
    (window.finish(), filter.finish())
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

/// What a client sees of a list.
fn page(
    snapshot: &Arc<Snapshot>,
    principal: &Principal,
    matcher: &Matcher,
    query: &Query,
    name: Option<&str>,
) -> Page {
    let asked = Asked { matcher, principal, sort: query.sort, order: query.order };
    let Part { rows, total, is_last, facets } =
        views::with(snapshot, &asked, &query.facets, name, |view| {
            let start = match &query.after {
                Some((key, id)) => view.after(&asked, &key.probe(), id),
                None => query.offset.min(view.len()),
            };
            view.part(start, query.limit)
        });
    let next = rows.last().filter(|_| !is_last).map(|row| {
        let key = Probe::of(row, query.sort).to_key();
        let cursor = Cursor(query.sort, query.order, key, row.facts.id.to_string());
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
    });
    Page {
        torrents: rows.iter().map(|row| shown(row, snapshot, &query.fields)).collect(),
        total,
        next,
        facets,
        revision: snapshot.revision,
    }
}

/// A torrent with all members or some.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Shown {
    Whole(Box<wire::Torrent>),
    Part(Box<RawValue>),
}

/// A torrent with the members that are wanted; all if none is named.
#[must_use]
pub fn shown(row: &Torrent, snapshot: &Snapshot, fields: &[String]) -> Shown {
    let torrent = wire::Torrent::of(row, snapshot);
    if !fields.is_empty()
        && let Ok(part) = part(&torrent, fields)
    {
        return Shown::Part(part);
    }
    Shown::Whole(Box::new(torrent))
}

/// Keeps members without a look into them, which a tree of values would cost.
fn part(torrent: &wire::Torrent, fields: &[String]) -> serde_json::Result<Box<RawValue>> {
    let whole = serde_json::to_string(torrent)?;
    let mut members: BTreeMap<&str, &RawValue> = serde_json::from_str(&whole)?;
    members.retain(|name, _| fields.iter().any(|field| field == name));
    serde_json::value::to_raw_value(&members)
}
