//! Categories and tags.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use super::Result;
use super::batch::{delete, upsert};
use super::convert::{ShareColumns, digest, text, unknown};
use super::entities::{category, tag};
use crate::model::{Category, DownloadPathRule, Tag};

impl ShareColumns {
    fn of(model: &category::Model) -> Self {
        Self {
            ratio: model.share_ratio,
            seeding_minutes: model.share_seeding_minutes,
            inactive_minutes: model.share_inactive_minutes,
            action: model.share_action,
            mode: model.share_mode,
        }
    }
}

pub(super) async fn put_categories(
    db: &impl ConnectionTrait,
    categories: &[&Category],
) -> std::result::Result<(), DbErr> {
    upsert::<category::Entity, _>(db, categories, |category| model(category)).await
}

pub(super) async fn remove_categories(
    db: &impl ConnectionTrait,
    names: &[&str],
) -> std::result::Result<(), DbErr> {
    let digests: Vec<Vec<u8>> = names.iter().map(|name| digest(name)).collect();
    delete::<category::Entity, _>(db, category::Column::Digest, &digests).await
}

pub(super) async fn put_tags(
    db: &impl ConnectionTrait,
    tags: &[&Tag],
) -> std::result::Result<(), DbErr> {
    upsert::<tag::Entity, _>(db, tags, |tag| tag::Model {
        digest: digest(tag.as_str()),
        name: text(tag.as_str()),
    })
    .await
}

pub(super) async fn remove_tags(
    db: &impl ConnectionTrait,
    tags: &[&Tag],
) -> std::result::Result<(), DbErr> {
    let digests: Vec<Vec<u8>> = tags.iter().map(|tag| digest(tag.as_str())).collect();
    delete::<tag::Entity, _>(db, tag::Column::Digest, &digests).await
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
    let share = ShareColumns::from(&category.share);
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
        share_ratio: share.ratio,
        share_seeding_minutes: share.seeding_minutes,
        share_inactive_minutes: share.inactive_minutes,
        share_action: share.action,
        share_mode: share.mode,
    }
}

fn category(model: category::Model) -> Result<Category> {
    let share = ShareColumns::of(&model).limits()?;
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
