//! Watching the state strings of a torrent, and judging whether their order makes sense.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{Client, Level};

/// Polls a torrent until `done` and returns the states it went through, without repetitions in a row.
///
/// # Errors
/// Fails at the deadline.
pub async fn states_until(
    client: &Client,
    id: &str,
    what: &str,
    done: impl Fn(&Value) -> bool,
) -> Result<Vec<String>> {
    let mut states: Vec<String> = Vec::new();
    let mut last = None;
    let end = crate::until(what, async || {
        last = client.torrent(id).await?;
        let Some(torrent) = last.as_ref() else { return Ok(None) };
        let state = torrent["state"].as_str().unwrap_or_default();
        if states.last().is_none_or(|last| last != state) {
            states.push(state.to_owned());
        }
        Ok(done(torrent).then_some(()))
    })
    .await;
    end.with_context(|| format!("went through {states:?} and was last seen as {last:?}"))?;
    Ok(states)
}

/// Describes what is wrong with a sequence of states of one download; `None` if it is plausible.
///
/// Every state must exist at the level, and a torrent passes from metadata over downloading to seeding, never back.
#[must_use]
pub fn complaint(level: Level, states: &[String]) -> Option<String> {
    let known = level.states();
    let mut phase = 0;
    for state in states {
        if !known.contains(&state.as_str()) {
            return Some(format!("`{state}` is no state of level {level}: {states:?}"));
        }
        let next = match state.as_str() {
            "metaDL" | "forcedMetaDL" => 1,
            "downloading" | "stalledDL" | "forcedDL" => 2,
            "uploading" | "stalledUP" | "forcedUP" | "queuedUP" | "stoppedUP" | "pausedUP" => 3,
            _ => phase,
        };
        if next < phase {
            return Some(format!("`{state}` came too late: {states:?}"));
        }
        phase = next;
    }
    None
}
