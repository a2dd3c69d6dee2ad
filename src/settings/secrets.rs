//! Seals secrets at rest.
//!
//! XChaCha20-Poly1305 with a random nonce per value; the setting's key is authenticated with it, so
//! a sealed value cannot be moved to another setting. In the store a sealed setting is
//! `{"sealed":"<base64>"}`.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use fs_err::os::unix::fs::OpenOptionsExt;
use serde_json::{Value, json};
use tracing::warn;

use super::field::{Kind, Secret};
use super::{Error, Result, keys};
use crate::model::login::has_login;
use crate::store::Seal;

const KEY_FILE: &str = "secret.key";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// What a sealed URL of the store belongs to.
const URL: &str = "url";

/// Seals and opens values with one key.
pub(super) struct Sealer {
    cipher: XChaCha20Poly1305,
}

impl Sealer {
    /// Takes the given key, else that of the home, else makes one there.
    pub(super) fn open(home: &Path, given: Option<&Secret>) -> Result<Self> {
        let key = match given {
            Some(text) => parse(text.reveal(), "REVAER_SECRET_KEY")?,
            None => file_key(&home.join(KEY_FILE))?,
        };
        Ok(Self { cipher: XChaCha20Poly1305::new(&Key::from(key)) })
    }

    pub(super) fn seal(&self, context: &str, clear: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: clear, aad: context.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("texts are far below the cipher's limit of 256 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    pub(super) fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::Key(format!("`{context}` was sealed with another key"));
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| broken())
    }

    /// The text that the store keeps for a setting. A text that is no secret is sealed too where a URL in it has a
    /// login.
    pub(super) fn text(&self, key: &str, value: &Value) -> String {
        match value.as_str() {
            Some(clear) if is_secret(key) || (is_text(key) && has_login(clear.as_bytes())) => {
                json!({ "sealed": STANDARD.encode(self.seal(key, clear.as_bytes())) }).to_string()
            }
            _ => value.to_string(),
        }
    }

    /// The setting in clear from the text that the store keeps.
    pub(super) fn value(&self, key: &str, text: &str) -> std::result::Result<Value, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let sealed = value.get("sealed").and_then(Value::as_str);
        let sealed = match sealed {
            Some(sealed) if is_secret(key) || is_text(key) => sealed,
            None if is_secret(key) => return Err("it is not sealed".to_owned()),
            _ => return Ok(value),
        };
        let sealed = STANDARD.decode(sealed).map_err(|error| error.to_string())?;
        let clear = self.unseal(key, &sealed).map_err(|error| error.to_string())?;
        String::from_utf8(clear).map(Value::String).map_err(|error| error.to_string())
    }
}

fn is_secret(key: &str) -> bool {
    keys::row(key).is_some_and(keys::Row::is_secret)
}

fn is_text(key: &str) -> bool {
    keys::row(key).is_some_and(|row| row.kind == Kind::Text)
}

impl Seal for Sealer {
    fn seal(&self, clear: &[u8]) -> Vec<u8> {
        Self::seal(self, URL, clear)
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.unseal(URL, sealed).ok()
    }
}

fn parse(text: &str, place: &str) -> Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    hex::decode_to_slice(text.trim(), &mut key)
        .map_err(|_| Error::Key(format!("{place} must be {} hex digits", KEY_BYTES * 2)))?;
    Ok(key)
}

fn file_key(path: &Path) -> Result<[u8; KEY_BYTES]> {
    let failed = |error: std::io::Error| Error::Key(error.to_string());
    match fs_err::read_to_string(path) {
        Ok(text) => {
            let mode = fs_err::metadata(path).map_err(failed)?.permissions().mode();
            if mode & 0o077 != 0 {
                warn!("`{}` can be read by others; it should have mode 0600", path.display());
            }
            parse(&text, &path.display().to_string())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => create(path).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

/// Writes a new key under another name first, so that a crash never leaves half a key.
fn create(path: &Path) -> std::io::Result<[u8; KEY_BYTES]> {
    let key: [u8; KEY_BYTES] = rand::random();
    let draft = path.with_extension("key.new");
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&draft)?;
    file.write_all(hex::encode(key).as_bytes())?;
    file.sync_all()?;
    fs_err::rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        fs_err::File::open(folder)?.sync_all()?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_only_in_its_place_and_with_its_key() {
        let home = tempfile::tempdir().unwrap();
        let first = Sealer::open(home.path(), None).unwrap();
        let reopened = Sealer::open(home.path(), None).unwrap();
        let other = Sealer::open(home.path(), Some(&Secret::new("07".repeat(32)))).unwrap();

        let sealed = first.seal("proxy.password", b"geheim");

        assert_eq!(reopened.unseal("proxy.password", &sealed).unwrap(), b"geheim");
        assert!(reopened.unseal("mail.password", &sealed).is_err());
        assert!(other.unseal("proxy.password", &sealed).is_err());
        assert!(reopened.unseal("proxy.password", &sealed[..10]).is_err());
    }

    #[test]
    fn the_store_never_sees_a_secret_in_clear() {
        let home = tempfile::tempdir().unwrap();
        let first = Sealer::open(home.path(), None).unwrap();

        let text = first.text("proxy.password", &Value::from("geheim"));

        assert!(!text.contains("geheim"));
        assert_eq!(first.value("proxy.password", &text).unwrap(), Value::from("geheim"));
        assert!(first.value("proxy.password", "\"geheim\"").is_err());
        let list = Value::from("http://u:geheim@t.example/announce");
        let text = first.text("trackers.add", &list);
        assert!(!text.contains("geheim"));
        assert_eq!(first.value("trackers.add", &text).unwrap(), list);
        let open = Value::from("http://t.example/announce");
        assert_eq!(first.text("trackers.add", &open), open.to_string());
        let mode = fs_err::metadata(home.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
