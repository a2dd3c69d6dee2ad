//! Passwords: argon2id, on the blocking pool, two at once.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Hashing costs 19 MiB and some 20 ms, so a flood of logins waits here instead of in memory.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A hash in PHC string form.
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
        PasswordHash::new(&hash.0)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    verified.await.unwrap_or(false)
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
