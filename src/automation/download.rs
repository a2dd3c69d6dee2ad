//! Keeps downloaded lists up to date: of blocked addresses, and of trackers for new torrents.
//!
//! A list lies in a file of its own per URL; what became of the last download lies beside it. A download that fails
//! leaves the list as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::engine::list_path;
use crate::intake::Intake;
use crate::settings::{Profile, Settings};

/// Seconds before a download that failed is tried again.
const RETRY: i64 = 15 * 60;

/// Size of a list of trackers at most.
const TRACKER_BYTES: i64 = 1 << 20;

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

/// Which list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub url: Url,
    /// Bytes at most.
    pub limit: usize,
    /// Seconds between downloads.
    pub interval: i64,
}

impl Wanted {
    fn of(is_on: bool, url: &str, limit: i64, hours: u32) -> Option<Self> {
        let url = url.parse().ok().filter(|_| is_on)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Some(Self { url, limit, interval: i64::from(hours) * 3600 })
    }

    /// The list of blocked addresses.
    #[must_use]
    pub fn blocked(profile: &Profile) -> Option<Self> {
        let filter = &profile.filter;
        let (limit, hours) = (filter.max_list_bytes, filter.list_interval_hours);
        Self::of(filter.enabled, &filter.list_url, limit, hours)
    }

    /// The list of trackers; as upstream it is downloaded once a day.
    #[must_use]
    pub fn trackers(profile: &Profile) -> Option<Self> {
        let trackers = &profile.trackers;
        Self::of(trackers.add_from_url_enabled, &trackers.add_from_url, TRACKER_BYTES, 24)
    }
}

/// What is done with the file of a list that is there, or with none.
type Use = Box<dyn Fn(Option<PathBuf>) -> BoxFuture<'static, ()> + Send + Sync>;

/// The loop that downloads one list; cheap to clone.
#[derive(Clone)]
pub struct Download(Arc<Inner>);

struct Inner {
    what: &'static str,
    wanted: fn(&Profile) -> Option<Wanted>,
    settings: Settings,
    intake: Intake,
    use_list: Use,
    status: watch::Sender<Status>,
}

impl Download {
    /// `use_list` is told of a list when it is found at the start and after each download.
    #[must_use]
    pub fn new(
        what: &'static str,
        wanted: fn(&Profile) -> Option<Wanted>,
        settings: Settings,
        intake: Intake,
        use_list: Use,
    ) -> Self {
        let status = watch::Sender::new(Status::default());
        Self(Arc::new(Inner { what, wanted, settings, intake, use_list, status }))
    }

    /// What became of the last download.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.status.borrow().clone()
    }

    /// Downloads the list when it is due, until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut profiles = self.0.settings.subscribe();
        let mut known = None;
        loop {
            let wanted = (self.0.wanted)(&profiles.borrow_and_update());
            let is_new = known.as_ref() != Some(&wanted);
            known = Some(wanted.clone());
            let wait = if let Some(wanted) = &wanted {
                tokio::select! {
                    status = self.keep(wanted, is_new) => {
                        let left = status.due(wanted.interval) - Timestamp::now().as_second();
                        Some(Duration::from_secs(u64::try_from(left.max(1)).unwrap_or(1)))
                    }
                    () = stop.cancelled() => return,
                }
            } else {
                self.0.status.send_replace(Status::default());
                (self.0.use_list)(None).await;
                None
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
                    if (self.0.wanted)(&profiles.borrow()) != wanted {
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

    /// Downloads the list if it is due; one that is there is used at once.
    async fn keep(&self, wanted: &Wanted, is_new: bool) -> Status {
        let url = wanted.url.as_str();
        let list = list_path(self.0.settings.home(), url);
        let note = list.with_extension("json");
        let mut status = Status::read(&note, url);
        let is_there = list.exists();
        if is_there && is_new {
            (self.0.use_list)(Some(list.clone())).await;
        }
        let now = Timestamp::now().as_second();
        // What failed may work now that something else is asked for.
        let is_worth_a_try = is_new && status.error.is_some();
        let is_early = status.due(wanted.interval) > now;
        if is_early && !is_worth_a_try && (status.error.is_some() || is_there) {
            self.0.status.send_replace(status.clone());
            return status;
        }
        status.tried_at = Some(now);
        let what = self.0.what;
        match self.fetch(wanted, &list).await {
            Ok(bytes) => {
                tracing::info!("the list of {what} was downloaded, {bytes} bytes");
                (status.fetched_at, status.bytes, status.error) = (Some(now), bytes, None);
            }
            Err(error) => {
                tracing::warn!("the list of {what} cannot be downloaded: {error}");
                status.error = Some(error);
            }
        }
        if let Err(error) = status.write(&note) {
            tracing::warn!("the state of the list of {what} is not kept: {error}");
        }
        self.0.status.send_replace(status.clone());
        if status.error.is_none() {
            (self.0.use_list)(Some(list)).await;
        }
        status
    }

    async fn fetch(&self, wanted: &Wanted, list: &Path) -> Result<u64, String> {
        let bytes = self.0.intake.download(&wanted.url, wanted.limit).await;
        let bytes = bytes.map_err(|error| error.to_string())?;
        let (target, length) = (list.to_owned(), bytes.len() as u64);
        let written = tokio::task::spawn_blocking(move || replace(&target, &bytes)).await;
        written
            .map_err(|_| "the server is stopping".to_owned())?
            .map_err(|error| error.to_string())?;
        Ok(length)
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
