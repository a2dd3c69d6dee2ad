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
                    "content of {} {why}, so {} `missingFiles`; if it lies elsewhere, \
                     `--map {folder}=/where/it/is` tells so before {} taken over",
                    counted(count, "torrent", "torrents"),
                    if count == 1 { "it reads" } else { "they read" },
                    if count == 1 { "it is" } else { "they are" },
                ),
            );
        }
        for (path, count) in std::mem::take(&mut self.foreign) {
            self.note(
                format!("`{path}`"),
                format_args!(
                    "{} left out, because no path can be called so here; \
                     `--map {path}=/where/it/is` tells its name",
                    counted(count, "torrent is", "torrents are"),
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

/// A number with its word.
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
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
            "{}, {}, {} and {} taken over",
            counted(self.torrents, "torrent", "torrents"),
            counted(self.categories, "category", "categories"),
            counted(self.tags, "tag", "tags"),
            counted(self.settings, "setting", "settings"),
        )?;
        if self.known > 0 {
            let known = counted(self.known, "torrent was", "torrents were");
            write!(f, ", {known} known already")?;
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
