//! Categories and tags.

use super::limits::{minutes_bound, ratio_bound};
use super::{done, refused, selected, tags as tag_list};
use crate::engine::Error;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::fields::Value::{self, Bool, Float, Int, Null, Str};
use crate::http::qbittorrent::fields::{self, action_name, action_of, mode_name, mode_of};
use crate::http::qbittorrent::json;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::params::Params;
use crate::http::qbittorrent::reply::{self, Reply};
use crate::model::{Category, DownloadPathRule, ShareLimitAction, ShareLimitsMode, path};

/// The members of a category object at a level, by key.
#[must_use]
pub fn category_members(category: &Category, level: Level) -> Vec<(&'static str, Value<'_>)> {
    let is_new = level >= Level::L53;
    let mut members = Vec::with_capacity(8);
    match &category.download_path {
        // Contract: "as the parent says" is null at L53 and no key at all before.
        DownloadPathRule::Inherit if is_new => members.push(("download_path", Null)),
        DownloadPathRule::Inherit => {}
        DownloadPathRule::Disabled => members.push(("download_path", Bool(false))),
        DownloadPathRule::Enabled(path) => members.push(("download_path", Str(path))),
    }
    let share = &category.share;
    if is_new {
        members.push((
            "inactive_seeding_time_limit",
            Int(fields::minutes_bound(share.inactive_minutes)),
        ));
    }
    members.push(("name", Str(&category.name)));
    if is_new {
        members.push(("ratio_limit", Float(fields::ratio_bound(share.ratio))));
    }
    members.push(("savePath", Str(&category.save_path)));
    if is_new {
        members.push(("seeding_time_limit", Int(fields::minutes_bound(share.seeding_minutes))));
        members.push(("share_limit_action", Str(action_name(share.action))));
        members.push(("share_limits_mode", Str(mode_name(share.mode))));
    }
    members
}

/// Answers with all categories.
pub fn categories(call: &Call) -> reply::Result {
    let snapshot = call.snapshot();
    let mut out = Vec::new();
    let mut object = json::Object::begin(&mut out);
    for (name, category) in &snapshot.categories {
        let mut members = json::Object::begin(object.key(name));
        for (key, value) in category_members(category, call.level) {
            value.write(members.key(key));
        }
        members.end();
    }
    object.end();
    Ok(Reply::json(out))
}

/// What a request says of a category; what it leaves out stays.
#[derive(Debug, Clone, Default, PartialEq)]
struct Edit {
    save_path: Option<String>,
    download_path: Option<DownloadPathRule>,
    ratio: Option<f64>,
    seeding: Option<i64>,
    inactive: Option<i64>,
    action: Option<ShareLimitAction>,
    mode: Option<ShareLimitsMode>,
}

impl Edit {
    fn read(call: &Call) -> reply::Result<Self> {
        let (params, level) = (&call.params, call.level);
        let is_new = level >= Level::L53;
        let mut edit =
            Self { save_path: params.text("savePath").map(tidy).transpose()?, ..Self::default() };
        let download_path = || tidy(params.text_or_empty("downloadPath"));
        edit.download_path =
            match (params.text("downloadPathEnabled"), params.boolean("downloadPathEnabled")) {
                (_, Some(true)) => Some(DownloadPathRule::Enabled(download_path()?)),
                (_, Some(false)) => Some(DownloadPathRule::Disabled),
                (Some(text), None) if is_new && !text.is_empty() => {
                    return Err(invalid("downloadPathEnabled"));
                }
                // Contract: until L51 an edit that says nothing of the download path resets it.
                (None, None) if is_new => None,
                _ => Some(DownloadPathRule::Inherit),
            };
        if is_new {
            // Contract: a limit is -2, -1 or not negative, and a name is one of the level's.
            let is_limit =
                |limit: f64| limit.is_finite() && (limit >= 0.0 || [-1.0, -2.0].contains(&limit));
            let minutes = |name| {
                checked(params, name, |_| {
                    params.int(name).map(i64::from).filter(|limit| *limit >= -2)
                })
            };
            edit.ratio = checked(params, "ratioLimit", |_| {
                params.number("ratioLimit").filter(|limit| is_limit(*limit))
            })?;
            edit.seeding = minutes("seedingTimeLimit")?;
            edit.inactive = minutes("inactiveSeedingTimeLimit")?;
            edit.action = checked(params, "shareLimitAction", |name| {
                Some(action_of(name)).filter(|action| action_name(*action) == name)
            })?;
            edit.mode = checked(params, "shareLimitsMode", |name| {
                Some(mode_of(name)).filter(|mode| mode_name(*mode) == name)
            })?;
        }
        Ok(edit)
    }

    fn apply(self, category: &mut Category) {
        if let Some(path) = self.save_path {
            category.save_path = path;
        }
        if let Some(rule) = self.download_path {
            category.download_path = rule;
        }
        let share = &mut category.share;
        share.ratio = self.ratio.map_or(share.ratio, |limit| ratio_bound(limit, Level::L53));
        share.seeding_minutes =
            self.seeding.map_or(share.seeding_minutes, |limit| minutes_bound(limit, Level::L53));
        share.inactive_minutes =
            self.inactive.map_or(share.inactive_minutes, |limit| minutes_bound(limit, Level::L53));
        share.action = self.action.unwrap_or(share.action);
        share.mode = self.mode.unwrap_or(share.mode);
    }
}

fn invalid(name: &str) -> Reply {
    Reply::bad_request(&format!("'{name}' parameter has invalid value"))
}

/// A parameter that is absent, or that `read` takes.
fn checked<T>(
    params: &Params,
    name: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> reply::Result<Option<T>> {
    match params.text(name) {
        Some(text) => read(text).map(Some).ok_or_else(|| invalid(name)),
        None => Ok(None),
    }
}

/// A path as it was given, lexically normalised; it may stay relative, but not leave what it is relative to.
fn tidy(given: &str) -> reply::Result<String> {
    let tidied = match path::absolute(given) {
        Some(path) => Some(path),
        None if given.split('/').all(|part| matches!(part, "" | "."))
            && !given.starts_with('/') =>
        {
            Some(String::new())
        }
        None => path::inside(given),
    };
    tidied.ok_or_else(|| {
        Reply::bad_request(&format!(
            "`{}` is no path that a category can have",
            given.escape_debug()
        ))
    })
}

/// The category of the request.
fn named(call: &Call) -> reply::Result<String> {
    match call.params.text_or_empty("category") {
        "" => Err(Reply::bad_request("Category cannot be empty")),
        name => Ok(name.to_owned()),
    }
}

/// Creates a category.
pub async fn create_category(call: Call) -> reply::Result {
    let name = named(&call)?;
    if !Category::is_valid_name(&name) {
        return Err(Reply::conflict("Incorrect category name"));
    }
    let mut category = Category { name, ..Category::default() };
    Edit::read(&call)?.apply(&mut category);
    call.engine().create_category(category).await.map_err(|error| match error {
        Error::Exists(_) => Reply::conflict("Unable to create category"),
        Error::Invalid(_) => Reply::conflict("Incorrect category name"),
        other => refused(other),
    })?;
    Ok(Reply::empty())
}

/// Changes a category.
pub async fn edit_category(call: Call) -> reply::Result {
    let name = named(&call)?;
    let edit = Edit::read(&call)?;
    let is_changed = call.engine().edit_category(name, move |category| edit.apply(category)).await;
    match is_changed {
        Ok(false) if call.level <= Level::L51 => Err(Reply::conflict("Unable to edit category")),
        Ok(_) => Ok(Reply::empty()),
        Err(Error::Missing(_)) if call.level <= Level::L51 => {
            Err(Reply::conflict("Unable to edit category"))
        }
        Err(Error::Missing(_)) => Err(Reply::not_found("Category does not exist")),
        Err(other) => Err(refused(other)),
    }
}

/// Removes categories; their torrents go to the parent category at L53, to none before.
pub async fn remove_categories(call: Call) -> reply::Result {
    let names = call.params.text_or_empty("categories").split('\n');
    let names = names
        .map(|name| name.trim_end_matches('\r').to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    call.engine().remove_categories(names, call.level >= Level::L53).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Puts torrents into a category.
pub async fn set_category(call: Call) -> reply::Result {
    let category =
        Some(call.params.text_or_empty("category").to_owned()).filter(|name| !name.is_empty());
    call.engine().set_category(selected(&call), category).await.map_err(|error| match error {
        Error::Missing(_) | Error::Invalid(_) => Reply::conflict("Incorrect category name"),
        other => refused(other),
    })?;
    Ok(Reply::empty())
}

/// Answers with all tags.
pub fn tags(call: &Call) -> reply::Result {
    let snapshot = call.snapshot();
    let mut out = Vec::new();
    json::array(&mut out, &snapshot.tags, |out, tag| json::text(out, tag.as_str()));
    Ok(Reply::json(out))
}

/// Makes tags known.
pub async fn create_tags(call: Call) -> reply::Result {
    call.engine()
        .create_tags(tag_list(call.params.text_or_empty("tags")))
        .await
        .map_err(refused)?;
    Ok(Reply::empty())
}

/// Forgets tags, also on torrents.
pub async fn delete_tags(call: Call) -> reply::Result {
    call.engine()
        .delete_tags(tag_list(call.params.text_or_empty("tags")))
        .await
        .map_err(refused)?;
    Ok(Reply::empty())
}

/// Adds tags to torrents.
pub async fn add_tags(call: Call) -> reply::Result {
    let tags = tag_list(call.params.text_or_empty("tags"));
    call.engine().add_tags(selected(&call), tags).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Replaces the tags of torrents.
pub async fn set_tags(call: Call) -> reply::Result {
    let tags = tag_list(call.params.text_or_empty("tags"));
    call.engine().set_tags(selected(&call), tags).await.map_err(refused)?;
    Ok(done(&call))
}

/// Removes tags from torrents, or all of them.
pub async fn remove_tags(call: Call) -> reply::Result {
    // Contract: no tags, or an empty list, clear all.
    let tags = call.params.text("tags").filter(|text| !text.is_empty()).map(tag_list);
    call.engine().remove_tags(selected(&call), tags).await.map_err(refused)?;
    Ok(Reply::empty())
}
