//! Categories with their policies, and tags.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::ShareLimits;

/// Where torrents of a category keep data while they are incomplete.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DownloadPathRule {
    /// As the parent category says, else the preference.
    #[default]
    Inherit,
    Disabled,
    /// In this directory; empty means the implicit one.
    Enabled(String),
}

/// A category and what it decides for its torrents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Category {
    /// Components separated by `/`.
    pub name: String,
    /// Empty means the implicit path: a folder named after the category in the default save path.
    pub save_path: String,
    pub download_path: DownloadPathRule,
    pub share: ShareLimits,
}

impl Category {
    /// True if `name` can be a category: components separated by single `/`, no `\`, none of them empty.
    ///
    /// Upstream takes any other text, a single blank included.
    #[must_use]
    pub fn is_valid_name(name: &str) -> bool {
        !name.is_empty() && !name.contains('\\') && !name.split('/').any(str::is_empty)
    }

    /// The names of all ancestors of `name`, outermost first: `a`, `a/b` for `a/b/c`.
    pub fn ancestors(name: &str) -> impl Iterator<Item = &str> {
        name.match_indices('/').map(|(at, _)| &name[..at])
    }

    /// True if `name` is `ancestor` or lies below it.
    #[must_use]
    pub fn is_within(name: &str, ancestor: &str) -> bool {
        name.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// A tag, ordered the way people read: `s2` before `s10`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The tag of this text, trimmed; `None` if it is empty or holds a comma, which no client could express.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty() && !text.contains(',')).then(|| Self(text.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for Tag {
    fn cmp(&self, other: &Self) -> Ordering {
        natord::compare_ignore_case(&self.0, &other.0).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Tag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn category_names_follow_upstream() {
        for name in ["a", "a/b", " ", "ä.b"] {
            assert!(Category::is_valid_name(name), "{name:?}");
        }
        for name in ["", "/", "/a", "a/", "a//b", "a\\b"] {
            assert!(!Category::is_valid_name(name), "{name:?}");
        }
    }

    #[test]
    fn ancestors_come_outermost_first() {
        assert_eq!(Category::ancestors("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert!(Category::is_within("a/b", "a"));
        assert!(!Category::is_within("ab", "a"));
    }

    #[test]
    fn tags_are_trimmed_and_sorted_naturally() {
        let mut tags: Vec<_> = [" s10 ", "s2", "S1"].into_iter().filter_map(Tag::new).collect();
        tags.sort();

        assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["S1", "s2", "s10"]);
        assert_eq!(Tag::new("a,b"), None);
    }
}
