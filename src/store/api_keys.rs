//! API keys.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::convert::text;
use super::entities::api_key::{Column, Entity, Model};
use super::script::Script;
use super::{ApiKey, Result};

/// All keys by id.
pub(super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<ApiKey>> {
    let rows = Entity::find().order_by_asc(Column::Id).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let digest = row.digest.try_into().map_err(|_| {
                DbErr::Custom(format!("the API key {} has no SHA-256 of itself", row.id))
            })?;
            Ok(ApiKey {
                id: row.id,
                name: row.name,
                digest,
                level: row.level,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
                sealed: row.sealed,
                scopes: row.scopes,
                categories: row.categories.as_deref().map(names).transpose()?,
                rate: row.per_minute.zip(row.burst).and_then(|(per_minute, burst)| {
                    Some((u32::try_from(per_minute).ok()?, u32::try_from(burst).ok()?))
                }),
            })
        })
        .collect()
}

fn names(text: &str) -> std::result::Result<Vec<String>, DbErr> {
    serde_json::from_str(text)
        .map_err(|error| DbErr::Custom(format!("the categories of an API key: {error}")))
}

/// Inserts a key, or replaces the one of the same id.
pub(super) async fn put(db: &impl ConnectionTrait, key: &ApiKey) -> std::result::Result<(), DbErr> {
    let mut script = Script::of(db);
    script.upsert::<Entity, _>(std::slice::from_ref(key), |key| Model {
        id: key.id,
        name: text(&key.name),
        digest: key.digest.to_vec(),
        level: key.level.clone(),
        created_at: key.created_at,
        last_used_at: key.last_used_at,
        sealed: key.sealed.clone(),
        scopes: key.scopes.clone(),
        categories: key
            .categories
            .as_ref()
            .map(|names| text(&serde_json::json!(names).to_string())),
        per_minute: key.rate.map(|(per_minute, _)| per_minute.into()),
        burst: key.rate.map(|(_, burst)| burst.into()),
    });
    script.run(db).await
}

pub(super) async fn remove(db: &impl ConnectionTrait, id: i64) -> std::result::Result<(), DbErr> {
    Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Notes when keys were used last; one that was replaced since is known by its digest and left alone.
pub(super) async fn touch(
    db: &impl ConnectionTrait,
    uses: &[([u8; 32], i64)],
) -> std::result::Result<(), DbErr> {
    for (digest, at) in uses {
        Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(*at))
            .filter(Column::Digest.eq(digest.to_vec()))
            .exec(db)
            .await?;
    }
    Ok(())
}
