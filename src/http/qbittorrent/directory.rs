//! `app/getDirectoryContent` and `app/getFreeSpaceAtPath`: what path pickers of clients ask.

use std::path::Path;
use std::time::UNIX_EPOCH;

use futures::future::LocalBoxFuture;
use serde_json::{Map, Value, json};

use super::app::json as answer;
use super::call::Call;
use super::level::Level;
use super::reply::{Reply, Result};
use crate::model::path;

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    All,
    Directories,
    Files,
}

/// Lists a directory, without hidden entries and without going deeper.
#[must_use]
pub fn content(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let invalid = || Reply::bad_request("Invalid directory path");
        let missing = || Reply::not_found("Directory does not exist");
        let directory = path::absolute(call.params.text_or_empty("dirPath")).ok_or_else(invalid)?;
        // Outside of the roots nothing exists for clients, the home of this server least of all.
        let profile = call.app.settings.effective();
        let reachable = profile.paths.roots.iter().any(|root| path::is_within(&directory, root));
        let home = call.app.home.to_string_lossy().into_owned();
        if !reachable || path::is_within(&directory, &home) {
            return Err(missing());
        }
        let mode = match call.params.text("mode").unwrap_or("all") {
            "all" => Some(Mode::All),
            "dirs" => Some(Mode::Directories),
            "files" => Some(Mode::Files),
            _ => None,
        };
        let described =
            call.level >= Level::L53 && call.params.boolean("withMetadata").unwrap_or(false);
        let listing = actix_web::web::block(move || {
            let exists = Path::new(&directory).is_dir();
            exists.then(|| mode.map(|mode| list(&directory, mode, described, &home)))
        });
        let listed = listing.await.ok().flatten().ok_or_else(missing)?;
        let entries = listed
            .ok_or_else(|| Reply::bad_request("Invalid mode, allowed values: all, dirs, files"))?;
        Ok(answer(&Value::Array(entries)))
    })
}

fn list(directory: &str, mode: Mode, described: bool, home: &str) -> Vec<Value> {
    let entries = match fs_err::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::debug!(%error, "a directory cannot be listed");
            return Vec::new();
        }
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let full = path::join(directory, &name);
            // Links are followed: what they lead to decides.
            let metadata = fs_err::metadata(entry.path()).ok()?;
            let wanted = match mode {
                Mode::All => metadata.is_dir() || metadata.is_file(),
                Mode::Directories => metadata.is_dir(),
                Mode::Files => metadata.is_file(),
            };
            if !wanted || name.starts_with('.') || full == home {
                return None;
            }
            Some(if described { describe(name, &metadata) } else { Value::from(full) })
        })
        .collect()
}

fn describe(name: String, metadata: &std::fs::Metadata) -> Value {
    let seconds = |time: std::io::Result<std::time::SystemTime>| {
        let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        since.map_or(json!(-1), |since| json!(since.as_secs()))
    };
    let mut entry = Map::new();
    entry.insert("creation_date".into(), seconds(metadata.created()));
    entry.insert("last_access_date".into(), seconds(metadata.accessed()));
    entry.insert("last_modification_date".into(), seconds(metadata.modified()));
    entry.insert("name".into(), name.into());
    if metadata.is_file() {
        entry.insert("size".into(), metadata.len().into());
    }
    entry.insert("type".into(), if metadata.is_dir() { "dir" } else { "file" }.into());
    Value::Object(entry)
}

/// Bytes free where a path lies or would lie; -1 for what is no absolute path.
#[must_use]
pub fn free_space(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let wanted = path::absolute(call.params.text_or_empty("path"));
        let free = actix_web::web::block(move || {
            let wanted = wanted?;
            Path::new(&wanted).ancestors().find_map(|ancestor| {
                let system = rustix::fs::statvfs(ancestor).ok()?;
                Some(system.f_bavail.saturating_mul(system.f_frsize))
            })
        });
        Ok(Reply::text(
            free.await.ok().flatten().map_or_else(|| "-1".to_owned(), |free| free.to_string()),
        ))
    })
}
