//! The preferences that decide what a request for a new torrent leaves open.

use revaer_native::MetainfoLimits;

use crate::model::path::is_within;
use crate::model::{ContentLayout, StopCondition};

/// Preferences in force for new torrents.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent preference")]
pub struct Policy {
    /// Automatic management unless the request says otherwise.
    pub auto_managed: bool,
    /// Categories give the base of relative and missing paths of manual torrents too.
    pub category_paths_in_manual_mode: bool,
    pub stopped: bool,
    pub stop_condition: StopCondition,
    pub layout: ContentLayout,
    pub top_of_queue: bool,
    /// Duplicates of public torrents bring their trackers along.
    pub merge_trackers: bool,
    /// Wildcards; files whose name matches one are not downloaded.
    pub excluded_file_names: Vec<String>,
    /// Trackers for new public torrents, one a line, a blank line before each further tier.
    pub additional_trackers: String,
    pub metainfo: MetainfoLimits,
    /// Directories that content may lie in, absolute and normalised.
    pub roots: Vec<String>,
    /// Directories that it may not, even below a root: Revaer's own.
    pub forbidden: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            auto_managed: false,
            category_paths_in_manual_mode: false,
            stopped: false,
            stop_condition: StopCondition::None,
            layout: ContentLayout::Original,
            top_of_queue: false,
            merge_trackers: false,
            excluded_file_names: Vec::new(),
            additional_trackers: String::new(),
            metainfo: MetainfoLimits::default(),
            roots: vec!["/".to_owned()],
            forbidden: Vec::new(),
        }
    }
}

impl Policy {
    /// True if content may lie in this directory (absolute, normalised).
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        self.roots.iter().any(|root| is_within(path, root))
            && !self.forbidden.iter().any(|home| is_within(path, home))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_stays_in_the_roots_and_out_of_our_own_home() {
        let policy = Policy {
            roots: vec!["/srv".to_owned(), "/mnt/a".to_owned()],
            forbidden: vec!["/srv/revaer".to_owned()],
            ..Policy::default()
        };

        assert!(policy.allows("/srv/x"));
        assert!(policy.allows("/mnt/a"));
        assert!(!policy.allows("/mnt"));
        assert!(!policy.allows("/srv/revaer/tmp"));
    }
}
