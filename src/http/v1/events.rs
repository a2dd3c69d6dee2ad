//! `/v1/events`: what happens, as server-sent events.
//!
//! Kept events have a number, and a client that comes back with `Last-Event-ID` is told all that it missed, as far back
//! as events are kept; else `resync` tells it to look anew. A client that reads too slowly is told so and let go: it
//! holds nobody back, because all listeners read one bounded channel.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::access::Principal;
use super::answer::{Answer, Body};
use super::call::Call;
use super::problem::{Problem, Result};
use super::wire::time_ms;
use crate::engine::Engine;
use crate::events::{self, Event, Events, Progress};
use crate::model::{Category, TorrentId};
use crate::store::StoredEvent;

/// Events read from the store at once.
const PAGE: u64 = 500;

/// How often a silent stream shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Bytes after which a text is sent although more waits.
const CHUNK: usize = 32 << 10;

/// Torrents of one `progress` event.
const BATCH: usize = 500;

/// How often the numbers of the session are looked at.
const STATS: Duration = Duration::from_secs(1);

/// Events of one answer of a torrent's history.
const MOST: u64 = 1000;

/// The types that a filter may name.
const TYPES: [&str; 14] = [
    "torrent_added",
    "torrent_removed",
    "metadata_received",
    "files_discovered",
    "state_changed",
    "torrent_completed",
    "torrent_moved",
    "torrent_failed",
    "torrent_reconciled",
    "tracker_status",
    "settings_changed",
    "health_changed",
    "job_progressed",
    "progress",
];

/// Which events are wanted; several values of one member are alternatives.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "EventQuery")]
pub struct Query {
    /// Words such as `torrent_added`, `state_changed`, `progress`; all without any.
    pub r#type: Vec<String>,
    /// Torrents; events of none are left out then.
    pub torrent: Vec<String>,
    /// Categories, their subcategories included; events of none are left out then.
    pub category: Vec<String>,
    /// As the header `Last-Event-ID`, for the first request of a client that cannot set it.
    pub last_event_id: Option<u64>,
    /// Tell the numbers of the session, each second if they have changed, as events `stats`.
    pub stats: bool,
}

/// Which part of a torrent's history is wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "TorrentEventQuery")]
pub struct HistoryQuery {
    /// Only events before this one.
    pub before: Option<u64>,
    /// Events, 1 to 1000; 100 without it.
    pub limit: Option<u64>,
}

/// Something that happened to a torrent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TorrentEvent")]
pub struct Happened {
    pub id: u64,
    /// As in the stream of events.
    pub r#type: String,
    pub at: String,
    pub actor: String,
    pub data: Value,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TorrentEventPage")]
pub struct History {
    /// Newest first.
    pub events: Vec<Happened>,
    /// What to give as `before` for the next page; `null` on the last one.
    pub next: Option<u64>,
}

/// Shows what happened to a torrent, as far back as events are kept.
pub async fn list_torrent_events(call: Call) -> Result {
    let query: HistoryQuery = call.query()?;
    let (id, _) = call.torrent()?;
    let limit = query.limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::parameter("limit", format!("must be from 1 to {MOST}")));
    }
    let mut kept = call.app.events.of_torrent(id, query.before, limit + 1).await?;
    let has_more = kept.len() as u64 > limit;
    kept.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = kept.last().filter(|_| has_more).map(|event| event.id);
    let events = kept.into_iter().map(|event| {
        let mut detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
        Happened {
            id: event.id,
            at: time_ms(event.at),
            r#type: event.kind,
            actor: event.actor,
            data: detail["data"].take(),
        }
    });
    Answer::json(&History { events: events.collect(), next })
}

/// What one listener wants and may see.
struct Wanted {
    types: HashSet<String>,
    torrents: HashSet<TorrentId>,
    categories: Vec<String>,
    principal: Principal,
    subcategories: bool,
}

impl Wanted {
    fn of(call: &Call, query: Query) -> Result<Self> {
        let unknown = query.r#type.iter().find(|word| !TYPES.contains(&word.as_str()));
        if let Some(unknown) = unknown {
            return Err(Problem::parameter("type", format!("`{unknown}` is no type of event")));
        }
        let id = |text: &String| {
            text.parse()
                .map_err(|error| Problem::parameter("torrent", format!("`{text}`: {error}")))
        };
        Ok(Self {
            types: query.r#type.into_iter().collect(),
            torrents: query.torrent.iter().map(id).collect::<Result<_>>()?,
            categories: query.category,
            principal: call.principal.clone(),
            subcategories: call.snapshot().context.subcategories,
        })
    }

    fn wants_type(&self, word: &str) -> bool {
        TYPES.contains(&word) && (self.types.is_empty() || self.types.contains(word))
    }

    fn wants_torrent(&self, torrent: Option<TorrentId>, category: Option<&str>) -> bool {
        let name = category.unwrap_or_default();
        let is_seen = match torrent {
            Some(_) => self.principal.may_use(name, self.subcategories),
            // What concerns no torrent concerns the whole server.
            None => self.principal.categories.is_none(),
        };
        let in_category = |wanted: &String| {
            wanted == name || (self.subcategories && Category::is_within(name, wanted))
        };
        is_seen
            && (self.torrents.is_empty() || torrent.is_some_and(|id| self.torrents.contains(&id)))
            && (self.categories.is_empty()
                || (torrent.is_some() && self.categories.iter().any(in_category)))
    }

    fn wants(&self, event: &Event) -> bool {
        self.wants_type(event.kind.word())
            && self.wants_torrent(event.torrent, event.category.as_deref())
    }
}

/// Follows what happens.
pub async fn follow(call: Call) -> Result {
    let query: Query = call.query()?;
    let header = call.header("last-event-id").map(str::trim).filter(|id| !id.is_empty());
    let last = match header {
        Some(text) => {
            Some(text.parse().map_err(|_| Problem::parameter("last-event-id", "is no number"))?)
        }
        None => query.last_event_id,
    };
    if query.stats {
        call.whole()?;
    }
    let stats = query.stats.then(|| Numbers {
        engine: call.app.engine.clone(),
        interval: interval(STATS),
        told: None,
    });
    let wanted = Wanted::of(&call, query)?;
    let events = call.app.events.clone();
    // Subscribed before the store is read, so that nothing falls between.
    let live = events.subscribe();
    let progress = wanted.wants_type("progress").then(|| events.subscribe_to_progress());
    let newest = events.last_id().await?;
    let mut interval = interval(HEARTBEAT);
    interval.reset();
    let listener = Listener {
        replayed: last.unwrap_or(newest),
        replaying: last.is_some(),
        newest,
        events,
        live,
        progress,
        stats,
        wanted,
        interval,
        stop: call.app.stop.clone(),
        is_first: true,
    };
    let stream = stream::unfold(Some(listener), |listener| async move {
        let mut listener = listener?;
        let (text, goes_on) = listener.next().await;
        Some((Ok(Bytes::from(text)), goes_on.then_some(listener)))
    });
    Ok(Answer {
        status: actix_web::http::StatusCode::OK,
        headers: Vec::new(),
        body: Body::Stream(stream.boxed_local()),
    })
}

fn interval(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// The numbers of the session for one listener.
struct Numbers {
    engine: Engine,
    interval: Interval,
    /// What was told last.
    told: Option<Value>,
}

impl Numbers {
    /// The numbers, once they differ from what was told.
    async fn next(&mut self) -> Value {
        loop {
            self.interval.tick().await;
            let numbers = super::stats::brief(&self.engine.snapshot());
            if self.told.as_ref() != Some(&numbers) {
                self.told = Some(numbers.clone());
                return numbers;
            }
        }
    }
}

/// The next numbers; waits for ever where none are wanted.
async fn numbers(stats: &mut Option<Numbers>) -> Value {
    match stats {
        Some(stats) => stats.next().await,
        None => std::future::pending().await,
    }
}

struct Listener {
    /// The last number that was told or passed over.
    replayed: u64,
    replaying: bool,
    /// The newest number that is known to be kept.
    newest: u64,
    events: Events,
    live: Receiver<Arc<Event>>,
    progress: Option<Receiver<Arc<Vec<Progress>>>>,
    stats: Option<Numbers>,
    wanted: Wanted,
    interval: Interval,
    stop: CancellationToken,
    is_first: bool,
}

impl Listener {
    /// The next text to send, and whether more may follow.
    async fn next(&mut self) -> (String, bool) {
        if std::mem::take(&mut self.is_first) {
            return ("retry: 2000\n\n".to_owned(), true);
        }
        if self.replaying
            && let Some(step) = self.replay().await
        {
            return step;
        }
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return (closing("the server is stopping"), false),
                event = self.live.recv() => match event {
                    Ok(event) => if let Some(text) = self.told(&event) {
                        return self.with_more(text);
                    },
                    Err(RecvError::Lagged(missed)) => return (too_slow(missed), false),
                    Err(RecvError::Closed) => return (closing("the server is stopping"), false),
                },
                round = progress(&mut self.progress) => {
                    let text = self.progress_text(&round);
                    if !text.is_empty() {
                        return (text, true);
                    }
                }
                numbers = numbers(&mut self.stats) => {
                    return (format!("event: stats\ndata: {numbers}\n\n"), true);
                }
                _ = self.interval.tick() => return (": alive\n\n".to_owned(), true),
            }
        }
    }

    /// A page of what the client missed; `None` once there is nothing more.
    async fn replay(&mut self) -> Option<(String, bool)> {
        let page = match self.events.since(self.replayed, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "kept events cannot be read");
                return Some((closing("kept events cannot be read"), false));
            }
        };
        let is_gap = match page.first() {
            Some(first) => first.id != self.replayed + 1,
            None => self.replayed > self.newest,
        };
        let mut text = String::new();
        if is_gap {
            // What was missed is not kept any more, or never was: the client looks anew and goes on from here.
            let last = self.newest.max(page.last().map_or(0, |event| event.id));
            self.replayed = last;
            self.replaying = false;
            let data = json!({ "reason": "events since that number are not kept" });
            return Some((format!("id: {last}\nevent: resync\ndata: {data}\n\n"), true));
        }
        for event in &page {
            self.replayed = event.id;
            text.push_str(&self.stored_text(event).unwrap_or_default());
        }
        // Events that came meanwhile are replayed too, and are no sign of a number that never was.
        self.newest = self.newest.max(self.replayed);
        self.replaying = !page.is_empty();
        if text.is_empty() && self.replaying {
            // A comment, so that a long replay without a wanted event shows that it lives.
            text.push_str(": replaying\n\n");
        }
        (!text.is_empty()).then_some((text, true))
    }

    /// A text and whatever else waits already, so that a burst does not leave in crumbs.
    fn with_more(&mut self, mut text: String) -> (String, bool) {
        while text.len() < CHUNK {
            match self.live.try_recv() {
                Ok(event) => text.push_str(&self.told(&event).unwrap_or_default()),
                Err(TryRecvError::Lagged(missed)) => {
                    text.push_str(&too_slow(missed));
                    return (text, false);
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        (text, true)
    }

    /// A live event as text, unless it is not wanted or was replayed.
    fn told(&mut self, event: &Event) -> Option<String> {
        if event.id > 0 {
            if event.id <= self.replayed {
                return None;
            }
            self.replayed = event.id;
        }
        self.wanted.wants(event).then(|| block(event.id, event.kind.word(), event.told()))
    }

    /// A kept event as text, unless it is not wanted.
    fn stored_text(&self, event: &StoredEvent) -> Option<String> {
        if !self.wanted.wants_type(&event.kind) {
            return None;
        }
        let (category, told) = events::told(event);
        let is_wanted = self.wanted.wants_torrent(event.torrent, category.as_deref());
        is_wanted.then(|| block(event.id, &event.kind, &told))
    }

    fn progress_text(&self, round: &[Progress]) -> String {
        let wanted: Vec<Value> = round
            .iter()
            .filter(|one| self.wanted.wants_torrent(Some(one.torrent), one.category.as_deref()))
            .map(|one| {
                let mut told = json!({
                    "torrent": one.torrent.to_string(),
                    "state": events::state(one.state),
                    "progress": one.progress,
                    "completed": one.completed,
                    "download_rate": one.download_rate,
                    "upload_rate": one.upload_rate,
                    "downloaded": one.downloaded,
                    "uploaded": one.uploaded,
                    "seeds": one.seeds,
                    "leechers": one.leechers,
                });
                if one.is_edited {
                    told["edited"] = true.into();
                }
                told
            })
            .collect();
        let batch = |torrents: &[Value]| {
            format!("event: progress\ndata: {}\n\n", json!({ "torrents": torrents }))
        };
        wanted.chunks(BATCH).map(batch).collect()
    }
}

/// The next round of progress; waits for ever where none is wanted. A reader that lags misses old rounds only, and the
/// numbers of the next one are newer anyway.
async fn progress(receiver: &mut Option<Receiver<Arc<Vec<Progress>>>>) -> Arc<Vec<Progress>> {
    let Some(receiver) = receiver else { return std::future::pending().await };
    loop {
        match receiver.recv().await {
            Ok(round) => return round,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

fn too_slow(missed: u64) -> String {
    closing(&format!("too slow: {missed} events were missed"))
}

/// One event in the form of the stream; one that is kept nowhere has no number.
fn block(id: u64, kind: &str, data: &str) -> String {
    let id = if id > 0 { format!("id: {id}\n") } else { String::new() };
    format!("{id}event: {kind}\ndata: {data}\n\n")
}

fn closing(reason: &str) -> String {
    format!("event: closing\ndata: {}\n\n", json!({ "reason": reason }))
}
