//! Events that are replayed: the newest ones, older are dropped.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::convert::{hash, text};
use super::entities::event::{Column, Entity, Model};
use super::script::{Script, batches};
use super::{Result, StoredEvent};
use crate::model::TorrentId;

/// How many ids back an event is kept.
pub(super) const KEPT: i64 = 100_000;

/// Appends events, leaves those that are there, and drops the oldest.
pub(super) fn append(script: &mut Script, events: &[&StoredEvent]) {
    let Some(newest) = events.iter().map(|event| event.id.cast_signed()).max() else { return };
    for batch in batches(events) {
        // A retry after a lost reply of the database finds its own events.
        let rows = batch.iter().map(|event| model(event).into_active_model());
        let unless_there = OnConflict::column(Column::Id).do_nothing().to_owned();
        script.push(&Entity::insert_many(rows).on_conflict(unless_there));
    }
    script.push(&Entity::delete_many().filter(Column::Id.lte(newest.saturating_sub(KEPT))));
}

fn model(event: &StoredEvent) -> Model {
    Model {
        id: event.id.cast_signed(),
        at: event.at,
        actor: text(&event.actor),
        kind: text(&event.kind),
        torrent_id: event.torrent.map(|id| id.0.to_vec()),
        detail: text(&event.detail),
    }
}

/// The oldest `limit` events after `id`.
pub(super) async fn since(
    db: &impl ConnectionTrait,
    id: u64,
    limit: u64,
) -> Result<Vec<StoredEvent>> {
    let rows = Entity::find()
        .filter(Column::Id.gt(id.cast_signed()))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(stored).collect()
}

/// The newest `limit` events of a torrent, newest first; only those before an id if one is given.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    torrent: TorrentId,
    before: Option<u64>,
    limit: u64,
) -> Result<Vec<StoredEvent>> {
    let mut query = Entity::find().filter(Column::TorrentId.eq(torrent.0.to_vec()));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(i64::try_from(before).unwrap_or(i64::MAX)));
    }
    let rows = query.order_by_desc(Column::Id).limit(limit).all(db).await?;
    rows.into_iter().map(stored).collect()
}

fn stored(row: Model) -> Result<StoredEvent> {
    Ok(StoredEvent {
        id: row.id.cast_unsigned(),
        at: row.at,
        actor: row.actor,
        kind: row.kind,
        torrent: row.torrent_id.map(hash).transpose()?.map(TorrentId),
        detail: row.detail,
    })
}

/// The highest id; 0 before the first event.
pub(super) async fn last_id(db: &impl ConnectionTrait) -> Result<u64> {
    let row = Entity::find().order_by_desc(Column::Id).one(db).await?;
    Ok(row.map_or(0, |row| row.id.cast_unsigned()))
}
