//! Torrents with their blobs and secrets, the intents, the all-time counters and the store's own numbers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, blob, boolean, integer, small_integer, text, text_null,
};

use crate::row_key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(torrents(manager)).await?;
        manager
            .create_table(
                Table::create()
                    .table("torrent_blobs")
                    .col(big_integer("key"))
                    .col(small_integer("kind"))
                    .col(blob("data"))
                    .primary_key(Index::create().col("key").col("kind"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("torrent_secrets")
                    .col(row_key(manager, "key"))
                    .col(blob("sealed"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("intents")
                    .col(row_key(manager, "id"))
                    .col(big_integer("torrent"))
                    .col(text("work"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("all_time")
                    .col(integer("id").primary_key())
                    .col(big_integer("downloaded"))
                    .col(big_integer("uploaded"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("meta")
                    .col(text("name").primary_key())
                    .col(big_integer("value"))
                    .to_owned(),
            )
            .await?;
        let mut numbers = Query::insert();
        numbers.into_table("meta").columns(["name", "value"]);
        for (name, value) in [("next_key", 1_i64), ("next_revision", 1), ("settings_revision", 0)] {
            numbers.values_panic([name.into(), value.into()]);
        }
        manager.execute(numbers).await
    }
}

/// What changes together is one JSON document: a table with a column for each of some 70 values was read and written
/// five times slower, nearly all of it spent by the database's driver on single values.
fn torrents(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table("torrents")
        .col(row_key(manager, "key"))
        .col(text("facts"))
        .col(text("options"))
        .col(text("status"))
        .col(text_null("announces"))
        .col(text_null("files"))
        .col(boolean("recheck_pending"))
        .to_owned()
}
