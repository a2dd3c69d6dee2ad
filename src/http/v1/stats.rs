//! `/v1/stats`: numbers of the whole session.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::problem::Result;
use super::wire::{State, time};
use crate::automation::throughput;
use crate::engine::{ConnectionStatus, Snapshot};

/// Numbers of the session; rates in bytes per second.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Stats {
    pub torrents: usize,
    pub states: BTreeMap<State, usize>,
    pub download_rate: i64,
    pub upload_rate: i64,
    /// Limits in force now; `null` is none.
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub alternative_limits: bool,
    pub session_paused: bool,
    /// Payload bytes of this session.
    pub downloaded: i64,
    pub uploaded: i64,
    /// Bytes of all sessions, protocol included.
    pub all_time_downloaded: i64,
    pub all_time_uploaded: i64,
    pub wasted: i64,
    pub peers: i64,
    pub dht_nodes: i64,
    pub connection: Connection,
    pub external_addresses: Vec<String>,
    /// Bytes free at the default save path.
    pub free_space: Option<i64>,
    pub queued_disk_jobs: i64,
    /// Seconds.
    pub average_disk_wait: f64,
    pub disk_buffer: i64,
    pub revision: u32,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ConnectionStatus")]
pub enum Connection {
    Connected,
    Firewalled,
    Disconnected,
}

impl Connection {
    fn of(status: ConnectionStatus) -> Self {
        match status {
            ConnectionStatus::Connected => Self::Connected,
            ConnectionStatus::Firewalled => Self::Firewalled,
            ConnectionStatus::Disconnected => Self::Disconnected,
        }
    }
}

/// Bytes of today, from local midnight or the start of the process on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Today {
    pub since: Option<String>,
    pub downloaded: i64,
    pub uploaded: i64,
}

/// Average rates of equal steps, oldest first; the last step ends at `until`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ThroughputSeries")]
pub struct Series {
    /// Seconds of one step.
    pub step: u32,
    pub until: Option<String>,
    /// Payload bytes per second.
    pub download: Vec<i64>,
    pub upload: Vec<i64>,
}

/// Throughput of the near past, as far back as the process runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Throughput {
    pub today: Today,
    /// Ten minutes, by the second.
    pub seconds: Series,
    /// A day, by the minute.
    pub minutes: Series,
}

impl From<throughput::Series> for Series {
    fn from(series: throughput::Series) -> Self {
        let (download, upload) = series.rates.into_iter().unzip();
        Self { step: series.step, until: time(series.until), download, upload }
    }
}

/// Shows the throughput of the near past.
pub async fn read_throughput(call: Call) -> Result {
    call.whole()?;
    let (today, [seconds, minutes]) = call.app.throughput.read();
    Answer::json(&Throughput {
        today: Today {
            since: time(today.since),
            downloaded: today.downloaded,
            uploaded: today.uploaded,
        },
        seconds: seconds.into(),
        minutes: minutes.into(),
    })
}

/// The numbers that a status line shows, without a look at the torrents.
#[must_use]
pub fn brief(snapshot: &Snapshot) -> Value {
    let (totals, context) = (&snapshot.totals, &snapshot.context);
    json!({
        "torrents": snapshot.torrents.len(),
        "download_rate": totals.download_rate,
        "upload_rate": totals.upload_rate,
        "download_limit": context.download_limit,
        "upload_limit": context.upload_limit,
        "alternative_limits": context.alternative_limits,
        "session_paused": context.session_paused,
        "peers": totals.peer_connections,
        "dht_nodes": totals.dht_nodes,
        "connection": Connection::of(totals.connection),
        "free_space": totals.free_space,
    })
}

/// Shows the numbers.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of a wait are few")]
pub async fn read_stats(call: Call) -> Result {
    call.whole()?;
    let snapshot = call.snapshot();
    let (totals, context) = (&snapshot.totals, &snapshot.context);
    let mut states = BTreeMap::new();
    for row in snapshot.torrents.values() {
        *states.entry(row.status.state.into()).or_default() += 1;
    }
    let addresses = [totals.external_v4, totals.external_v6];
    Answer::json(&Stats {
        torrents: snapshot.torrents.len(),
        states,
        download_rate: totals.download_rate,
        upload_rate: totals.upload_rate,
        download_limit: context.download_limit,
        upload_limit: context.upload_limit,
        alternative_limits: context.alternative_limits,
        session_paused: context.session_paused,
        downloaded: totals.downloaded,
        uploaded: totals.uploaded,
        all_time_downloaded: totals.all_time_downloaded,
        all_time_uploaded: totals.all_time_uploaded,
        wasted: totals.wasted,
        peers: totals.peer_connections,
        dht_nodes: totals.dht_nodes,
        connection: Connection::of(totals.connection),
        external_addresses: addresses.iter().flatten().map(ToString::to_string).collect(),
        free_space: totals.free_space,
        queued_disk_jobs: totals.queued_disk_jobs,
        average_disk_wait: totals.average_disk_wait as f64 / 1000.0,
        disk_buffer: totals.disk_buffer_bytes,
        revision: snapshot.revision,
    })
}
