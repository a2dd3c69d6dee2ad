//! `DELETE /v1/torrents/{id}` and `POST /v1/torrents/remove`: take torrents out, with or without their data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::batch::chosen;
use super::call::Call;
use super::filter::Filter;
use super::problem::{Problem, Result};
use crate::engine::{Error, Removal};
use crate::model::{Selection, TorrentId, path};

/// Torrents of which a dry run lists the files.
const MOST_LISTED: usize = 200;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "RemoveQuery")]
pub struct Query {
    /// Delete the files too.
    pub with_data: bool,
    /// Say what would go, and change nothing.
    pub dry_run: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RemoveTorrents")]
pub struct Request {
    /// An empty filter is refused; `{"name": "*"}` is all.
    pub filter: Filter,
    #[serde(default)]
    pub with_data: bool,
    #[serde(default)]
    pub dry_run: bool,
}

/// What went, or would go.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Removed {
    pub dry_run: bool,
    pub with_data: bool,
    pub count: usize,
    pub torrents: Vec<RemovedTorrent>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct RemovedTorrent {
    pub id: String,
    pub name: String,
    /// What a dry run with data would delete.
    pub files: Vec<RemovedFile>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct RemovedFile {
    pub path: String,
    /// Bytes when complete.
    pub size: i64,
}

/// Removes the torrent of the path.
pub async fn delete_torrent(call: Call) -> Result {
    let query: Query = call.query()?;
    let (id, _) = call.torrent()?;
    answer(&call, vec![id], query.with_data, query.dry_run).await
}

/// Removes all torrents that match.
pub async fn remove_torrents(call: Call) -> Result {
    let Request { filter, with_data, dry_run } = call.json()?;
    let ids = chosen(&call, filter)?;
    answer(&call, ids, with_data, dry_run).await
}

async fn answer(call: &Call, ids: Vec<TorrentId>, with_data: bool, dry_run: bool) -> Result {
    let snapshot = call.snapshot();
    if dry_run && with_data && ids.len() > MOST_LISTED {
        let reason = format!("a dry run lists the files of {MOST_LISTED} torrents at most");
        return Err(Problem::invalid("/filter", reason));
    }
    let mut torrents = Vec::with_capacity(ids.len());
    for id in &ids {
        let Some(row) = snapshot.torrent(id) else { continue };
        let mut files = Vec::new();
        if dry_run && with_data {
            let listed = match call.engine().files(*id).await {
                Err(Error::NotFound(_)) => continue,
                listed => listed?,
            };
            files.extend(listed.into_iter().map(|file| RemovedFile {
                path: path::join(row.location(), &file.path),
                size: file.size,
            }));
        }
        torrents.push(RemovedTorrent { id: id.to_string(), name: row.name().to_owned(), files });
    }
    let count = if dry_run {
        torrents.len()
    } else {
        let removal = if with_data { Removal::DeleteContent } else { Removal::KeepContent };
        call.engine().remove(Selection::Ids(ids), removal).await?
    };
    Answer::json(&Removed { dry_run, with_data, count, torrents })
}
