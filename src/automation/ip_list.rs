//! Keeps the downloaded list of blocked addresses up to date.
//!
//! The list lies in a file of its own per URL, which the engine reads; what became of the last download lies beside
//! it. A download that fails leaves the list as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::engine::Engine;
use crate::intake::Intake;
use crate::settings::Settings;

/// Seconds before a download that failed is tried again.
const RETRY: i64 = 15 * 60;

/// What became of the last download.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Empty without a list.
    pub url: String,
    /// Unix seconds of the last download, whether or not it worked.
    pub tried_at: Option<i64>,
    /// Unix seconds of the last download that worked: the list is that old.
    pub fetched_at: Option<i64>,
    /// Bytes of the list as it was downloaded.
    pub bytes: u64,
    /// Why the last download failed.
    pub error: Option<String>,
}

impl Status {
    /// Unix seconds of the next download.
    fn due(&self, interval: i64) -> i64 {
        let next = match (&self.error, self.tried_at) {
            (_, None) => 0,
            (Some(_), Some(tried)) => tried + RETRY.min(interval),
            (None, Some(tried)) => tried + interval,
        };
        next.max(0)
    }

    fn read(path: &Path, url: &str) -> Self {
        let text = fs_err::read_to_string(path).unwrap_or_default();
        let kept: Value = serde_json::from_str(&text).unwrap_or_default();
        Self {
            url: url.to_owned(),
            tried_at: kept["tried_at"].as_i64(),
            fetched_at: kept["fetched_at"].as_i64(),
            bytes: kept["bytes"].as_u64().unwrap_or(0),
            error: kept["error"].as_str().map(str::to_owned),
        }
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        let text = json!({
            "tried_at": self.tried_at,
            "fetched_at": self.fetched_at,
            "bytes": self.bytes,
            "error": self.error,
        });
        replace(path, text.to_string().as_bytes())
    }
}

/// The loop that downloads; cheap to clone.
#[derive(Clone)]
pub struct IpList(Arc<Inner>);

struct Inner {
    settings: Settings,
    intake: Intake,
    engine: Engine,
    status: watch::Sender<Status>,
}

impl IpList {
    #[must_use]
    pub fn new(settings: Settings, intake: Intake, engine: Engine) -> Self {
        let status = watch::Sender::new(Status::default());
        Self(Arc::new(Inner { settings, intake, engine, status }))
    }

    /// What became of the last download.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.status.borrow().clone()
    }

    /// Downloads the list when it is due, until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut profiles = self.0.settings.subscribe();
        loop {
            let filter = profiles.borrow_and_update().filter.clone();
            let interval = i64::from(filter.list_interval_hours) * 3600;
            let wait = match filter.list_url.parse::<Url>() {
                Ok(url) if filter.enabled => {
                    let limit = usize::try_from(filter.max_list_bytes).unwrap_or(usize::MAX);
                    tokio::select! {
                        status = self.keep(&url, limit, interval) => {
                            let left = status.due(interval) - Timestamp::now().as_second();
                            Some(Duration::from_secs(u64::try_from(left.max(1)).unwrap_or(1)))
                        }
                        () = stop.cancelled() => return,
                    }
                }
                _ => {
                    self.0.status.send_replace(Status::default());
                    None
                }
            };
            let wake = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            let relevant = async {
                loop {
                    if profiles.changed().await.is_err() {
                        return false;
                    }
                    if profiles.borrow().filter != filter {
                        return true;
                    }
                }
            };
            tokio::select! {
                () = wake => {}
                goes_on = relevant => if !goes_on { return },
                () = stop.cancelled() => return,
            }
        }
    }

    /// Downloads the list if it is due.
    async fn keep(&self, url: &Url, limit: usize, interval: i64) -> Status {
        let list = self.0.engine.blocked_list(url.as_str());
        let note = list.with_extension("json");
        let mut status = Status::read(&note, url.as_str());
        let now = Timestamp::now().as_second();
        if status.due(interval) > now && (status.error.is_some() || list.exists()) {
            self.0.status.send_replace(status.clone());
            return status;
        }
        status.tried_at = Some(now);
        let outcome = match self.0.intake.download(url, limit).await {
            Ok(bytes) => {
                let (target, length) = (list.clone(), bytes.len());
                let written = tokio::task::spawn_blocking(move || replace(&target, &bytes)).await;
                match written {
                    Ok(Ok(())) => Ok(length as u64),
                    Ok(Err(error)) => Err(error.to_string()),
                    Err(_) => Err("the server is stopping".to_owned()),
                }
            }
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(bytes) => {
                tracing::info!("the list of blocked addresses was downloaded, {bytes} bytes");
                (status.fetched_at, status.bytes, status.error) = (Some(now), bytes, None);
            }
            Err(error) => {
                tracing::warn!("the list of blocked addresses cannot be downloaded: {error}");
                status.error = Some(error);
            }
        }
        if let Err(error) = status.write(&note) {
            tracing::warn!("the state of the list of blocked addresses is not kept: {error}");
        }
        self.0.status.send_replace(status.clone());
        if status.error.is_none()
            && let Err(error) = self.0.engine.reload_filter().await
        {
            tracing::warn!("the list of blocked addresses is not used yet: {error}");
        }
        status
    }
}

/// Writes a file under another name first, so that a crash leaves the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let mut draft: PathBuf = path.to_owned();
    draft.add_extension("new");
    fs_err::write(&draft, bytes)?;
    fs_err::File::open(&draft)?.sync_all()?;
    fs_err::rename(&draft, path)
}
