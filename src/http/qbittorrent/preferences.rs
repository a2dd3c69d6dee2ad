//! THE preference table: key, levels, getter and setter.

use serde_json::{Map, Value};

use super::level::Level;
use super::reply::Reply;
use crate::settings::{Patch, Profile};

/// What a client wants changed.
pub struct Written {
    pub patch: Patch,
    /// The new password in clear; the caller hashes it and adds `webui.password_hash` to the patch.
    pub password: Option<String>,
    /// Set when a key was refused (only at L53): answer this, after what came before it was applied.
    pub refusal: Option<Reply>,
}

/// The preferences of a level, alphabetical.
#[must_use]
pub fn read(profile: &Profile, level: Level) -> Map<String, Value> {
    let _ = (profile, level);
    todo!()
}

/// What `app/setPreferences` changes.
#[must_use]
pub fn write(json: &str, level: Level, profile: &Profile) -> Written {
    let _ = (json, level, profile);
    todo!()
}
