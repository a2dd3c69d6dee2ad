//! Which files a source has, in the order of a v1 torrent.
//!
//! Nothing outside of the source gets into a torrent: a link to a file counts as that file if it lies in the source,
//! other links are refused, because leaving them out silently would be a surprise too.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::engine::HashMonitor;

/// Files of one torrent; with more, the torrent file would be larger than clients accept.
const MAX_FILES: usize = 250_000;

/// Folders below each other; readers of torrent files refuse deeper ones.
const MAX_DEPTH: usize = 90;

/// A file, its path beginning with the name of the source, and its size in bytes.
pub(super) type File = (String, i64);

/// Lists the files of `source`, an absolute path.
pub(super) fn files(
    source: &Path,
    ignores_dotfiles: bool,
    monitor: &HashMonitor,
) -> Result<Vec<File>, Failure> {
    let name = source.file_name().ok_or(Failure::Empty)?;
    let name = name.to_str().ok_or_else(|| unreadable(source))?;
    let Ok(metadata) = fs_err::metadata(source) else { return Err(Failure::Empty) };
    let found = if metadata.is_file() {
        let is_left_out = ignores_dotfiles && name.starts_with('.');
        if is_left_out { Vec::new() } else { vec![(name.to_owned(), size(&metadata))] }
    } else if metadata.is_dir() {
        Walk { root: fs_err::canonicalize(source).map_err(failed)?, ignores_dotfiles, monitor }
            .files(source, name)?
    } else {
        Vec::new()
    };
    match found.as_slice() {
        [] => Err(Failure::Empty),
        files if files.iter().all(|(_, size)| *size == 0) => Err(Failure::NoContent),
        _ => Ok(found),
    }
}

struct Walk<'a> {
    /// The source without links.
    root: PathBuf,
    ignores_dotfiles: bool,
    monitor: &'a HashMonitor,
}

impl Walk<'_> {
    /// Files of a folder come before those of the folders in it.
    fn files(&self, source: &Path, name: &str) -> Result<Vec<File>, Failure> {
        let mut found = Vec::new();
        let mut folders = VecDeque::from([(source.to_owned(), name.to_owned(), 0)]);
        while let Some((folder, inner, depth)) = folders.pop_front() {
            if self.monitor.is_cancelled() {
                return Err(Failure::Other("cancelled".to_owned()));
            }
            if depth > MAX_DEPTH {
                return Err(Failure::Other(format!("`{inner}` is too deep")));
            }
            let (mut files, mut below) = (Vec::new(), Vec::new());
            for entry in fs_err::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name();
                let name = name.to_str().ok_or_else(|| unreadable(&entry.path()))?;
                if self.ignores_dotfiles && name.starts_with('.') {
                    continue;
                }
                let inner = format!("{inner}/{name}");
                match self.kind(&entry.path())? {
                    Kind::File(size) => files.push((inner, size)),
                    Kind::Folder => below.push((entry.path(), inner, depth + 1)),
                    Kind::Other => {}
                }
            }
            files.sort_by(|a, b| by_name(&a.0, &b.0));
            found.append(&mut files);
            if found.len() > MAX_FILES {
                return Err(Failure::Other(format!("there are more than {MAX_FILES} files")));
            }
            below.sort_by(|a, b| by_name(&a.1, &b.1));
            for folder in below.into_iter().rev() {
                folders.push_front(folder);
            }
        }
        Ok(found)
    }

    fn kind(&self, path: &Path) -> Result<Kind, Failure> {
        let metadata = fs_err::symlink_metadata(path).map_err(failed)?;
        if !metadata.is_symlink() {
            return Ok(Kind::of(&metadata));
        }
        // A link that leads nowhere is no file.
        let Ok(target) = fs_err::canonicalize(path) else { return Ok(Kind::Other) };
        let metadata = fs_err::metadata(&target).map_err(failed)?;
        match Kind::of(&metadata) {
            Kind::File(size) if target.starts_with(&self.root) => Ok(Kind::File(size)),
            Kind::Other => Ok(Kind::Other),
            Kind::File(_) => Err(refused(path, "a link to a file outside of the source")),
            Kind::Folder => Err(refused(path, "a link to a folder")),
        }
    }
}

enum Kind {
    File(i64),
    Folder,
    Other,
}

impl Kind {
    fn of(metadata: &std::fs::Metadata) -> Self {
        match () {
            () if metadata.is_file() => Self::File(size(metadata)),
            () if metadata.is_dir() => Self::Folder,
            () => Self::Other,
        }
    }
}

fn size(metadata: &std::fs::Metadata) -> i64 {
    i64::try_from(metadata.len()).unwrap_or(i64::MAX)
}

/// Upper and lower case alike, as upstream sorts where no language is set.
fn by_name(a: &str, b: &str) -> Ordering {
    a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b))
}

fn unreadable(path: &Path) -> Failure {
    refused(path, "a name that is no UTF-8")
}

fn refused(path: &Path, what: &str) -> Failure {
    Failure::Other(format!("`{}` is {what}", path.display()))
}

#[expect(clippy::needless_pass_by_value, reason = "so that it fits `map_err`")]
fn failed(error: std::io::Error) -> Failure {
    Failure::Other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &Path, ignores_dotfiles: bool) -> Result<Vec<String>, Failure> {
        let files = files(source, ignores_dotfiles, &HashMonitor::default())?;
        Ok(files.into_iter().map(|(path, _)| path).collect())
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join("top").join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "x").unwrap();
        }
        root
    }

    #[test]
    fn files_come_before_folders_and_case_plays_no_role() {
        let root = folder(&["zz", "b2", "b10", "B3", "sub/x", "sub/deep/y", "aa/q", "sub2/k"]);

        let expected = ["b10", "b2", "B3", "zz", "aa/q", "sub/x", "sub/deep/y", "sub2/k"];
        let expected: Vec<String> = expected.iter().map(|name| format!("top/{name}")).collect();
        assert_eq!(names(&root.path().join("top"), true), Ok(expected));
    }

    #[test]
    fn names_with_a_dot_are_left_out_only_when_asked_for_and_only_below_the_source() {
        let root = folder(&[".a", ".b/c", "d"]);

        let top = root.path().join("top");
        assert_eq!(names(&top, true).unwrap(), ["top/d"]);
        assert_eq!(names(&top, false).unwrap(), ["top/.a", "top/d", "top/.b/c"]);
        assert_eq!(names(&top.join(".a"), true), Err(Failure::Empty));
        assert_eq!(names(&top.join(".b"), true).unwrap(), [".b/c"]);
    }

    #[test]
    fn links_never_lead_out_of_the_source() {
        let root = folder(&["a", "sub/b"]);
        let top = root.path().join("top");
        fs_err::write(root.path().join("secret"), "x").unwrap();
        let link = |to: &str| std::os::unix::fs::symlink(to, top.join("link")).unwrap();

        link("sub/b");
        assert_eq!(names(&top, true).unwrap(), ["top/a", "top/link", "top/sub/b"]);
        for bad in ["../secret", "sub", ".."] {
            fs_err::remove_file(top.join("link")).unwrap();
            link(bad);
            assert!(matches!(names(&top, true), Err(Failure::Other(_))), "{bad}");
        }
        fs_err::remove_file(top.join("link")).unwrap();
        link("nowhere");
        assert_eq!(names(&top, true).unwrap(), ["top/a", "top/sub/b"]);
    }

    #[test]
    fn what_holds_no_byte_is_refused() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(names(root.path(), true), Err(Failure::Empty));
        assert_eq!(names(&root.path().join("none"), true), Err(Failure::Empty));
        fs_err::write(root.path().join("empty"), "").unwrap();
        assert_eq!(names(root.path(), true), Err(Failure::NoContent));
    }
}
