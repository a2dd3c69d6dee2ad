//! A torrent as it travels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Layout, LimitsInForce, ShareLimits, StopCondition, time};
use crate::engine::Snapshot;
use crate::model::{self, Root, RunMode, TorrentState, path};

/// What a torrent does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TorrentState")]
pub enum State {
    Error,
    MissingFiles,
    Uploading,
    StoppedUploading,
    QueuedUploading,
    StalledUploading,
    CheckingUploading,
    ForcedUploading,
    Downloading,
    Metadata,
    ForcedMetadata,
    StoppedDownloading,
    QueuedDownloading,
    StalledDownloading,
    CheckingDownloading,
    ForcedDownloading,
    CheckingResumeData,
    Moving,
}

impl From<TorrentState> for State {
    fn from(state: TorrentState) -> Self {
        match state {
            TorrentState::Error => Self::Error,
            TorrentState::MissingFiles => Self::MissingFiles,
            TorrentState::Uploading => Self::Uploading,
            TorrentState::StoppedUp => Self::StoppedUploading,
            TorrentState::QueuedUp => Self::QueuedUploading,
            TorrentState::StalledUp => Self::StalledUploading,
            TorrentState::CheckingUp => Self::CheckingUploading,
            TorrentState::ForcedUp => Self::ForcedUploading,
            TorrentState::Downloading => Self::Downloading,
            TorrentState::MetaDl => Self::Metadata,
            TorrentState::ForcedMetaDl => Self::ForcedMetadata,
            TorrentState::StoppedDl => Self::StoppedDownloading,
            TorrentState::QueuedDl => Self::QueuedDownloading,
            TorrentState::StalledDl => Self::StalledDownloading,
            TorrentState::CheckingDl => Self::CheckingDownloading,
            TorrentState::ForcedDl => Self::ForcedDownloading,
            TorrentState::CheckingResumeData => Self::CheckingResumeData,
            TorrentState::Moving => Self::Moving,
        }
    }
}

/// How a torrent should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RunMode")]
pub enum Run {
    Stopped,
    /// By the rules of the queue.
    Auto,
    /// Whatever the queue and the share limits say.
    Forced,
}

/// A torrent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent member of the resource")]
pub struct Torrent {
    /// 40 hexadecimal digits, as every qBittorrent client knows it.
    pub id: String,
    pub info_hash_v1: Option<String>,
    pub info_hash_v2: Option<String>,
    pub name: String,
    pub comment: String,
    pub state: State,
    /// Why the state is `error` or `missing_files`.
    pub error: Option<String>,
    pub run: Run,
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub is_private: Option<bool>,
    pub has_metadata: bool,
    pub added_at: Option<String>,
    pub completed_at: Option<String>,
    pub last_activity_at: Option<String>,
    pub last_seen_complete_at: Option<String>,
    pub created_at: Option<String>,
    pub created_by: Option<String>,
    /// Paths follow category and settings.
    pub auto_managed: bool,
    pub save_path: String,
    pub download_path: Option<String>,
    /// The file, or the folder that holds all files.
    pub content_path: Option<String>,
    /// Bytes of all files, wanted or not; `null` without metadata.
    pub total_size: Option<i64>,
    /// Bytes of the wanted files.
    pub size: i64,
    /// Bytes of the wanted files that are here.
    pub completed: i64,
    /// Bytes of the wanted files that are missing.
    pub remaining: i64,
    /// 0 to 1.
    pub progress: f64,
    /// Distributed copies; `null` for a complete torrent.
    pub availability: Option<f64>,
    pub files: Option<u32>,
    pub piece_size: Option<u32>,
    pub pieces: Option<u32>,
    pub pieces_have: u32,
    pub download_rate: i64,
    pub upload_rate: i64,
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub downloaded: i64,
    pub uploaded: i64,
    pub downloaded_session: i64,
    pub uploaded_session: i64,
    pub wasted: i64,
    /// Uploaded over downloaded; `null` is infinite.
    pub ratio: Option<f64>,
    /// Seconds until the download is complete; `null` if that is not to be foreseen.
    pub eta: Option<i64>,
    /// Connected.
    pub seeds: i32,
    pub leechers: i32,
    /// In the whole swarm, as trackers tell.
    pub swarm_seeds: i32,
    pub swarm_leechers: i32,
    pub connections: i32,
    /// From 1; `null` for complete torrents.
    pub queue_position: Option<u32>,
    /// Seconds running.
    pub active_time: i64,
    /// Seconds running while complete.
    pub seeding_time: i64,
    /// Host of the tracker that worked last.
    pub tracker_host: Option<String>,
    pub trackers: usize,
    pub web_seeds: usize,
    pub next_announce_at: Option<String>,
    pub sequential: bool,
    pub first_last_first: bool,
    pub super_seeding: bool,
    pub layout: Layout,
    pub stop_condition: StopCondition,
    pub share_limits: ShareLimits,
    pub share_limits_in_force: LimitsInForce,
}

impl Torrent {
    /// The wire form of a row.
    #[must_use]
    pub fn of(row: &model::Torrent, snapshot: &Snapshot) -> Self {
        let (facts, options, status) = (&row.facts, &row.options, &row.status);
        let metadata = facts.metadata.as_ref();
        let in_force = snapshot.context.share_limits(row, &snapshot.categories);
        Self {
            id: facts.id.to_string(),
            info_hash_v1: facts.hashes.v1.map(hex::encode),
            info_hash_v2: facts.hashes.v2.map(hex::encode),
            name: row.name().to_owned(),
            comment: facts.comment.clone(),
            state: status.state.into(),
            error: status.error.as_deref().map(str::to_owned),
            run: match options.run {
                RunMode::Stopped => Run::Stopped,
                RunMode::Auto => Run::Auto,
                RunMode::Forced => Run::Forced,
            },
            category: options.category.as_deref().map(str::to_owned),
            tags: options.tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
            is_private: metadata.map(|metadata| metadata.is_private),
            has_metadata: metadata.is_some(),
            added_at: time(facts.added_at),
            completed_at: status.completed_at.and_then(time),
            last_activity_at: status.last_activity.and_then(time),
            last_seen_complete_at: status.last_seen_complete.and_then(time),
            created_at: metadata.and_then(|metadata| metadata.created_at).and_then(time),
            created_by: metadata
                .map(|metadata| metadata.created_by.clone())
                .filter(|name| !name.is_empty()),
            auto_managed: options.auto_managed,
            save_path: options.save_path.to_string(),
            download_path: options.download_path.as_deref().map(str::to_owned),
            content_path: content_path(row),
            total_size: metadata.map(|metadata| metadata.total_size),
            size: status.wanted,
            completed: status.wanted_done,
            remaining: (status.wanted - status.wanted_done).max(0),
            progress: status.progress,
            availability: Some(status.availability).filter(|copies| *copies >= 0.0),
            files: metadata.map(|metadata| metadata.files),
            piece_size: metadata.map(|metadata| metadata.piece_size),
            pieces: metadata.map(|metadata| metadata.pieces),
            pieces_have: status.pieces_have,
            download_rate: status.download_rate,
            upload_rate: status.upload_rate,
            download_limit: options.download_limit,
            upload_limit: options.upload_limit,
            downloaded: status.downloaded,
            uploaded: status.uploaded,
            downloaded_session: status.downloaded_session,
            uploaded_session: status.uploaded_session,
            wasted: status.wasted,
            ratio: row.ratio(),
            eta: eta(row),
            seeds: status.seeds,
            leechers: status.leechers,
            swarm_seeds: status.swarm_seeds,
            swarm_leechers: status.swarm_leechers,
            connections: status.connections,
            queue_position: status.queue_position.map(|position| position + 1),
            active_time: status.active_seconds,
            seeding_time: status.seeding_seconds,
            tracker_host: status.tracker.as_deref().and_then(host).map(str::to_owned),
            trackers: row.announces.len(),
            web_seeds: facts.web_seeds.len(),
            next_announce_at: status.next_announce.and_then(time),
            sequential: options.sequential,
            first_last_first: options.first_last_first,
            super_seeding: options.super_seeding,
            layout: options.layout.into(),
            stop_condition: options.stop_condition.into(),
            share_limits: (&options.share).into(),
            share_limits_in_force: (&in_force).into(),
        }
    }
}

/// Seconds until the download is complete.
#[must_use]
pub fn eta(row: &model::Torrent) -> Option<i64> {
    let status = &row.status;
    let missing = status.wanted - status.wanted_done;
    let runs = !row.is_stopped() && row.facts.metadata.is_some() && missing > 0;
    (runs && status.average_download_rate > 0).then(|| missing / status.average_download_rate)
}

/// The host of a tracker's URL, without a look at what may be a passkey.
#[must_use]
pub fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    (!host.is_empty()).then_some(host)
}

fn content_path(row: &model::Torrent) -> Option<String> {
    Some(match &row.facts.metadata.as_ref()?.root {
        Root::File(inner) | Root::Folder(inner) => path::join(row.location(), inner),
        Root::Scattered => row.location().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tracker_is_named_by_its_host_alone() {
        assert_eq!(host("https://user:pass@t.example:443/passkey/announce"), Some("t.example"));
        assert_eq!(host("udp://[2001:db8::1]:6969"), Some("[2001:db8::1]"));
        assert_eq!(host("nonsense"), None);
    }
}
