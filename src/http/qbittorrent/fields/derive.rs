//! Numbers and words that are computed from a row: state names, limits in force, time left, paths.

use super::View;
use super::value::Value;
use crate::http::qbittorrent::level::Level;
use crate::model::{
    Bound, Category, LimitsInForce, Root, ShareLimitAction, ShareLimitsMode, Torrent, TorrentState,
};

/// "Infinite" or unknown time left: 100 days in seconds.
pub const NO_ETA: i64 = 8_640_000;

/// What L45 and L51 show for a ratio that is infinite or larger.
const RATIO_CAP: f64 = 9999.0;

/// The word of a state at a level.
#[must_use]
pub fn state_name(state: TorrentState, level: Level) -> &'static str {
    match (state, level) {
        (TorrentState::Error, _) => "error",
        (TorrentState::MissingFiles, _) => "missingFiles",
        (TorrentState::Uploading, _) => "uploading",
        (TorrentState::StoppedUp, Level::L45) => "pausedUP",
        (TorrentState::StoppedUp, _) => "stoppedUP",
        (TorrentState::QueuedUp, _) => "queuedUP",
        (TorrentState::StalledUp, _) => "stalledUP",
        (TorrentState::CheckingUp, _) => "checkingUP",
        (TorrentState::ForcedUp, _) => "forcedUP",
        (TorrentState::Downloading, _) => "downloading",
        (TorrentState::MetaDl, _) => "metaDL",
        (TorrentState::ForcedMetaDl, _) => "forcedMetaDL",
        (TorrentState::StoppedDl, Level::L45) => "pausedDL",
        (TorrentState::StoppedDl, _) => "stoppedDL",
        (TorrentState::QueuedDl, _) => "queuedDL",
        (TorrentState::StalledDl, _) => "stalledDL",
        (TorrentState::CheckingDl, _) => "checkingDL",
        (TorrentState::ForcedDl, _) => "forcedDL",
        (TorrentState::CheckingResumeData, _) => "checkingResumeData",
        (TorrentState::Moving, _) => "moving",
    }
}

/// The contract's word of an action; `Default` leaves it to the next level.
#[must_use]
pub fn action_name(action: ShareLimitAction) -> &'static str {
    match action {
        ShareLimitAction::Inherit => "Default",
        ShareLimitAction::Stop => "Stop",
        ShareLimitAction::Remove => "Remove",
        ShareLimitAction::RemoveWithContent => "RemoveWithContent",
        ShareLimitAction::EnableSuperSeeding => "EnableSuperSeeding",
    }
}

/// The action of a word; unknown ones mean `Default`.
#[must_use]
pub fn action_of(name: &str) -> ShareLimitAction {
    match name {
        "Stop" => ShareLimitAction::Stop,
        "Remove" => ShareLimitAction::Remove,
        "RemoveWithContent" => ShareLimitAction::RemoveWithContent,
        "EnableSuperSeeding" => ShareLimitAction::EnableSuperSeeding,
        _ => ShareLimitAction::Inherit,
    }
}

#[must_use]
pub fn mode_name(mode: ShareLimitsMode) -> &'static str {
    match mode {
        ShareLimitsMode::Inherit => "Default",
        ShareLimitsMode::MatchAny => "MatchAny",
        ShareLimitsMode::MatchAll => "MatchAll",
    }
}

/// The mode of a word; unknown ones mean `Default`.
#[must_use]
pub fn mode_of(name: &str) -> ShareLimitsMode {
    match name {
        "MatchAny" => ShareLimitsMode::MatchAny,
        "MatchAll" => ShareLimitsMode::MatchAll,
        _ => ShareLimitsMode::Inherit,
    }
}

/// A stored ratio limit as clients see it: -2 leaves it to the next level, -1 is none.
#[must_use]
pub fn ratio_bound(bound: Bound<f64>) -> f64 {
    match bound {
        Bound::Inherit => -2.0,
        Bound::Unlimited => -1.0,
        Bound::At(limit) => limit,
    }
}

/// A stored time limit as clients see it.
#[must_use]
pub fn minutes_bound(bound: Bound<i64>) -> i64 {
    match bound {
        Bound::Inherit => -2,
        Bound::Unlimited => -1,
        Bound::At(limit) => limit,
    }
}

/// The ratio at which the share limit action is due.
#[must_use]
pub fn max_ratio(torrent: &Torrent, view: &View<'_>) -> Option<f64> {
    in_force(torrent, view).ratio
}

#[must_use]
pub fn max_seeding_minutes(torrent: &Torrent, view: &View<'_>) -> Option<i64> {
    in_force(torrent, view).seeding_minutes
}

#[must_use]
pub fn max_inactive_minutes(torrent: &Torrent, view: &View<'_>) -> Option<i64> {
    in_force(torrent, view).inactive_minutes
}

fn in_force(torrent: &Torrent, view: &View<'_>) -> LimitsInForce {
    view.context.share_limits(torrent, view.categories)
}

/// Ratio as a level shows it: L45 and L51 cap it, L53 writes -1 for infinite.
#[must_use]
pub fn ratio(torrent: &Torrent, level: Level) -> f64 {
    match (torrent.ratio(), level) {
        (ratio, Level::L45 | Level::L51) => ratio.map_or(RATIO_CAP, |ratio| ratio.min(RATIO_CAP)),
        (ratio, Level::L53) => ratio.unwrap_or(-1.0),
    }
}

/// Ratio per month of activity; infinite if the ratio is.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "years of seconds are exact")]
pub fn popularity(torrent: &Torrent, level: Level) -> f64 {
    /// A twelfth of the mean Gregorian year.
    const SECONDS_PER_MONTH: f64 = 2_629_746.0;
    if torrent.status.active_seconds <= 0 {
        return 0.0;
    }
    let ratio = match level {
        Level::L45 | Level::L51 => ratio(torrent, level),
        Level::L53 => torrent.ratio().unwrap_or(f64::INFINITY),
    };
    ratio / (torrent.status.active_seconds as f64 / SECONDS_PER_MONTH)
}

/// True if all wanted data is here, whatever is being done with it.
#[must_use]
pub fn is_finished(torrent: &Torrent) -> bool {
    let status = &torrent.status;
    status.state.is_complete()
        || (!matches!(status.state, TorrentState::CheckingDl | TorrentState::StoppedDl)
            && torrent.facts.metadata.is_some()
            && status.wanted > 0
            && status.wanted_done >= status.wanted)
}

/// Seconds until the download, or what the share limits allow, is complete.
#[must_use]
pub fn eta(torrent: &Torrent, view: &View<'_>) -> i64 {
    let status = &torrent.status;
    if torrent.is_stopped() {
        return NO_ETA;
    }
    if !is_finished(torrent) {
        let missing = status.wanted - status.wanted_done;
        return match status.average_download_rate {
            rate if rate <= 0 || torrent.facts.metadata.is_none() => NO_ETA,
            rate => (missing / rate).clamp(0, NO_ETA),
        };
    }
    let limits = in_force(torrent, view);
    let by_ratio =
        limits.ratio.filter(|limit| *limit >= 0.0).map(|limit| ratio_eta(torrent, limit));
    let by_seeding = limits
        .seeding_minutes
        .filter(|limit| *limit >= 0)
        .map(|limit| limit.saturating_mul(60).saturating_sub(status.seeding_seconds));
    let by_inactivity = limits
        .inactive_minutes
        .filter(|limit| *limit >= 0 && view.level >= Level::L51)
        .map(|limit| {
            let idle = view.now - status.last_activity.unwrap_or(torrent.facts.added_at);
            limit.saturating_mul(60).saturating_sub(idle)
        });
    let due = [by_ratio, by_seeding, by_inactivity].into_iter().flatten();
    let due = if limits.mode == ShareLimitsMode::MatchAll { due.max() } else { due.min() };
    due.map_or(NO_ETA, |seconds| seconds.clamp(0, NO_ETA))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an estimate; casts saturate"
)]
fn ratio_eta(torrent: &Torrent, limit: f64) -> i64 {
    let status = &torrent.status;
    let base = if status.downloaded > 0 { status.downloaded } else { status.wanted };
    let missing = base as f64 * limit - status.uploaded as f64;
    match status.average_upload_rate {
        _ if missing <= 0.0 => 0,
        rate if rate <= 0 => NO_ETA,
        rate => (missing / rate as f64) as i64,
    }
}

/// The file, the root folder or, without one, the directory that holds the content.
#[must_use]
pub(super) fn content_path(torrent: &Torrent) -> Value<'_> {
    match torrent.facts.metadata.as_ref().map(|metadata| &metadata.root) {
        None => Value::Str(""),
        Some(Root::File(path) | Root::Folder(path)) => {
            Value::Path(torrent.content_location(), path)
        }
        Some(Root::Scattered) => Value::Str(torrent.content_location()),
    }
}

/// The two paths of a torrent, as a level shows them.
pub struct Paths<'a> {
    pub save: &'a str,
    /// Empty if there is none.
    pub download: &'a str,
}

/// Contract: since L51 a path that the user changes shows when the content has arrived there, at L45 at once; with
/// automatic management, and on the way from the download path to the save path, it shows at once everywhere (observed).
#[must_use]
pub fn paths(torrent: &Torrent, level: Level) -> Paths<'_> {
    let (options, status) = (&torrent.options, &torrent.status);
    let download = options.download_path.as_deref().unwrap_or_default();
    let mut paths = Paths { save: &options.save_path, download };
    let Some(from) = status.moving_from.as_deref().filter(|from| {
        level >= Level::L51
            && !options.auto_managed
            && *from != paths.download
            && *from != paths.save
    }) else {
        return paths;
    };
    if status.in_download_path {
        paths.download = from;
    } else {
        paths.save = from;
    }
    paths
}

/// The folder that holds all files, if there is one.
#[must_use]
pub(super) fn root_path(torrent: &Torrent) -> Value<'_> {
    match torrent.facts.metadata.as_ref().map(|metadata| &metadata.root) {
        Some(Root::Folder(path)) => Value::Path(torrent.content_location(), path),
        Some(Root::File(path)) if path.contains('/') => {
            Value::Path(torrent.content_location(), path.split('/').next().unwrap_or_default())
        }
        _ => Value::Str(""),
    }
}

/// True if `category` is `wanted` or, where subcategories count, lies below it.
#[must_use]
pub fn belongs_to(category: &str, wanted: &str, subcategories: bool) -> bool {
    category == wanted || (subcategories && Category::is_within(category, wanted))
}
