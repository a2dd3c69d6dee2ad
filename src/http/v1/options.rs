//! `…/options`: what the operator wishes of a torrent, in one resource that can be edited safely.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::may_file_under;
use super::answer::Answer;
use super::call::{Call, etag};
use super::create::{directory, rate, tags};
use super::problem::{Problem, Result};
use super::wire::{ShareLimits, ShareLimitsChange, present};
use crate::auth::Scope;
use crate::model::{Selection, Torrent};

/// The options of a torrent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TorrentOptions")]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent option")]
pub struct Options {
    pub name: String,
    pub comment: String,
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub auto_managed: bool,
    pub save_path: String,
    pub download_path: Option<String>,
    /// Bytes per second; `null` is no limit.
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub share_limits: ShareLimits,
    pub sequential: bool,
    pub first_last_first: bool,
    pub super_seeding: bool,
}

impl Options {
    fn of(row: &Torrent) -> Self {
        let options = &row.options;
        Self {
            name: row.name().to_owned(),
            comment: row.facts.comment.clone(),
            category: options.category.as_deref().map(str::to_owned),
            tags: options.tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
            auto_managed: options.auto_managed,
            save_path: options.save_path.to_string(),
            download_path: options.download_path.as_deref().map(str::to_owned),
            download_limit: options.download_limit,
            upload_limit: options.upload_limit,
            share_limits: (&options.share).into(),
            sequential: options.sequential,
            first_last_first: options.first_last_first,
            super_seeding: options.super_seeding,
        }
    }
}

/// A change of options; what is absent stays, `null` clears.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "TorrentOptionsChange")]
pub struct Change {
    pub name: Option<String>,
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
    #[serde(deserialize_with = "present")]
    pub download_limit: Option<Option<u32>>,
    #[serde(deserialize_with = "present")]
    pub upload_limit: Option<Option<u32>>,
    pub share_limits: Option<ShareLimitsChange>,
    pub sequential: Option<bool>,
    pub first_last_first: Option<bool>,
    pub super_seeding: Option<bool>,
}

/// Reads the options.
pub async fn read_options(call: Call) -> Result {
    shown(&call)
}

fn shown(call: &Call) -> Result {
    let (_, row) = call.torrent()?;
    let options = Options::of(&row);
    let tag = etag(&options);
    Ok(Answer::json(&options)?.header("etag", tag))
}

/// Changes options, after all of them were checked.
pub async fn edit_options(call: Call) -> Result {
    let change: Change = call.json()?;
    let (id, row) = call.torrent()?;
    call.if_match(&etag(&Options::of(&row)))?;

    let name = change.name.as_deref().map(str::trim);
    if name.is_some_and(|name| name.is_empty() || name.contains(['\n', '\r', '\0'])) {
        return Err(Problem::invalid("/name", "must be one line of text"));
    }
    let snapshot = call.snapshot();
    if let Some(category) = &change.category {
        let name = category.as_deref().unwrap_or_default();
        may_file_under(&call, name)?;
        if !name.is_empty() && !snapshot.categories.contains_key(name) {
            return Err(Problem::invalid("/category", format!("category `{name}` does not exist")));
        }
    }
    let tags = change.tags.as_deref().map(|texts| tags(texts, "/tags")).transpose()?;
    let save_path =
        change.save_path.as_deref().map(|path| directory(&call, path, "/save_path")).transpose()?;
    let manual = save_path.is_some() || change.auto_managed == Some(false);
    if save_path.is_some() && change.auto_managed == Some(true) {
        return Err(Problem::invalid("/save_path", "is decided by automatic management"));
    }
    let download_path = match &change.download_path {
        Some(_) if !manual && (row.options.auto_managed || change.auto_managed == Some(true)) => {
            return Err(Problem::invalid("/download_path", "is decided by automatic management"));
        }
        Some(Some(path)) => Some(Some(directory(&call, path, "/download_path")?)),
        Some(None) => Some(None),
        None => None,
    };
    let download_limit =
        change.download_limit.map(|limit| rate(limit, "/download_limit")).transpose()?;
    let upload_limit = change.upload_limit.map(|limit| rate(limit, "/upload_limit")).transpose()?;
    let mut share = row.options.share;
    if let Some(limits) = &change.share_limits {
        if limits.removes() {
            call.principal.needs(Scope::Delete)?;
        }
        limits.apply(&mut share).map_err(|member| {
            Problem::invalid(format!("/share_limits/{member}"), "must be whole minutes")
        })?;
    }

    let engine = call.engine();
    let which = || Selection::from(id);
    if let Some(name) = name {
        engine.rename(id, name.to_owned()).await?;
    }
    if let Some(comment) = change.comment {
        engine.set_comment(which(), comment).await?;
    }
    if let Some(category) = change.category {
        engine.set_category(which(), category).await?;
    }
    if let Some(tags) = tags {
        engine.set_tags(which(), tags).await?;
    }
    if let Some(on) = change.auto_managed {
        engine.set_auto_management(which(), on).await?;
    }
    if let Some(path) = save_path {
        engine.set_location(which(), path).await?;
    }
    if let Some(path) = download_path {
        engine.set_download_path(which(), path).await?;
    }
    if let Some(limit) = download_limit {
        engine.set_download_limit(which(), limit).await?;
    }
    if let Some(limit) = upload_limit {
        engine.set_upload_limit(which(), limit).await?;
    }
    if change.share_limits.is_some() {
        engine.edit_share_limits(which(), move |limits| *limits = share).await?;
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
    shown(&call)
}
