//! The folder `BT_backup`: a resume file and a metainfo file for each torrent, and the order of the queue.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::report::Report;
use super::resume::{Resume, Wishes};

/// Largest resume file that is read, in bytes: one byte for each piece, and lists of peers.
pub(super) const LARGEST_RESUME: u64 = 64 << 20;
/// Largest metainfo file that is read, in bytes; a torrent of a million pieces has a tenth of it.
pub(super) const LARGEST_METAINFO: u64 = 256 << 20;

/// A torrent of a profile, not yet judged.
pub(super) struct Found {
    /// What the report calls it.
    pub label: String,
    pub wishes: Wishes,
    pub resume: Resume,
    pub metainfo: Option<Vec<u8>>,
    /// What of it makes no sense.
    pub ignored: Vec<String>,
}

impl Found {
    /// Bytes that it holds in memory, about.
    pub(super) fn weight(&self) -> usize {
        self.metainfo.as_ref().map_or(0, Vec::len) + self.resume.weight()
    }
}

/// The ids of the torrents in the folder, sorted; the report hears of metainfo that belongs to none.
pub(super) fn ids(folder: &Path, report: &mut Report) -> io::Result<Vec<String>> {
    let (mut ids, mut metainfo) = (Vec::new(), Vec::new());
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name();
        let Some((stem, ending)) = name.to_str().and_then(|name| name.rsplit_once('.')) else {
            continue;
        };
        if stem.len() != 40 || !stem.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        match ending {
            "fastresume" => ids.push(stem.to_owned()),
            "torrent" => metainfo.push(stem.to_owned()),
            _ => {}
        }
    }
    ids.sort_unstable();
    metainfo.sort_unstable();
    for id in metainfo.iter().filter(|id| ids.binary_search(id).is_err()) {
        report.note(
            format!("{id}.torrent"),
            "not taken over: its resume file is missing, so nobody knows where its content is",
        );
    }
    Ok(ids)
}

/// Positions in the queue by id, lower case. Lines that are no id are passed over, an empty one ends the list.
pub(super) fn queue(folder: &Path, report: &mut Report) -> HashMap<String, u32> {
    let bytes = match bounded(&folder.join("queue"), LARGEST_RESUME) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(reason) => {
            report.note("queue", format_args!("not taken over: {reason}"));
            Vec::new()
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        report.note("queue", "not taken over: it is no text");
        return HashMap::new();
    };
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
    let ignored = resume.nonsense();
    let mut wishes = resume.take_wishes();
    wishes.queue_position = queue.get(&id.to_ascii_lowercase()).copied();
    Some(Found { label: id.to_owned(), wishes, resume, metainfo, ignored })
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
