//! File priorities, and the pieces at both ends of files.

use std::collections::BTreeMap;

use revaer_native::MetainfoFile;

use super::worker::Worker;
use super::{Engine, Error, Result, content};
use crate::model::{Priority, TorrentId, TorrentKey};
use crate::store::FileWishes;

/// Each end of a file that is fetched first: one hundredth of it, in whole pieces.
const SHARE_OF_ENDS: u64 = 100;

/// libtorrent's highest priority of a piece.
const FIRST: u8 = 7;

impl Engine {
    /// Sets the priority of files by index.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`, `Invalid` for an index out of range.
    pub async fn set_file_priorities(
        &self,
        id: TorrentId,
        files: Vec<u32>,
        priority: Priority,
    ) -> Result<()> {
        let (row, metainfo) = self.content(id).await?;
        if let Some(bad) = files
            .iter()
            .find(|file| metainfo.files.get(**file as usize).is_none_or(|f| f.is_padding))
        {
            return Err(Error::Invalid(format!("the torrent has no file {bad}")));
        }
        let key = row.key;
        self.run("set file priorities", move |worker| {
            worker.known(key)?;
            let Some(entry) = worker.entries.get_mut(&key) else { return Ok(()) };
            let priorities = &mut entry.wishes.priorities;
            priorities.resize(metainfo.files.len(), Priority::Normal);
            for file in files {
                priorities[file as usize] = priority;
            }
            let levels = content::levels(&entry.wishes);
            worker.store_row(key);
            worker.tell(key, "given its priorities", |session| {
                session.prioritize_files(key.0, &levels)
            });
            worker.apply_first_last(key, &metainfo.files);
            worker.hurry();
            Ok(())
        })
        .await
    }
}

impl Worker {
    /// Fetches both ends of wanted files first, if the operator wishes that.
    ///
    /// libtorrent derives the priorities of pieces anew from those of files whenever the latter change or a check ran,
    /// so this follows each of them.
    pub(super) fn apply_first_last(&mut self, key: TorrentKey, files: &[MetainfoFile]) {
        if self.torrent(key).is_some_and(|torrent| torrent.options.first_last_first) {
            self.set_ends(key, files, |_| FIRST);
        }
    }

    /// As [`Worker::apply_first_last`], with the files from the store.
    pub(super) fn load_first_last(&mut self, key: TorrentKey) {
        if self.torrent(key).is_some_and(|torrent| torrent.options.first_last_first) {
            self.with_metainfo(key, move |worker, metainfo| {
                worker.apply_first_last(key, &metainfo.files);
            });
        }
    }

    /// Gives both ends of files the priority of their file again.
    pub(super) fn level_first_last(&mut self, key: TorrentKey) {
        self.with_metainfo(key, move |worker, metainfo| {
            worker.set_ends(key, &metainfo.files, |level| level);
        });
    }

    fn set_ends(&mut self, key: TorrentKey, files: &[MetainfoFile], level: impl Fn(u8) -> u8) {
        let Some(entry) = self.entries.get(&key) else { return };
        let Some(metadata) = self.torrent(key).and_then(|torrent| torrent.facts.metadata.as_ref())
        else {
            return;
        };
        let pieces: Vec<(u32, u8)> = ends(files, &entry.wishes, metadata.piece_size)
            .into_iter()
            .map(|(piece, own)| (piece, level(own)))
            .collect();
        if !pieces.is_empty() {
            self.tell(key, "given piece priorities", |session| {
                session.prioritize_pieces(key.0, &pieces)
            });
        }
    }
}

/// First and last piece of a file, inclusive; a file without data has the piece where it would start.
pub(super) fn piece_range(file: &MetainfoFile, piece_size: u32) -> (u32, u32) {
    let size = i64::from(piece_size.max(1));
    let piece = |at: i64| u32::try_from(at.max(0) / size).unwrap_or(u32::MAX);
    (piece(file.offset), piece(file.offset + (file.size - 1).max(0)))
}

/// The pieces at both ends of wanted files, each with the highest priority among the files that lie in it.
fn ends(files: &[MetainfoFile], wishes: &FileWishes, piece_size: u32) -> BTreeMap<u32, u8> {
    let mut pieces = BTreeMap::new();
    let with_data = || {
        (0_u32..).zip(files).filter(|(_, file)| !file.is_padding && file.size > 0).map(
            |(index, file)| {
                (content::priority(wishes, index).level(), file, piece_range(file, piece_size))
            },
        )
    };
    for (_, file, (first, last)) in with_data().filter(|(level, _, _)| *level > 0) {
        let length = u64::try_from(file.size)
            .unwrap_or(0)
            .div_ceil(SHARE_OF_ENDS * u64::from(piece_size.max(1)));
        let length = u32::try_from(length).unwrap_or(u32::MAX).min(last - first + 1);
        pieces.extend(
            (first..first + length).chain(last + 1 - length..=last).map(|piece| (piece, 0)),
        );
    }
    for (level, _, (first, last)) in with_data() {
        for (_, highest) in pieces.range_mut(first..=last) {
            *highest = level.max(*highest);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(offset: i64, size: i64) -> MetainfoFile {
        MetainfoFile { path: "f".to_owned(), size, is_padding: false, offset }
    }

    #[test]
    fn a_hundredth_of_each_end_counts_in_whole_pieces() {
        // 250 pieces: a hundredth is 2.5 pieces, so three at each end.
        let pieces: Vec<u32> =
            ends(&[file(0, 250 * 16)], &FileWishes::default(), 16).into_keys().collect();

        assert_eq!(pieces, [0, 1, 2, 247, 248, 249]);
    }

    #[test]
    fn unwanted_files_have_no_ends_but_share_their_pieces() {
        let wishes = FileWishes {
            priorities: vec![Priority::Skip, Priority::High, Priority::Maximum],
            ..FileWishes::default()
        };
        let files = [file(0, 40), file(40, 8), file(48, 16)];

        let pieces = ends(&files, &wishes, 16);

        assert_eq!(pieces, BTreeMap::from([(2, 6), (3, 7)]));
    }

    #[test]
    fn a_small_file_is_one_piece() {
        assert_eq!(ends(&[file(0, 5)], &FileWishes::default(), 16), BTreeMap::from([(0, 4)]));
        assert!(ends(&[file(0, 0)], &FileWishes::default(), 16).is_empty());
        assert_eq!(piece_range(&file(16, 0), 16), (1, 1));
        assert_eq!(piece_range(&file(15, 2), 16), (0, 1));
    }
}
