//! Keys that let programs in without a login.
//!
//! A key is random and long, so its SHA-256 is all that is needed to know it again, and all that is kept. The one
//! exception is the key of the foreign contract, which must be shown again: it is kept sealed beside its hash. When a
//! key was used last is remembered here and saved now and then, so that a request costs no write.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

use crate::settings::Settings;
use crate::settings::profile::ContractLevel;
use crate::store::{self, Store};

/// The id of the one key that the foreign contract knows.
const CONTRACT: i64 = 0;

/// Its name until somebody gives it another.
const CONTRACT_NAME: &str = "web api";

/// A key as requests see it.
#[derive(Debug)]
pub struct ApiKey {
    pub name: Arc<str>,
    /// The level that requests with this key are answered by; `None` for that of the listener.
    pub level: Option<ContractLevel>,
    /// Names the key's requests among sessions.
    pub session: Arc<str>,
    digest: [u8; 32],
    /// Unix seconds; 0 for never.
    used: AtomicI64,
    saved: AtomicI64,
}

impl ApiKey {
    fn of(row: &store::ApiKey) -> Self {
        let named =
            |word: &str| ContractLevel::ALL.iter().copied().find(|one| one.as_str() == word);
        Self {
            name: row.name.as_str().into(),
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
    pub(super) async fn open(store: Store, settings: Settings) -> store::Result<Self> {
        let known = ArcSwap::default();
        let keys = Self { store, settings, known, changing: Mutex::new(()) };
        keys.reload().await?;
        Ok(keys)
    }

    /// Reads all keys again; uses that are not saved yet are kept.
    async fn reload(&self) -> store::Result<()> {
        let before = self.known.load_full();
        let rows = self.store.api_keys().await?;
        let known = rows.iter().map(ApiKey::of).map(|key| {
            if let Some(old) = before.iter().find(|old| old.digest == key.digest) {
                key.used.fetch_max(old.used.load(Ordering::Relaxed), Ordering::Relaxed);
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
        let row = store::ApiKey {
            id: CONTRACT,
            name,
            digest: digest(&text),
            level,
            created_at: Timestamp::now().as_second(),
            last_used_at: None,
            sealed: Some(self.settings.seal(&context(), text.as_bytes())),
        };
        self.store.put_api_key(&row).await?;
        self.reload().await?;
        Ok(text)
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

/// A key as the contract has them: a mark, then 28 characters none of which is mistaken for another.
fn random() -> String {
    const ALPHABET: &[u8] = b"23456789ABCDEFGHIJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz";
    let characters = (0..28).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]));
    "qbt_".chars().chain(characters).collect()
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
