//! Opaque values of web UIs.
//!
//! The names that clients choose are JSON texts. A name that is none is our own interface's: clients neither see it nor
//! share their room with it.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::Result;
use super::convert::digest;
use super::entities::client_data::{Column, Entity, Model};
use super::script::Script;

/// All values, as JSON texts by name (a JSON text too).
pub(super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<(String, String)>> {
    let rows = of_clients(db).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
}

async fn of_clients(db: &impl ConnectionTrait) -> std::result::Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Name.starts_with("\"")).all(db).await
}

/// A value of our own interface.
pub(super) async fn own(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>> {
    let row = Entity::find_by_id(digest(name)).one(db).await?;
    Ok(row.map(|row| row.value))
}

/// Replaces a value of our own interface.
pub(super) async fn put_own(
    db: &impl ConnectionTrait,
    name: &str,
    value: &str,
) -> std::result::Result<(), DbErr> {
    let mut script = Script::of(db);
    script.upsert::<Entity, _>(&[(name, value)], |(name, value)| Model {
        digest: digest(name),
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    });
    script.run(db).await
}

/// Replaces values, and removes those that become `None`; `db` must be a transaction.
///
/// Returns false, and the transaction must not be committed, if all values together would then take more than `limit`
/// bytes as one compact JSON object.
pub(super) async fn merge(
    db: &impl ConnectionTrait,
    changes: &[(String, Option<String>)],
    limit: usize,
) -> std::result::Result<bool, DbErr> {
    let removed: Vec<Vec<u8>> = changes.iter().map(|(name, _)| digest(name)).collect();
    let mut script = Script::of(db);
    script.delete::<Entity, _>(Column::Digest, &removed);
    let put: Vec<(&String, &String)> =
        changes.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).collect();
    script.upsert::<Entity, _>(&put, |(name, value)| Model {
        digest: digest(name),
        name: (*name).clone(),
        value: (*value).clone(),
    });
    script.run(db).await?;
    // Each member takes a colon and a comma more; the last one has no comma, but there are two braces.
    let members = of_clients(db).await?;
    let size: usize = members.iter().map(|row| row.name.len() + row.value.len() + 2).sum();
    Ok(size + 2 - usize::from(!members.is_empty()) <= limit)
}
