//! `…/files`: the files of a torrent and how much they are wanted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::problem::{Problem, Result};
use super::wire::Priority;
use crate::model;

/// A file of a torrent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct File {
    /// Its place in the torrent, by which it is named; padding leaves gaps.
    pub index: u32,
    /// Inside the torrent, as renamed.
    pub path: String,
    pub size: i64,
    /// 0 to 1.
    pub progress: f64,
    pub priority: Priority,
    /// First and last piece.
    pub pieces: (u32, u32),
    /// Share of the pieces that peers have; `null` for a complete torrent.
    pub availability: Option<f64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FileList")]
pub struct List {
    pub files: Vec<File>,
}

/// A change of priorities.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "FilesChange")]
pub struct Change {
    pub files: Vec<FileChange>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    pub index: u32,
    pub priority: Priority,
}

/// The wire form of files.
#[must_use]
pub fn list(files: &[model::File]) -> List {
    let files = files.iter().map(|file| File {
        index: file.index,
        path: file.path.clone(),
        size: file.size,
        progress: file.progress,
        priority: file.priority.into(),
        pieces: file.pieces,
        availability: Some(file.availability).filter(|share| *share >= 0.0),
    });
    List { files: files.collect() }
}

/// Lists the files; none without metadata.
pub async fn list_files(call: Call) -> Result {
    let (id, _) = call.torrent()?;
    Answer::json(&list(&call.engine().files(id).await?))
}

/// Sets priorities by index.
pub async fn edit_files(call: Call) -> Result {
    let change: Change = call.json()?;
    let (id, _) = call.torrent()?;
    let files = call.engine().files(id).await?;
    for (at, wanted) in change.files.iter().enumerate() {
        if !files.iter().any(|file| file.index == wanted.index) {
            let reason = format!("the torrent has no file {}", wanted.index);
            return Err(Problem::invalid(format!("/files/{at}/index"), reason));
        }
    }
    let wanted = change.files.iter().map(|file| (file.index, file.priority.into()));
    prioritise(&call, id, wanted).await?;
    Answer::json(&list(&call.engine().files(id).await?))
}

/// Hands priorities to the engine, one order for each priority.
pub async fn prioritise(
    call: &Call,
    id: model::TorrentId,
    wanted: impl Iterator<Item = (u32, model::Priority)>,
) -> Result<()> {
    let mut groups: BTreeMap<model::Priority, Vec<u32>> = BTreeMap::new();
    let mut last = BTreeMap::new();
    for (index, priority) in wanted {
        last.insert(index, priority);
    }
    for (index, priority) in last {
        groups.entry(priority).or_default().push(index);
    }
    for (priority, indexes) in groups {
        call.engine().set_file_priorities(id, indexes, priority).await?;
    }
    Ok(())
}
