//! The history of the database's schema, for SQLite and PostgreSQL alike.
//!
//! Migrations only go forward and never import entities: entities move on, migrations must not. The store runs all
//! pending ones in one transaction, so a crash in the middle leaves the old schema.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait};
use sea_orm_migration::seaql_migrations;

mod m20261121_clients;
mod m20261121_events;
mod m20261121_labels;
mod m20261121_settings;
mod m20261121_torrents;
mod m20261122_events_by_torrent;

struct Migrator;

/// The names of all migrations, oldest first.
#[must_use]
pub fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// The names of the migrations that a database has; none for a new one, which is not touched.
pub async fn applied(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let rows = seaql_migrations::Entity::find().all(db).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Applies all migrations that the database does not have yet.
pub async fn apply(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    Migrator::up(transaction, None).await
}

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_torrents::Migration),
            Box::new(m20261121_labels::Migration),
            Box::new(m20261121_clients::Migration),
            Box::new(m20261121_settings::Migration),
            Box::new(m20261121_events::Migration),
            Box::new(m20261122_events_by_torrent::Migration),
        ]
    }
}

/// A 64-bit primary key.
///
/// SQLite stores rows under such a key directly, without a second tree, only if its type is spelled `integer`.
fn row_key(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match manager.get_database_backend() {
        DbBackend::Sqlite => column.integer(),
        _ => column.big_integer(),
    };
    column.not_null().primary_key();
    column
}
