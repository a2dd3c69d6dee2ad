//! `…/action`: what can be done with one torrent, or with all that match.

use actix_web::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::batch::chosen;
use super::call::Call;
use super::create::{directory, display_name};
use super::filter::Filter;
use super::options::Limits;
use super::problem::{Problem, Result};
use crate::engine::QueueMove;
use crate::model::{Selection, TorrentId, path};

/// Something to be done.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "TorrentAction")]
pub enum Action {
    Start,
    Stop,
    /// Run whatever the queue and the share limits say.
    ForceStart,
    /// Verify the data from scratch.
    Recheck,
    Reannounce {
        /// Only to these trackers.
        #[serde(default)]
        trackers: Option<Vec<String>>,
    },
    /// Move the content; automatic management ends.
    Move {
        path: String,
    },
    /// Give another display name; for a single torrent.
    Rename {
        name: String,
    },
    /// Rename a file inside the torrent; for a single torrent.
    RenameFile {
        from: String,
        to: String,
    },
    /// Rename a folder inside the torrent; for a single torrent.
    RenameFolder {
        from: String,
        to: String,
    },
    QueueUp,
    QueueDown,
    QueueTop,
    QueueBottom,
    Sequential {
        on: bool,
    },
    FirstLastFirst {
        on: bool,
    },
    SuperSeeding {
        on: bool,
    },
    AutoManagement {
        on: bool,
    },
    SetCategory {
        /// `null` for none.
        category: Option<String>,
    },
    AddTags {
        tags: Vec<String>,
    },
    RemoveTags {
        tags: Vec<String>,
    },
    SetLimits(Limits),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BatchAction")]
pub struct Batch {
    pub filter: Filter,
    pub action: Action,
    /// Say which torrents match, and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// The torrents that an action was for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Acted {
    pub count: usize,
    pub ids: Vec<String>,
}

/// Acts on the torrent of the path.
pub async fn act_on_torrent(call: Call) -> Result {
    let action: Action = call.json()?;
    let (id, _) = call.torrent()?;
    act(&call, vec![id], action, "").await
}

/// Acts on all torrents that match.
pub async fn act_on_torrents(call: Call) -> Result {
    let Batch { filter, action, dry_run } = call.json()?;
    let ids = chosen(&call, filter)?;
    if dry_run {
        return acted(&ids);
    }
    act(&call, ids, action, "/action").await
}

fn acted(ids: &[TorrentId]) -> Result {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Answer::json(&Acted { count: ids.len(), ids })
}

async fn act(call: &Call, ids: Vec<TorrentId>, action: Action, at: &str) -> Result {
    let engine = call.engine();
    let which = Selection::Ids(ids.clone());
    let single = || match ids[..] {
        [id] => Ok(id),
        _ => Err(Problem::invalid(format!("{at}/action"), "is for a single torrent")),
    };
    let inner = |text: &str, member: &str| {
        let place = format!("{at}/{member}");
        path::inside(text)
            .ok_or_else(|| Problem::invalid(place, "must be a path inside of the torrent"))
    };
    let mut status = StatusCode::OK;
    match action {
        Action::Start => engine.start(which).await?,
        Action::Stop => engine.stop(which).await?,
        Action::ForceStart => engine.force_start(which).await?,
        Action::Recheck => {
            status = StatusCode::ACCEPTED;
            engine.recheck(which).await?;
        }
        Action::Reannounce { trackers } => engine.reannounce(which, trackers).await?,
        Action::Move { path } => {
            let path = directory(call, &path, &format!("{at}/path"))?;
            status = StatusCode::ACCEPTED;
            engine.set_location(which, path).await?;
        }
        Action::Rename { name } => {
            let name = display_name(&name, &format!("{at}/name"))?;
            engine.rename(single()?, name).await?;
        }
        Action::RenameFile { from, to } => {
            let (from, to) = (inner(&from, "from")?, inner(&to, "to")?);
            engine.rename_file(single()?, from, to).await?;
        }
        Action::RenameFolder { from, to } => {
            let (from, to) = (inner(&from, "from")?, inner(&to, "to")?);
            engine.rename_folder(single()?, from, to).await?;
        }
        Action::QueueUp => engine.move_in_queue(which, QueueMove::Up).await?,
        Action::QueueDown => engine.move_in_queue(which, QueueMove::Down).await?,
        Action::QueueTop => engine.move_in_queue(which, QueueMove::Top).await?,
        Action::QueueBottom => engine.move_in_queue(which, QueueMove::Bottom).await?,
        Action::Sequential { on } => engine.set_sequential(which, on).await?,
        Action::FirstLastFirst { on } => engine.set_first_last_first(which, on).await?,
        Action::SuperSeeding { on } => engine.set_super_seeding(which, on).await?,
        Action::AutoManagement { on } => engine.set_auto_management(which, on).await?,
        Action::SetCategory { category } => {
            let name = category.as_deref().unwrap_or_default();
            may_file_under(call, name)?;
            engine.set_category(which, category).await?;
        }
        Action::AddTags { tags } => {
            let tags = super::create::tags(&tags, &format!("{at}/tags"))?;
            engine.add_tags(which, tags).await?;
        }
        Action::RemoveTags { tags } => {
            let tags = super::create::tags(&tags, &format!("{at}/tags"))?;
            engine.remove_tags(which, Some(tags)).await?;
        }
        Action::SetLimits(limits) => {
            if limits == Limits::default() {
                return Err(Problem::invalid(at, "names no limit"));
            }
            limits.check(call, at)?;
            limits.apply(&engine, which).await?;
        }
    }
    Ok(acted(&ids)?.status(status))
}

/// Refuses to put torrents where the client could not see them any more.
pub fn may_file_under(call: &Call, category: &str) -> Result<()> {
    if call.principal.may_use(category, call.snapshot().context.subcategories) {
        return Ok(());
    }
    Err(Problem::new(super::Kind::Scope, "the key is limited to other categories"))
}
