//! From what a request says to what the engine is told: every open question is answered here, without I/O.

use super::{Error, Policy, Result};
use crate::engine::options::SslParameters;
use crate::engine::{AddRequest, Content, Excluded, Metainfo, Snapshot, placement};
use crate::model::{
    Category, ContentLayout, OwnLimit, PeerSources, Priority, RunMode, ShareLimits, StopCondition,
    Tag,
};

/// How paths of a request and automatic management depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathRules {
    /// Automatic management is a question of its own.
    Separate,
    /// A path in the request asks for manual mode, a download path for its use.
    #[default]
    Implied,
}

/// What a request says about a new torrent; `None` leaves a question to category and preferences.
#[derive(Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent option of the request")]
pub struct NewTorrent {
    pub name: Option<String>,
    /// An invalid name means no category.
    pub category: Option<String>,
    pub tags: Vec<Tag>,
    pub auto_managed: Option<bool>,
    pub path_rules: PathRules,
    /// Relative ones are resolved; empty means not given.
    pub save_path: String,
    pub download_path: String,
    pub use_download_path: Option<bool>,
    pub stopped: Option<bool>,
    pub forced: bool,
    pub stop_condition: Option<StopCondition>,
    pub layout: Option<ContentLayout>,
    /// Bytes per second.
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub max_connections: OwnLimit,
    pub max_uploads: OwnLimit,
    pub sources: PeerSources,
    pub share: ShareLimits,
    pub sequential: bool,
    pub first_last_first: bool,
    pub super_seeding: bool,
    pub skip_checking: bool,
    /// Pieces that are looked at before a torrent file is believed to be complete; 0 for none.
    pub sample: u16,
    pub preallocate: Option<bool>,
    pub top_of_queue: Option<bool>,
    /// From 0; goes before `top_of_queue`.
    pub queue_position: Option<u32>,
    /// Further trackers, or the only ones.
    pub trackers: Vec<(u8, String)>,
    pub replaces_trackers: bool,
    pub web_seeds: Vec<String>,
    /// Per file index; empty leaves them to the preferences.
    pub priorities: Vec<Priority>,
    /// Whether a duplicate may bring its trackers along.
    pub may_merge: bool,
    pub ssl: SslParameters,
}

/// The order for the engine.
pub(super) fn request(
    content: Content,
    wishes: &NewTorrent,
    policy: &Policy,
    snapshot: &Snapshot,
) -> Result<AddRequest> {
    let category = wishes.category.clone().filter(|name| Category::is_valid_name(name));
    let place = place(wishes, category.as_deref(), policy, snapshot);
    for path in [Some(&place.save_path), place.download_path.as_ref()].into_iter().flatten() {
        if !policy.allows(path) {
            return Err(Error::Outside(path.clone()));
        }
    }
    let metainfo = match &content {
        Content::Metainfo { parsed, .. } => Some(&**parsed),
        Content::Magnet { .. } => None,
    };
    let mut run = match (wishes.stopped.unwrap_or(policy.stopped), wishes.forced) {
        (true, _) => RunMode::Stopped,
        (false, true) => RunMode::Forced,
        (false, false) => RunMode::Auto,
    };
    let mut stop_condition = wishes.stop_condition.unwrap_or(policy.stop_condition);
    if stop_condition == StopCondition::MetadataReceived && metainfo.is_some() {
        (run, stop_condition) = (RunMode::Stopped, StopCondition::None);
    }
    let priorities = match metainfo {
        Some(metainfo) if wishes.priorities.is_empty() => {
            excluded(metainfo, &policy.excluded_file_names)
        }
        Some(_) => wishes.priorities.clone(),
        None => Vec::new(),
    };
    let mut trackers = wishes.trackers.clone();
    if !wishes.replaces_trackers && !metainfo.is_some_and(|metainfo| metainfo.is_private) {
        trackers.extend(appended(&policy.additional_trackers, &content));
    }
    Ok(AddRequest {
        name: wishes.name.clone(),
        category,
        tags: wishes.tags.clone(),
        auto_managed: place.auto_managed,
        save_path: place.save_path,
        download_path: place.download_path,
        run,
        stop_condition,
        layout: wishes.layout.unwrap_or(policy.layout),
        download_limit: wishes.download_limit,
        upload_limit: wishes.upload_limit,
        max_connections: wishes.max_connections,
        max_uploads: wishes.max_uploads,
        sources: wishes.sources,
        share: wishes.share,
        sequential: wishes.sequential,
        first_last_first: wishes.first_last_first,
        super_seeding: wishes.super_seeding,
        skip_checking: wishes.skip_checking,
        sample: wishes.sample,
        preallocate: wishes.preallocate,
        top_of_queue: wishes.top_of_queue.unwrap_or(policy.top_of_queue),
        queue_position: wishes.queue_position,
        priorities,
        trackers,
        replaces_trackers: wishes.replaces_trackers,
        web_seeds: wishes.web_seeds.clone(),
        peers: Vec::new(),
        merge_trackers: wishes.may_merge && policy.merge_trackers,
        content,
    })
}

#[derive(Debug, PartialEq, Eq)]
struct Place {
    auto_managed: bool,
    save_path: String,
    download_path: Option<String>,
}

/// Resolves paths and automatic management (reference, section 10).
fn place(
    wishes: &NewTorrent,
    category: Option<&str>,
    policy: &Policy,
    snapshot: &Snapshot,
) -> Place {
    let context = &snapshot.context;
    let (save_path, download_path) = (wishes.save_path.trim(), wishes.download_path.trim());
    let implied = wishes.path_rules == PathRules::Implied;
    let has_paths = !save_path.is_empty() || !download_path.is_empty();
    let auto_managed =
        wishes.auto_managed.unwrap_or(policy.auto_managed && !(implied && has_paths));
    if auto_managed {
        return Place {
            auto_managed,
            save_path: placement::save_path(snapshot, category),
            download_path: placement::download_path(snapshot, category),
        };
    }
    let by_category = policy.category_paths_in_manual_mode
        || (implied && wishes.auto_managed.is_none() && policy.auto_managed);
    let uses_download_path = wishes
        .use_download_path
        .unwrap_or(context.use_download_path || (implied && !download_path.is_empty()));
    Place {
        auto_managed,
        save_path: placement::manual_save_path(snapshot, category, by_category, save_path),
        download_path: uses_download_path.then(|| {
            placement::manual_download_path(snapshot, category, by_category, download_path)
        }),
    }
}

/// Priorities that leave out the files with excluded names, or none if all are wanted.
fn excluded(metainfo: &Metainfo, patterns: &[String]) -> Vec<Priority> {
    let excluded = Excluded::new(patterns.iter().map(String::as_str));
    if !metainfo.files.iter().any(|file| excluded.matches(&file.path)) {
        return Vec::new();
    }
    let priority = |path: &str| {
        if excluded.matches(path) { Priority::Skip } else { Priority::Normal }
    };
    metainfo.files.iter().map(|file| priority(&file.path)).collect()
}

/// The trackers of the preference that the content does not have, in tiers after its own.
fn appended(text: &str, content: &Content) -> Vec<(u8, String)> {
    let own = match content {
        Content::Metainfo { parsed, .. } => &parsed.trackers,
        Content::Magnet { parsed, .. } => &parsed.trackers,
    };
    let first =
        own.iter().map(|tracker| tracker.tier).max().map_or(0, |tier| tier.saturating_add(1));
    tracker_list(text)
        .into_iter()
        .filter(|(_, url)| own.iter().all(|tracker| tracker.url != *url))
        .map(|(tier, url)| (tier.saturating_add(first), url))
        .collect()
}

/// The trackers of a text, one a line; each blank line raises the tier of those that follow.
#[must_use]
pub fn tracker_list(text: &str) -> Vec<(u8, String)> {
    let mut tier = 0_u8;
    let mut trackers = Vec::new();
    for line in text.split('\n').map(str::trim) {
        if line.is_empty() {
            tier = tier.saturating_add(1);
        } else {
            trackers.push((tier, line.to_owned()));
        }
    }
    trackers
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::{Magnet, MetainfoFile, TrackerEntry};

    use super::*;
    use crate::engine::Context;
    use crate::model::DownloadPathRule;

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot {
            context: Arc::new(Context {
                default_save_path: "/dl".into(),
                default_download_path: "/dl/temp".into(),
                ..Context::default()
            }),
            ..Snapshot::default()
        };
        let films = Category {
            name: "films".to_owned(),
            save_path: "/films".to_owned(),
            download_path: DownloadPathRule::Enabled("/incoming".to_owned()),
            ..Category::default()
        };
        snapshot.categories.insert("films".into(), Arc::new(films));
        snapshot
    }

    fn placed(wishes: &NewTorrent, policy: &Policy) -> (bool, String, Option<String>) {
        let place = place(wishes, Some("films"), policy, &snapshot());
        (place.auto_managed, place.save_path, place.download_path)
    }

    #[test]
    fn paths_of_the_request_switch_to_manual_mode_where_they_imply_it() {
        let policy = Policy { auto_managed: true, ..Policy::default() };
        let given = NewTorrent { save_path: "sub/../x".to_owned(), ..NewTorrent::default() };

        let auto = (true, "/films".to_owned(), Some("/incoming".to_owned()));
        assert_eq!(placed(&NewTorrent::default(), &policy), auto);
        assert_eq!(
            placed(&NewTorrent { path_rules: PathRules::Separate, ..given.clone() }, &policy),
            auto
        );
        assert_eq!(placed(&given, &policy), (false, "/films/x".to_owned(), None));
        let manual = NewTorrent { auto_managed: Some(false), ..given };
        assert_eq!(placed(&manual, &policy), (false, "/dl/x".to_owned(), None));
    }

    #[test]
    fn a_download_path_is_used_when_it_is_given_or_asked_for() {
        let policy = Policy::default();
        let given = NewTorrent { download_path: "/tmp/y/".to_owned(), ..NewTorrent::default() };

        assert_eq!(placed(&given, &policy).2.as_deref(), Some("/tmp/y"));
        assert_eq!(
            placed(&NewTorrent { path_rules: PathRules::Separate, ..given.clone() }, &policy).2,
            None
        );
        assert_eq!(
            placed(&NewTorrent { use_download_path: Some(false), ..given }, &policy).2,
            None
        );
        let asked = NewTorrent { use_download_path: Some(true), ..NewTorrent::default() };
        assert_eq!(placed(&asked, &policy).2.as_deref(), Some("/dl/temp"));
        let policy = Policy { category_paths_in_manual_mode: true, ..policy };
        assert_eq!(
            placed(&asked, &policy),
            (false, "/films".to_owned(), Some("/incoming".to_owned()))
        );
    }

    fn file(path: &str) -> MetainfoFile {
        MetainfoFile { path: path.to_owned(), size: 1, is_padding: false, offset: 0 }
    }

    fn metainfo() -> Metainfo {
        Metainfo {
            v1: Some([1; 20]),
            v2: None,
            name: "a".to_owned(),
            total_size: 2,
            piece_size: 16384,
            pieces: 1,
            is_private: false,
            comment: String::new(),
            created_by: String::new(),
            created_at: None,
            trackers: vec![TrackerEntry { url: "http://own".to_owned(), tier: 2 }],
            web_seeds: Vec::new(),
            files: vec![file("a/Sample.MKV"), file("a/x{1}.nfo"), file("a/film.mp4")],
            needs_certificate: false,
        }
    }

    #[test]
    fn excluded_names_are_not_downloaded() {
        let priorities = |patterns: &[&str]| {
            let patterns: Vec<_> = patterns.iter().map(|line| (*line).to_owned()).collect();
            excluded(&metainfo(), &patterns)
        };

        assert_eq!(priorities(&["sample*"]), [Priority::Skip, Priority::Normal, Priority::Normal]);
        assert_eq!(priorities(&["*.iso"]), []);
    }

    #[test]
    fn trackers_of_the_preference_follow_those_of_a_public_torrent() {
        let policy = Policy {
            additional_trackers: "http://own\nhttp://x\n\nhttp://y".to_owned(),
            ..Policy::default()
        };
        let add = |metainfo: Metainfo| {
            let content = Content::Metainfo { bytes: Arc::from([]), parsed: Box::new(metainfo) };
            request(content, &NewTorrent::default(), &policy, &snapshot()).unwrap().trackers
        };

        assert_eq!(add(metainfo()), [(3, "http://x".to_owned()), (4, "http://y".to_owned())]);
        assert_eq!(add(Metainfo { is_private: true, ..metainfo() }), []);
    }

    #[test]
    fn a_stop_at_the_metadata_is_a_stop_when_it_is_here() {
        let wishes = NewTorrent {
            stop_condition: Some(StopCondition::MetadataReceived),
            ..NewTorrent::default()
        };
        let magnet = Magnet {
            v1: Some([1; 20]),
            v2: None,
            name: String::new(),
            trackers: vec![],
            web_seeds: vec![],
            peers: vec![],
        };
        let order = |content| {
            let request = request(content, &wishes, &Policy::default(), &snapshot()).unwrap();
            (request.run, request.stop_condition)
        };

        let file = Content::Metainfo { bytes: Arc::from([]), parsed: Box::new(metainfo()) };
        assert_eq!(order(file), (RunMode::Stopped, StopCondition::None));
        let magnet = Content::Magnet { uri: String::new(), parsed: Box::new(magnet) };
        assert_eq!(order(magnet), (RunMode::Auto, StopCondition::MetadataReceived));
    }

    #[test]
    fn content_outside_of_the_roots_is_refused() {
        let policy = Policy { roots: vec!["/srv".to_owned()], ..Policy::default() };
        let content = Content::Metainfo { bytes: Arc::from([]), parsed: Box::new(metainfo()) };

        assert!(matches!(
            request(content, &NewTorrent::default(), &policy, &snapshot()),
            Err(Error::Outside(_))
        ));
    }
}
