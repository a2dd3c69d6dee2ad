//! The settings as they are, and the history of their changes.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::convert::text;
use super::entities::{setting, setting_change};
use super::meta::{self, SETTINGS_REVISION};
use super::script::Script;
use super::{Result, SettingAuthor, SettingChange};

/// All settings by key.
pub(super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<(String, String)>> {
    let rows = setting::Entity::find().order_by_asc(setting::Column::Key).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.key, row.value)).collect())
}

/// Applies changes with their history and returns the new revision, or `None` and nothing is changed if another
/// revision than the expected one is stored; `db` must be a transaction.
pub(super) async fn put(
    db: &impl ConnectionTrait,
    changes: &[(String, Option<String>)],
    author: SettingAuthor<'_>,
) -> std::result::Result<Option<u64>, DbErr> {
    // Locking the revision first puts processes that change settings at the same time in a row.
    let found = meta::get_for_update(db, SETTINGS_REVISION).await?;
    if author.expected.is_some_and(|expected| expected != found.cast_unsigned()) {
        return Ok(None);
    }
    let revision = found + 1;
    meta::set(db, SETTINGS_REVISION, revision).await?;

    // The last word on a key counts.
    let changes: BTreeMap<String, Option<String>> =
        changes.iter().map(|(key, new)| (text(key), new.as_deref().map(text))).collect();
    let mut history = Vec::new();
    for (key, new) in &changes {
        let old = setting::Entity::find_by_id(key.as_str()).one(db).await?.map(|row| row.value);
        if old != *new {
            history.push(setting_change::Model {
                revision,
                key: key.clone(),
                at: author.at,
                actor: text(author.actor),
                origin: author.origin.map(text),
                old,
                new: new.clone(),
            });
        }
    }
    let set: Vec<(&String, &String)> =
        changes.iter().filter_map(|(key, new)| new.as_ref().map(|new| (key, new))).collect();
    let removed: Vec<String> =
        changes.iter().filter(|(_, new)| new.is_none()).map(|(key, _)| key.clone()).collect();
    let mut script = Script::of(db);
    script.upsert::<setting::Entity, _>(&set, |(key, value)| setting::Model {
        key: (*key).clone(),
        value: (*value).clone(),
    });
    script.delete::<setting::Entity, _>(setting::Column::Key, &removed);
    script.upsert::<setting_change::Entity, _>(&history, Clone::clone);
    script.run(db).await?;
    Ok(Some(revision.cast_unsigned()))
}

/// The oldest `limit` lines of the history after `revision`.
pub(super) async fn history(
    db: &impl ConnectionTrait,
    revision: u64,
    limit: u64,
) -> Result<Vec<SettingChange>> {
    let rows = setting_change::Entity::find()
        .filter(setting_change::Column::Revision.gt(revision.cast_signed()))
        .order_by_asc(setting_change::Column::Revision)
        .order_by_asc(setting_change::Column::Key)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(change).collect())
}

/// The newest lines of the history before `revision`, newest first.
pub(super) async fn history_before(
    db: &impl ConnectionTrait,
    revision: u64,
    limit: u64,
) -> Result<Vec<SettingChange>> {
    let revision = i64::try_from(revision).unwrap_or(i64::MAX);
    let rows = setting_change::Entity::find()
        .filter(setting_change::Column::Revision.lt(revision))
        .order_by_desc(setting_change::Column::Revision)
        .order_by_asc(setting_change::Column::Key)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(change).collect())
}

fn change(row: setting_change::Model) -> SettingChange {
    SettingChange {
        revision: row.revision.cast_unsigned(),
        at: row.at,
        actor: row.actor,
        origin: row.origin,
        key: row.key,
        old: row.old,
        new: row.new,
    }
}
