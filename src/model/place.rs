//! Where content goes by the rules of categories: the paths of automatic management.

use super::path::{absolute, join};
use super::{Category, DownloadPathRule};

/// The preferences and categories that decide.
pub struct Places<'a> {
    /// Absolute and normalised.
    pub default_save_path: &'a str,
    pub default_download_path: &'a str,
    /// Incomplete content lies in the download path.
    pub use_download_path: bool,
    pub subcategories: bool,
    /// Finds a category by name.
    pub category: &'a dyn Fn(&str) -> Option<&'a Category>,
}

impl Places<'_> {
    /// The save path of a category, or the default one.
    ///
    /// A category without a path of its own has a folder of its name, below its parent's path where subcategories
    /// count; a relative path starts there too.
    #[must_use]
    pub fn save_path(&self, category: Option<&str>) -> String {
        let Some(name) = category.filter(|name| !name.is_empty()) else {
            return self.default_save_path.to_owned();
        };
        let (base, leaf) = match name.rsplit_once('/').filter(|_| self.subcategories) {
            Some((parent, leaf)) => (self.save_path(Some(parent)), leaf),
            None => (self.default_save_path.to_owned(), name),
        };
        let own = (self.category)(name).map_or("", |category| &category.save_path);
        let path =
            if own.is_empty() { join(&base, &file_name_safe(leaf)) } else { join(&base, own) };
        absolute(&path).unwrap_or(base)
    }

    /// The download path of a category, or the default one; `None` if incomplete content lies in the save path.
    #[must_use]
    pub fn download_path(&self, category: Option<&str>) -> Option<String> {
        let Some(name) = category.filter(|name| !name.is_empty()) else {
            return self.use_download_path.then(|| self.default_download_path.to_owned());
        };
        let mut decider = name;
        let rule = loop {
            match (self.category)(decider).map(|category| &category.download_path) {
                Some(DownloadPathRule::Disabled) => return None,
                Some(DownloadPathRule::Enabled(path)) => break path.as_str(),
                Some(DownloadPathRule::Inherit) | None => {}
            }
            match decider.rsplit_once('/').filter(|_| self.subcategories) {
                Some((parent, _)) => decider = parent,
                None if self.use_download_path => break "",
                None => return None,
            }
        };
        let relative = if rule.is_empty() { file_name_safe(name) } else { rule.to_owned() };
        absolute(&join(self.default_download_path, &relative))
    }
}

/// A category's name as folders: marks that some file systems refuse become blanks, dots alone an underscore.
fn file_name_safe(name: &str) -> String {
    let parts = name.split('/').map(|part| match part {
        "." | ".." => "_".to_owned(),
        part => part.replace(|mark: char| mark.is_control() || ":?\"*<>|".contains(mark), " "),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn categories() -> Vec<Category> {
        let category = |name: &str, save_path: &str, download_path| Category {
            name: name.to_owned(),
            save_path: save_path.to_owned(),
            download_path,
            ..Category::default()
        };
        vec![
            category("a", "", DownloadPathRule::Inherit),
            category("a/b", "", DownloadPathRule::Enabled(String::new())),
            category("c", "rel", DownloadPathRule::Disabled),
            category("c/d", "/abs/", DownloadPathRule::Inherit),
            category("c/e", "x", DownloadPathRule::Enabled("y".to_owned())),
        ]
    }

    fn with<T>(
        subcategories: bool,
        use_download_path: bool,
        look: impl FnOnce(&Places<'_>) -> T,
    ) -> T {
        let categories = categories();
        look(&Places {
            default_save_path: "/dl",
            default_download_path: "/tmp",
            use_download_path,
            subcategories,
            category: &|name| categories.iter().find(|category| category.name == name),
        })
    }

    #[test]
    fn paths_of_subcategories_start_at_their_parent() {
        with(true, true, |places| {
            assert_eq!(places.save_path(None), "/dl");
            assert_eq!(places.save_path(Some("a/b")), "/dl/a/b");
            assert_eq!(places.save_path(Some("c/d")), "/abs");
            assert_eq!(places.save_path(Some("c/e")), "/dl/rel/x");
            assert_eq!(places.save_path(Some("x:y")), "/dl/x y");
            assert_eq!(places.save_path(Some("..")), "/dl/_");
        });
        with(false, true, |places| assert_eq!(places.save_path(Some("c/e")), "/dl/x"));
    }

    #[test]
    fn the_nearest_word_decides_about_the_download_path() {
        with(true, true, |places| {
            assert_eq!(places.download_path(None).as_deref(), Some("/tmp"));
            assert_eq!(places.download_path(Some("a")).as_deref(), Some("/tmp/a"));
            assert_eq!(places.download_path(Some("a/b")).as_deref(), Some("/tmp/a/b"));
            assert_eq!(places.download_path(Some("c/d")), None);
            assert_eq!(places.download_path(Some("c/e")).as_deref(), Some("/tmp/y"));
        });
        with(false, false, |places| {
            assert_eq!(places.download_path(Some("a")), None);
            assert_eq!(places.download_path(Some("c/d")), None);
            assert_eq!(places.download_path(Some("a/b")).as_deref(), Some("/tmp/a/b"));
        });
    }
}
