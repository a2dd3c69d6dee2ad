//! Categories and tags, and what a change of them means for torrents under automatic management.

use std::sync::Arc;

use super::worker::Worker;
use super::{Context, Engine, Error, Result};
use crate::model::{Category, Selection, Tag, TorrentKey};
use crate::store::Change;

/// Bytes of a category's name and levels of it at most; upstream has no bound.
const LONGEST_NAME: usize = 4096;
const DEEPEST_NAME: usize = 64;

/// What happens to torrents that no longer lie where their category says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misplaced {
    Moves,
    BecomesManual,
}

impl Misplaced {
    fn when(relocates: bool) -> Self {
        if relocates { Self::Moves } else { Self::BecomesManual }
    }
}

impl Engine {
    /// Creates a category, with its ancestors if subcategories are on.
    ///
    /// # Errors
    /// `Invalid` name, `Exists`.
    pub async fn create_category(&self, category: Category) -> Result<()> {
        self.run("create category", move |worker| worker.create_category(category)).await
    }

    /// Changes a category; its name stays. Returns whether anything changed.
    ///
    /// # Errors
    /// `Missing`.
    pub async fn edit_category(
        &self,
        name: String,
        change: impl FnOnce(&mut Category) + Send + 'static,
    ) -> Result<bool> {
        self.run("edit category", move |worker| worker.edit_category(&name, change)).await
    }

    /// Removes categories, and their subcategories if those are on; unknown names are ignored.
    /// Torrents move to the parent category if `to_parent`, else to none.
    pub async fn remove_categories(&self, names: Vec<String>, to_parent: bool) -> Result<()> {
        self.run("remove categories", move |worker| worker.remove_categories(&names, to_parent))
            .await
    }

    /// Gives torrents a category, or none.
    ///
    /// # Errors
    /// `Missing` if the category does not exist and at least one torrent matched.
    pub async fn set_category(&self, which: Selection, category: Option<String>) -> Result<()> {
        self.run("set category", move |worker| {
            let category = category.filter(|name| !name.is_empty());
            let keys = worker.select(&which);
            let category: Option<Arc<str>> = match category {
                None => None,
                Some(_) if keys.is_empty() => return Ok(()),
                Some(name) => match worker.working.categories.get_key_value(name.as_str()) {
                    Some((known, _)) => Some(Arc::clone(known)),
                    None => return Err(Error::Missing(format!("category `{name}`"))),
                },
            };
            keys.into_iter().try_for_each(|key| worker.set_category(key, category.clone()))
        })
        .await
    }

    /// Makes tags known; known ones are ignored.
    pub async fn create_tags(&self, tags: Vec<Tag>) -> Result<()> {
        self.run("create tags", move |worker| {
            worker.ensure_tags(&tags);
            Ok(())
        })
        .await
    }

    /// Forgets tags and takes them from all torrents.
    pub async fn delete_tags(&self, tags: Vec<Tag>) -> Result<()> {
        self.run("delete tags", move |worker| {
            for tag in &tags {
                if worker.working.tags.remove(tag).is_some() {
                    worker.store(Change::RemoveTag(tag.clone()));
                    worker.touch();
                }
            }
            worker.for_each(&Selection::All, |worker, key| {
                worker.edit_tags(key, |present| present.retain(|tag| !tags.contains(tag)));
                Ok(())
            })
        })
        .await
    }

    /// Adds tags to torrents; unknown ones become known.
    pub async fn add_tags(&self, which: Selection, tags: Vec<Tag>) -> Result<()> {
        self.run("add tags", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.ensure_tags(&tags);
                worker.edit_tags(key, |present| present.extend(tags.iter().cloned()));
                Ok(())
            })
        })
        .await
    }

    /// Replaces the tags of torrents; unknown ones become known.
    pub async fn set_tags(&self, which: Selection, tags: Vec<Tag>) -> Result<()> {
        self.run("set tags", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.ensure_tags(&tags);
                worker.edit_tags(key, |present| present.clone_from(&tags));
                Ok(())
            })
        })
        .await
    }

    /// Removes tags from torrents; `None` clears them all. The tags stay known.
    pub async fn remove_tags(&self, which: Selection, tags: Option<Vec<Tag>>) -> Result<()> {
        self.run("remove tags", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.edit_tags(key, |present| match &tags {
                    Some(tags) => present.retain(|tag| !tags.contains(tag)),
                    None => present.clear(),
                });
                Ok(())
            })
        })
        .await
    }
}

impl Worker {
    fn create_category(&mut self, category: Category) -> Result<()> {
        let name = category.name.as_str();
        if !is_usable_name(name) {
            return Err(Error::Invalid(format!("`{name}` is no name for a category")));
        }
        if self.working.categories.contains_key(name) {
            return Err(Error::Exists(format!("category `{name}`")));
        }
        self.create_ancestors(name);
        self.put_category(category);
        Ok(())
    }

    /// Takes a category with all its options, unless there is one of this name.
    pub(super) fn take_category(&mut self, category: Category) {
        if is_usable_name(&category.name)
            && !self.working.categories.contains_key(category.name.as_str())
        {
            self.create_ancestors(&category.name);
            self.put_category(category);
        }
    }

    /// Makes the category and the tags of a new torrent known.
    pub(super) fn ensure_labels(&mut self, category: Option<String>, tags: &[Tag]) {
        self.ensure_tags(tags);
        let Some(name) = category else { return };
        if is_usable_name(&name) && !self.working.categories.contains_key(name.as_str()) {
            self.create_ancestors(&name);
            self.put_category(Category { name, ..Category::default() });
        }
    }

    fn create_ancestors(&mut self, name: &str) {
        if !self.working.context.subcategories {
            return;
        }
        for ancestor in Category::ancestors(name) {
            if !self.working.categories.contains_key(ancestor) {
                self.put_category(Category { name: ancestor.to_owned(), ..Category::default() });
            }
        }
    }

    fn put_category(&mut self, category: Category) {
        self.store(Change::PutCategory(Box::new(category.clone())));
        self.working.categories.insert(category.name.as_str().into(), Arc::new(category));
        self.touch();
    }

    fn edit_category(&mut self, name: &str, change: impl FnOnce(&mut Category)) -> Result<bool> {
        let Some(old) = self.working.categories.get(name) else {
            return Err(Error::Missing(format!("category `{name}`")));
        };
        let mut new = Category::clone(old);
        change(&mut new);
        new.name.clone_from(&old.name);
        if new == **old {
            return Ok(false);
        }
        self.put_category(new);
        let misplaced = Misplaced::when(self.profile.downloads.category_changed_relocates);
        let subcategories = self.working.context.subcategories;
        self.settle_managed(misplaced, |category| {
            category.is_some_and(|category| {
                category == name || (subcategories && Category::is_within(category, name))
            })
        })?;
        Ok(true)
    }

    fn remove_categories(&mut self, names: &[String], to_parent: bool) -> Result<()> {
        let subcategories = self.working.context.subcategories;
        let gone: Vec<Arc<str>> = self
            .working
            .categories
            .keys()
            .filter(|known| {
                names.iter().any(|name| {
                    ***known == **name || (subcategories && Category::is_within(known, name))
                })
            })
            .cloned()
            .collect();
        for name in &gone {
            self.working.categories.remove(name);
            self.store(Change::RemoveCategory(name.to_string()));
            self.touch();
        }
        let orphans: Vec<(TorrentKey, Option<Arc<str>>)> = self
            .working
            .torrents
            .values()
            .filter_map(|row| {
                let category = row.options.category.as_ref()?;
                gone.contains(category).then(|| {
                    let heir = Category::ancestors(category)
                        .filter_map(|ancestor| self.working.categories.get_key_value(ancestor))
                        .map(|(known, _)| Arc::clone(known))
                        .last();
                    (row.key, heir.filter(|_| to_parent))
                })
            })
            .collect();
        orphans.into_iter().try_for_each(|(key, heir)| self.set_category(key, heir))
    }

    fn set_category(&mut self, key: TorrentKey, category: Option<Arc<str>>) -> Result<()> {
        let options = &self.known(key)?.options;
        if options.category == category {
            return Ok(());
        }
        let auto_managed = options.auto_managed;
        self.edit_options(key, |options| options.category = category);
        match (auto_managed, self.profile.downloads.torrent_category_changed_relocates) {
            (false, _) => Ok(()),
            (true, true) => self.follow_category(key),
            (true, false) => {
                self.set_manual(key);
                Ok(())
            }
        }
    }

    /// Deals with the managed torrents of some categories that no longer lie where they belong.
    fn settle_managed(
        &mut self,
        misplaced: Misplaced,
        concerns: impl Fn(Option<&str>) -> bool,
    ) -> Result<()> {
        let keys: Vec<TorrentKey> = self
            .working
            .torrents
            .values()
            .filter(|row| row.options.auto_managed && concerns(row.options.category.as_deref()))
            .map(|row| row.key)
            .collect();
        for key in keys {
            if !self.is_misplaced(key) {
                continue;
            }
            match misplaced {
                Misplaced::Moves => self.follow_category(key)?,
                Misplaced::BecomesManual => self.set_manual(key),
            }
        }
        Ok(())
    }

    /// Follows a change of the preferences that places depend on; called when the context is the new one already.
    ///
    /// A change of a default path moves managed torrents only if the preferences say so; switching download paths or
    /// subcategories on or off always does, as upstream.
    pub(super) fn relocate_defaults(&mut self, old: &Context) {
        let new = Arc::clone(&self.working.context);
        let moved_defaults = old.default_save_path != new.default_save_path
            || old.default_download_path != new.default_download_path;
        let switched = old.use_download_path != new.use_download_path
            || old.subcategories != new.subcategories;
        if new.subcategories && !old.subcategories {
            let names: Vec<Arc<str>> = self.working.categories.keys().cloned().collect();
            for name in names {
                self.create_ancestors(&name);
            }
        }
        if !moved_defaults && !switched {
            return;
        }
        let relocates = !moved_defaults || self.profile.downloads.save_path_changed_relocates;
        if let Err(error) = self.settle_managed(Misplaced::when(relocates), |_| true) {
            tracing::error!("torrents cannot follow the changed default paths: {error}");
        }
    }

    pub(super) fn ensure_tags(&mut self, tags: &[Tag]) {
        for tag in tags {
            if !self.working.tags.contains(tag) {
                self.working.tags.insert(tag.clone());
                self.store(Change::PutTag(tag.clone()));
                self.touch();
            }
        }
    }

    /// Changes the tags of a torrent and keeps them sorted; a row is written only if they differ then.
    fn edit_tags(&mut self, key: TorrentKey, change: impl FnOnce(&mut Vec<Tag>)) {
        let Some(torrent) = self.torrent(key) else { return };
        let mut tags = torrent.options.tags.clone();
        change(&mut tags);
        tags.sort();
        tags.dedup();
        if tags != torrent.options.tags {
            self.edit_options(key, |options| options.tags = tags);
        }
    }
}

fn is_usable_name(name: &str) -> bool {
    Category::is_valid_name(name)
        && name.len() <= LONGEST_NAME
        && name.split('/').count() <= DEEPEST_NAME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_names_are_refused() {
        assert!(is_usable_name("a/b"));
        assert!(!is_usable_name(&"a".repeat(LONGEST_NAME + 1)));
        assert!(!is_usable_name(&["a"; DEEPEST_NAME + 1].join("/")));
    }
}
