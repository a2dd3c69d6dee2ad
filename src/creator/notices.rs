//! Tells how far tasks are, to those who follow progress.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Creator, State};
use crate::events::{Event, Events, Kind};
use crate::model::Actor;

/// Tells how far jobs are, once a second while any runs and somebody listens.
pub async fn run(creator: Creator, events: Events, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let mut told: Vec<(String, &'static str, u32)> = Vec::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        if events.progress_listeners() == 0 {
            continue;
        }
        let now: Vec<(String, &'static str, u32)> = creator
            .list()
            .into_iter()
            .map(|task| (task.id, word(&task.state), task.percent))
            .collect();
        let news = now.iter().filter(|job| !told.contains(job)).map(|(job, state, percent)| {
            let kind = Kind::JobProgressed { job: job.clone(), state, percent: *percent };
            Event::new(Actor::System, None, kind)
        });
        events.submit(Vec::new(), news.collect(), None);
        told = now;
    }
}

fn word(state: &State) -> &'static str {
    match state {
        State::Queued => "queued",
        State::Running => "running",
        State::Finished => "finished",
        State::Failed(_) => "failed",
    }
}
