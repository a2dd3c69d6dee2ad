//! Passwords: argon2id, on the blocking pool, two at once.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Sha512;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

/// Hashing costs 19 MiB and some 20 ms, so a flood of logins waits here instead of in memory.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What stands before salt and key of a hash that qBittorrent made.
const FOREIGN: &str = "qbt-pbkdf2:";

/// Its number of rounds.
const FOREIGN_ROUNDS: u32 = 100_000;

/// A hash in PHC string form, or one of an adopted profile.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash(Arc<str>);

impl Hash {
    /// Takes a stored hash.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Salt and key of a hash that another program made, in its own form.
    #[must_use]
    pub fn foreign(&self) -> Option<&str> {
        self.0.strip_prefix(FOREIGN)
    }

    /// True for a hash that another program made, which the next login replaces.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.0.starts_with(FOREIGN)
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hash(…)")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// Hashes a password with a fresh salt.
pub async fn hash(password: String) -> Result<Hash, Error> {
    let hashed = on_the_pool(move || {
        let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| Hash(hash.to_string().into()))
            .map_err(|error| Error::Hash(error.to_string()))
    });
    hashed.await.unwrap_or_else(|| Err(Error::Hash("the process is stopping".to_owned())))
}

/// True if the password is the hashed one. A hash of unknown form matches nothing.
pub async fn verify(hash: Hash, password: String) -> bool {
    let verified = on_the_pool(move || {
        if let Some(foreign) = hash.0.strip_prefix(FOREIGN) {
            return verify_foreign(foreign, &password).unwrap_or(false);
        }
        PasswordHash::new(&hash.0)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    verified.await.unwrap_or(false)
}

/// Compares with `salt:key`, both in base64: PBKDF2 with HMAC-SHA-512. A malformed hash matches nothing.
fn verify_foreign(hash: &str, password: &str) -> Option<bool> {
    let (salt, key) = hash.split_once(':')?;
    let (salt, key) = (STANDARD.decode(salt).ok()?, STANDARD.decode(key).ok()?);
    let mut derived = [0; 64];
    pbkdf2::pbkdf2_hmac::<Sha512>(password.as_bytes(), &salt, FOREIGN_ROUNDS, &mut derived);
    Some(derived[..].ct_eq(&key).into())
}

/// Salt and key of a password in the form that qBittorrent reads. Takes some 100 ms.
#[must_use]
pub fn foreign(password: &str) -> String {
    let salt: [u8; 16] = rand::random();
    let mut derived = [0; 64];
    pbkdf2::pbkdf2_hmac::<Sha512>(password.as_bytes(), &salt, FOREIGN_ROUNDS, &mut derived);
    format!("{}:{}", STANDARD.encode(salt), STANDARD.encode(derived))
}

/// A password for the first start: nine characters, none of which is mistaken for another.
#[must_use]
pub fn temporary() -> String {
    const ALPHABET: &[u8] = b"23456789ABCDEFGHIJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";
    (0..9).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())])).collect()
}

async fn on_the_pool<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let _turn = AT_ONCE.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by qbittorrent-nox 5.1.0 for the password `adminadmin1`.
    #[tokio::test]
    async fn a_hash_of_qbittorrent_verifies_its_password_alone() {
        let hash = Hash::stored(
            "qbt-pbkdf2:yjyrnCHU9NiO1llLvTJOGA==:wcDIYwvlpHuLYdtnExt06lWU/uLOA9cyEjp+JVOBvjOgLpxcJErWo+YjwE9xKxpXlptKjrrm8Uv7pnykItf1lA==",
        );

        assert!(hash.is_foreign());
        assert!(verify(hash.clone(), "adminadmin1".to_owned()).await);
        assert!(!verify(hash, "adminadmin".to_owned()).await);
        for broken in ["qbt-pbkdf2:", "qbt-pbkdf2:a:b", "qbt-pbkdf2:AAAA:"] {
            assert!(!verify(Hash::stored(broken), String::new()).await);
        }
    }

    #[tokio::test]
    async fn a_hash_verifies_its_password_alone() {
        let hash = hash("adminadmin".to_owned()).await.unwrap();

        assert!(hash.as_str().starts_with("$argon2id$"));
        assert!(verify(hash.clone(), "adminadmin".to_owned()).await);
        assert!(!verify(hash, "Adminadmin".to_owned()).await);
        assert!(!verify(Hash::stored("nonsense"), String::new()).await);
        assert_ne!(temporary(), temporary());
    }
}
