//! The certificate of a listener that speaks HTTPS, read again when its files change.
//!
//! A renewed certificate is in force within a second, without a restart. One that cannot be used is logged, and the
//! old one stays: a renewal replaces two files one after the other. Nothing of the key ever reaches a message.

use std::fmt;
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use fs_err::File;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// How long the files are trusted to be unchanged.
const PATIENCE: Duration = Duration::from_secs(1);

/// Files above this size are neither certificates nor keys, in bytes.
const LIMIT: u64 = 1 << 20;

/// Where certificate and key lie, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub chain: PathBuf,
    pub key: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("`{}` is not a file of a usual size", .0.display())]
    Strange(PathBuf),
    #[error("`{}` holds no {what} as PEM", .file.display())]
    Content { file: PathBuf, what: &'static str },
    #[error("certificate and key cannot be used together: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Makes the configuration of a listener, if the certificate can be used now.
///
/// # Errors
/// When the files cannot be read, or do not hold a certificate and its key.
pub fn config(files: Files) -> Result<ServerConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let certificates = Certificates::open(files, Arc::clone(&provider))?;
    Ok(ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificates)))
}

/// What tells one state of a file from another.
pub type Stamp = Option<(SystemTime, u64)>;

/// Hands the present certificate to each handshake.
struct Certificates {
    files: Files,
    provider: Arc<CryptoProvider>,
    present: Mutex<Present>,
}

struct Present {
    key: Arc<CertifiedKey>,
    stamps: [Stamp; 2],
    checked: Instant,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificates {
    fn open(files: Files, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let stamps = files.stamps();
        let key = Arc::new(files.load(&provider)?);
        let present = Mutex::new(Present { key, stamps, checked: Instant::now() });
        Ok(Self { files, provider, present })
    }

    /// The certificate of now. Looks at the files at most once a second, and reads them only if they changed.
    fn present(&self, now: Instant) -> Arc<CertifiedKey> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(present.checked) >= PATIENCE {
            present.checked = now;
            let stamps = self.files.stamps();
            if stamps != present.stamps {
                present.stamps = stamps;
                match self.files.load(&self.provider) {
                    Ok(key) => {
                        present.key = Arc::new(key);
                        tracing::info!(
                            "took a new certificate from `{}`",
                            self.files.chain.display()
                        );
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the certificate changed and cannot be used; the old one stays");
                    }
                }
            }
        }
        Arc::clone(&present.key)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.present(Instant::now()))
    }
}

impl Files {
    /// The present state of both files.
    #[must_use]
    pub fn stamps(&self) -> [Stamp; 2] {
        [&self.chain, &self.key].map(|file| {
            let metadata: Option<Metadata> = fs_err::metadata(file).ok();
            metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())))
        })
    }

    fn load(&self, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&read(&self.chain)?)
                .collect::<Result<_, _>>()
                .unwrap_or_default();
        if chain.is_empty() {
            return Err(Error::Content { file: self.chain.clone(), what: "certificate" });
        }
        // The error of the parser may quote the file, so it is dropped.
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|_| Error::Content { file: self.key.clone(), what: "private key" })?;
        Ok(CertifiedKey::from_der(chain, key, provider)?)
    }
}

/// Reads a small file; a device or a pipe is none.
fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let metadata = fs_err::metadata(file)?;
    if !metadata.is_file() || metadata.len() > LIMIT {
        return Err(Error::Strange(file.to_owned()));
    }
    let mut data = Vec::new();
    File::open(file)?.take(LIMIT).read_to_end(&mut data)?;
    Ok(data)
}
