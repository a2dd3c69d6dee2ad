//! `torrentcreator/*`: tasks that make a `.torrent` of files on the server.

use actix_web::http::StatusCode;
use futures::future::LocalBoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::percent_decode_str;

use super::call::Call;
use super::json::{self, Object};
use super::level::Level;
use super::reply::{Reply, Result};
use super::torrents::export::attachment;
use crate::creator::{Failure, State, Task, Wishes, normalised};
use crate::engine::Format;

/// Takes a task; whether it can be done is seen later.
#[must_use]
pub fn add_task(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let id = call
            .app
            .creator
            .add(wishes(&call), call.engine())
            .map_err(|_| Reply::conflict("Too many active tasks"))?;
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.text("taskID", &id);
        object.end();
        Ok(Reply::json(out))
    })
}

fn wishes(call: &Call) -> Wishes {
    let params = &call.params;
    let text = |name| params.text_or_empty(name).to_owned();
    let truth = |name, default| params.boolean(name).unwrap_or(default);
    let list = |name| -> Vec<String> {
        let items = params.text_or_empty(name).split('|');
        // Contract: 5.1 keeps percent-encoded addresses as they are.
        items
            .map(|item| match call.level {
                Level::L45 | Level::L51 => item.to_owned(),
                Level::L53 => percent_decode_str(item).decode_utf8_lossy().into_owned(),
            })
            .collect()
    };
    let torrent_file = match params.text_or_empty("torrentFilePath") {
        "" => String::new(),
        path => normalised(path),
    };
    Wishes {
        source: normalised(params.text_or_empty("sourcePath")),
        makes_folders: call.level >= Level::L53,
        format: match params.text_or_empty("format") {
            name if name.eq_ignore_ascii_case("v1") => Format::V1,
            name if name.eq_ignore_ascii_case("v2") => Format::V2,
            _ => Format::Hybrid,
        },
        piece_size: params
            .integer("pieceSize")
            .and_then(|size| i32::try_from(size).ok())
            .unwrap_or(0),
        is_private: truth("private", false),
        ignores_dotfiles: call.level < Level::L53 || truth("ignoreDotfiles", true),
        comment: text("comment"),
        source_tag: text("source"),
        trackers: list("trackers"),
        web_seeds: list("urlSeeds"),
        start_seeding: truth("startSeeding", torrent_file.is_empty()),
        torrent_file,
    }
}

/// Describes one task, or all.
#[must_use]
pub fn status(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let tasks = match call.params.text_or_empty("taskID") {
            "" => call.app.creator.list(),
            _ => vec![task(&call)?],
        };
        let mut out = Vec::new();
        json::array(&mut out, &tasks, |out, task| describe(out, task, call.level));
        Ok(Reply::json(out))
    })
}

fn describe(out: &mut Vec<u8>, task: &Task, level: Level) {
    let wishes = &task.wishes;
    let mut object = Object::begin(out);
    optional(&mut object, "comment", &wishes.comment);
    if let State::Failed(failure) = &task.state {
        object.text("errorMessage", &explanation(failure, wishes, level));
    }
    let format = match wishes.format {
        Format::V1 => "v1",
        Format::V2 => "v2",
        Format::Hybrid => "hybrid",
    };
    object.text("format", format);
    if level >= Level::L53 {
        object.boolean("ignoreDotfiles", wishes.ignores_dotfiles);
    }
    object.int("pieceSize", wishes.piece_size).boolean("private", wishes.is_private);
    if task.state == State::Running {
        object.int("progress", task.percent);
    }
    optional(&mut object, "source", &wishes.source_tag);
    let state = match task.state {
        State::Queued => "Queued",
        State::Running => "Running",
        State::Finished => "Finished",
        State::Failed(_) => "Failed",
    };
    object.text("sourcePath", &wishes.source).text("status", state).text("taskID", &task.id);
    for (key, at) in [
        ("timeAdded", Some(task.added_at)),
        ("timeFinished", task.finished_at),
        ("timeStarted", task.started_at),
    ] {
        match at {
            Some(at) if level >= Level::L53 => {
                object.int(key, at.as_second());
            }
            Some(at) => {
                object.text(key, &in_words(at));
            }
            None => {}
        }
    }
    optional(&mut object, "torrentFilePath", &wishes.torrent_file);
    object.array("trackers", &wishes.trackers, |out, url| json::text(out, url));
    object.array("urlSeeds", &wishes.web_seeds, |out, url| json::text(out, url));
    object.end();
}

fn optional(object: &mut Object<'_>, key: &str, text: &str) {
    if !text.is_empty() {
        object.text(key, text);
    }
}

/// `Fri Nov 20 22:27:28 2026`, in the time zone of the server.
fn in_words(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%a %b %-d %H:%M:%S %Y").to_string()
}

fn explanation(failure: &Failure, wishes: &Wishes, level: Level) -> String {
    let reason = match failure {
        Failure::Empty if level >= Level::L53 && wishes.ignores_dotfiles => {
            "All files have been filtered out by 'Ignore dotfiles' option"
        }
        Failure::Empty => "no files in torrent [libtorrent:16]",
        Failure::NoContent => "invalid length of torrent [libtorrent:9]",
        Failure::PieceSize => "invalid piece size [libtorrent:48]",
        Failure::TargetIsFolder => "Filename refers to a directory",
        Failure::Other(reason) => reason,
    };
    format!("Create new torrent file failed. Reason: {reason}.")
}

/// Sends the `.torrent` of a finished task.
#[must_use]
pub fn torrent_file(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let task = task(&call)?;
        match task.state {
            State::Queued | State::Running => {
                return Err(Reply::conflict("Torrent creation is still unfinished."));
            }
            State::Failed(_) => return Err(Reply::conflict("Torrent creation failed.")),
            State::Finished => {}
        }
        let path = call.app.creator.result(&task);
        let shown = path.display().to_string();
        let read = actix_web::web::block(move || fs_err::read(path).ok()).await;
        let bytes = read.ok().flatten().ok_or_else(|| {
            Reply::conflict(&format!(
                "File open error. File: \"{shown}\". Error: \"No such file or directory\""
            ))
        })?;
        let name = match call.level {
            Level::L45 | Level::L51 => task.id.as_str(),
            Level::L53 => task.wishes.source.rsplit('/').next().unwrap_or_default(),
        };
        let reply = Reply::with(StatusCode::OK, "application/x-bittorrent", bytes.into());
        Ok(reply.header("content-disposition", attachment(&format!("{name}.torrent"))))
    })
}

/// Forgets a task, and ends it if it runs.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "a handler takes its call")]
pub fn delete_task(call: Call) -> LocalBoxFuture<'static, Result> {
    let is_known = call.app.creator.delete(call.params.text_or_empty("taskID"));
    let answer = if is_known { Ok(Reply::empty()) } else { Err(Reply::not_found("")) };
    Box::pin(std::future::ready(answer))
}

fn task(call: &Call) -> Result<Task> {
    let task = call.app.creator.task(call.params.text_or_empty("taskID"));
    task.ok_or_else(|| Reply::not_found(""))
}
