//! The folder of an alternative user interface: `public` for everybody, and `private` before it for who is logged in.
//!
//! A URL decides which file is read here, so every step assumes a hostile one: names are joined one by one, the real
//! place of a file is looked up and compared before it is opened, and what was opened is compared again, because a
//! name may change its meaning in between. Everything here blocks.

use std::fs::Metadata;
use std::os::fd::AsRawFd as _;
use std::path::{Component, Path, PathBuf};

use fs_err::File;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::OFlags;

use super::is_ambiguous;

/// The largest file that is served, in bytes.
pub const LIMIT: u64 = 10 << 20;

/// A folder of files, and the one folder of which nothing is ever served.
#[derive(Debug, Clone)]
pub struct Folder {
    pub root: PathBuf,
    /// Revaer's own data, with all links resolved.
    pub home: PathBuf,
}

/// A file that may be sent.
#[derive(Debug)]
pub struct Found {
    pub content: File,
    pub size: u64,
    /// As the URL names it: the name tells the type, also of a link.
    pub name: PathBuf,
}

/// Why nothing is sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is nothing, or nothing that is a file.
    NotAFile,
    /// A link stands where none may.
    Link,
    TooLarge {
        file: PathBuf,
        size: u64,
    },
}

impl Folder {
    /// Finds and opens the file of a decoded path.
    ///
    /// # Errors
    /// When there is none, or it lies where nothing is served from.
    pub fn find(&self, path: &str, signed_in: bool) -> Result<Found, Refused> {
        if is_ambiguous(path) || path.contains('\0') || !self.root.is_absolute() {
            return Err(Refused::NotAFile);
        }
        let path = if path == "/" { "/index.html" } else { path };
        let tree = |name: &str| self.root.join(name);
        let private = tree("private");
        let (tree, name) = match join(&private, path)? {
            name if signed_in && fs_err::metadata(&name).is_ok() => (private, name),
            _ => (tree("public"), join(&tree("public"), path)?),
        };
        let size = regular(fs_err::metadata(&name).ok().as_ref())?;
        // Contract: folders that are links are refused, a file may be one.
        let between = name.ancestors().skip(1).take_while(|folder| *folder != tree);
        if between.into_iter().any(Path::is_symlink) {
            return Err(Refused::Link);
        }
        let real = self.real(&name)?;
        if size > LIMIT {
            return Err(Refused::TooLarge { file: name, size });
        }
        let (content, size) = open(&real)?;
        Ok(Found { content, size, name })
    }

    /// The place of a file behind all links, if something may be served from there.
    ///
    /// Upstream follows a link of a file to wherever it leads; here it must stay in the folder.
    fn real(&self, name: &Path) -> Result<PathBuf, Refused> {
        let gone = |_| Refused::NotAFile;
        let root = fs_err::canonicalize(&self.root).map_err(gone)?;
        let real = fs_err::canonicalize(name).map_err(gone)?;
        if real.starts_with(&root) && !real.starts_with(&self.home) {
            Ok(real)
        } else {
            Err(Refused::Link)
        }
    }
}

/// Adds the segments of a path; empty ones have no meaning.
fn join(tree: &Path, path: &str) -> Result<PathBuf, Refused> {
    let mut name = tree.to_owned();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let mut parts = Path::new(segment).components();
        let (Some(Component::Normal(part)), None) = (parts.next(), parts.next()) else {
            return Err(Refused::NotAFile);
        };
        name.push(part);
    }
    Ok(name)
}

/// The size of a regular file.
fn regular(metadata: Option<&Metadata>) -> Result<u64, Refused> {
    match metadata {
        Some(metadata) if metadata.is_file() => Ok(metadata.len()),
        _ => Err(Refused::NotAFile),
    }
}

/// Opens a file whose name was resolved, unless it became something else since.
fn open(real: &Path) -> Result<(File, u64), Refused> {
    let gone = |_| Refused::NotAFile;
    // A pipe that took the place of the file would otherwise hold the thread.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let content =
        fs_err::OpenOptions::new().read(true).custom_flags(flags).open(real).map_err(gone)?;
    let opened = fs_err::read_link(format!("/proc/self/fd/{}", content.as_raw_fd()));
    if opened.map_err(gone)? != real {
        return Err(Refused::Link);
    }
    let size = regular(content.metadata().ok().as_ref())?;
    Ok((content, size))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    /// `ui` with a few files, beside `home` and a file that nobody may see.
    fn ground() -> (TempDir, Folder) {
        let ground = TempDir::new().unwrap();
        let base = fs_err::canonicalize(ground.path()).unwrap();
        for (name, text) in [
            ("ui/public/index.html", "login"),
            ("ui/private/index.html", "main"),
            ("ui/public/css/a.css", "style"),
            ("ui/private/deep/x.js", "script"),
            ("home/revaer.db", "SECRET"),
            ("outside.txt", "SECRET"),
            ("ui/top.txt", "SECRET"),
        ] {
            let file = base.join(name);
            fs_err::create_dir_all(file.parent().unwrap()).unwrap();
            fs_err::write(file, text).unwrap();
        }
        let folder = Folder { root: base.join("ui"), home: base.join("home") };
        (ground, folder)
    }

    fn text(folder: &Folder, path: &str, signed_in: bool) -> Result<String, Refused> {
        let mut text = String::new();
        folder.find(path, signed_in)?.content.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    #[test]
    fn private_files_come_first_for_who_is_logged_in() {
        let (_ground, folder) = ground();

        assert_eq!(text(&folder, "/", false).as_deref(), Ok("login"));
        assert_eq!(text(&folder, "/", true).as_deref(), Ok("main"));
        assert_eq!(text(&folder, "/css//a.css/", true).as_deref(), Ok("style"));
        assert_eq!(text(&folder, "/deep/x.js", true).as_deref(), Ok("script"));
        assert_eq!(text(&folder, "/deep/x.js", false), Err(Refused::NotAFile));
    }

    #[test]
    fn no_link_leads_out() {
        let (ground, folder) = ground();
        let base = fs_err::canonicalize(ground.path()).unwrap();
        let public = folder.root.join("public");
        symlink(base.join("outside.txt"), public.join("absolute")).unwrap();
        symlink("../../outside.txt", public.join("relative")).unwrap();
        symlink("../../home", public.join("home")).unwrap();
        symlink("index.html", public.join("inner")).unwrap();
        symlink("css", public.join("styles")).unwrap();

        for path in ["/absolute", "/relative", "/home/revaer.db", "/styles/a.css"] {
            assert_eq!(text(&folder, path, true), Err(Refused::Link), "{path}");
        }
        assert_eq!(text(&folder, "/inner", false).as_deref(), Ok("login"));
    }

    #[test]
    fn the_home_is_never_served() {
        let (ground, mut folder) = ground();
        let base = fs_err::canonicalize(ground.path()).unwrap();
        folder.root = base.join("home");
        fs_err::create_dir_all(base.join("home/public")).unwrap();
        fs_err::write(base.join("home/public/index.html"), "SECRET").unwrap();
        symlink("../revaer.db", base.join("home/public/db")).unwrap();

        assert_eq!(text(&folder, "/", true), Err(Refused::Link));
        assert_eq!(text(&folder, "/db", true), Err(Refused::Link));
    }

    #[test]
    fn only_regular_files_of_a_bounded_size_are_opened() {
        let (_ground, folder) = ground();
        let public = folder.root.join("public");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            public.join("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let large = public.join("large");
        File::create(&large).unwrap().set_len(LIMIT + 1).unwrap();

        assert_eq!(text(&folder, "/pipe", false), Err(Refused::NotAFile));
        assert_eq!(text(&folder, "/css", false), Err(Refused::NotAFile));
        assert_eq!(
            text(&folder, "/large", false),
            Err(Refused::TooLarge { file: large, size: LIMIT + 1 })
        );
    }

    proptest! {
        #[test]
        fn no_path_reads_what_is_outside(
            segments in prop::collection::vec(
                prop::sample::select(vec![
                    "..", ".", "", "\0", "...", "home", "ui", "public", "private", "css", "a.css", "index.html",
                    "top.txt", "outside.txt", "revaer.db", "..\\", "\u{2025}", "%2e%2e", "~",
                ]),
                0..8,
            ),
            signed_in: bool,
        ) {
            let (ground, folder) = ground();
            for path in [format!("/{}", segments.join("/")), segments.join("/"), segments.concat()] {
                if let Ok(text) = text(&folder, &path, signed_in) {
                    prop_assert_ne!(text, "SECRET");
                }
            }
            drop(ground);
        }
    }
}
