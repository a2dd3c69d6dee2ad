//! A request as text, so that a fetch survives a restart: JSON of plain values.
//!
//! Certificates and keys of SSL torrents are sealed, because the text is stored as it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{NewTorrent, PathRules};
use crate::engine::options::SslParameters;
use crate::model::{
    Bound, ContentLayout, OwnLimit, PeerSources, ShareLimitAction, ShareLimits, ShareLimitsMode,
    StopCondition, Tag,
};

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "mirrors the request")]
struct Form {
    name: Option<String>,
    category: Option<String>,
    tags: Vec<String>,
    auto_managed: Option<bool>,
    separate_paths: bool,
    save_path: String,
    download_path: String,
    use_download_path: Option<bool>,
    stopped: Option<bool>,
    forced: bool,
    stop_condition: Option<u8>,
    layout: Option<u8>,
    download_limit: Option<u32>,
    upload_limit: Option<u32>,
    /// Nothing is as the preferences say, 0 no limit.
    max_connections: Option<u32>,
    max_uploads: Option<u32>,
    dht: Option<bool>,
    pex: Option<bool>,
    lsd: Option<bool>,
    /// Nothing inherits, an empty list is no limit.
    ratio: Option<Vec<f64>>,
    seeding_minutes: Option<Vec<i64>>,
    inactive_minutes: Option<Vec<i64>>,
    share_action: u8,
    share_mode: u8,
    sequential: bool,
    first_last_first: bool,
    super_seeding: bool,
    skip_checking: bool,
    sample: u16,
    preallocate: Option<bool>,
    top_of_queue: Option<bool>,
    queue_position: Option<u32>,
    trackers: Vec<(u8, String)>,
    replaces_trackers: bool,
    web_seeds: Vec<String>,
    may_merge: bool,
    /// Sealed, in base64.
    ssl: Option<String>,
}

const CONDITIONS: [StopCondition; 3] =
    [StopCondition::None, StopCondition::MetadataReceived, StopCondition::FilesChecked];
const LAYOUTS: [ContentLayout; 3] =
    [ContentLayout::Original, ContentLayout::Subfolder, ContentLayout::NoSubfolder];
const ACTIONS: [ShareLimitAction; 5] = [
    ShareLimitAction::Inherit,
    ShareLimitAction::Stop,
    ShareLimitAction::Remove,
    ShareLimitAction::RemoveWithContent,
    ShareLimitAction::EnableSuperSeeding,
];
const MODES: [ShareLimitsMode; 3] =
    [ShareLimitsMode::Inherit, ShareLimitsMode::MatchAny, ShareLimitsMode::MatchAll];

fn number<T: PartialEq>(table: &[T], value: &T) -> u8 {
    table.iter().position(|entry| entry == value).and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
}

fn bound<T: Copy>(stored: Option<&[T]>) -> Bound<T> {
    match stored {
        None => Bound::Inherit,
        Some([]) => Bound::Unlimited,
        Some([limit, ..]) => Bound::At(*limit),
    }
}

fn unbound<T>(bound: Bound<T>) -> Option<Vec<T>> {
    match bound {
        Bound::Inherit => None,
        Bound::Unlimited => Some(Vec::new()),
        Bound::At(limit) => Some(vec![limit]),
    }
}

fn limit(stored: Option<u32>) -> OwnLimit {
    match stored {
        None => OwnLimit::Default,
        Some(0) => OwnLimit::Unlimited,
        Some(limit) => OwnLimit::At(limit),
    }
}

fn unlimit(limit: OwnLimit) -> Option<u32> {
    match limit {
        OwnLimit::Default => None,
        OwnLimit::Unlimited => Some(0),
        OwnLimit::At(limit) => Some(limit),
    }
}

/// Writes a request down; `seal` makes a secret unreadable.
pub(super) fn write(wishes: &NewTorrent, seal: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let has_ssl = wishes.ssl != SslParameters::default();
    let form = Form {
        name: wishes.name.clone(),
        category: wishes.category.clone(),
        tags: wishes.tags.iter().map(ToString::to_string).collect(),
        auto_managed: wishes.auto_managed,
        separate_paths: wishes.path_rules == PathRules::Separate,
        save_path: wishes.save_path.clone(),
        download_path: wishes.download_path.clone(),
        use_download_path: wishes.use_download_path,
        stopped: wishes.stopped,
        forced: wishes.forced,
        stop_condition: wishes.stop_condition.map(|condition| number(&CONDITIONS, &condition)),
        layout: wishes.layout.map(|layout| number(&LAYOUTS, &layout)),
        download_limit: wishes.download_limit,
        upload_limit: wishes.upload_limit,
        max_connections: unlimit(wishes.max_connections),
        max_uploads: unlimit(wishes.max_uploads),
        dht: wishes.sources.dht,
        pex: wishes.sources.pex,
        lsd: wishes.sources.lsd,
        ratio: unbound(wishes.share.ratio),
        seeding_minutes: unbound(wishes.share.seeding_minutes),
        inactive_minutes: unbound(wishes.share.inactive_minutes),
        share_action: number(&ACTIONS, &wishes.share.action),
        share_mode: number(&MODES, &wishes.share.mode),
        sequential: wishes.sequential,
        first_last_first: wishes.first_last_first,
        super_seeding: wishes.super_seeding,
        skip_checking: wishes.skip_checking,
        sample: wishes.sample,
        preallocate: wishes.preallocate,
        top_of_queue: wishes.top_of_queue,
        queue_position: wishes.queue_position,
        trackers: wishes.trackers.clone(),
        replaces_trackers: wishes.replaces_trackers,
        web_seeds: wishes.web_seeds.clone(),
        may_merge: wishes.may_merge,
        ssl: has_ssl.then(|| {
            let clear = serde_json::to_vec(&wishes.ssl).expect("texts always become JSON");
            STANDARD.encode(seal(&clear))
        }),
    };
    serde_json::to_string(&form).expect("plain values always become JSON")
}

/// Reads what [`write`] wrote; `None` if it is something else. `unseal` opens what `seal` sealed.
pub(super) fn read(
    text: &str,
    unseal: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
) -> Option<NewTorrent> {
    let form: Form = serde_json::from_str(text).ok()?;
    let ssl = match &form.ssl {
        Some(sealed) => serde_json::from_slice(&unseal(&STANDARD.decode(sealed).ok()?)?).ok()?,
        None => SslParameters::default(),
    };
    let pick = |index: u8, length: usize| usize::from(index).min(length - 1);
    Some(NewTorrent {
        name: form.name,
        category: form.category,
        tags: form.tags.iter().filter_map(|tag| Tag::new(tag)).collect(),
        auto_managed: form.auto_managed,
        path_rules: if form.separate_paths { PathRules::Separate } else { PathRules::Implied },
        save_path: form.save_path,
        download_path: form.download_path,
        use_download_path: form.use_download_path,
        stopped: form.stopped,
        forced: form.forced,
        stop_condition: form.stop_condition.map(|at| CONDITIONS[pick(at, CONDITIONS.len())]),
        layout: form.layout.map(|at| LAYOUTS[pick(at, LAYOUTS.len())]),
        download_limit: form.download_limit,
        upload_limit: form.upload_limit,
        max_connections: limit(form.max_connections),
        max_uploads: limit(form.max_uploads),
        sources: PeerSources { dht: form.dht, pex: form.pex, lsd: form.lsd },
        share: ShareLimits {
            ratio: bound(form.ratio.as_deref()),
            seeding_minutes: bound(form.seeding_minutes.as_deref()),
            inactive_minutes: bound(form.inactive_minutes.as_deref()),
            action: ACTIONS[pick(form.share_action, ACTIONS.len())],
            mode: MODES[pick(form.share_mode, MODES.len())],
        },
        sequential: form.sequential,
        first_last_first: form.first_last_first,
        super_seeding: form.super_seeding,
        skip_checking: form.skip_checking,
        sample: form.sample,
        preallocate: form.preallocate,
        top_of_queue: form.top_of_queue,
        queue_position: form.queue_position,
        trackers: form.trackers,
        replaces_trackers: form.replaces_trackers,
        web_seeds: form.web_seeds,
        may_merge: form.may_merge,
        // They come only with metadata that is here already.
        priorities: Vec::new(),
        ssl,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let wishes = NewTorrent {
            name: Some("a".to_owned()),
            tags: vec![Tag::new("t").unwrap()],
            path_rules: PathRules::Separate,
            stopped: Some(false),
            max_connections: OwnLimit::At(9),
            max_uploads: OwnLimit::Unlimited,
            sample: 7,
            queue_position: Some(3),
            trackers: vec![(1, "http://t/".to_owned())],
            replaces_trackers: true,
            web_seeds: vec!["http://w/".to_owned()],
            sources: PeerSources { pex: Some(false), ..PeerSources::default() },
            layout: Some(ContentLayout::NoSubfolder),
            stop_condition: Some(StopCondition::FilesChecked),
            share: ShareLimits {
                ratio: Bound::At(1.5),
                seeding_minutes: Bound::Unlimited,
                mode: ShareLimitsMode::MatchAll,
                ..ShareLimits::default()
            },
            ssl: SslParameters { private_key: "hush".to_owned(), ..SslParameters::default() },
            ..NewTorrent::default()
        };
        let turned = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();

        let text = write(&wishes, turned);

        assert!(!text.contains("hush"));
        assert!(read(&text, |_| None).is_none());
        assert!(read(&text, |sealed| Some(turned(sealed))) == Some(wishes));
        assert!(read("{}", |_| None) == Some(NewTorrent::default()));
        assert!(read("x", |_| None).is_none());
    }
}
