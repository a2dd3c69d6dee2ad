//! `…/pieces/deadlines`: pieces that a player needs next.
//!
//! A request names pieces, or a place in a file from which a player reads on: the pieces of that stretch are then due
//! one after the other, as fast as the player reads. Deadlines are kept in memory only.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::streaming::MOST_DEADLINES;
use crate::http::v1::answer::Answer;
use crate::http::v1::call::Call;
use crate::http::v1::problem::{Problem, Result};

/// Seconds that a deadline may lie ahead.
const LATEST: f64 = 86_400.0;

/// What is needed when; at least one of both.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "NewDeadlines")]
pub struct New {
    pub pieces: Vec<Deadline>,
    pub read_ahead: Option<ReadAhead>,
    /// Forget earlier deadlines, as a player does that jumps.
    pub replace: bool,
}

/// A piece and the seconds from now in which it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PieceDeadline")]
pub struct Deadline {
    pub index: u32,
    #[schemars(range(min = 0, max = 86_400))]
    pub within: f64,
}

/// A stretch of a file that is read from its beginning on.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadAhead {
    /// The file, by its index.
    pub file: u32,
    /// Bytes from the beginning of the file.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub offset: i64,
    /// Bytes to have ahead.
    #[schemars(range(min = 1))]
    pub length: i64,
    /// Seconds until the first byte is needed.
    #[serde(default)]
    #[schemars(range(min = 0, max = 86_400))]
    pub within: f64,
    /// Bytes per second that are read from then on; everything is due at once without it.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub rate: Option<u32>,
}

/// The deadlines that were handed on, by piece.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Deadlines")]
pub struct Given {
    pub pieces: Vec<Deadline>,
}

/// Gives pieces deadlines.
pub async fn set_deadlines(call: Call) -> Result {
    let new: New = call.json()?;
    let (id, row) = call.torrent()?;
    let Some(metadata) = &row.facts.metadata else {
        return Err(Problem::conflict("the torrent's metadata is not known yet"));
    };
    let mut pieces = Vec::new();
    for (at, piece) in new.pieces.iter().enumerate() {
        if piece.index >= metadata.pieces {
            let reason = format!("the torrent has {} pieces", metadata.pieces);
            return Err(Problem::invalid(format!("/pieces/{at}/index"), reason));
        }
        within(piece.within, &format!("/pieces/{at}/within"))?;
        pieces.push(*piece);
    }
    if let Some(ahead) = new.read_ahead {
        let span = call.engine().file_span(id, ahead.file).await?.ok_or_else(|| {
            Problem::invalid("/read_ahead/file", format!("the torrent has no file {}", ahead.file))
        })?;
        within(ahead.within, "/read_ahead/within")?;
        pieces.extend(stretch(&ahead, span, metadata.piece_size)?);
    }
    match pieces.len() {
        0 => return Err(Problem::invalid("", "either `pieces` or `read_ahead` is needed")),
        count if count > MOST_DEADLINES => {
            return Err(Problem::invalid("", format!("may name {MOST_DEADLINES} pieces")));
        }
        _ => {}
    }
    let deadlines =
        pieces.iter().map(|piece| (piece.index, Duration::from_secs_f64(piece.within))).collect();
    call.engine().set_deadlines(id, deadlines, new.replace).await?;
    Answer::json(&Given { pieces })
}

/// Forgets all deadlines.
pub async fn clear_deadlines(call: Call) -> Result {
    let (id, _) = call.torrent()?;
    call.engine().clear_deadlines(id).await?;
    Ok(Answer::nothing())
}

fn within(seconds: f64, pointer: &str) -> Result<()> {
    if (0.0..=LATEST).contains(&seconds) {
        return Ok(());
    }
    Err(Problem::invalid(pointer, format!("must be from 0 to {LATEST} seconds")))
}

/// The pieces of a stretch of a file, which begins at a byte of the torrent and has a size; each is due when the player
/// comes to it.
#[expect(clippy::cast_precision_loss, reason = "a time to wait needs no more than 53 bits")]
fn stretch(ahead: &ReadAhead, (begin, size): (i64, i64), piece_size: u32) -> Result<Vec<Deadline>> {
    if !(0..size).contains(&ahead.offset) {
        let reason = format!("must lie in the file, which has {size} bytes");
        return Err(Problem::invalid("/read_ahead/offset", reason));
    }
    if ahead.length < 1 {
        return Err(Problem::invalid("/read_ahead/length", "must be above 0"));
    }
    if ahead.rate == Some(0) {
        return Err(Problem::invalid("/read_ahead/rate", "must be above 0"));
    }
    let piece_size = i64::from(piece_size.max(1));
    let start = begin + ahead.offset;
    let end = begin + ahead.offset.saturating_add(ahead.length).min(size);
    let (first, last) = (start / piece_size, (end - 1) / piece_size);
    if usize::try_from(last - first).unwrap_or(usize::MAX) >= MOST_DEADLINES {
        let reason = format!("may cover {MOST_DEADLINES} pieces");
        return Err(Problem::invalid("/read_ahead/length", reason));
    }
    let due = |piece: i64| {
        let bytes = (piece * piece_size - start).max(0);
        let reading = ahead.rate.map_or(0.0, |rate| bytes as f64 / f64::from(rate));
        (ahead.within + reading).min(LATEST)
    };
    let pieces = (first..=last).filter_map(|piece| {
        Some(Deadline { index: u32::try_from(piece).ok()?, within: due(piece) })
    });
    Ok(pieces.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ahead(offset: i64, length: i64, rate: Option<u32>) -> ReadAhead {
        ReadAhead { file: 0, offset, length, within: 1.0, rate }
    }

    #[test]
    fn pieces_are_due_when_the_player_comes_to_them() {
        let pieces = stretch(&ahead(10, 30, Some(10)), (20, 100), 16).unwrap();

        let due: Vec<(u32, f64)> = pieces.iter().map(|one| (one.index, one.within)).collect();
        // The stretch has the bytes 30 to 59 of the torrent: pieces 1 (from 16), 2 (from 32) and 3 (from 48).
        assert_eq!(due, [(1, 1.0), (2, 1.2), (3, 2.8)]);
    }

    #[test]
    fn a_stretch_ends_with_its_file() {
        let pieces = stretch(&ahead(90, i64::MAX, None), (20, 100), 16).unwrap();

        assert_eq!(pieces.iter().map(|one| one.index).collect::<Vec<_>>(), [6, 7]);
        assert!(stretch(&ahead(100, 1, None), (20, 100), 16).is_err());
        assert!(stretch(&ahead(-1, 1, None), (20, 100), 16).is_err());
        assert!(stretch(&ahead(0, 0, None), (20, 100), 16).is_err());
        assert!(stretch(&ahead(0, 1, Some(0)), (20, 100), 16).is_err());
    }
}
