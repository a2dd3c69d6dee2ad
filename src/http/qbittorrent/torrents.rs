//! `torrents/*`: how torrents are named in requests, and how refusals are answered.
//!
//! The actions are in the files below; `routes/torrents.rs` says which is where.

pub mod add;
pub mod control;
pub mod download;
pub mod export;
pub mod files;
pub mod labels;
pub mod limits;
pub mod list;
pub mod location;
pub mod metadata;
pub mod peers;
pub mod properties;
pub mod trackers;
mod url_text;
pub mod web_seeds;

use actix_web::http::StatusCode;

use super::call::Call;
use super::reply::{self, Reply};
use crate::engine::{Error, Row};
use crate::model::{Selection, Tag, TorrentId};

/// The torrents of a list of ids; the single word `all` means every one, unknown and malformed ids none.
#[must_use]
pub fn selection(hashes: &str) -> Selection {
    if hashes == "all" { Selection::All } else { ids(hashes) }
}

/// The torrents of a list of ids where `all` has no special meaning.
#[must_use]
pub fn ids(hashes: &str) -> Selection {
    Selection::Ids(hashes.split('|').filter_map(|id| id.parse().ok()).collect())
}

/// The torrents of the parameter `hashes`.
#[must_use]
pub fn selected(call: &Call) -> Selection {
    selection(call.params.text_or_empty("hashes"))
}

/// The torrent of the parameter `hash`.
///
/// # Errors
/// 404 if there is none.
pub fn one(call: &Call) -> reply::Result<(TorrentId, Row)> {
    let id: TorrentId =
        call.params.text_or_empty("hash").parse().map_err(|_| Reply::not_found(""))?;
    let snapshot = call.snapshot();
    let row = snapshot.torrent(&id).ok_or_else(|| Reply::not_found(""))?;
    // An id from before the metadata arrived still resolves; everything else goes by the present one.
    Ok((row.facts.id, row.clone()))
}

/// The tags of a comma-separated list; what cannot be a tag is left out.
#[must_use]
pub fn tags(text: &str) -> Vec<Tag> {
    text.split(',').filter_map(Tag::new).collect()
}

/// The answer to an order that the engine refused.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "so that it fits `map_err`")]
pub fn refused(error: Error) -> Reply {
    match error {
        Error::NotFound(_) => Reply::not_found(""),
        Error::QueueingDisabled => Reply::conflict("Torrent queueing must be enabled"),
        Error::Duplicate(_) | Error::Missing(_) | Error::Exists(_) | Error::NoMetadata => {
            Reply::conflict("")
        }
        Error::Invalid(_) => Reply::bad_request(""),
        Error::Unavailable(_) => Reply::error(StatusCode::SERVICE_UNAVAILABLE, ""),
        Error::Native(_) | Error::Store(_) => {
            tracing::error!(%error, "an order failed");
            Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "")
        }
    }
}

/// 204 from L53 on, 200 before.
#[must_use]
pub fn done(call: &Call) -> Reply {
    if call.level >= super::level::Level::L53 { Reply::no_content() } else { Reply::empty() }
}

/// Unix seconds.
#[must_use]
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_either_case_and_bad_ones_skipped() {
        let id = "AABBCCDDEEFF00112233445566778899aabbccdd";

        assert_eq!(selection("all"), Selection::All);
        assert_eq!(selection(""), Selection::Ids(Vec::new()));
        assert_eq!(selection(&format!("all|zz|{id}")), Selection::Ids(vec![id.parse().unwrap()]));
        assert_eq!(ids("all"), Selection::Ids(Vec::new()));
    }

    #[test]
    fn tags_are_trimmed_and_empty_ones_dropped() {
        let tags = tags(" a , ,b,");

        assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), ["a", "b"]);
    }
}
