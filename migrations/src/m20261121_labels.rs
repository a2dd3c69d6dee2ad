//! Categories and tags.
//!
//! Names come from users and have no upper length, while PostgreSQL indexes at most some 2,700 bytes of a text: the
//! key is the SHA-256 of the name.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob, small_integer, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("categories")
                    .col(blob("digest").primary_key())
                    .col(text("name"))
                    .col(text("save_path"))
                    .col(small_integer("download_rule"))
                    .col(text("download_path"))
                    .col(text("share"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("tags")
                    .col(blob("digest").primary_key())
                    .col(text("name"))
                    .to_owned(),
            )
            .await
    }
}
