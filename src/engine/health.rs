//! How the engine is: a phase, and the parts of it that do not work as they should.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// How the engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Torrents are being attached.
    Starting,
    Running,
    /// Works, but not as it should; the reasons are for people.
    Degraded(String),
    /// Rebuilds its session.
    Restarting(String),
    /// Given up; the process must be restarted.
    Failed(String),
    Stopped,
}

/// A part of the engine that can be worried about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Sockets that peers connect to.
    Listening,
    /// Interfaces and addresses that were chosen.
    Interfaces,
    /// libtorrent's settings against those of the profile.
    Settings,
    /// Files and lists of blocked addresses.
    Filter,
}

/// Where everybody sees how the engine is. A worry shows once the torrents are attached, and until it is over.
pub(super) struct Board {
    shown: watch::Sender<Health>,
    worries: Mutex<BTreeMap<Part, String>>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self { shown: watch::Sender::new(Health::Starting), worries: Mutex::default() }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Health> {
        self.shown.subscribe()
    }

    /// Why orders are refused, once the engine has been given up.
    pub(super) fn failure(&self) -> Option<String> {
        match &*self.shown.borrow() {
            Health::Failed(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    pub(super) fn set(&self, health: Health) {
        self.shown.send_replace(health);
    }

    /// All torrents are attached.
    pub(super) fn set_running(&self) {
        let works = self.works();
        self.shown.send_if_modified(|health| {
            let was_starting = matches!(health, Health::Starting | Health::Restarting(_));
            if was_starting {
                *health = works;
            }
            was_starting
        });
    }

    pub(super) fn worry(&self, part: Part, reason: String) {
        self.learns_to_worry(part, reason);
    }

    /// As [`Self::worry`]; tells whether that is news.
    pub(super) fn learns_to_worry(&self, part: Part, reason: String) -> bool {
        let mut is_news = false;
        self.change(|worries| {
            is_news = worries.get(&part) != Some(&reason);
            worries.insert(part, reason);
            is_news
        });
        is_news
    }

    pub(super) fn is_worried(&self, part: Part) -> bool {
        self.worries.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&part)
    }

    pub(super) fn relieve(&self, part: Part) {
        self.change(|worries| worries.remove(&part).is_some());
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<Part, String>) -> bool) {
        let differs = change(&mut self.worries.lock().unwrap_or_else(PoisonError::into_inner));
        if !differs {
            return;
        }
        let works = self.works();
        self.shown.send_if_modified(|health| {
            let shows = matches!(health, Health::Running | Health::Degraded(_)) && *health != works;
            if shows {
                *health = works;
            }
            shows
        });
    }

    fn works(&self) -> Health {
        let worries = self.worries.lock().unwrap_or_else(PoisonError::into_inner);
        if worries.is_empty() {
            return Health::Running;
        }
        Health::Degraded(worries.values().map(String::as_str).collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worries_show_while_they_last() {
        let board = Board::new();
        let health = board.subscribe();
        let shown = || health.borrow().clone();
        board.worry(Part::Listening, "no socket".to_owned());
        assert_eq!(shown(), Health::Starting);

        board.set_running();
        board.worry(Part::Filter, "no file".to_owned());
        assert_eq!(shown(), Health::Degraded("no socket; no file".to_owned()));

        board.relieve(Part::Listening);
        board.relieve(Part::Filter);
        assert_eq!(shown(), Health::Running);

        board.set(Health::Stopped);
        board.worry(Part::Filter, "no file".to_owned());
        assert_eq!(shown(), Health::Stopped);
    }
}
