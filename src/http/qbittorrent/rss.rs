//! `rss/*`, as a server without feeds and rules answers.
//!
//! There is no RSS in this server yet. What only reads, or acts on feeds and rules that do not exist, is answered as
//! the real servers answer it while they have none; what would create a feed, folder or rule is refused.

#![expect(clippy::needless_pass_by_value, reason = "handlers of the table take the call as it is")]

use futures::future::LocalBoxFuture;
use serde_json::Value;

use super::call::Call;
use super::level::Level;
use super::reply::{self, Reply, Result};

/// What a client reads that wants something kept.
const REFUSAL: &str = "Revaer has no RSS yet, so nothing was changed.";

const SEPARATOR: char = '\\';

#[must_use]
pub fn add_folder(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(refuse_item(call.params.text_or_empty("path"), call.level))
}

#[must_use]
pub fn add_feed(call: Call) -> LocalBoxFuture<'static, Result> {
    let url = call.params.text_or_empty("url");
    let path = match call.params.text_or_empty("path") {
        "" => url,
        path => path,
    };
    reply::now(refuse_item(path, call.level))
}

/// Answers every attempt to create an item: what is wrong with its path comes first, as upstream has it.
fn refuse_item(path: &str, level: Level) -> Reply {
    // Contract: only 4.5 trims paths.
    let path = if level == Level::L45 { path.trim() } else { path };
    let is_valid = !path.is_empty()
        && !path.starts_with(SEPARATOR)
        && !path.ends_with(SEPARATOR)
        && !path.contains("\\\\");
    match path.rsplit_once(SEPARATOR) {
        _ if !is_valid => Reply::conflict(&format!("Incorrect RSS Item path: {path}.")),
        Some((parent, _)) => Reply::conflict(&format!("Parent folder doesn't exist: {parent}.")),
        None => Reply::conflict(REFUSAL),
    }
}

#[must_use]
pub fn set_feed_url(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(no_feed(call.params.text_or_empty("path")))
}

#[must_use]
pub fn set_feed_refresh_interval(call: Call) -> LocalBoxFuture<'static, Result> {
    let interval = call.params.integer("refreshInterval").filter(|seconds| *seconds >= 0);
    reply::now(if interval.is_some() {
        no_feed(call.params.text_or_empty("path"))
    } else {
        Reply::bad_request("Invalid 'refreshInterval' value")
    })
}

fn no_feed(path: &str) -> Reply {
    Reply::conflict(&format!("Feed doesn't exist: {path}."))
}

#[must_use]
pub fn remove_item(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(no_item(&call, "path", "Cannot delete root folder."))
}

#[must_use]
pub fn move_item(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(no_item(&call, "itemPath", "Cannot move root folder."))
}

fn no_item(call: &Call, name: &str, root: &str) -> Reply {
    let path = call.params.text_or_empty(name);
    // Contract: 4.5 ignores blanks around it.
    match if call.level == Level::L45 { path.trim() } else { path } {
        "" => Reply::conflict(root),
        path => Reply::conflict(&format!("Item doesn't exist: {path}.")),
    }
}

/// An object without members: there are no items, rules and matches.
#[must_use]
pub fn nothing(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::json("{}"))
}

/// Succeeds, because what is named does not exist and upstream does not mind.
#[must_use]
pub fn done(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::empty())
}

#[must_use]
pub fn mark_as_read(call: Call) -> LocalBoxFuture<'static, Result> {
    // Contract: since 5.3 an unknown item is answered with 204, the root with 200.
    let is_unknown = !call.params.text_or_empty("itemPath").is_empty();
    let reply =
        if is_unknown && call.level >= Level::L53 { Reply::no_content() } else { Reply::empty() };
    reply::now(reply)
}

#[must_use]
pub fn set_rule(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::conflict(REFUSAL))
}

#[must_use]
pub fn export_rules(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(
        Reply::json("{\n}\n")
            .header("content-disposition", "attachment; filename=\"rss-downloader-rules.json\""),
    )
}

/// Takes a file without rules, and refuses one that has some.
#[must_use]
pub fn import_rules(call: Call) -> LocalBoxFuture<'static, Result> {
    let reply = match call.params.uploads() {
        [file] => match serde_json::from_slice(&file.data) {
            Ok(Value::Object(rules)) if rules.is_empty() => Reply::no_content(),
            Ok(Value::Object(rules)) if rules.values().all(Value::is_object) => {
                Reply::conflict(REFUSAL)
            }
            Ok(Value::Object(_) | Value::Array(_)) => Reply::bad_request("Invalid data format."),
            Ok(_) | Err(_) => Reply::bad_request("illegal value"),
        },
        _ => Reply::bad_request("Exactly one rules file is required"),
    };
    reply::now(reply)
}
