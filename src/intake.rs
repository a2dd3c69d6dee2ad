//! The one door for new torrents: files, magnets, hashes and URLs, from requests, feeds and watch folders alike.
//!
//! A source is parsed before the engine sees it, and what the request left open is filled in from the category and
//! the preferences. URLs are fetched in the background: the wish is committed first, so that a crash resumes it.

pub mod cookies;
mod fetch;
mod form;
mod link;
mod plan;
mod policy;
mod preview;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub use cookies::{Cookie, Jar};
pub use link::Link;
pub use plan::{NewTorrent, PathRules, tracker_list};
pub use policy::Policy;
pub use preview::{Known, Preview};

use crate::engine::add::SMALL;
use crate::engine::options::SslParameters;
use crate::engine::{self, Content, Engine, MetainfoLimits, parse_magnet, parse_metainfo};
use crate::model::TorrentId;

/// Fetches that run at once; more wait.
const FETCHES: usize = 8;

/// Sources that are parsed in one go, and how many such groups of one request at once.
const GROUP: usize = 16;
const GROUPS: usize = 2;

/// How long the engine is asked again to take a fetched torrent while it is not available.
const RETRY: Duration = Duration::from_secs(5);

/// Where a new torrent comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A `.torrent` file.
    File(Bytes),
    Link(Link),
    /// One that was looked at before.
    Known(Arc<Known>),
}

/// A source that the engine can take.
pub enum Prepared {
    Content(Content),
    Url(url::Url),
}

/// What became of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    Added(TorrentId),
    /// A URL that is being fetched.
    Pending,
}

/// Why a source was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this is not a valid torrent file: {0}")]
    NotATorrent(String),
    #[error("this is not a valid magnet: {0}")]
    NotAMagnet(String),
    #[error("`{0}` lies outside of the directories that may be used")]
    Outside(String),
    #[error("the torrent could not be fetched: {0}")]
    Fetch(#[from] fetch::Error),
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

pub type Result<T> = std::result::Result<T, Error>;

/// Takes new torrents; cheap to clone.
#[derive(Clone)]
pub struct Intake(Arc<Inner>);

struct Inner {
    engine: Engine,
    policy: Box<dyn Fn() -> Policy + Send + Sync>,
    jar: Arc<Jar>,
    previews: preview::Previews,
    fetches: Semaphore,
    runtime: Handle,
    shutdown: CancellationToken,
}

impl Intake {
    /// `policy` reads the preferences in force. Must be made inside the main runtime, which fetches run on.
    #[must_use]
    pub fn new(
        engine: Engine,
        policy: impl Fn() -> Policy + Send + Sync + 'static,
        jar: Arc<Jar>,
        shutdown: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            engine,
            policy: Box::new(policy),
            jar,
            previews: preview::Previews::default(),
            fetches: Semaphore::new(FETCHES),
            runtime: Handle::current(),
            shutdown,
        }))
    }

    /// The preferences in force.
    #[must_use]
    pub fn policy(&self) -> Policy {
        (self.0.policy)()
    }

    /// Fetches that are under way.
    #[must_use]
    pub fn fetching(&self) -> usize {
        FETCHES.saturating_sub(self.0.fetches.available_permits())
    }

    /// The cookies that fetches send.
    #[must_use]
    pub fn jar(&self) -> &Jar {
        &self.0.jar
    }

    /// Adds one source and waits for what becomes of it.
    ///
    /// # Errors
    /// `NotATorrent`, `NotAMagnet`, `Outside`; `Engine(Duplicate)` if the torrent is known.
    pub async fn add(
        &self,
        engine: &Engine,
        source: Source,
        wishes: &NewTorrent,
    ) -> Result<Accepted> {
        self.submit(engine, self.prepare_one(source).await?, wishes).await?.await
    }

    async fn prepare_one(&self, source: Source) -> Result<Prepared> {
        let mut prepared = pin!(self.prepare(vec![source]));
        prepared.next().await.expect("one source gives one answer")
    }

    /// Parses sources, several at a time, and gives them back in their order.
    pub fn prepare(&self, sources: Vec<Source>) -> impl Stream<Item = Result<Prepared>> + use<> {
        let limits = self.policy().metainfo;
        let mut rest = sources.into_iter();
        let groups = std::iter::from_fn(move || {
            let group: Vec<Source> = rest.by_ref().take(GROUP).collect();
            (!group.is_empty()).then_some(group)
        });
        stream::iter(groups)
            .map(move |group| prepared(group, limits))
            .buffered(GROUPS)
            .flat_map(stream::iter)
    }

    /// Hands a torrent to the engine, on behalf of whoever `engine` acts for; the future that is returned waits for
    /// what becomes of it. Torrents come into the queue in the order of these calls.
    ///
    /// A URL is accepted as soon as the wish to fetch it is durable.
    ///
    /// # Errors
    /// `Outside`; the future: `Engine(Duplicate)` if the torrent is known.
    pub async fn submit(
        &self,
        engine: &Engine,
        source: Prepared,
        wishes: &NewTorrent,
    ) -> Result<impl Future<Output = Result<Accepted>> + use<>> {
        let submitted = match source {
            Prepared::Content(content) => {
                let request = plan::request(content, wishes, &self.policy(), &engine.snapshot())?;
                Submitted::Torrent(engine.add(request).await?)
            }
            Prepared::Url(url) => {
                let form = form::write(wishes, |clear| engine.seal_for_fetch(clear));
                let id = engine.begin_fetch(url.to_string(), form).await?;
                self.fetch_in_background(engine.clone(), id, url, wishes.clone());
                Submitted::Fetch
            }
        };
        let (engine, ssl) = (engine.clone(), wishes.ssl.clone());
        Ok(async move {
            let Submitted::Torrent(added) = submitted else { return Ok(Accepted::Pending) };
            let id = added.await?;
            if ssl != SslParameters::default() {
                engine.set_ssl_parameters(id, ssl).await?;
            }
            Ok(Accepted::Added(id))
        })
    }

    /// Goes on with the fetches that the last run left unfinished.
    pub async fn resume(&self) -> Result<()> {
        for (id, url, text) in self.0.engine.pending_fetches().await? {
            let wishes = form::read(&text, |sealed| self.0.engine.unseal_for_fetch(sealed));
            if let (Some(Link::Url(url)), Some(wishes)) = (Link::parse(&url), wishes) {
                self.fetch_in_background(self.0.engine.clone(), id, url, wishes);
            } else {
                warn!("a pending fetch cannot be read and is given up");
                self.0.engine.end_fetch(id).await?;
            }
        }
        Ok(())
    }

    /// Downloads a file of at most `max_size` bytes, as bounded and as careful as torrent files are fetched.
    ///
    /// # Errors
    /// Why it failed, in words that do not name the URL.
    pub async fn download(
        &self,
        url: &url::Url,
        max_size: usize,
    ) -> std::result::Result<Bytes, fetch::Error> {
        let policy = self.policy();
        match fetch::fetch(url, max_size, &self.0.jar, policy.proxy.as_deref()).await? {
            fetch::Fetched::File(bytes) => Ok(bytes),
            fetch::Fetched::Magnet(_) => Err(fetch::Error::BadRedirect),
        }
    }

    fn fetch_in_background(&self, engine: Engine, id: u64, url: url::Url, wishes: NewTorrent) {
        let intake = self.clone();
        let shutdown = self.0.shutdown.clone();
        self.0.runtime.spawn(async move {
            tokio::select! {
                // The wish stays stored: the next run goes on with it.
                () = shutdown.cancelled() => {}
                () = intake.finish_fetch(&engine, id, &url, &wishes) => {}
            }
        });
    }

    async fn finish_fetch(&self, engine: &Engine, id: u64, url: &url::Url, wishes: &NewTorrent) {
        let Ok(_turn) = self.0.fetches.acquire().await else { return };
        // The path and the query of a URL often hold a passkey.
        let host = url.host_str().unwrap_or_default();
        let ended = loop {
            match self.fetch(engine, url, wishes).await {
                Ok(Accepted::Added(torrent)) => {
                    info!(torrent.id = %torrent, "added a torrent fetched from `{host}`");
                }
                Ok(Accepted::Pending) => {}
                Err(Error::Engine(engine::Error::Unavailable(_) | engine::Error::Store(_))) => {
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
                Err(error) => {
                    warn!("could not add the torrent at `{host}`: {error}");
                    break engine.fail_fetch(id, host, &error.to_string()).await;
                }
            }
            break engine.end_fetch(id).await;
        };
        if let Err(error) = ended {
            warn!("a finished fetch is still noted as pending: {error}");
        }
    }

    async fn fetch(
        &self,
        engine: &Engine,
        url: &url::Url,
        wishes: &NewTorrent,
    ) -> Result<Accepted> {
        let policy = self.policy();
        let (limits, proxy) = (policy.metainfo, policy.proxy.as_deref());
        let source = match fetch::fetch(url, limits.max_size, &self.0.jar, proxy).await? {
            fetch::Fetched::File(bytes) => Source::File(bytes),
            fetch::Fetched::Magnet(uri) => Source::Link(Link::Magnet(uri)),
        };
        self.add(engine, source, wishes).await
    }
}

/// What [`Intake::submit`] waits for.
enum Submitted<T> {
    Torrent(T),
    Fetch,
}

async fn prepared(group: Vec<Source>, limits: MetainfoLimits) -> Vec<Result<Prepared>> {
    let size: usize = group.iter().map(Source::size).sum();
    let parse = move || group.into_iter().map(|source| source.parse(limits)).collect();
    if size <= SMALL {
        return parse();
    }
    let parsing = tokio::task::spawn_blocking(parse);
    parsing.await.unwrap_or_else(|error| vec![Err(Error::NotATorrent(error.to_string()))])
}

impl Source {
    /// Bytes to parse.
    fn size(&self) -> usize {
        match self {
            Self::File(bytes) => bytes.len(),
            Self::Link(_) | Self::Known(_) => 0,
        }
    }

    fn parse(self, limits: MetainfoLimits) -> Result<Prepared> {
        match self {
            Self::File(bytes) => {
                let parsed = parse_metainfo(&bytes, limits)
                    .map_err(|error| Error::NotATorrent(error.message))?;
                let (bytes, parsed) = (Arc::from(&*bytes), Box::new(parsed));
                Ok(Prepared::Content(Content::Metainfo { bytes, parsed }))
            }
            Self::Link(Link::Magnet(uri)) => {
                let parsed =
                    parse_magnet(&uri).map_err(|error| Error::NotAMagnet(error.message))?;
                Ok(Prepared::Content(Content::Magnet { uri, parsed: Box::new(parsed) }))
            }
            Self::Link(Link::Url(url)) => Ok(Prepared::Url(url)),
            Self::Known(known) => Ok(Prepared::Content(Content::Metainfo {
                bytes: Arc::clone(&known.bytes),
                parsed: Box::new(known.parsed.clone()),
            })),
        }
    }
}
