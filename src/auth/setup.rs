//! The one-time token that sets up a fresh instance.
//!
//! It lies in a file of Revaer's home that only its owner can read: who can read it may decide who the operator is. It
//! is replaced by another when it expires, and is gone once a password is set.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use rand::Rng as _;
use subtle::ConstantTimeEq as _;

/// How long a token counts.
pub const LIFETIME: Duration = Duration::from_mins(30);

/// The name of the file in Revaer's home.
pub const FILE: &str = "setup-token";

/// The token that counts now.
pub struct Setup {
    file: PathBuf,
    token: Mutex<Option<(String, Instant)>>,
}

impl Setup {
    #[must_use]
    pub fn new(home: &Path) -> Self {
        Self { file: home.join(FILE), token: Mutex::new(None) }
    }

    /// Sees to it that there is a token that counts while `due`, and none otherwise. Touches the disk.
    ///
    /// # Errors
    /// When the file cannot be written; there is no token then.
    pub fn renew(&self, due: bool, now: Instant) -> std::io::Result<()> {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = token.as_ref().is_some_and(|(_, until)| now < *until);
        if due && counts {
            return Ok(());
        }
        *token = None;
        match fs_err::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if !due {
            return Ok(());
        }
        let mut bytes = [0; 24];
        rand::rng().fill_bytes(&mut bytes);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let mut options = fs_err::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&self.file)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        *token = Some((text, now + LIFETIME));
        Ok(())
    }

    /// Takes the token if it is the right one; a second call finds none.
    #[must_use]
    pub fn redeem(&self, given: &str, now: Instant) -> bool {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let is_right = token.as_ref().is_some_and(|(text, until)| {
            now < *until && bool::from(text.as_bytes().ct_eq(given.as_bytes()))
        });
        if is_right {
            *token = None;
        }
        is_right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_counts_once_and_for_a_while() {
        let home = tempfile::tempdir().unwrap();
        let setup = Setup::new(home.path());
        let now = Instant::now();
        let read = || fs_err::read_to_string(home.path().join(FILE)).ok();
        setup.renew(true, now).unwrap();
        let first = read().unwrap();

        assert!(!setup.redeem("wrong", now) && !setup.redeem(&first, now + LIFETIME));
        assert!(setup.redeem(&first, now));
        assert!(!setup.redeem(&first, now));

        setup.renew(true, now).unwrap();
        let second = read().unwrap();
        assert_ne!(first, second);
        setup.renew(false, now).unwrap();
        assert_eq!(read(), None);
        assert!(!setup.redeem(&second, now));
    }
}
