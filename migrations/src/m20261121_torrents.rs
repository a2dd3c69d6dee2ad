//! Torrents with their blobs and secrets, the intents, the all-time counters and the store's own numbers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, boolean, boolean_null, double, double_null,
    integer, small_integer, small_integer_null, text, text_null,
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

/// The widest table: everything that a listing shows is a column, so that nothing needs parsing at boot.
///
/// The columns of the info dictionary are null until the metadata is known. Lists are JSON text, null when empty.
fn torrents(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table("torrents").col(row_key(manager, "key"));
    facts(&mut table);
    options(&mut table);
    status(&mut table);
    table
        .col(text_null("announces"))
        .col(blob_null("file_priorities"))
        .col(text_null("file_renames"))
        .col(boolean("recheck_pending"));
    table
}

fn facts(table: &mut TableCreateStatement) {
    table
        .col(blob("torrent_id"))
        .col(blob_null("hash_v1"))
        .col(blob_null("hash_v2"))
        .col(text("name"))
        .col(big_integer("added_at"))
        .col(text("comment"))
        .col(text_null("web_seeds"))
        .col(boolean_null("is_private"))
        .col(text_null("created_by"))
        .col(big_integer_null("created_at"))
        .col(big_integer_null("piece_size"))
        .col(big_integer_null("pieces"))
        .col(big_integer_null("total_size"))
        .col(big_integer_null("files"))
        .col(small_integer_null("root_kind"))
        .col(text_null("root_path"));
}

fn options(table: &mut TableCreateStatement) {
    table
        .col(text_null("display_name"))
        .col(text_null("category"))
        .col(text_null("tags"))
        .col(boolean("auto_managed"))
        .col(text("save_path"))
        .col(text_null("download_path"))
        .col(small_integer("run"))
        .col(big_integer_null("download_limit"))
        .col(big_integer_null("upload_limit"))
        .col(big_integer_null("max_connections"))
        .col(big_integer_null("max_uploads"))
        .col(boolean_null("dht"))
        .col(boolean_null("pex"))
        .col(boolean_null("lsd"))
        .col(double_null("share_ratio"))
        .col(big_integer_null("share_seeding_minutes"))
        .col(big_integer_null("share_inactive_minutes"))
        .col(small_integer("share_action"))
        .col(small_integer("share_mode"))
        .col(boolean("sequential"))
        .col(boolean("first_last_first"))
        .col(boolean("super_seeding"))
        .col(small_integer("layout"))
        .col(small_integer("stop_condition"));
}

fn status(table: &mut TableCreateStatement) {
    table
        .col(small_integer("state"))
        .col(double("progress"))
        .col(big_integer("download_rate"))
        .col(big_integer("upload_rate"))
        .col(big_integer("average_download_rate"))
        .col(big_integer("average_upload_rate"))
        .col(big_integer("downloaded"))
        .col(big_integer("uploaded"))
        .col(big_integer("downloaded_session"))
        .col(big_integer("uploaded_session"))
        .col(big_integer("wasted"))
        .col(big_integer("wanted"))
        .col(big_integer("wanted_done"))
        .col(big_integer("done"))
        .col(big_integer("pieces_have"))
        .col(integer("seeds"))
        .col(integer("leechers"))
        .col(integer("swarm_seeds"))
        .col(integer("swarm_leechers"))
        .col(integer("connections"))
        .col(integer("connections_limit"))
        .col(big_integer_null("queue_position"))
        .col(double("availability"))
        .col(big_integer("active_seconds"))
        .col(big_integer("seeding_seconds"))
        .col(big_integer_null("last_activity"))
        .col(big_integer_null("completed_at"))
        .col(big_integer_null("last_seen_complete"))
        .col(big_integer_null("next_announce"))
        .col(text_null("tracker"))
        .col(boolean("in_download_path"))
        .col(text_null("error"));
}
