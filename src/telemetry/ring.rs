//! The latest messages and refused peers, as clients read them through the log endpoints.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// Entries kept in each ring, as upstream keeps them.
const CAPACITY: usize = 20_000;

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Normal,
    Info,
    Warning,
    Critical,
}

impl Severity {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Counts from 0 in each process.
    pub id: i64,
    /// Unix seconds.
    pub at: i64,
    pub severity: Severity,
    pub text: Arc<str>,
}

/// One peer that was not let in.
#[derive(Debug, Clone)]
pub struct RefusedPeer {
    pub id: i64,
    /// Unix seconds.
    pub at: i64,
    pub address: IpAddr,
    /// By the IP filter; otherwise it was banned.
    pub blocked: bool,
    pub reason: Arc<str>,
}

/// Both rings. Locks are held for a push or a copy of the wanted tail.
#[derive(Debug, Default)]
pub struct LogRing {
    messages: Mutex<Ring<Message>>,
    peers: Mutex<Ring<RefusedPeer>>,
}

#[derive(Debug)]
struct Ring<T> {
    entries: VecDeque<T>,
    next: i64,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self { entries: VecDeque::new(), next: 0 }
    }
}

impl<T: Clone> Ring<T> {
    fn push(&mut self, entry: impl FnOnce(i64) -> T) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry(self.next));
        self.next += 1;
    }

    /// Copies the entries whose id is larger, in order.
    fn after(&self, id: i64) -> Vec<T> {
        let first = self.next - i64::try_from(self.entries.len()).unwrap_or(0);
        let skip = usize::try_from(id.saturating_add(1).saturating_sub(first)).unwrap_or(0);
        self.entries.iter().skip(skip).cloned().collect()
    }
}

impl LogRing {
    pub fn push(&self, severity: Severity, text: &str) {
        let at = Timestamp::now().as_second();
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push(|id| Message { id, at, severity, text: text.into() });
    }

    pub fn push_peer(&self, address: IpAddr, blocked: bool, reason: &str) {
        let at = Timestamp::now().as_second();
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.push(|id| RefusedPeer { id, at, address, blocked, reason: reason.into() });
    }

    /// Messages with a larger id, oldest first.
    #[must_use]
    pub fn messages_after(&self, id: i64) -> Vec<Message> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).after(id)
    }

    /// Refused peers with a larger id, oldest first.
    #[must_use]
    pub fn peers_after(&self, id: i64) -> Vec<RefusedPeer> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).after(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_forgets_its_oldest_entry_and_counts_on() {
        let ring = LogRing::default();
        for number in 0..=CAPACITY {
            ring.push(Severity::Normal, &number.to_string());
        }

        let all = ring.messages_after(-1);

        assert_eq!((all.len(), all[0].id, &*all[0].text), (CAPACITY, 1, "1"));
        assert_eq!(ring.messages_after(i64::try_from(CAPACITY).unwrap() - 1).len(), 1);
        assert!(ring.messages_after(i64::MAX).is_empty());
        assert!(ring.peers_after(i64::MIN).is_empty());
    }
}
