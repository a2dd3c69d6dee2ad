//! Events that are replayed to clients that come back.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob_null, text};

use crate::row_key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("events")
                    .col(row_key(manager, "id"))
                    .col(big_integer("at"))
                    .col(text("actor"))
                    .col(text("kind"))
                    .col(blob_null("torrent_id"))
                    .col(text("detail"))
                    .to_owned(),
            )
            .await
    }
}
