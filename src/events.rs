//! Numbered notes that something happened. A hint, never the truth: the truth is the snapshot.
//!
//! Events leave after the commit of the change that they speak of. A reader that lags misses some and is told how
//! many; it looks at the snapshot and goes on.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast;

use crate::model::{Actor, TorrentId, TorrentState};

/// Events that a reader may lag behind before it misses some.
const CHANNEL: usize = 4096;

/// Events kept for readers that come later.
const RING: usize = 10_000;

/// One event with its number.
#[derive(Debug, Clone)]
pub struct Event {
    /// Grows by one per event, from 1 at start.
    pub id: u64,
    /// Unix milliseconds.
    pub at: i64,
    pub actor: Actor,
    pub torrent: Option<TorrentId>,
    pub kind: Kind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Added,
    Removed {
        with_content: bool,
    },
    MetadataReceived,
    StateChanged {
        from: TorrentState,
        to: TorrentState,
    },
    Completed,
    Moved {
        path: String,
    },
    Failed {
        reason: String,
    },
    /// What libtorrent had differed from what the store wants, and was repaired.
    Reconciled {
        what: String,
    },
    /// A peer was refused: by the IP filter (`blocked`) or banned for bad data.
    PeerRefused {
        address: IpAddr,
        blocked: bool,
        reason: String,
    },
    SettingsChanged {
        keys: Vec<String>,
    },
    HealthChanged {
        health: String,
    },
}

impl Event {
    /// An event of this moment; it gets its number when it is sent.
    #[must_use]
    pub fn new(actor: Actor, torrent: Option<TorrentId>, kind: Kind) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            id: 0,
            at: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            actor,
            torrent,
            kind,
        }
    }
}

/// The broadcast and its replay ring; cheap to clone.
#[derive(Clone)]
pub struct Events {
    sender: broadcast::Sender<Arc<Event>>,
    ring: Arc<Mutex<Ring>>,
}

struct Ring {
    last: u64,
    kept: VecDeque<Arc<Event>>,
}

impl Default for Events {
    fn default() -> Self {
        let ring = Ring { last: 0, kept: VecDeque::new() };
        Self { sender: broadcast::channel(CHANNEL).0, ring: Arc::new(Mutex::new(ring)) }
    }
}

impl Events {
    /// Numbers events, keeps them for replay and broadcasts them.
    pub fn send_all(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        // Sending under the lock keeps the broadcast in the order of the numbers; neither blocks.
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        for mut event in events {
            ring.last += 1;
            event.id = ring.last;
            let event = Arc::new(event);
            if ring.kept.len() == RING {
                ring.kept.pop_front();
            }
            ring.kept.push_back(Arc::clone(&event));
            let _ = self.sender.send(event);
        }
    }

    /// All events from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.sender.subscribe()
    }

    /// The kept events after `id`; `None` if the ring does not reach back that far.
    #[must_use]
    pub fn since(&self, id: u64) -> Option<Vec<Arc<Event>>> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = ring.kept.front().map_or(ring.last + 1, |event| event.id);
        (id + 1 >= oldest)
            .then(|| ring.kept.iter().filter(|event| event.id > id).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_numbered_and_replayed() {
        let events = Events::default();
        let mut live = events.subscribe();
        let added = || Event::new(Actor::System, None, Kind::Added);

        events.send_all(vec![added(), added()]);
        events.send_all(vec![added()]);

        assert_eq!(live.try_recv().unwrap().id, 1);
        let ids: Vec<u64> = events.since(1).unwrap().iter().map(|event| event.id).collect();
        assert_eq!(ids, [2, 3]);
        assert!(events.since(3).unwrap().is_empty());
    }
}
