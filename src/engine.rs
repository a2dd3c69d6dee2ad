//! The engine: one thread owns libtorrent, everybody else reads snapshots and sends orders.

pub mod add;
pub mod control;
pub mod error;
pub mod files;
pub mod labels;
pub mod options;
pub mod query;
pub mod session;
pub mod snapshot;
pub mod trackers;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use add::{AddRequest, Content};
pub use control::{QueueMove, Removal};
pub use error::{Error, Result};
pub use snapshot::{ConnectionStatus, Context, Row, Snapshot, Totals};

use crate::events::Events;
use crate::model::Actor;
use crate::settings::Settings;
use crate::store::{Error as StoreError, Store};

pub use revaer_native::{Capabilities, capabilities};

/// Cheap, cloneable handle.
#[derive(Clone)]
pub struct Engine {}

impl Engine {
    /// The current picture: one pointer.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        todo!()
    }

    /// Loads the last known state and starts the engine thread; torrents attach in the background.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn launch(store: Store, settings: Settings, events: Events) -> std::result::Result<Self, StoreError> {
        let _ = (store, settings, events);
        todo!()
    }

    /// The addresses that libtorrent accepts peers on.
    #[must_use]
    pub fn listening(&self) -> watch::Receiver<Vec<std::net::SocketAddr>> {
        todo!()
    }

    /// Stops the engine thread: pauses, saves counters, drops the session. Returns when it is done or `deadline` passed.
    pub async fn stop_thread(&self, deadline: Duration) {
        let _ = deadline;
        todo!()
    }

    /// The same engine with another originator of its orders.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        let _ = actor;
        todo!()
    }

    /// Pauses or resumes the whole session; torrent states do not change.
    pub async fn set_session_paused(&self, paused: bool) -> Result<()> {
        let _ = paused;
        todo!()
    }
}
