//! Web sessions: random names, idle expiry, a cap.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dashmap::DashMap;
use rand::Rng as _;

/// Sessions kept where the level has no limit of its own: clients that ignore cookies start one per request.
const MOST: usize = 10_000;

/// What a request knows of its session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Names the session in logs and per-session state, without being able to open it.
    pub id: Arc<str>,
    /// The cookie's value; secret.
    pub cookie: Arc<str>,
    /// The cookie was last sent this long ago.
    pub cookie_age: Duration,
}

struct Entry {
    id: Arc<str>,
    last_used: Instant,
    cookie_sent: Instant,
}

/// All sessions of this process, by cookie value.
#[derive(Default)]
pub struct Sessions {
    open: DashMap<Arc<str>, Entry>,
    next: AtomicU64,
}

impl Sessions {
    /// Starts a session. At the cap (0 for none) the one used least recently ends.
    pub fn start(&self, cap: usize, now: Instant) -> Session {
        let cap = if cap == 0 { MOST } else { cap.min(MOST) };
        while self.open.len() >= cap {
            let oldest = self
                .open
                .iter()
                .min_by_key(|entry| entry.last_used)
                .map(|entry| Arc::clone(entry.key()));
            match oldest {
                Some(cookie) => drop(self.open.remove(&cookie)),
                None => break,
            }
        }
        let mut bytes = [0; 24];
        rand::rng().fill_bytes(&mut bytes);
        let cookie: Arc<str> = STANDARD.encode(bytes).into();
        let id: Arc<str> = format!("web-{}", self.next.fetch_add(1, Ordering::Relaxed)).into();
        self.open.insert(
            Arc::clone(&cookie),
            Entry { id: Arc::clone(&id), last_used: now, cookie_sent: now },
        );
        Session { id, cookie, cookie_age: Duration::ZERO }
    }

    /// Finds a session by its cookie and renews it; one that was idle for longer than `timeout` is gone.
    pub fn find(&self, cookie: &str, timeout: Option<Duration>, now: Instant) -> Option<Session> {
        let expired = |entry: &Entry| {
            timeout.is_some_and(|timeout| now.duration_since(entry.last_used) > timeout)
        };
        self.open.remove_if(cookie, |_, entry| expired(entry));
        let mut entry = self.open.get_mut(cookie)?;
        entry.last_used = now;
        Some(Session {
            id: Arc::clone(&entry.id),
            cookie: Arc::clone(entry.key()),
            cookie_age: now.duration_since(entry.cookie_sent),
        })
    }

    /// Notes that the cookie was sent again.
    pub fn cookie_sent(&self, cookie: &str, now: Instant) {
        if let Some(mut entry) = self.open.get_mut(cookie) {
            entry.cookie_sent = now;
        }
    }

    pub fn end(&self, cookie: &str) {
        self.open.remove(cookie);
    }

    /// Drops what was idle for longer than `timeout`.
    pub fn sweep(&self, timeout: Duration, now: Instant) {
        self.open.retain(|_, entry| now.duration_since(entry.last_used) <= timeout);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_session_lives_while_it_is_used() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let session = sessions.start(0, now);

        assert_eq!(session.cookie.len(), 32);
        assert!(sessions.find(&session.cookie, Some(HOUR), now + HOUR).is_some());
        assert!(sessions.find(&session.cookie, Some(HOUR), now + HOUR * 2).is_some());
        assert!(sessions.find(&session.cookie, Some(HOUR), now + HOUR * 4).is_none());
        assert!(sessions.find("nonsense", None, now).is_none());
    }

    #[test]
    fn the_session_used_least_recently_makes_room() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let first = sessions.start(2, now);
        let second = sessions.start(2, now + HOUR);
        sessions.find(&first.cookie, None, now + HOUR * 2);

        sessions.start(2, now + HOUR * 3);

        assert!(sessions.find(&first.cookie, None, now + HOUR * 3).is_some());
        assert!(sessions.find(&second.cookie, None, now + HOUR * 3).is_none());
    }
}
