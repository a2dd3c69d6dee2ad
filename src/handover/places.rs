//! Where a qBittorrent profile keeps what.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

/// The folders of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub config: PathBuf,
    pub data: PathBuf,
    /// What relative paths in resume data start at.
    pub base: PathBuf,
}

impl Places {
    /// The folders below `DIR` of `--profile=DIR`.
    #[must_use]
    pub fn of_profile(profile: &Path, configuration: &str) -> Self {
        let base = profile.join(folder(configuration));
        Self { config: base.join("config"), data: base.join("data"), base }
    }

    /// The folders of a program that was started without `--profile`.
    #[must_use]
    pub fn of_user(config_home: &Path, data_home: &Path, configuration: &str) -> Self {
        let name = folder(configuration);
        let old = data_home.join("data").join(&name);
        let new = data_home.join(&name);
        let data = if !new.exists() && old.exists() { old } else { new };
        Self { config: config_home.join(&name), base: data.clone(), data }
    }

    /// Whatever layout `dir` has: a profile, the `qBittorrent` folder of one, or a folder that holds settings and data
    /// side by side.
    #[must_use]
    pub fn found_in(dir: &Path) -> Option<Self> {
        let inside =
            Self { config: dir.join("config"), data: dir.join("data"), base: dir.to_owned() };
        let flat = Self { config: dir.to_owned(), data: dir.to_owned(), base: dir.to_owned() };
        let nested = dir.join("qBittorrent");
        let side_by_side =
            Self { config: nested.clone(), data: nested.clone(), base: nested.clone() };
        [Self::of_profile(dir, ""), inside, side_by_side, flat].into_iter().find(Self::is_there)
    }

    /// True if there is something to take over.
    #[must_use]
    pub fn is_there(&self) -> bool {
        ["qBittorrent.conf", "qBittorrent_new.conf"]
            .iter()
            .any(|name| self.config.join(name).is_file())
            || self.data.join("BT_backup").is_dir()
            || self.data.join("torrents.db").is_file()
    }

    /// True if a qBittorrent runs on this profile: it holds a lock on a file for as long as it runs.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn is_in_use(&self) -> io::Result<bool> {
        let file = match fs_err::File::open(self.config.join("lockfile")) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let attempt = FlockOperation::NonBlockingLockShared;
        // 5.3 holds one of `flock`, those before one of POSIX; neither knows of the other.
        for held in [rustix::fs::fcntl_lock(&file, attempt), rustix::fs::flock(&file, attempt)] {
            match held {
                Ok(()) => {}
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => return Ok(true),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }
}

fn folder(configuration: &str) -> String {
    if configuration.is_empty() {
        "qBittorrent".to_owned()
    } else {
        format!("qBittorrent_{configuration}")
    }
}

/// A path as the rules have it: those of Windows with slashes.
fn plain(path: &str) -> String {
    if is_of_windows(path) { path.replace('\\', "/") } else { path.to_owned() }
}

/// True for absolute paths of another system, which nothing here can have: they need a rule.
#[must_use]
pub fn is_of_windows(path: &str) -> bool {
    let bytes = path.as_bytes();
    let has_drive = bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.get(1) == Some(&b':')
        && matches!(bytes.get(2), Some(b'/' | b'\\'));
    has_drive || path.starts_with("\\\\")
}

/// Replaces the beginning of paths: of several rules the longest that fits.
#[derive(Debug, Clone, Default)]
pub struct PathMap(Vec<(String, String)>);

impl PathMap {
    /// Reads rules such as `/old=/new`; the old one may be a path of Windows, such as `C:/old`.
    ///
    /// # Errors
    /// The rule that is none.
    pub fn parse(rules: &[String]) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for rule in rules {
            match rule.split_once('=') {
                Some((old, new))
                    if (old.starts_with('/') || is_of_windows(old)) && new.starts_with('/') =>
                {
                    pairs.push((trimmed(&plain(old)), trimmed(new)));
                }
                _ => return Err(rule.clone()),
            }
        }
        pairs.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        Ok(Self(pairs))
    }

    /// True if every path keeps its name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as it is called here.
    #[must_use]
    pub fn apply(&self, path: &str) -> String {
        let path = plain(path);
        for (old, new) in &self.0 {
            if let Some(rest) = path.strip_prefix(old.as_str())
                && (rest.is_empty() || rest.starts_with('/'))
            {
                return if new.is_empty() && rest.is_empty() {
                    "/".to_owned()
                } else {
                    format!("{new}{rest}")
                };
            }
        }
        path
    }
}

fn trimmed(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_mapped_by_whole_components() {
        let rules = ["/data=/srv".to_owned(), "/data/tv/=/tv".to_owned()];
        let map = PathMap::parse(&rules).unwrap();

        assert_eq!(map.apply("/data/x"), "/srv/x");
        assert_eq!(map.apply("/data/tv/x"), "/tv/x");
        assert_eq!(map.apply("/database"), "/database");
        assert_eq!(map.apply("/data"), "/srv");
        assert!(PathMap::parse(&["x=/y".to_owned()]).is_err());
    }

    #[test]
    fn paths_of_windows_are_mapped_too() {
        let map = PathMap::parse(&["C:\\Users\\me=/home/me".to_owned()]).unwrap();

        assert_eq!(map.apply("C:\\Users\\me\\x y"), "/home/me/x y");
        assert_eq!(map.apply("C:/Users/me/x"), "/home/me/x");
        assert_eq!(map.apply("/a\\b"), "/a\\b");
        assert!(is_of_windows(&map.apply("D:\\x")));
        assert!(!is_of_windows("c:x") && !is_of_windows("/c:/"));
    }

    #[test]
    fn a_profile_is_found_in_each_layout() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Places::found_in(dir.path()), None);
        for config in ["a/qBittorrent/config", "b/config", "c/qBittorrent", "d"] {
            let config = dir.path().join(config);
            fs_err::create_dir_all(&config).unwrap();
            fs_err::write(config.join("qBittorrent.conf"), "").unwrap();
            let top =
                dir.path().join(config.strip_prefix(dir.path()).unwrap().iter().next().unwrap());

            assert_eq!(Places::found_in(&top).unwrap().config, config);
        }
    }
}
