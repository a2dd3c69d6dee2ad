//! The store's own numbers: next key, next revision, revision of the settings.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::entities::meta::{Column, Entity, Model};
use super::script::Script;
use crate::model::Moment;

pub(super) const NEXT_KEY: &str = "next_key";
pub(super) const NEXT_REVISION: &str = "next_revision";
pub(super) const SETTINGS_REVISION: &str = "settings_revision";

/// The last moment at which the engine is known to have run; absent before the first.
const ALIVE_RUN: &str = "alive_run";
const ALIVE_MILLISECONDS: &str = "alive_milliseconds";

pub(super) fn put_alive(script: &mut Script, moment: Moment) {
    let numbers = [(ALIVE_RUN, moment.run), (ALIVE_MILLISECONDS, moment.milliseconds)];
    script.upsert::<Entity, _>(&numbers, |(name, value)| Model {
        name: (*name).to_owned(),
        value: *value,
    });
}

pub(super) async fn alive(db: &impl ConnectionTrait) -> Result<Option<Moment>, DbErr> {
    let rows = Entity::find().filter(Column::Name.is_in([ALIVE_RUN, ALIVE_MILLISECONDS]));
    let rows = rows.all(db).await?;
    let number = |name| rows.iter().find(|row| row.name == name).map(|row| row.value);
    Ok(number(ALIVE_RUN)
        .zip(number(ALIVE_MILLISECONDS))
        .map(|(run, milliseconds)| Moment { run, milliseconds }))
}

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
