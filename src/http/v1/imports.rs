//! `POST /v1/imports`: takes over a profile of another program while this one runs; followed as a job.

use std::path::Path;
use std::sync::Arc;

use actix_web::http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::create::directory;
use super::jobs::{Job, Kind, State};
use super::problem::{Problem, Result};
use crate::handover::imports::{self, Import};
use crate::handover::{self, Ours, PathMap, Places, Report, Request, Target};

/// A profile to take over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewImport")]
pub struct New {
    /// The folder of the profile on the server.
    pub from: String,
    /// Rules such as `/old=/new`: the name that a path has here. The longest that fits counts.
    #[serde(default)]
    pub map: Vec<String>,
    /// Take the settings too, in place of those in force.
    #[serde(default)]
    pub settings: bool,
    /// Only tell what would be taken over.
    #[serde(default)]
    pub dry_run: bool,
}

/// What an import took, and what a person should know.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportReport")]
pub struct Taken {
    pub torrents: usize,
    /// Torrents that were here already, and stay as they are.
    pub known: usize,
    pub categories: usize,
    pub tags: usize,
    pub settings: usize,
    pub notes: Vec<Note>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImportNote")]
pub struct Note {
    /// The file, torrent or setting.
    pub what: String,
    pub note: String,
}

/// The wire form of an import.
#[must_use]
pub fn job(import: &Import) -> Job {
    let (state, reason, report) = match &import.state {
        imports::State::Running => (State::Running, None, None),
        imports::State::Finished(report) if report.cancelled => {
            let reason = "cancelled: what was taken over stays, and a further import goes on";
            (State::Failed, Some(reason.to_owned()), Some(taken(report)))
        }
        imports::State::Finished(report) => (State::Finished, None, Some(taken(report))),
        imports::State::Failed(reason) => (State::Failed, Some(reason.clone()), None),
    };
    #[expect(clippy::cast_precision_loss, reason = "a fraction needs no more than 53 bits")]
    let progress = match state {
        State::Finished => 1.0,
        _ if import.total == 0 => 0.0,
        _ => import.seen as f64 / import.total as f64,
    };
    Job {
        id: import.id.clone(),
        kind: Kind::Import,
        state,
        progress,
        reason,
        source: import.from.clone(),
        report,
        created_at: import.started_at.to_string(),
        started_at: Some(import.started_at.to_string()),
        finished_at: import.finished_at.map(|at| at.to_string()),
    }
}

fn taken(report: &Report) -> Taken {
    let notes = report.notes.iter();
    Taken {
        torrents: report.torrents,
        known: report.known,
        categories: report.categories,
        tags: report.tags,
        settings: report.settings,
        notes: notes
            .map(|note| Note { what: note.what.clone(), note: note.note.clone() })
            .collect(),
    }
}

/// Begins to take over a profile.
pub async fn create_import(call: Call) -> Result {
    let new: New = call.json()?;
    call.whole()?;
    let from = directory(&call, &new.from, "/from")?;
    let map = PathMap::parse(&new.map).map_err(|rule| {
        Problem::invalid("/map", format!("`{rule}` is no rule such as /old=/new"))
    })?;
    let looked_at = from.clone();
    let places = tokio::task::spawn_blocking(move || Places::found_in(Path::new(&looked_at))).await;
    let Ok(Some(places)) = places else {
        return Err(Problem::invalid("/from", "there is no qBittorrent profile"));
    };
    let import = call
        .app
        .imports
        .begin(&from, Timestamp::now())
        .map_err(|busy| Problem::conflict(busy.to_string()))?;
    let (app, engine, id) = (Arc::clone(&call.app), call.engine(), import.id.clone());
    let cancel = import.cancel.clone();
    call.app.spawn(async move {
        let request = Request {
            places: &places,
            map: &map,
            settings: new.settings,
            dry_run: new.dry_run,
            progress: &|seen, total| app.imports.progress(&id, seen, total),
            cancel: &cancel,
        };
        let target = Target::Running(&app.store, &engine);
        let ours = Ours { target, settings: &app.settings, keys: &app.auth.keys };
        let state = match handover::adopt(request, ours).await {
            Ok(report) => {
                tracing::info!("the profile in `{}`: {report}", places.base.display());
                imports::State::Finished(report)
            }
            Err(error) => imports::State::Failed(error.to_string()),
        };
        app.imports.end(&id, state, Timestamp::now());
    });
    let answer = Answer::json(&job(&import))?.status(StatusCode::ACCEPTED);
    Ok(answer.header("location", format!("/v1/jobs/{}", import.id)))
}
