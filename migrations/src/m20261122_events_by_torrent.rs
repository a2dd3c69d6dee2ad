//! The history of one torrent is read without a look at that of all others.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(
                Index::create()
                    .name("events_by_torrent")
                    .table("events")
                    .col("torrent_id")
                    .col("id")
                    .to_owned(),
            )
            .await
    }
}
