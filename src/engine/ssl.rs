//! Certificates of SSL torrents: stored sealed, handed to libtorrent when it asks or when they change.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::options::SslParameters;
use super::worker::{FollowUp, Worker};
use super::{Engine, Error, Result, Shared};
use crate::model::{TorrentId, TorrentKey};
use crate::settings::Settings;
use crate::store::Change;

impl SslParameters {
    /// True if each part can be read; whether key and certificate belong together shows in the first handshake.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        CertificateDer::from_pem_slice(self.certificate.as_bytes()).is_ok()
            && PrivateKeyDer::from_pem_slice(self.private_key.as_bytes()).is_ok()
            && holds_section(&self.dh_params, "DH PARAMETERS")
    }
}

impl Engine {
    /// The SSL parameters of a torrent, empty texts where unset.
    pub async fn ssl_parameters(&self, id: TorrentId) -> Result<SslParameters> {
        let key = self.row(id).await?.key;
        Ok(read(&self.shared, key).await?.unwrap_or_default())
    }

    /// Replaces the SSL parameters of a torrent; connections made from now on use them.
    ///
    /// # Errors
    /// `Invalid` if the three do not make a usable set.
    pub async fn set_ssl_parameters(&self, id: TorrentId, parameters: SslParameters) -> Result<()> {
        let key = self.row(id).await?.key;
        if !parameters.is_usable() {
            return Err(Error::Invalid(
                "certificate, key and parameters are no usable set".to_owned(),
            ));
        }
        let sealed = seal_ssl(&self.shared.settings, key, &parameters);
        self.run("set SSL parameters", move |worker| {
            worker.known(key)?;
            worker.store(Change::PutTorrentSecret(key, Some(sealed)));
            worker.give_certificate(key, &parameters);
            Ok(())
        })
        .await
    }
}

/// The sealed form of the parameters, as the store keeps them for this torrent.
#[must_use]
pub fn seal_ssl(settings: &Settings, key: TorrentKey, parameters: &SslParameters) -> Vec<u8> {
    // Three texts always become JSON.
    let clear = serde_json::to_vec(parameters).unwrap_or_default();
    settings.seal(&context(key), &clear)
}

impl Worker {
    /// libtorrent needs the certificate of a torrent: it is read and opened off this thread.
    pub(super) fn supply_certificate(&mut self, key: TorrentKey) {
        let shared = std::sync::Arc::clone(&self.shared);
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn(async move {
            match read(&shared, key).await {
                Ok(Some(parameters)) => {
                    let work: FollowUp =
                        Box::new(move |worker| worker.give_certificate(key, &parameters));
                    let _ = follow_ups.send(work);
                }
                Ok(None) => {
                    tracing::warn!(torrent.key = key.0, "an SSL torrent has no certificate yet");
                }
                Err(error) => {
                    tracing::error!(torrent.key = key.0, "the certificate cannot be read: {error}");
                }
            }
        });
    }

    fn give_certificate(&mut self, key: TorrentKey, parameters: &SslParameters) {
        self.tell(key, "given its certificate", |session| {
            session.set_certificate(
                key.0,
                &parameters.certificate,
                &parameters.private_key,
                &parameters.dh_params,
            )
        });
    }
}

async fn read(shared: &Shared, key: TorrentKey) -> Result<Option<SslParameters>> {
    let sealed =
        shared.store.torrent_secret(key).await.map_err(|error| Error::Store(error.to_string()))?;
    let opened = sealed.map(|sealed| open_ssl(&shared.settings, key, &sealed));
    opened.transpose().map_err(Error::Store)
}

/// Opens what [`seal_ssl`] made.
///
/// # Errors
/// Why it cannot be opened.
pub fn open_ssl(
    settings: &Settings,
    key: TorrentKey,
    sealed: &[u8],
) -> std::result::Result<SslParameters, String> {
    let clear = settings.unseal(&context(key), sealed).map_err(|error| error.to_string())?;
    serde_json::from_slice(&clear).map_err(|error| error.to_string())
}

/// What a sealed set belongs to: it opens for its own torrent only.
fn context(key: TorrentKey) -> String {
    format!("torrent {} ssl", key.0)
}

fn holds_section(pem: &str, label: &str) -> bool {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let Some((_, rest)) = pem.split_once(&begin) else { return false };
    let Some((body, _)) = rest.split_once(&end) else { return false };
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).is_ok_and(|der| !der.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    const DH: &str = "-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n";

    #[test]
    fn all_three_parts_are_needed() {
        let whole = SslParameters {
            certificate: CERTIFICATE.to_owned(),
            private_key: KEY.to_owned(),
            dh_params: DH.to_owned(),
        };

        assert!(whole.is_usable());
        assert!(!SslParameters { certificate: KEY.to_owned(), ..whole.clone() }.is_usable());
        assert!(!SslParameters { private_key: String::new(), ..whole.clone() }.is_usable());
        assert!(!SslParameters { dh_params: "text".to_owned(), ..whole }.is_usable());
        assert!(!SslParameters::default().is_usable());
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let parameters =
            SslParameters { private_key: "hush".to_owned(), ..SslParameters::default() };

        assert!(!format!("{parameters:?}").contains("hush"));
    }
}
