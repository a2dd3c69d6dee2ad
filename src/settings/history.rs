//! Who changed what, when and from where, and the way back.

use serde_json::Value;

use super::keys::{self, Adjustment, Refused};
use super::patch::Patch;
use super::{Author, Error, Result, Settings};
use crate::model::login::without_logins;
use crate::store::SettingChange;

/// What people log in with. Going back to old settings does not bring an old password back.
const KEPT: [&str; 2] = ["webui.username", "webui.password_hash"];

/// All lines there can be; a database counts rows with a sign.
const ALL: u64 = i64::MAX.cast_unsigned();

/// One changed setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub revision: u64,
    /// Unix seconds.
    pub at: i64,
    /// `system`, `user:NAME` or `key:LABEL`.
    pub actor: String,
    /// The address of the client; `None` for commands on this machine and for Revaer itself.
    pub origin: Option<String>,
    pub key: String,
    /// What was asked for before and after; `None` where it was or is the default. Secrets as in
    /// [`super::Profile::get`].
    pub old: Option<Value>,
    pub new: Option<Value>,
}

impl Settings {
    /// The newest changes before a revision, or of all, newest first.
    ///
    /// # Errors
    /// `Store` if they cannot be read.
    pub async fn history(&self, before: Option<u64>, limit: u64) -> Result<Vec<Change>> {
        let before = before.unwrap_or(ALL);
        let lines = self.inner.store.settings_history_before(before, limit.min(ALL)).await?;
        Ok(lines.into_iter().map(|line| self.change(line)).collect())
    }

    fn change(&self, line: SettingChange) -> Change {
        let shown = |text: Option<String>| Some(self.shown(&line.key, &text?));
        let (old, new) = (shown(line.old), shown(line.new));
        let SettingChange { revision, at, actor, origin, key, .. } = line;
        Change { revision, at, actor, origin, key, old, new }
    }

    fn shown(&self, key: &str, text: &str) -> Value {
        let row = keys::row(key);
        match (self.inner.sealer.value(key, text), row) {
            // Who looks at the past needs no login of a URL; what is in force is shown as it was typed.
            (Ok(Value::String(text)), Some(row)) => {
                row.shown(Value::from(without_logins(&text).into_owned()))
            }
            (Ok(value), Some(row)) => row.shown(value),
            (Ok(value), None) => value,
            // Another key sealed it: that it was set is all that is known.
            (Err(_), _) => Value::from("set"),
        }
    }

    /// Makes the settings what they were at a revision, as one change on top of all others. User name and password
    /// of people stay as they are.
    ///
    /// # Errors
    /// `NoRevision` for one that has not been yet. `Refused` if an old value is not taken any more, or was sealed with
    /// a key that is lost. Nothing was changed.
    pub async fn revert<'a>(&self, to: u64, by: impl Into<Author<'a>>) -> Result<Vec<Adjustment>> {
        let by = by.into();
        let mut state = self.inner.state.lock().await;
        loop {
            self.reload(&mut state).await?;
            if to > state.revision {
                return Err(Error::NoRevision(to));
            }
            let patch = self.way_back(to).await?;
            let (layers, adjustments) = state.layers.patched(&patch, &self.inner.home)?;
            if self.commit(&mut state, layers, &patch, by).await? {
                return Ok(adjustments);
            }
        }
    }

    /// What leads from now to a revision: of each key that was changed since, the value before its first change.
    async fn way_back(&self, to: u64) -> Result<Patch> {
        let mut patch = Patch::new();
        for line in self.inner.store.settings_history(to, ALL).await? {
            let key = line.key.as_str();
            // A setting of another version has no row; it is left alone.
            if patch.contains(key) || KEPT.contains(&key) || keys::row(key).is_none() {
                continue;
            }
            match line.old {
                None => patch.reset(key),
                Some(text) => {
                    let value = self.inner.sealer.value(key, &text);
                    let value = value.map_err(|reason| Refused {
                        key: key.to_owned(),
                        reason: format!("cannot be brought back: {reason}"),
                    })?;
                    patch.set(key, value)
                }
            };
        }
        Ok(patch)
    }
}
