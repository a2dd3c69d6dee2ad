//! What belongs to clients: API keys, and the opaque values that web UIs keep on the server.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, blob_null, text, text_null};

use crate::row_key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("api_keys")
                    .col(row_key(manager, "id"))
                    .col(text("name"))
                    .col(blob("digest").unique_key())
                    .col(text_null("level"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("last_used_at"))
                    .col(blob_null("sealed"))
                    .col(text("scopes"))
                    .col(text_null("categories"))
                    .col(big_integer_null("per_minute"))
                    .col(big_integer_null("burst"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("client_data")
                    .col(blob("digest").primary_key())
                    .col(text("name"))
                    .col(text("value"))
                    .to_owned(),
            )
            .await
    }
}
