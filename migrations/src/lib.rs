//! The history of the database's schema, for SQLite and PostgreSQL alike.
//!
//! Migrations only go forward and never import entities: entities move on, migrations must not. The store runs all
//! pending ones in one transaction, so a crash in the middle leaves the old schema.

use sea_orm_migration::prelude::*;

mod m20261121_events;
mod m20261121_labels;
mod m20261121_settings;
mod m20261121_torrents;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_torrents::Migration),
            Box::new(m20261121_labels::Migration),
            Box::new(m20261121_settings::Migration),
            Box::new(m20261121_events::Migration),
        ]
    }
}
