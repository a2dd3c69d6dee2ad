//! What an adoption took, changed and left out.

use std::collections::BTreeMap;
use std::fmt;

/// One thing that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The file, torrent or setting.
    pub what: String,
    pub note: String,
}

/// The outcome of an adoption.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub torrents: usize,
    /// Known already, and left alone.
    pub known: usize,
    pub categories: usize,
    pub tags: usize,
    pub settings: usize,
    pub notes: Vec<Note>,
    /// Folders that do not exist here, and how many torrents have their content there; told at the end.
    pub(super) missing: BTreeMap<String, usize>,
}

impl Report {
    pub(super) fn note(&mut self, what: impl Into<String>, note: impl fmt::Display) {
        self.notes.push(Note { what: plain(&what.into()), note: plain(&note.to_string()) });
    }

    /// One line for each folder that does not exist here.
    pub(super) fn tell_missing(&mut self) {
        for (folder, count) in std::mem::take(&mut self.missing) {
            let note = "does not exist here; --map OLD=NEW tells where it is";
            self.note(format!("`{folder}`, where {count} torrents have content"), note);
        }
    }
}

/// Names come from files that may be hostile, and lines go to terminals.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} torrents, {} categories, {} tags and {} settings taken over",
            self.torrents, self.categories, self.tags, self.settings
        )?;
        if self.known > 0 {
            write!(f, ", {} torrents were known already", self.known)?;
        }
        for Note { what, note } in &self.notes {
            write!(f, "\n  {what}: {note}")?;
        }
        Ok(())
    }
}
