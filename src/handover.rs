//! From a qBittorrent profile to Revaer: torrents, labels, settings and statistics, without a recheck.
//!
//! Everything is read from the profile and written to our own store before the engine starts; no file of the profile
//! changes. What cannot be taken is named in the report and stops nothing else.

mod bt_backup;
mod conf;
mod database;
mod ini;
mod labels;
pub mod places;
pub mod report;
mod resume;
mod torrents;

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Map, Value};
use tokio::sync::oneshot;

pub use places::{PathMap, Places};
pub use report::Report;

use crate::engine::MetainfoLimits;
use crate::engine::adopt;
use crate::engine::seal_ssl;
use crate::model::{Actor, Category, InfoHashes, TorrentKey};
use crate::settings::cookies::{self, Cookie};
use crate::settings::{Patch, Profile, Settings};
use crate::store::{AllTime, Change, Store};
use bt_backup::{Found, bounded};
use ini::Ini;
use torrents::Ground;

/// Largest store of values of web interfaces, in bytes; upstream allows less.
const CLIENT_DATA: u64 = 16 << 20;

/// Torrents stored with one commit.
const BATCH: usize = 250;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no qBittorrent profile in `{0}`")]
    NotFound(String),
    #[error("a qBittorrent runs on this profile: stop it first")]
    InUse,
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Settings(#[from] crate::settings::Error),
    #[error("the database cannot be used: {0}")]
    Store(String),
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
}

/// Takes over a profile. What is known already is left alone, so that a second run goes on where the first one ended.
///
/// # Errors
/// `NotFound`, `InUse`; others when our own store cannot be used.
pub async fn adopt(request: Request<'_>, store: &Store, settings: &Settings) -> Result<Report> {
    let Request { places, map, .. } = request;
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
        let patch = settings_of(&ini, places, map, &mut report);
        for (key, value) in patch.values() {
            let _ = profile.set(key, value);
        }
        if request.dry_run {
            report.settings = patch.values().count();
        } else {
            let (_, refused) = settings.patch_leniently(patch.clone(), &Actor::System).await?;
            report.settings = patch.values().count() - refused.len();
            for refused in refused {
                report.note(&refused.key, &refused.reason);
            }
            profile = (*settings.effective()).clone();
        }
    }
    let categories = adopt_labels(&ini, &request, store, &mut report).await?;
    adopt_torrents(&request, store, settings, &profile, &categories, &mut report).await?;
    if !request.dry_run {
        adopt_rest(places, settings.home(), store, &mut report).await?;
    }
    Ok(report)
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
fn settings_of(ini: &Ini, places: &Places, map: &PathMap, report: &mut Report) -> Patch {
    let mut patch = conf::patch(ini, |key, reason| report.note(key, reason));
    let text = |key: &str| ini.text(key).filter(|text| !text.is_empty());
    let absolute = |path: &str| map.apply(&places.base.join(path).to_string_lossy());
    if let Some(path) = text("BitTorrent/Session/DefaultSavePath") {
        patch.set("downloads.save_path", absolute(&path));
    }
    // A relative one is below the save path here too.
    if let Some(path) = text("BitTorrent/Session/TempPath") {
        patch.set("downloads.temp_path", map.apply(&path));
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
    if conf::present(ini, "WebUI/APIKey")
        .and_then(|key| ini.text(&key))
        .is_some_and(|key| !key.is_empty())
    {
        report.note("WebUI/APIKey", "not taken over: keys are kept as hashes here; make a new one");
    }
    patch
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
    store: &Store,
    report: &mut Report,
) -> Result<Vec<Category>> {
    let (mut categories, known_tags) = store.labels().await?;
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
    let mut tags = labels::tags(ini);
    tags.retain(|tag| !known_tags.contains(tag));
    tags.dedup();
    (report.categories, report.tags) = (found.len(), tags.len());
    if !request.dry_run {
        let put_categories =
            found.iter().cloned().map(|category| Change::PutCategory(Box::new(category)));
        let changes: Vec<Change> =
            put_categories.chain(tags.into_iter().map(Change::PutTag)).collect();
        commit(store, changes).await?;
    }
    categories.extend(found);
    Ok(categories)
}

async fn adopt_torrents(
    request: &Request<'_>,
    store: &Store,
    settings: &Settings,
    profile: &Profile,
    categories: &[Category],
    report: &mut Report,
) -> Result<()> {
    let mut known: HashSet<Vec<u8>> = HashSet::new();
    let mut label_names: HashSet<String> =
        categories.iter().map(|category| category.name.clone()).collect();
    let mut tag_names: HashSet<crate::model::Tag> = store.labels().await?.1.into_iter().collect();
    for record in store.torrents().await? {
        known.extend(marks(&record.torrent.facts.hashes));
    }
    let limits = MetainfoLimits { max_size: 1 << 30, ..MetainfoLimits::default() };
    let seal =
        |key: TorrentKey, ssl: &crate::engine::options::SslParameters| seal_ssl(settings, key, ssl);
    let places = adopt::Places::new(profile, categories);
    let ground =
        Ground { places: &places, map: request.map, base: &request.places.base, seal: &seal };
    let mut source = Source::open(request.places, &settings.home().join("tmp"), report).await?;
    let total = source.len();
    loop {
        let (found, notes) = source.next(BATCH).await;
        report.notes.extend(notes.notes);
        let Some(found) = found else { break };
        let mut fresh = Vec::with_capacity(found.len());
        for found in found {
            let Some(candidate) = torrents::judge(found, limits, report) else { continue };
            let marks = marks(&candidate.hashes);
            if marks.iter().any(|mark| known.contains(mark)) {
                report.known += 1;
                continue;
            }
            known.extend(marks);
            fresh.push(candidate);
        }
        report.torrents += fresh.len();
        if fresh.is_empty() {
            continue;
        }
        let count = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
        let first = if request.dry_run { 1 } else { store.reserve_keys(count).await? };
        let mut all = Vec::new();
        for (key, candidate) in (first..).zip(fresh) {
            let changes = torrents::changes(TorrentKey(key), candidate, &ground, report);
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
            commit(store, all).await?;
            tracing::info!("{} of {total} torrents taken over", report.torrents);
        }
    }
    Ok(())
}

/// What tells torrents apart: their info-hashes.
fn marks(hashes: &InfoHashes) -> Vec<Vec<u8>> {
    let v1 = hashes.v1.map(|hash| hash.to_vec());
    let v2 = hashes.v2.map(|hash| hash.to_vec());
    v1.into_iter().chain(v2).collect()
}

/// The torrents of a profile, some at a time.
enum Source {
    Folder {
        folder: std::path::PathBuf,
        ids: std::vec::IntoIter<String>,
        queue: std::collections::HashMap<String, u32>,
    },
    Database(std::vec::IntoIter<Found>),
}

impl Source {
    async fn open(places: &Places, scratch: &Path, report: &mut Report) -> Result<Self> {
        let database = places.data.join("torrents.db");
        if database.is_file() {
            fs_err::create_dir_all(scratch)?;
            return Ok(Self::Database(
                database::read(&places.data, scratch, report).await?.into_iter(),
            ));
        }
        let folder = places.data.join("BT_backup");
        let ids = if folder.is_dir() { bt_backup::ids(&folder)? } else { Vec::new() };
        let queue = bt_backup::queue(&folder);
        Ok(Self::Folder { folder, ids: ids.into_iter(), queue })
    }

    fn len(&self) -> usize {
        match self {
            Self::Folder { ids, .. } => ids.len(),
            Self::Database(found) => found.len(),
        }
    }

    /// Up to `count` torrents that can be read; `None` at the end.
    async fn next(&mut self, count: usize) -> (Option<Vec<Found>>, Report) {
        let mut report = Report::default();
        match self {
            Self::Database(found) => {
                let lot: Vec<Found> = found.by_ref().take(count).collect();
                ((!lot.is_empty()).then_some(lot), report)
            }
            Self::Folder { folder, ids, queue } => {
                let lot: Vec<String> = ids.by_ref().take(count).collect();
                if lot.is_empty() {
                    return (None, report);
                }
                let found = lot
                    .iter()
                    .filter_map(|id| bt_backup::read(folder, id, queue, &mut report))
                    .collect();
                (Some(found), report)
            }
        }
    }
}

/// Statistics, values of web UIs, and what waits for its subsystem.
async fn adopt_rest(
    places: &Places,
    home: &Path,
    store: &Store,
    report: &mut Report,
) -> Result<()> {
    if let Ok(Some(bytes)) = bounded(&places.config.join("qBittorrent-data.conf"), ini::LARGEST) {
        let (ini, _) = Ini::parse(&String::from_utf8_lossy(&bytes));
        if let Some(all_time) = ini.variant("Stats/AllStats").and_then(|bytes| statistics(&bytes)) {
            let ours = store.all_time().await?;
            let all_time = AllTime {
                downloaded: all_time.downloaded.max(ours.downloaded),
                uploaded: all_time.uploaded.max(ours.uploaded),
            };
            commit(store, vec![Change::PutAllTime(all_time)]).await?;
        }
    }
    adopt_client_data(&places.data.join("web_clientdata.json"), store, report).await?;
    let kept = home.join("adopted");
    for (from, name) in [
        (places.config.join("rss"), "rss"),
        (places.data.join("rss"), "rss-articles"),
        (places.data.join("nova3").join("engines"), "search-engines"),
        (places.config.join("watched_folders.json"), "watched_folders.json"),
    ] {
        match keep(&from, &kept.join(name)) {
            Ok(0) => {}
            Ok(files) => report.note(
                name,
                format_args!("{files} files are kept as they are in `{}`", kept.display()),
            ),
            Err(error) => report.note(name, format_args!("not kept: {error}")),
        }
    }
    Ok(())
}

/// The values that web interfaces keep on the server.
async fn adopt_client_data(file: &Path, store: &Store, report: &mut Report) -> Result<()> {
    let Ok(Some(bytes)) = bounded(file, CLIENT_DATA) else { return Ok(()) };
    let values: Map<String, Value> = match serde_json::from_slice(&bytes) {
        Ok(values) => values,
        Err(error) => {
            report.note("web_clientdata.json", format_args!("not taken over: {error}"));
            return Ok(());
        }
    };
    let changes: Vec<(String, Option<String>)> = values
        .into_iter()
        .map(|(name, value)| (Value::String(name).to_string(), Some(value.to_string())))
        .collect();
    if !store
        .merge_client_data(&changes, usize::try_from(CLIENT_DATA).unwrap_or(usize::MAX))
        .await?
    {
        report.note("web_clientdata.json", "not taken over: it is too large");
    }
    Ok(())
}

/// Copies a file or the files of a folder; returns how many. Links are passed over.
fn keep(from: &Path, to: &Path) -> std::io::Result<usize> {
    let metadata = match fs_err::symlink_metadata(from) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    if metadata.is_file() {
        if let Some(parent) = to.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::copy(from, to)?;
        return Ok(1);
    }
    let mut files = 0;
    if metadata.is_dir() {
        for entry in fs_err::read_dir(from)? {
            let entry = entry?;
            files += keep(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(files)
}

/// The two counters in a serialised hash: names in UTF-16, each followed by a variant that ends in 64 bits.
fn statistics(bytes: &[u8]) -> Option<AllTime> {
    let counter = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let at = bytes.windows(name.len()).position(|window| window == name)? + name.len();
        let variant = &bytes[at..];
        // Some versions write one byte between the type and the value.
        let entry = [13, 12].into_iter().find(|length| {
            let rest = variant.len().checked_sub(*length);
            rest.is_some_and(|rest| rest == 0 || variant[*length..].starts_with(&[0, 0, 0, 0x12]))
        })?;
        let value = i64::from_be_bytes(variant[entry - 8..entry].try_into().ok()?);
        (value >= 0).then_some(value)
    };
    Some(AllTime { downloaded: counter("AlltimeDL")?, uploaded: counter("AlltimeUL")? })
}

async fn commit(store: &Store, changes: Vec<Change>) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let (done, answer) = oneshot::channel();
    let reply = Box::new(move |outcome| {
        let _ = done.send(outcome);
    });
    store.submit(changes, Some(reply));
    answer.await.map_err(|_| Error::Store("it was closed".to_owned()))?.map_err(Error::Store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read_in_both_forms() {
        for gap in [&[][..], &[0]] {
            let mut bytes = vec![0, 0, 0, 0x1c, 0, 0, 0, 2];
            for (name, value) in [("AlltimeDL", 5_i64), ("AlltimeUL", 7)] {
                bytes.extend([0, 0, 0, 0x12]);
                bytes.extend(name.encode_utf16().flat_map(u16::to_be_bytes));
                bytes.extend([0, 0, 0, 4]);
                bytes.extend(gap);
                bytes.extend(value.to_be_bytes());
            }
            assert_eq!(statistics(&bytes), Some(AllTime { downloaded: 5, uploaded: 7 }));
        }
        assert_eq!(statistics(b"x"), None);
    }
}
