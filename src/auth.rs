//! Who is asking: passwords, web sessions, bans, and the rules by which a request is let in.
//!
//! Sessions and bans live in memory and die with the process, as upstream's do. Nothing here knows HTTP: the guard
//! hands in addresses, cookie values and credentials, and gets a session or a refusal.

pub mod bans;
pub mod password;
pub mod policy;
pub mod sessions;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;

use bans::Bans;
pub use policy::Policy;
pub use sessions::{Session, Sessions};

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
    policy: ArcSwap<Policy>,
    temporary: password::Hash,
    temporary_text: String,
    pub sessions: Sessions,
    bans: Bans,
}

impl Auth {
    /// Prepares the temporary password of this run.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub async fn start(policy: Policy) -> Result<Self, password::Error> {
        let temporary_text = password::temporary();
        let temporary = password::hash(temporary_text.clone()).await?;
        Ok(Self {
            policy: ArcSwap::from_pointee(policy),
            temporary,
            temporary_text,
            sessions: Sessions::default(),
            bans: Bans::default(),
        })
    }

    /// The rules in force.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    pub fn set_policy(&self, policy: Policy) {
        self.policy.store(Arc::new(policy));
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
        let hash = policy.password.clone().unwrap_or_else(|| self.temporary.clone());
        // The hash is computed for a wrong name too, so that the time does not tell whether the name exists.
        let right_password = password::verify(hash, password.to_owned()).await;
        if right_password && name == policy.username {
            self.bans.forget(client);
            return Verdict::Right;
        }
        self.bans.count(client, policy.max_failures, policy.ban, Instant::now());
        Verdict::Wrong
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
