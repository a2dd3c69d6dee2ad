//! What a filter of a body selects.

use super::call::Call;
use super::filter::Filter;
use super::problem::{Problem, Result};
use crate::model::TorrentId;

/// The torrents that a filter of a body selects among those that the client may see.
///
/// An empty filter is refused, so that a forgotten member does not mean everything: `{"name": "*"}` does.
pub fn chosen(call: &Call, filter: Filter) -> Result<Vec<TorrentId>> {
    if filter.is_empty() {
        return Err(Problem::invalid("/filter", "must name something; `{\"name\": \"*\"}` is all"));
    }
    let matcher = filter.of_body()?;
    let snapshot = call.snapshot();
    Ok(snapshot
        .torrents
        .values()
        .filter(|row| matcher.matches(row, &snapshot, &call.principal))
        .map(|row| row.facts.id)
        .collect())
}
