//! Categories and tags.

use sea_orm::{ConnectionTrait, EntityTrait};

use super::Result;
use super::convert::forms::{from_share, share};
use super::convert::{digest, text, unknown};
use super::entities::{category, tag};
use super::script::Script;
use crate::model::{Category, DownloadPathRule, Tag};

pub(super) fn put_categories(script: &mut Script, categories: &[&Category]) {
    script.upsert::<category::Entity, _>(categories, |category| model(category));
}

pub(super) fn remove_categories(script: &mut Script, names: &[&str]) {
    let digests: Vec<Vec<u8>> = names.iter().map(|name| digest(name)).collect();
    script.delete::<category::Entity, _>(category::Column::Digest, &digests);
}

pub(super) fn put_tags(script: &mut Script, tags: &[&Tag]) {
    script.upsert::<tag::Entity, _>(tags, |tag| tag::Model {
        digest: digest(tag.as_str()),
        name: text(tag.as_str()),
    });
}

pub(super) fn remove_tags(script: &mut Script, tags: &[&Tag]) {
    let digests: Vec<Vec<u8>> = tags.iter().map(|tag| digest(tag.as_str())).collect();
    script.delete::<tag::Entity, _>(tag::Column::Digest, &digests);
}

/// All categories by name, and all tags in their order.
pub(super) async fn all(db: &impl ConnectionTrait) -> Result<(Vec<Category>, Vec<Tag>)> {
    let mut categories = category::Entity::find()
        .all(db)
        .await?
        .into_iter()
        .map(category)
        .collect::<Result<Vec<_>>>()?;
    categories.sort_by(|a, b| a.name.cmp(&b.name));
    let mut tags: Vec<Tag> =
        tag::Entity::find().all(db).await?.iter().filter_map(|row| Tag::new(&row.name)).collect();
    tags.sort();
    Ok((categories, tags))
}

fn model(category: &Category) -> category::Model {
    let (download_rule, download_path) = match &category.download_path {
        DownloadPathRule::Inherit => (0, ""),
        DownloadPathRule::Disabled => (1, ""),
        DownloadPathRule::Enabled(path) => (2, path.as_str()),
    };
    category::Model {
        digest: digest(&category.name),
        name: text(&category.name),
        save_path: text(&category.save_path),
        download_rule,
        download_path: text(download_path),
        share: share(&category.share),
    }
}

fn category(model: category::Model) -> Result<Category> {
    let share = from_share(&model.share)?;
    Ok(Category {
        name: model.name,
        save_path: model.save_path,
        download_path: match model.download_rule {
            0 => DownloadPathRule::Inherit,
            1 => DownloadPathRule::Disabled,
            2 => DownloadPathRule::Enabled(model.download_path),
            rule => return Err(unknown("DownloadPathRule", rule)),
        },
        share,
    })
}
