//! `…/pieces`: which pieces are here, on their way, and at how many peers.

pub mod deadlines;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use super::call::Call;
use super::problem::Result;
use crate::model::PieceState;

/// The pieces of a torrent, as runs of equal states.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pieces {
    /// `null` without metadata.
    pub piece_size: Option<u32>,
    pub count: usize,
    pub have: usize,
    pub runs: Vec<Run>,
    /// How many peers have each piece; empty for a complete torrent.
    pub availability: Vec<i32>,
}

/// Neighbours in one state.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PieceRun")]
pub struct Run {
    pub state: State,
    pub first: usize,
    pub count: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PieceState")]
pub enum State {
    Missing,
    Downloading,
    Have,
}

/// Shows the pieces.
pub async fn read_pieces(call: Call) -> Result {
    let (id, row) = call.torrent()?;
    let states = call.engine().piece_states(id).await?;
    let availability = call.engine().piece_availability(id).await?;
    Answer::json(&Pieces {
        piece_size: row.facts.metadata.as_ref().map(|metadata| metadata.piece_size),
        count: states.len(),
        have: states.iter().filter(|state| **state == PieceState::Have).count(),
        runs: runs(&states),
        availability,
    })
}

fn runs(states: &[PieceState]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, state) in states.iter().enumerate() {
        let state = match state {
            PieceState::Missing => State::Missing,
            PieceState::Downloading => State::Downloading,
            PieceState::Have => State::Have,
        };
        match runs.last_mut() {
            Some(run) if run.state == state => run.count += 1,
            _ => runs.push(Run { state, first: at, count: 1 }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_run() {
        use PieceState::{Have, Missing};

        let runs = runs(&[Have, Have, Missing, Have]);

        let shown: Vec<_> = runs.iter().map(|run| (run.first, run.count)).collect();
        assert_eq!(shown, [(0, 2), (2, 1), (3, 1)]);
    }
}
