//! Builds every service once, in order, and stops them in reverse.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::auth::Auth;
use crate::engine::Engine;
use crate::store::Store;
use crate::telemetry::LogRing;

/// All services; shared by every request.
pub struct App {
    pub store: Store,
    pub engine: Engine,
    pub auth: Auth,
    pub log: Arc<LogRing>,
    /// When the process started, in Unix seconds.
    pub launched: i64,
    /// The contract level of clients that choose no other, and whether it is served without additions.
    pub contract_level: String,
    pub strict_contract: bool,
    /// Cancelled when the process is to stop.
    pub stop: CancellationToken,
    /// The runtime for work that must not run on an HTTP worker.
    pub runtime: tokio::runtime::Handle,
}

impl App {
    /// Runs work on the main runtime, also if its caller goes away.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(work)
    }

    /// Asks the process to stop in a moment, so that an answer can still leave.
    pub fn stop_after(&self, delay: Duration) {
        let stop = self.stop.clone();
        self.runtime.spawn(async move {
            tokio::time::sleep(delay).await;
            stop.cancel();
        });
    }
}
