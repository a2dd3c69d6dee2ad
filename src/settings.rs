//! The settings: what the operator asked for (*stored*) and what is in force (*effective*).
//!
//! `keys.rs` is the table that everything else comes from. `Settings` holds the typed [`Profile`] behind one pointer:
//! reading is free, a change is validated as a whole, committed and only then visible.

pub mod cookies;
pub mod field;
pub mod keys;
pub mod profile;
pub mod secrets;

pub use field::Secret;
pub use keys::{Adjustment, Apply, Row};
pub use profile::Profile;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::model::Actor;
use crate::store::Store;

/// What settings can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that is not taken; nothing was changed.
    #[error(transparent)]
    Refused(#[from] keys::Refused),
    #[error("the settings could not be saved: {0}")]
    Store(#[from] crate::store::Error),
    /// The key that seals secrets is missing, unreadable or not the one that sealed them.
    #[error("secrets cannot be used: {0}")]
    Key(String),
}

pub type Result<T> = std::result::Result<T, Error>;

/// Values for some keys; `None` goes back to the default.
#[derive(Clone, Default, PartialEq)]
pub struct Patch {
    changes: BTreeMap<String, Option<Value>>,
}

impl Patch {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for this value; the last word for a key counts.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        self.changes.insert(key.to_owned(), Some(value.into()));
        self
    }

    /// Goes back to the default.
    pub fn reset(&mut self, key: &str) -> &mut Self {
        self.changes.insert(key.to_owned(), None);
        self
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Where settings come from beside the store.
#[derive(Clone, Default)]
pub struct Ground {
    /// Revaer's home: holds `secret.key`.
    pub home: PathBuf,
    /// Values of this machine in place of the table's defaults, below what is stored.
    pub defaults: Patch,
    /// Values of command line and environment: above what is stored, never stored, until a client changes the key.
    pub overrides: Patch,
}

/// Handle to the settings; cheap to clone.
#[derive(Clone)]
pub struct Settings {}

impl Settings {
    /// Reads what is stored. Stores a port chosen by chance when none is stored, and creates the key of secrets.
    pub async fn open(store: Store, ground: Ground) -> Result<Self> {
        let _ = (store, ground);
        todo!()
    }

    /// What is in force: one pointer.
    #[must_use]
    pub fn effective(&self) -> Arc<Profile> {
        todo!()
    }

    /// What was asked for, by key; secrets as in [`Profile::get`].
    #[must_use]
    pub fn stored(&self) -> BTreeMap<String, Value> {
        todo!()
    }

    /// Changes settings, all or nothing: validates everything, commits, then shows and tells.
    ///
    /// # Errors
    /// `Refused` names the first key that is not taken; `Store` means that nothing was changed.
    pub async fn patch(&self, patch: Patch, actor: &Actor) -> Result<Vec<Adjustment>> {
        let _ = (patch, actor);
        todo!()
    }

    /// Sees each new effective profile.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Profile>> {
        todo!()
    }

    /// Looks once a second whether another process changed settings, until told to stop.
    pub async fn run(&self, shutdown: CancellationToken) {
        let _ = shutdown;
        todo!()
    }

    /// Seals a text for the store; `context` is what it belongs to and is needed to open it again.
    #[must_use]
    pub fn seal(&self, context: &str, clear: &[u8]) -> Vec<u8> {
        let _ = (context, clear);
        todo!()
    }

    /// Opens what [`Self::seal`] made.
    pub fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let _ = (context, sealed);
        todo!()
    }

    /// Revaer's home.
    #[must_use]
    pub fn home(&self) -> &Path {
        todo!()
    }
}
