//! Writes everything that waits, in one transaction.

use sea_orm::{ConnectionTrait, DbErr};

use super::blobs::Kind;
use super::pending::{Pending, SecretChange};
use super::{all_time, blobs, events, intents, labels, torrents};

/// Writes `pending`: removals first, so that what was put after a removal stays.
pub(super) async fn write(db: &impl ConnectionTrait, pending: &Pending) -> Result<(), DbErr> {
    write_torrents(db, pending).await?;
    write_labels(db, pending).await?;

    let removed: Vec<i64> = pending
        .intents
        .iter()
        .filter(|(_, intent)| intent.is_none())
        .map(|(id, _)| id.cast_signed())
        .collect();
    intents::remove(db, &removed).await?;
    let put: Vec<_> = pending.intents.values().filter_map(Option::as_deref).collect();
    intents::put(db, &put).await?;

    if let Some(all_time) = pending.all_time {
        all_time::put(db, all_time).await?;
    }
    let events: Vec<_> = pending.events.values().map(AsRef::as_ref).collect();
    events::append(db, &events).await
}

async fn write_torrents(db: &impl ConnectionTrait, pending: &Pending) -> Result<(), DbErr> {
    let mut removed = Vec::new();
    let mut rows = Vec::new();
    let mut statuses = Vec::new();
    let mut data = Vec::new();
    let mut secrets = Vec::new();
    let mut removed_secrets = Vec::new();
    for (key, torrent) in &pending.torrents {
        if torrent.removed {
            removed.push(key.0.cast_signed());
        }
        rows.extend(torrent.row.as_deref());
        statuses.extend(torrent.status.as_deref().map(|status| (*key, status)));
        data.extend(torrent.metainfo.as_deref().map(|metainfo| (*key, Kind::Metainfo, metainfo)));
        data.extend(torrent.resume.as_deref().map(|resume| (*key, Kind::Resume, resume)));
        match &torrent.secret {
            Some(SecretChange::Put(sealed)) => secrets.push((*key, sealed.as_slice())),
            Some(SecretChange::Remove) => removed_secrets.push(key.0.cast_signed()),
            None => {}
        }
    }
    torrents::remove(db, &removed).await?;
    blobs::remove(db, &removed).await?;
    removed_secrets.extend(removed);
    blobs::remove_secrets(db, &removed_secrets).await?;
    torrents::put(db, &rows).await?;
    torrents::put_statuses(db, &statuses).await?;
    blobs::put(db, &data).await?;
    blobs::put_secrets(db, &secrets).await
}

async fn write_labels(db: &impl ConnectionTrait, pending: &Pending) -> Result<(), DbErr> {
    let removed: Vec<&str> = pending
        .categories
        .iter()
        .filter(|(_, category)| category.is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    labels::remove_categories(db, &removed).await?;
    let put: Vec<_> = pending.categories.values().filter_map(Option::as_deref).collect();
    labels::put_categories(db, &put).await?;

    let (put, removed): (Vec<_>, Vec<_>) = pending.tags.iter().partition(|(_, present)| **present);
    labels::remove_tags(db, &removed.into_iter().map(|(tag, _)| tag).collect::<Vec<_>>()).await?;
    labels::put_tags(db, &put.into_iter().map(|(tag, _)| tag).collect::<Vec<_>>()).await
}
