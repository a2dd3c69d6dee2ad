//! `/v1/health`: whether the process lives, can work, and how each part is.

use std::time::Instant;

use actix_web::http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use super::call::Call;
use super::problem::Result;
use crate::app::App;
use crate::engine::{self, FilterStatus};

/// The process answers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Live {
    pub live: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Ready {
    pub ready: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HealthStatus")]
pub enum Status {
    Ok,
    Starting,
    Degraded,
    Failed,
}

/// The health of the whole, which is that of its worst part.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    pub status: Status,
    pub version: String,
    pub started_at: Option<String>,
    /// Seconds since the start.
    pub uptime: i64,
    pub parts: Vec<Part>,
    /// The filter of addresses.
    pub filter: Filter,
    /// The lists that are downloaded.
    pub lists: Vec<List>,
}

/// What blocks addresses now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "HealthFilter")]
pub struct Filter {
    /// Blocked ranges of all sources.
    pub ranges: usize,
    /// Of them, those of the file; `null` without one.
    pub file: Option<usize>,
    /// Of them, those of the downloaded list; `null` without one.
    pub list: Option<usize>,
    /// Why a source is not used.
    pub errors: Vec<String>,
}

/// What became of the last download of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "HealthList")]
pub struct List {
    /// `blocked_addresses` or `trackers`.
    pub name: &'static str,
    /// Of the last download, whether or not it worked.
    pub tried_at: Option<String>,
    /// Of the last download that worked: the list is that old.
    pub fetched_at: Option<String>,
    /// Size of the list as it was downloaded.
    pub bytes: u64,
    /// Why the last download failed.
    pub error: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "HealthPart")]
pub struct Part {
    pub name: &'static str,
    pub status: Status,
    /// Why it is not `ok`.
    pub reason: Option<String>,
    /// Seconds that a look at it took.
    pub latency: Option<f64>,
}

/// Answers while the process can answer.
pub async fn live(_: Call) -> Result {
    Answer::json(&Live { live: true })
}

/// 200 if orders are taken and saved, else 503.
pub async fn ready(call: Call) -> Result {
    let (engine, _) = engine_status(&call.app);
    let ready = engine < Status::Failed && call.app.store.is_healthy();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok(Answer::json(&Ready { ready })?.status(status))
}

/// Shows the health of each part.
pub async fn full(call: Call) -> Result {
    let app = &call.app;
    let (status, reason) = engine_status(app);
    let engine = Part { name: "engine", status, reason, latency: None };
    let parts = vec![engine, store(app).await, disk(app).await, port(app)];
    let now = Timestamp::now().as_second();
    Answer::json(&Health {
        status: parts.iter().map(|part| part.status).max().unwrap_or(Status::Ok),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: super::wire::time(app.launched),
        uptime: now.saturating_sub(app.launched),
        parts,
        filter: filter(app),
        lists: lists(app),
    })
}

fn filter(app: &App) -> Filter {
    let FilterStatus { ranges, file, list, errors } = app.engine.filter_status();
    Filter { ranges, file, list, errors }
}

/// Those that are asked for.
fn lists(app: &App) -> Vec<List> {
    let all = [("blocked_addresses", &app.ip_list), ("trackers", &app.tracker_list)];
    let wanted = all.into_iter().map(|(name, list)| (name, list.status()));
    let time = |seconds: Option<i64>| seconds.and_then(super::wire::time);
    wanted
        .filter(|(_, status)| !status.url.is_empty())
        .map(|(name, status)| List {
            name,
            tried_at: time(status.tried_at),
            fetched_at: time(status.fetched_at),
            bytes: status.bytes,
            error: status.error,
        })
        .collect()
}

fn engine_status(app: &App) -> (Status, Option<String>) {
    match &*app.engine.health().borrow() {
        engine::Health::Running => (Status::Ok, None),
        engine::Health::Starting => (Status::Starting, Some("torrents are being attached".into())),
        engine::Health::Degraded(reason) | engine::Health::Restarting(reason) => {
            (Status::Degraded, Some(reason.clone()))
        }
        engine::Health::Failed(reason) => (Status::Failed, Some(reason.clone())),
        engine::Health::Stopped => (Status::Failed, Some("the engine has stopped".into())),
    }
}

async fn store(app: &App) -> Part {
    let begun = Instant::now();
    let read = app.store.settings_revision().await;
    let latency = Some(begun.elapsed().as_secs_f64());
    let (status, reason) = match read {
        Err(error) => (Status::Failed, Some(error.to_string())),
        Ok(_) if !app.store.is_healthy() => {
            (Status::Degraded, Some("changes wait in memory until the database takes them".into()))
        }
        Ok(_) => (Status::Ok, None),
    };
    Part { name: "store", status, reason, latency }
}

/// The default save path: it exists and has room.
async fn disk(app: &App) -> Part {
    const LITTLE: i64 = 1 << 30;
    let path = app.settings.effective().downloads.save_path.clone();
    let begun = Instant::now();
    let free = tokio::task::spawn_blocking(move || engine::free_space(&path)).await.ok().flatten();
    let (status, reason) = match free {
        None => (Status::Degraded, Some("the default save path cannot be looked at".to_owned())),
        Some(free) if free < LITTLE => {
            (Status::Degraded, Some(format!("the default save path has {free} bytes left")))
        }
        Some(_) => (Status::Ok, None),
    };
    Part { name: "disk", status, reason, latency: Some(begun.elapsed().as_secs_f64()) }
}

fn port(app: &App) -> Part {
    let is_listening = !app.engine.listening().borrow().is_empty();
    let reason = "no address is open for peers".to_owned();
    Part {
        name: "peers",
        status: if is_listening { Status::Ok } else { Status::Degraded },
        reason: (!is_listening).then_some(reason),
        latency: None,
    }
}
