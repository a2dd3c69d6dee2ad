//! Everything that waits, as the statements of one transaction.

use sea_orm::DbBackend;

use super::blobs::Kind;
use super::pending::{Pending, SecretChange};
use super::script::Script;
use super::{all_time, blobs, events, intents, labels, meta, torrents};

/// What writes `pending`: removals first, so that what was put after a removal stays.
pub(super) fn script(backend: DbBackend, pending: &Pending) -> Script {
    let mut script = Script::new(backend);
    write_torrents(&mut script, pending);
    write_labels(&mut script, pending);

    let removed: Vec<i64> = pending
        .intents
        .iter()
        .filter(|(_, intent)| intent.is_none())
        .map(|(id, _)| id.cast_signed())
        .collect();
    intents::remove(&mut script, &removed);
    let put: Vec<_> = pending.intents.values().filter_map(Option::as_deref).collect();
    intents::put(&mut script, &put);

    if let Some(all_time) = pending.all_time {
        all_time::put(&mut script, all_time);
    }
    if let Some(moment) = pending.alive {
        meta::put_alive(&mut script, moment);
    }
    let events: Vec<_> = pending.events.values().map(AsRef::as_ref).collect();
    events::append(&mut script, &events);
    script
}

fn write_torrents(script: &mut Script, pending: &Pending) {
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
    torrents::remove(script, &removed);
    blobs::remove(script, &removed);
    removed_secrets.extend(removed);
    blobs::remove_secrets(script, &removed_secrets);
    torrents::put(script, &rows);
    torrents::put_statuses(script, &statuses);
    blobs::put(script, &data);
    blobs::put_secrets(script, &secrets);
}

fn write_labels(script: &mut Script, pending: &Pending) {
    let removed: Vec<&str> = pending
        .categories
        .iter()
        .filter(|(_, category)| category.is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    labels::remove_categories(script, &removed);
    let put: Vec<_> = pending.categories.values().filter_map(Option::as_deref).collect();
    labels::put_categories(script, &put);

    let (put, removed): (Vec<_>, Vec<_>) = pending.tags.iter().partition(|(_, present)| **present);
    labels::remove_tags(script, &removed.into_iter().map(|(tag, _)| tag).collect::<Vec<_>>());
    labels::put_tags(script, &put.into_iter().map(|(tag, _)| tag).collect::<Vec<_>>());
}
