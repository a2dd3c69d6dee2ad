//! `/v1/log`: the latest messages of this process, and the peers that it refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::problem::{Problem, Result};
use super::wire::time;
use crate::telemetry;

/// Entries of one answer.
const DEFAULT_LIMIT: usize = 1000;
const MOST: usize = 20_000;

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Normal,
    Info,
    Warning,
    Critical,
}

impl From<telemetry::Severity> for Severity {
    fn from(severity: telemetry::Severity) -> Self {
        match severity {
            telemetry::Severity::Normal => Self::Normal,
            telemetry::Severity::Info => Self::Info,
            telemetry::Severity::Warning => Self::Warning,
            telemetry::Severity::Critical => Self::Critical,
        }
    }
}

/// Which messages are wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "LogQuery")]
pub struct Query {
    /// Only messages with a larger id.
    pub after: Option<i64>,
    /// Alternatives; all without any.
    pub severity: Vec<Severity>,
    /// A text that the message contains, in any case.
    pub q: Option<String>,
    /// The newest so many, 1 to 20000; 1000 without it.
    pub limit: Option<usize>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LogMessage")]
pub struct Message {
    /// Counts from 0 in each process.
    pub id: i64,
    pub at: Option<String>,
    pub severity: Severity,
    pub text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LogPage")]
pub struct Page {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// The newest id, wanted or not, to ask on from; `null` while there is no message.
    pub last: Option<i64>,
}

/// Which refused peers are wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "RefusedPeerQuery")]
pub struct PeerQuery {
    /// Only entries with a larger id.
    pub after: Option<i64>,
    /// The newest so many, 1 to 20000; 1000 without it.
    pub limit: Option<usize>,
}

/// A peer that was not let in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RefusedPeer {
    /// Counts from 0 in each process.
    pub id: i64,
    pub at: Option<String>,
    pub address: String,
    /// By the filter of addresses; otherwise it was banned.
    pub is_blocked: bool,
    pub reason: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RefusedPeerPage")]
pub struct PeerPage {
    /// Oldest first.
    pub peers: Vec<RefusedPeer>,
    pub last: Option<i64>,
}

fn limit(asked: Option<usize>) -> Result<usize> {
    let limit = asked.unwrap_or(DEFAULT_LIMIT);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::parameter("limit", format!("must be from 1 to {MOST}")))
}

/// Keeps the newest entries.
fn newest<T>(mut entries: Vec<T>, limit: usize) -> Vec<T> {
    entries.drain(..entries.len().saturating_sub(limit));
    entries
}

/// Shows messages, oldest first.
pub async fn read_log(call: Call) -> Result {
    let query: Query = call.query()?;
    call.whole()?;
    let limit = limit(query.limit)?;
    let text = query.q.as_deref().map(str::to_lowercase);
    let all = call.app.log.messages_after(query.after.unwrap_or(-1));
    let last = all.last().map(|message| message.id).or(query.after);
    let is_wanted = |message: &telemetry::Message| {
        (query.severity.is_empty() || query.severity.contains(&message.severity.into()))
            && text.as_ref().is_none_or(|text| message.text.to_lowercase().contains(text))
    };
    let wanted = newest(all.into_iter().filter(is_wanted).collect(), limit);
    let messages = wanted.into_iter().map(|message| Message {
        id: message.id,
        at: time(message.at),
        severity: message.severity.into(),
        text: message.text.to_string(),
    });
    Answer::json(&Page { messages: messages.collect(), last })
}

/// Shows refused peers, oldest first.
pub async fn read_refused_peers(call: Call) -> Result {
    let query: PeerQuery = call.query()?;
    call.whole()?;
    let limit = limit(query.limit)?;
    let all = call.app.log.peers_after(query.after.unwrap_or(-1));
    let last = all.last().map(|peer| peer.id).or(query.after);
    let peers = newest(all, limit).into_iter().map(|peer| RefusedPeer {
        id: peer.id,
        at: time(peer.at),
        address: peer.address.to_string(),
        is_blocked: peer.blocked,
        reason: peer.reason.to_string(),
    });
    Answer::json(&PeerPage { peers: peers.collect(), last })
}
