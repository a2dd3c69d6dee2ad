//! What an adoption took, changed and left out.

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
}

impl Report {
    pub(super) fn note(&mut self, what: impl Into<String>, note: impl fmt::Display) {
        self.notes.push(Note { what: what.into(), note: note.to_string() });
    }
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
