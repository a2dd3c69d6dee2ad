//! `/v1/tags`: the known tags.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::create;
use super::problem::{Problem, Result};
use crate::model;

/// A tag and how many torrents have it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tag {
    pub name: String,
    pub torrents: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TagList")]
pub struct List {
    pub tags: Vec<Tag>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTags")]
pub struct New {
    pub tags: Vec<String>,
}

fn shown(call: &Call) -> Result {
    let snapshot = call.snapshot();
    let mut counts: HashMap<&model::Tag, usize> = HashMap::new();
    for row in snapshot.torrents.values().filter(|row| call.principal.sees(row, &snapshot)) {
        for tag in &row.options.tags {
            *counts.entry(tag).or_default() += 1;
        }
    }
    // A key that is limited to categories knows the tags of its torrents.
    let sees_all = call.principal.categories.is_none();
    let is_seen = |tag: &&model::Tag| sees_all || counts.contains_key(*tag);
    let tags = snapshot.tags.iter().filter(is_seen).map(|tag| Tag {
        name: tag.as_str().to_owned(),
        torrents: counts.get(tag).copied().unwrap_or(0),
    });
    Answer::json(&List { tags: tags.collect() })
}

/// Lists the tags.
pub async fn list_tags(call: Call) -> Result {
    shown(&call)
}

/// Makes tags known; known ones stay.
pub async fn create_tags(call: Call) -> Result {
    let new: New = call.json()?;
    call.whole()?;
    let tags = create::tags(&new.tags, "/tags")?;
    call.engine().create_tags(tags).await?;
    shown(&call)
}

/// Forgets a tag and takes it from all torrents.
pub async fn delete_tag(call: Call) -> Result {
    call.whole()?;
    let name = call.param("tag");
    let tag = model::Tag::new(name).filter(|tag| call.snapshot().tags.contains(tag));
    let tag = tag.ok_or_else(|| Problem::not_found(format!("there is no tag `{name}`")))?;
    call.engine().delete_tags(vec![tag]).await?;
    Ok(Answer::nothing())
}
