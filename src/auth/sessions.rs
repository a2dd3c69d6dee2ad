//! Web sessions: random names, idle expiry, a cap.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
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
    /// What its attributes come from has changed since.
    pub cookie_is_stale: bool,
}

impl Session {
    /// What stands for a session where an API key lets in.
    #[must_use]
    pub fn of_key(id: &Arc<str>) -> Self {
        Self {
            id: Arc::clone(id),
            cookie: "".into(),
            cookie_age: Duration::ZERO,
            cookie_is_stale: false,
        }
    }
}

/// A session as its owner sees it in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: Arc<str>,
    /// How long ago it began.
    pub age: Duration,
    /// How long ago it was last used.
    pub idle: Duration,
    /// Where it was last used from, and by what program.
    pub client: Option<IpAddr>,
    pub agent: Arc<str>,
}

/// Bytes of a program's name that are kept.
const LONGEST_AGENT: usize = 256;

struct Entry {
    id: Arc<str>,
    begun: Instant,
    last_used: Instant,
    client: Option<IpAddr>,
    agent: Arc<str>,
    cookie_sent: Instant,
    cookie_is_stale: bool,
}

type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// All sessions of this process, by cookie value.
#[derive(Default)]
pub struct Sessions {
    open: DashMap<Arc<str>, Entry>,
    next: AtomicU64,
    /// Told the name of every session that ends.
    listeners: RwLock<Vec<Listener>>,
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
                Some(cookie) => self.end(&cookie),
                None => break,
            }
        }
        let mut bytes = [0; 24];
        rand::rng().fill_bytes(&mut bytes);
        let cookie: Arc<str> = STANDARD.encode(bytes).into();
        let id: Arc<str> = format!("web-{}", self.next.fetch_add(1, Ordering::Relaxed)).into();
        self.open.insert(
            Arc::clone(&cookie),
            Entry {
                id: Arc::clone(&id),
                begun: now,
                last_used: now,
                client: None,
                agent: "".into(),
                cookie_sent: now,
                cookie_is_stale: false,
            },
        );
        Session { id, cookie, cookie_age: Duration::ZERO, cookie_is_stale: false }
    }

    /// Finds a session by its cookie and renews it; one that was idle for longer than `timeout` is gone.
    pub fn find(&self, cookie: &str, timeout: Option<Duration>, now: Instant) -> Option<Session> {
        let expired = |entry: &Entry| {
            timeout.is_some_and(|timeout| now.duration_since(entry.last_used) > timeout)
        };
        if let Some((_, entry)) = self.open.remove_if(cookie, |_, entry| expired(entry)) {
            self.tell(&entry.id);
        }
        let mut entry = self.open.get_mut(cookie)?;
        entry.last_used = now;
        Some(Session {
            id: Arc::clone(&entry.id),
            cookie: Arc::clone(entry.key()),
            cookie_age: now.duration_since(entry.cookie_sent),
            cookie_is_stale: entry.cookie_is_stale,
        })
    }

    /// Notes who uses a session.
    pub fn used_by(&self, cookie: &str, client: IpAddr, agent: &str) {
        let Some(mut entry) = self.open.get_mut(cookie) else { return };
        entry.client = Some(client);
        let agent = &agent[..agent.floor_char_boundary(LONGEST_AGENT)];
        if *entry.agent != *agent {
            entry.agent = agent.into();
        }
    }

    /// All sessions that were not idle for longer than `timeout`, the one used last first.
    #[must_use]
    pub fn list(&self, timeout: Option<Duration>, now: Instant) -> Vec<Listed> {
        let mut sessions: Vec<Listed> = self
            .open
            .iter()
            .map(|entry| Listed {
                id: Arc::clone(&entry.id),
                age: now.saturating_duration_since(entry.begun),
                idle: now.saturating_duration_since(entry.last_used),
                client: entry.client,
                agent: Arc::clone(&entry.agent),
            })
            .filter(|session| timeout.is_none_or(|timeout| session.idle <= timeout))
            .collect();
        sessions.sort_by_key(|session| session.idle);
        sessions
    }

    /// Ends the sessions whose names are `chosen`; returns how many.
    pub fn end_those(&self, chosen: impl Fn(&str) -> bool) -> usize {
        let mut ended = Vec::new();
        self.open.retain(|_, entry| {
            let is_chosen = chosen(&entry.id);
            if is_chosen {
                ended.push(Arc::clone(&entry.id));
            }
            !is_chosen
        });
        for id in &ended {
            self.tell(id);
        }
        ended.len()
    }

    /// Notes that the cookie was sent again.
    pub fn cookie_sent(&self, cookie: &str, now: Instant) {
        if let Some(mut entry) = self.open.get_mut(cookie) {
            entry.cookie_sent = now;
            entry.cookie_is_stale = false;
        }
    }

    /// Notes that every cookie should be sent again, because what its attributes come from has changed.
    pub fn cookies_are_stale(&self) {
        self.open.iter_mut().for_each(|mut entry| entry.cookie_is_stale = true);
    }

    pub fn end(&self, cookie: &str) {
        if let Some((_, entry)) = self.open.remove(cookie) {
            self.tell(&entry.id);
        }
    }

    /// Calls `listener` with the name of every session that ends from now on.
    pub fn on_end(&self, listener: impl Fn(&str) + Send + Sync + 'static) {
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Box::new(listener));
    }

    fn tell(&self, id: &str) {
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().for_each(|listener| listener(id));
    }

    /// Drops what was idle for longer than `timeout`.
    pub fn sweep(&self, timeout: Duration, now: Instant) {
        let mut ended = Vec::new();
        self.open.retain(|_, entry| {
            let lives = now.duration_since(entry.last_used) <= timeout;
            if !lives {
                ended.push(Arc::clone(&entry.id));
            }
            lives
        });
        for id in ended {
            self.tell(&id);
        }
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

    #[test]
    fn whoever_listens_hears_of_every_end() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (told, ended) = std::sync::mpsc::channel();
        sessions.on_end(move |id| told.send(id.to_owned()).unwrap());
        let [logged_out, evicted, expired, swept] =
            [0, 1, 2, 3].map(|place| sessions.start(0, now + HOUR * place));

        sessions.end(&logged_out.cookie);
        sessions.end(&logged_out.cookie);
        sessions.start(3, now + HOUR * 5);
        sessions.find(&expired.cookie, Some(HOUR), now + HOUR * 5);
        sessions.sweep(HOUR, now + HOUR * 5);

        let expected = [logged_out, evicted, expired, swept].map(|session| session.id.to_string());
        assert_eq!(ended.try_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn sessions_are_listed_and_ended_by_their_names() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let old = sessions.start(0, now);
        let new = sessions.start(0, now + HOUR);
        sessions.used_by(&new.cookie, "10.0.0.1".parse().unwrap(), &"ä".repeat(200));

        let listed = sessions.list(None, now + HOUR * 2);
        assert_eq!(listed.iter().map(|one| &one.id).collect::<Vec<_>>(), [&new.id, &old.id]);
        assert_eq!((listed[0].age, listed[1].idle), (HOUR, HOUR * 2));
        assert_eq!(listed[0].agent.len(), 256);
        assert_eq!(sessions.list(Some(HOUR), now + HOUR * 2).len(), 1);

        assert_eq!(sessions.end_those(|id| *id != *new.id), 1);
        assert!(sessions.find(&old.cookie, None, now).is_none());
        assert!(sessions.find(&new.cookie, None, now).is_some());
    }

    #[test]
    fn a_stale_cookie_is_sent_once_more() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let session = sessions.start(0, now);

        sessions.cookies_are_stale();
        assert!(sessions.find(&session.cookie, None, now).unwrap().cookie_is_stale);
        sessions.cookie_sent(&session.cookie, now);

        assert!(!sessions.find(&session.cookie, None, now).unwrap().cookie_is_stale);
    }
}
