//! Trackers, web seeds, and peers to connect to.

use std::net::SocketAddr;

use revaer_native::{Alert, TrackerEntry};
use url::Url;

use super::worker::{Attachment, Worker};
use super::{Engine, Error, Result};
use crate::model::login::without_logins;
use crate::model::{Announce, Selection, TorrentId, TorrentKey};
use crate::settings::logins::{self, Login};
use crate::settings::{Profile, addresses};

impl Engine {
    /// Adds trackers; URLs that a torrent has already keep their tier.
    pub async fn add_trackers(&self, which: Selection, trackers: Vec<(u8, String)>) -> Result<()> {
        self.run("add trackers", move |worker| {
            worker.for_each(&which, |worker, key| {
                worker.add_trackers(key, &trackers);
                Ok(())
            })
        })
        .await
    }

    /// Replaces all trackers by these; a URL that is there twice counts once, and one that stays keeps what is known.
    pub async fn set_trackers(&self, id: TorrentId, trackers: Vec<(u8, String)>) -> Result<()> {
        self.run("set trackers", move |worker| {
            let key = worker.find(id)?;
            let announces = replaced(&worker.known(key)?.announces, &trackers);
            worker.replace_trackers(key, announces);
            Ok(())
        })
        .await
    }

    /// Replaces URL or tier of one tracker and announces to all.
    ///
    /// URLs are compared as parsed ones; a new URL that is the old one is no change.
    ///
    /// # Errors
    /// `NotFound`, `Missing` (old URL), `Exists` (new URL).
    pub async fn edit_tracker(
        &self,
        id: TorrentId,
        url: String,
        new_url: Option<String>,
        tier: Option<u8>,
    ) -> Result<()> {
        self.run("edit tracker", move |worker| {
            let key = worker.find(id)?;
            let announces = edited(&worker.known(key)?.announces, &url, new_url.as_deref(), tier)?;
            if let Some(announces) = announces {
                worker.replace_trackers(key, announces);
                worker.tell(key, "announced", |session| session.reannounce(key.0, None));
            }
            Ok(())
        })
        .await
    }

    /// Removes trackers by URL; unknown ones are ignored.
    pub async fn remove_trackers(&self, which: Selection, urls: Vec<String>) -> Result<()> {
        self.run("remove trackers", move |worker| {
            worker.for_each(&which, |worker, key| {
                let present = &worker.known(key)?.announces;
                let kept: Vec<Announce> = present
                    .iter()
                    .filter(|announce| !urls.iter().any(|url| **url == *announce.url))
                    .cloned()
                    .collect();
                if kept.len() != present.len() {
                    worker.replace_trackers(key, kept);
                }
                Ok(())
            })
        })
        .await
    }

    /// Adds web seeds; known ones are ignored.
    pub async fn add_web_seeds(&self, id: TorrentId, urls: Vec<String>) -> Result<()> {
        self.run("add web seeds", move |worker| {
            let key = worker.find(id)?;
            worker.add_web_seeds(key, &urls);
            Ok(())
        })
        .await
    }

    /// Replaces all web seeds by these.
    pub async fn set_web_seeds(&self, id: TorrentId, urls: Vec<String>) -> Result<()> {
        self.run("set web seeds", move |worker| {
            let key = worker.find(id)?;
            let present = worker.known(key)?.facts.web_seeds.clone();
            let gone: Vec<String> = present.into_iter().filter(|url| !urls.contains(url)).collect();
            worker.remove_web_seeds(key, &gone);
            worker.add_web_seeds(key, &urls);
            Ok(())
        })
        .await
    }

    /// Replaces one web seed.
    ///
    /// # Errors
    /// `NotFound`, `Missing` (old URL).
    pub async fn edit_web_seed(&self, id: TorrentId, url: String, new_url: String) -> Result<()> {
        self.run("edit web seed", move |worker| {
            let key = worker.find(id)?;
            if !worker.known(key)?.facts.web_seeds.contains(&url) {
                return Err(Error::Missing(format!("web seed `{}`", without_logins(&url))));
            }
            if url != new_url {
                worker.remove_web_seeds(key, &[url]);
                worker.add_web_seeds(key, &[new_url]);
            }
            Ok(())
        })
        .await
    }

    /// Removes web seeds; unknown ones are ignored.
    pub async fn remove_web_seeds(&self, id: TorrentId, urls: Vec<String>) -> Result<()> {
        self.run("remove web seeds", move |worker| {
            let key = worker.find(id)?;
            worker.remove_web_seeds(key, &urls);
            Ok(())
        })
        .await
    }

    /// Connects to peers; returns for each torrent that matched how many addresses were taken.
    ///
    /// Peers are not kept: a torrent that libtorrent does not have yet takes none.
    pub async fn add_peers(
        &self,
        which: Selection,
        peers: Vec<SocketAddr>,
    ) -> Result<Vec<(TorrentId, usize)>> {
        self.run("add peers", move |worker| {
            let mut taken = Vec::new();
            for key in worker.select(&which) {
                let id = worker.known(key)?.facts.id;
                let count = worker.live(key).map_or(0, |session| {
                    peers.iter().filter(|peer| session.connect_peer(key.0, **peer).is_ok()).count()
                });
                taken.push((id, count));
            }
            Ok(taken)
        })
        .await
    }
}

impl Worker {
    fn add_trackers(&mut self, key: TorrentKey, trackers: &[(u8, String)]) {
        let Some(torrent) = self.torrent(key) else { return };
        if let Some(announces) = extended(&torrent.announces, trackers) {
            self.replace_trackers(key, announces);
        }
    }

    /// Gives a torrent the trackers and web seeds that a duplicate of it knows.
    pub(super) fn merge_trackers(
        &mut self,
        key: TorrentKey,
        trackers: &[(u8, String)],
        web_seeds: &[String],
    ) -> Result<()> {
        self.known(key)?;
        self.add_trackers(key, trackers);
        self.add_web_seeds(key, web_seeds);
        Ok(())
    }

    fn replace_trackers(&mut self, key: TorrentKey, announces: Vec<Announce>) {
        let entries = self.announced(&announces);
        self.set_announces(key, announces);
        // A change of tiers alone counts too.
        self.store_row(key);
        self.tell(key, "given its trackers", |session| session.replace_trackers(key.0, &entries));
        self.want_resume_data(key);
    }

    /// The trackers that libtorrent is told of: those on blocked hosts are kept in the row and never announced to, and
    /// the others carry the login of their host.
    pub(super) fn announced(&self, announces: &[Announce]) -> Vec<TrackerEntry> {
        self.allowed(entries(announces))
    }

    /// Those of a magnet that may be announced to, with the logins of their hosts.
    pub(super) fn allowed(&self, mut trackers: Vec<TrackerEntry>) -> Vec<TrackerEntry> {
        self.tracker_hosts.apply(&mut trackers);
        trackers
    }

    /// Takes logins out of the URLs that libtorrent speaks of: it says them as it was told them.
    pub(super) fn without_logins(&self, mut alert: Alert) -> Alert {
        let clean = |key: u64, url: &mut String| {
            if url.contains('@')
                && let Some(torrent) = self.torrent(TorrentKey(key))
            {
                *url = bare(&torrent.announces, std::mem::take(url));
            }
        };
        match &mut alert {
            Alert::TrackerAnnouncing { key, url }
            | Alert::TrackerReplied { key, url, .. }
            | Alert::TrackerWarned { key, url, .. }
            | Alert::TrackerFailed { key, url, .. }
            | Alert::Scraped { key, url, .. } => clean(*key, url),
            Alert::Status(rows) => {
                for row in rows {
                    clean(row.key, &mut row.current_tracker);
                }
            }
            _ => {}
        }
        alert
    }

    /// Follows the profile: live torrents with trackers that are treated otherwise from now on get them anew.
    pub(super) fn apply_tracker_hosts(&mut self) {
        let new = TrackerHosts::of(&self.profile);
        if new == self.tracker_hosts {
            return;
        }
        let old = std::mem::replace(&mut self.tracker_hosts, new);
        let treated = |hosts: &TrackerHosts, announces: &[Announce]| {
            let mut entries = entries(announces);
            hosts.apply(&mut entries);
            entries
        };
        let torrents: Vec<(TorrentKey, Vec<TrackerEntry>)> = self
            .working
            .torrents
            .values()
            .filter(|row| {
                self.entries.get(&row.key).is_some_and(|entry| entry.attachment == Attachment::Live)
            })
            .map(|row| (row, treated(&self.tracker_hosts, &row.announces)))
            .filter(|(row, entries)| treated(&old, &row.announces) != *entries)
            .map(|(row, entries)| (row.key, entries))
            .collect();
        for (key, entries) in torrents {
            self.tell(key, "given its trackers", |session| {
                session.replace_trackers(key.0, &entries)
            });
        }
    }

    fn add_web_seeds(&mut self, key: TorrentKey, urls: &[String]) {
        let Some(torrent) = self.torrent(key) else { return };
        let mut web_seeds = torrent.facts.web_seeds.clone();
        for url in urls {
            if !web_seeds.contains(url) {
                web_seeds.push(url.clone());
                self.tell(key, "given a web seed", |session| session.add_web_seed(key.0, url));
            }
        }
        self.set_web_seeds(key, web_seeds);
    }

    fn remove_web_seeds(&mut self, key: TorrentKey, urls: &[String]) {
        let Some(torrent) = self.torrent(key) else { return };
        let (gone, kept): (Vec<String>, Vec<String>) =
            torrent.facts.web_seeds.iter().cloned().partition(|url| urls.contains(url));
        for url in &gone {
            self.tell(key, "relieved of a web seed", |session| session.remove_web_seed(key.0, url));
        }
        self.set_web_seeds(key, kept);
    }

    fn set_web_seeds(&mut self, key: TorrentKey, web_seeds: Vec<String>) {
        if self.torrent(key).is_some_and(|torrent| torrent.facts.web_seeds != web_seeds) {
            self.edit_facts(key, |facts| facts.web_seeds = web_seeds);
            self.want_resume_data(key);
        }
    }
}

/// The trackers with those that are new, by tier; `None` if none is.
fn extended(present: &[Announce], trackers: &[(u8, String)]) -> Option<Vec<Announce>> {
    let mut announces = present.to_vec();
    for (tier, url) in trackers {
        if !announces.iter().any(|announce| *announce.url == **url) {
            announces.push(Announce::new(url, *tier));
        }
    }
    announces.sort_by_key(|announce| announce.tier);
    (announces.len() != present.len()).then_some(announces)
}

fn replaced(present: &[Announce], trackers: &[(u8, String)]) -> Vec<Announce> {
    let mut announces: Vec<Announce> = Vec::with_capacity(trackers.len());
    for (tier, url) in trackers {
        if announces.iter().any(|announce| *announce.url == **url) {
            continue;
        }
        let known = present.iter().find(|announce| *announce.url == **url).cloned();
        let known = known.unwrap_or_else(|| Announce::new(url, *tier));
        announces.push(Announce { tier: *tier, ..known });
    }
    announces.sort_by_key(|announce| announce.tier);
    announces
}

/// The trackers after an edit of one, by tier; `None` if nothing changes.
///
/// A tracker with a new URL has not been contacted; one that changes its tier only keeps what is known of it.
fn edited(
    present: &[Announce],
    url: &str,
    new_url: Option<&str>,
    tier: Option<u8>,
) -> Result<Option<Vec<Announce>>> {
    let new_url = new_url.filter(|new_url| !is_same(url, new_url));
    if let Some(new_url) = new_url
        && present.iter().any(|announce| is_same(&announce.url, new_url))
    {
        return Err(Error::Exists(format!("tracker `{}`", without_logins(new_url))));
    }
    let Some(at) = present.iter().position(|announce| is_same(&announce.url, url)) else {
        return Err(Error::Missing(format!("tracker `{}`", without_logins(url))));
    };
    let tier = tier.unwrap_or(present[at].tier);
    if new_url.is_none() && tier == present[at].tier {
        return Ok(None);
    }
    let mut announces = present.to_vec();
    match new_url {
        Some(new_url) => announces[at] = Announce::new(new_url, tier),
        None => announces[at].tier = tier,
    }
    announces.sort_by_key(|announce| announce.tier);
    Ok(Some(announces))
}

/// Compares URLs as parsed ones, so that `HTTP://Host` is `http://host/`; what is no URL is compared as text.
fn is_same(left: &str, right: &str) -> bool {
    left == right
        || matches!((Url::parse(left), Url::parse(right)), (Ok(left), Ok(right)) if left == right)
}

/// What the profile says of trackers by their hosts, read once for all torrents.
#[derive(Default, PartialEq)]
pub(super) struct TrackerHosts {
    blocked: Vec<String>,
    logins: Vec<Login>,
}

impl TrackerHosts {
    pub(super) fn of(profile: &Profile) -> Self {
        Self {
            blocked: profile.filter.tracker_hosts.clone(),
            // Settings hold only logins that parse.
            logins: logins::parse(profile.trackers.logins.reveal()).unwrap_or_default(),
        }
    }

    /// Takes out those that are blocked, and gives the others their logins.
    fn apply(&self, trackers: &mut Vec<TrackerEntry>) {
        trackers.retain(|tracker| !is_blocked(&self.blocked, &tracker.url));
        for tracker in trackers {
            if let Some(url) = logins::with_login(&self.logins, &tracker.url) {
                tracker.url = url;
            }
        }
    }
}

fn entries(announces: &[Announce]) -> Vec<TrackerEntry> {
    let entry =
        |announce: &Announce| TrackerEntry { url: announce.url.to_string(), tier: announce.tier };
    announces.iter().map(entry).collect()
}

/// A URL of libtorrent as the row has it, without a login that is not the row's own.
pub(super) fn bare(announces: &[Announce], url: String) -> String {
    if announces.iter().any(|announce| *announce.url == *url) {
        return url;
    }
    without_logins(&url).into_owned()
}

fn is_blocked(hosts: &[String], url: &str) -> bool {
    if hosts.is_empty() {
        return false;
    }
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| addresses::names_host(hosts, &host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trackers(rows: &[(u8, &str)]) -> Vec<Announce> {
        rows.iter().map(|(tier, url)| Announce::new(url, *tier)).collect()
    }

    fn rows(announces: &[Announce]) -> Vec<(u8, &str)> {
        announces.iter().map(|announce| (announce.tier, &*announce.url)).collect()
    }

    #[test]
    fn new_trackers_are_sorted_in_and_known_ones_keep_their_tier() {
        let present = trackers(&[(0, "http://a/"), (2, "http://b/")]);

        let all = extended(&present, &[(1, "http://c/".to_owned()), (0, "http://b/".to_owned())])
            .unwrap();

        assert_eq!(rows(&all), [(0, "http://a/"), (1, "http://c/"), (2, "http://b/")]);
        assert!(extended(&present, &[(5, "http://a/".to_owned())]).is_none());
    }

    #[test]
    fn an_edit_finds_urls_however_they_are_written() {
        let present = trackers(&[(0, "http://a/announce"), (1, "udp://b:1")]);

        let all =
            edited(&present, "HTTP://A/announce", Some("http://c/"), Some(2)).unwrap().unwrap();

        assert_eq!(rows(&all), [(1, "udp://b:1"), (2, "http://c/")]);
        assert!(
            edited(&present, "http://a/announce", Some("http://A/announce"), None)
                .unwrap()
                .is_none()
        );
        assert!(matches!(
            edited(&present, "http://x/", Some("http://c/"), None),
            Err(Error::Missing(_))
        ));
        assert!(matches!(
            edited(&present, "udp://b:1", Some("http://a:80/announce"), None),
            Err(Error::Exists(_))
        ));
    }

    #[test]
    fn a_tracker_that_changes_its_tier_keeps_what_is_known() {
        let mut present = trackers(&[(0, "http://a/"), (0, "http://b/")]);
        present[0].seeds = 7;

        let all = edited(&present, "http://a/", None, Some(1)).unwrap().unwrap();

        assert_eq!(rows(&all), [(0, "http://b/"), (1, "http://a/")]);
        assert_eq!(all[1].seeds, 7);
    }
}
