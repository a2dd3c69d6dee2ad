//! What an adoption took, changed and left out.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

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
    /// Somebody ended it before it had looked at everything.
    pub cancelled: bool,
    /// Folders where content is missing, and of how many torrents; told at the end.
    pub(super) missing: BTreeMap<String, usize>,
    /// Paths that no rule gives a name here, and how many torrents they keep out; told at the end.
    pub(super) foreign: BTreeMap<String, usize>,
}

impl Report {
    pub(super) fn note(&mut self, what: impl Into<String>, note: impl fmt::Display) {
        self.notes.push(Note { what: plain(&what.into()), note: plain(&note.to_string()) });
    }

    /// One line for each folder that is not here as the profile knows it, with the rule that would help.
    pub(super) fn tell_missing(&mut self) {
        let mut tops: BTreeMap<String, usize> = BTreeMap::new();
        for (folder, count) in std::mem::take(&mut self.missing) {
            *tops.entry(topmost_missing(&folder)).or_default() += count;
        }
        for (folder, count) in tops {
            let is_there = Path::new(&folder).is_dir();
            let why = if is_there {
                "is not in it"
            } else {
                "is nowhere: the folder does not exist here"
            };
            self.note(
                format!("`{folder}`"),
                format_args!(
                    "content of {count} torrents {why}, so they read `missingFiles`; if it lies elsewhere, \
                     `--map {folder}=/where/it/is` tells so before they are taken over"
                ),
            );
        }
        for (path, count) in std::mem::take(&mut self.foreign) {
            self.note(
                format!("`{path}`"),
                format_args!(
                    "{count} torrents are left out, because no path can be called so here; \
                     `--map {path}=/where/it/is` tells its name"
                ),
            );
        }
    }
}

/// The folder nearest to the root that does not exist here; `folder` itself if it does.
fn topmost_missing(folder: &str) -> String {
    let path = Path::new(folder);
    let missing = path.ancestors().take_while(|ancestor| !ancestor.exists()).last();
    missing.unwrap_or(path).to_string_lossy().into_owned()
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
        if self.cancelled {
            write!(f, "; cancelled, and a further import goes on")?;
        }
        for Note { what, note } in &self.notes {
            write!(f, "\n  {what}: {note}")?;
        }
        Ok(())
    }
}
