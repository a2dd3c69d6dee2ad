//! Who is asking: passwords, web sessions, API keys, bans, and the rules by which a request is let in.
//!
//! Sessions and bans live in memory and die with the process, as upstream's do. Nothing here knows HTTP: the guard
//! hands in addresses, cookie values and credentials, and gets a session or a refusal.

pub mod api_keys;
pub mod bans;
pub mod password;
pub mod policy;
pub mod scopes;
pub mod sessions;
pub mod setup;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use tokio::sync::OnceCell;

pub use api_keys::{ApiKey, ApiKeys};
use bans::Bans;
use password::Hash;
pub use policy::Policy;
pub use scopes::{Scope, Scopes};
pub use sessions::{Session, Sessions};
pub use setup::Setup;

use crate::model::Actor;
use crate::settings::{Patch, Profile, Settings};
use crate::store::{self, Store};

/// Why there is nobody to decide who may come in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Password(#[from] password::Error),
    #[error("the API keys cannot be read: {0}")]
    Keys(#[from] store::Error),
}

/// The outcome of checking a name and a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong,
    /// Too many failures from this address; the credentials were not looked at.
    Banned,
}

/// Everything that decides who may come in.
pub struct Auth {
    settings: Settings,
    /// The rules, with the profile that they were made from.
    rules: ArcSwap<(Arc<Profile>, Arc<Policy>)>,
    temporary: OnceCell<Hash>,
    temporary_text: String,
    pub sessions: Sessions,
    pub keys: ApiKeys,
    pub setup: Setup,
    bans: Bans,
}

impl Auth {
    /// Prepares the temporary password of this run, and reads the keys.
    ///
    /// # Errors
    /// When the system has no randomness to give, or the database cannot be read.
    pub async fn start(store: Store, settings: Settings) -> Result<Self, Error> {
        let temporary_text = password::temporary();
        let keys = ApiKeys::open(store, settings.clone()).await?;
        let profile = settings.effective();
        let policy = Arc::new(Policy::of(&profile));
        let setup = Setup::new(settings.home());
        Ok(Self {
            settings,
            setup,
            rules: ArcSwap::from_pointee((profile, policy)),
            temporary: OnceCell::new(),
            temporary_text,
            sessions: Sessions::default(),
            keys,
            bans: Bans::default(),
        })
    }

    /// The rules in force; a change of settings counts from its commit on.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        let profile = self.settings.effective();
        let rules = self.rules.load();
        if Arc::ptr_eq(&rules.0, &profile) {
            return Arc::clone(&rules.1);
        }
        let policy = Arc::new(Policy::of(&profile));
        self.rules.store(Arc::new((profile, Arc::clone(&policy))));
        policy
    }

    /// Keeps a set-up token on disk while no password is set, and none otherwise. Touches the disk.
    pub fn renew_setup_token(&self) {
        let is_due = self.policy().password.is_none();
        if let Err(error) = self.setup.renew(is_due, Instant::now()) {
            tracing::warn!(%error, "the set-up token cannot be kept; the temporary password does as well");
        }
    }

    /// The password that lets the operator in until one is set; `None` once it is.
    #[must_use]
    pub fn temporary_password(&self) -> Option<String> {
        self.policy().password.is_none().then(|| self.temporary_text.clone())
    }

    /// Checks credentials; failures count towards a ban of the address.
    pub async fn check(&self, name: &str, password: &str, client: IpAddr) -> Verdict {
        let policy = self.policy();
        if self.bans.is_banned(client, Instant::now()) {
            return Verdict::Banned;
        }
        let Some(hash) = self.hash(&policy).await else { return Verdict::Wrong };
        // The hash is computed for a wrong name too, so that the time does not tell whether the name exists.
        let is_foreign = hash.is_foreign();
        let right_password = password::verify(hash, password.to_owned()).await;
        if right_password && name == policy.username {
            self.bans.forget(client);
            if is_foreign {
                self.replace_hash(password).await;
            }
            return Verdict::Right;
        }
        self.bans.count(client, policy.max_failures, policy.ban, Instant::now());
        Verdict::Wrong
    }

    /// What a password is compared with: the operator's hash, or that of the temporary password, which is made when it
    /// is asked for first.
    async fn hash(&self, policy: &Policy) -> Option<Hash> {
        if let Some(hash) = &policy.password {
            return Some(hash.clone());
        }
        let made = self.temporary.get_or_try_init(|| password::hash(self.temporary_text.clone()));
        match made.await {
            Ok(hash) => Some(hash.clone()),
            Err(error) => {
                tracing::error!("nobody can log in: {error}");
                None
            }
        }
    }

    /// Stores our own hash of a password that an adopted profile brought along.
    async fn replace_hash(&self, password: &str) {
        let replaced = async {
            let hash =
                password::hash(password.to_owned()).await.map_err(|error| error.to_string())?;
            let mut patch = Patch::new();
            patch.set("webui.password_hash", hash.as_str());
            self.settings.patch(patch, &Actor::System).await.map_err(|error| error.to_string())
        };
        if let Err(error) = replaced.await {
            tracing::warn!("the hash of the adopted password stays as it is: {error}");
        }
    }

    /// Counts a failure without a look at credentials, because there are none to look at.
    pub fn refuse(&self, client: IpAddr) -> Verdict {
        let policy = self.policy();
        if self.bans.is_banned(client, Instant::now()) {
            return Verdict::Banned;
        }
        self.bans.count(client, policy.max_failures, policy.ban, Instant::now());
        Verdict::Wrong
    }
}
