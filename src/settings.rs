//! The settings: what the operator asked for (*stored*) and what is in force (*effective*).
//!
//! `keys.rs` is the table that everything else comes from. [`Settings`] holds the typed [`Profile`]
//! behind one pointer: reading is free, a change is validated as a whole, committed and only then
//! visible. Other processes change settings too (`revaer password`), so the store's revision is
//! looked at once a second. Each change has a number, its *revision*, and stays in the history.

pub mod addresses;
pub mod cookies;
mod derived;
pub mod docs;
pub mod field;
mod history;
pub mod keys;
pub mod listener;
pub mod logins;
mod patch;
pub mod peer_class;
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
pub use history::Change;
pub use keys::{Adjustment, Apply, Refused, Row};
pub use patch::Patch;
pub use profile::Profile;

use crate::model::Actor;
use crate::store::{SettingAuthor, Store};
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
    /// The settings are not at the revision that the change was made for; nothing was changed.
    #[error("the settings are at revision {current} by now")]
    Outdated { current: u64 },
    /// A revision that has not been yet.
    #[error("the settings have no revision {0}")]
    NoRevision(u64),
    #[error("the settings could not be read or saved: {0}")]
    Store(#[from] crate::store::Error),
    /// The key that seals secrets is missing, unreadable or not the one that sealed them.
    #[error("secrets cannot be used: {0}")]
    Key(String),
}

pub type Result<T> = std::result::Result<T, Error>;

/// Who changes settings, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    actor: &'a Actor,
    origin: Option<&'a str>,
}

impl<'a> Author<'a> {
    #[must_use]
    pub fn new(actor: &'a Actor) -> Self {
        Self { actor, origin: None }
    }

    /// Names the address of the client for the history.
    #[must_use]
    pub fn at(mut self, origin: &'a str) -> Self {
        self.origin = Some(origin);
        self
    }
}

impl<'a> From<&'a Actor> for Author<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self::new(actor)
    }
}

/// Everything that can be shown of the settings, as of one moment.
#[derive(Debug, Clone)]
pub struct Current {
    /// Grows with each change; 0 before the first.
    pub revision: u64,
    /// What is in force.
    pub effective: Arc<Profile>,
    /// What was asked for, by key; secrets as in [`Profile::get`].
    pub stored: Arc<BTreeMap<String, Value>>,
    /// Where what is in force is not what was asked for.
    pub adjustments: Arc<[Adjustment]>,
}

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
    /// Settings that nothing here can carry out, and why.
    pub unsupported: Vec<(&'static str, String)>,
    /// Values of command line and environment: above what is stored, never stored, until a client
    /// changes the key.
    pub overrides: Patch,
    /// What the caller stores right after opening: the overrides must go together with it, and need not with what is
    /// stored before.
    pub promised: Patch,
}

/// Handle to the settings; cheap to clone.
#[derive(Clone)]
pub struct Settings {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    home: PathBuf,
    sealer: Arc<Sealer>,
    /// Held over a whole change, so that changes happen one after the other.
    state: Mutex<State>,
    current: ArcSwap<Current>,
    told: watch::Sender<Arc<Profile>>,
}

struct State {
    layers: Layers,
    revision: u64,
}

impl State {
    fn current(&self) -> Current {
        let (profile, mut adjustments) = self.layers.effective();
        adjustments.extend(derived::adjustments(&profile, &self.layers.unsupported));
        Current {
            revision: self.revision,
            effective: Arc::new(profile),
            stored: Arc::new(self.layers.shown()),
            adjustments: adjustments.into(),
        }
    }
}

impl Settings {
    /// Reads what is stored. Stores ports chosen by chance when none are stored, and creates the
    /// key of secrets.
    ///
    /// # Errors
    /// `Refused` if a default or override is not taken. A stored value that is not taken (an older
    /// or newer version wrote it) is only warned about, and its default is used.
    pub async fn open(store: Store, ground: Ground) -> Result<Self> {
        let Ground { home, secret_key, mut defaults, overrides, unsupported, promised } = ground;
        let sealer = Arc::new(Sealer::open(&home, secret_key.as_ref())?);
        store.seal_with(sealer.clone());
        if !defaults.contains("downloads.save_path") {
            defaults.set("downloads.save_path", default_save_path(&home));
        }
        let mut layers = Layers { defaults, stored: BTreeMap::new(), overrides, unsupported };
        let (stored, revision) = load(&store, &sealer).await?;
        layers.stored = stored;
        layers.check_ground(&promised, &home)?;
        let state = State { layers, revision };
        let current = state.current();
        let settings = Self {
            inner: Arc::new(Inner {
                store,
                home,
                sealer,
                told: watch::Sender::new(Arc::clone(&current.effective)),
                current: ArcSwap::from_pointee(current),
                state: Mutex::new(state),
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
        Arc::clone(&self.inner.current.load().effective)
    }

    /// What was asked for, by key; secrets as in [`Profile::get`].
    #[must_use]
    pub fn stored(&self) -> Arc<BTreeMap<String, Value>> {
        Arc::clone(&self.inner.current.load().stored)
    }

    /// Where what is in force is not what was asked for: values beyond their range, and switches that another
    /// setting overrules.
    #[must_use]
    pub fn adjustments(&self) -> Arc<[Adjustment]> {
        Arc::clone(&self.inner.current.load().adjustments)
    }

    /// The number of the last change, by any process that was noticed; 0 before the first.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.inner.current.load().revision
    }

    /// Revision, stored and effective values and adjustments that belong together.
    #[must_use]
    pub fn current(&self) -> Arc<Current> {
        self.inner.current.load_full()
    }

    /// Changes settings, all or nothing: validates everything, commits, then shows and tells.
    ///
    /// # Errors
    /// `Refused` names the first key that is not taken; `Store` means that nothing was changed.
    pub async fn patch<'a>(
        &self,
        patch: Patch,
        by: impl Into<Author<'a>>,
    ) -> Result<Vec<Adjustment>> {
        let by = by.into();
        let mut state = self.inner.state.lock().await;
        loop {
            let (layers, adjustments) = state.layers.patched(&patch, &self.inner.home)?;
            if self.commit(&mut state, layers, &patch, by).await? {
                return Ok(adjustments);
            }
            self.reload(&mut state).await?;
        }
    }

    /// As [`Self::patch`], but only if no one has changed settings since this revision.
    ///
    /// # Errors
    /// `Outdated`, and those of [`Self::patch`]; nothing was changed.
    pub async fn patch_at<'a>(
        &self,
        revision: u64,
        patch: Patch,
        by: impl Into<Author<'a>>,
    ) -> Result<Vec<Adjustment>> {
        let by = by.into();
        let mut state = self.inner.state.lock().await;
        self.reload(&mut state).await?;
        if state.revision == revision {
            let (layers, adjustments) = state.layers.patched(&patch, &self.inner.home)?;
            if self.commit(&mut state, layers, &patch, by).await? {
                return Ok(adjustments);
            }
            self.reload(&mut state).await?;
        }
        Err(Error::Outdated { current: state.revision })
    }

    /// Changes what can be changed and leaves out the rest, as the foreign contract does.
    ///
    /// # Errors
    /// `Store` means that nothing was changed.
    pub async fn patch_leniently<'a>(
        &self,
        mut patch: Patch,
        by: impl Into<Author<'a>>,
    ) -> Result<(Vec<Adjustment>, Vec<Refused>)> {
        let by = by.into();
        let mut state = self.inner.state.lock().await;
        let mut refused = Vec::new();
        // Each round takes out at least the key that was refused.
        loop {
            match state.layers.patched(&patch, &self.inner.home) {
                Ok((layers, adjustments)) => {
                    if self.commit(&mut state, layers, &patch, by).await? {
                        return Ok((adjustments, refused));
                    }
                    self.reload(&mut state).await?;
                }
                Err(reason) => {
                    if !patch.remove(&reason.key) {
                        return Err(reason.into());
                    }
                    refused.push(reason);
                }
            }
        }
    }

    /// Returns false, and changes nothing, if another process was there first: the state is to be read again then.
    async fn commit(
        &self,
        state: &mut State,
        layers: Layers,
        patch: &Patch,
        by: Author<'_>,
    ) -> Result<bool> {
        let inner = &*self.inner;
        let changes: Vec<(String, Option<String>)> = patch
            .changes()
            .filter(|(key, value)| state.layers.stored.get(*key) != *value)
            .map(|(key, value)| (key.to_owned(), value.map(|value| inner.sealer.text(key, value))))
            .collect();
        if !changes.is_empty() {
            let author = SettingAuthor {
                actor: &by.actor.to_string(),
                origin: by.origin,
                at: jiff::Timestamp::now().as_second(),
                expected: Some(state.revision),
            };
            match inner.store.put_settings(&changes, author).await? {
                Some(revision) => state.revision = revision,
                None => return Ok(false),
            }
        }
        state.layers = layers;
        self.show(state);
        Ok(true)
    }

    /// Makes the state visible and tells who listens, if anything differs.
    fn show(&self, state: &State) {
        let inner = &*self.inner;
        let mut current = state.current();
        let before = Arc::clone(&inner.current.load().effective);
        let differs = *current.effective != *before;
        if !differs {
            // Who holds the profile may compare pointers.
            current.effective = before;
        }
        let profile = Arc::clone(&current.effective);
        inner.current.store(Arc::new(current));
        if differs {
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
        if inner.store.settings_revision().await? == self.revision() {
            return Ok(());
        }
        let mut state = inner.state.lock().await;
        self.reload(&mut state).await
    }

    async fn reload(&self, state: &mut State) -> Result<()> {
        let inner = &*self.inner;
        if inner.store.settings_revision().await? == state.revision {
            return Ok(());
        }
        let (stored, revision) = load(&inner.store, &inner.sealer).await?;
        state.layers.stored = stored;
        state.revision = revision;
        self.show(state);
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
