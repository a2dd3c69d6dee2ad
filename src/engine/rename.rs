//! Renames of files and folders inside a torrent.
//!
//! The plan is pure. A rename is announced in the store with the wish, then libtorrent is told file by file; its alerts
//! settle the announcement, and a failure takes the wish back.

use std::collections::BTreeMap;

use revaer_native::{Failure, Metainfo, MetainfoFile};

use super::content::{self, INCOMPLETE_SUFFIX};
use super::worker::{Attachment, Worker};
use super::{Engine, Error, Result, erase};
use crate::events::Kind;
use crate::model::{TorrentId, TorrentKey, path};
use crate::store::{Change, FileWishes, Work};

/// Index, old path and new path of a file.
type Step = (u32, String, String);

/// From the present paths by index, an old path and a new one to steps.
type Plan = fn(&[(u32, &str)], &str, &str) -> Result<Vec<Step>>;

impl Engine {
    /// Renames one file; both paths are inside the torrent and normalised.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`, `Missing` (old path), `Exists` (new path), `Invalid` for a path that leaves the torrent.
    pub async fn rename_file(&self, id: TorrentId, from: String, to: String) -> Result<()> {
        self.rename_content(id, from, to, plan_file).await
    }

    /// Renames a folder, that is all files below it.
    pub async fn rename_folder(&self, id: TorrentId, from: String, to: String) -> Result<()> {
        self.rename_content(id, from, to, plan_folder).await
    }

    async fn rename_content(
        &self,
        id: TorrentId,
        from: String,
        to: String,
        plan: Plan,
    ) -> Result<()> {
        for path in [&from, &to] {
            if path::inside(path).as_deref() != Some(path) {
                return Err(Error::Invalid(format!("`{path}` is no path inside a torrent")));
            }
        }
        let (row, metainfo) = self.content(id).await?;
        self.run("rename content", move |worker| {
            worker.known(row.key)?;
            let renames =
                worker.entries.get(&row.key).map_or(&[][..], |entry| &entry.wishes.renames);
            let steps = plan(&content::visible(&metainfo.files, renames), &from, &to)?;
            worker.rename_files(row.key, &metainfo, steps);
            Ok(())
        })
        .await
    }
}

impl Worker {
    fn rename_files(&mut self, key: TorrentKey, metainfo: &Metainfo, steps: Vec<Step>) {
        if steps.is_empty() {
            return;
        }
        let Some(base) = self.actual_location(key) else { return };
        self.set_paths(
            key,
            &metainfo.files,
            steps.iter().map(|(file, _, new)| (*file, new.clone())),
        );
        let intent = self.intent(key, Work::Rename { base, files: steps.clone() });
        self.store(Change::PutIntent(Box::new(intent)));
        self.after_commit(move |worker| {
            // A torrent that is being attached gets its names when it is: see `catch_up_renames`.
            if worker.entries.get(&key).is_some_and(|entry| entry.attachment == Attachment::Live) {
                for (file, _, new) in steps {
                    worker.rename_on_disk(key, file, &new);
                }
            }
        });
    }

    /// Tells libtorrent the names that were wished while it was taking the torrent.
    pub(super) fn catch_up_renames(&mut self, key: TorrentKey) {
        let mut names = BTreeMap::new();
        let mut ids: Vec<u64> = self.rename_intents(key);
        ids.sort_unstable();
        for id in ids {
            if let Some(Work::Rename { files, .. }) =
                self.intents.get(&id).map(|intent| &intent.work)
            {
                names.extend(files.iter().map(|(file, _, new)| (*file, new.clone())));
            }
        }
        for (file, new) in names {
            self.rename_on_disk(key, file, &new);
        }
    }

    /// Gives a file its name on disk: the wished one, with the suffix if it carries that.
    pub(super) fn rename_on_disk(&mut self, key: TorrentKey, file: u32, name: &str) {
        let is_suffixed =
            self.entries.get(&key).is_some_and(|entry| entry.suffixed.contains(&file));
        let suffixed = format!("{name}{INCOMPLETE_SUFFIX}");
        let path = if is_suffixed { &suffixed } else { name };
        self.tell(key, "renamed", |session| session.rename_file(key.0, file, path));
    }

    /// Writes paths into the wishes and what follows from them into the row.
    fn set_paths(
        &mut self,
        key: TorrentKey,
        files: &[MetainfoFile],
        changes: impl IntoIterator<Item = (u32, String)>,
    ) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        apply(&mut entry.wishes, files, changes);
        let root = content::root(files, &entry.wishes.renames);
        self.edit_facts(key, |facts| {
            if let Some(metadata) = &mut facts.metadata {
                metadata.root = root;
            }
        });
    }

    /// libtorrent has renamed a file: the announcement up to this name is settled.
    pub(super) fn file_renamed(&mut self, key: TorrentKey, file: u32, path: &str) {
        let name = path.strip_suffix(INCOMPLETE_SUFFIX).unwrap_or(path);
        let mut ids: Vec<u64> = self.rename_intents(key);
        ids.sort_unstable();
        let last = ids.iter().rposition(|id| {
            self.step_of(*id, file).is_some_and(|(_, _, new)| new == path || new == name)
        });
        let mut left = Vec::new();
        for id in ids.into_iter().take(last.map_or(0, |last| last + 1)) {
            if let Some((_, old, new)) = self.step_of(id, file)
                && let Some((folder, _)) = old.rsplit_once('/')
                && !path::is_within(new, folder)
            {
                left.push(folder.to_owned());
            }
            self.settle_step(id, file);
        }
        if let Some(torrent) = self.torrent(key).filter(|_| !left.is_empty()) {
            let base = torrent.content_location().to_owned();
            self.shared.runtime.spawn_blocking(move || erase::prune(&base, left));
        }
        self.want_resume_data(key);
    }

    /// libtorrent could not rename a file: it keeps its old name, and the wish follows the fact.
    pub(super) fn file_rename_failed(&mut self, key: TorrentKey, file: u32, failure: &Failure) {
        let Some(id) = self
            .rename_intents(key)
            .into_iter()
            .filter(|id| self.step_of(*id, file).is_some())
            .min()
        else {
            self.suffix_failed(key, file, failure);
            return;
        };
        let Some((_, old, new)) = self.step_of(id, file).cloned() else { return };
        self.settle_step(id, file);
        tracing::warn!(
            torrent.key = key.0,
            "`{old}` cannot be renamed to `{new}`: {}",
            failure.message
        );
        self.emit_for(
            key,
            Kind::Failed {
                reason: format!("`{old}` cannot be renamed to `{new}`: {}", failure.message),
            },
        );
        self.with_metainfo(key, move |worker, metainfo| {
            let renames = worker.entries.get(&key).map_or(&[][..], |entry| &entry.wishes.renames);
            let is_wished = content::paths(&metainfo.files, renames)
                .get(file as usize)
                .is_some_and(|wished| **wished == *new);
            if is_wished {
                worker.set_paths(key, &metainfo.files, [(file, old)]);
            }
        });
    }

    fn rename_intents(&self, key: TorrentKey) -> Vec<u64> {
        self.intents
            .values()
            .filter(|intent| intent.key == key && matches!(intent.work, Work::Rename { .. }))
            .map(|intent| intent.id)
            .collect()
    }

    fn step_of(&self, intent: u64, file: u32) -> Option<&Step> {
        match &self.intents.get(&intent)?.work {
            Work::Rename { files, .. } => files.iter().find(|(index, _, _)| *index == file),
            _ => None,
        }
    }

    /// One file of an intent is done; the intent goes with its last one.
    fn settle_step(&mut self, id: u64, file: u32) {
        let Some(intent) = self.intents.get_mut(&id) else { return };
        let Work::Rename { files, .. } = &mut intent.work else { return };
        files.retain(|(index, _, _)| *index != file);
        if files.is_empty() {
            self.intents.remove(&id);
            self.store(Change::RemoveIntent(id));
        }
    }
}

/// Keeps in the wishes what differs from the metainfo, sorted.
fn apply(
    wishes: &mut FileWishes,
    files: &[MetainfoFile],
    changes: impl IntoIterator<Item = (u32, String)>,
) {
    let mut renames: BTreeMap<u32, String> = wishes.renames.drain(..).collect();
    for (file, path) in changes {
        if files.get(file as usize).is_some_and(|original| original.path == path) {
            renames.remove(&file);
        } else {
            renames.insert(file, path);
        }
    }
    wishes.renames = renames.into_iter().collect();
}

/// The rename of one file; nothing if it has that name already.
///
/// A taken target is reported before a missing source, as upstream does.
fn plan_file(files: &[(u32, &str)], from: &str, to: &str) -> Result<Vec<Step>> {
    let mut found = None;
    let mut is_taken = false;
    for (file, path) in files {
        if *path == from {
            found = Some(*file);
        } else if *path == to {
            // Contract: a file that is there is reported before one that is not.
            return Err(Error::Exists(format!("`{to}`")));
        } else {
            is_taken |= collides(path, to);
        }
    }
    match found {
        None => Err(Error::Missing(format!("file `{from}`"))),
        Some(_) if is_taken => Err(Error::Exists(format!("`{to}`"))),
        Some(_) if from == to => Ok(Vec::new()),
        Some(file) => Ok(vec![(file, from.to_owned(), to.to_owned())]),
    }
}

/// The renames of all files below a folder, in an order in which none meets a file that has not moved yet.
fn plan_folder(files: &[(u32, &str)], from: &str, to: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut is_taken = false;
    for (file, path) in files {
        match path.strip_prefix(from).filter(|rest| rest.starts_with('/')) {
            Some(rest) => steps.push((*file, (*path).to_owned(), format!("{to}{rest}"))),
            // Contract: a folder that is there is reported before one that is not.
            None if *path != to && path::is_within(path, to) => {
                return Err(Error::Exists(format!("`{to}`")));
            }
            None => is_taken |= collides(path, to),
        }
    }
    if steps.is_empty() {
        return Err(Error::Missing(format!("folder `{from}`")));
    }
    if is_taken {
        return Err(Error::Exists(format!("`{to}`")));
    }
    if from == to {
        return Ok(Vec::new());
    }
    // Names grow when a folder moves into itself: the deepest files make room first; else the highest ones do.
    steps.sort_by_key(|(_, old, _)| old.len());
    if to.len() > from.len() {
        steps.reverse();
    }
    Ok(steps)
}

/// True if a file at `path` and something at `new` cannot both exist.
fn collides(path: &str, new: &str) -> bool {
    path::is_within(path, new) || path::is_within(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(u32, &str); 4] = [(0, "d/a"), (1, "d/e/b"), (3, "d/e/c"), (4, "f")];

    fn old_and_new(steps: Vec<Step>) -> Vec<(String, String)> {
        steps.into_iter().map(|(_, old, new)| (old, new)).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect()
    }

    #[test]
    fn a_file_is_renamed_by_its_present_path() {
        let steps = plan_file(&FILES, "d/e/c", "d/x").unwrap();

        assert_eq!(steps, [(3, "d/e/c".to_owned(), "d/x".to_owned())]);
        assert!(plan_file(&FILES, "f", "f").unwrap().is_empty());
    }

    #[test]
    fn a_file_cannot_take_the_place_of_a_file_or_a_folder() {
        for taken in ["d/a", "d", "d/e", "f/g"] {
            let from = if taken == "f/g" { "d/a" } else { "f" };
            assert!(matches!(plan_file(&FILES, from, taken), Err(Error::Exists(_))), "{taken}");
        }
        assert!(matches!(plan_file(&FILES, "d/e", "x"), Err(Error::Missing(_))));
        assert!(matches!(plan_file(&FILES, "nothing", "f"), Err(Error::Exists(_))));
    }

    #[test]
    fn a_folder_takes_all_its_files_along() {
        let steps = plan_folder(&FILES, "d/e", "g").unwrap();

        assert_eq!(old_and_new(steps), pairs(&[("d/e/b", "g/b"), ("d/e/c", "g/c")]));
        assert!(plan_folder(&FILES, "d", "d").unwrap().is_empty());
    }

    #[test]
    fn a_folder_cannot_take_the_place_of_another() {
        let files = [(0, "d/a"), (1, "e/a"), (2, "f")];
        for taken in ["e", "f", "f/x"] {
            assert!(matches!(plan_folder(&files, "d", taken), Err(Error::Exists(_))), "{taken}");
        }
        assert!(matches!(plan_folder(&files, "f", "x"), Err(Error::Missing(_))));
        assert!(matches!(plan_folder(&files, "x", "y"), Err(Error::Missing(_))));
    }

    #[test]
    fn no_file_is_renamed_onto_one_that_has_not_moved() {
        let into_itself = plan_folder(&[(0, "a/x"), (1, "a/b/x")], "a", "a/b").unwrap();
        assert_eq!(old_and_new(into_itself), pairs(&[("a/b/x", "a/b/b/x"), ("a/x", "a/b/x")]));

        let out_of_itself = plan_folder(&[(0, "a/b/b/x"), (1, "a/b/x")], "a/b", "a").unwrap();
        assert_eq!(old_and_new(out_of_itself), pairs(&[("a/b/x", "a/x"), ("a/b/b/x", "a/b/x")]));
    }

    #[test]
    fn names_of_the_metainfo_are_no_wishes() {
        let files = [MetainfoFile { path: "a".to_owned(), size: 1, is_padding: false, offset: 0 }];
        let mut wishes = FileWishes::default();

        apply(&mut wishes, &files, [(0, "b".to_owned())]);
        assert_eq!(wishes.renames, [(0, "b".to_owned())]);

        apply(&mut wishes, &files, [(0, "a".to_owned())]);
        assert!(wishes.renames.is_empty());
    }
}
