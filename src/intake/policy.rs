//! The preferences that decide what a request for a new torrent leaves open.

use url::Url;

use crate::engine::MetainfoLimits;

use crate::model::path::{absolute, is_within};
use crate::model::{ContentLayout, StopCondition};
use crate::settings::Profile;
use crate::settings::profile::{Proxy, ProxyType};

/// Preferences in force for new torrents.
#[derive(Clone)]
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
    /// What fetches go through, as a URL with user name and password; secret.
    pub proxy: Option<String>,
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
            proxy: None,
        }
    }
}

impl Policy {
    /// The preferences of a profile; `home` is Revaer's own directory, `downloaded` the downloaded list of trackers.
    #[must_use]
    pub fn of(profile: &Profile, home: &str, downloaded: &str) -> Self {
        let (downloads, trackers) = (&profile.downloads, &profile.trackers);
        let limit = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            auto_managed: downloads.auto_management,
            category_paths_in_manual_mode: downloads.use_category_paths_in_manual_mode,
            stopped: downloads.add_stopped,
            stop_condition: downloads.stop_condition,
            layout: downloads.content_layout,
            top_of_queue: downloads.add_to_top_of_queue,
            merge_trackers: downloads.merge_trackers,
            excluded_file_names: if downloads.excluded_names_enabled {
                downloads.excluded_names.clone()
            } else {
                Vec::new()
            },
            additional_trackers: additional(
                if trackers.add_enabled { &trackers.add } else { "" },
                if trackers.add_from_url_enabled { downloaded } else { "" },
            ),
            metainfo: MetainfoLimits {
                max_size: usize::try_from(downloads.max_torrent_file_bytes).unwrap_or(usize::MAX),
                max_depth: limit(profile.bittorrent.bdecode_depth_limit),
                max_tokens: limit(profile.bittorrent.bdecode_token_limit),
                ..MetainfoLimits::default()
            },
            roots: profile.paths.roots.iter().filter_map(|root| absolute(root)).collect(),
            forbidden: absolute(home).into_iter().collect(),
            proxy: proxy(&profile.proxy),
        }
    }

    /// True if content may lie in this directory (absolute, normalised).
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        self.roots.iter().any(|root| is_within(path, root))
            && !self.forbidden.iter().any(|home| is_within(path, home))
    }
}

/// The downloaded trackers come after those of the preferences.
fn additional(own: &str, downloaded: &str) -> String {
    match (own.trim().is_empty(), downloaded.trim().is_empty()) {
        (_, true) => own.to_owned(),
        (true, false) => downloaded.to_owned(),
        (false, false) => format!("{}\n\n{}", own.trim_end(), downloaded.trim_start()),
    }
}

/// The proxy of what is neither torrent traffic nor feeds.
fn proxy(proxy: &Proxy) -> Option<String> {
    if !proxy.misc || proxy.host.is_empty() {
        return None;
    }
    let scheme = match (proxy.kind, proxy.hostname_lookup) {
        (ProxyType::None, _) => return None,
        (ProxyType::Http, _) => "http",
        (ProxyType::Socks4, _) => "socks4a",
        (ProxyType::Socks5, true) => "socks5h",
        (ProxyType::Socks5, false) => "socks5",
    };
    let host =
        if proxy.host.contains(':') { format!("[{}]", proxy.host) } else { proxy.host.clone() };
    let mut url = Url::parse(&format!("{scheme}://{host}:{}", proxy.port)).ok()?;
    if proxy.auth_enabled {
        // Only URLs without a host refuse these.
        url.set_username(&proxy.username).ok()?;
        url.set_password(Some(proxy.password.reveal())).ok()?;
    }
    Some(url.into())
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
