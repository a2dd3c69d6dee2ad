//! Where the content of a torrent belongs when category and preferences decide. Pure, over a snapshot.
//!
//! The rules are upstream's, observed at 5.1.0 (and the same at 5.3.0, except that it keeps the characters that other
//! systems forbid): an explicit path of a category that is relative starts at the default path, an implicit one is a
//! folder named after the category in the path of the parent category.

use super::Snapshot;
use crate::model::{DownloadPathRule, path};

/// Characters that some file systems forbid; a run of them becomes one blank.
const FORBIDDEN: [char; 7] = [':', '?', '"', '*', '<', '>', '|'];

/// The directory for content of this category, which need not exist yet.
#[must_use]
pub fn save_path(snapshot: &Snapshot, category: Option<&str>) -> String {
    let base = &snapshot.context.default_save_path;
    let mut below = Vec::new();
    let mut next = category;
    while let Some(name) = next {
        let explicit =
            snapshot.categories.get(name).map_or("", |category| category.save_path.as_str());
        if !explicit.is_empty() {
            return assemble(&path::join(base, explicit), below);
        }
        let (parent, leaf) = split(snapshot, name);
        below.push(folder(leaf));
        next = parent;
    }
    assemble(base, below)
}

/// The directory for incomplete content of this category; `None` if it starts in the save path.
#[must_use]
pub fn download_path(snapshot: &Snapshot, category: Option<&str>) -> Option<String> {
    let base = &snapshot.context.default_download_path;
    let mut explicit = resolved_rule(snapshot, category)?;
    let mut below = Vec::new();
    let mut next = category;
    while let Some(name) = next {
        let (parent, leaf) = split(snapshot, name);
        if explicit.starts_with('/') {
            return Some(assemble(explicit, below));
        }
        below.push(if explicit.is_empty() { folder(leaf) } else { explicit.to_owned() });
        // The path of an ancestor counts as if it were enabled.
        explicit = match parent
            .and_then(|parent| snapshot.categories.get(parent))
            .map(|parent| &parent.download_path)
        {
            Some(DownloadPathRule::Enabled(path)) => path,
            _ => "",
        };
        next = parent;
    }
    Some(assemble(base, below))
}

/// The path that the nearest rule names, empty for an implicit one; `None` if download paths are off.
fn resolved_rule<'a>(snapshot: &'a Snapshot, category: Option<&str>) -> Option<&'a str> {
    let mut next = category;
    while let Some(name) = next {
        match snapshot.categories.get(name).map(|category| &category.download_path) {
            Some(DownloadPathRule::Enabled(path)) => return Some(path),
            Some(DownloadPathRule::Disabled) => return None,
            Some(DownloadPathRule::Inherit) | None => next = split(snapshot, name).0,
        }
    }
    snapshot.context.use_download_path.then_some("")
}

/// The absolute form of a path that an operator gave for a torrent in manual mode.
///
/// A relative one starts at the default path, or at the category's if `use_category_paths`.
#[must_use]
pub fn manual_save_path(
    snapshot: &Snapshot,
    category: Option<&str>,
    use_category_paths: bool,
    path: &str,
) -> String {
    let base = save_path(snapshot, category.filter(|_| use_category_paths));
    normalised(&path::join(&base, path))
}

/// As [`manual_save_path`], for the path of incomplete content.
#[must_use]
pub fn manual_download_path(
    snapshot: &Snapshot,
    category: Option<&str>,
    use_category_paths: bool,
    path: &str,
) -> String {
    let base = download_path(snapshot, category.filter(|_| use_category_paths))
        .unwrap_or_else(|| snapshot.context.default_download_path.to_string());
    normalised(&path::join(&base, path))
}

/// Parent and last component; without subcategories a name is one piece.
fn split<'a>(snapshot: &Snapshot, name: &'a str) -> (Option<&'a str>, &'a str) {
    match name.rsplit_once('/') {
        Some((parent, leaf)) if snapshot.context.subcategories => (Some(parent), leaf),
        _ => (None, name),
    }
}

/// The folder that a category implies: it never leaves the folder that it lies in.
fn folder(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        match FORBIDDEN.contains(&character) {
            true if safe.ends_with(' ') => {}
            true => safe.push(' '),
            false => safe.push(character),
        }
    }
    path::inside(&safe).unwrap_or_default()
}

/// `base` and the folders below it, innermost first.
fn assemble(base: &str, below: Vec<String>) -> String {
    let full = below
        .into_iter()
        .rev()
        .fold(base.to_owned(), |directory, name| path::join(&directory, &name));
    normalised(&full)
}

fn normalised(path: &str) -> String {
    path::absolute(path).unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Context;
    use super::*;
    use crate::model::Category;

    fn snapshot(subcategories: bool, use_download_path: bool) -> Snapshot {
        let enabled = |path: &str| DownloadPathRule::Enabled(path.to_owned());
        let rows = [
            ("a", "/x/a", DownloadPathRule::Inherit),
            ("a/b", "", DownloadPathRule::Inherit),
            ("a/r", "rel", DownloadPathRule::Inherit),
            ("c", "relc", DownloadPathRule::Inherit),
            ("c/d", "", DownloadPathRule::Inherit),
            ("da", "", enabled("/dl/da")),
            ("da/b", "", DownloadPathRule::Inherit),
            ("da/r", "", enabled("rr")),
            ("di", "", enabled("")),
            ("di/x", "", enabled("")),
            ("no", "", DownloadPathRule::Disabled),
            ("no/x", "", DownloadPathRule::Inherit),
            ("no/y", "", enabled("")),
        ];
        let context = Context {
            subcategories,
            use_download_path,
            default_save_path: "/d".into(),
            default_download_path: "/d/temp".into(),
            ..Context::default()
        };
        let categories = rows
            .into_iter()
            .map(|(name, save_path, download_path)| {
                let category = Category {
                    name: name.to_owned(),
                    save_path: save_path.to_owned(),
                    download_path,
                    ..Category::default()
                };
                (Arc::from(name), Arc::new(category))
            })
            .collect();
        Snapshot { categories, context: Arc::new(context), ..Snapshot::default() }
    }

    #[test]
    fn save_paths_are_those_of_upstream() {
        let (flat, tree) = (snapshot(false, false), snapshot(true, false));

        for (category, in_flat, in_tree) in [
            ("a", "/x/a", "/x/a"),
            ("a/b", "/d/a/b", "/x/a/b"),
            ("a/r", "/d/rel", "/d/rel"),
            ("c/d", "/d/c/d", "/d/relc/d"),
            ("w:e?i*\"<>|r.", "/d/w e i r.", "/d/w e i r."),
            ("..", "/d", "/d"),
        ] {
            assert_eq!(save_path(&flat, Some(category)), in_flat, "{category}");
            assert_eq!(save_path(&tree, Some(category)), in_tree, "{category}");
        }
        assert_eq!(save_path(&flat, None), "/d");
    }

    #[test]
    fn download_paths_are_those_of_upstream() {
        let (flat, tree) = (snapshot(false, false), snapshot(true, false));
        for (category, in_flat, in_tree) in [
            ("a", None, None),
            ("da", Some("/dl/da"), Some("/dl/da")),
            ("da/b", None, Some("/dl/da")),
            ("da/r", Some("/d/temp/rr"), Some("/dl/da/rr")),
            ("di", Some("/d/temp/di"), Some("/d/temp/di")),
            ("di/x", Some("/d/temp/di/x"), Some("/d/temp/di/x")),
            ("no/x", None, None),
            ("no/y", Some("/d/temp/no/y"), Some("/d/temp/no/y")),
        ] {
            assert_eq!(download_path(&flat, Some(category)).as_deref(), in_flat, "{category}");
            assert_eq!(download_path(&tree, Some(category)).as_deref(), in_tree, "{category}");
        }
        assert_eq!(download_path(&flat, None), None);
    }

    #[test]
    fn the_preference_switches_download_paths_on() {
        let (flat, tree) = (snapshot(false, true), snapshot(true, true));

        assert_eq!(download_path(&flat, None).as_deref(), Some("/d/temp"));
        assert_eq!(download_path(&flat, Some("a/r")).as_deref(), Some("/d/temp/a/r"));
        assert_eq!(download_path(&flat, Some("no/x")).as_deref(), Some("/d/temp/no/x"));
        assert_eq!(download_path(&tree, Some("no/x")), None);
        assert_eq!(download_path(&tree, Some("c/d")).as_deref(), Some("/d/temp/c/d"));
    }

    #[test]
    fn manual_paths_start_at_the_default_or_the_category() {
        let tree = snapshot(true, false);

        assert_eq!(manual_save_path(&tree, Some("a"), false, "x/../y"), "/d/y");
        assert_eq!(manual_save_path(&tree, Some("a"), true, "y"), "/x/a/y");
        assert_eq!(manual_save_path(&tree, Some("a"), true, "/y/"), "/y");
        assert_eq!(manual_download_path(&tree, Some("a"), false, "y"), "/d/temp/y");
    }
}
