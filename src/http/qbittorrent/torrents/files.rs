//! Files of a torrent: list, priorities, renames; and its pieces.

use super::{one, refused};
use crate::engine::Error;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::json;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::reply::{self, Reply};
use crate::model::{File, PieceState, Priority, path};

/// The contract's number of a priority.
#[must_use]
pub fn priority_number(priority: Priority) -> i64 {
    match priority {
        Priority::Skip => 0,
        Priority::Normal => 1,
        Priority::High => 6,
        Priority::Maximum => 7,
    }
}

/// The priority of a number; `None` for one that the contract does not have.
#[must_use]
pub fn priority_of(number: i64) -> Option<Priority> {
    match number {
        0 => Some(Priority::Skip),
        1 => Some(Priority::Normal),
        6 => Some(Priority::High),
        7 => Some(Priority::Maximum),
        _ => None,
    }
}

/// Answers with the files, or with those of `indexes`.
///
/// Clients name a file by its place among those that are not padding.
pub async fn files(call: Call) -> reply::Result {
    let (id, row) = one(&call)?;
    let is_complete = row.status.state.is_complete();
    let files = call.engine().files(id).await.map_err(refused)?;
    let indexes: Vec<usize> = match call.params.text("indexes") {
        Some(_) if files.is_empty() && call.level >= Level::L53 => Vec::new(),
        Some(indexes) => indexes
            .split('|')
            .map(|index| parse_index(index, files.len()))
            .collect::<Result<_, _>>()?,
        None => (0..files.len()).collect(),
    };
    let mut out = Vec::with_capacity(indexes.len() * 160 + 2);
    json::array(&mut out, indexes.into_iter().enumerate(), |out, (at, index)| {
        // Contract: one element alone carries `is_seed`: the first file until L51, the first element later.
        let carries_seed = if call.level >= Level::L53 { at == 0 } else { index == 0 };
        write_file(out, index, &files[index], carries_seed.then_some(is_complete));
    });
    Ok(Reply::json(out))
}

fn parse_index(text: &str, files: usize) -> reply::Result<usize> {
    let index = text.trim().parse::<i32>().ok().and_then(|index| usize::try_from(index).ok());
    match index {
        None => Err(Reply::conflict(&format!("\"{text}\" is not a valid file index."))),
        Some(index) if index >= files => {
            Err(Reply::conflict(&format!("Index {index} is out of bounds.")))
        }
        Some(index) => Ok(index),
    }
}

/// Appends the files as `torrents/info` lists them.
pub(super) fn write_listed(out: &mut Vec<u8>, files: &[File]) {
    json::array(out, files.iter().enumerate(), |out, (index, file)| {
        write_file(out, index, file, None);
    });
}

fn write_file(out: &mut Vec<u8>, index: usize, file: &File, is_seed: Option<bool>) {
    let mut object = json::Object::begin(out);
    object
        .float("availability", file.availability)
        .int("index", i64::try_from(index).unwrap_or(i64::MAX));
    if let Some(is_seed) = is_seed {
        object.boolean("is_seed", is_seed);
    }
    object
        .text("name", &file.path)
        .array("piece_range", [file.pieces.0, file.pieces.1], |out, piece| {
            json::int(out, piece.into());
        })
        .int("priority", priority_number(file.priority))
        .float("progress", file.progress)
        .int("size", file.size);
    object.end();
}

/// Sets the priority of files.
pub async fn file_prio(call: Call) -> reply::Result {
    let number = call
        .params
        .integer("priority")
        .ok_or_else(|| Reply::bad_request("Priority must be an integer"))?;
    let priority = priority_of(number);
    // Contract: -1 ("mixed") passes the check and does nothing.
    if priority.is_none() && number != -1 {
        return Err(Reply::bad_request("Priority is not valid"));
    }
    let (id, row) = one(&call)?;
    if row.facts.metadata.is_none() {
        return Err(Reply::conflict("Torrent's metadata has not yet downloaded"));
    }
    let files = call.engine().files(id).await.map_err(refused)?;
    let mut indexes = Vec::new();
    for text in call.params.text_or_empty("id").split('|') {
        let index: i64 =
            text.trim().parse().map_err(|_| Reply::bad_request("File IDs must be integers"))?;
        let file = usize::try_from(index).ok().and_then(|index| files.get(index));
        indexes.push(file.ok_or_else(|| Reply::conflict("File ID is not valid"))?.index);
    }
    if let Some(priority) = priority {
        call.engine().set_file_priorities(id, indexes, priority).await.map_err(refused)?;
    }
    Ok(Reply::empty())
}

/// Renames a file.
pub async fn rename_file(call: Call) -> reply::Result {
    let (from, to) = renamed(&call, Kind::File)?;
    let (id, _) = one(&call)?;
    let (from, to) = (from.check(Kind::File)?, to.check(Kind::File)?);
    let renamed = call.engine().rename_file(id, from.clone(), to.clone()).await;
    renamed.map_err(|error| Kind::File.refused(error, &from, &to))?;
    Ok(Reply::empty())
}

/// Renames a folder, that is all files below it.
pub async fn rename_folder(call: Call) -> reply::Result {
    let (from, to) = renamed(&call, Kind::Folder)?;
    let (id, _) = one(&call)?;
    let (from, to) = (from.check(Kind::Folder)?, to.check(Kind::Folder)?);
    // Contract: renaming a folder to its own name is a success until L51, and a conflict from L53 on.
    if from == to {
        let files = call.engine().files(id).await.map_err(refused)?;
        let prefix = format!("{from}/");
        if files.iter().any(|file| file.path.starts_with(&prefix)) {
            return if call.level <= Level::L51 {
                Ok(Reply::empty())
            } else {
                Err(Kind::Folder.refused(Error::Exists(to.clone()), &from, &to))
            };
        }
    }
    let renamed = call.engine().rename_folder(id, from.clone(), to.clone()).await;
    renamed.map_err(|error| Kind::Folder.refused(error, &from, &to))?;
    Ok(Reply::empty())
}

#[derive(Clone, Copy)]
enum Kind {
    File,
    Folder,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Folder => "folder",
        }
    }

    fn refused(self, error: Error, from: &str, to: &str) -> Reply {
        match error {
            Error::Missing(_) | Error::NoMetadata => {
                Reply::conflict(&format!("No such {}: '{from}'.", self.word()))
            }
            Error::Exists(_) => {
                Reply::conflict(&format!("The {} already exists: '{to}'.", self.word()))
            }
            Error::Invalid(_) => Reply::conflict(&format!("The new path is invalid: '{to}'.")),
            other => refused(other),
        }
    }
}

/// A path of a request that has not been checked yet, because the torrent is looked up in between.
enum Given {
    Old(String),
    New(String),
}

/// Reads both paths; L53 looks at the new name first.
fn renamed(call: &Call, kind: Kind) -> reply::Result<(Given, Given)> {
    let (from, to) = (call.params.text_or_empty("oldPath"), call.params.text_or_empty("newPath"));
    let name = to.rsplit('/').next().unwrap_or_default();
    if call.level >= Level::L53 && !is_file_name(name) {
        let word = if matches!(kind, Kind::File) { "File" } else { "Folder" };
        return Err(Reply::conflict(&format!("{word} name has invalid characters")));
    }
    Ok((Given::Old(from.to_owned()), Given::New(to.to_owned())))
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && name.len() <= 255 && !name.contains('\0')
}

impl Given {
    /// The normalised path. Paths that leave the torrent are refused, other than upstream, which moves files out.
    fn check(self, kind: Kind) -> reply::Result<String> {
        match self {
            Self::Old(text) if text.is_empty() || text.contains('\0') => {
                Err(Reply::conflict(&format!("The old path is invalid: '{text}'.")))
            }
            Self::Old(text) => path::inside(&text)
                .ok_or_else(|| Reply::conflict(&format!("No such {}: '{text}'.", kind.word()))),
            Self::New(text) if text.starts_with('/') && !text.contains('\0') => {
                Err(Reply::conflict(&format!("Absolute path isn't allowed: '{text}'.")))
            }
            Self::New(text) => {
                let inside = path::inside(&text).filter(|path| path.split('/').all(is_file_name));
                inside
                    .ok_or_else(|| Reply::conflict(&format!("The new path is invalid: '{text}'.")))
            }
        }
    }
}

/// Answers with the state of each piece.
pub async fn piece_states(call: Call) -> reply::Result {
    let (id, _) = one(&call)?;
    let states = call.engine().piece_states(id).await.map_err(refused)?;
    let mut out = Vec::with_capacity(states.len() * 2 + 2);
    json::array(&mut out, states, |out, state| {
        out.push(match state {
            PieceState::Missing => b'0',
            PieceState::Downloading => b'1',
            PieceState::Have => b'2',
        });
    });
    Ok(Reply::json(out))
}

/// Answers with the hash of each piece.
pub async fn piece_hashes(call: Call) -> reply::Result {
    let (id, _) = one(&call)?;
    let hashes = call.engine().piece_hashes(id).await.map_err(refused)?;
    let mut out = Vec::with_capacity(hashes.len() * 43 + 2);
    json::array(&mut out, &hashes, |out, hash| {
        out.push(b'"');
        json::hex(out, hash);
        out.push(b'"');
    });
    Ok(Reply::json(out))
}

/// Answers with the number of peers that have each piece.
pub async fn piece_availability(call: Call) -> reply::Result {
    let (id, _) = one(&call)?;
    let peers = call.engine().piece_availability(id).await.map_err(refused)?;
    let mut out = Vec::with_capacity(peers.len() * 3 + 2);
    json::array(&mut out, peers, |out, count| json::int(out, count.into()));
    Ok(Reply::json(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(reply: reply::Result<String>) -> String {
        match reply {
            Ok(path) => path,
            Err(Reply { body: reply::Body::Whole(body), .. }) => {
                String::from_utf8(body.to_vec()).unwrap()
            }
            Err(_) => String::new(),
        }
    }

    #[test]
    fn paths_are_normalised_and_never_leave_the_torrent() {
        let old = |path: &str| text(Given::Old(path.into()).check(Kind::File));
        let new = |path: &str| text(Given::New(path.into()).check(Kind::Folder));

        assert_eq!(old("a//b/"), "a/b");
        assert_eq!(old(""), "The old path is invalid: ''.");
        assert_eq!(old("/a"), "No such file: '/a'.");
        assert_eq!(old("a\\b"), "No such file: 'a\\b'.");
        assert_eq!(new("a/../b"), "b");
        assert_eq!(new(""), "The new path is invalid: ''.");
        assert_eq!(new("a\0b"), "The new path is invalid: 'a\0b'.");
        assert_eq!(new("/a"), "Absolute path isn't allowed: '/a'.");
        assert_eq!(new("../a"), "The new path is invalid: '../a'.");
    }
}
