//! The way back: our store as a profile that qbittorrent-nox starts from, without a recheck.
//!
//! Everything is written into a folder of its own, which gets its name when it is whole: a profile is there as a whole
//! or not at all, and one that is there is never touched. Nothing of ours changes.

mod settings;
mod torrent;

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt as _;

use super::ini::Draft;
use super::report::{Note, counted};
use super::{Error, PathMap, Result, keep, kept_places, labels, watched};
use crate::auth::ApiKeys;
use crate::engine::open_ssl;
use crate::settings::Settings;
use crate::settings::profile::ContractLevel;
use crate::store::{Store, Work};

/// Torrents read from the database at once.
const BATCH: usize = 250;

/// What to write, and for whom.
pub struct Wanted<'a> {
    /// The folder of `--profile`; the profile becomes `qBittorrent` in it.
    pub to: &'a Path,
    /// The generation that is to start from it.
    pub level: ContractLevel,
    /// The names that paths have there.
    pub map: &'a PathMap,
    /// The password of the web user there; `None` keeps it if that is possible.
    pub password: Option<String>,
}

/// What was written.
#[derive(Debug, Default)]
pub struct Exported {
    pub profile: PathBuf,
    pub torrents: usize,
    pub categories: usize,
    pub tags: usize,
    /// The password that was chosen because ours cannot be carried over.
    pub password: Option<String>,
    pub notes: Vec<Note>,
}

impl Exported {
    fn note(&mut self, what: impl Into<String>, note: impl fmt::Display) {
        self.notes.push(Note { what: what.into(), note: note.to_string() });
    }
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} and {} written to `{}`",
            counted(self.torrents, "torrent", "torrents"),
            counted(self.categories, "category", "categories"),
            counted(self.tags, "tag", "tags"),
            self.profile.display()
        )?;
        if let Some(password) = &self.password {
            write!(
                f,
                "\n  the password there is `{password}`: ours is kept as a hash that qBittorrent does not read"
            )?;
        }
        for Note { what, note } in &self.notes {
            write!(f, "\n  {what}: {note}")?;
        }
        Ok(())
    }
}

/// Writes the profile.
///
/// # Errors
/// `Exists`; others when the store cannot be read or the folder not be written, and then nothing is there.
pub async fn export(
    wanted: Wanted<'_>,
    store: &Store,
    settings: &Settings,
    keys: &ApiKeys,
) -> Result<Exported> {
    let to = std::path::absolute(wanted.to)?;
    let profile = to.join("qBittorrent");
    if fs_err::symlink_metadata(&profile).is_ok() {
        return Err(Error::Exists(profile.display().to_string()));
    }
    fs_err::create_dir_all(&to)?;
    let draft = Scratch::new(&to)?;
    let mut exported = Exported { profile: profile.clone(), ..Exported::default() };
    for folder in ["config", "data/BT_backup"] {
        fs_err::create_dir_all(draft.path.join(folder))?;
    }
    write_torrents(&draft.path, &wanted, store, settings, &mut exported).await?;
    write_settings(&draft.path, &wanted, store, settings, keys, &mut exported).await?;
    for intent in store.intents().await? {
        match intent.work {
            Work::Fetch { .. } => exported.note("a link", "its torrent was not fetched yet and is left out"),
            Work::Move { from, .. } => exported.note(
                format!("`{from}`"),
                "a move of its content was under way: start Revaer once to end it, and export again",
            ),
            Work::Delete { .. } | Work::Rename { .. } => {}
        }
    }
    draft.publish(&profile)?;
    Ok(exported)
}

async fn write_torrents(
    profile: &Path,
    wanted: &Wanted<'_>,
    store: &Store,
    settings: &Settings,
    exported: &mut Exported,
) -> Result<()> {
    let folder = profile.join("data/BT_backup");
    let mut records = store.torrents().await?;
    let mut queue: Vec<(u32, String)> = Vec::new();
    let total = records.len();
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(BATCH));
        let batch = std::mem::replace(&mut records, rest);
        let asked: Vec<_> = batch.iter().map(|record| record.torrent.key).collect();
        let blobs = store.blobs(&asked).await?;
        for (record, (key, metainfo, resume)) in batch.into_iter().zip(blobs) {
            let id = record.torrent.facts.id.to_string();
            let secret = store.torrent_secret(key).await?;
            let ssl = match secret.map(|sealed| open_ssl(settings, key, &sealed)).transpose() {
                Ok(ssl) => ssl,
                Err(reason) => {
                    exported.note(&id, format_args!("its certificate is left out: {reason}"));
                    None
                }
            };
            if let Some(position) = record.torrent.status.queue_position {
                queue.push((position, id.clone()));
            }
            let stored = torrent::Stored { record, metainfo, resume, ssl };
            match torrent::files(stored, wanted.level, wanted.map) {
                Ok(files) => {
                    for note in files.notes {
                        exported.note(&id, note);
                    }
                    secure(&folder.join(format!("{id}.fastresume")), &files.resume)?;
                    if let Some(metainfo) = files.metainfo {
                        secure(&folder.join(format!("{id}.torrent")), &metainfo)?;
                    }
                    exported.torrents += 1;
                }
                Err(reason) => exported.note(&id, format_args!("left out: {reason}")),
            }
        }
        let all = counted(total, "torrent", "torrents");
        tracing::info!("{} of {all} written", exported.torrents);
    }
    queue.sort();
    let lines: String = queue.into_iter().map(|(_, id)| id + "\n").collect();
    secure(&folder.join("queue"), lines.as_bytes())?;
    Ok(())
}

async fn write_settings(
    profile: &Path,
    wanted: &Wanted<'_>,
    store: &Store,
    settings: &Settings,
    keys: &ApiKeys,
    exported: &mut Exported,
) -> Result<()> {
    let (categories, tags) = store.labels().await?;
    (exported.categories, exported.tags) = (categories.len(), tags.len());
    let config = profile.join("config");
    let text = labels::written(&categories, wanted.level, wanted.map);
    secure(&config.join("categories.json"), text.as_bytes())?;

    let mut draft = Draft::default();
    settings::write(&settings.effective(), wanted, &mut draft, exported);
    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    draft.list("BitTorrent/Session/Tags", &tags);
    if let Some(key) = keys.shown().await? {
        if wanted.level == ContractLevel::L53 {
            draft.text("WebUI/APIKey", &key);
        } else {
            exported.note("the API key", "left out: this generation has none");
        }
    }
    secure(&config.join("qBittorrent.conf"), draft.to_string().as_bytes())?;

    let statistics = settings::statistics(store.all_time().await?);
    secure(&config.join("qBittorrent-data.conf"), statistics.as_bytes())?;
    let data = profile.join("data");
    let values = store.client_data().await?;
    if wanted.level == ContractLevel::L53 && !values.is_empty() {
        // Names and values are JSON texts already.
        let members: Vec<String> =
            values.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        let text = format!("{{{}}}", members.join(","));
        secure(&data.join("web_clientdata.json"), text.as_bytes())?;
    }
    let adopted = settings.home().join("adopted");
    // What clients made of the watched folders is in the settings.
    let watched = settings.effective().compat.preferences.get(watched::PREFERENCE).cloned();
    if let Some(shown) = &watched {
        let kept = fs_err::read(adopted.join(watched::FILE)).ok();
        let text = watched::written(kept.as_deref(), shown, wanted.map);
        secure(&config.join(watched::FILE), text.as_bytes())?;
    }
    for (place, name) in kept_places(&config, &data) {
        if name == watched::FILE && watched.is_some() {
            continue;
        }
        if let Err(error) = keep(&adopted.join(name), &place) {
            exported.note(name, format_args!("left out: {error}"));
        }
    }
    Ok(())
}

/// Writes a file that its owner alone may read: the settings hold passwords, resume data may hold keys.
fn secure(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)?.write_all(bytes)
}

/// The folder that a profile is written in; removed unless it becomes the profile.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(to: &Path) -> std::io::Result<Self> {
        let path = to.join(format!(".qBittorrent-{}", std::process::id()));
        fs_err::create_dir(&path)?;
        let scratch = Self { path };
        fs_err::set_permissions(&scratch.path, std::fs::Permissions::from_mode(0o700))?;
        Ok(scratch)
    }

    /// Makes everything durable and gives it its name, if nothing has it.
    fn publish(self, profile: &Path) -> Result<()> {
        let folder = fs_err::File::open(&self.path)?;
        rustix::fs::syncfs(&folder).map_err(std::io::Error::from)?;
        // A folder takes the place of an empty one at most.
        fs_err::rename(&self.path, profile)?;
        if let Some(parent) = profile.parent() {
            fs_err::File::open(parent)?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // After it got its name there is nothing left to remove.
        let _ = fs_err::remove_dir_all(&self.path);
    }
}
