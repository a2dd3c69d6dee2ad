//! Categories, tags and automatic management.

use super::{Engine, Result};
use crate::model::{Category, Selection, Tag};

impl Engine {
    /// Creates a category, with its ancestors if subcategories are on.
    ///
    /// # Errors
    /// `Invalid` name, `Exists`.
    pub async fn create_category(&self, category: Category) -> Result<()> { let _ = category; todo!() }
    /// Changes a category. Returns whether anything changed.
    ///
    /// # Errors
    /// `Missing`.
    pub async fn edit_category(&self, name: String, change: impl FnOnce(&mut Category) + Send + 'static) -> Result<bool> { let _ = name; let _ = change; todo!() }
    /// Removes categories, and their subcategories if those are on; unknown names are ignored.
    /// Torrents move to the parent category if `to_parent`, else to none.
    pub async fn remove_categories(&self, names: Vec<String>, to_parent: bool) -> Result<()> { let _ = (names, to_parent); todo!() }
    /// # Errors
    /// `Missing` if the category does not exist and at least one torrent matched.
    pub async fn set_category(&self, which: Selection, category: Option<String>) -> Result<()> { let _ = (which, category); todo!() }
    pub async fn create_tags(&self, tags: Vec<Tag>) -> Result<()> { let _ = tags; todo!() }
    pub async fn delete_tags(&self, tags: Vec<Tag>) -> Result<()> { let _ = tags; todo!() }
    pub async fn add_tags(&self, which: Selection, tags: Vec<Tag>) -> Result<()> { let _ = (which, tags); todo!() }
    pub async fn set_tags(&self, which: Selection, tags: Vec<Tag>) -> Result<()> { let _ = (which, tags); todo!() }
    /// Removes tags from torrents; `None` clears them all. The tags stay known.
    pub async fn remove_tags(&self, which: Selection, tags: Option<Vec<Tag>>) -> Result<()> { let _ = (which, tags); todo!() }
}
