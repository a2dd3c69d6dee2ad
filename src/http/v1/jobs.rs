//! `/v1/jobs` and `POST /v1/torrents/author`: long operations that can be followed.

use actix_web::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::create::directory;
use super::imports;
use super::problem::{Problem, Result};
use super::{trackers, web_seeds};
use crate::auth::Scope;
use crate::creator::{self, Task, Wishes};
use crate::engine;

/// A long operation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Job {
    pub id: String,
    pub kind: Kind,
    pub state: State,
    /// 0 to 1.
    pub progress: f64,
    /// Why it failed.
    pub reason: Option<String>,
    /// What is worked on.
    pub source: String,
    /// What a finished import took over.
    pub report: Option<imports::Taken>,
    pub created_at: String,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "JobKind")]
pub enum Kind {
    /// A torrent is made of files.
    Author,
    /// A profile of another program is taken over.
    Import,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "JobState")]
pub enum State {
    Queued,
    Running,
    Finished,
    Failed,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JobList")]
pub struct List {
    pub jobs: Vec<Job>,
}

/// Versions of the protocol that a torrent is made for.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TorrentFormat")]
pub enum Format {
    V1,
    V2,
    #[default]
    Hybrid,
}

/// A torrent to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewAuthoring")]
pub struct Author {
    /// A file or folder on the server.
    pub source: String,
    #[serde(default)]
    pub format: Format,
    /// Bytes, a power of two from 16 KiB; chosen by size without it.
    #[serde(default)]
    pub piece_size: Option<u32>,
    #[serde(default)]
    pub is_private: bool,
    #[serde(default)]
    pub include_dotfiles: bool,
    #[serde(default)]
    pub comment: String,
    #[serde(default)]
    pub source_tag: String,
    /// Tiers of trackers.
    #[serde(default)]
    pub trackers: Vec<Vec<String>>,
    #[serde(default)]
    pub web_seeds: Vec<String>,
    /// Where the file goes on the server; without it, it is fetched from the job.
    #[serde(default)]
    pub torrent_file: Option<String>,
    /// Add the torrent when it is done.
    #[serde(default)]
    pub seed: bool,
}

/// The wire form of a task.
#[must_use]
pub fn job(task: &Task) -> Job {
    let (state, reason) = match &task.state {
        creator::State::Queued => (State::Queued, None),
        creator::State::Running => (State::Running, None),
        creator::State::Finished => (State::Finished, None),
        creator::State::Failed(failure) => (State::Failed, Some(failure.to_string())),
    };
    Job {
        id: task.id.clone(),
        kind: Kind::Author,
        state,
        progress: if state == State::Finished { 1.0 } else { f64::from(task.percent) / 100.0 },
        reason,
        source: task.wishes.source.clone(),
        report: None,
        created_at: task.added_at.to_string(),
        started_at: task.started_at.map(|at| at.to_string()),
        finished_at: task.finished_at.map(|at| at.to_string()),
    }
}

fn find(call: &Call) -> Result<Task> {
    call.whole()?;
    let id = call.param("id");
    call.app.creator.task(id).ok_or_else(|| Problem::not_found(format!("there is no job `{id}`")))
}

/// Lists the jobs of this run of the server.
pub async fn list_jobs(call: Call) -> Result {
    call.whole()?;
    let mut jobs: Vec<Job> = call.app.creator.list().iter().map(job).collect();
    jobs.extend(call.app.imports.list().iter().rev().map(imports::job));
    Answer::json(&List { jobs })
}

/// Shows a job.
pub async fn read_job(call: Call) -> Result {
    if let Some(import) = call.app.imports.find(call.param("id")) {
        call.whole()?;
        return Answer::json(&imports::job(&import));
    }
    Answer::json(&job(&find(&call)?))
}

/// Cancels and forgets a job. An import that runs is cancelled, and then tells what it took until it is deleted again.
pub async fn delete_job(call: Call) -> Result {
    if let Some(import) = call.app.imports.find(call.param("id")) {
        call.whole()?;
        if !call.principal.scopes.contains(Scope::Admin) {
            return Err(Problem::new(super::Kind::Scope, "an import needs the scope `admin`"));
        }
        call.app.imports.delete(&import.id);
        return Ok(Answer::nothing());
    }
    let task = find(&call)?;
    // Whoever was faster has done what is asked for.
    let _ = call.app.creator.delete(&task.id);
    Ok(Answer::nothing())
}

/// Sends the `.torrent` that a job made.
pub async fn read_result(call: Call) -> Result {
    let task = find(&call)?;
    if task.state != creator::State::Finished {
        return Err(Problem::conflict("the job has made no torrent"));
    }
    let path = call.app.creator.result(&task);
    let read = tokio::task::spawn_blocking(move || fs_err::read(path)).await;
    match read {
        Ok(Ok(bytes)) => Ok(Answer::whole("application/x-bittorrent", bytes)),
        Ok(Err(_)) | Err(_) => {
            Err(Problem::conflict("the file of the job cannot be read any more"))
        }
    }
}

/// Makes a torrent of files.
pub async fn author_torrent(call: Call) -> Result {
    let author: Author = call.json()?;
    call.whole()?;
    let source = directory(&call, &author.source, "/source")?;
    let torrent_file = match &author.torrent_file {
        Some(path) => directory(&call, path, "/torrent_file")?,
        None => String::new(),
    };
    let piece_size = match author.piece_size {
        None => 0,
        Some(size) if size.is_power_of_two() && (1 << 14..=1 << 28).contains(&size) => {
            i32::try_from(size).unwrap_or(0)
        }
        Some(_) => {
            let reason = "must be a power of two from 16384 to 268435456";
            return Err(Problem::invalid("/piece_size", reason));
        }
    };
    for (tier, urls) in author.trackers.iter().enumerate() {
        for (at, url) in urls.iter().enumerate() {
            trackers::check(url, &format!("/trackers/{tier}/{at}"))?;
        }
    }
    let web_seeds = web_seeds::checked(&author.web_seeds, "/web_seeds")?;
    let looked_at = source.clone();
    let exists = tokio::task::spawn_blocking(move || fs_err::metadata(looked_at).is_ok()).await;
    if !exists.unwrap_or(false) {
        return Err(Problem::invalid("/source", "cannot be read"));
    }
    let wishes = Wishes {
        source,
        torrent_file,
        makes_folders: true,
        format: match author.format {
            Format::V1 => engine::Format::V1,
            Format::V2 => engine::Format::V2,
            Format::Hybrid => engine::Format::Hybrid,
        },
        piece_size,
        is_private: author.is_private,
        ignores_dotfiles: !author.include_dotfiles,
        comment: author.comment,
        source_tag: author.source_tag,
        // The core knows tiers by the empty texts between them.
        trackers: author.trackers.join(&String::new()),
        web_seeds,
        start_seeding: author.seed,
    };
    let id = call
        .app
        .creator
        .add(wishes, call.engine())
        .map_err(|full| Problem::new(super::Kind::Unavailable, full.to_string()))?;
    let task = call.app.creator.task(&id).ok_or_else(|| Problem::not_found("the job is gone"))?;
    let answer = Answer::json(&job(&task))?.status(StatusCode::ACCEPTED);
    Ok(answer.header("location", format!("/v1/jobs/{id}")))
}
