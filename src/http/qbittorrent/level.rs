//! The contract levels: which qBittorrent a client believes to talk to.

use std::str::FromStr;

/// A contract level; later ones compare greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    L45,
    #[default]
    L51,
    L53,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::L45, Self::L51, Self::L53];

    /// What `app/version` answers.
    #[must_use]
    pub fn app_version(self) -> &'static str {
        match self {
            Self::L45 => "v4.5.2",
            Self::L51 => "v5.1.0",
            Self::L53 => "v5.3.0",
        }
    }

    /// What `app/webapiVersion` answers.
    #[must_use]
    pub fn webapi_version(self) -> &'static str {
        match self {
            Self::L45 => "2.8.19",
            Self::L51 => "2.11.4",
            Self::L53 => "2.16.2",
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L45 => "4.5",
            Self::L51 => "5.1",
            Self::L53 => "5.3",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown contract level `{0}`: use 4.5, 5.1 or 5.3")]
pub struct UnknownLevel(String);

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}
