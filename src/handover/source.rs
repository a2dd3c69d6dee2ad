//! The torrents of a profile, some at a time, from either storage.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::bt_backup::{self, Found};
use super::database::Database;
use super::{Places, Report, Result};

/// Bytes of torrents that are held at a time; the one that exceeds it is the last of its lot.
const LOT: usize = 64 << 20;

/// The torrents of a profile, some at a time.
pub(super) enum Source {
    Folder { folder: PathBuf, ids: std::vec::IntoIter<String>, queue: HashMap<String, u32> },
    Database(Database),
}

/// Some torrents of a profile.
pub(super) struct Lot {
    pub found: Vec<Found>,
    /// How many were looked at, also those that cannot be read.
    pub seen: usize,
}

impl Source {
    pub(super) async fn open(places: &Places, scratch: &Path, report: &mut Report) -> Result<Self> {
        if places.data.join("torrents.db").is_file() {
            fs_err::create_dir_all(scratch)?;
            return Ok(Self::Database(Database::open(&places.data, scratch, report).await?));
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
            Self::Database(database) => database.len(),
        }
    }

    /// Up to `count` torrents; `None` at the end.
    pub(super) async fn next(&mut self, count: usize, report: &mut Report) -> Option<Lot> {
        let mut lot = Lot { found: Vec::new(), seen: 0 };
        let mut weight = 0;
        while lot.seen < count && weight < LOT {
            let found = match self {
                Self::Folder { folder, ids, queue } => {
                    let Some(id) = ids.next() else { break };
                    bt_backup::read(folder, &id, queue, report)
                }
                Self::Database(database) => {
                    let Some(found) = database.next(report).await else { break };
                    found
                }
            };
            lot.seen += 1;
            weight += found.as_ref().map_or(0, Found::weight);
            lot.found.extend(found);
        }
        (lot.seen > 0).then_some(lot)
    }
}
