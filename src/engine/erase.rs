//! Work on the content of torrents without libtorrent: deleting it, and making good what a crash left half done.
//!
//! All paths come from torrents and are hostile: they are relative, stay below their base, and no symbolic link is
//! followed on the way.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use revaer_native::MetainfoLimits;

use super::content::{self, INCOMPLETE_SUFFIX};
use crate::model::path;
use crate::store::Work;

/// Deletes files below `base`, with or without the suffix of incomplete files, then the folders that became empty.
///
/// Files that are not there are no error. The first other error is returned after everything else was tried.
pub(super) fn erase(base: &str, files: &[String]) -> io::Result<()> {
    let mut outcome = Ok(());
    let mut folders = BTreeSet::new();
    for file in files {
        let Some(relative) = path::inside(file) else { continue };
        for name in [relative.clone(), format!("{relative}{INCOMPLETE_SUFFIX}")] {
            let Some(full) = plain_path(base, &name) else { continue };
            match fs::remove_file(&full) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        folders.extend(relative.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
    }
    prune(base, folders);
    outcome
}

/// Removes folders below `base` that hold nothing, and those above them that are empty then.
pub(super) fn prune(base: &str, folders: impl IntoIterator<Item = String>) {
    let mut all = BTreeSet::new();
    for folder in folders {
        let mut rest = folder.as_str();
        while !rest.is_empty() && all.insert(rest.to_owned()) {
            rest = rest.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }
    // Children sort after their parents: the deepest go first.
    for folder in all.iter().rev() {
        if let Some(full) = plain_path(base, folder) {
            // A folder that holds something else stays.
            let _ = fs::remove_dir(full);
        }
    }
}

/// The full path, if no component below `base` is a symbolic link.
fn plain_path(base: &str, relative: &str) -> Option<PathBuf> {
    let mut full = PathBuf::from(base);
    let mut components = relative.split('/').peekable();
    while let Some(component) = components.next() {
        full.push(component);
        if components.peek().is_some()
            && fs::symlink_metadata(&full).is_ok_and(|meta| meta.is_symlink())
        {
            return None;
        }
    }
    Some(full)
}

/// Undoes the half of a move that was done and finishes renames; returns the paths on disk that differ from the
/// wished ones because files are not complete.
pub(super) fn repair(
    metainfo: Option<&[u8]>,
    location: &str,
    renames: &[(u32, String)],
    unfinished: &[Work],
    suffix: bool,
) -> Vec<(u32, String)> {
    let Some(parsed) = metainfo
        .and_then(|bytes| revaer_native::parse_metainfo(bytes, MetainfoLimits::default()).ok())
    else {
        return Vec::new();
    };
    let visible = content::visible(&parsed.files, renames);
    for work in unfinished {
        match work {
            Work::Move { from, to } => {
                for (_, file) in &visible {
                    for name in [(*file).to_owned(), format!("{file}{INCOMPLETE_SUFFIX}")] {
                        bring_back(from, to, &name);
                    }
                }
                for part in part_files(&parsed) {
                    bring_back(from, to, &part);
                }
            }
            Work::Rename { base, files } => {
                for (_, old, new) in files {
                    for ending in ["", INCOMPLETE_SUFFIX] {
                        finish_rename(base, &format!("{old}{ending}"), &format!("{new}{ending}"));
                    }
                }
            }
            Work::Delete { .. } | Work::Fetch { .. } => {}
        }
    }
    if !suffix {
        return Vec::new();
    }
    visible
        .iter()
        .filter(|(_, file)| {
            let suffixed = format!("{file}{INCOMPLETE_SUFFIX}");
            !exists(location, file) && exists(location, &suffixed)
        })
        .map(|(index, file)| (*index, format!("{file}{INCOMPLETE_SUFFIX}")))
        .collect()
}

/// True if all files are there in full size.
pub(super) fn is_whole(metainfo: Option<&[u8]>, location: &str, renames: &[(u32, String)]) -> bool {
    let parsed = metainfo
        .and_then(|bytes| revaer_native::parse_metainfo(bytes, MetainfoLimits::default()).ok());
    parsed.is_some_and(|parsed| {
        content::visible(&parsed.files, renames).into_iter().all(|(index, file)| {
            plain_path(location, file).and_then(|full| fs::symlink_metadata(full).ok()).is_some_and(
                |meta| i64::try_from(meta.len()) == Ok(parsed.files[index as usize].size),
            )
        })
    })
}

/// libtorrent keeps pieces of unwanted files in a part file named after the info-hash.
fn part_files(parsed: &revaer_native::Metainfo) -> Vec<String> {
    let v1 = parsed.v1.map(hex::encode);
    let v2 = parsed.v2.map(|hash| hex::encode(&hash[..20]));
    v1.into_iter().chain(v2).map(|hash| format!(".{hash}.parts")).collect()
}

fn exists(base: &str, relative: &str) -> bool {
    plain_path(base, relative).is_some_and(|full| fs::symlink_metadata(full).is_ok())
}

/// Puts a file that a move had taken to `to` back into `from`; a partial copy in `to` goes.
fn bring_back(from: &str, to: &str, relative: &str) {
    let (Some(source), Some(copy)) = (plain_path(from, relative), plain_path(to, relative)) else {
        return;
    };
    let (here, there) = (fs::symlink_metadata(&source), fs::symlink_metadata(&copy));
    let outcome = match (here, there) {
        (Err(_), Ok(_)) => transfer(&copy, &source),
        (Ok(whole), Ok(partial)) if partial.is_file() && partial.len() < whole.len() => {
            fs::remove_file(&copy)
        }
        _ => Ok(()),
    };
    if let Err(error) = outcome {
        tracing::warn!("a move that was interrupted cannot be undone: {error}");
    }
}

fn finish_rename(base: &str, old: &str, new: &str) {
    let (Some(source), Some(target)) = (plain_path(base, old), plain_path(base, new)) else {
        return;
    };
    if fs::symlink_metadata(&source).is_ok()
        && fs::symlink_metadata(&target).is_err()
        && let Err(error) = transfer(&source, &target)
    {
        tracing::warn!("a rename that was interrupted cannot be finished: {error}");
    }
}

/// Renames, and copies where that is not possible.
fn transfer(source: &Path, target: &Path) -> io::Result<()> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::rename(source, target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(source, target)?;
            fs::remove_file(source)
        }
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erasing_leaves_what_is_not_ours() {
        let home = tempfile::tempdir().unwrap();
        let base = home.path().join("dl");
        fs::create_dir_all(base.join("d/sub")).unwrap();
        for file in ["d/sub/a", "d/b.!qB", "d/other"] {
            fs::write(base.join(file), "x").unwrap();
        }
        fs::write(home.path().join("outside"), "x").unwrap();
        let files = ["d/sub/a", "d/b", "../outside", "missing"].map(str::to_owned);

        erase(base.to_str().unwrap(), &files).unwrap();

        assert!(!base.join("d/sub").exists());
        assert!(!base.join("d/b.!qB").exists());
        assert!(base.join("d/other").exists());
        assert!(home.path().join("outside").exists());
    }

    #[test]
    fn erasing_follows_no_links() {
        let home = tempfile::tempdir().unwrap();
        let base = home.path().join("dl");
        let elsewhere = home.path().join("elsewhere");
        fs::create_dir_all(&base).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        fs::write(elsewhere.join("a"), "x").unwrap();
        std::os::unix::fs::symlink(&elsewhere, base.join("link")).unwrap();

        erase(base.to_str().unwrap(), &["link/a".to_owned()]).unwrap();

        assert!(elsewhere.join("a").exists());
    }

    #[test]
    fn an_interrupted_move_is_undone() {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("from"), home.path().join("to"));
        fs::create_dir_all(&from).unwrap();
        fs::create_dir_all(&to).unwrap();
        fs::write(to.join("moved"), "data").unwrap();
        fs::write(from.join("copied"), "whole").unwrap();
        fs::write(to.join("copied"), "wh").unwrap();

        for file in ["moved", "copied"] {
            bring_back(from.to_str().unwrap(), to.to_str().unwrap(), file);
        }

        assert_eq!(fs::read(from.join("moved")).unwrap(), b"data");
        assert_eq!(fs::read(from.join("copied")).unwrap(), b"whole");
        assert!(!to.join("copied").exists());
    }
}
