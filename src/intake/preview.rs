//! Looking at torrents before they are added: what a client was shown is kept for its session until it adds it.
//!
//! All of it is in memory and bounded; whoever asks again after it was dropped starts anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

use super::{Error, Intake, Link, Prepared, Result, Source, fetch};
use crate::engine::{self, Content, Engine, Magnet, Metainfo, parse_magnet};
use crate::model::InfoHashes;

/// Sessions, and sources of each, that are remembered.
const SESSIONS: usize = 64;
const SOURCES: usize = 100;

/// Bytes of torrent files that a session keeps, but for the newest.
const BYTES: usize = 32 << 20;

/// How long a session is remembered that asks no more.
const IDLE: Duration = Duration::from_hours(1);

/// How long metadata of a magnet may take to arrive.
const PATIENCE: Duration = Duration::from_mins(30);

/// A torrent file that somebody looked at.
#[derive(Debug)]
pub struct Known {
    pub bytes: Arc<[u8]>,
    pub parsed: Metainfo,
}

/// What is known of a source.
#[derive(Debug, Clone)]
pub enum Preview {
    Known(Arc<Known>),
    /// It is being fetched; a magnet says its hashes already.
    Pending(Option<InfoHashes>),
    /// The URL led to something that is no torrent.
    Broken,
    /// It could not be fetched, for this reason; who asks again starts anew.
    Failed(String),
}

#[derive(Default)]
pub(super) struct Previews(Mutex<HashMap<Arc<str>, Session>>);

/// The sources of one session, oldest first.
struct Session {
    used: Instant,
    sources: Vec<(String, State)>,
}

enum State {
    /// The task is noted a moment after it was started.
    Pending(Option<InfoHashes>, Option<Task>),
    Known(Arc<Known>),
    Broken,
    Failed(String),
}

/// A fetch that ends when it is forgotten.
struct Task(tokio::task::AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl From<&State> for Preview {
    fn from(state: &State) -> Self {
        match state {
            State::Pending(hashes, _) => Self::Pending(*hashes),
            State::Known(known) => Self::Known(Arc::clone(known)),
            State::Broken => Self::Broken,
            State::Failed(reason) => Self::Failed(reason.clone()),
        }
    }
}

impl Session {
    fn position(&self, name: &str) -> Option<usize> {
        self.sources.iter().position(|(known, _)| known == name)
    }

    fn get(&self, name: &str) -> Option<Preview> {
        self.position(name).map(|at| Preview::from(&self.sources[at].1))
    }

    fn put(&mut self, name: String, state: State) {
        if let Some(at) = self.position(&name) {
            self.sources.remove(at);
        }
        self.sources.push((name, state));
        let mut bytes = 0;
        let mut kept = 0;
        let mut newest_first = std::mem::take(&mut self.sources);
        newest_first.reverse();
        newest_first.retain(|(_, state)| {
            if let State::Known(known) = state {
                bytes += known.bytes.len();
            }
            kept += 1;
            kept == 1 || (kept <= SOURCES && bytes <= BYTES)
        });
        newest_first.reverse();
        self.sources = newest_first;
    }
}

impl Previews {
    fn sessions(&self) -> MutexGuard<'_, HashMap<Arc<str>, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, session: &str, name: &str) -> Option<Preview> {
        let mut sessions = self.sessions();
        let session = sessions.get_mut(session)?;
        session.used = Instant::now();
        session.get(name)
    }

    fn put(&self, session: &Arc<str>, name: String, state: State) {
        let now = Instant::now();
        let mut sessions = self.sessions();
        sessions.retain(|_, session| now.duration_since(session.used) < IDLE);
        if !sessions.contains_key(session) && sessions.len() >= SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.used);
            if let Some(oldest) = oldest.map(|(name, _)| Arc::clone(name)) {
                sessions.remove(&oldest);
            }
        }
        let session = sessions
            .entry(Arc::clone(session))
            .or_insert_with(|| Session { used: now, sources: Vec::new() });
        session.used = now;
        session.put(name, state);
    }

    /// Notes who fetches a source, so that forgetting it ends the fetch.
    fn attach(&self, session: &str, name: &str, task: Task) {
        let mut sessions = self.sessions();
        let Some(session) = sessions.get_mut(session) else { return };
        let Some(at) = session.position(name) else { return };
        if let State::Pending(_, by) = &mut session.sources[at].1 {
            *by = Some(task);
        }
    }

    /// Ends a fetch, unless it was forgotten meanwhile.
    fn settle(&self, session: &str, name: &str, outcome: State) {
        let mut sessions = self.sessions();
        let Some(session) = sessions.get_mut(session) else { return };
        let Some(at) = session.position(name) else { return };
        if let State::Pending(..) = session.sources[at].1 {
            session.put(name.to_owned(), outcome);
        }
    }

    fn end(&self, session: &str) {
        self.sessions().remove(session);
    }

    fn forget(&self, session: &str, name: &str) {
        if let Some(session) = self.sessions().get_mut(session) {
            session.sources.retain(|(known, _)| known != name);
        }
    }
}

/// A link and the name that its session knows it by: a magnet's id, or the URL.
struct Named {
    name: String,
    magnet: Option<(String, Magnet)>,
    url: Option<Url>,
}

impl Named {
    fn of(link: &Link) -> Result<Self> {
        Ok(match link {
            Link::Magnet(uri) => {
                let magnet = parse_magnet(uri).map_err(|error| Error::NotAMagnet(error.message))?;
                let name = hashes(&magnet).id().to_string();
                Self { name, magnet: Some((uri.clone(), magnet)), url: None }
            }
            Link::Url(url) => Self { name: url.to_string(), magnet: None, url: Some(url.clone()) },
        })
    }
}

fn hashes(magnet: &Magnet) -> InfoHashes {
    InfoHashes { v1: magnet.v1, v2: magnet.v2 }
}

impl Intake {
    /// Parses a file and remembers it for the session.
    ///
    /// # Errors
    /// `NotATorrent`.
    pub async fn look_at_file(&self, session: &Arc<str>, source: Source) -> Result<Arc<Known>> {
        let known = Arc::new(self.known(source).await?);
        self.remember(session, &known);
        Ok(known)
    }

    /// What is known of a link; starts to fetch it if that is nothing.
    ///
    /// # Errors
    /// `NotAMagnet`, `Engine`.
    pub async fn look_at(
        &self,
        engine: &Engine,
        session: &Arc<str>,
        link: &Link,
    ) -> Result<Preview> {
        let named = Named::of(link)?;
        if let Some(preview) = self.0.previews.get(session, &named.name) {
            if let Preview::Failed(_) = preview {
                self.0.previews.forget(session, &named.name);
            }
            return Ok(preview);
        }
        if let Some((_, magnet)) = &named.magnet
            && let Some(row) = engine.find(hashes(magnet)).await?
        {
            if row.facts.metadata.is_none() {
                return Ok(Preview::Pending(Some(row.facts.hashes)));
            }
            let bytes = engine.export(row.facts.id).await?;
            let known = self.known(Source::File(bytes.into())).await?;
            return Ok(Preview::Known(Arc::new(known)));
        }
        let pending = named.magnet.as_ref().map(|(_, magnet)| hashes(magnet));
        let name = named.name.clone();
        self.0.previews.put(session, name.clone(), State::Pending(pending, None));
        let task = self.fetch_for(engine.clone(), Arc::clone(session), named);
        self.0.previews.attach(session, &name, task);
        Ok(Preview::Pending(pending))
    }

    /// Fetches a source in the background and notes what comes of it.
    fn fetch_for(&self, engine: Engine, session: Arc<str>, named: Named) -> Task {
        let intake = self.clone();
        let name = named.name.clone();
        let task = self.0.runtime.spawn(async move {
            let fetched =
                tokio::time::timeout(PATIENCE, intake.fetch_preview(&engine, named)).await;
            let outcome = match fetched {
                Ok(Ok(known)) => {
                    let known = Arc::new(known);
                    // Under its id, too, which a URL does not tell.
                    intake.remember(&session, &known);
                    State::Known(known)
                }
                Ok(Err(Error::NotATorrent(_) | Error::NotAMagnet(_))) => State::Broken,
                Ok(Err(error)) => State::Failed(error.to_string()),
                Err(_) => State::Failed("nobody had the metadata in half an hour".to_owned()),
            };
            intake.0.previews.settle(&session, &name, outcome);
        });
        Task(task.abort_handle())
    }

    /// What a session has looked at already.
    #[must_use]
    pub fn looked_at(&self, session: &str, link: &Link) -> Option<Preview> {
        self.0.previews.get(session, &Named::of(link).ok()?.name)
    }

    /// Forgets a link, because the torrent is being added.
    pub fn forget(&self, session: &str, link: &Link) {
        if let Ok(named) = Named::of(link) {
            self.0.previews.forget(session, &named.name);
        }
    }

    /// Forgets everything that a session has looked at, because it has ended.
    pub fn end_session(&self, session: &str) {
        self.0.previews.end(session);
    }

    async fn fetch_preview(&self, engine: &Engine, named: Named) -> Result<Known> {
        let mut magnet = named.magnet;
        if let Some(url) = named.url {
            let _turn = self.0.fetches.acquire().await;
            let policy = self.policy();
            let (max_size, proxy) = (policy.metainfo.max_size, policy.proxy.as_deref());
            match fetch::fetch(&url, max_size, &self.0.jar, proxy).await? {
                fetch::Fetched::File(bytes) => return self.known(Source::File(bytes)).await,
                fetch::Fetched::Magnet(uri) => {
                    let parsed =
                        parse_magnet(&uri).map_err(|error| Error::NotAMagnet(error.message))?;
                    magnet = Some((uri, parsed));
                }
            }
        }
        let Some((uri, parsed)) = magnet else {
            return Err(Error::NotAMagnet("the link is empty".to_owned()));
        };
        let bytes = engine.fetch_metadata(uri, parsed).await?;
        self.known(Source::File(bytes.into())).await
    }

    async fn known(&self, source: Source) -> Result<Known> {
        match self.prepare_one(source).await? {
            Prepared::Content(Content::Metainfo { bytes, parsed }) => {
                Ok(Known { bytes, parsed: *parsed })
            }
            _ => Err(Error::Engine(engine::Error::NoMetadata)),
        }
    }

    fn remember(&self, session: &Arc<str>, known: &Arc<Known>) {
        let hashes = InfoHashes { v1: known.parsed.v1, v2: known.parsed.v2 };
        self.0.previews.put(session, hashes.id().to_string(), State::Known(Arc::clone(known)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session { used: Instant::now(), sources: Vec::new() }
    }

    #[test]
    fn the_oldest_sources_are_forgotten() {
        let mut session = session();
        for at in 0..=SOURCES {
            session.put(at.to_string(), State::Broken);
        }

        assert!(session.get("0").is_none());
        assert!(matches!(session.get("1"), Some(Preview::Broken)));
        assert_eq!(session.sources.len(), SOURCES);
    }

    #[test]
    fn a_fetch_that_was_forgotten_leaves_nothing() {
        let previews = Previews::default();
        let owner: Arc<str> = "s".into();
        previews.put(&owner, "a".to_owned(), State::Broken);

        previews.settle("s", "gone", State::Broken);
        previews.forget("s", "a");

        assert!(previews.get("s", "gone").is_none() && previews.get("s", "a").is_none());
    }
}
