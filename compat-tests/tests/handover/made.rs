//! Profiles that real servers made: recorded ones, or one that is made now.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use compat_tests::{Level, Product, Target};
use serde_json::{Value, json};

use crate::disk;
use crate::maker::{make, payloads};
use crate::picture::picture;

/// Where a profile keeps its torrents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// Two files for each.
    Folder,
    /// One database.
    Database,
}

/// A profile, and what its server said.
pub(crate) struct Made {
    profile: tempfile::TempDir,
    there: String,
    pub(crate) picture: Value,
    disk: Value,
}

fn fixture(level: Level) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/profiles").join(level.name())
}

impl Made {
    /// The recorded profile, or against a reference server one that it makes now.
    pub(crate) async fn get(level: Level, storage: Storage) -> Result<Self> {
        match Product::under_test() {
            Product::Revaer => Self::recorded(level, storage),
            Product::Reference => Self::make(level, storage).await,
        }
    }

    /// The recorded profile.
    pub(crate) fn recorded(level: Level, storage: Storage) -> Result<Self> {
        let data = match storage {
            Storage::Folder => "data",
            Storage::Database => "database",
        };
        Self::read(&fixture(level), data)
    }

    /// A profile that was recorded in a folder, with the files of `data`.
    pub(crate) fn read(fixture: &Path, data: &str) -> Result<Self> {
        let text = fs_err::read_to_string(fixture.join("recorded.json"))?;
        let recorded: Value = serde_json::from_str(&text)?;
        let profile = tempfile::tempdir()?;
        copy(&fixture.join("config"), &profile.path().join("config"))?;
        copy(&fixture.join(data), &profile.path().join("data"))?;
        let there = recorded["folder"].as_str().context("the folder")?.to_owned();
        let [picture, disk] = ["picture", "disk"].map(|key| recorded[key].clone());
        Ok(Self { profile, there, picture, disk })
    }

    /// The profile of a real server that has stopped.
    pub(crate) fn of(target: &Target, picture: Value) -> Result<Self> {
        let there = target.folder().to_string_lossy().into_owned();
        let disk = disk::describe(target.folder(), &payloads())?;
        let profile = tempfile::tempdir()?;
        let names = ["config", "data/BT_backup", "data/web_clientdata.json"];
        keep(&target.home().join("qBittorrent"), profile.path(), &names)?;
        Ok(Self { profile, there, picture, disk })
    }

    /// Keeps it as a fixture, in place of the one that is there.
    pub(crate) fn record(&self, fixture: &Path) -> Result<()> {
        if fixture.exists() {
            fs_err::remove_dir_all(fixture)?;
        }
        copy(self.profile.path(), fixture)?;
        let recorded = json!({ "folder": self.there, "picture": self.picture, "disk": self.disk });
        Ok(fs_err::write(fixture.join("recorded.json"), format!("{recorded:#}\n"))?)
    }

    /// Lets a real server make the profile; with `COMPAT_RECORD` it is kept.
    async fn make(level: Level, storage: Storage) -> Result<Self> {
        let mut target = Target::setup(level).product(Product::Reference).spawn().await?;
        let client = target.client();
        let preferences = json!({
            "queueing_enabled": true, "max_active_downloads": -1, "max_active_uploads": -1,
            "max_active_torrents": -1, "dl_limit": 1_048_576, "schedule_from_hour": 7, "schedule_from_min": 30,
            "schedule_to_hour": 21, "schedule_to_min": 15, "scheduler_days": 2, "banned_IPs": "10.1.2.3",
            "max_ratio_enabled": true, "max_ratio": 3.5, "max_ratio_act": 1, "web_ui_domain_list": "*;a.example",
            "autorun_program": "echo \"%N\", %F", "add_trackers": "http://x/1\n\nhttp://x/2",
            "excluded_file_names": "*.exe\nä*", "incomplete_files_ext": true, "use_subcategories": true,
            "temp_path_enabled": false, "proxy_username": "somebody", "proxy_password": "ge,heim", "proxy_port": 1234,
            "mail_notification_ssl_enabled": true, "mail_notification_encryption_type": "STARTTLS",
            "web_ui_custom_http_headers": "X-A: b\nX-C: \"d\"", "dyndns_service": 1, "peer_tos": 8,
            "file_log_max_size": 77, "confirm_torrent_deletion": false, "app_instance_name": "ünï",
            "shutdown_timeout": 12, "bypass_auth_subnet_whitelist": "10.0.0.0/8\n192.168.0.0/16",
        });
        client.set_preferences(&preferences).await?;
        if level == Level::L53 {
            client.ok("app/rotateAPIKey", &[]).await?;
            let data = json!({ "a.b": [1, "ä"] }).to_string();
            client.ok("clientdata/store", &[("data", &data)]).await?;
        }
        make(client, level, target.folder()).await?;
        let picture = picture(client).await?;
        target.stop().await?;
        let made = Self::of(&target, picture)?;
        let from = target.home().join("qBittorrent");
        let database = tempfile::tempdir()?;
        move_to_database(&mut target).await?;
        keep(&from.join("data"), database.path(), &["torrents.db"])?;
        if std::env::var_os("COMPAT_RECORD").is_some() && storage == Storage::Folder {
            made.record(&fixture(level))?;
            copy(database.path(), &fixture(level).join("database"))?;
        }
        if storage == Storage::Database {
            fs_err::remove_dir_all(made.folder().join("data"))?;
            copy(database.path(), &made.folder().join("data"))?;
        }
        Ok(made)
    }

    /// The folder with `config` and `data`.
    pub(crate) fn folder(&self) -> &Path {
        self.profile.path()
    }

    /// The folder that held everything where the profile was made.
    pub(crate) fn there(&self) -> &str {
        &self.there
    }

    /// Puts all content where the profile says that it is, below another folder.
    pub(crate) fn restore(&self, folder: &Path) -> Result<()> {
        disk::restore(folder, &self.disk, &payloads())
    }

    /// Lays the profile and all its content out in a folder, as `--profile` finds them there.
    pub(crate) fn lay_out(&self, folder: &Path) -> Result<()> {
        copy(self.folder(), &folder.join("qBittorrent"))?;
        self.restore(folder)
    }

    /// What is to be said by a server on this folder.
    pub(crate) fn expected(&self, folder: &Path) -> Result<Value> {
        moved(&self.picture, &self.there, &folder.to_string_lossy())
    }
}

/// A picture whose paths begin elsewhere.
pub(crate) fn moved(picture: &Value, there: &str, here: &str) -> Result<Value> {
    Ok(serde_json::from_str(&picture.to_string().replace(there, here))?)
}

/// A stopped Revaer that has taken the profile over, with all content in its place.
pub(crate) async fn adopt(made: &Made, level: Level, storage: Storage) -> Result<Target> {
    let mut target = Target::setup(level).product(Product::Revaer).strict().spawn().await?;
    target.stop().await?;
    made.restore(target.folder())?;
    let map = format!("{}={}", made.there, target.folder().display());
    let from = made.folder().to_string_lossy().into_owned();
    let dry = ["import-qbittorrent", "--from", &from, "--map", &map, "--dry-run"];
    let told = target.command(&dry).await?;
    let report = target.command(&dry[..5]).await?;
    let count = made.picture["torrents"].as_object().context("torrents")?.len();
    for text in [&told, &report] {
        assert!(text.starts_with(&format!("{count} torrents, ")), "{storage:?}: {text}");
    }
    let again = target.command(&dry[..5]).await?;
    assert!(again.contains(&format!("{count} torrents were known already")), "{again}");
    Ok(target)
}

/// Lets the server that is stopped move its torrents into a database.
async fn move_to_database(target: &mut Target) -> Result<()> {
    let conf = target.home().join("qBittorrent/config/qBittorrent.conf");
    let text = fs_err::read_to_string(&conf)?;
    let with = "[BitTorrent]\nSession\\ResumeDataStorageType=SQLite\n";
    fs_err::write(&conf, text.replacen("[BitTorrent]\n", with, 1))?;
    target.start().await?;
    crate::maker::settle(target.client()).await?;
    target.stop().await?;
    Ok(())
}

fn keep(from: &Path, to: &Path, names: &[&str]) -> Result<()> {
    for name in names {
        copy(&from.join(name), &to.join(name))?;
    }
    Ok(())
}

/// Copies files and folders; what is neither is left out.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let Ok(metadata) = fs_err::symlink_metadata(from) else { return Ok(()) };
    if metadata.is_dir() {
        fs_err::create_dir_all(to)?;
        for entry in fs_err::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if metadata.is_file() && metadata.len() > 0 {
        fs_err::create_dir_all(to.parent().context("a folder")?)?;
        fs_err::copy(from, to)?;
    }
    Ok(())
}
