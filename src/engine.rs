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

pub use add::{AddRequest, Content};
pub use control::{QueueMove, Removal};
pub use error::{Error, Result};
pub use snapshot::{ConnectionStatus, Context, Row, Snapshot, Totals};

use crate::model::Actor;

/// Cheap, cloneable handle.
#[derive(Clone)]
pub struct Engine {}

impl Engine {
    /// The current picture: one pointer.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
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
