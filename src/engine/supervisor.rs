//! The engine's thread and its health: a panic or a fatal error rebuilds the session from the store, within bounds.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use revaer_native::{Session, Waker};
use tokio::sync::{Notify, mpsc};

use super::worker::{Exit, Inputs, Order, Plan, Worker};
use super::{Health, Shared, boot, session, totals};
use crate::settings::Profile;

/// Restarts allowed within [`WINDOW`].
const RESTARTS: usize = 5;
const WINDOW: Duration = Duration::from_mins(10);

/// How long a clean stop waits for libtorrent's last resume data.
const SAVE_PATIENCE: Duration = Duration::from_secs(3);

/// How long dropping the session waits for reads that are under way.
const READ_PATIENCE: Duration = Duration::from_secs(3);

/// Starts the engine thread.
pub(super) fn spawn(shared: Arc<Shared>, orders: mpsc::Receiver<Order>, loaded: boot::Loaded) {
    let failed = Arc::clone(&shared);
    let thread = std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        match runtime {
            Ok(runtime) => runtime.block_on(supervise(shared, orders, loaded)),
            Err(error) => {
                shared.health.set(Health::Failed(format!("the engine has no runtime: {error}")));
            }
        }
    });
    if let Err(error) = thread {
        failed.health.set(Health::Failed(format!("the engine has no thread: {error}")));
    }
}

async fn supervise(shared: Arc<Shared>, mut orders: mpsc::Receiver<Order>, loaded: boot::Loaded) {
    let mut loaded = Some(loaded);
    let mut restarts = VecDeque::new();
    loop {
        let state = match loaded.take() {
            Some(state) => Ok(state),
            None => {
                boot::load(&shared.store, &shared.settings).await.map_err(|error| error.to_string())
            }
        };
        let exit = match state {
            Ok(state) => AssertUnwindSafe(run(&shared, &mut orders, state))
                .catch_unwind()
                .await
                .unwrap_or_else(|panic| Exit::Fatal(describe(panic.as_ref()))),
            Err(reason) => Exit::Fatal(reason),
        };
        let Exit::Fatal(reason) = exit else {
            shared.health.set(Health::Stopped);
            return;
        };
        tracing::error!("the engine failed: {reason}");
        restarts.push_back(Instant::now());
        while restarts.front().is_some_and(|at| at.elapsed() > WINDOW) {
            restarts.pop_front();
        }
        if restarts.len() > RESTARTS {
            shared.health.set(Health::Failed(reason));
            // The inbox closes with this function, so that orders are refused instead of waiting for ever.
            return;
        }
        shared.health.set(Health::Restarting(reason));
        let pause = Duration::from_secs(1 << restarts.len().min(5));
        let mut stop = shared.stop.subscribe();
        if tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await.is_ok() {
            shared.health.set(Health::Stopped);
            return;
        }
        shared.store.flush(Duration::from_secs(10)).await;
    }
}

/// Builds a session, runs it until it ends, and drops it here, so that no second one is opened beside it.
async fn run(
    shared: &Arc<Shared>,
    orders: &mut mpsc::Receiver<Order>,
    loaded: boot::Loaded,
) -> Exit {
    let bell = Arc::new(Notify::new());
    let ring = Arc::clone(&bell);
    let profile_changes = shared.settings.subscribe();
    let profile = shared.settings.effective();
    let waker = Waker(Arc::new(move || ring.notify_one()));
    let plan = match plan(profile) {
        Ok(plan) => plan,
        Err(reason) => return Exit::Fatal(reason),
    };
    let options = session::options(&plan.profile, Vec::new());
    let mut session = match Session::new(&plan.settings, &options, waker) {
        Ok(session) => session,
        Err(error) => return Exit::Fatal(error.to_string()),
    };
    if let Err(error) = session.set_stats_names(&totals::names()) {
        return Exit::Fatal(error.to_string());
    }
    let (follow_ups, follow_up_inbox) = mpsc::unbounded_channel();
    let (urgent, urgent_inbox) = mpsc::unbounded_channel();
    let keys = boot::order(&loaded.snapshot);
    let queue = boot::queue(&loaded.snapshot);
    let mut worker =
        Worker::new(session, Arc::clone(shared), plan, loaded, follow_ups.clone(), urgent);
    worker.apply_session_wide(None);
    let attaching = shared.runtime.spawn(boot::attach_all(
        Arc::clone(shared),
        keys,
        queue,
        urgent_inbox,
        follow_ups.clone(),
    ));
    let host = worker.host.clone();
    let watchers = [
        shared.runtime.spawn(super::watch_free_space(Arc::clone(shared), follow_ups.clone())),
        shared.runtime.spawn(session::watch::run(Arc::clone(shared), follow_ups.clone())),
        shared.runtime.spawn(session::watch_network(Arc::clone(shared), host, follow_ups)),
    ];
    let mut inputs = Inputs {
        follow_ups: follow_up_inbox,
        bell,
        profile: profile_changes,
        stop: shared.stop.subscribe(),
    };
    let exit = worker.run(orders, &mut inputs).await;
    attaching.abort();
    for watcher in watchers {
        watcher.abort();
    }
    if exit == Exit::Stopped {
        worker.wind_down(&mut inputs).await;
    }
    // No read may be under way when the session is dropped; one that hangs is left behind.
    let readers = shared.queries.acquire_many(super::QUERIES);
    let _readers = tokio::time::timeout(READ_PATIENCE, readers).await;
    drop(worker);
    exit
}

/// Works out what the session is built from.
fn plan(profile: Arc<Profile>) -> Result<Plan, String> {
    let host = session::Host::read()
        .map_err(|error| format!("the network interfaces cannot be read: {error}"))?;
    let settings = session::settings(&profile, &host);
    Ok(Plan { profile, settings, host })
}

impl Worker {
    /// Saves what a clean stop saves, within [`SAVE_PATIENCE`].
    async fn wind_down(&mut self, inputs: &mut Inputs) {
        let _ = self.session.pause();
        self.publish();
        let asked = self.save_all();
        if asked == 0 {
            return;
        }
        let deadline = tokio::time::Instant::now() + SAVE_PATIENCE;
        let mut answered = 0;
        while answered < asked {
            if tokio::time::timeout_at(deadline, inputs.bell.notified()).await.is_err() {
                tracing::info!(
                    "{} torrents gave no resume data in time; they go on from the last one",
                    asked - answered
                );
                return;
            }
            let Ok(alerts) = self.session.drain() else { return };
            for alert in alerts {
                answered += usize::from(matches!(
                    alert,
                    revaer_native::Alert::ResumeData { .. }
                        | revaer_native::Alert::ResumeFailed { .. }
                ));
                self.reduce(alert);
            }
            self.publish();
        }
    }
}

fn describe(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
