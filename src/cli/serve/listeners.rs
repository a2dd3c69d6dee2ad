//! All listeners of the web server: each follows its own wish, and restarts alone.
//!
//! A wish that cannot be fulfilled (the port is taken, the certificate cannot be used) is logged, what ran before goes
//! on, and it is tried again: with growing pauses, and as soon as a file of the certificate changes.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use rustls::ServerConfig;
use tokio::time::Instant;

use super::listener::{Ground, Listener, Wish};
use crate::app::App;
use crate::http::place::Place;
use crate::http::{self, Terms, tls};
use crate::settings::Profile;

/// How often something that failed is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Why a wish is not fulfilled.
#[derive(Debug, thiserror::Error)]
enum Unfulfilled {
    #[error("{0}")]
    Place(#[from] std::io::Error),
    #[error("{0}")]
    Certificate(#[from] tls::Error),
}

/// The last failed try.
struct Failure {
    reason: String,
    /// The files of the certificate, as they were.
    stamps: Option<[tls::Stamp; 2]>,
    next: Instant,
    pause: Duration,
}

/// A wish and what runs for it.
struct Slot {
    wish: Wish,
    running: Option<Listener>,
    failure: Option<Failure>,
}

/// The main listener first, then those of `webui.listeners`.
pub(super) struct Listeners {
    ground: Ground,
    slots: Vec<Slot>,
}

impl Listeners {
    /// Opens all listeners.
    ///
    /// Contract: without a usable certificate the main one speaks HTTP, so that it can be reached and mended. A further
    /// one stays closed then, because whoever asked for HTTPS there may not want its password in clear.
    ///
    /// # Errors
    /// When the main listener cannot be bound. A further one is tried again.
    pub(super) async fn open(app: &Arc<App>) -> std::io::Result<Self> {
        let ground = Ground { app: Arc::clone(app), memory: http::memory(app) };
        let slots = wishes(&app.settings.effective()).into_iter().map(Slot::new).collect();
        let mut listeners = Self { ground, slots };
        let wish = listeners.slots[0].wish.clone();
        let socket = wish.place.bind()?;
        let workers = listeners.share(0);
        let (wish, config) = match config(&wish).await {
            Ok(config) => (wish, config),
            Err(error) => {
                tracing::error!("there is no HTTPS, the web server speaks HTTP: {error}");
                listeners.slots[0].note(error.to_string());
                (Wish { certificate: None, ..wish }, None)
            }
        };
        let main = Listener::start(&listeners.ground, wish, socket, workers, config)?;
        listeners.slots[0].running = Some(main);
        listeners.fulfil_all().await;
        Ok(listeners)
    }

    /// The listeners that run, the main one first.
    pub(super) fn running(&self) -> impl Iterator<Item = &Listener> {
        self.slots.iter().filter_map(|slot| slot.running.as_ref())
    }

    /// Follows the present profile.
    pub(super) async fn follow(&mut self) {
        let wishes = wishes(&self.ground.app.settings.effective());
        if wishes.iter().eq(self.slots.iter().map(|slot| &slot.wish)) {
            return;
        }
        let mut old = std::mem::take(&mut self.slots);
        let main = old.remove(0);
        let mut slots: Vec<Option<Slot>> = Vec::new();
        // A row that kept its place keeps its listener; one that moved takes over that of a row that is gone, so
        // that this one runs on until the new place is bound.
        for wish in &wishes[1..] {
            let found = old.iter().position(|slot| slot.wish.place == wish.place);
            slots.push(found.map(|at| old.remove(at)));
        }
        for slot in slots.iter_mut().filter(|slot| slot.is_none()) {
            *slot = (!old.is_empty()).then(|| old.remove(0));
        }
        let slots = std::iter::once(Some(main)).chain(slots);
        self.slots = slots
            .zip(wishes)
            .map(|(slot, wish)| match slot {
                Some(slot) if slot.wish == wish => slot,
                Some(slot) => Slot { wish, failure: None, ..slot },
                None => Slot::new(wish),
            })
            .collect();
        for gone in old.into_iter().filter_map(|slot| slot.running) {
            tracing::info!("the web server leaves {}", gone.url());
            tokio::spawn(gone.close());
        }
        self.fulfil_all().await;
    }

    /// Returns when something that failed should be looked at again; never, if nothing failed.
    pub(super) async fn failing(&self) {
        if self.slots.iter().any(|slot| slot.failure.is_some()) {
            tokio::time::sleep(LOOK).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// Tries what failed again, where its time has come or its certificate has changed.
    pub(super) async fn try_again(&mut self) {
        let now = Instant::now();
        for at in 0..self.slots.len() {
            if self.slots[at].is_due(now).await {
                self.fulfil(at).await;
            }
        }
    }

    /// Closes all at once, within a bounded time.
    pub(super) async fn close(self) {
        join_all(self.slots.into_iter().filter_map(|slot| slot.running).map(Listener::close)).await;
    }

    async fn fulfil_all(&mut self) {
        for at in 0..self.slots.len() {
            if !self.slots[at].is_fulfilled() && self.slots[at].failure.is_none() {
                self.fulfil(at).await;
            }
        }
    }

    async fn fulfil(&mut self, at: usize) {
        let workers = self.share(at);
        let slot = &mut self.slots[at];
        match slot.fulfil(&self.ground, workers).await {
            Ok(()) => slot.failure = None,
            Err(error) => {
                let reason = error.to_string();
                if slot.failure.as_ref().is_none_or(|known| known.reason != reason) {
                    if let Some(running) = &slot.running {
                        tracing::error!("the web server stays at {}: {reason}", running.url());
                    } else {
                        tracing::error!("a listener is not open: {reason}");
                    }
                }
                slot.note(reason);
            }
        }
    }

    /// Worker threads of a listener: one per core in total, as far as there are enough. A listener that runs keeps
    /// what it has when others come and go.
    fn share(&self, at: usize) -> usize {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let rest = usize::from(at < cores % self.slots.len());
        (cores / self.slots.len() + rest).max(1)
    }
}

impl Slot {
    fn new(wish: Wish) -> Self {
        Self { wish, running: None, failure: None }
    }

    fn is_fulfilled(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.wish == self.wish)
    }

    /// Makes what runs equal to the wish, or leaves everything as it is.
    async fn fulfil(&mut self, ground: &Ground, workers: usize) -> Result<(), Unfulfilled> {
        let wish = self.wish.clone();
        let tls = config(&wish).await?;
        let socket = match &self.running {
            // A change of level or certificate alone keeps the socket, so no connection is refused in between.
            Some(running) if running.wish.place == wish.place => running.socket()?,
            _ => match wish.place.bind() {
                Err(error) if self.is_in_its_own_way(&error) => self.rebind(ground).await?,
                bound => bound?,
            },
        };
        let new = Listener::start(ground, wish, socket, workers, tls)?;
        tracing::info!("the web server listens on {}", new.url());
        if let Some(old) = self.running.replace(new) {
            tokio::spawn(old.close());
        }
        Ok(())
    }

    /// True if an address of the same port was asked for, which the present one contains or is part of.
    fn is_in_its_own_way(&self, error: &std::io::Error) -> bool {
        error.kind() == std::io::ErrorKind::AddrInUse
            && self
                .running
                .as_ref()
                .is_some_and(|running| running.address().port() == self.wish.place.port)
    }

    /// Closes what runs and binds the wished place; if that fails, what ran is started again.
    async fn rebind(&mut self, ground: &Ground) -> Result<TcpListener, Unfulfilled> {
        let Some(old) = self.running.take() else { return Ok(self.wish.place.bind()?) };
        let (wish, workers, port) = (old.wish.clone(), old.workers, old.address().port());
        old.close().await;
        match self.wish.place.bind() {
            Ok(socket) => Ok(socket),
            Err(error) => {
                let socket = Place { port, ..wish.place.clone() }.bind()?;
                let tls = config(&wish).await?;
                self.running = Some(Listener::start(ground, wish, socket, workers, tls)?);
                Err(error.into())
            }
        }
    }

    fn note(&mut self, reason: String) {
        let pause = self.failure.take().map_or(LOOK, |known| known.pause * 2).min(LONGEST_PAUSE);
        let stamps = self.wish.certificate.as_ref().map(tls::Files::stamps);
        self.failure = Some(Failure { reason, stamps, next: Instant::now() + pause, pause });
    }

    async fn is_due(&self, now: Instant) -> bool {
        let Some(failure) = &self.failure else { return false };
        if failure.next <= now {
            return true;
        }
        let Some(files) = self.wish.certificate.clone() else { return false };
        let stamps = tokio::task::spawn_blocking(move || files.stamps()).await.ok();
        stamps != failure.stamps
    }
}

/// What a profile asks for, the main listener first.
fn wishes(profile: &Profile) -> Vec<Wish> {
    let webui = &profile.webui;
    let certificate = |https: bool| {
        https.then(|| tls::Files {
            chain: webui.https_certificate_path.clone().into(),
            key: webui.https_key_path.clone().into(),
        })
    };
    let main = Wish {
        place: Place::main(profile),
        terms: Terms::default(),
        certificate: certificate(webui.https_enabled),
    };
    let further = webui.listeners.iter().map(|row| Wish {
        place: Place { address: row.address.clone(), port: row.port },
        terms: Terms { level: row.level, strict: row.strict },
        certificate: certificate(row.https),
    });
    std::iter::once(main).chain(further).collect()
}

/// The configuration of HTTPS, if it is wished for; files are read off the runtime's threads.
async fn config(wish: &Wish) -> Result<Option<ServerConfig>, tls::Error> {
    let Some(files) = wish.certificate.clone() else { return Ok(None) };
    match tokio::task::spawn_blocking(move || tls::config(files)).await {
        Ok(config) => config.map(Some),
        Err(error) => Err(tls::Error::File(std::io::Error::other(error))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::app::Launch;
    use crate::model::Actor;
    use crate::settings::Patch;
    use crate::telemetry::LogRing;

    async fn started() -> (TempDir, Arc<App>, Listeners) {
        let home = tempfile::tempdir().unwrap();
        let mut overrides = Patch::new();
        overrides.set("webui.port", 0);
        overrides.set("connection.listen_port", 0);
        overrides.set("connection.interface_address", "127.0.0.1");
        overrides.set("bittorrent.dht", false);
        overrides.set("downloads.save_path", home.path().join("content").to_str().unwrap());
        let launch = Launch { home: home.path().join("home"), overrides, ..Launch::default() };
        let app = App::start(launch, Arc::new(LogRing::default())).await.unwrap();
        let listeners = Listeners::open(&app).await.unwrap();
        (home, app, listeners)
    }

    fn addresses(listeners: &Listeners) -> Vec<String> {
        listeners.running().map(|one| one.address().to_string()).collect()
    }

    async fn set(listeners: &mut Listeners, rows: serde_json::Value) {
        let mut patch = Patch::new();
        patch.set("webui.listeners", rows);
        listeners.ground.app.settings.patch(patch, &Actor::System).await.unwrap();
        listeners.follow().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn listeners_come_move_and_go_alone() {
        let (_home, app, mut listeners) = started().await;
        let main = addresses(&listeners);
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (first, second) = (free(), free());
        let port = |socket: &TcpListener| socket.local_addr().unwrap().port();
        let (one, two) = (port(&first), port(&second));

        // A port that is taken is tried again until it is free.
        set(&mut listeners, json!([{ "address": "127.0.0.1", "port": one, "level": "4.5" }])).await;
        assert_eq!(addresses(&listeners), main);
        assert!(listeners.slots[1].failure.is_some());
        drop(first);
        listeners.slots[1].failure.as_mut().unwrap().next = Instant::now();
        listeners.try_again().await;
        assert_eq!(addresses(&listeners)[1..], [format!("127.0.0.1:{one}")]);
        assert!(listeners.slots[1].failure.is_none());

        // One that cannot move stays where it is, and moves once it can.
        set(&mut listeners, json!([{ "address": "127.0.0.1", "port": two }])).await;
        assert_eq!(addresses(&listeners)[1..], [format!("127.0.0.1:{one}")]);
        drop(second);
        listeners.slots[1].failure.as_mut().unwrap().next = Instant::now();
        listeners.try_again().await;
        assert_eq!(addresses(&listeners)[1..], [format!("127.0.0.1:{two}")]);

        // Another level needs no other socket, and the neighbours do not notice.
        set(&mut listeners, json!([{ "address": "127.0.0.1", "port": two, "level": "5.3" }])).await;
        assert_eq!(addresses(&listeners), [main[0].clone(), format!("127.0.0.1:{two}")]);
        assert!(listeners.slots.iter().all(Slot::is_fulfilled));

        set(&mut listeners, json!([])).await;
        assert_eq!(addresses(&listeners), main);
        listeners.close().await;
        app.shut_down().await;
    }
}
