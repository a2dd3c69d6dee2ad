//! Who asks, and what they may do.

use std::sync::Arc;

use super::problem::{Kind, Problem, Result};
use crate::app::App;
use crate::auth::{ApiKey, Scope, Scopes};
use crate::engine::Snapshot;
use crate::http::guard::{Bearer, Visitor};
use crate::model::{Actor, Category, Torrent};

/// Somebody with permissions.
#[derive(Debug, Clone)]
pub struct Principal {
    pub actor: Actor,
    pub scopes: Scopes,
    /// The only categories that exist for this client.
    pub categories: Option<Arc<[String]>>,
    pub key: Option<Arc<ApiKey>>,
}

impl Principal {
    /// Whoever is behind a visitor: a key with its scopes, or the operator with all.
    #[must_use]
    pub fn of(app: &App, visitor: &Visitor) -> Option<Self> {
        match &visitor.bearer {
            Bearer::Known(key) => Some(Self {
                actor: Actor::Key(Arc::clone(&key.name)),
                scopes: key.scopes,
                categories: key.categories.clone(),
                key: Some(Arc::clone(key)),
            }),
            Bearer::Unknown => None,
            Bearer::Absent => visitor.session.as_ref().map(|_| Self {
                actor: Actor::User(app.auth.policy().username.as_str().into()),
                scopes: Scopes::ALL,
                categories: None,
                key: None,
            }),
        }
    }

    /// A stranger, who may use what anyone may.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            actor: Actor::User("nobody".into()),
            scopes: Scopes::NONE,
            categories: Some(Arc::default()),
            key: None,
        }
    }

    /// # Errors
    /// `Scope` if the permission is missing.
    pub fn needs(&self, scope: Scope) -> Result<()> {
        if self.scopes.contains(scope) {
            return Ok(());
        }
        Err(Problem::new(Kind::Scope, format!("this needs the scope `{scope}`")))
    }

    /// True if the torrent exists for this client.
    #[must_use]
    pub fn sees(&self, torrent: &Torrent, snapshot: &Snapshot) -> bool {
        let category = torrent.options.category.as_deref().unwrap_or_default();
        self.may_use(category, snapshot.context.subcategories)
    }

    /// True if this client may see and fill a category; the empty name is none.
    #[must_use]
    pub fn may_use(&self, category: &str, subcategories: bool) -> bool {
        let Some(allowed) = &self.categories else { return true };
        allowed
            .iter()
            .any(|name| name == category || (subcategories && Category::is_within(category, name)))
    }
}
