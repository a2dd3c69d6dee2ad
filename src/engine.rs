//! The engine: one thread owns libtorrent, everybody else reads snapshots and sends orders.
//!
//! An order is a closure that runs on the engine thread against the working state. Its answer leaves after the
//! snapshot that shows the effect is published and the commit that holds it is done. Reading costs one pointer.
//! Nothing on the engine thread waits: reads that libtorrent answers synchronously go through `query`.

pub mod add;
pub mod adopt;
pub mod control;
mod courtesy;
pub mod error;
pub mod fetches;
pub mod files;
pub mod labels;
pub mod options;
pub mod placement;
mod preview;
pub mod query;
pub mod sample;
pub mod session;
pub mod snapshot;
pub mod streaming;
pub mod trackers;

mod announced;
mod boot;
mod content;
mod erase;
mod flush;
mod health;
mod ip_filter;
mod location;
mod metadata;
mod metainfo;
mod moves;
mod queue;
mod recheck;
mod reduce;
mod removal;
mod rename;
mod resume;
mod rows;
mod share_limits;
mod ssl;
mod suffix;
mod supervisor;
mod totals;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

pub use add::{AddRequest, Content};
pub use content::Excluded;
pub use control::{QueueMove, Removal};
pub use error::{Error, Result};
pub use health::Health;
pub use ip_filter::{FilterStatus, list_path};
pub use metainfo::storable;
pub use revaer_native::{
    Capabilities, Creation, Error as NativeError, ExportExtras, Format, HashMonitor, Magnet,
    Metainfo, MetainfoFile, MetainfoLimits, TrackerEntry, capabilities, create as create_metainfo,
    export as export_metainfo, parse_magnet, parse_metainfo, trust_authorities,
};
pub use session::LiveSetting;
pub use snapshot::{ConnectionStatus, Context, Row, Snapshot, Totals};
pub use ssl::{open_ssl, seal_ssl};
pub use totals::{SessionNumber, free_space};

use crate::events::Events;
use crate::model::{Actor, TorrentId, TorrentKey};
use crate::settings::Settings;
use crate::store::{Error as StoreError, Store};
use worker::{Order, Worker};

/// Orders that wait for the engine thread; a full inbox makes the sender wait, which is the back-pressure that HTTP
/// clients feel.
const INBOX: usize = 1024;

/// Libtorrent reads under way at once, over all clients.
const QUERIES: u32 = 8;

/// Cheap, cloneable handle.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    actor: Actor,
}

/// What the handle, the engine thread and the background tasks share.
struct Shared {
    inbox: mpsc::Sender<Order>,
    snapshot: ArcSwap<Snapshot>,
    published: watch::Sender<u32>,
    health: health::Board,
    listening: watch::Sender<Vec<std::net::SocketAddr>>,
    filter: watch::Sender<FilterStatus>,
    stop: watch::Sender<bool>,
    queries: Arc<Semaphore>,
    peers: query::PeerCache,
    metainfo: metainfo::MetainfoCache,
    store: Store,
    settings: Settings,
    events: Events,
    runtime: tokio::runtime::Handle,
    /// What libtorrent counts and nobody but a watcher needs: not in the snapshot, which changes with its parts.
    numbers: ArcSwap<Vec<i64>>,
    courtesy: courtesy::Courtesy,
}

impl Engine {
    /// Loads the last known state and starts the engine thread; torrents attach in the background.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn launch(
        store: Store,
        settings: Settings,
        events: Events,
    ) -> std::result::Result<Self, StoreError> {
        let (inbox, orders) = mpsc::channel(INBOX);
        let loaded = boot::load(&store, &settings).await?;
        let shared = Arc::new(Shared {
            inbox,
            snapshot: ArcSwap::from_pointee(loaded.snapshot.clone()),
            published: watch::channel(loaded.snapshot.revision).0,
            health: health::Board::new(),
            listening: watch::channel(Vec::new()).0,
            filter: watch::Sender::new(FilterStatus::default()),
            stop: watch::channel(false).0,
            queries: Arc::new(Semaphore::new(QUERIES as usize)),
            peers: query::PeerCache::default(),
            metainfo: metainfo::MetainfoCache::default(),
            store,
            settings,
            events,
            runtime: tokio::runtime::Handle::current(),
            numbers: ArcSwap::default(),
            courtesy: courtesy::Courtesy::default(),
        });
        supervisor::spawn(Arc::clone(&shared), orders, loaded);
        Ok(Self { shared, actor: Actor::System })
    }

    /// The current picture: one pointer.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.load_full()
    }

    /// Says that a client asks for something, so that work in the background steps back for a moment.
    pub fn note_client(&self) {
        self.shared.courtesy.note();
    }

    /// The revision of the newest snapshot, to wait for the next one.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<u32> {
        self.shared.published.subscribe()
    }

    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.shared.health.subscribe()
    }

    /// The addresses that libtorrent accepts peers on.
    #[must_use]
    pub fn listening(&self) -> watch::Receiver<Vec<std::net::SocketAddr>> {
        self.shared.listening.subscribe()
    }

    /// Orders that wait for the engine thread, and reads of libtorrent that are under way.
    #[must_use]
    pub fn queues(&self) -> (usize, usize) {
        let orders = self.shared.inbox.max_capacity() - self.shared.inbox.capacity();
        let reads = (QUERIES as usize).saturating_sub(self.shared.queries.available_permits());
        (orders, reads)
    }

    /// The same engine with another originator of its orders.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self { shared: Arc::clone(&self.shared), actor }
    }

    /// The originator of its orders.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Pauses or resumes the whole session; torrent states do not change.
    pub async fn set_session_paused(&self, paused: bool) -> Result<()> {
        self.run("pause session", move |worker| worker.set_session_paused(paused)).await
    }

    /// Stops the engine thread: pauses, saves counters, drops the session. Returns when it is done or `deadline` passed.
    pub async fn stop_thread(&self, deadline: Duration) {
        let _ = self.shared.stop.send(true);
        let mut health = self.health();
        let stopped =
            health.wait_for(|health| matches!(health, Health::Stopped | Health::Failed(_)));
        if tokio::time::timeout(deadline, stopped).await.is_err() {
            tracing::warn!(
                "the engine did not stop within {} s; leaving it behind",
                deadline.as_secs()
            );
        }
    }

    /// Runs `work` on the engine thread; answers after publish and commit.
    ///
    /// `work` validates before it changes anything, so that an `Err` leaves the state alone.
    async fn run<T, F>(&self, name: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Worker) -> Result<T> + Send + 'static,
    {
        let (answer, reply) = oneshot::channel();
        self.send(name, move |worker| match work(worker) {
            Ok(value) => worker.reply(Box::new(move |committed| {
                let _ = answer.send(committed.map(|()| value).map_err(Error::Store));
            })),
            Err(error) => {
                let _ = answer.send(Err(error));
            }
        })
        .await?;
        reply.await.map_err(|_| Error::Unavailable("the engine restarts".to_owned()))?
    }

    /// As [`Engine::run`], but `work` keeps the answer until an alert settles it; the future that is returned waits
    /// for that.
    async fn run_later<T, F>(
        &self,
        name: &'static str,
        work: F,
    ) -> Result<impl Future<Output = Result<T>> + use<T, F>>
    where
        T: Send + 'static,
        F: FnOnce(&mut Worker, oneshot::Sender<Result<T>>) + Send + 'static,
    {
        let (answer, reply) = oneshot::channel();
        self.send(name, move |worker| work(worker, answer)).await?;
        Ok(
            async move {
                reply.await.map_err(|_| Error::Unavailable("the engine restarts".to_owned()))?
            },
        )
    }

    async fn send(
        &self,
        name: &'static str,
        work: impl FnOnce(&mut Worker) + Send + 'static,
    ) -> Result<()> {
        if let Some(reason) = self.shared.health.failure() {
            return Err(Error::Unavailable(reason));
        }
        let order = Order {
            name,
            actor: self.actor.clone(),
            span: tracing::Span::current(),
            work: Box::new(work),
        };
        self.shared
            .inbox
            .send(order)
            .await
            .map_err(|_| Error::Unavailable("the engine has stopped".to_owned()))
    }

    /// The key of a torrent by its present or a former id.
    fn key(&self, id: TorrentId) -> Result<TorrentKey> {
        self.snapshot().torrent(&id).map(|row| row.key).ok_or(Error::NotFound(id))
    }
}

/// How often the free space of the default save path is read.
const FREE_SPACE_PERIOD: Duration = Duration::from_secs(30);

/// Keeps the free space of the default save path in the totals.
async fn watch_free_space(
    shared: Arc<Shared>,
    follow_ups: mpsc::UnboundedSender<worker::FollowUp>,
) {
    loop {
        let directory = shared.settings.effective().downloads.save_path.clone();
        let free = tokio::task::spawn_blocking(move || free_space(&directory)).await.ok().flatten();
        let work: worker::FollowUp =
            Box::new(move |worker| worker.edit_totals(|totals| totals.free_space = free));
        if follow_ups.send(work).is_err() {
            return;
        }
        tokio::time::sleep(FREE_SPACE_PERIOD).await;
    }
}
