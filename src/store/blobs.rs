//! Metainfo and resume data, and the sealed secrets beside them.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::Result;
use super::entities::{blob, secret};
use super::script::{Script, batches};
use crate::model::TorrentKey;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Metainfo = 0,
    Resume = 1,
}

/// A torrent's metainfo and resume data, as far as they are stored.
pub(super) type Blobs = (TorrentKey, Option<Vec<u8>>, Option<Vec<u8>>);

pub(super) fn put(script: &mut Script, blobs: &[(TorrentKey, Kind, &[u8])]) {
    script.upsert::<blob::Entity, _>(blobs, |(key, kind, data)| blob::Model {
        key: key.0.cast_signed(),
        kind: *kind as i16,
        data: data.to_vec(),
    });
}

pub(super) fn remove(script: &mut Script, keys: &[i64]) {
    script.delete::<blob::Entity, _>(blob::Column::Key, keys);
}

/// The blobs of `keys`, in their order; a torrent without any has two `None`.
pub(super) async fn get(db: &impl ConnectionTrait, keys: &[TorrentKey]) -> Result<Vec<Blobs>> {
    let mut found: BTreeMap<i64, Blobs> = BTreeMap::new();
    for batch in batches(keys) {
        let keys = batch.iter().map(|key| key.0.cast_signed());
        for row in blob::Entity::find().filter(blob::Column::Key.is_in(keys)).all(db).await? {
            let key = TorrentKey(row.key.cast_unsigned());
            let entry = found.entry(row.key).or_insert((key, None, None));
            if row.kind == Kind::Metainfo as i16 {
                entry.1 = Some(row.data);
            } else {
                entry.2 = Some(row.data);
            }
        }
    }
    let found_or_none =
        |key: &TorrentKey| found.remove(&key.0.cast_signed()).unwrap_or((*key, None, None));
    Ok(keys.iter().map(found_or_none).collect())
}

pub(super) async fn metainfo(
    db: &impl ConnectionTrait,
    key: TorrentKey,
) -> Result<Option<Vec<u8>>> {
    let id = (key.0.cast_signed(), Kind::Metainfo as i16);
    Ok(blob::Entity::find_by_id(id).one(db).await?.map(|row| row.data))
}

pub(super) fn put_secrets(script: &mut Script, secrets: &[(TorrentKey, &[u8])]) {
    script.upsert::<secret::Entity, _>(secrets, |(key, sealed)| secret::Model {
        key: key.0.cast_signed(),
        sealed: sealed.to_vec(),
    });
}

pub(super) fn remove_secrets(script: &mut Script, keys: &[i64]) {
    script.delete::<secret::Entity, _>(secret::Column::Key, keys);
}

pub(super) async fn secret(db: &impl ConnectionTrait, key: TorrentKey) -> Result<Option<Vec<u8>>> {
    Ok(secret::Entity::find_by_id(key.0.cast_signed()).one(db).await?.map(|row| row.sealed))
}

/// Deletes what belongs to no torrent: blobs that came in after the removal was committed.
pub(super) async fn sweep(db: &impl ConnectionTrait) -> std::result::Result<(), DbErr> {
    for table in ["torrent_blobs", "torrent_secrets"] {
        db.execute_unprepared(&format!(
            "DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM torrents WHERE torrents.key = {table}.key)"
        ))
        .await?;
    }
    Ok(())
}
