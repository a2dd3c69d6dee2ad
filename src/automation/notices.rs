//! Tells of what changes outside of the engine thread: settings, and the health of the engine.

use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, Health};
use crate::events::{Event, Events, Kind};
use crate::model::Actor;
use crate::settings::Settings;

/// Lines of the history that one look takes in.
const LINES: u64 = 1000;

/// Tells of changed settings, with who changed them, until told to stop.
pub async fn settings(settings: Settings, events: Events, stop: CancellationToken) {
    let mut profiles = settings.subscribe();
    let mut told = settings.revision();
    loop {
        tokio::select! {
            changed = profiles.changed() => if changed.is_err() { return },
            () = stop.cancelled() => return,
        }
        let lines = match settings.history(None, LINES).await {
            Ok(lines) => lines,
            Err(error) => {
                tracing::warn!(%error, "a change of settings is not told");
                continue;
            }
        };
        let mut news: Vec<(u64, String, Vec<String>)> = Vec::new();
        for line in lines.into_iter().rev().filter(|line| line.revision > told) {
            match news.last_mut().filter(|(revision, ..)| *revision == line.revision) {
                Some((_, _, keys)) => keys.push(line.key),
                None => news.push((line.revision, line.actor, vec![line.key])),
            }
        }
        told = news.last().map_or(told, |(revision, ..)| *revision);
        let news = news.into_iter().map(|(revision, actor, keys)| {
            Event::new(Actor::named(&actor), None, Kind::SettingsChanged { revision, keys })
        });
        events.submit(Vec::new(), news.collect(), None);
    }
}

/// Tells of changes of the engine's health, until told to stop.
pub async fn health(engine: Engine, events: Events, stop: CancellationToken) {
    let mut health = engine.health();
    let mut told = text(&health.borrow_and_update());
    loop {
        tokio::select! {
            changed = health.changed() => if changed.is_err() { return },
            () = stop.cancelled() => return,
        }
        let now = text(&health.borrow_and_update());
        if now != told {
            told.clone_from(&now);
            let event = Event::new(Actor::System, None, Kind::HealthChanged { health: now });
            events.submit(Vec::new(), vec![event], None);
        }
    }
}

fn text(health: &Health) -> String {
    match health {
        Health::Starting => "starting".to_owned(),
        Health::Running => "running".to_owned(),
        Health::Degraded(reason) => format!("degraded: {reason}"),
        Health::Restarting(reason) => format!("restarting: {reason}"),
        Health::Failed(reason) => format!("failed: {reason}"),
        Health::Stopped => "stopped".to_owned(),
    }
}
