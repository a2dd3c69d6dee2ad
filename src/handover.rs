//! From a qBittorrent profile to Revaer: torrents, labels, settings and statistics, without a recheck.
//!
//! Everything is read from the profile and written to our own store before the engine starts; no file of the profile
//! changes. What cannot be taken is named in the report and stops nothing else.

mod bt_backup;
mod conf;
mod database;
mod export;
pub mod imports;
mod ini;
mod labels;
pub mod places;
pub mod report;
mod rest;
mod resume;
mod source;
mod target;
mod torrents;
mod watched;

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use export::{Exported, Wanted, export};
pub use imports::Imports;
use places::is_of_windows;
pub use places::{PathMap, Places};
pub use report::{Report, counted};
pub use target::Target;

use crate::auth::ApiKeys;
use crate::engine::MetainfoLimits;
use crate::engine::adopt;
use crate::engine::seal_ssl;
use crate::intake::Policy;
use crate::model::{Category, InfoHashes, TorrentKey};
use crate::settings::cookies::{self, Cookie};
use crate::settings::{Patch, Profile, Settings};
use crate::store::Change;
use bt_backup::bounded;
use ini::Ini;
use rest::{keep, kept_places};
use source::Source;
use torrents::{Ground, Misplaced};

/// Largest metainfo file, in bytes.
const LARGEST: usize = 256 << 20;

/// Torrents stored with one commit.
const BATCH: usize = 250;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no qBittorrent profile in `{0}`")]
    NotFound(String),
    #[error("a qBittorrent runs on this profile: stop it first")]
    InUse,
    #[error("there is something in `{0}` already, which is never overwritten")]
    Exists(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Settings(#[from] crate::settings::Error),
    #[error("the database cannot be used: {0}")]
    Store(String),
    #[error("the engine cannot take torrents: {0}")]
    Engine(String),
}

impl From<crate::engine::Error> for Error {
    fn from(error: crate::engine::Error) -> Self {
        Self::Engine(error.to_string())
    }
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Self {
        Self::Store(error.to_string())
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// How to take over.
pub struct Request<'a> {
    pub places: &'a Places,
    pub map: &'a PathMap,
    /// Take the settings too; else torrents and labels only.
    pub settings: bool,
    /// Only look.
    pub dry_run: bool,
    /// Hears of torrents that were looked at, and of how many there are.
    pub progress: &'a (dyn Fn(usize, usize) + Send + Sync),
    /// Ends it between two commits: what was taken stays, and a further run goes on.
    pub cancel: &'a CancellationToken,
}

/// Where everything goes.
#[derive(Clone, Copy)]
pub struct Ours<'a> {
    pub target: Target<'a>,
    pub settings: &'a Settings,
    pub keys: &'a ApiKeys,
}

/// Takes over a profile. What is known already is left alone, so that a second run goes on where the first one ended.
///
/// # Errors
/// `NotFound`, `InUse`; others when our own store cannot be used.
pub async fn adopt(request: Request<'_>, ours: Ours<'_>) -> Result<Report> {
    let Request { places, map, .. } = request;
    let Ours { target, settings, keys } = ours;
    if !places.is_there() {
        return Err(Error::NotFound(places.config.display().to_string()));
    }
    if places.is_in_use()? {
        return Err(Error::InUse);
    }
    let mut report = Report::default();
    let ini = read_conf(&places.config, &mut report);
    let mut profile = (*settings.effective()).clone();
    if request.settings {
        let patch = settings_of(&ini, places, map, &profile, &mut report);
        let patch = without_own(&patch, target, &profile, &mut report);
        for (key, value) in patch.values() {
            let _ = profile.set(key, value);
        }
        if request.dry_run {
            report.settings = patch.values().count();
        } else {
            let (_, refused) = settings.patch_leniently(patch.clone(), &target.actor()).await?;
            report.settings = patch.values().count() - refused.len();
            for refused in refused {
                report.note(&refused.key, &refused.reason);
            }
            profile = (*settings.effective()).clone();
        }
        adopt_api_key(&ini, keys, request.dry_run, &mut report).await?;
    }
    let policy = Policy::of(&profile, &settings.home().to_string_lossy(), "");
    let allows = |path: &str| policy.allows(path);
    let categories = adopt_labels(&ini, &request, target, &allows, &mut report).await?;
    let homes = adopt::Places::new(&profile, &categories);
    let seal =
        |key: TorrentKey, ssl: &crate::engine::options::SslParameters| seal_ssl(settings, key, ssl);
    let base = &request.places.base;
    let ground = Ground { places: &homes, map, base, allows: &allows, seal: &seal };
    adopt_torrents(&request, target, settings.home(), &ground, &categories, &mut report).await?;
    report.tell_missing();
    if !request.dry_run && !report.cancelled {
        rest::adopt(places, map, settings.home(), target, &mut report).await?;
    }
    Ok(report)
}

/// The one key that programs may use instead of a password.
async fn adopt_api_key(
    ini: &Ini,
    keys: &ApiKeys,
    dry_run: bool,
    report: &mut Report,
) -> Result<()> {
    let key = conf::present(ini, "WebUI/APIKey").and_then(|key| ini.text(&key));
    let Some(key) = key.filter(|key| !key.is_empty()) else { return Ok(()) };
    // A run that goes on finds the key that the first one took.
    let is_known = keys.shown().await?.is_some_and(|known| known == key);
    if !dry_run && !is_known && !keys.adopt(&key).await? {
        report.note("WebUI/APIKey", "not taken over: it is none, or there is one already");
    }
    Ok(())
}

fn read_conf(config: &Path, report: &mut Report) -> Ini {
    // A file that was being written when the program died wins over the one before it.
    for name in ["qBittorrent_new.conf", "qBittorrent.conf"] {
        match bounded(&config.join(name), ini::LARGEST) {
            Ok(Some(bytes)) if !bytes.is_empty() => {
                let (ini, unreadable) = Ini::parse(&String::from_utf8_lossy(&bytes));
                if unreadable > 0 {
                    report.note(name, format_args!("{unreadable} lines cannot be read"));
                }
                return ini;
            }
            Ok(_) => {}
            Err(reason) => report.note(name, format_args!("not taken over: {reason}")),
        }
    }
    Ini::default()
}

/// The change of our settings that a configuration asks for.
fn settings_of(
    ini: &Ini,
    places: &Places,
    map: &PathMap,
    profile: &Profile,
    report: &mut Report,
) -> Patch {
    let mut patch = conf::patch(ini, |key, reason| report.note(key, reason));
    let text = |key: &str| ini.text(key).filter(|text| !text.is_empty());
    for (key, setting) in [
        ("BitTorrent/Session/DefaultSavePath", "downloads.save_path"),
        ("BitTorrent/Session/TempPath", "downloads.temp_path"),
    ] {
        let Some(folder) = text(key).map(|folder| map.apply(&folder)) else { continue };
        if is_of_windows(&folder) {
            let note = format!("no path can be called `{folder}` here; `--map` tells its name");
            report.note(key, note);
        } else if setting == "downloads.save_path" {
            let absolute = places.base.join(folder);
            patch.set(setting, map.apply(&absolute.to_string_lossy()));
        } else {
            // A relative one is below the save path here too.
            patch.set(setting, folder);
        }
    }
    let stored = conf::present(ini, "WebUI/Password_PBKDF2");
    if let Some(hash) = stored.and_then(|key| ini.byte_array(&key)) {
        patch.set("webui.password_hash", format!("qbt-pbkdf2:{hash}"));
    }
    if let Some(level) = conf::level(ini) {
        patch.set("webui.contract_level", level);
    }
    if let Some(jar) = ini.list("Network/Cookies") {
        let cookies: Vec<Cookie> = jar.iter().filter_map(|raw| cookie(raw)).collect();
        if !cookies.is_empty() {
            patch.set(cookies::KEY, cookies::setting(&cookies));
        }
    }
    let mut kept = profile.compat.preferences.clone();
    let watched = watched::read(&places.config, map, report);
    let has_watched = watched.is_some();
    kept.extend(watched.map(|folders| (watched::PREFERENCE.to_owned(), folders)));
    if conf::kept(ini, &mut kept) || has_watched {
        patch.set("compat.preferences", Value::Object(kept.into_iter().collect()));
    }
    patch
}

/// Where a server is reached, and how it speaks there.
const REACHED: [&str; 6] = [
    "webui.address",
    "webui.port",
    "webui.https_enabled",
    "webui.https_certificate_path",
    "webui.https_key_path",
    "webui.contract_level",
];

/// The change without what stays as it is here: where a server that runs is reached, so that nobody loses it by an
/// import, and the login of an operator who has set a password already.
fn without_own(patch: &Patch, target: Target<'_>, profile: &Profile, report: &mut Report) -> Patch {
    let is_running = matches!(target, Target::Running(..));
    let has_password = !profile.webui.password_hash.reveal().is_empty();
    let mut rest = Patch::new();
    for (key, value) in patch.values() {
        let stays = (is_running && REACHED.contains(&key))
            || (has_password && ["webui.username", "webui.password_hash"].contains(&key));
        if !stays {
            rest.set(key, value.clone());
        } else if profile.get(key).as_ref() != Some(value) {
            report.note(key, "not taken over: it stays what it is here");
        }
    }
    rest
}

fn cookie(raw: &str) -> Option<Cookie> {
    let raw = inside_byte_array(raw);
    let parsed = cookie::Cookie::parse(raw.to_owned()).ok()?;
    Some(Cookie {
        name: parsed.name().to_owned(),
        domain: parsed.domain().unwrap_or_default().to_owned(),
        path: parsed.path().unwrap_or_default().to_owned(),
        value: parsed.value().to_owned(),
        expires: parsed.expires_datetime().map(cookie::time::OffsetDateTime::unix_timestamp),
    })
}

fn inside_byte_array(raw: &str) -> &str {
    raw.strip_prefix("@ByteArray(").and_then(|raw| raw.strip_suffix(')')).unwrap_or(raw)
}

/// Stores categories and tags that are not known; returns all categories.
async fn adopt_labels(
    ini: &Ini,
    request: &Request<'_>,
    target: Target<'_>,
    allows: &(dyn Fn(&str) -> bool + Send + Sync),
    report: &mut Report,
) -> Result<Vec<Category>> {
    let (mut categories, known_tags) = target.store().labels().await?;
    let text = match bounded(&request.places.config.join("categories.json"), ini::LARGEST) {
        Ok(text) => text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        Err(reason) => {
            report.note("categories.json", format_args!("not taken over: {reason}"));
            None
        }
    };
    let mut found =
        text.map(|text| labels::categories(&text, request.map, report)).unwrap_or_default();
    found.retain(|category| categories.iter().all(|known| known.name != category.name));
    for category in &mut found {
        labels::keep_in_place(category, allows, report);
    }
    let mut tags = labels::tags(ini);
    tags.retain(|tag| !known_tags.contains(tag));
    tags.dedup();
    (report.categories, report.tags) = (found.len(), tags.len());
    if !request.dry_run {
        let put_categories =
            found.iter().cloned().map(|category| Change::PutCategory(Box::new(category)));
        let changes: Vec<Change> =
            put_categories.chain(tags.into_iter().map(Change::PutTag)).collect();
        target.commit(changes).await?;
    }
    categories.extend(found);
    Ok(categories)
}

async fn adopt_torrents(
    request: &Request<'_>,
    target: Target<'_>,
    home: &Path,
    ground: &Ground<'_>,
    categories: &[Category],
    report: &mut Report,
) -> Result<()> {
    let store = target.store();
    let mut known: HashSet<Vec<u8>> = HashSet::new();
    let mut taken: HashSet<Vec<u8>> = HashSet::new();
    let mut label_names: HashSet<String> =
        categories.iter().map(|category| category.name.clone()).collect();
    let mut tag_names: HashSet<crate::model::Tag> = store.labels().await?.1.into_iter().collect();
    for record in store.torrents().await? {
        known.extend(marks(&record.torrent.facts.hashes));
    }
    let limits = MetainfoLimits { max_size: LARGEST, ..MetainfoLimits::default() };
    let mut source = Source::open(request.places, &home.join("tmp"), report).await?;
    let total = source.len();
    let mut seen = 0;
    while let Some(lot) = source.next(BATCH, report).await {
        if request.cancel.is_cancelled() {
            report.cancelled = true;
            break;
        }
        seen += lot.seen;
        let mut fresh = Vec::with_capacity(lot.found.len());
        for found in lot.found {
            let Some(candidate) = torrents::judge(found, limits, report) else { continue };
            match torrents::misplaced(&candidate, ground) {
                Some(Misplaced::Foreign(path)) => {
                    *report.foreign.entry(path).or_default() += 1;
                    continue;
                }
                Some(Misplaced::Forbidden(path)) => {
                    let note = format!("left out: `{path}` is no place for content");
                    report.note(&candidate.label, note);
                    continue;
                }
                None => {}
            }
            let marks = marks(&candidate.hashes);
            if marks.iter().any(|mark| taken.contains(mark)) {
                report.note(&candidate.label, "left out: the profile has this torrent twice");
                continue;
            }
            taken.extend(marks.iter().cloned());
            if marks.iter().any(|mark| known.contains(mark)) {
                report.known += 1;
                continue;
            }
            fresh.push(candidate);
        }
        report.torrents += fresh.len();
        if fresh.is_empty() {
            (request.progress)(seen, total);
            continue;
        }
        let count = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
        let first = if request.dry_run { 1 } else { store.reserve_keys(count).await? };
        let mut all = Vec::new();
        for (key, candidate) in (first..).zip(fresh) {
            let changes = torrents::changes(TorrentKey(key), candidate, ground, report);
            for change in &changes {
                let Change::PutTorrent(record) = change else { continue };
                let options = &record.torrent.options;
                if let Some(name) = options.category.as_deref()
                    && label_names.insert(name.to_owned())
                {
                    let category = Category { name: name.to_owned(), ..Category::default() };
                    all.push(Change::PutCategory(Box::new(category)));
                }
                for tag in options.tags.iter().filter(|tag| !tag_names.contains(*tag)) {
                    all.push(Change::PutTag(tag.clone()));
                }
                tag_names.extend(options.tags.iter().cloned());
            }
            all.extend(changes);
        }
        if !request.dry_run {
            let refused = target.commit(all).await?;
            report.torrents -= refused;
            report.known += refused;
            let all = counted(total, "torrent", "torrents");
            tracing::info!("{seen} of {all} looked at, {} taken over", report.torrents);
        }
        (request.progress)(seen, total);
    }
    Ok(())
}

/// What tells torrents apart: their info-hashes.
fn marks(hashes: &InfoHashes) -> Vec<Vec<u8>> {
    let v1 = hashes.v1.map(|hash| hash.to_vec());
    let v2 = hashes.v2.map(|hash| hash.to_vec());
    v1.into_iter().chain(v2).collect()
}
