//! The torrents of a profile, some at a time, from either storage.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::bt_backup::{self, Found};
use super::{Places, Report, Result, database};

/// The torrents of a profile, some at a time.
pub(super) enum Source {
    Folder { folder: PathBuf, ids: std::vec::IntoIter<String>, queue: HashMap<String, u32> },
    Database(std::vec::IntoIter<Found>),
}

impl Source {
    pub(super) async fn open(places: &Places, scratch: &Path, report: &mut Report) -> Result<Self> {
        let database = places.data.join("torrents.db");
        if database.is_file() {
            fs_err::create_dir_all(scratch)?;
            let mut found = database::read(&places.data, scratch, report).await?;
            found.sort_by_key(|found| found.wishes.queue_position.unwrap_or(u32::MAX));
            return Ok(Self::Database(found.into_iter()));
        }
        let folder = places.data.join("BT_backup");
        let mut ids = if folder.is_dir() { bt_backup::ids(&folder, report)? } else { Vec::new() };
        let queue = bt_backup::queue(&folder, report);
        // Where torrents wait already, these queue up behind them, in their own order.
        ids.sort_by_key(|id| queue.get(&id.to_ascii_lowercase()).copied().unwrap_or(u32::MAX));
        Ok(Self::Folder { folder, ids: ids.into_iter(), queue })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Folder { ids, .. } => ids.len(),
            Self::Database(found) => found.len(),
        }
    }

    /// Up to `count` torrents that can be read; `None` at the end.
    pub(super) fn next(&mut self, count: usize) -> (Option<Vec<Found>>, Report) {
        let mut report = Report::default();
        match self {
            Self::Database(found) => {
                let lot: Vec<Found> = found.by_ref().take(count).collect();
                ((!lot.is_empty()).then_some(lot), report)
            }
            Self::Folder { folder, ids, queue } => {
                let lot: Vec<String> = ids.by_ref().take(count).collect();
                if lot.is_empty() {
                    return (None, report);
                }
                let found = lot
                    .iter()
                    .filter_map(|id| bt_backup::read(folder, id, queue, &mut report))
                    .collect();
                (Some(found), report)
            }
        }
    }
}
