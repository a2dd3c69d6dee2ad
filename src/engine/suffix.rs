//! The suffix of files that are not complete.
//!
//! Names without it are what everybody sees; libtorrent alone knows the names on disk. `Entry::suffixed` holds the
//! files that carry the suffix now.

use std::collections::BTreeSet;
use std::sync::Arc;

use revaer_native::{Failure, Inspector, MetainfoFile};

use super::content::{self, INCOMPLETE_SUFFIX};
use super::worker::{FollowUp, Worker};
use crate::model::{TorrentKey, path};

/// The names on disk of a torrent that is added: a file that lies there under its own name keeps it, all others that
/// hold data get the suffix. Looks at the disk.
pub(super) fn suffixed(
    files: &[MetainfoFile],
    renames: &[(u32, String)],
    location: &str,
) -> Vec<(u32, String)> {
    let exists = |name: &str| fs_err::symlink_metadata(path::join(location, name)).is_ok();
    names_on_disk(files, renames, exists)
}

fn names_on_disk(
    files: &[MetainfoFile],
    renames: &[(u32, String)],
    exists: impl Fn(&str) -> bool,
) -> Vec<(u32, String)> {
    let mut names = Vec::new();
    for (index, name) in content::visible(files, renames) {
        let file = &files[index as usize];
        if file.size > 0 && !exists(name) {
            names.push((index, format!("{name}{INCOMPLETE_SUFFIX}")));
        } else if *name != file.path {
            names.push((index, name.to_owned()));
        }
    }
    names
}

/// The files that carry the suffix among names on disk.
pub(super) fn carriers(names: &[(u32, String)]) -> BTreeSet<u32> {
    names
        .iter()
        .filter(|(_, name)| name.ends_with(INCOMPLETE_SUFFIX))
        .map(|(file, _)| *file)
        .collect()
}

/// The files whose name has to change: those to get the suffix, and those to lose it.
fn changes(
    files: &[MetainfoFile],
    progress: &[i64],
    carriers: &BTreeSet<u32>,
    wanted: bool,
) -> (Vec<u32>, Vec<u32>) {
    let (mut gain, mut lose) = (Vec::new(), Vec::new());
    for (index, file) in (0_u32..).zip(files).filter(|(_, file)| !file.is_padding) {
        let is_complete = progress.get(index as usize).is_some_and(|done| *done >= file.size);
        match (wanted && !is_complete, carriers.contains(&index)) {
            (true, false) => gain.push(index),
            (false, true) => lose.push(index),
            _ => {}
        }
    }
    (gain, lose)
}

impl Worker {
    /// Names the files of a torrent whose metadata have just arrived: as wished, with the suffix if it is on.
    pub(super) fn suffix_incomplete(&mut self, key: TorrentKey, files: &[MetainfoFile]) {
        if !self.profile.downloads.incomplete_suffix {
            return;
        }
        let Some(entry) = self.entries.get_mut(&key) else { return };
        // Data that lies there already is renamed with the others and gets its name back after the check.
        let names = names_on_disk(files, &entry.wishes.renames, |_| false);
        entry.suffixed = carriers(&names);
        for (file, name) in names {
            self.tell(key, "named", |session| session.rename_file(key.0, file, &name));
        }
    }

    /// Lets a check find files that were put there under their own names, as upstream does: they lose the suffix, unless
    /// one that carries it lies there too. Looks at the disk off this thread, and goes on with `then`.
    pub(super) fn find_unsuffixed(
        &mut self,
        key: TorrentKey,
        then: impl FnOnce(&mut Self) + Send + 'static,
    ) {
        if self.entries.get(&key).is_none_or(|entry| entry.suffixed.is_empty()) {
            then(self);
            return;
        }
        self.with_metainfo(key, move |worker, metainfo| {
            let (Some(entry), Some(torrent)) = (worker.entries.get(&key), worker.torrent(key))
            else {
                return;
            };
            let location = torrent.content_location().to_owned();
            let paths = content::paths(&metainfo.files, &entry.wishes.renames);
            let names: Vec<(u32, String)> = entry
                .suffixed
                .iter()
                .filter_map(|file| Some((*file, (*paths.get(*file as usize)?).to_owned())))
                .collect();
            let follow_ups = worker.follow_up_sender();
            worker.shared.runtime.spawn_blocking(move || {
                let exists =
                    |name: &str| fs_err::symlink_metadata(path::join(&location, name)).is_ok();
                let is_plain =
                    |name: &str| exists(name) && !exists(&format!("{name}{INCOMPLETE_SUFFIX}"));
                let found: Vec<(u32, String)> =
                    names.into_iter().filter(|(_, name)| is_plain(name)).collect();
                let work: FollowUp = Box::new(move |worker| {
                    for (file, name) in found {
                        if let Some(entry) = worker.entries.get_mut(&key) {
                            entry.suffixed.remove(&file);
                        }
                        worker.rename_on_disk(key, file, &name);
                    }
                    then(worker);
                });
                let _ = follow_ups.send(work);
            });
        });
    }

    /// A file is complete: it loses the suffix.
    pub(super) fn file_completed(&mut self, key: TorrentKey, file: u32) {
        if self.entries.get_mut(&key).is_some_and(|entry| entry.suffixed.remove(&file)) {
            self.rename_as_wished(key, vec![file]);
        }
    }

    /// Compares the names on disk with what is complete, off this thread, and renames what differs.
    ///
    /// While a check runs libtorrent does not know what is complete, so this comes after it.
    pub(super) fn arrange_suffixes(&mut self, key: TorrentKey) {
        let wanted = self.profile.downloads.incomplete_suffix;
        let (Some(entry), Some(torrent)) = (self.entries.get(&key), self.torrent(key)) else {
            return;
        };
        let may_gain = wanted && torrent.status.completed_at.is_none();
        if !may_gain && entry.suffixed.is_empty() {
            return;
        }
        let has_metadata = torrent.facts.metadata.is_some();
        let Some(Ok(inspector)) =
            self.live(key).filter(|_| has_metadata).map(|session| session.inspector(key.0))
        else {
            return;
        };
        let shared = Arc::clone(&self.shared);
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn(async move {
            let progress =
                super::query::inspect(&shared, inspector, Inspector::file_progress).await;
            match progress {
                Ok(progress) => {
                    let work: FollowUp =
                        Box::new(move |worker| worker.settle_suffixes(key, progress));
                    let _ = follow_ups.send(work);
                }
                Err(error) => tracing::warn!(
                    torrent.key = key.0,
                    "the progress of files cannot be read: {error}"
                ),
            }
        });
    }

    fn settle_suffixes(&mut self, key: TorrentKey, progress: Vec<i64>) {
        self.with_metainfo(key, move |worker, metainfo| {
            let wanted = worker.profile.downloads.incomplete_suffix;
            let Some(entry) = worker.entries.get_mut(&key) else { return };
            let (gain, lose) = changes(&metainfo.files, &progress, &entry.suffixed, wanted);
            entry.suffixed.extend(&gain);
            for file in &lose {
                entry.suffixed.remove(file);
            }
            worker.rename_as_wished(key, [gain, lose].concat());
        });
    }

    fn rename_as_wished(&mut self, key: TorrentKey, files: Vec<u32>) {
        if files.is_empty() {
            return;
        }
        self.with_metainfo(key, move |worker, metainfo| {
            let Some(entry) = worker.entries.get(&key) else { return };
            let paths = content::paths(&metainfo.files, &entry.wishes.renames);
            let names: Vec<(u32, String)> = files
                .into_iter()
                .filter_map(|file| Some((file, (*paths.get(file as usize)?).to_owned())))
                .collect();
            for (file, name) in names {
                worker.rename_on_disk(key, file, &name);
            }
        });
    }

    /// A suffix could be neither added nor taken off: the file has the name that it had.
    pub(super) fn suffix_failed(&mut self, key: TorrentKey, file: u32, failure: &Failure) {
        tracing::warn!(torrent.key = key.0, "file {file} cannot be renamed: {}", failure.message);
        if let Some(entry) = self.entries.get_mut(&key)
            && !entry.suffixed.remove(&file)
        {
            entry.suffixed.insert(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<MetainfoFile> {
        [("d/a", 5, false), (".pad/3", 3, true), ("d/b", 8, false), ("d/empty", 0, false)]
            .into_iter()
            .map(|(path, size, is_padding)| MetainfoFile {
                path: path.to_owned(),
                size,
                is_padding,
                offset: 0,
            })
            .collect()
    }

    #[test]
    fn files_that_are_not_there_get_the_suffix() {
        let names =
            names_on_disk(&files(), &[(2, "e/b".to_owned()), (3, "e/empty".to_owned())], |name| {
                name == "d/a"
            });

        assert_eq!(names, [(2, "e/b.!qB".to_owned()), (3, "e/empty".to_owned())]);
        assert_eq!(carriers(&names), BTreeSet::from([2]));
    }

    #[test]
    fn the_suffix_follows_completion_and_preference() {
        let carriers = BTreeSet::from([0]);

        assert_eq!(changes(&files(), &[5, 0, 7, 0], &carriers, true), (vec![2], vec![0]));
        assert_eq!(changes(&files(), &[4, 0, 7, 0], &carriers, false), (vec![], vec![0]));
    }
}
