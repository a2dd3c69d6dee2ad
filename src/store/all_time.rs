//! The all-time counters: one row, absent until something was transferred.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use super::batch::upsert;
use super::entities::all_time::{Entity, Model};
use super::{AllTime, Result};

/// The id of the only row.
const ROW: i32 = 1;

pub(super) async fn put(
    db: &impl ConnectionTrait,
    all_time: AllTime,
) -> std::result::Result<(), DbErr> {
    upsert::<Entity, _>(db, &[all_time], |all_time| Model {
        id: ROW,
        downloaded: all_time.downloaded,
        uploaded: all_time.uploaded,
    })
    .await
}

pub(super) async fn get(db: &impl ConnectionTrait) -> Result<AllTime> {
    let row = Entity::find_by_id(ROW).one(db).await?;
    Ok(row
        .map(|row| AllTime { downloaded: row.downloaded, uploaded: row.uploaded })
        .unwrap_or_default())
}
