//! Work in several steps.

use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use super::convert::forms::{from_work, work};
use super::entities::intent::{Column, Entity, Model};
use super::script::Script;
use super::{Intent, Result};
use crate::model::TorrentKey;

pub(super) fn put(script: &mut Script, intents: &[&Intent]) {
    script.upsert::<Entity, _>(intents, |intent| Model {
        id: intent.id.cast_signed(),
        torrent: intent.key.0.cast_signed(),
        work: work(&intent.work),
    });
}

pub(super) fn remove(script: &mut Script, ids: &[i64]) {
    script.delete::<Entity, _>(Column::Id, ids);
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
