//! Changes of options: all of them are checked, then all are made.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Limits, shown, wishes};
use crate::engine::options::SslParameters;
use crate::http::v1::action::may_file_under;
use crate::http::v1::call::Call;
use crate::http::v1::create::{Ssl, directory, display_name, tags};
use crate::http::v1::problem::{Problem, Result};
use crate::http::v1::wire::{
    Layout, ShareLimitsChange, Slots, SourcesChange, StopCondition, present,
};
use crate::model::{Selection, Tag, Torrent, TorrentId};

/// Bytes of a note.
const LONGEST_COMMENT: usize = 64 << 10;

/// A change of options; what is absent stays, `null` clears.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "TorrentOptionsChange")]
pub struct Change {
    pub name: Option<String>,
    /// A note of the operator; the torrent file stays as it is.
    pub comment: Option<String>,
    #[serde(deserialize_with = "present")]
    pub category: Option<Option<String>>,
    /// All tags of the torrent.
    pub tags: Option<Vec<String>>,
    pub auto_managed: Option<bool>,
    /// Ends automatic management and moves the content.
    pub save_path: Option<String>,
    #[serde(deserialize_with = "present")]
    pub download_path: Option<Option<String>>,
    /// Bytes per second, above 0.
    #[serde(deserialize_with = "present")]
    pub download_limit: Option<Option<u32>>,
    /// Bytes per second, above 0.
    #[serde(deserialize_with = "present")]
    pub upload_limit: Option<Option<u32>>,
    pub max_connections: Option<Slots>,
    /// Peers that are uploaded to at once.
    pub max_uploads: Option<Slots>,
    pub peer_sources: Option<SourcesChange>,
    pub share_limits: Option<ShareLimitsChange>,
    pub sequential: Option<bool>,
    pub first_last_first: Option<bool>,
    pub super_seeding: Option<bool>,
    /// Reserve disk space before it is needed; `null` is what the settings say. Counts from the next start.
    #[serde(deserialize_with = "present")]
    pub preallocate: Option<Option<bool>>,
    /// From 1; one beyond the end is the last.
    #[schemars(range(min = 1))]
    pub queue_position: Option<u32>,
    /// Only while the metadata is not known.
    pub layout: Option<Layout>,
    /// Only while the metadata is not known.
    pub stop_condition: Option<StopCondition>,
    /// Certificate, key and parameters of an SSL torrent, as PEM.
    pub ssl: Option<Ssl>,
}

impl Change {
    fn limits(&self) -> Limits {
        Limits {
            download_limit: self.download_limit,
            upload_limit: self.upload_limit,
            max_connections: self.max_connections,
            max_uploads: self.max_uploads,
            share_limits: self.share_limits,
        }
    }
}

/// What of a change had to be understood before it can be made.
#[expect(clippy::option_option, reason = "a path may be left alone, cleared or given")]
struct Checked {
    name: Option<String>,
    tags: Option<Vec<Tag>>,
    save_path: Option<String>,
    download_path: Option<Option<String>>,
    ssl: Option<SslParameters>,
}

/// Changes options, after all of them were checked.
pub async fn edit_options(call: Call) -> Result {
    let change: Change = call.json()?;
    let (id, row) = call.torrent()?;
    if call.header("if-match").is_some() {
        call.if_match(&wishes(&call).await?.tag())?;
    }
    let checked = check(&call, &row, &change)?;
    apply(&call, id, &row, change, checked).await?;
    shown(&call).await
}

fn check(call: &Call, row: &Torrent, change: &Change) -> Result<Checked> {
    let name = change.name.as_deref().map(|name| display_name(name, "/name")).transpose()?;
    if change.comment.as_ref().is_some_and(|comment| comment.len() > LONGEST_COMMENT) {
        return Err(Problem::invalid("/comment", format!("may have {LONGEST_COMMENT} bytes")));
    }
    let snapshot = call.snapshot();
    if let Some(category) = &change.category {
        let name = category.as_deref().unwrap_or_default();
        may_file_under(call, name)?;
        if !name.is_empty() && !snapshot.categories.contains_key(name) {
            return Err(Problem::invalid("/category", format!("category `{name}` does not exist")));
        }
    }
    change.limits().check(call, "")?;
    queue_position(row, change, snapshot.context.queueing)?;
    if row.facts.metadata.is_some() {
        let reason = "is decided before the metadata is known";
        if change.layout.is_some() {
            return Err(Problem::invalid("/layout", format!("{reason}; rename files and folders")));
        }
        if change.stop_condition.is_some() {
            return Err(Problem::invalid("/stop_condition", format!("{reason}; stop the torrent")));
        }
    }
    let ssl = change.ssl.as_ref().map(SslParameters::from);
    if ssl.as_ref().is_some_and(|ssl| !ssl.is_usable()) {
        let reason = "certificate, key and parameters are no usable set";
        return Err(Problem::invalid("/ssl", reason));
    }
    let (save_path, download_path) = paths(call, row, change)?;
    let tags = change.tags.as_deref().map(|texts| tags(texts, "/tags")).transpose()?;
    Ok(Checked { name, tags, save_path, download_path, ssl })
}

fn queue_position(row: &Torrent, change: &Change, queueing: bool) -> Result<()> {
    let Some(position) = change.queue_position else { return Ok(()) };
    let reason = match position {
        0 => "is counted from 1",
        _ if row.status.completed_at.is_some() => "belongs to incomplete torrents",
        _ if !queueing => return Err(Problem::conflict("torrent queueing is off")),
        _ => return Ok(()),
    };
    Err(Problem::invalid("/queue_position", reason))
}

/// The checked paths of a change: where content belongs, and where it is while incomplete.
type Paths = (Option<String>, Option<Option<String>>);

fn paths(call: &Call, row: &Torrent, change: &Change) -> Result<Paths> {
    let save_path =
        change.save_path.as_deref().map(|path| directory(call, path, "/save_path")).transpose()?;
    let manual = save_path.is_some() || change.auto_managed == Some(false);
    if save_path.is_some() && change.auto_managed == Some(true) {
        return Err(Problem::invalid("/save_path", "is decided by automatic management"));
    }
    let download_path = match &change.download_path {
        Some(_) if !manual && (row.options.auto_managed || change.auto_managed == Some(true)) => {
            return Err(Problem::invalid("/download_path", "is decided by automatic management"));
        }
        Some(Some(path)) => Some(Some(directory(call, path, "/download_path")?)),
        Some(None) => Some(None),
        None => None,
    };
    Ok((save_path, download_path))
}

async fn apply(
    call: &Call,
    id: TorrentId,
    row: &Torrent,
    change: Change,
    checked: Checked,
) -> Result<()> {
    let engine = call.engine();
    let which = || Selection::from(id);
    let limits = change.limits();
    if change.layout.is_some() || change.stop_condition.is_some() {
        let (layout, stop) = (change.layout.map(Into::into), change.stop_condition.map(Into::into));
        engine.set_beginning(id, layout, stop).await?;
    }
    if let Some(name) = checked.name {
        engine.rename(id, name).await?;
    }
    if let Some(comment) = change.comment {
        engine.set_comment(which(), comment).await?;
    }
    if let Some(category) = change.category {
        engine.set_category(which(), category).await?;
    }
    if let Some(tags) = checked.tags {
        engine.set_tags(which(), tags).await?;
    }
    if let Some(on) = change.auto_managed {
        engine.set_auto_management(which(), on).await?;
    }
    if let Some(path) = checked.save_path {
        engine.set_location(which(), path).await?;
    }
    if let Some(path) = checked.download_path {
        engine.set_download_path(which(), path).await?;
    }
    limits.apply(&engine, which()).await?;
    if let Some(sources) = change.peer_sources {
        engine.set_sources(which(), sources.applied(row.options.sources)).await?;
    }
    if let Some(on) = change.sequential {
        engine.set_sequential(which(), on).await?;
    }
    if let Some(on) = change.first_last_first {
        engine.set_first_last_first(which(), on).await?;
    }
    if let Some(on) = change.super_seeding {
        engine.set_super_seeding(which(), on).await?;
    }
    if let Some(on) = change.preallocate {
        engine.set_preallocate(which(), on).await?;
    }
    if let Some(position) = change.queue_position {
        engine.set_queue_position(id, position.saturating_sub(1)).await?;
    }
    if let Some(ssl) = checked.ssl {
        engine.set_ssl_parameters(id, ssl).await?;
    }
    Ok(())
}
