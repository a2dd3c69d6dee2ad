//! Keys that let programs in without a login.
//!
//! A key is random and long, so its SHA-256 is all that is needed to know it again, and all that is kept. The one
//! exception is the key of the foreign contract, which must be shown again: it is kept sealed beside its hash. When a
//! key was used last is remembered here and saved now and then, so that a request costs no write.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

use super::scopes::Scopes;
use crate::settings::Settings;
use crate::settings::profile::ContractLevel;
use crate::store::{self, Store};

/// The id of the one key that the foreign contract knows.
const CONTRACT: i64 = 0;

/// Its name until somebody gives it another.
const CONTRACT_NAME: &str = "web api";

/// The bucket of a key.
type Bucket = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// A key as requests see it.
#[derive(Debug)]
pub struct ApiKey {
    pub id: i64,
    pub name: Arc<str>,
    /// What it may do, in every contract.
    pub scopes: Scopes,
    /// The only categories whose torrents it may see and change.
    pub categories: Option<Arc<[String]>>,
    /// The level that requests with this key are answered by; `None` for that of the listener.
    pub level: Option<ContractLevel>,
    /// Names the key's requests among sessions.
    pub session: Arc<str>,
    digest: [u8; 32],
    /// Requests per minute, and at once.
    rate: Option<(u32, u32)>,
    bucket: Option<Arc<Bucket>>,
    /// Unix seconds; 0 for never.
    used: AtomicI64,
    saved: AtomicI64,
}

/// A key that has sent more than it may.
#[derive(Debug)]
pub struct Exhausted {
    /// `Retry-After` and the state of the bucket.
    pub headers: Vec<(&'static str, String)>,
}

/// What somebody asks for who makes a key.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: String,
    pub scopes: Scopes,
    pub categories: Option<Vec<String>>,
    pub level: Option<ContractLevel>,
    /// Requests per minute, and at once; both above 0.
    pub rate: Option<(u32, u32)>,
}

impl ApiKey {
    /// Takes one request out of the bucket; returns the headers that tell its state.
    ///
    /// # Errors
    /// When the bucket is empty.
    pub fn take(&self) -> Result<Vec<(&'static str, String)>, Exhausted> {
        let (Some(bucket), Some((per_minute, burst))) = (&self.bucket, self.rate) else {
            return Ok(Vec::new());
        };
        // The time until the bucket is full again, if nothing more is taken.
        let refill = |left: u32| {
            u64::from(burst.saturating_sub(left)).saturating_mul(60).div_ceil(per_minute.into())
        };
        let headers = |left: u32| {
            vec![
                ("ratelimit-policy", format!("\"key\";q={burst};w={}", refill(0))),
                ("ratelimit", format!("\"key\";r={left};t={}", refill(left))),
                ("x-ratelimit-limit", burst.to_string()),
                ("x-ratelimit-remaining", left.to_string()),
                ("x-ratelimit-reset", refill(left).to_string()),
            ]
        };
        match bucket.check() {
            Ok(state) => Ok(headers(state.remaining_burst_capacity())),
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let mut headers = headers(0);
                headers.push(("retry-after", wait.as_secs().saturating_add(1).to_string()));
                Err(Exhausted { headers })
            }
        }
    }

    /// When it was used last, in Unix seconds.
    #[must_use]
    pub fn last_used(&self) -> Option<i64> {
        Some(self.used.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    fn of(row: &store::ApiKey) -> Self {
        let named =
            |word: &str| ContractLevel::ALL.iter().copied().find(|one| one.as_str() == word);
        Self {
            id: row.id,
            name: row.name.as_str().into(),
            scopes: Scopes::read(&row.scopes),
            categories: row.categories.clone().map(Arc::from),
            rate: row.rate,
            bucket: row.rate.and_then(bucket).map(Arc::new),
            level: row.level.as_deref().and_then(named),
            session: format!("key-{}", row.id).into(),
            digest: row.digest,
            used: AtomicI64::new(row.last_used_at.unwrap_or(0)),
            saved: AtomicI64::new(row.last_used_at.unwrap_or(0)),
        }
    }
}

/// All keys.
pub struct ApiKeys {
    store: Store,
    settings: Settings,
    known: ArcSwap<Vec<Arc<ApiKey>>>,
    /// Held while a key changes, so that what is known and what is stored go together.
    changing: Mutex<()>,
}

impl ApiKeys {
    /// Reads all keys.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(store: Store, settings: Settings) -> store::Result<Self> {
        let known = ArcSwap::default();
        let keys = Self { store, settings, known, changing: Mutex::new(()) };
        keys.reload().await?;
        Ok(keys)
    }

    /// Reads all keys again; uses that are not saved yet are kept.
    async fn reload(&self) -> store::Result<()> {
        let before = self.known.load_full();
        let rows = self.store.api_keys().await?;
        let known = rows.iter().map(ApiKey::of).map(|mut key| {
            if let Some(old) = before.iter().find(|old| old.digest == key.digest) {
                key.used.fetch_max(old.used.load(Ordering::Relaxed), Ordering::Relaxed);
                if old.rate == key.rate {
                    key.bucket.clone_from(&old.bucket);
                }
            }
            Arc::new(key)
        });
        self.known.store(Arc::new(known.collect()));
        Ok(())
    }

    /// The key that a request brings, and a note that it was used; `None` if there is no such key.
    #[must_use]
    pub fn find(&self, text: &str, now: Timestamp) -> Option<Arc<ApiKey>> {
        let digest = digest(text);
        let known = self.known.load();
        // Every key is compared in full, so that the time tells nothing about any.
        let found = known.iter().fold(None, |found, key| {
            if bool::from(key.digest.ct_eq(&digest)) { Some(key) } else { found }
        })?;
        found.used.fetch_max(now.as_second(), Ordering::Relaxed);
        Some(Arc::clone(found))
    }

    /// Saves when keys were used last.
    ///
    /// # Errors
    /// When the database takes no changes; the next call tries again.
    pub async fn save_uses(&self) -> store::Result<()> {
        let known = self.known.load_full();
        let used = |key: &Arc<ApiKey>| {
            let used = key.used.load(Ordering::Relaxed);
            (used > key.saved.load(Ordering::Relaxed)).then(|| (Arc::clone(key), used))
        };
        let unsaved: Vec<_> = known.iter().filter_map(used).collect();
        if unsaved.is_empty() {
            return Ok(());
        }
        let touched: Vec<_> = unsaved.iter().map(|(key, used)| (key.digest, *used)).collect();
        self.store.touch_api_keys(&touched).await?;
        for (key, used) in unsaved {
            key.saved.store(used, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Makes a new key for the foreign contract, in place of the old one, and returns it.
    ///
    /// # Errors
    /// When the database takes no changes; the old key then stays.
    pub async fn rotate(&self) -> store::Result<String> {
        let _turn = self.changing.lock().await;
        let old = self.contract_row().await?;
        let (name, level) =
            old.map_or_else(|| (CONTRACT_NAME.to_owned(), None), |old| (old.name, old.level));
        let text = random();
        self.store.put_api_key(&self.contract(name, level, &text)).await?;
        self.reload().await?;
        Ok(text)
    }

    /// Takes the key of a program whose clients come along, unless there is one; true if it was taken.
    ///
    /// # Errors
    /// When the database takes no changes.
    pub async fn adopt(&self, text: &str) -> store::Result<bool> {
        let _turn = self.changing.lock().await;
        if !is_contract_key(text) || self.contract_row().await?.is_some() {
            return Ok(false);
        }
        self.store.put_api_key(&self.contract(CONTRACT_NAME.to_owned(), None, text)).await?;
        self.reload().await?;
        Ok(true)
    }

    /// The row of the key of the foreign contract.
    fn contract(&self, name: String, level: Option<String>, text: &str) -> store::ApiKey {
        store::ApiKey {
            id: CONTRACT,
            name,
            digest: digest(text),
            level,
            created_at: Timestamp::now().as_second(),
            last_used_at: None,
            sealed: Some(self.settings.seal(&context(), text.as_bytes())),
            scopes: Scopes::ALL.text(),
            categories: None,
            rate: None,
        }
    }

    /// All keys as they are stored, by name, with their last uses.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> store::Result<Vec<store::ApiKey>> {
        let known = self.known.load_full();
        let mut rows = self.store.api_keys().await?;
        for row in &mut rows {
            let key = known.iter().find(|key| key.digest == row.digest);
            row.last_used_at = key.and_then(|key| key.last_used()).or(row.last_used_at);
        }
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(rows)
    }

    /// Makes a key; its text is returned once and never again.
    ///
    /// # Errors
    /// When the database takes no changes.
    pub async fn create(&self, new: NewKey) -> store::Result<(store::ApiKey, String)> {
        let _turn = self.changing.lock().await;
        let text = random_native();
        let row = store::ApiKey {
            // 48 random bits: no two keys share an id, also not over time, so that history stays true.
            id: rand::random_range(1..1 << 48),
            name: new.name,
            digest: digest(&text),
            level: new.level.map(|level| level.as_str().to_owned()),
            created_at: Timestamp::now().as_second(),
            last_used_at: None,
            sealed: None,
            scopes: new.scopes.text(),
            categories: new.categories,
            rate: new.rate,
        };
        self.store.put_api_key(&row).await?;
        self.reload().await?;
        Ok((row, text))
    }

    /// Gives a key another text; the old one stops to work. `None` if there is no such key.
    ///
    /// # Errors
    /// When the database takes no changes; the old text then stays.
    pub async fn replace(&self, id: i64) -> store::Result<Option<(store::ApiKey, String)>> {
        let _turn = self.changing.lock().await;
        let Some(mut row) = self.store.api_keys().await?.into_iter().find(|row| row.id == id)
        else {
            return Ok(None);
        };
        let text = if id == CONTRACT { random() } else { random_native() };
        row.digest = digest(&text);
        row.last_used_at = None;
        if id == CONTRACT {
            row.sealed = Some(self.settings.seal(&context(), text.as_bytes()));
        }
        self.store.put_api_key(&row).await?;
        self.reload().await?;
        Ok(Some((row, text)))
    }

    /// Ends a key; true if there was one.
    ///
    /// # Errors
    /// When the database takes no changes; the key then stays.
    pub async fn revoke(&self, id: i64) -> store::Result<bool> {
        let _turn = self.changing.lock().await;
        if !self.store.api_keys().await?.iter().any(|row| row.id == id) {
            return Ok(false);
        }
        self.store.remove_api_key(id).await?;
        self.reload().await?;
        Ok(true)
    }

    /// True while there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.load().is_empty()
    }

    /// Deletes the key of the foreign contract; true if there was one.
    ///
    /// # Errors
    /// When the database takes no changes; the key then stays.
    pub async fn delete(&self) -> store::Result<bool> {
        let _turn = self.changing.lock().await;
        if self.contract_row().await?.is_none() {
            return Ok(false);
        }
        self.store.remove_api_key(CONTRACT).await?;
        self.reload().await?;
        Ok(true)
    }

    /// The key of the foreign contract in clear, which that contract shows among the preferences.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn shown(&self) -> store::Result<Option<String>> {
        let Some(sealed) = self.contract_row().await?.and_then(|row| row.sealed) else {
            return Ok(None);
        };
        let opened = self.settings.unseal(&context(), &sealed);
        Ok(opened
            .inspect_err(|error| tracing::warn!(%error, "the API key cannot be shown"))
            .ok()
            .and_then(|clear| String::from_utf8(clear).ok()))
    }

    async fn contract_row(&self) -> store::Result<Option<store::ApiKey>> {
        Ok(self.store.api_keys().await?.into_iter().find(|row| row.id == CONTRACT))
    }
}

/// What the sealed key belongs to.
fn context() -> String {
    format!("api_keys.{CONTRACT}")
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// True for the shape that the contract asks of its key, and no more than that.
fn is_contract_key(text: &str) -> bool {
    text.len() == 32 && text.starts_with("qbt_") && text.is_ascii()
}

/// A key as the contract has them: a mark, then 28 characters none of which is mistaken for another.
fn random() -> String {
    const ALPHABET: &[u8] = b"23456789ABCDEFGHIJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz";
    let characters = (0..28).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]));
    "qbt_".chars().chain(characters).collect()
}

/// A key of our own: longer, and told apart by its mark.
fn random_native() -> String {
    const ALPHABET: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let characters = (0..40).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]));
    "rvr_".chars().chain(characters).collect()
}

fn bucket((per_minute, burst): (u32, u32)) -> Option<Bucket> {
    let quota = Quota::per_minute(NonZeroU32::new(per_minute)?);
    let quota = quota.allow_burst(NonZeroU32::new(burst)?);
    Some(RateLimiter::direct(quota).with_middleware::<StateInformationMiddleware>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Ground;

    async fn open(home: &std::path::Path) -> (Store, ApiKeys) {
        let store = Store::open(home, None).await.unwrap();
        let ground = Ground { home: home.to_owned(), ..Ground::default() };
        let settings = Settings::open(store.clone(), ground).await.unwrap();
        let keys = ApiKeys::open(store.clone(), settings).await.unwrap();
        (store, keys)
    }

    #[tokio::test]
    async fn a_key_lets_in_until_it_is_replaced_or_deleted() {
        let home = tempfile::tempdir().unwrap();
        let (_, keys) = open(home.path()).await;
        let now = Timestamp::now();
        assert_eq!(keys.shown().await.unwrap(), None);
        assert!(!keys.delete().await.unwrap());

        let first = keys.rotate().await.unwrap();
        assert!(first.starts_with("qbt_") && first.len() == 32, "{first}");
        assert_eq!(keys.find(&first, now).unwrap().session.as_ref(), "key-0");
        assert_eq!(keys.shown().await.unwrap().as_ref(), Some(&first));

        let second = keys.rotate().await.unwrap();
        assert!(keys.find(&first, now).is_none());
        assert!(keys.find(&second, now).is_some());
        assert!(keys.find(&second[..31], now).is_none() && keys.find("", now).is_none());

        assert!(keys.delete().await.unwrap());
        assert!(keys.find(&second, now).is_none());
        assert_eq!(keys.shown().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_key_of_our_own_has_scopes_and_a_bucket() {
        let home = tempfile::tempdir().unwrap();
        let (_, keys) = open(home.path()).await;
        let new = NewKey {
            name: "reader".to_owned(),
            scopes: Scopes::read("read"),
            categories: Some(vec!["tv".to_owned()]),
            level: None,
            rate: Some((60, 2)),
        };

        let (row, text) = keys.create(new).await.unwrap();

        let key = keys.find(&text, Timestamp::now()).unwrap();
        assert_eq!(
            (key.scopes.text(), key.categories.as_deref()),
            ("read".to_owned(), Some(&["tv".to_owned()][..]))
        );
        assert_eq!(key.take().unwrap()[3], ("x-ratelimit-remaining", "1".to_owned()));
        assert!(key.take().is_ok());
        let exhausted = key.take().unwrap_err();
        assert!(exhausted.headers.iter().any(|(name, _)| *name == "retry-after"));
        let (_, next) = keys.replace(row.id).await.unwrap().unwrap();
        assert!(keys.find(&text, Timestamp::now()).is_none());
        assert!(keys.find(&next, Timestamp::now()).is_some());
        assert!(keys.revoke(row.id).await.unwrap() && !keys.revoke(row.id).await.unwrap());
        assert!(keys.is_empty());
    }

    #[tokio::test]
    async fn a_key_is_stored_as_its_hash_and_sealed_with_the_time_of_its_last_use() {
        let home = tempfile::tempdir().unwrap();
        let (store, keys) = open(home.path()).await;
        let text = keys.rotate().await.unwrap();
        keys.find(&text, Timestamp::from_second(2_000_000_000).unwrap()).unwrap();
        assert_eq!(store.api_keys().await.unwrap()[0].last_used_at, None);

        keys.save_uses().await.unwrap();

        let [row] = &store.api_keys().await.unwrap()[..] else { panic!("one key") };
        assert_eq!((row.last_used_at, row.digest), (Some(2_000_000_000), digest(&text)));
        let sealed = row.sealed.as_deref().unwrap();
        assert!(!sealed.windows(8).any(|part| text.as_bytes().windows(8).any(|key| key == part)));
        assert_eq!(keys.shown().await.unwrap(), Some(text));
    }
}
