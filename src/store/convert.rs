//! Values to columns and back; the model knows nothing of this.

use sha2::{Digest, Sha256};

use super::{Error, Result};
use crate::model::{
    AnnounceStatus, Bound, ContentLayout, RunMode, ShareLimitAction, ShareLimits, ShareLimitsMode,
    StopCondition, TorrentState,
};

pub(super) mod forms;

/// A type with a fixed set of values, each stored as a number that never changes its meaning.
pub(super) trait Coded: Sized {
    fn code(self) -> i16;

    /// An unknown number is an error: guessing an operator's wish does more harm than refusing.
    fn from_code(code: i16) -> Result<Self>;
}

macro_rules! coded {
    ($type:ty { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl Coded for $type {
            fn code(self) -> i16 {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            fn from_code(code: i16) -> Result<Self> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    code => Err(unknown(stringify!($type), code)),
                }
            }
        }
    };
}

coded!(TorrentState {
    Error = 0,
    MissingFiles = 1,
    Uploading = 2,
    StoppedUp = 3,
    QueuedUp = 4,
    StalledUp = 5,
    CheckingUp = 6,
    ForcedUp = 7,
    Downloading = 8,
    MetaDl = 9,
    ForcedMetaDl = 10,
    StoppedDl = 11,
    QueuedDl = 12,
    StalledDl = 13,
    CheckingDl = 14,
    ForcedDl = 15,
    CheckingResumeData = 16,
    Moving = 17,
});
coded!(RunMode { Stopped = 0, Auto = 1, Forced = 2 });
coded!(ContentLayout { Original = 0, Subfolder = 1, NoSubfolder = 2 });
coded!(StopCondition { None = 0, MetadataReceived = 1, FilesChecked = 2 });
coded!(ShareLimitAction { Inherit = 0, Stop = 1, Remove = 2, RemoveWithContent = 3, EnableSuperSeeding = 4 });
coded!(ShareLimitsMode { Inherit = 0, MatchAny = 1, MatchAll = 2 });
coded!(AnnounceStatus { NotContacted = 0, Working = 1, NotWorking = 2, TrackerError = 3, Unreachable = 4 });

pub(super) fn unknown(what: &str, code: i16) -> Error {
    Error::Database(format!("a row holds the unknown {what} {code}"))
}

/// A text as both databases take it: PostgreSQL has no NUL in texts, and names inside torrents may hold one.
pub(super) fn text(value: &str) -> String {
    if value.contains('\0') { value.replace('\0', "\u{fffd}") } else { value.to_owned() }
}

/// A number as both databases keep it: SQLite reads a stored NaN as null.
pub(super) fn number(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}

/// An unsigned number of 32 bits, which came from a column that only we write.
pub(super) fn small(value: i64) -> Result<u32> {
    u32::try_from(value)
        .map_err(|_| Error::Database(format!("a row holds {value} where 32 bits are expected")))
}

/// A hash of `N` bytes.
pub(super) fn hash<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N]> {
    bytes
        .try_into()
        .map_err(|_| Error::Database(format!("a row holds a hash that is not {N} bytes long")))
}

/// The key of a row that is named by a text of any length.
pub(super) fn digest(name: &str) -> Vec<u8> {
    Sha256::digest(name.as_bytes()).to_vec()
}

/// The five columns of share limits: null inherits, and the largest value of the type is no limit at all.
pub(super) struct ShareColumns {
    pub(super) ratio: Option<f64>,
    pub(super) seeding_minutes: Option<i64>,
    pub(super) inactive_minutes: Option<i64>,
    pub(super) action: i16,
    pub(super) mode: i16,
}

impl From<&ShareLimits> for ShareColumns {
    fn from(share: &ShareLimits) -> Self {
        Self {
            ratio: bound(share.ratio, f64::INFINITY).filter(|ratio| !ratio.is_nan()),
            seeding_minutes: bound(share.seeding_minutes, i64::MAX),
            inactive_minutes: bound(share.inactive_minutes, i64::MAX),
            action: share.action.code(),
            mode: share.mode.code(),
        }
    }
}

impl ShareColumns {
    pub(super) fn limits(self) -> Result<ShareLimits> {
        Ok(ShareLimits {
            ratio: from_bound(self.ratio, &f64::INFINITY),
            seeding_minutes: from_bound(self.seeding_minutes, &i64::MAX),
            inactive_minutes: from_bound(self.inactive_minutes, &i64::MAX),
            action: ShareLimitAction::from_code(self.action)?,
            mode: ShareLimitsMode::from_code(self.mode)?,
        })
    }
}

fn bound<T>(bound: Bound<T>, unlimited: T) -> Option<T> {
    match bound {
        Bound::Inherit => None,
        Bound::Unlimited => Some(unlimited),
        Bound::At(limit) => Some(limit),
    }
}

fn from_bound<T: PartialOrd>(column: Option<T>, unlimited: &T) -> Bound<T> {
    match column {
        None => Bound::Inherit,
        Some(limit) if limit >= *unlimited => Bound::Unlimited,
        Some(limit) => Bound::At(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_survive_and_nothing_is_stored_as_nan() {
        let share = ShareLimits {
            ratio: Bound::At(1.1),
            seeding_minutes: Bound::Unlimited,
            inactive_minutes: Bound::At(0),
            action: ShareLimitAction::Remove,
            mode: ShareLimitsMode::MatchAll,
        };

        assert_eq!(ShareColumns::from(&share).limits().unwrap(), share);
        let nan = ShareLimits { ratio: Bound::At(f64::NAN), ..share };
        assert_eq!(ShareColumns::from(&nan).ratio, None);
    }

    #[test]
    fn an_unknown_code_is_an_error() {
        assert!(RunMode::from_code(99).is_err());
    }
}
