//! A torrent as everybody sees it: identity, wishes, trackers and numbers.
//!
//! The four parts change at different speeds, and each is shared when it does not change: an update of the numbers
//! copies `Status` and three pointers.

use std::sync::Arc;

use super::{Announce, InfoHashes, Moment, ShareLimits, Tag, TorrentId, TorrentKey, TorrentState};

/// One row of the snapshot.
#[derive(Debug, Clone)]
pub struct Torrent {
    pub key: TorrentKey,
    pub facts: Arc<Facts>,
    pub options: Arc<Options>,
    pub announces: Arc<[Announce]>,
    pub status: Status,
}

/// What the torrent is. Changes with metadata, renames of the content and edits of web seeds only.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub id: TorrentId,
    pub hashes: InfoHashes,
    /// Name in the metainfo, else the magnet's display name, else the id.
    pub name: String,
    /// Unix seconds.
    pub added_at: i64,
    pub comment: String,
    pub web_seeds: Vec<String>,
    pub metadata: Option<Metadata>,
}

/// What only the info dictionary tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    pub is_private: bool,
    pub created_by: String,
    /// Unix seconds.
    pub created_at: Option<i64>,
    /// Bytes.
    pub piece_size: u32,
    pub pieces: u32,
    /// Bytes of all files, padding included: upstream counts it too, and tells it in magnets.
    pub total_size: i64,
    pub files: u32,
    pub root: Root,
}

/// The top of the content as it lies on disk now, renames included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// The only file, by its path inside the save path.
    File(String),
    /// The folder that holds all files.
    Folder(String),
    /// Several files without a common folder.
    Scattered,
}

/// What the operator wishes. Changes by orders only, and is committed before the order is answered.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch of the operator")]
pub struct Options {
    /// Display name, if the operator gave one.
    pub name: Option<String>,
    pub category: Option<Arc<str>>,
    /// Sorted, without duplicates.
    pub tags: Vec<Tag>,
    /// Paths follow category and preferences ("automatic torrent management").
    pub auto_managed: bool,
    /// Where the content belongs, absolute and normalised.
    pub save_path: Arc<str>,
    /// Where it is while incomplete.
    pub download_path: Option<Arc<str>>,
    pub run: RunMode,
    /// Bytes per second.
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    /// Connections, and peers that are uploaded to.
    pub max_connections: OwnLimit,
    pub max_uploads: OwnLimit,
    pub sources: PeerSources,
    pub share: ShareLimits,
    pub sequential: bool,
    pub first_last_first: bool,
    pub super_seeding: bool,
    pub layout: ContentLayout,
    /// Pending until it has taken effect, then `None`.
    pub stop_condition: StopCondition,
}

/// A limit of one torrent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OwnLimit {
    /// What the preferences say for each torrent.
    #[default]
    Default,
    Unlimited,
    /// At least 2: libtorrent works with no fewer.
    At(u32),
}

/// Where one torrent may find peers; `None` is what the preferences say.
///
/// `Some(false)` keeps a torrent out. `Some(true)` lets it exchange peers where the preferences forbid it to others, but
/// cannot bring a distributed hash table or a local search to life that are off for the session. Private torrents use
/// none of them, whatever is wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerSources {
    pub dht: Option<bool>,
    pub pex: Option<bool>,
    pub lsd: Option<bool>,
}

/// How the torrent should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunMode {
    Stopped,
    /// By the rules of the queue.
    #[default]
    Auto,
    /// Whatever the queue and the share limits say.
    Forced,
}

/// What to do with the root folder of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentLayout {
    #[default]
    Original,
    Subfolder,
    NoSubfolder,
}

/// When a fresh torrent stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopCondition {
    #[default]
    None,
    MetadataReceived,
    FilesChecked,
}

/// The numbers. Replaced as a whole by each update of libtorrent.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub state: TorrentState,
    /// 0 to 1, of the wanted data; of the check while one runs.
    pub progress: f64,
    /// Payload bytes per second, now and averaged over a few seconds.
    pub download_rate: i64,
    pub upload_rate: i64,
    pub average_download_rate: i64,
    pub average_upload_rate: i64,
    /// All-time bytes.
    pub downloaded: i64,
    pub uploaded: i64,
    /// Payload bytes since this torrent was attached to the engine.
    pub downloaded_session: i64,
    pub uploaded_session: i64,
    /// Bytes that failed the hash check or came twice.
    pub wasted: i64,
    /// Bytes of the wanted files, and how many of them are here.
    pub wanted: i64,
    pub wanted_done: i64,
    /// Bytes that are here, wanted or not.
    pub done: i64,
    pub pieces_have: u32,
    pub seeds: i32,
    pub leechers: i32,
    /// In the whole swarm: scraped, else counted from the peer list.
    pub swarm_seeds: i32,
    pub swarm_leechers: i32,
    pub connections: i32,
    pub connections_limit: i32,
    /// From 0; `None` for seeds.
    pub queue_position: Option<u32>,
    /// Distributed copies; -1 for a complete torrent.
    pub availability: f64,
    /// Seconds running, and seconds running while complete.
    pub active_seconds: i64,
    pub seeding_seconds: i64,
    /// When these two were read, while they grow: libtorrent says nothing of a torrent in which only time passes.
    pub times_read: Option<Moment>,
    /// Unix seconds of the last payload in either direction.
    pub last_activity: Option<i64>,
    pub completed_at: Option<i64>,
    pub last_seen_complete: Option<i64>,
    /// Unix seconds of the next announce.
    pub next_announce: Option<i64>,
    /// URL of the tracker that worked last.
    pub tracker: Option<Arc<str>>,
    /// The content lies in the download path, not yet in the save path.
    pub in_download_path: bool,
    /// Where the content lies while a move of it is waited for or under way.
    pub moving_from: Option<Arc<str>>,
    /// Why the state is `Error` or `MissingFiles`.
    pub error: Option<Arc<str>>,
}

impl Torrent {
    /// The name that clients show.
    #[must_use]
    pub fn name(&self) -> &str {
        self.options.name.as_deref().unwrap_or(&self.facts.name)
    }

    /// The directory where the content belongs now.
    #[must_use]
    pub fn location(&self) -> &str {
        match &self.options.download_path {
            Some(path) if self.status.in_download_path => path,
            _ => &self.options.save_path,
        }
    }

    /// The directory that holds the content now: until a move has ended, where it began.
    #[must_use]
    pub fn content_location(&self) -> &str {
        self.status.moving_from.as_deref().unwrap_or_else(|| self.location())
    }

    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.options.run == RunMode::Stopped
    }

    /// Uploaded over downloaded; `None` is infinite.
    ///
    /// Downloaded is replaced by the amount of data present when less than 1 % of it was downloaded, so that imported
    /// seeds have a meaningful ratio; nothing over nothing is 0. (Reference, section 18.3.)
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than 53 bits")]
    pub fn ratio(&self) -> Option<f64> {
        let status = &self.status;
        let base = if (status.downloaded as f64) < status.done as f64 * 0.01 {
            status.done
        } else {
            status.downloaded
        };
        match (status.uploaded, base) {
            (0, _) => Some(0.0),
            (_, base) if base <= 0 => None,
            (uploaded, base) => Some(uploaded as f64 / base as f64),
        }
    }
}

impl Status {
    /// Seconds spent running while complete, at a moment.
    #[must_use]
    pub fn seeding_seconds_at(&self, now: Moment) -> i64 {
        let grows = self.completed_at.is_some() && !self.state.is_checking();
        let passed = if grows { self.seconds_since_read(now) } else { 0 };
        self.seeding_seconds.saturating_add(passed)
    }

    /// Takes the time that has passed since the times were read into them, and lets them stand still.
    pub fn settle_times(&mut self, now: Moment) {
        self.seeding_seconds = self.seeding_seconds_at(now);
        self.active_seconds = self.active_seconds.saturating_add(self.seconds_since_read(now));
        self.times_read = None;
    }

    fn seconds_since_read(&self, now: Moment) -> i64 {
        self.times_read.map_or(0, |read| now.seconds_since(read))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: None,
            category: None,
            tags: Vec::new(),
            auto_managed: false,
            save_path: "/".into(),
            download_path: None,
            run: RunMode::Auto,
            download_limit: None,
            upload_limit: None,
            max_connections: OwnLimit::Default,
            max_uploads: OwnLimit::Default,
            sources: PeerSources::default(),
            share: ShareLimits::default(),
            sequential: false,
            first_last_first: false,
            super_seeding: false,
            layout: ContentLayout::Original,
            stop_condition: StopCondition::None,
        }
    }
}

impl Default for Status {
    fn default() -> Self {
        Self {
            state: TorrentState::CheckingResumeData,
            progress: 0.0,
            download_rate: 0,
            upload_rate: 0,
            average_download_rate: 0,
            average_upload_rate: 0,
            downloaded: 0,
            uploaded: 0,
            downloaded_session: 0,
            uploaded_session: 0,
            wasted: 0,
            wanted: 0,
            wanted_done: 0,
            done: 0,
            pieces_have: 0,
            seeds: 0,
            leechers: 0,
            swarm_seeds: 0,
            swarm_leechers: 0,
            connections: 0,
            connections_limit: -1,
            queue_position: None,
            availability: 0.0,
            active_seconds: 0,
            seeding_seconds: 0,
            times_read: None,
            last_activity: None,
            completed_at: None,
            last_seen_complete: None,
            next_announce: None,
            tracker: None,
            in_download_path: false,
            moving_from: None,
            error: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(moment: Moment, seconds: i64) -> Moment {
        Moment { milliseconds: moment.milliseconds + seconds * 1000, ..moment }
    }

    #[test]
    fn times_grow_between_two_readings() {
        let read = Moment::now();
        let later = after(read, 90);
        let mut status = Status {
            state: TorrentState::StalledUp,
            active_seconds: 20,
            seeding_seconds: 10,
            times_read: Some(read),
            completed_at: Some(1),
            ..Status::default()
        };
        assert_eq!(status.seeding_seconds_at(later), 100);

        status.settle_times(later);

        assert_eq!((status.active_seconds, status.seeding_seconds), (110, 100));
        assert_eq!(status.seeding_seconds_at(after(later, 90)), 100);
    }

    #[test]
    fn an_incomplete_torrent_does_not_seed() {
        let read = Moment::now();
        let status = Status { times_read: Some(read), ..Status::default() };

        assert_eq!(status.seeding_seconds_at(after(read, 90)), 0);
    }
}
