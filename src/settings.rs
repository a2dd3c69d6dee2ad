//! The settings: what the operator asked for (*stored*) and what is in force (*effective*).
//!
//! `keys.rs` is the table that everything else comes from. [`Settings`] holds the typed [`Profile`]
//! behind one pointer: reading is free, a change is validated as a whole, committed and only then
//! visible. Other processes change settings too (`revaer password`), so the store's revision is
//! looked at once a second.

pub mod cookies;
pub mod docs;
pub mod field;
pub mod keys;
pub mod listener;
mod patch;
pub mod profile;
mod secrets;
mod validate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use field::Secret;
pub use keys::{Adjustment, Apply, Refused, Row};
pub use patch::Patch;
pub use profile::Profile;

use crate::model::Actor;
use crate::store::Store;
use patch::Layers;
use secrets::Sealer;

/// How often another process's changes are looked for.
const POLL: Duration = Duration::from_secs(1);

/// Settings whose value is chosen by chance once and then kept.
const CHOSEN_ONCE: [&str; 2] = ["connection.listen_port", "connection.ssl_listen_port"];

/// What settings can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that is not taken; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the settings could not be read or saved: {0}")]
    Store(#[from] crate::store::Error),
    /// The key that seals secrets is missing, unreadable or not the one that sealed them.
    #[error("secrets cannot be used: {0}")]
    Key(String),
}

pub type Result<T> = std::result::Result<T, Error>;

/// Where settings come from beside the store.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// Revaer's home: holds `secret.key`, and content may not lie in it.
    pub home: PathBuf,
    /// The key of secrets as 64 hex digits, from `REVAER_SECRET_KEY`; without it `secret.key` in
    /// the home is used, and created if there is none.
    pub secret_key: Option<Secret>,
    /// Values of this machine in place of the table's defaults, below what is stored.
    pub defaults: Patch,
    /// Values of command line and environment: above what is stored, never stored, until a client
    /// changes the key.
    pub overrides: Patch,
}

/// Handle to the settings; cheap to clone.
#[derive(Clone)]
pub struct Settings {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    home: PathBuf,
    sealer: Sealer,
    /// Held over a whole change, so that changes happen one after the other.
    state: Mutex<State>,
    effective: ArcSwap<Profile>,
    stored: ArcSwap<BTreeMap<String, Value>>,
    told: watch::Sender<Arc<Profile>>,
}

struct State {
    layers: Layers,
    revision: u64,
}

impl Settings {
    /// Reads what is stored. Stores ports chosen by chance when none are stored, and creates the
    /// key of secrets.
    ///
    /// # Errors
    /// `Refused` if a default or override is not taken. A stored value that is not taken (an older
    /// or newer version wrote it) is only warned about, and its default is used.
    pub async fn open(store: Store, ground: Ground) -> Result<Self> {
        let Ground { home, secret_key, mut defaults, overrides } = ground;
        let sealer = Sealer::open(&home, secret_key.as_ref())?;
        if !defaults.contains("downloads.save_path") {
            defaults.set("downloads.save_path", default_save_path(&home));
        }
        let mut layers = Layers { defaults, stored: BTreeMap::new(), overrides };
        layers.check_ground(&home)?;
        let (stored, revision) = load(&store, &sealer).await?;
        layers.stored = stored;
        let (profile, _) = layers.effective();
        let profile = Arc::new(profile);
        let settings = Self {
            inner: Arc::new(Inner {
                store,
                home,
                sealer,
                effective: ArcSwap::new(Arc::clone(&profile)),
                stored: ArcSwap::from_pointee(layers.shown()),
                told: watch::Sender::new(profile),
                state: Mutex::new(State { layers, revision }),
            }),
        };
        settings.choose_ports().await?;
        Ok(settings)
    }

    async fn choose_ports(&self) -> Result<()> {
        let mut patch = Patch::new();
        {
            let state = self.inner.state.lock().await;
            for key in CHOSEN_ONCE.into_iter().filter(|key| !state.layers.mentions(key)) {
                patch.set(key, rand::random_range(1024..=65535_u16));
            }
        }
        if !patch.is_empty() {
            self.patch(patch, &Actor::System).await?;
        }
        Ok(())
    }

    /// What is in force: one pointer.
    #[must_use]
    pub fn effective(&self) -> Arc<Profile> {
        self.inner.effective.load_full()
    }

    /// What was asked for, by key; secrets as in [`Profile::get`].
    #[must_use]
    pub fn stored(&self) -> Arc<BTreeMap<String, Value>> {
        self.inner.stored.load_full()
    }

    /// Changes settings, all or nothing: validates everything, commits, then shows and tells.
    ///
    /// # Errors
    /// `Refused` names the first key that is not taken; `Store` means that nothing was changed.
    pub async fn patch(&self, patch: Patch, actor: &Actor) -> Result<Vec<Adjustment>> {
        let mut state = self.inner.state.lock().await;
        let (layers, adjustments) = state.layers.patched(&patch, &self.inner.home)?;
        self.commit(&mut state, layers, &patch, actor).await?;
        Ok(adjustments)
    }

    /// Changes what can be changed and leaves out the rest, as the foreign contract does.
    ///
    /// # Errors
    /// `Store` means that nothing was changed.
    pub async fn patch_leniently(
        &self,
        mut patch: Patch,
        actor: &Actor,
    ) -> Result<(Vec<Adjustment>, Vec<Refused>)> {
        let mut state = self.inner.state.lock().await;
        let mut refused = Vec::new();
        // Each round takes out at least the key that was refused.
        let (layers, adjustments) = loop {
            match state.layers.patched(&patch, &self.inner.home) {
                Ok(done) => break done,
                Err(reason) => {
                    if !patch.remove(&reason.key) {
                        return Err(reason.into());
                    }
                    refused.push(reason);
                }
            }
        };
        self.commit(&mut state, layers, &patch, actor).await?;
        Ok((adjustments, refused))
    }

    async fn commit(
        &self,
        state: &mut State,
        layers: Layers,
        patch: &Patch,
        actor: &Actor,
    ) -> Result<()> {
        let inner = &*self.inner;
        let changes: Vec<(String, Option<String>)> = patch
            .changes()
            .filter(|(key, value)| state.layers.stored.get(*key) != *value)
            .map(|(key, value)| (key.to_owned(), value.map(|value| inner.sealer.text(key, value))))
            .collect();
        if !changes.is_empty() {
            let now = jiff::Timestamp::now().as_second();
            let revision = inner.store.put_settings(&changes, &actor.to_string(), now).await?;
            // A jump means that another process was there first; the poll reads all again.
            if revision == state.revision + 1 {
                state.revision = revision;
            }
        }
        state.layers = layers;
        self.show(state);
        Ok(())
    }

    /// Makes the state visible and tells who listens, if anything differs.
    fn show(&self, state: &State) {
        let inner = &*self.inner;
        let (profile, _) = state.layers.effective();
        inner.stored.store(Arc::new(state.layers.shown()));
        if profile != **inner.effective.load() {
            let profile = Arc::new(profile);
            inner.effective.store(Arc::clone(&profile));
            inner.told.send_replace(profile);
        }
    }

    /// Sees each new effective profile.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Profile>> {
        self.inner.told.subscribe()
    }

    /// Looks once a second whether another process changed settings, until told to stop.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.refresh().await {
                Ok(()) => failing = false,
                Err(error) => {
                    // The store reports its own health each time; here once per outage is enough.
                    if !failing {
                        warn!("settings of other processes cannot be read: {error}");
                    }
                    failing = true;
                }
            }
        }
    }

    /// Reads all settings again if another process changed them.
    ///
    /// # Errors
    /// `Store` if they cannot be read; what is in force stays.
    pub async fn refresh(&self) -> Result<()> {
        let inner = &*self.inner;
        let found = inner.store.settings_revision().await?;
        let mut state = inner.state.lock().await;
        if found == state.revision {
            return Ok(());
        }
        let (stored, revision) = load(&inner.store, &inner.sealer).await?;
        state.layers.stored = stored;
        state.revision = revision;
        self.show(&state);
        Ok(())
    }

    /// Seals bytes for the store. `context` names what they belong to and is needed to open them
    /// again, so that a sealed value cannot be moved to another place.
    #[must_use]
    pub fn seal(&self, context: &str, clear: &[u8]) -> Vec<u8> {
        self.inner.sealer.seal(context, clear)
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    /// `Key` if another key or context sealed it.
    pub fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        self.inner.sealer.unseal(context, sealed)
    }

    /// Revaer's home.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.inner.home
    }
}

/// The stored values in clear and their revision. The revision is read first: a change between the
/// two reads is then seen by the next poll.
async fn load(store: &Store, sealer: &Sealer) -> Result<(BTreeMap<String, Value>, u64)> {
    let revision = store.settings_revision().await?;
    let mut stored = BTreeMap::new();
    for (key, text) in store.settings().await? {
        match sealer.value(&key, &text) {
            Ok(value) => {
                if let Err(refused) = Profile::default().set(&key, &value) {
                    warn!("a stored setting is left out: {refused}");
                }
                stored.insert(key, value);
            }
            Err(reason) => warn!(setting.key = %key, "a stored setting is left out: {reason}"),
        }
    }
    Ok((stored, revision))
}

/// `Downloads` of the user; another place if that is where Revaer keeps its own data, as in a container.
fn default_save_path(own: &Path) -> String {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let path = home
        .map(|home| home.join("Downloads"))
        .filter(|path| !path.starts_with(own))
        .unwrap_or_else(|| PathBuf::from("/downloads"));
    path.to_string_lossy().into_owned()
}
