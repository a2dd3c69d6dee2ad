//! `/v1/categories`: categories and what they decide for their torrents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use actix_web::http::StatusCode;

use super::answer::Answer;
use super::call::{Call, etag};
use super::create::directory;
use super::problem::{Problem, Result};
use super::wire::{ShareLimits, ShareLimitsChange, present};
use crate::auth::Scope;
use crate::model::{self, DownloadPathRule};

/// A category.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Category {
    /// Components separated by `/`.
    pub name: String,
    /// `null` for a folder named after the category in the default save path.
    pub save_path: Option<String>,
    pub download_path: DownloadPath,
    pub share_limits: ShareLimits,
    pub torrents: usize,
}

/// Where torrents of the category are while they are incomplete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DownloadPath {
    /// As the parent category says, else the settings.
    Inherit,
    /// In the save path.
    Disabled,
    /// In a folder named after the category in the default download path.
    Implicit,
    At(String),
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CategoryList")]
pub struct List {
    pub categories: Vec<Category>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCategory")]
pub struct New {
    pub name: String,
    #[serde(default)]
    pub save_path: Option<String>,
    #[serde(default)]
    pub download_path: Option<DownloadPath>,
    #[serde(default)]
    pub share_limits: ShareLimitsChange,
}

/// What is absent stays; `null` goes back to the implicit path.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "CategoryChange")]
pub struct Change {
    #[serde(deserialize_with = "present")]
    pub save_path: Option<Option<String>>,
    pub download_path: Option<DownloadPath>,
    pub share_limits: Option<ShareLimitsChange>,
}

fn category(category: &model::Category, torrents: usize) -> Category {
    Category {
        name: category.name.clone(),
        save_path: Some(category.save_path.clone()).filter(|path| !path.is_empty()),
        download_path: match &category.download_path {
            DownloadPathRule::Inherit => DownloadPath::Inherit,
            DownloadPathRule::Disabled => DownloadPath::Disabled,
            DownloadPathRule::Enabled(path) if path.is_empty() => DownloadPath::Implicit,
            DownloadPathRule::Enabled(path) => DownloadPath::At(path.clone()),
        },
        share_limits: (&category.share).into(),
        torrents,
    }
}

fn rule(call: &Call, path: DownloadPath) -> Result<DownloadPathRule> {
    Ok(match path {
        DownloadPath::Inherit => DownloadPathRule::Inherit,
        DownloadPath::Disabled => DownloadPathRule::Disabled,
        DownloadPath::Implicit => DownloadPathRule::Enabled(String::new()),
        DownloadPath::At(path) => {
            DownloadPathRule::Enabled(directory(call, &path, "/download_path/at")?)
        }
    })
}

/// The category of the path, if it exists for the client.
fn find(call: &Call) -> Result<Category> {
    let name = call.param("name");
    let snapshot = call.snapshot();
    let is_seen = call.principal.may_use(name, snapshot.context.subcategories);
    let found = snapshot.categories.get(name).filter(|_| is_seen);
    let found =
        found.ok_or_else(|| Problem::not_found(format!("there is no category `{name}`")))?;
    let is_in = |row: &&crate::engine::Row| row.options.category.as_deref() == Some(name);
    Ok(category(found, snapshot.torrents.values().filter(is_in).count()))
}

/// The tag of a category: how many torrents it has is no matter of editing.
fn tag(category: &Category) -> String {
    etag(&(&category.name, &category.save_path, &category.download_path, &category.share_limits))
}

fn shown(category: &Category) -> Result {
    Ok(Answer::json(category)?.header("etag", tag(category)))
}

/// Lists the categories by name.
pub async fn list_categories(call: Call) -> Result {
    let snapshot = call.snapshot();
    let mut counts = std::collections::HashMap::new();
    for row in snapshot.torrents.values() {
        if let Some(name) = &row.options.category {
            *counts.entry(name.clone()).or_default() += 1;
        }
    }
    let categories = snapshot
        .categories
        .iter()
        .filter(|(name, _)| call.principal.may_use(name, snapshot.context.subcategories))
        .map(|(name, known)| category(known, counts.get(name).copied().unwrap_or(0)))
        .collect();
    Answer::json(&List { categories })
}

/// Shows a category.
pub async fn read_category(call: Call) -> Result {
    shown(&find(&call)?)
}

/// Makes a category, with its ancestors where subcategories are on.
pub async fn create_category(mut call: Call) -> Result {
    let new: New = call.json()?;
    call.whole()?;
    if !model::Category::is_valid_name(&new.name) {
        return Err(Problem::invalid("/name", "must be components separated by single `/`"));
    }
    let save_path = match &new.save_path {
        Some(path) => directory(&call, path, "/save_path")?,
        None => String::new(),
    };
    let download_path = rule(&call, new.download_path.unwrap_or(DownloadPath::Inherit))?;
    let mut share = model::ShareLimits::default();
    limits(&call, &new.share_limits, &mut share)?;
    let made = model::Category { name: new.name.clone(), save_path, download_path, share };
    call.engine().create_category(made).await?;
    let location =
        percent_encoding::utf8_percent_encode(&new.name, percent_encoding::NON_ALPHANUMERIC)
            .to_string();
    call.params.push(("name", new.name));
    let answer = shown(&find(&call)?)?.status(StatusCode::CREATED);
    Ok(answer.header("location", format!("/v1/categories/{location}")))
}

fn limits(call: &Call, change: &ShareLimitsChange, share: &mut model::ShareLimits) -> Result<()> {
    if change.removes() {
        call.principal.needs(Scope::Delete)?;
    }
    change.apply(share).map_err(|member| {
        Problem::invalid(format!("/share_limits/{member}"), "must be whole minutes")
    })
}

/// Changes a category; torrents under automatic management follow its paths.
pub async fn edit_category(call: Call) -> Result {
    let change: Change = call.json()?;
    call.whole()?;
    let present = find(&call)?;
    call.if_match(&tag(&present))?;
    let save_path = match change.save_path {
        Some(Some(path)) => Some(directory(&call, &path, "/save_path")?),
        Some(None) => Some(String::new()),
        None => None,
    };
    let download_path = change.download_path.map(|path| rule(&call, path)).transpose()?;
    let share = change.share_limits;
    if let Some(share) = &share {
        limits(&call, share, &mut model::ShareLimits::default())?;
    }
    let edit = move |category: &mut model::Category| {
        if let Some(path) = save_path {
            category.save_path = path;
        }
        if let Some(rule) = download_path {
            category.download_path = rule;
        }
        if let Some(share) = share {
            // Checked above against limits that do not matter: whether it applies depends on the change alone.
            let _ = share.apply(&mut category.share);
        }
    };
    call.engine().edit_category(present.name, edit).await?;
    shown(&find(&call)?)
}

/// Removes a category and, where those are on, its subcategories.
pub async fn delete_category(call: Call) -> Result {
    call.whole()?;
    let present = find(&call)?;
    call.if_match(&tag(&present))?;
    call.engine().remove_categories(vec![present.name], false).await?;
    Ok(Answer::nothing())
}
