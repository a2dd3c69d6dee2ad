//! Whether every action is asked at every level, rightly and wrongly.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use compat_tests::contract::{Action, actions};
use compat_tests::transcript::{Exchange, recordings};
use compat_tests::{Level, at_each_level};

use super::documented::{self, FAILURES};

/// Actions whose success other scenarios show, because it differs on purpose, needs a transfer or ends later: the action,
/// the file in this folder and what stands in it.
const SHOWN_ELSEWHERE: [(&str, &str); 18] = [
    ("rss/addFeed", "rss.rs"),
    ("rss/addFolder", "rss.rs"),
    ("rss/cloneRule", "rss.rs"),
    ("rss/importRules", "rss.rs"),
    ("rss/moveItem", "rss.rs"),
    ("rss/removeItem", "rss.rs"),
    ("rss/setFeedRefreshInterval", "rss.rs"),
    ("rss/setFeedURL", "rss.rs"),
    ("rss/setRule", "rss.rs"),
    ("search/delete", "search.rs"),
    ("search/installPlugin", "search.rs"),
    ("search/results", "search.rs"),
    ("search/start", "search.rs"),
    ("search/stop", "search.rs"),
    ("search/updatePlugins", "search.rs"),
    ("torrentcreator/addTask", "torrentcreator.rs"),
    ("torrentcreator/deleteTask", "torrentcreator.rs"),
    ("torrentcreator/torrentFile", "torrentcreator.rs"),
];

/// What is missing about an action that the level has.
fn missing(action: &Action, asked: &[&Exchange]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    let mut want = |is_there: bool, what| {
        if !is_there {
            missing.push(what);
        }
    };
    let has = |test: &dyn Fn(&Exchange) -> bool| asked.iter().any(|exchange| test(exchange));
    let elsewhere = SHOWN_ELSEWHERE.iter().any(|(name, _)| *name == action.name);
    want(elsewhere || has(&|e| (200..300).contains(&e.status)), "success");
    want(!action.is_post || has(&|e| e.status == 405), "the wrong verb");
    want(action.required.is_empty() || has(&|e| e.status == 400), "a missing parameter");
    if let Some(name) = action.torrent_param() {
        let unknown = "f".repeat(40);
        want(has(&|e| e.params().contains(&(name, unknown.as_str()))), "an unknown hash");
    }
    if !elsewhere && !action.required.is_empty() {
        let surplus = |e: &Exchange| {
            e.params().iter().any(|(name, _)| !action.required.iter().any(|known| known == name))
        };
        want(has(&surplus), "a surplus parameter");
        let twice = |e: &Exchange| {
            let params = e.params();
            params.iter().any(|(name, _)| params.iter().filter(|(n, _)| n == name).count() > 1)
        };
        want(has(&twice), "a parameter twice");
    }
    missing
}

async fn every_action_is_asked_rightly_and_wrongly(level: Level) -> Result<()> {
    let recorded = recordings(level)?;
    let mut asked: BTreeMap<&str, Vec<&Exchange>> = BTreeMap::new();
    for exchange in &recorded {
        if let Some(action) = exchange.action() {
            asked.entry(action).or_default().push(exchange);
        }
    }
    let mut complaints = Vec::new();
    for (name, action) in actions(level)? {
        let asked = asked.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let missing = match &action {
            Some(action) => missing(action, asked),
            None if asked.iter().any(|exchange| exchange.status == 404) => Vec::new(),
            None => vec!["404 where the level lacks it"],
        };
        if !missing.is_empty() {
            complaints.push(format!("{name}: {}", missing.join(", ")));
        }
    }
    for (action, file) in SHOWN_ELSEWHERE {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");
        let text = fs_err::read_to_string(format!("{folder}/{file}"))?;
        let name = action.split('/').next_back().unwrap_or_default();
        if !text.contains(name) {
            complaints.push(format!("{action} is not in {file}"));
        }
    }
    ensure!(complaints.is_empty(), "never asked at level {level}:\n{}", complaints.join("\n"));
    Ok(())
}

/// What is missing of the documented failures: nothing recorded has the status and the text, and no scenario shows it.
async fn every_documented_failure_is_shown(level: Level) -> Result<()> {
    let recorded = recordings(level)?;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");
    let mut complaints = Vec::new();
    for (action, levels, status, text) in FAILURES.iter().filter(|row| row.1.contains(&level)) {
        let is_it = |exchange: &Exchange| {
            exchange.action() == Some(action)
                && exchange.status == *status
                && (text.is_empty()
                    || exchange.body.as_str().is_some_and(|body| body.contains(text)))
        };
        let elsewhere = documented::SHOWN_ELSEWHERE
            .iter()
            .find(|(known, number, _)| known == action && number == status);
        let is_shown = match elsewhere {
            Some((_, _, file)) => {
                let scenario = fs_err::read_to_string(format!("{folder}/{file}"))?;
                scenario.contains(if text.is_empty() { action } else { text })
            }
            None => recorded.iter().any(is_it),
        };
        if !is_shown {
            complaints.push(format!("{action}: {status} {text} ({levels:?})"));
        }
    }
    ensure!(complaints.is_empty(), "never shown at level {level}:\n{}", complaints.join("\n"));
    Ok(())
}

at_each_level!(every_action_is_asked_rightly_and_wrongly, every_documented_failure_is_shown);
