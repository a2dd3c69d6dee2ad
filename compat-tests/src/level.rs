//! The contract levels, and the names that a scenario needs because they differ between levels.

use std::fmt;
use std::str::FromStr;

/// A generation of the qBittorrent Web API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// qBittorrent 4.5.2, Web API 2.8.19.
    L45,
    /// qBittorrent 5.1.0, Web API 2.11.4.
    L51,
    /// qBittorrent 5.3.0, Web API 2.16.2.
    L53,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::L45, Self::L51, Self::L53];

    /// Returns the name that command lines and folders use: `4.5`, `5.1` or `5.3`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L45 => "4.5",
            Self::L51 => "5.1",
            Self::L53 => "5.3",
        }
    }

    /// Returns what `app/version` answers at this level.
    #[must_use]
    pub const fn app_version(self) -> &'static str {
        match self {
            Self::L45 => "v4.5.2",
            Self::L51 => "v5.1.0",
            Self::L53 => "v5.3.0",
        }
    }

    /// Returns what `app/webapiVersion` answers at this level.
    #[must_use]
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::L45 => "2.8.19",
            Self::L51 => "2.11.4",
            Self::L53 => "2.16.2",
        }
    }

    /// Returns true unless `COMPAT_TARGET` restricts the run to another level.
    #[must_use]
    pub fn is_under_test(self) -> bool {
        crate::target::selected_level().is_none_or(|level| level == self)
    }

    #[must_use]
    pub const fn stop_route(self) -> &'static str {
        match self {
            Self::L45 => "torrents/pause",
            Self::L51 | Self::L53 => "torrents/stop",
        }
    }

    #[must_use]
    pub const fn start_route(self) -> &'static str {
        match self {
            Self::L45 => "torrents/resume",
            Self::L51 | Self::L53 => "torrents/start",
        }
    }

    /// Returns the name of the parameter of `torrents/add` that adds a torrent stopped.
    #[must_use]
    pub const fn stopped_param(self) -> &'static str {
        match self {
            Self::L45 => "paused",
            Self::L51 | Self::L53 => "stopped",
        }
    }

    /// Returns the name of the parameter of `torrents/add` that takes the data for complete.
    #[must_use]
    pub const fn seed_mode_param(self) -> &'static str {
        match self {
            Self::L45 | Self::L51 => "skip_checking",
            Self::L53 => "seedMode",
        }
    }

    /// Returns the state of an unfinished torrent that the user stopped.
    #[must_use]
    pub const fn stopped_download(self) -> &'static str {
        match self {
            Self::L45 => "pausedDL",
            Self::L51 | Self::L53 => "stoppedDL",
        }
    }

    /// Returns the state of a finished torrent that the user stopped.
    #[must_use]
    pub const fn stopped_upload(self) -> &'static str {
        match self {
            Self::L45 => "pausedUP",
            Self::L51 | Self::L53 => "stoppedUP",
        }
    }

    /// Returns the status of an action that answers 204 since 5.3 and 200 before.
    #[must_use]
    pub const fn no_content(self) -> &'static str {
        match self {
            Self::L45 | Self::L51 => "200",
            Self::L53 => "204",
        }
    }

    /// Returns every state string that a client may see at this level.
    #[must_use]
    pub fn states(self) -> Vec<&'static str> {
        let mut states = vec![
            "checkingResumeData",
            "moving",
            "missingFiles",
            "error",
            "queuedDL",
            "forcedMetaDL",
            "metaDL",
            "checkingUP",
            "checkingDL",
            "queuedUP",
            "forcedUP",
            "uploading",
            "stalledUP",
            "forcedDL",
            "downloading",
            "stalledDL",
        ];
        states.extend([self.stopped_download(), self.stopped_upload()]);
        states
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| anyhow::anyhow!("`{text}` is no level: use 4.5, 5.1 or 5.3"))
    }
}
