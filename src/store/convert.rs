//! Values to columns and back; the model knows nothing of this.

use sha2::{Digest, Sha256};

use super::{Error, Result};
use crate::model::{
    AnnounceStatus, ContentLayout, RunMode, ShareLimitAction, ShareLimitsMode, StopCondition,
    TorrentState,
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

#[cfg(test)]
mod tests {
    use super::forms::from_share;
    use super::*;
    use crate::model::{Bound, ShareLimits};

    #[test]
    fn bounds_survive_and_nothing_is_stored_as_nan() {
        let share = ShareLimits {
            ratio: Bound::At(1.1),
            seeding_minutes: Bound::Unlimited,
            inactive_minutes: Bound::At(0),
            action: ShareLimitAction::Remove,
            mode: ShareLimitsMode::MatchAll,
        };

        assert_eq!(from_share(&forms::share(&share)).unwrap(), share);
        let nan = ShareLimits { ratio: Bound::At(f64::NAN), ..share };
        assert_eq!(from_share(&forms::share(&nan)).unwrap().ratio, Bound::Inherit);
        let infinite = ShareLimits { ratio: Bound::At(f64::INFINITY), ..share };
        assert_eq!(from_share(&forms::share(&infinite)).unwrap().ratio, Bound::Unlimited);
    }

    #[test]
    fn an_unknown_code_is_an_error() {
        assert!(RunMode::from_code(99).is_err());
    }
}
