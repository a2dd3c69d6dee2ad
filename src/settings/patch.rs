//! Changes of settings, and the layers that the effective profile is made of.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_json::Value;

use super::keys::{self, Adjustment, Refused};
use super::profile::Profile;
use super::validate;

/// Values for some keys; `None` goes back to the default. `Debug` shows the keys alone, because a
/// value may be a secret.
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

    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.changes.contains_key(key)
    }

    /// The value that is asked for.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.changes.get(key)?.as_ref()
    }

    /// The keys that get a value, with it.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.changes.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_ref()?)))
    }

    pub(super) fn remove(&mut self, key: &str) -> bool {
        self.changes.remove(key).is_some()
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        self.changes.iter().map(|(key, value)| (key.as_str(), value.as_ref()))
    }
}

impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.changes.keys()).finish()
    }
}

/// What the profile is made of, lowest first; the table's own defaults are below all.
#[derive(Clone)]
pub(super) struct Layers {
    pub defaults: Patch,
    /// As asked for, secrets in clear.
    pub stored: BTreeMap<String, Value>,
    pub overrides: Patch,
    pub unsupported: Vec<(&'static str, String)>,
}

impl Layers {
    /// Whether any layer has a word on this key.
    pub(super) fn mentions(&self, key: &str) -> bool {
        self.defaults.contains(key) || self.stored.contains_key(key) || self.overrides.contains(key)
    }

    /// The profile in force, and what had to be moved into its range.
    pub(super) fn effective(&self) -> (Profile, Vec<Adjustment>) {
        let defaults = self.defaults.changes();
        let stored = self.stored.iter().map(|(key, value)| (key.as_str(), Some(value)));
        let overrides = self.overrides.changes();
        let mut profile = Profile::default();
        let mut adjustments = BTreeMap::new();
        for (key, value) in defaults.chain(stored).chain(overrides) {
            let Some(value) = value else { continue };
            adjustments.remove(key);
            // What is not taken was warned about when it was read.
            if let Ok(Some(adjustment)) = profile.set(key, value) {
                adjustments.insert(key, adjustment);
            }
        }
        (profile, adjustments.into_values().collect())
    }

    /// The stored layer as it may be shown.
    pub(super) fn shown(&self) -> BTreeMap<String, Value> {
        let mask = |key: &str, value: &Value| match keys::row(key) {
            Some(row) => row.shown(value.clone()),
            None => value.clone(),
        };
        self.stored.iter().map(|(key, value)| (key.clone(), mask(key, value))).collect()
    }

    /// Refuses defaults and overrides that are not taken.
    ///
    /// Overrides are judged beside everything else that is in force: a further listener may be where the main one
    /// would be if nobody had moved that.
    pub(super) fn check_ground(&self, promised: &Patch, home: &Path) -> Result<(), Refused> {
        let mut given = Profile::default();
        for (key, value) in self.defaults.values().chain(self.overrides.values()) {
            given.set(key, value)?;
        }
        let mut later = self.clone();
        let values = promised.values().map(|(key, value)| (key.to_owned(), value.clone()));
        later.stored.extend(values);
        let (effective, _) = later.effective();
        let defaults = self.defaults.values().map(|(key, _)| (&given, key));
        let overrides = self.overrides.values().map(|(key, _)| (&effective, key));
        defaults.chain(overrides).try_for_each(|(profile, key)| validate::check(profile, key, home))
    }

    /// The layers with these changes, or the first reason against them.
    pub(super) fn patched(
        &self,
        patch: &Patch,
        home: &Path,
    ) -> Result<(Self, Vec<Adjustment>), Refused> {
        let mut layers = self.clone();
        let mut scratch = Profile::default();
        for (key, value) in patch.changes() {
            match value {
                Some(value) => {
                    scratch.set(key, value)?;
                    layers.stored.insert(key.to_owned(), value.clone());
                }
                None if keys::row(key).is_none() => return Err(Refused::unknown(key)),
                None => {
                    layers.stored.remove(key);
                }
            }
            // What a client asks for now wins over what the process was started with.
            layers.overrides.remove(key);
        }
        let (profile, adjustments) = layers.effective();
        for (key, _) in patch.changes() {
            validate::check(&profile, key, home)?;
        }
        let asked = |adjustment: &Adjustment| patch.contains(&adjustment.key);
        Ok((layers, adjustments.into_iter().filter(asked).collect()))
    }
}
