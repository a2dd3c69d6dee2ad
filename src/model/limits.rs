//! Share limits: their resolution from torrent over category to the global preference, and when they are reached.
//!
//! Nothing else decides either: fields show what [`in_force`] says, and automation acts on what [`due`] says.

use std::fmt;
use std::time::Instant;

use super::{Category, Moment, Torrent, TorrentState};

/// A limit that may be left to the next level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bound<T> {
    /// Take the value of the category, else the global one.
    #[default]
    Inherit,
    /// No limit, whatever the next level says.
    Unlimited,
    At(T),
}

impl<T: Copy> Bound<T> {
    /// The limit in force when the next level's resolved limit is `outer`.
    #[must_use]
    pub fn resolve(self, outer: Option<T>) -> Option<T> {
        match self {
            Self::Inherit => outer,
            Self::Unlimited => None,
            Self::At(limit) => Some(limit),
        }
    }

    /// This level's word if it has one, else that of `outer`.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        match self {
            Self::Inherit => outer,
            word => word,
        }
    }
}

/// What happens when the limits are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShareLimitAction {
    /// Take the action of the category, else the global one.
    #[default]
    Inherit,
    Stop,
    Remove,
    RemoveWithContent,
    EnableSuperSeeding,
}

/// Whether one reached limit is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShareLimitsMode {
    #[default]
    Inherit,
    MatchAny,
    MatchAll,
}

/// Share limits of a torrent or of a category.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ShareLimits {
    /// Uploaded over downloaded.
    pub ratio: Bound<f64>,
    /// Minutes spent finished.
    pub seeding_minutes: Bound<i64>,
    /// Minutes since the last payload.
    pub inactive_minutes: Bound<i64>,
    pub action: ShareLimitAction,
    pub mode: ShareLimitsMode,
}

/// The limits in force for one torrent; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitsInForce {
    pub ratio: Option<f64>,
    pub seeding_minutes: Option<i64>,
    pub inactive_minutes: Option<i64>,
    /// Never `Inherit` if the preferences are complete; that would mean `Stop`.
    pub action: ShareLimitAction,
    /// Likewise; that would mean `MatchAny`.
    pub mode: ShareLimitsMode,
}

/// What the limits in force ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub action: ShareLimitAction,
    pub reached: Reached,
}

/// The limit that has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    Ratio,
    SeedingTime,
    InactiveTime,
    /// Several, all of which had to be.
    All,
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ratio => "its ratio limit",
            Self::SeedingTime => "its limit of seeding time",
            Self::InactiveTime => "its limit of inactive seeding time",
            Self::All => "all its share limits",
        })
    }
}

/// How far a torrent has come towards its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sharing {
    /// Uploaded over downloaded.
    pub ratio: f64,
    /// Seconds spent finished.
    pub seeding_seconds: i64,
    /// False while these stand still, because the torrent does not run.
    pub seeding_grows: bool,
    /// Seconds since the last payload, since the add if there was none.
    pub inactive_seconds: i64,
}

impl Sharing {
    /// The numbers of a torrent at a moment; `now` in Unix seconds.
    #[must_use]
    pub fn of(torrent: &Torrent, now: i64, instant: Instant) -> Self {
        let active_at = torrent.status.last_activity.unwrap_or(torrent.facts.added_at);
        Self {
            ratio: torrent.ratio().unwrap_or(f64::INFINITY),
            seeding_seconds: torrent.status.seeding_seconds_at(Moment::of(instant)),
            seeding_grows: torrent.status.times_read.is_some(),
            inactive_seconds: now.saturating_sub(active_at).max(0),
        }
    }
}

impl ShareLimits {
    /// This level's words, and those of `outer` where it has none.
    #[must_use]
    fn or(&self, outer: &Self) -> Self {
        Self {
            ratio: self.ratio.or(outer.ratio),
            seeding_minutes: self.seeding_minutes.or(outer.seeding_minutes),
            inactive_minutes: self.inactive_minutes.or(outer.inactive_minutes),
            action: match self.action {
                ShareLimitAction::Inherit => outer.action,
                action => action,
            },
            mode: match self.mode {
                ShareLimitsMode::Inherit => outer.mode,
                mode => mode,
            },
        }
    }

    fn resolve(&self, global: &LimitsInForce) -> LimitsInForce {
        LimitsInForce {
            ratio: self.ratio.resolve(global.ratio),
            seeding_minutes: self.seeding_minutes.resolve(global.seeding_minutes),
            inactive_minutes: self.inactive_minutes.resolve(global.inactive_minutes),
            action: match self.action {
                ShareLimitAction::Inherit => global.action,
                action => action,
            },
            mode: match self.mode {
                ShareLimitsMode::Inherit => global.mode,
                mode => mode,
            },
        }
    }
}

/// The limits of a torrent: its own words, else those of its category and, with subcategories on, of that category's
/// ancestors from the inside out, else the global ones. Each is looked for separately.
#[must_use]
pub fn in_force<'a>(
    torrent: &Torrent,
    category: impl Fn(&str) -> Option<&'a Category>,
    subcategories: bool,
    global: &LimitsInForce,
) -> LimitsInForce {
    let mut share = torrent.options.share;
    let mut name = torrent.options.category.as_deref();
    while let Some(inner) = name {
        if let Some(category) = category(inner) {
            share = share.or(&category.share);
        }
        name = inner.rsplit_once('/').filter(|_| subcategories).map(|(outer, _)| outer);
    }
    share.resolve(global)
}

impl LimitsInForce {
    /// The limit that has been reached, if that is enough for the action.
    #[must_use]
    pub fn reached(&self, sharing: &Sharing) -> Option<Reached> {
        let limits = [
            (Reached::Ratio, self.ratio.map(|limit| sharing.ratio >= limit)),
            (
                Reached::SeedingTime,
                self.seeding_minutes.map(|limit| sharing.seeding_seconds / 60 >= limit),
            ),
            (
                Reached::InactiveTime,
                self.inactive_minutes.map(|limit| sharing.inactive_seconds / 60 >= limit),
            ),
        ];
        let mut enabled = limits.into_iter().filter_map(|(limit, met)| Some((limit, met?)));
        if self.mode != ShareLimitsMode::MatchAll {
            return enabled.find_map(|(limit, is_met)| is_met.then_some(limit));
        }
        let (first, is_met) = enabled.next()?;
        enabled.try_fold(is_met.then_some(first)?, |_, (_, is_met)| is_met.then_some(Reached::All))
    }

    /// Seconds until time alone brings the action about; `None` if it cannot.
    #[must_use]
    pub fn seconds_left(&self, sharing: &Sharing) -> Option<i64> {
        const NEVER: i64 = i64::MAX;
        let left = |limit: Option<i64>, seconds: i64, grows: bool| {
            let left = limit?.saturating_mul(60).saturating_sub(seconds);
            Some(if grows || left <= 0 { left } else { NEVER })
        };
        let times = [
            left(self.seeding_minutes, sharing.seeding_seconds, sharing.seeding_grows),
            left(self.inactive_minutes, sharing.inactive_seconds, true),
        ];
        let times = times.into_iter().flatten();
        let left = match self.mode {
            ShareLimitsMode::MatchAll if self.ratio.is_some_and(|limit| sharing.ratio < limit) => {
                None
            }
            ShareLimitsMode::MatchAll => times.max(),
            ShareLimitsMode::MatchAny | ShareLimitsMode::Inherit => times.min(),
        };
        left.filter(|left| *left != NEVER)
    }
}

/// True if a torrent in this state is looked at: it is complete, not forced, and left alone by checks and moves.
#[must_use]
pub fn apply_in(state: TorrentState) -> bool {
    matches!(
        state,
        TorrentState::Uploading
            | TorrentState::StalledUp
            | TorrentState::QueuedUp
            | TorrentState::StoppedUp
    )
}

/// What the limits ask to be done with a torrent now.
///
/// One that is stopped can still be removed, as the real servers do (observed); the other actions have nothing to do
/// with it.
#[must_use]
pub fn due(torrent: &Torrent, limits: &LimitsInForce, sharing: &Sharing) -> Option<Due> {
    let state = torrent.status.state;
    let is_stopped = state == TorrentState::StoppedUp;
    let is_done = match limits.action {
        ShareLimitAction::Remove | ShareLimitAction::RemoveWithContent => false,
        ShareLimitAction::Inherit | ShareLimitAction::Stop => is_stopped,
        ShareLimitAction::EnableSuperSeeding => is_stopped || torrent.options.super_seeding,
    };
    if is_done || !apply_in(state) {
        return None;
    }
    let reached = limits.reached(sharing)?;
    Some(Due { action: limits.action, reached })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Facts, InfoHashes, Options, Status, TorrentId, TorrentKey};

    #[test]
    fn the_innermost_word_wins() {
        assert_eq!(Bound::Inherit.resolve(Some(3)), Some(3));
        assert_eq!(Bound::Unlimited.resolve(Some(3)), None);
        assert_eq!(Bound::At(5).resolve(Some(3)), Some(5));
        assert_eq!(Bound::Inherit.or(Bound::At(2)), Bound::At(2));
    }

    fn limits(ratio: Option<f64>, seeding: Option<i64>, inactive: Option<i64>) -> LimitsInForce {
        LimitsInForce {
            ratio,
            seeding_minutes: seeding,
            inactive_minutes: inactive,
            action: ShareLimitAction::Stop,
            mode: ShareLimitsMode::MatchAny,
        }
    }

    fn all(limits: LimitsInForce) -> LimitsInForce {
        LimitsInForce { mode: ShareLimitsMode::MatchAll, ..limits }
    }

    #[test]
    fn each_limit_is_reached_by_its_number() {
        /// Ratio 1, two minutes and a bit of seeding, one minute and a bit without payload.
        const SHARING: Sharing = Sharing {
            ratio: 1.0,
            seeding_seconds: 179,
            seeding_grows: true,
            inactive_seconds: 119,
        };
        let table = [
            (limits(None, None, None), None, None),
            (limits(Some(1.0), None, None), Some(Reached::Ratio), None),
            (limits(Some(1.5), None, None), None, None),
            (limits(None, Some(2), None), Some(Reached::SeedingTime), Some(-59)),
            (limits(None, Some(3), None), None, Some(1)),
            (limits(None, None, Some(1)), Some(Reached::InactiveTime), Some(-59)),
            (limits(None, None, Some(2)), None, Some(1)),
            (limits(Some(0.0), Some(0), Some(0)), Some(Reached::Ratio), Some(-179)),
            (limits(Some(2.0), Some(9), Some(2)), None, Some(1)),
            (all(limits(None, None, None)), None, None),
            (all(limits(Some(1.0), None, None)), Some(Reached::Ratio), None),
            (all(limits(Some(1.0), Some(2), Some(1))), Some(Reached::All), Some(-59)),
            (all(limits(Some(1.0), Some(3), Some(1))), None, Some(1)),
            (all(limits(Some(1.0), Some(2), Some(9))), None, Some(421)),
            // As long as the ratio falls short, no time is enough.
            (all(limits(Some(2.0), Some(3), None)), None, None),
        ];
        for (limits, reached, left) in table {
            assert_eq!(limits.reached(&SHARING), reached, "{limits:?}");
            assert_eq!(limits.seconds_left(&SHARING), left, "{limits:?}");
        }
    }

    #[test]
    fn a_torrent_that_does_not_run_gets_no_nearer_to_its_seeding_time() {
        let sharing =
            Sharing { ratio: 0.0, seeding_seconds: 0, seeding_grows: false, inactive_seconds: 0 };

        assert_eq!(limits(None, Some(1), None).seconds_left(&sharing), None);
        assert_eq!(limits(None, Some(1), Some(2)).seconds_left(&sharing), Some(120));
        assert_eq!(all(limits(None, Some(1), Some(2))).seconds_left(&sharing), None);
        assert_eq!(all(limits(None, Some(0), Some(2))).seconds_left(&sharing), Some(120));
    }

    #[test]
    fn the_state_decides_what_can_be_done() {
        use ShareLimitAction::{EnableSuperSeeding, Remove, RemoveWithContent, Stop};
        const ALL: &[ShareLimitAction] = &[Stop, Remove, RemoveWithContent, EnableSuperSeeding];
        let sharing =
            Sharing { ratio: 0.0, seeding_seconds: 0, seeding_grows: true, inactive_seconds: 0 };
        let table = [
            (TorrentState::Uploading, false, ALL),
            (TorrentState::StalledUp, false, ALL),
            (TorrentState::QueuedUp, false, ALL),
            (TorrentState::StalledUp, true, &[Stop, Remove, RemoveWithContent][..]),
            (TorrentState::StoppedUp, false, &[Remove, RemoveWithContent]),
            (TorrentState::ForcedUp, false, &[]),
            (TorrentState::CheckingUp, false, &[]),
            (TorrentState::Moving, false, &[]),
            (TorrentState::Error, false, &[]),
            (TorrentState::MissingFiles, false, &[]),
            (TorrentState::StalledDl, false, &[]),
            (TorrentState::CheckingResumeData, false, &[]),
        ];
        for (state, super_seeding, expected) in table {
            let torrent = torrent(state, super_seeding);
            let possible: Vec<ShareLimitAction> = ALL
                .iter()
                .copied()
                .filter(|action| {
                    let limits = LimitsInForce { action: *action, ..limits(Some(0.0), None, None) };
                    due(&torrent, &limits, &sharing).is_some()
                })
                .collect();
            assert_eq!(possible, expected, "{state:?}, super seeding {super_seeding}");
        }
    }

    fn torrent(state: TorrentState, super_seeding: bool) -> Torrent {
        let id = TorrentId([1; 20]);
        Torrent {
            key: TorrentKey(1),
            facts: Arc::new(Facts {
                id,
                hashes: InfoHashes { v1: Some(id.0), v2: None },
                name: String::new(),
                added_at: 0,
                comment: String::new(),
                web_seeds: Vec::new(),
                metadata: None,
            }),
            options: Arc::new(Options { super_seeding, ..Options::default() }),
            announces: Arc::from([]),
            status: Status { state, ..Status::default() },
        }
    }
}
