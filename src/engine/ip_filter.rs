//! The session's IP filter: everything that blocks addresses, united. What one source blocks is blocked; nothing
//! allows it again.
//!
//! Sources are the banned addresses, the rules, the file, the downloaded list, and all of IPv6 when it is off.

mod file;

use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};

use revaer_native::IpRange;
use sha1::{Digest, Sha1};

use super::health::Part;
use super::worker::{FollowUp, Worker};
use super::{Engine, Result};
use crate::settings::addresses;
use crate::settings::profile::Profile;

/// What the filter is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterStatus {
    /// Blocked ranges of all sources.
    pub ranges: usize,
    /// Of them, those of the file and of the downloaded list; `None` without one.
    pub file: Option<usize>,
    pub list: Option<usize>,
    /// Why a source is not used.
    pub errors: Vec<String>,
}

/// Files to read, and how much of them.
struct Sources {
    own: Vec<IpRange>,
    file: Option<PathBuf>,
    list: Option<PathBuf>,
    bounds: file::Bounds,
}

impl Engine {
    /// What blocks addresses now.
    #[must_use]
    pub fn filter_status(&self) -> FilterStatus {
        self.shared.filter.borrow().clone()
    }

    /// Reads files and lists of blocked addresses again.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn reload_filter(&self) -> Result<()> {
        self.run("reload filter", |worker| {
            worker.load_ip_filter();
            Ok(())
        })
        .await
    }
}

/// Where the downloaded list of a URL lies.
#[must_use]
pub fn list_path(home: &Path, url: &str) -> PathBuf {
    home.join("lists").join(hex::encode(Sha1::digest(url.as_bytes())))
}

impl Worker {
    /// Reads the filter files off this thread and replaces libtorrent's filter.
    pub(super) fn load_ip_filter(&mut self) {
        self.filter_turn += 1;
        let turn = self.filter_turn;
        let sources = sources(&self.profile, self.shared.settings.home());
        if sources.file.is_none() && sources.list.is_none() {
            let status = FilterStatus { ranges: sources.own.len(), ..FilterStatus::default() };
            self.set_ip_filter(turn, &sources.own, status);
            return;
        }
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn_blocking(move || {
            let (ranges, status) = unite(sources);
            let work: FollowUp =
                Box::new(move |worker| worker.set_ip_filter(turn, &ranges, status));
            let _ = follow_ups.send(work);
        });
    }

    fn set_ip_filter(&mut self, turn: u64, ranges: &[IpRange], status: FilterStatus) {
        if turn != self.filter_turn {
            // Newer sources are being read.
            return;
        }
        if !ranges.is_empty() {
            tracing::info!("{} address ranges are blocked", ranges.len());
        }
        if let Err(error) = self.session.set_ip_filter(ranges) {
            tracing::error!("the IP filter cannot be set: {error}");
        }
        for error in &status.errors {
            tracing::error!("{error}");
        }
        match status.errors.as_slice() {
            [] => self.shared.health.relieve(Part::Filter),
            errors => self.shared.health.worry(Part::Filter, errors.join("; ")),
        }
        self.shared.filter.send_replace(status);
    }
}

fn sources(profile: &Profile, home: &Path) -> Sources {
    let filter = &profile.filter;
    let texts = filter.banned_addresses.iter().chain(&filter.rules);
    // Settings hold only what parses; another text blocks nothing.
    let mut own: Vec<IpRange> = texts
        .filter_map(|text| addresses::range(text).ok())
        .map(|(first, last)| IpRange { first, last })
        .collect();
    if !profile.connection.ipv6 {
        let all = |address: u128| IpAddr::V6(Ipv6Addr::from_bits(address));
        own.push(IpRange { first: all(0), last: all(u128::MAX) });
    }
    let chosen = |text: &str| filter.enabled && !text.is_empty();
    Sources {
        own,
        file: chosen(&filter.path).then(|| PathBuf::from(&filter.path)),
        // A list that was not downloaded yet blocks nothing.
        list: Some(list_path(home, &filter.list_url))
            .filter(|path| chosen(&filter.list_url) && path.exists()),
        bounds: file::Bounds {
            bytes: u64::try_from(filter.max_list_bytes).unwrap_or(u64::MAX),
            ranges: usize::try_from(filter.max_ranges).unwrap_or(usize::MAX),
        },
    }
}

fn unite(sources: Sources) -> (Vec<IpRange>, FilterStatus) {
    let Sources { own: mut ranges, file, list, bounds } = sources;
    let mut status = FilterStatus::default();
    let mut take = |path: Option<PathBuf>, what: &str| {
        let path = path?;
        match file::read(&path, bounds) {
            Ok(found) => {
                let count = found.len();
                ranges.extend(found);
                Some(count)
            }
            Err(error) => {
                status.errors.push(format!("the {what} of blocked addresses is not used: {error}"));
                None
            }
        }
    };
    let file = take(file, "file");
    let list = take(list, "list");
    status.ranges = ranges.len();
    (status.file, status.list) = (file, list);
    (ranges, status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sources_are_united() {
        let home = tempfile::tempdir().unwrap();
        let url = "http://lists.example/a";
        let list = list_path(home.path(), url);
        fs_err::create_dir_all(list.parent().unwrap()).unwrap();
        fs_err::write(&list, "a:1.1.1.0-1.1.1.9\n2.2.2.0/24\n3.3.3.3 - 3.3.3.4 , 100 , x\n")
            .unwrap();
        let file = home.path().join("own.p2p");
        fs_err::write(&file, "b:4.4.4.4-4.4.4.5\n").unwrap();
        let mut profile = Profile::default();
        profile.filter.enabled = true;
        profile.filter.path = file.to_string_lossy().into_owned();
        profile.filter.list_url = url.to_owned();
        profile.filter.rules = vec!["10.0.0.0/8".to_owned(), "11.0.0.1-11.0.0.2".to_owned()];
        profile.filter.banned_addresses = vec!["9.9.9.9".to_owned()];
        profile.connection.ipv6 = false;

        let (ranges, status) = unite(sources(&profile, home.path()));

        assert_eq!((status.file, status.list), (Some(1), Some(3)));
        assert_eq!((status.ranges, ranges.len()), (8, 8));
        assert!(status.errors.is_empty());

        profile.filter.max_ranges = 2;
        let (ranges, status) = unite(sources(&profile, home.path()));
        assert_eq!((status.file, status.list, ranges.len()), (Some(1), None, 5));
        assert!(status.errors[0].contains("list"), "{status:?}");

        profile.filter.enabled = false;
        assert_eq!(unite(sources(&profile, home.path())).0.len(), 4);
    }
}
