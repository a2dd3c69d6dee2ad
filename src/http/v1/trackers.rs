//! `…/trackers`: the trackers of a torrent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::answer::Answer;
use super::call::Call;
use super::problem::{Problem, Result};
use super::wire::time;
use crate::engine::query::TrackerEndpoint;
use crate::model::{Announce, AnnounceStatus, Selection};

/// Trackers of one request, and bytes of a URL.
const MOST: usize = 1000;
const LONGEST: usize = 4096;

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrackerStatus {
    NotContacted,
    Working,
    NotWorking,
    /// It answered with a failure.
    Refused,
    Unreachable,
}

impl From<AnnounceStatus> for TrackerStatus {
    fn from(status: AnnounceStatus) -> Self {
        match status {
            AnnounceStatus::NotContacted => Self::NotContacted,
            AnnounceStatus::Working => Self::Working,
            AnnounceStatus::NotWorking => Self::NotWorking,
            AnnounceStatus::TrackerError => Self::Refused,
            AnnounceStatus::Unreachable => Self::Unreachable,
        }
    }
}

/// A tracker; numbers are `null` where it has not told them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tracker {
    pub url: String,
    pub tier: u8,
    pub status: TrackerStatus,
    pub message: String,
    pub is_updating: bool,
    pub peers: Option<i32>,
    pub seeds: Option<i32>,
    pub leechers: Option<i32>,
    pub downloaded: Option<i32>,
    pub next_announce_at: Option<String>,
    pub endpoints: Vec<Endpoint>,
}

/// A tracker as seen from one local address.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TrackerEndpoint")]
pub struct Endpoint {
    pub address: String,
    /// Version of the protocol, 1 or 2.
    pub protocol: u8,
    pub status: TrackerStatus,
    pub message: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TrackerList")]
pub struct List {
    pub trackers: Vec<Tracker>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTrackers")]
pub struct New {
    pub trackers: Vec<NewTracker>,
    /// These are all trackers: others go.
    #[serde(default)]
    pub replace: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTracker {
    /// `http`, `https`, `udp`, `ws` or `wss`.
    pub url: String,
    #[serde(default)]
    pub tier: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TrackerChange")]
pub struct Change {
    /// The tracker as it is.
    pub url: String,
    #[serde(default)]
    pub new_url: Option<String>,
    #[serde(default)]
    pub tier: Option<u8>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UrlQuery")]
pub struct Query {
    /// What to remove; may be repeated.
    pub url: Vec<String>,
}

fn tracker(announce: &Announce, endpoints: &[TrackerEndpoint]) -> Tracker {
    let known = |number: i32| Some(number).filter(|number| *number >= 0);
    Tracker {
        url: announce.url.to_string(),
        tier: announce.tier,
        status: announce.status.into(),
        message: announce.message.to_string(),
        is_updating: announce.updating,
        peers: known(announce.peers),
        seeds: known(announce.seeds),
        leechers: known(announce.leechers),
        downloaded: known(announce.downloaded),
        next_announce_at: Some(announce.next_announce).filter(|at| *at > 0).and_then(time),
        endpoints: endpoints
            .iter()
            .filter(|endpoint| *endpoint.url == *announce.url)
            .map(|endpoint| Endpoint {
                address: endpoint.name.clone(),
                protocol: endpoint.protocol,
                status: endpoint.status.into(),
                message: endpoint.message.clone(),
            })
            .collect(),
    }
}

async fn shown(call: &Call) -> Result {
    let (id, _) = call.torrent()?;
    let endpoints = call.engine().tracker_endpoints(id).await?;
    let (_, row) = call.torrent()?;
    let trackers = row.announces.iter().map(|announce| tracker(announce, &endpoints)).collect();
    Answer::json(&List { trackers })
}

/// Lists the trackers by tier.
pub async fn list_trackers(call: Call) -> Result {
    shown(&call).await
}

/// Adds trackers, known ones are left as they are; or replaces all.
pub async fn add_trackers(call: Call) -> Result {
    let new: New = call.json()?;
    let (id, _) = call.torrent()?;
    let trackers = checked(&new.trackers)?;
    if new.replace {
        call.engine().set_trackers(id, trackers).await?;
    } else {
        call.engine().add_trackers(Selection::from(id), trackers).await?;
    }
    shown(&call).await
}

/// Tiers and URLs of trackers in a member `trackers`.
pub fn checked(trackers: &[NewTracker]) -> Result<Vec<(u8, String)>> {
    if trackers.len() > MOST {
        return Err(Problem::invalid("/trackers", format!("may have {MOST} values")));
    }
    let checked = trackers.iter().enumerate().map(|(at, tracker)| {
        check(&tracker.url, &format!("/trackers/{at}/url"))?;
        Ok((tracker.tier, tracker.url.clone()))
    });
    checked.collect()
}

/// Gives a tracker another URL or tier.
pub async fn edit_tracker(call: Call) -> Result {
    let change: Change = call.json()?;
    let (id, _) = call.torrent()?;
    if let Some(url) = &change.new_url {
        check(url, "/new_url")?;
    }
    if change.new_url.is_none() && change.tier.is_none() {
        return Err(Problem::invalid("", "either `new_url` or `tier` is needed"));
    }
    call.engine().edit_tracker(id, change.url, change.new_url, change.tier).await?;
    shown(&call).await
}

/// Removes trackers.
pub async fn remove_trackers(call: Call) -> Result {
    let query: Query = call.query()?;
    let (id, row) = call.torrent()?;
    for url in &query.url {
        if !row.announces.iter().any(|announce| *announce.url == **url) {
            return Err(Problem::not_found(format!("the torrent has no tracker `{url}`")));
        }
    }
    call.engine().remove_trackers(Selection::from(id), query.url).await?;
    shown(&call).await
}

/// Refuses what is no URL of a tracker.
pub fn check(text: &str, pointer: &str) -> Result<()> {
    const SCHEMES: [&str; 5] = ["http", "https", "udp", "ws", "wss"];
    let is_url = text.len() <= LONGEST
        && Url::parse(text)
            .is_ok_and(|url| SCHEMES.contains(&url.scheme()) && url.host().is_some());
    if is_url {
        return Ok(());
    }
    Err(Problem::invalid(pointer, format!("must be a URL of {}", SCHEMES.join(", "))))
}
