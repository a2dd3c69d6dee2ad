//! Where torrents lie: save path, download path, automatic management.

use fs_err as fs;
use rustix::fs::Access;

use super::{ids, refused, selected};
use crate::engine::placement;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::reply::{self, Reply};
use crate::model::{Selection, Torrent, TorrentId};

/// Which of its two directories a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Save,
    Download,
}

/// Turns automatic management off and moves torrents.
pub async fn set_location(call: Call) -> reply::Result {
    let location = call.params.text_or_empty("location").trim();
    if location.is_empty() {
        return Err(Reply::bad_request("Save path cannot be empty"));
    }
    for (which, path) in targets(&call, selected(&call), location, Kind::Save) {
        prepare(&call, &path).await.map_err(|_| Reply::conflict("Cannot make save path"))?;
        call.engine().set_location(which, path).await.map_err(refused)?;
    }
    Ok(Reply::empty())
}

/// Moves torrents in manual mode.
pub async fn set_save_path(call: Call) -> reply::Result {
    let path = call.params.text_or_empty("path");
    if path.is_empty() {
        return Err(Reply::bad_request("Save path cannot be empty"));
    }
    named(&call, path)?;
    for (which, path) in targets(&call, ids_or_all(&call), path, Kind::Save) {
        writable(&call, &path).await?;
        call.engine().set_save_path(which, path).await.map_err(refused)?;
    }
    Ok(Reply::empty())
}

/// Sets or switches off the download path of torrents in manual mode.
pub async fn set_download_path(call: Call) -> reply::Result {
    let path = call.params.text_or_empty("path");
    if path.is_empty() && call.level == Level::L45 {
        call.engine().set_download_path(ids_or_all(&call), None).await.map_err(refused)?;
        return Ok(Reply::empty());
    }
    if path.is_empty() {
        // Contract: without a path, the content stays in the save path while incomplete, and 5.1 shows it as download path.
        let snapshot = call.snapshot();
        let torrents: Vec<TorrentId> = match ids_or_all(&call) {
            Selection::All => snapshot.torrents.keys().copied().collect(),
            Selection::Ids(ids) => ids,
        };
        for id in torrents {
            let Some(row) = snapshot.torrent(&id) else { continue };
            let path = row.options.save_path.to_string();
            call.engine().set_download_path(id.into(), Some(path)).await.map_err(refused)?;
        }
        return Ok(Reply::empty());
    }
    named(&call, path)?;
    for (which, path) in targets(&call, ids_or_all(&call), path, Kind::Download) {
        writable(&call, &path).await?;
        call.engine().set_download_path(which, Some(path)).await.map_err(refused)?;
    }
    Ok(Reply::empty())
}

/// Switches automatic management.
pub async fn set_auto_management(call: Call) -> reply::Result {
    let on = call.params.boolean("enable").unwrap_or(false);
    call.engine().set_auto_management(selected(&call), on).await.map_err(refused)?;
    Ok(Reply::empty())
}

fn ids_or_all(call: &Call) -> Selection {
    match call.params.text_or_empty("id") {
        "all" => Selection::All,
        list => ids(list),
    }
}

/// The torrents by where they go.
///
/// A relative path starts at the default path, or where categories count for manual torrents too, at the category's.
fn targets(call: &Call, which: Selection, path: &str, kind: Kind) -> Vec<(Selection, String)> {
    let snapshot = call.snapshot();
    let by_category = call.app.intake.policy().category_paths_in_manual_mode;
    let resolve = |category: Option<&str>| match kind {
        Kind::Save => placement::manual_save_path(&snapshot, category, by_category, path),
        Kind::Download => placement::manual_download_path(&snapshot, category, by_category, path),
    };
    if !by_category || path.starts_with('/') {
        return vec![(which, resolve(None))];
    }
    let mut groups: Vec<(Vec<TorrentId>, String)> = Vec::new();
    let mut sort = |row: &Torrent| {
        let target = resolve(row.options.category.as_deref());
        match groups.iter_mut().find(|(_, path)| *path == target) {
            Some((group, _)) => group.push(row.facts.id),
            None => groups.push((vec![row.facts.id], target)),
        }
    };
    match which {
        Selection::All => snapshot.torrents.values().for_each(|row| sort(row)),
        Selection::Ids(ids) => {
            ids.iter().filter_map(|id| snapshot.torrent(id)).for_each(|row| sort(row));
        }
    }
    groups.into_iter().map(|(ids, path)| (Selection::Ids(ids), path)).collect()
}

/// Creates a directory that may be used.
async fn prepare(call: &Call, path: &str) -> std::io::Result<()> {
    if !call.app.intake.policy().allows(path) {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    let path = path.to_owned();
    let made = tokio::task::spawn_blocking(move || fs::create_dir_all(path)).await;
    made.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}

/// Contract: since 5.3 a name of blanks alone is no directory.
fn named(call: &Call, path: &str) -> reply::Result<()> {
    if call.level >= Level::L53 && path.trim().is_empty() {
        return Err(Reply::conflict("Cannot create target directory"));
    }
    Ok(())
}

/// Creates a directory and proves that it can be written to.
async fn writable(call: &Call, path: &str) -> reply::Result<()> {
    if !call.app.intake.policy().allows(path) {
        return Err(Reply::forbidden("Cannot write to directory"));
    }
    prepare(call, path).await.map_err(|_| Reply::conflict("Cannot create target directory"))?;
    let path = path.to_owned();
    let access =
        tokio::task::spawn_blocking(move || rustix::fs::access(path, Access::WRITE_OK)).await;
    match access {
        Ok(Ok(())) => Ok(()),
        _ => Err(Reply::forbidden("Cannot write to directory")),
    }
}
