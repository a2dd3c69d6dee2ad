//! The content of a torrent on disk: paths after renames, the root, layouts and excluded names. Pure.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use revaer_native::{Metainfo, MetainfoFile};

use crate::model::{ContentLayout, InfoHashes, Metadata, Priority, Root};
use crate::store::FileWishes;

/// Suffix of files that are not complete, if the operator wants one; clients know it.
pub(crate) const INCOMPLETE_SUFFIX: &str = ".!qB";

/// The present path of each file inside the torrent, padding included, by index.
pub(crate) fn paths<'a>(files: &'a [MetainfoFile], renames: &'a [(u32, String)]) -> Vec<&'a str> {
    let mut paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for (index, path) in renames {
        if let Some(slot) = paths.get_mut(*index as usize) {
            *slot = path;
        }
    }
    paths
}

/// The paths of the files that people see, with their index.
pub(crate) fn visible<'a>(
    files: &'a [MetainfoFile],
    renames: &'a [(u32, String)],
) -> Vec<(u32, &'a str)> {
    let paths = paths(files, renames);
    (0..)
        .zip(files)
        .zip(paths)
        .filter(|((_, file), _)| !file.is_padding)
        .map(|((index, _), path)| (index, path))
        .collect()
}

/// The first component that all paths share as a folder.
fn common_folder<'a>(paths: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut folder = None;
    for path in paths {
        let (first, _) = path.split_once('/')?;
        match folder {
            None => folder = Some(first),
            Some(known) if known == first => {}
            Some(_) => return None,
        }
    }
    folder
}

/// The top of the content.
pub(crate) fn root(files: &[MetainfoFile], renames: &[(u32, String)]) -> Root {
    let visible = visible(files, renames);
    match visible.as_slice() {
        [(_, path)] => Root::File((*path).to_owned()),
        paths => match common_folder(paths.iter().map(|(_, path)| *path)) {
            Some(folder) => Root::Folder(folder.to_owned()),
            None => Root::Scattered,
        },
    }
}

/// The renames that bring about a layout, and the display name that follows from it.
pub(crate) fn lay_out(
    files: &[MetainfoFile],
    layout: ContentLayout,
    name: &str,
) -> (Vec<(u32, String)>, Option<String>) {
    let visible = visible(files, &[]);
    let folder = common_folder(visible.iter().map(|(_, path)| *path));
    match (layout, folder) {
        (ContentLayout::Subfolder, None) => {
            let stem = name
                .rsplit_once('.')
                .map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
            let renames =
                visible.iter().map(|(index, path)| (*index, format!("{stem}/{path}"))).collect();
            (renames, Some(stem.to_owned()))
        }
        (ContentLayout::NoSubfolder, Some(folder)) => {
            let renames: Vec<(u32, String)> = visible
                .iter()
                .map(|(index, path)| (*index, path[folder.len() + 1..].to_owned()))
                .collect();
            let name = match renames.as_slice() {
                [(_, path)] => {
                    Some(path.rsplit_once('/').map_or(path.as_str(), |(_, file)| file).to_owned())
                }
                _ => None,
            };
            (renames, name)
        }
        _ => (Vec::new(), None),
    }
}

/// What the rows show of a metainfo.
pub(crate) fn metadata(parsed: &Metainfo, renames: &[(u32, String)]) -> Metadata {
    let visible = parsed.files.iter().filter(|file| !file.is_padding).count();
    Metadata {
        is_private: parsed.is_private,
        created_by: parsed.created_by.clone(),
        created_at: parsed.created_at,
        piece_size: parsed.piece_size,
        pieces: parsed.pieces,
        total_size: parsed.files.iter().map(|file| file.size).sum(),
        files: u32::try_from(visible).unwrap_or(u32::MAX),
        root: root(&parsed.files, renames),
    }
}

pub(crate) fn hashes(parsed: &Metainfo) -> InfoHashes {
    InfoHashes { v1: parsed.v1, v2: parsed.v2 }
}

/// Patterns of file names that are not wanted.
pub struct Excluded(GlobSet);

impl Excluded {
    /// Wildcards, matched without case and with the blanks around them, as upstream takes them; a line that is no
    /// pattern is skipped and logged.
    #[must_use]
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = GlobSetBuilder::new();
        for line in patterns.into_iter().filter(|line| !line.trim().is_empty()) {
            match pattern(line) {
                Ok(glob) => {
                    set.add(glob);
                }
                Err(error) => {
                    tracing::warn!("the excluded file name `{line}` is no pattern: {error}");
                }
            }
        }
        Self(set.build().unwrap_or_else(|error| {
            tracing::warn!("the excluded file names cannot be used: {error}");
            GlobSet::empty()
        }))
    }

    /// True if the file's name, or that of a folder above it, is excluded.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        !self.0.is_empty() && path.split('/').any(|component| self.0.is_match(component))
    }
}

fn pattern(line: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(line).case_insensitive(true).literal_separator(false).build()
}

/// libtorrent's priorities for all files; empty for all normal.
pub(crate) fn levels(wishes: &FileWishes) -> Vec<u8> {
    wishes.priorities.iter().map(|priority| priority.level()).collect()
}

/// The priority of one file.
pub(crate) fn priority(wishes: &FileWishes, file: u32) -> Priority {
    wishes.priorities.get(file as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<MetainfoFile> {
        paths
            .iter()
            .map(|path| MetainfoFile {
                path: (*path).to_owned(),
                size: 1,
                is_padding: path.starts_with(".pad"),
                offset: 0,
            })
            .collect()
    }

    #[test]
    fn the_root_is_what_lies_on_top() {
        assert_eq!(root(&files(&["a.bin"]), &[]), Root::File("a.bin".to_owned()));
        assert_eq!(root(&files(&["d/a", "d/b"]), &[]), Root::Folder("d".to_owned()));
        assert_eq!(root(&files(&["d/a", "b"]), &[]), Root::Scattered);
        assert_eq!(root(&files(&["d/a", "d/b"]), &[(1, "e/b".to_owned())]), Root::Scattered);
    }

    #[test]
    fn layouts_add_and_strip_the_folder() {
        let (renames, name) = lay_out(&files(&["a.bin"]), ContentLayout::Subfolder, "a.bin");
        assert_eq!(renames, [(0, "a/a.bin".to_owned())]);
        assert_eq!(name.as_deref(), Some("a"));

        let (renames, _) = lay_out(&files(&["d/x/a", "d/b"]), ContentLayout::NoSubfolder, "d");
        assert_eq!(renames, [(0, "x/a".to_owned()), (1, "b".to_owned())]);

        assert!(lay_out(&files(&["d/a", "d/b"]), ContentLayout::Subfolder, "d").0.is_empty());
    }

    #[test]
    fn excluded_names_match_files_and_folders() {
        let excluded = Excluded::new(["*.exe", "", "Sample", " *.bak"]);

        assert!(excluded.matches("d/a.EXE"));
        assert!(excluded.matches("d/sample/a.mkv"));
        assert!(!excluded.matches("d/samples/a.mkv"));
        assert!(!excluded.matches("d/a.bak"));
    }
}
