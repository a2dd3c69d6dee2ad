//! The folder `BT_backup`: a resume file and a metainfo file for each torrent, and the order of the queue.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::report::Report;
use super::resume::{Resume, Wishes};

/// Largest resume file that is read, in bytes: one byte for each piece, and lists of peers.
const LARGEST_RESUME: u64 = 64 << 20;
/// Largest metainfo file, as the preference of upstream has it at most.
const LARGEST_METAINFO: u64 = 1 << 30;

/// A torrent of a profile, not yet judged.
pub(super) struct Found {
    /// What the report calls it.
    pub label: String,
    pub wishes: Wishes,
    pub resume: Resume,
    pub metainfo: Option<Vec<u8>>,
}

/// The ids of the torrents in the folder, sorted.
pub(super) fn ids(folder: &Path) -> io::Result<Vec<String>> {
    let mut ids = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".fastresume")) else {
            continue;
        };
        if stem.len() == 40 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            ids.push(stem.to_owned());
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Positions in the queue by id, lower case. Lines that are no id are passed over, an empty one ends the list.
pub(super) fn queue(folder: &Path) -> HashMap<String, u32> {
    let text = fs_err::read_to_string(folder.join("queue")).unwrap_or_default();
    let ids = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    ids.map(str::to_ascii_lowercase).zip(0..).collect()
}

/// Reads one torrent; the report hears why if that is not possible.
pub(super) fn read(
    folder: &Path,
    id: &str,
    queue: &HashMap<String, u32>,
    report: &mut Report,
) -> Option<Found> {
    let name = format!("{id}.fastresume");
    let parsed = bounded(&folder.join(&name), LARGEST_RESUME)
        .and_then(|bytes| Resume::parse(&bytes.unwrap_or_default()));
    let mut resume = match parsed {
        Ok(resume) => resume,
        Err(reason) => {
            report.note(name, format_args!("not taken over: {reason}"));
            return None;
        }
    };
    let metainfo = match bounded(&folder.join(format!("{id}.torrent")), LARGEST_METAINFO) {
        Ok(metainfo) => metainfo,
        Err(reason) => {
            report.note(format!("{id}.torrent"), format_args!("not taken over: {reason}"));
            return None;
        }
    };
    let mut wishes = resume.take_wishes();
    wishes.queue_position = queue.get(&id.to_ascii_lowercase()).copied();
    Some(Found { label: id.to_owned(), wishes, resume, metainfo })
}

/// A file of at most `largest` bytes; `None` if there is none.
pub(super) fn bounded(path: &Path, largest: u64) -> Result<Option<Vec<u8>>, String> {
    let size = match fs_err::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return Err("it is no file".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if size > largest {
        return Err(format!("it has {size} bytes, more than the {largest} that are read"));
    }
    fs_err::read(path).map(Some).map_err(|error| error.to_string())
}
