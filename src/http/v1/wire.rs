//! The values of `/v1` as they travel: times in RFC 3339, sizes in bytes, rates in bytes per second, durations in
//! seconds.

pub mod share;
pub mod slots;
pub mod torrent;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

pub use share::{Action, Limit, LimitsInForce, Mode, ShareLimits, ShareLimitsChange};
pub use slots::{Slots, Sources, SourcesChange};
pub use torrent::{Run, State, Torrent};

/// A time in RFC 3339.
#[must_use]
pub fn time(unix: i64) -> Option<String> {
    Timestamp::from_second(unix).ok().map(|at| at.to_string())
}

/// A time in milliseconds, in RFC 3339.
#[must_use]
pub fn time_ms(unix: i64) -> String {
    Timestamp::from_millisecond(unix).map(|at| at.to_string()).unwrap_or_default()
}

/// Reads a member that may be absent (`None`), `null` (`Some(None)`) or a value.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Where the content of a new torrent gets its root folder from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    Original,
    Subfolder,
    NoSubfolder,
}

impl From<crate::model::ContentLayout> for Layout {
    fn from(layout: crate::model::ContentLayout) -> Self {
        use crate::model::ContentLayout as Core;
        match layout {
            Core::Original => Self::Original,
            Core::Subfolder => Self::Subfolder,
            Core::NoSubfolder => Self::NoSubfolder,
        }
    }
}

impl From<Layout> for crate::model::ContentLayout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Original => Self::Original,
            Layout::Subfolder => Self::Subfolder,
            Layout::NoSubfolder => Self::NoSubfolder,
        }
    }
}

/// When a fresh torrent stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopCondition {
    None,
    MetadataReceived,
    FilesChecked,
}

impl From<crate::model::StopCondition> for StopCondition {
    fn from(condition: crate::model::StopCondition) -> Self {
        use crate::model::StopCondition as Core;
        match condition {
            Core::None => Self::None,
            Core::MetadataReceived => Self::MetadataReceived,
            Core::FilesChecked => Self::FilesChecked,
        }
    }
}

impl From<StopCondition> for crate::model::StopCondition {
    fn from(condition: StopCondition) -> Self {
        match condition {
            StopCondition::None => Self::None,
            StopCondition::MetadataReceived => Self::MetadataReceived,
            StopCondition::FilesChecked => Self::FilesChecked,
        }
    }
}

/// How much a file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Skip,
    Normal,
    High,
    Maximum,
}

impl From<crate::model::Priority> for Priority {
    fn from(priority: crate::model::Priority) -> Self {
        use crate::model::Priority as Core;
        match priority {
            Core::Skip => Self::Skip,
            Core::Normal => Self::Normal,
            Core::High => Self::High,
            Core::Maximum => Self::Maximum,
        }
    }
}

impl From<Priority> for crate::model::Priority {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Skip => Self::Skip,
            Priority::Normal => Self::Normal,
            Priority::High => Self::High,
            Priority::Maximum => Self::Maximum,
        }
    }
}
