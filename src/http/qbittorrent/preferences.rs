//! THE preference table: key, levels, and how it maps to the settings, in both directions.
//!
//! Most rows are data (`How`); the few that upstream treats in a way of its own are functions in
//! `special.rs`. Writing never fails but for the three checks of level 5.3: unknown keys, broken
//! JSON and values that the settings refuse are passed over, as upstream does. Numbers that the
//! engine could not work with are moved into the range of the setting.

mod advanced;
mod connection;
mod convert;
mod downloads;
mod general;
mod special;
mod watched;
mod webui;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::level::Level;
use super::reply::Reply;
use crate::settings::keys::{self, Effect};
use crate::settings::{Patch, Profile};

/// Levels that know a key.
#[derive(Debug, Clone, Copy)]
struct Levels(Level, Level);

const ALL: Levels = Levels(Level::L45, Level::L53);
const SINCE_51: Levels = Levels(Level::L51, Level::L53);
const ONLY_45: Levels = Levels(Level::L45, Level::L45);
const ONLY_51: Levels = Levels(Level::L51, Level::L51);
const ONLY_53: Levels = Levels(Level::L53, Level::L53);
const UNTIL_51: Levels = Levels(Level::L45, Level::L51);

/// One preference.
pub(super) struct Preference {
    pub(super) key: &'static str,
    levels: Levels,
    how: How,
}

const fn row(key: &'static str, levels: Levels, how: How) -> Preference {
    Preference { key, levels, how }
}

/// What an unknown word or number becomes.
#[derive(Clone, Copy)]
enum Otherwise {
    /// The value stays as it is.
    Stays,
    /// This one, in the setting's words.
    Becomes(&'static str),
}

/// How a preference maps to the setting it names.
enum How {
    Boolean(&'static str),
    Integer(&'static str),
    /// A port; what is none is passed over, where upstream stores it and then fails to listen.
    Port(&'static str),
    /// A number of which everything below the given one means unlimited.
    Unlimited(&'static str, i64),
    /// Bytes per second in steps of 1024; 0 is unlimited.
    Rate(&'static str),
    Text(&'static str),
    Trimmed(&'static str),
    /// A path without redundant parts.
    Path(&'static str),
    /// An IP address; anything else becomes empty.
    Address(&'static str),
    /// Reads as empty; writing an empty text changes nothing.
    Secret(&'static str),
    /// A text for people and a list for us; the parts are kept exactly.
    List(&'static str, char),
    /// The place of the setting's word.
    Index(&'static str, &'static [&'static str], Otherwise),
    /// A word of the contract and the setting's.
    Word(&'static str, &'static [(&'static str, &'static str)], Otherwise),
    /// Kept and returned, nothing else.
    Kept(Kept),
    ReadOnly(fn(&Profile) -> Value),
    /// In no answer.
    WriteOnly(fn(&mut Edit, &Value)),
    Special(fn(&Profile, Level) -> Value, fn(&mut Edit, &Value)),
}

/// The default of a preference that is only kept, and with it the type.
enum Kept {
    Boolean(bool),
    Integer(i64),
    Text(&'static str),
    /// One of these names, the first by default; others are passed over.
    Choice(&'static [&'static str]),
    /// Watched folders.
    Folders,
}

impl Kept {
    fn default(&self) -> Value {
        match self {
            Self::Boolean(on) => Value::from(*on),
            Self::Integer(number) => Value::from(*number),
            Self::Text(text) => Value::from(*text),
            Self::Choice(names) => names.first().copied().map_or(Value::Null, Value::from),
            Self::Folders => Value::Object(Map::new()),
        }
    }

    /// What is stored instead of `now`; `None` if the value says nothing.
    fn convert(&self, value: &Value, now: &Value) -> Option<Value> {
        match self {
            Self::Boolean(_) => Some(Value::from(convert::boolean(value))),
            Self::Integer(_) => Some(Value::from(convert::integer(value))),
            Self::Text(_) => Some(Value::from(convert::text(value))),
            Self::Choice(names) => {
                let text = convert::text(value);
                names.contains(&text.as_str()).then(|| Value::from(text))
            }
            Self::Folders => Some(watched::folders(value, now)),
        }
    }
}

/// What a client wants changed.
pub struct Written {
    pub patch: Patch,
    /// The new password in clear; the caller hashes it and adds `webui.password_hash` to the patch.
    pub password: Option<String>,
    /// A key was refused, only at level 5.3: answer this after what came before it was applied.
    pub refusal: Option<Reply>,
}

/// One `app/setPreferences` while it is read.
struct Edit<'a> {
    profile: &'a Profile,
    level: Level,
    asked: &'a Map<String, Value>,
    kept: Option<BTreeMap<String, Value>>,
    written: Written,
}

impl Edit<'_> {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.written.patch.set(key, value);
    }

    fn keep(&mut self, key: &str, value: Value) {
        let kept = self.kept.get_or_insert_with(|| self.profile.compat.preferences.clone());
        kept.insert(key.to_owned(), value);
    }
}

/// All rows in the order in which upstream applies them.
fn table() -> impl Iterator<Item = &'static Preference> {
    [general::ROWS, downloads::ROWS, connection::ROWS, webui::ROWS, advanced::ROWS]
        .into_iter()
        .flatten()
}

/// All rows by key, for the documentation.
pub(super) fn documented() -> Vec<&'static Preference> {
    let mut rows: Vec<_> = table().collect();
    rows.sort_by_key(|row| row.key);
    rows
}

/// The preferences of a level, alphabetical.
#[must_use]
pub fn read(profile: &Profile, level: Level) -> Map<String, Value> {
    table()
        .filter(|row| row.is_at(level) && !matches!(row.how, How::WriteOnly(_)))
        .map(|row| (row.key.to_owned(), row.read(profile, level)))
        .collect()
}

/// What `app/setPreferences` changes.
#[must_use]
pub fn write(json: &str, level: Level, profile: &Profile) -> Written {
    let asked = match serde_json::from_str(json) {
        Ok(Value::Object(asked)) => asked,
        _ => Map::new(),
    };
    let written = Written { patch: Patch::new(), password: None, refusal: None };
    let mut edit = Edit { profile, level, asked: &asked, kept: None, written };
    for row in table().filter(|row| row.is_at(level)) {
        if let Some(value) = asked.get(row.key) {
            row.write(&mut edit, value);
        }
        if edit.written.refusal.is_some() {
            break;
        }
    }
    if let Some(kept) = edit.kept.take() {
        edit.put("compat.preferences", Value::Object(kept.into_iter().collect()));
    }
    edit.written
}

/// The keys that are kept and returned without any effect.
pub fn kept() -> impl Iterator<Item = &'static str> {
    table().filter(|row| matches!(row.how, How::Kept(_))).map(|row| row.key)
}

impl Preference {
    pub(super) fn is_at(&self, level: Level) -> bool {
        (self.levels.0..=self.levels.1).contains(&level)
    }

    /// What it stands for, in words of the documentation.
    pub(super) fn target(&self) -> String {
        match &self.how {
            How::Boolean(key)
            | How::Integer(key)
            | How::Port(key)
            | How::Unlimited(key, _)
            | How::Rate(key)
            | How::Text(key)
            | How::Trimmed(key)
            | How::Path(key)
            | How::Address(key)
            | How::List(key, _)
            | How::Index(key, ..)
            | How::Word(key, ..) => setting(key),
            How::Secret(key) => format!("{}, reads as empty", setting(key)),
            How::Kept(_) => "none: it is kept and returned".to_owned(),
            How::ReadOnly(_) => "none: it is derived".to_owned(),
            How::WriteOnly(_) => "written only".to_owned(),
            How::Special(..) => "several, or in a form of its own".to_owned(),
        }
    }

    fn read(&self, profile: &Profile, level: Level) -> Value {
        let get = |key: &str| profile.get(key).unwrap_or_default();
        match &self.how {
            How::Boolean(key)
            | How::Integer(key)
            | How::Port(key)
            | How::Text(key)
            | How::Trimmed(key)
            | How::Path(key)
            | How::Address(key) => get(key),
            How::Unlimited(key, _) => convert::null_as(get(key), -1),
            How::Rate(key) => convert::null_as(get(key), 0),
            How::Secret(_) => Value::from(""),
            How::List(key, separator) => Value::from(convert::join(&get(key), *separator)),
            How::Index(key, words, _) => {
                let word = get(key);
                Value::from(words.iter().position(|one| word == *one).unwrap_or_default())
            }
            How::Word(key, words, _) => {
                let word = get(key);
                let found = words.iter().find(|(_, ours)| word == *ours);
                Value::from(found.map_or("", |(theirs, _)| theirs))
            }
            How::Kept(kept) => {
                let stored = profile.compat.preferences.get(self.key);
                stored.cloned().unwrap_or_else(|| kept.default())
            }
            How::ReadOnly(get) => get(profile),
            How::WriteOnly(_) => Value::Null,
            How::Special(get, _) => get(profile, level),
        }
    }

    fn write(&self, edit: &mut Edit, value: &Value) {
        let special = matches!(self.how, How::Special(..) | How::WriteOnly(_));
        if !special && *value == self.read(edit.profile, edit.level) {
            // A client that writes back what it read makes nobody's choice of a default.
            return;
        }
        match &self.how {
            How::Boolean(key) => edit.put(key, convert::boolean(value)),
            How::Integer(key) => edit.put(key, convert::integer(value)),
            How::Port(key) => {
                if let Ok(port) = u16::try_from(convert::integer(value)) {
                    edit.put(key, port);
                }
            }
            How::Unlimited(key, lowest) => match convert::integer(value) {
                number if number < *lowest => edit.put(key, Value::Null),
                number => edit.put(key, number),
            },
            How::Rate(key) => match convert::integer(value) {
                ..=0 => edit.put(key, Value::Null),
                rate => edit.put(key, (rate / 1024).max(1) * 1024),
            },
            How::Text(key) => edit.put(key, convert::text(value)),
            How::Trimmed(key) => edit.put(key, convert::text(value).trim()),
            How::Path(key) => edit.put(key, convert::path(&convert::text(value))),
            How::Address(key) => edit.put(key, convert::address(&convert::text(value))),
            How::Secret(key) => {
                let text = convert::text(value);
                if !text.is_empty() {
                    edit.put(key, text);
                }
            }
            How::List(key, separator) => {
                edit.put(key, convert::split(&convert::text(value), *separator));
            }
            How::Index(key, words, otherwise) => {
                let place = usize::try_from(convert::integer(value)).ok();
                let word = place.and_then(|place| words.get(place)).copied();
                put_word(edit, key, word, *otherwise);
            }
            How::Word(key, words, otherwise) => {
                let text = convert::text(value);
                let word = words.iter().find(|(theirs, _)| *theirs == text).map(|(_, ours)| *ours);
                put_word(edit, key, word, *otherwise);
            }
            How::Kept(kept) => {
                let now = self.read(edit.profile, edit.level);
                if let Some(value) = kept.convert(value, &now).filter(|value| *value != now) {
                    edit.keep(self.key, value);
                }
            }
            How::ReadOnly(_) => {}
            How::Special(_, set) | How::WriteOnly(set) => set(edit, value),
        }
    }
}

/// A setting in the documentation; one without effect says so.
fn setting(key: &str) -> String {
    match keys::row(key).map(|row| row.effect) {
        Some(Effect::Kept(reason)) => format!("`{key}`, without effect: {reason}"),
        _ => format!("`{key}`"),
    }
}

fn put_word(edit: &mut Edit, key: &str, word: Option<&'static str>, otherwise: Otherwise) {
    match (word, otherwise) {
        (Some(word), _) | (None, Otherwise::Becomes(word)) => edit.put(key, word),
        (None, Otherwise::Stays) => {}
    }
}

#[cfg(test)]
mod tests;
