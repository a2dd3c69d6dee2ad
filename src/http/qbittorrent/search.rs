//! `search/*`, as a server without plugins and searches answers.
//!
//! There is no search in this server yet. What only reads, or names plugins and searches that do not exist, is
//! answered as the real servers answer it while they have none; what would start a search or install a plugin is
//! refused.

#![expect(clippy::needless_pass_by_value, reason = "handlers of the table take the call as it is")]

use futures::future::LocalBoxFuture;

use super::call::Call;
use super::reply::{self, Reply, Result};
use super::torrents::add;
use crate::intake::Link;

/// What a client reads that wants a search or a plugin.
const REFUSAL: &str = "Revaer has no search yet, so nothing was started or installed.";

#[must_use]
pub fn start(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::conflict(REFUSAL))
}

/// Answers whatever asks for a certain search.
#[must_use]
pub fn unknown_search(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::not_found(""))
}

/// Lists no searches; without an id all of them, with one a search that does not exist.
#[must_use]
pub fn status(call: Call) -> LocalBoxFuture<'static, Result> {
    let id = call.params.integer("id").unwrap_or(0);
    reply::now(if id == 0 { Reply::json("[]") } else { Reply::not_found("") })
}

#[must_use]
pub fn plugins(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::json("[]"))
}

#[must_use]
pub fn install_plugin(call: Call) -> LocalBoxFuture<'static, Result> {
    let names_none = call.params.text_or_empty("sources").is_empty();
    reply::now(if names_none { Reply::empty() } else { Reply::conflict(REFUSAL) })
}

/// Refuses: upstream would install the official plugins that are missing.
#[must_use]
pub fn update_plugins(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::conflict(REFUSAL))
}

/// Succeeds, because the plugins that are named do not exist and upstream does not mind.
#[must_use]
pub fn done(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::empty())
}

/// Adds a magnet; for any other URL it would take the named plugin, and an unknown one is no error.
pub async fn download_torrent(call: Call) -> Result {
    if let Some(link @ Link::Magnet(_)) = Link::parse(call.params.text_or_empty("torrentUrl")) {
        add::one(&call, link).await?;
    }
    Ok(Reply::empty())
}
