//! `…/action`: what can be done with one torrent, or with all that match.

use actix_web::http::StatusCode;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::batch::chosen;
use super::call::Call;
use super::create::{directory, display_name};
use super::filter::Filter;
use super::options::Limits;
use super::problem::{Problem, Result};
use crate::engine::{self, Engine, QueueMove};
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
    let engine = call.engine();
    done(&[id], checked(&call, &engine, &[id], action, "")?).await
}

/// Acts on all torrents that match.
pub async fn act_on_torrents(call: Call) -> Result {
    let Batch { filter, action, dry_run } = call.json()?;
    let ids = chosen(&call, filter)?;
    let engine = call.engine();
    let work = checked(&call, &engine, &ids, action, "/action")?;
    if dry_run { acted(&ids) } else { done(&ids, work).await }
}

fn acted(ids: &[TorrentId]) -> Result {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Answer::json(&Acted { count: ids.len(), ids })
}

/// What is left to do once an action was found to be valid, and the status that tells of its success.
struct Work<'a> {
    order: LocalBoxFuture<'a, engine::Result<()>>,
    status: StatusCode,
}

async fn done(ids: &[TorrentId], work: Work<'_>) -> Result {
    work.order.await?;
    Ok(acted(ids)?.status(work.status))
}

/// Refuses what is wrong with an action whatever the engine would say; nothing is changed before the order is awaited.
fn checked<'a>(
    call: &Call,
    engine: &'a Engine,
    ids: &[TorrentId],
    action: Action,
    at: &str,
) -> Result<Work<'a>> {
    let which = Selection::Ids(ids.to_vec());
    let single = || match ids {
        [id] => Ok(*id),
        _ => Err(Problem::invalid(format!("{at}/action"), "is for a single torrent")),
    };
    let inner = |text: &str, member: &str| {
        let place = format!("{at}/{member}");
        path::inside(text)
            .ok_or_else(|| Problem::invalid(place, "must be a path inside of the torrent"))
    };
    let mut status = StatusCode::OK;
    let order = match action {
        Action::Start => engine.start(which).boxed_local(),
        Action::Stop => engine.stop(which).boxed_local(),
        Action::ForceStart => engine.force_start(which).boxed_local(),
        Action::Recheck => {
            status = StatusCode::ACCEPTED;
            engine.recheck(which).boxed_local()
        }
        Action::Reannounce { trackers } => {
            known_trackers(call, ids, trackers.as_deref(), at)?;
            engine.reannounce(which, trackers).boxed_local()
        }
        Action::Move { path } => {
            let path = directory(call, &path, &format!("{at}/path"))?;
            status = StatusCode::ACCEPTED;
            engine.set_location(which, path).boxed_local()
        }
        Action::Rename { name } => {
            let name = display_name(&name, &format!("{at}/name"))?;
            engine.rename(single()?, name).boxed_local()
        }
        Action::RenameFile { from, to } => {
            let (from, to) = (inner(&from, "from")?, inner(&to, "to")?);
            engine.rename_file(single()?, from, to).boxed_local()
        }
        Action::RenameFolder { from, to } => {
            let (from, to) = (inner(&from, "from")?, inner(&to, "to")?);
            engine.rename_folder(single()?, from, to).boxed_local()
        }
        Action::QueueUp => engine.move_in_queue(which, QueueMove::Up).boxed_local(),
        Action::QueueDown => engine.move_in_queue(which, QueueMove::Down).boxed_local(),
        Action::QueueTop => engine.move_in_queue(which, QueueMove::Top).boxed_local(),
        Action::QueueBottom => engine.move_in_queue(which, QueueMove::Bottom).boxed_local(),
        Action::Sequential { on } => engine.set_sequential(which, on).boxed_local(),
        Action::FirstLastFirst { on } => engine.set_first_last_first(which, on).boxed_local(),
        Action::SuperSeeding { on } => engine.set_super_seeding(which, on).boxed_local(),
        Action::AutoManagement { on } => engine.set_auto_management(which, on).boxed_local(),
        Action::SetCategory { category } => {
            let name = category.as_deref().unwrap_or_default();
            may_file_under(call, name)?;
            if !name.is_empty() && !call.snapshot().categories.contains_key(name) {
                return Err(engine::Error::Missing(format!("category `{name}`")).into());
            }
            engine.set_category(which, category).boxed_local()
        }
        Action::AddTags { tags } => {
            let tags = super::create::tags(&tags, &format!("{at}/tags"))?;
            engine.add_tags(which, tags).boxed_local()
        }
        Action::RemoveTags { tags } => {
            let tags = super::create::tags(&tags, &format!("{at}/tags"))?;
            engine.remove_tags(which, Some(tags)).boxed_local()
        }
        Action::SetLimits(limits) => {
            if limits == Limits::default() {
                return Err(Problem::invalid(at, "names no limit"));
            }
            limits.check(call, at)?;
            limits.apply(engine, which).boxed_local()
        }
    };
    Ok(Work { order, status })
}

/// Refuses trackers that none of the torrents has: nobody would be told.
fn known_trackers(call: &Call, ids: &[TorrentId], urls: Option<&[String]>, at: &str) -> Result<()> {
    let Some(urls) = urls.filter(|_| !ids.is_empty()) else { return Ok(()) };
    if urls.is_empty() {
        return Err(Problem::invalid(format!("{at}/trackers"), "names no tracker"));
    }
    let snapshot = call.snapshot();
    for (index, url) in urls.iter().enumerate() {
        let has = |id| {
            snapshot
                .torrent(id)
                .is_some_and(|row| row.announces.iter().any(|known| *known.url == **url))
        };
        if !ids.iter().any(has) {
            let reason = if ids.len() == 1 {
                "is no tracker of the torrent"
            } else {
                "is a tracker of none of the torrents"
            };
            return Err(Problem::invalid(format!("{at}/trackers/{index}"), reason));
        }
    }
    Ok(())
}

/// Refuses to put torrents where the client could not see them any more.
pub fn may_file_under(call: &Call, category: &str) -> Result<()> {
    if call.principal.may_use(category, call.snapshot().context.subcategories) {
        return Ok(());
    }
    Err(Problem::new(super::Kind::Scope, "the key is limited to other categories"))
}
