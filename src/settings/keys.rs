//! THE table of settings: one row per setting, and everything else is made from it.
//!
//! A row is `field: Type = default, hot|restart, low..=high => Effect;` with its documentation above. It yields a typed
//! field of its section of the profile, the default, the range, and a [`Row`] that reads and writes the field as JSON.
//! Keys are `section.field`, with the unit in the name. A row whose [`Effect`] is one setting of libtorrent needs no
//! other line of code. Sections:
//!
//! `webui` the web server and who may use it · `connection` ports, addresses, sockets, counts · `bittorrent` the
//! protocol · `transfer` requests between peers · `dht` · `utp` · `limits` rates and their schedule · `queue` how many
//! at once · `share` when to stop seeding · `trackers` announces · `web_seeds` · `downloads` where and how content is stored · `paths` what may be reached at all · `filter`
//! blocked addresses · `proxy` · `i2p` · `disk` · `engine` the engine itself · `log` · `mail` · `autorun` external
//! programs · `rss` · `search` · `dyndns` · `behaviour` of user interfaces · `compat` preferences that are only kept.

mod bittorrent;
mod dead;
mod downloads;
mod network;
mod protocol;
mod services;
mod web;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

pub use bittorrent::{BitTorrent, Limits, Queue, Share, Trackers};
pub use dead::DEAD;
pub use downloads::{Disk, Downloads, Engine, Paths};
pub use network::{Connection, Filter, I2p, Proxy};
pub use protocol::{Dht, Transfer, Utp, WebSeeds};
pub use services::{Autorun, Behaviour, Dyndns, Log, Mail, Rss, Search};
pub use web::{Compat, WebUi};

use super::field::{Kind, Range};
use super::profile::Profile;

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apply {
    Hot,
    Restart,
}

/// What a setting does, and with it how that is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is this setting of libtorrent, unit for unit; null is -1. Read back from the running session.
    Is(&'static str),
    /// As [`Effect::Is`], where the linked libtorrent has it; elsewhere it has no effect and says so.
    IsIfKnown(&'static str),
    /// These settings of libtorrent are worked out from it. Read back from the running session.
    Sets(&'static [&'static str]),
    /// Calls of libtorrent that it cannot give back as settings: filters, classes of peers, torrents. Proven by what
    /// it does.
    Calls,
    /// Revaer does it, not libtorrent. Proven by what it does.
    Revaer,
    /// It is kept and returned without effect, for this reason.
    Kept(&'static str),
}

/// One setting.
pub struct Row {
    /// `section.field`.
    pub key: &'static str,
    pub doc: &'static str,
    pub kind: Kind,
    /// `null` is a value: none, or unlimited.
    pub optional: bool,
    pub range: Range,
    pub apply: Apply,
    pub effect: Effect,
    pub(super) get: fn(&Profile) -> Value,
    pub(super) set: fn(&mut Profile, &Value) -> Result<bool, String>,
}

/// A value that was used in place of the one that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjustment {
    pub key: String,
    pub asked: Value,
    pub used: Value,
    pub reason: String,
}

/// A refused value: nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {reason}")]
pub struct Refused {
    pub key: String,
    pub reason: String,
}

impl Refused {
    /// There is no such setting; for a knob that libtorrent once had, with the reason.
    #[must_use]
    pub fn unknown(key: &str) -> Self {
        let reason = match dead::reason(key) {
            Some(why) => format!("is not a setting: {why}"),
            None => "is not a setting".to_owned(),
        };
        Self { key: key.to_owned(), reason }
    }
}

impl Row {
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }

    /// The value in this profile. Secrets are in clear: [`Profile::get`] is what may be shown.
    pub(super) fn value(&self, profile: &Profile) -> Value {
        (self.get)(profile)
    }

    /// Sets the value, moved into the range if it is a number beyond it.
    pub(super) fn set(
        &self,
        profile: &mut Profile,
        value: &Value,
    ) -> Result<Option<Adjustment>, Refused> {
        let clamped = (self.set)(profile, value)
            .map_err(|reason| Refused { key: self.key.to_owned(), reason })?;
        Ok(clamped.then(|| Adjustment {
            key: self.key.to_owned(),
            asked: value.clone(),
            used: self.value(profile),
            reason: self.range_text(),
        }))
    }

    /// A value of this setting as it may be shown: a secret is `null` when unset, else `"set"`.
    pub(super) fn shown(&self, value: Value) -> Value {
        match self.is_secret() {
            false => value,
            true if value.as_str().is_none_or(str::is_empty) => Value::Null,
            true => Value::from("set"),
        }
    }

    fn range_text(&self) -> String {
        match &self.range {
            Some(range) => format!("must be from {} to {}", range.start(), range.end()),
            None => "is out of range".to_owned(),
        }
    }
}

/// All rows, by section.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    super::profile::SECTIONS.iter().flat_map(|section| section.iter())
}

/// The settings of libtorrent that are settings here, unit for unit: name, value, and whether a libtorrent that does
/// not have it is no error.
pub fn native(profile: &Profile) -> impl Iterator<Item = (&'static str, Value, bool)> {
    rows().filter_map(|row| match row.effect {
        Effect::Is(name) => Some((name, row.value(profile), false)),
        Effect::IsIfKnown(name) => Some((name, row.value(profile), true)),
        _ => None,
    })
}

/// The row of a key.
#[must_use]
pub fn row(key: &str) -> Option<&'static Row> {
    static INDEX: LazyLock<HashMap<&str, &Row>> =
        LazyLock::new(|| rows().map(|row| (row.key, row)).collect());
    INDEX.get(key).copied()
}

/// Declares one section: its struct, defaults and rows.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $section:ident: $type:ident {
            $($(#[doc = $doc:literal])+ $field:ident: $value:ty = $default:expr, $apply:ident $(, $range:expr)? $(=> $effect:expr)?;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $type {
            $($(#[doc = $doc])+ pub $field: $value,)+
        }

        impl Default for $type {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $type {
            pub(in crate::settings) const ROWS: &'static [$crate::settings::Row] = &[$(
                $crate::settings::Row {
                    key: concat!(stringify!($section), ".", stringify!($field)),
                    doc: concat!($($doc),+),
                    kind: <$value as $crate::settings::field::Field>::KIND,
                    optional: <$value as $crate::settings::field::Field>::OPTIONAL,
                    range: section!(@range $($range)?),
                    apply: section!(@apply $apply),
                    effect: section!(@effect $($effect)?),
                    get: |profile| $crate::settings::field::Field::to_json(&profile.$section.$field),
                    set: |profile, value| {
                        let taken: $crate::settings::field::Taken<$value> =
                            $crate::settings::field::Field::from_json(value, &section!(@range $($range)?))?;
                        profile.$section.$field = taken.value;
                        Ok(taken.clamped)
                    },
                },
            )+];
        }
    };
    (@range) => { None };
    (@range $range:expr) => { Some($range) };
    (@apply hot) => { $crate::settings::Apply::Hot };
    (@apply restart) => { $crate::settings::Apply::Restart };
    (@effect) => { $crate::settings::keys::Effect::Revaer };
    (@effect $effect:expr) => { $effect };
}

use section;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_takes_its_own_default() {
        let defaults = Profile::default();
        for row in rows() {
            let mut profile = Profile::default();

            let outcome = row.set(&mut profile, &row.value(&defaults));

            assert_eq!(outcome, Ok(None), "{}", row.key);
            assert_eq!(profile, defaults, "{}", row.key);
        }
    }

    #[test]
    fn keys_are_unique_and_documented() {
        let keys: std::collections::HashSet<_> = rows().map(|row| row.key).collect();

        assert_eq!(keys.len(), rows().count());
        assert!(rows().all(|row| row.doc.trim().ends_with('.')));
    }

    #[test]
    fn a_number_beyond_its_range_is_moved_and_reported() {
        let mut profile = Profile::default();

        let adjustment = profile.set("disk.io_threads", &Value::from(5000)).unwrap().unwrap();

        assert_eq!(profile.disk.io_threads, 1024);
        assert_eq!(adjustment.used, Value::from(1024));
        assert_eq!(adjustment.reason, "must be from 1 to 1024");
    }

    #[test]
    fn secrets_are_never_shown() {
        let mut profile = Profile::default();
        profile.set("proxy.password", &Value::from("geheim")).unwrap();

        assert_eq!(profile.get("proxy.password"), Some(Value::from("set")));
        assert!(!format!("{profile:?}").contains("geheim"));
    }
}
