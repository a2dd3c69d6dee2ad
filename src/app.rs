//! Builds every service once, in order, and stops them in reverse.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use futures::FutureExt as _;
use jiff::Timestamp;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auth::{ApiKeys, Auth};
use crate::automation;
use crate::automation::clock::{Clock, SystemClock};
use crate::automation::download::{Download, Wanted};
use crate::automation::throughput::Throughput;
use crate::creator::{self, Creator};
use crate::engine::Engine;
use crate::events::{Events, Kind};
use crate::handover;
use crate::intake::{self, Intake, Jar};
use crate::model::Actor;
use crate::settings::cookies;
use crate::settings::{Ground, Patch, Secret, Settings};
use crate::store::Store;
use crate::telemetry::{LogRing, Metrics};

// The command line may ask for these without an engine, and knows no room but this one.
pub use crate::engine::session::unsupported;
pub use crate::engine::trust_authorities;

/// How long the engine may take to stop: pausing and counters, then the drop of the session.
const ENGINE_PATIENCE: Duration = Duration::from_secs(6);

/// How long the last commits may take.
const STORE_PATIENCE: Duration = Duration::from_secs(3);

/// Where everything lies and what the command line asks for.
#[derive(Clone, Default)]
pub struct Launch {
    /// Database, keys, lock.
    pub home: PathBuf,
    /// PostgreSQL instead of SQLite in `home`.
    pub database_url: Option<String>,
    /// The key of secrets, in place of the file in `home`.
    pub secret_key: Option<Secret>,
    /// Values of this machine below what is stored.
    pub defaults: Patch,
    /// Values of flags and environment above what is stored.
    pub overrides: Patch,
    /// Values to store before anything starts.
    pub stored: Patch,
    /// The qBittorrent profile that a fresh instance takes over, if it is there.
    pub adopt: Option<handover::Places>,
    /// The names that the profile's paths have here.
    pub map: handover::PathMap,
    /// Take nothing over, and do not go on where a take-over was interrupted.
    pub no_adopt: bool,
    /// The clock of the schedule, in place of this machine's.
    pub clock: Option<Arc<dyn Clock>>,
}

/// All services; shared by every request.
pub struct App {
    pub store: Store,
    pub settings: Settings,
    pub events: Events,
    pub auth: Auth,
    pub engine: Engine,
    pub intake: Intake,
    pub creator: Creator,
    pub imports: handover::Imports,
    /// The downloaded list of blocked addresses.
    pub ip_list: Download,
    /// The downloaded list of trackers for new torrents, and what is in it.
    pub tracker_list: Download,
    pub downloaded_trackers: Arc<ArcSwap<String>>,
    pub log: Arc<LogRing>,
    pub metrics: Metrics,
    /// How fast data went in the near past.
    pub throughput: Arc<Throughput>,
    pub home: PathBuf,
    /// When the process started, in Unix seconds.
    pub launched: i64,
    /// Cancelled when the process is to stop.
    pub stop: CancellationToken,
    /// The runtime for work that must not run on an HTTP worker.
    runtime: tokio::runtime::Handle,
}

impl App {
    /// Opens the store and starts all services.
    ///
    /// # Errors
    /// When the home or the database cannot be used, or a setting is refused.
    pub async fn start(launch: Launch, log: Arc<LogRing>) -> anyhow::Result<Arc<Self>> {
        let Launch { home, database_url, secret_key, defaults, overrides, stored, .. } = launch;
        fs_err::create_dir_all(&home)?;
        let home = fs_err::canonicalize(&home)?;
        empty_temporary(&home)?;
        let store =
            Store::open(&home, database_url.as_deref()).await.context("opening the database")?;
        let places = launch.adopt.filter(|_| !launch.no_adopt);
        let adoption = Adoption::begin(&home, &store, places, launch.no_adopt).await?;
        let unsupported = unsupported();
        let flags = overrides.clone();
        let ground = Ground {
            home: home.clone(),
            promised: stored.clone(),
            secret_key,
            defaults,
            overrides,
            unsupported,
        };
        let settings =
            Settings::open(store.clone(), ground).await.context("reading the settings")?;
        if let Some(adoption) = adoption {
            adoption.run(&store, &settings, &launch.map).await?;
            // What the command line asks for wins over the profile, and is stored, as upstream does with its flags.
            let (_, refused) = settings
                .patch_leniently(flags, &Actor::System)
                .await
                .context("storing what the command line asks for")?;
            anyhow::ensure!(refused.is_empty(), "a flag is refused: {refused:?}");
            adoption.end()?;
        }
        if !stored.is_empty() {
            settings
                .patch(stored, &Actor::System)
                .await
                .context("storing the settings of the command line")?;
        }
        let auth =
            Auth::start(store.clone(), settings.clone()).await.context("preparing logins")?;
        let events = Events::open(store.clone()).await.context("reading the events")?;
        let engine = Engine::launch(store.clone(), settings.clone(), events.clone())
            .await
            .context("starting the engine")?;
        let stop = CancellationToken::new();
        let jar = Arc::new(Jar::default());
        let downloaded_trackers = Arc::<ArcSwap<String>>::default();
        let policy = {
            let (settings, downloaded) = (settings.clone(), Arc::clone(&downloaded_trackers));
            let home = home.to_string_lossy().into_owned();
            move || intake::Policy::of(&settings.effective(), &home, &downloaded.load())
        };
        let intake = Intake::new(engine.clone(), policy, jar, stop.clone());
        intake.resume().await.context("reading the pending fetches")?;
        let creator = Creator::new(intake.clone(), home.join("tmp"));
        let ip_list = {
            let engine = engine.acting_as(Actor::System);
            let reload = move |_| reload_filter(engine.clone()).boxed();
            let (settings, intake) = (settings.clone(), intake.clone());
            let wanted = Wanted::blocked;
            Download::new("blocked addresses", wanted, settings, intake, Box::new(reload))
        };
        let tracker_list = {
            let downloaded = Arc::clone(&downloaded_trackers);
            let take = move |list| take_trackers(list, Arc::clone(&downloaded)).boxed();
            let (settings, intake) = (settings.clone(), intake.clone());
            Download::new("trackers", Wanted::trackers, settings, intake, Box::new(take))
        };
        let app = Arc::new(Self {
            store,
            settings,
            events,
            auth,
            engine,
            intake,
            creator,
            imports: handover::Imports::default(),
            ip_list,
            tracker_list,
            downloaded_trackers,
            log,
            metrics: Metrics::default(),
            throughput: Arc::default(),
            home,
            launched: Timestamp::now().as_second(),
            stop,
            runtime: tokio::runtime::Handle::current(),
        });
        app.start_tasks(launch.clock.unwrap_or_else(|| Arc::new(SystemClock)));
        Ok(app)
    }

    fn start_tasks(self: &Arc<Self>, clock: Arc<dyn Clock>) {
        let (settings, stop) = (self.settings.clone(), self.stop.clone());
        self.spawn(async move { settings.run(stop).await });
        let (creator, stop) = (self.creator.clone(), self.stop.clone());
        self.spawn(async move { creator.run(stop).await });
        self.spawn(note_refused_peers(
            self.events.clone(),
            Arc::clone(&self.log),
            self.stop.clone(),
        ));
        let intake = self.intake.clone();
        self.auth.sessions.on_end(move |session| intake.end_session(session));
        self.spawn(look_after_logins(Arc::clone(self)));
        self.spawn(fill_jar(Arc::clone(self)));
        let engine = self.engine.acting_as(Actor::System);
        self.spawn(automation::share_limits::run(engine, self.stop.clone()));
        let settings = self.settings.clone();
        self.spawn(automation::schedule::run(settings, clock, self.stop.clone()));
        let (engine, throughput) = (self.engine.clone(), Arc::clone(&self.throughput));
        let stop = self.stop.clone();
        self.spawn(automation::throughput::run(engine, throughput, jiff::Zoned::now, stop));
        for list in [&self.ip_list, &self.tracker_list] {
            let (list, stop) = (list.clone(), self.stop.clone());
            self.spawn(async move { list.run(stop).await });
        }
        let (engine, events, stop) = (self.engine.clone(), self.events.clone(), self.stop.clone());
        self.spawn(automation::progress::run(engine, events, stop));
        let (creator, events, stop) =
            (self.creator.clone(), self.events.clone(), self.stop.clone());
        self.spawn(creator::notices::run(creator, events, stop));
        let (settings, events, stop) =
            (self.settings.clone(), self.events.clone(), self.stop.clone());
        self.spawn(automation::notices::settings(settings, events, stop));
        let (engine, events, stop) = (self.engine.clone(), self.events.clone(), self.stop.clone());
        self.spawn(automation::notices::health(engine, events, stop));
    }

    /// Runs work on the main runtime; it goes on if its caller goes away.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(work)
    }

    /// Asks the process to stop in a moment, so that an answer can still leave.
    pub fn stop_after(&self, delay: Duration) {
        let stop = self.stop.clone();
        self.spawn(async move {
            tokio::time::sleep(delay).await;
            stop.cancel();
        });
    }

    /// Stops all services, last one first, within a bounded time.
    pub async fn shut_down(&self) {
        self.stop.cancel();
        let asked = self.settings.effective().engine.shutdown_timeout_seconds;
        let asked = asked.map_or(Duration::MAX, |seconds| Duration::from_secs(seconds.into()));
        self.engine.stop_thread(ENGINE_PATIENCE.min(asked)).await;
        if tokio::time::timeout(STORE_PATIENCE, save_uses(self)).await.is_err() {
            tracing::warn!("the last uses of API keys were not saved in time");
        }
        if !self.store.flush(STORE_PATIENCE).await {
            tracing::error!("not everything could be saved in time");
        }
        self.store.close().await;
    }
}

async fn reload_filter(engine: Engine) {
    if let Err(error) = engine.reload_filter().await {
        tracing::warn!("the list of blocked addresses is not used yet: {error}");
    }
}

/// Takes the text of the downloaded list of trackers, or forgets it.
async fn take_trackers(list: Option<PathBuf>, downloaded: Arc<ArcSwap<String>>) {
    let text = match list {
        None => Ok(Vec::new()),
        Some(list) => fs_err::tokio::read(list).await,
    };
    match text {
        Ok(text) => downloaded.store(Arc::new(trackers_of(&String::from_utf8_lossy(&text)))),
        Err(error) => tracing::warn!("the list of trackers cannot be read: {error}"),
    }
}

/// The lines of a list that are trackers, and the blank lines that part tiers.
fn trackers_of(list: &str) -> String {
    let is_tracker = |line: &&str| {
        let url = url::Url::parse(line);
        line.is_empty()
            || url
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "udp") && url.has_host())
    };
    list.lines().map(str::trim).filter(is_tracker).collect::<Vec<_>>().join("\n")
}

/// Gives fetches the cookies of the settings, now and after each change.
async fn fill_jar(app: Arc<App>) {
    let mut profiles = app.settings.subscribe();
    let mut known = None;
    loop {
        let cookies = cookies::jar(&profiles.borrow_and_update());
        if known.as_ref() != Some(&cookies) {
            app.intake.jar().replace(
                cookies
                    .iter()
                    .map(|cookie| intake::Cookie {
                        name: cookie.name.clone(),
                        domain: cookie.domain.clone(),
                        path: cookie.path.clone(),
                        value: cookie.value.clone(),
                        expires: cookie.expires.unwrap_or(0),
                    })
                    .collect(),
            );
            known = Some(cookies);
        }
        tokio::select! {
            changed = profiles.changed() => if changed.is_err() { return },
            () = app.stop.cancelled() => return,
        }
    }
}

/// The take-over of a qBittorrent profile by a fresh instance. A marker in the home tells the next start to go on with
/// one that a crash interrupted.
struct Adoption {
    places: handover::Places,
    home: PathBuf,
}

/// What lies in the home while a profile is being taken over.
pub const ADOPTING: &str = "adopting";

impl Adoption {
    /// Sets the marker if there is a profile to take over and the instance is fresh.
    async fn begin(
        home: &Path,
        store: &Store,
        places: Option<handover::Places>,
        no_adopt: bool,
    ) -> anyhow::Result<Option<Self>> {
        let is_interrupted = home.join(ADOPTING).exists();
        let Some(places) = places.filter(handover::Places::is_there) else {
            anyhow::ensure!(
                !is_interrupted || no_adopt,
                "a qBittorrent profile was taken over in part, and is not there any more: bring it back, or start \
                 with --no-adopt to go on with what is here"
            );
            if is_interrupted {
                unmark(home)?;
            }
            return Ok(None);
        };
        if !is_interrupted {
            if !store.is_fresh().await.context("reading the database")? {
                return Ok(None);
            }
            fs_err::File::create(home.join(ADOPTING))?.sync_all()?;
            fs_err::File::open(home)?.sync_all()?;
        }
        Ok(Some(Self { places, home: home.to_owned() }))
    }

    async fn run(
        &self,
        store: &Store,
        settings: &Settings,
        map: &handover::PathMap,
    ) -> anyhow::Result<()> {
        let keys = ApiKeys::open(store.clone(), settings.clone()).await?;
        let request = handover::Request {
            places: &self.places,
            map,
            settings: true,
            dry_run: false,
            // The log tells it.
            progress: &|_, _| {},
            cancel: &CancellationToken::new(),
        };
        let target = handover::Target::Stopped(store);
        let ours = handover::Ours { target, settings, keys: &keys };
        let report = handover::adopt(request, ours).await.with_context(|| {
            format!(
                "taking over the qBittorrent profile in `{}` (--no-adopt starts without it)",
                self.places.base.display()
            )
        })?;
        tracing::info!("the profile in `{}`: {report}", self.places.base.display());
        Ok(())
    }

    /// From here on the instance is no fresh one.
    fn end(self) -> anyhow::Result<()> {
        Ok(unmark(&self.home)?)
    }
}

/// Removes the marker for good: if it came back, settings of the profile would replace newer ones.
fn unmark(home: &Path) -> std::io::Result<()> {
    fs_err::remove_file(home.join(ADOPTING))?;
    fs_err::File::open(home)?.sync_all()
}

/// What a crash left in the folder for uploads is of no use.
fn empty_temporary(home: &Path) -> anyhow::Result<()> {
    let temporary = home.join("tmp");
    if temporary.exists() {
        fs_err::remove_dir_all(&temporary)?;
    }
    fs_err::create_dir_all(&temporary)?;
    Ok(())
}

/// Feeds the log of refused peers.
async fn note_refused_peers(events: Events, log: Arc<LogRing>, stop: CancellationToken) {
    let mut receiver = events.subscribe_to_passing();
    loop {
        let event = tokio::select! {
            event = receiver.recv() => event,
            () = stop.cancelled() => return,
        };
        match event {
            Ok(event) => {
                if let Kind::PeerRefused { address, blocked, reason } = &event.kind {
                    log.push_peer(*address, *blocked, reason);
                }
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn save_uses(app: &App) {
    if let Err(error) = app.auth.keys.save_uses().await {
        tracing::warn!(%error, "the last uses of API keys were not saved");
    }
}

/// Forgets web sessions that nobody uses any more, and saves when API keys were used.
async fn look_after_logins(app: Arc<App>) {
    let mut minute = tokio::time::interval(Duration::from_mins(1));
    loop {
        tokio::select! {
            _ = minute.tick() => {}
            () = app.stop.cancelled() => return,
        }
        if let Some(timeout) = app.auth.policy().session_timeout {
            app.auth.sessions.sweep(timeout, std::time::Instant::now());
        }
        save_uses(&app).await;
        let renewing = Arc::clone(&app);
        let _ = tokio::task::spawn_blocking(move || renewing.auth.renew_setup_token()).await;
    }
}
