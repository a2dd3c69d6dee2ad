//! `/v1/stats`: numbers of the whole session.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use super::call::Call;
use super::problem::Result;
use super::wire::State;
use crate::engine::ConnectionStatus;

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
        connection: match totals.connection {
            ConnectionStatus::Connected => Connection::Connected,
            ConnectionStatus::Firewalled => Connection::Firewalled,
            ConnectionStatus::Disconnected => Connection::Disconnected,
        },
        external_addresses: addresses.iter().flatten().map(ToString::to_string).collect(),
        free_space: totals.free_space,
        queued_disk_jobs: totals.queued_disk_jobs,
        average_disk_wait: totals.average_disk_wait as f64 / 1000.0,
        disk_buffer: totals.disk_buffer_bytes,
        revision: snapshot.revision,
    })
}
