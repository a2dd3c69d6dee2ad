//! Work in several steps.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryOrder};

use super::batch::{delete, upsert};
use super::convert::forms::{from_work, work};
use super::entities::intent::{Column, Entity, Model};
use super::{Intent, Result};
use crate::model::TorrentKey;

pub(super) async fn put(
    db: &impl ConnectionTrait,
    intents: &[&Intent],
) -> std::result::Result<(), DbErr> {
    upsert::<Entity, _>(db, intents, |intent| Model {
        id: intent.id.cast_signed(),
        torrent: intent.key.0.cast_signed(),
        work: work(&intent.work),
    })
    .await
}

pub(super) async fn remove(
    db: &impl ConnectionTrait,
    ids: &[i64],
) -> std::result::Result<(), DbErr> {
    delete::<Entity, _>(db, Column::Id, ids).await
}

/// All intents by id.
pub(super) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Intent>> {
    let rows = Entity::find().order_by_asc(Column::Id).all(db).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Intent {
                id: row.id.cast_unsigned(),
                key: TorrentKey(row.torrent.cast_unsigned()),
                work: from_work(&row.work)?,
            })
        })
        .collect()
}
