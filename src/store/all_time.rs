//! The all-time counters: one row, absent until something was transferred.

use sea_orm::{ConnectionTrait, EntityTrait};

use super::entities::all_time::{Entity, Model};
use super::script::Script;
use super::{AllTime, Result};

/// The id of the only row.
const ROW: i32 = 1;

pub(super) fn put(script: &mut Script, all_time: AllTime) {
    script.upsert::<Entity, _>(&[all_time], |all_time| Model {
        id: ROW,
        downloaded: all_time.downloaded,
        uploaded: all_time.uploaded,
    });
}

pub(super) async fn get(db: &impl ConnectionTrait) -> Result<AllTime> {
    let row = Entity::find_by_id(ROW).one(db).await?;
    Ok(row
        .map(|row| AllTime { downloaded: row.downloaded, uploaded: row.uploaded })
        .unwrap_or_default())
}
