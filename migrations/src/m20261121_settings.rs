//! The settings and who changed them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("settings")
                    .col(text("key").primary_key())
                    .col(text("value"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("settings_history")
                    .col(big_integer("revision"))
                    .col(text("key"))
                    .col(big_integer("at"))
                    .col(text("actor"))
                    .col(text_null("origin"))
                    .col(text_null("old"))
                    .col(text_null("new"))
                    .primary_key(Index::create().col("revision").col("key"))
                    .to_owned(),
            )
            .await
    }
}
