//! Files of a torrent: list, priorities, renames; and its pieces.

use super::{one, refused};
use crate::engine::Error;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::json;
use crate::http::qbittorrent::level::Level;
use crate::http::qbittorrent::reply::{self, Reply};
use crate::model::{File, PieceState, Priority, TorrentId, path};

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
pub fn priority_of(number: i32) -> Option<Priority> {
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
            Err(Reply::conflict(&format!("Index {text} is out of bounds.")))
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
        .int("priority")
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
        let index: i32 =
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
    let (id, from, to) = renamed(&call, Kind::File).await?;
    let renamed = call.engine().rename_file(id, from.clone(), to.clone()).await;
    renamed.map_err(|error| Kind::File.refused(error, &from, &to))?;
    Ok(Reply::empty())
}

/// Renames a folder, that is all files below it.
pub async fn rename_folder(call: Call) -> reply::Result {
    let (id, from, to) = renamed(&call, Kind::Folder).await?;
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

/// Reads the torrent and both paths, normalised.
///
/// Contract: L53 looks at the new name before the torrent. A new path that leaves the torrent, or that no disk takes, is
/// refused, other than upstream, which moves files out; that the old path is unknown comes first.
async fn renamed(call: &Call, kind: Kind) -> reply::Result<(TorrentId, String, String)> {
    let (from, to) = (call.params.text_or_empty("oldPath"), call.params.text_or_empty("newPath"));
    let name = to.rsplit('/').next().unwrap_or_default();
    if call.level >= Level::L53 && !is_file_name(name, call.level) {
        let word = if matches!(kind, Kind::File) { "File" } else { "Folder" };
        return Err(Reply::conflict(&format!("{word} name has invalid characters")));
    }
    let (id, _) = one(call)?;
    let from = old_path(from, kind, call.level)?;
    if let Some(path) = new_path(to, call.level)? {
        return Ok((id, from, path));
    }
    let files = call.engine().files(id).await.map_err(refused)?;
    let is_known = files.iter().any(|file| match kind {
        Kind::File => file.path == from,
        Kind::Folder => file.path.strip_prefix(&from).is_some_and(|rest| rest.starts_with('/')),
    });
    let error =
        if is_known { Error::Invalid(String::new()) } else { Error::Missing(String::new()) };
    Err(kind.refused(error, &from, to))
}

fn is_file_name(name: &str, level: Level) -> bool {
    let is_bad = |mark: char| mark == '\0' || (level >= Level::L53 && mark.is_ascii_control());
    !name.is_empty() && name != "." && name != ".." && name.len() <= 255 && !name.contains(is_bad)
}

fn old_path(text: &str, kind: Kind, level: Level) -> reply::Result<String> {
    let invalid = || Reply::conflict(&format!("The old path is invalid: '{text}'."));
    if text.is_empty() || text.contains('\0') {
        return Err(invalid());
    }
    match path::inside(text) {
        Some(path)
            if level >= Level::L53 && !path.split('/').all(|name| is_file_name(name, level)) =>
        {
            Err(invalid())
        }
        Some(path) => Ok(path),
        None => Err(Reply::conflict(&format!("No such {}: '{text}'.", kind.word()))),
    }
}

/// `None` for a path that leaves the torrent or that no disk takes.
fn new_path(text: &str, level: Level) -> reply::Result<Option<String>> {
    if text.starts_with('/') && !text.contains('\0') {
        return Err(Reply::conflict(&format!("Absolute path isn't allowed: '{text}'.")));
    }
    let is_name = |name: &str| is_file_name(name, level);
    let path = path::inside(text);
    let has_bad_names =
        level >= Level::L53 && path.as_deref().is_some_and(|path| !path.split('/').all(is_name));
    if text.is_empty() || text.contains('\0') || has_bad_names {
        return Err(Reply::conflict(&format!("The new path is invalid: '{text}'.")));
    }
    Ok(path.filter(|path| path.split('/').all(is_name)))
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

    fn text(reply: Reply) -> String {
        match reply.body {
            reply::Body::Whole(body) => String::from_utf8(body.to_vec()).unwrap(),
            reply::Body::Stream(_) => String::new(),
        }
    }

    #[test]
    fn paths_are_normalised_and_never_leave_the_torrent() {
        let old = |path, level| old_path(path, Kind::File, level).unwrap_or_else(text);
        let new = |path, level| new_path(path, level).map_err(text);

        assert_eq!(old("a//b/", Level::L51), "a/b");
        assert_eq!(old("", Level::L51), "The old path is invalid: ''.");
        assert_eq!(old("/a", Level::L51), "No such file: '/a'.");
        assert_eq!(old("a\\b", Level::L51), "No such file: 'a\\b'.");
        assert_eq!(old("a\nb", Level::L51), "a\nb");
        assert_eq!(old("a\nb", Level::L53), "The old path is invalid: 'a\nb'.");
        assert_eq!(new("a/../b", Level::L51), Ok(Some("b".into())));
        assert_eq!(new("", Level::L51), Err("The new path is invalid: ''.".into()));
        assert_eq!(new("a\0b", Level::L51), Err("The new path is invalid: 'a\0b'.".into()));
        assert_eq!(new("a\n/b", Level::L53), Err("The new path is invalid: 'a\n/b'.".into()));
        assert_eq!(new("/a", Level::L51), Err("Absolute path isn't allowed: '/a'.".into()));
        assert_eq!(new("../a", Level::L51), Ok(None));
        assert_eq!(new(&"x".repeat(256), Level::L51), Ok(None));
    }
}
