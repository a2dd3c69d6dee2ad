//! The store's own numbers: next key, next revision, revision of the settings.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::entities::meta::{Column, Entity};

pub(super) const NEXT_KEY: &str = "next_key";
pub(super) const NEXT_REVISION: &str = "next_revision";
pub(super) const SETTINGS_REVISION: &str = "settings_revision";

/// A number; the first migration put all of them there.
pub(super) async fn get(db: &impl ConnectionTrait, name: &str) -> Result<i64, DbErr> {
    found(name, Entity::find_by_id(name).one(db).await?.map(|row| row.value))
}

/// The same, for a transaction that is going to change it: no other process changes it before that.
pub(super) async fn get_for_update(db: &impl ConnectionTrait, name: &str) -> Result<i64, DbErr> {
    found(name, Entity::find_by_id(name).lock_exclusive().one(db).await?.map(|row| row.value))
}

fn found(name: &str, value: Option<i64>) -> Result<i64, DbErr> {
    value.ok_or_else(|| DbErr::RecordNotFound(format!("the number `{name}` is missing")))
}

pub(super) async fn set(db: &impl ConnectionTrait, name: &str, value: i64) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Value, Expr::value(value))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}
