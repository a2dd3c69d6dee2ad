//! Where an instance lies: what every command needs to find its database.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::handover::Places;
use crate::settings::Secret;

/// Home and database of an instance.
#[derive(Debug, Clone, Default, Args)]
pub struct GroundArgs {
    /// Keep everything in DIR/revaer, beside what qbittorrent-nox keeps in DIR/qBittorrent.
    #[arg(long, value_name = "DIR", env = "QBT_PROFILE")]
    pub profile: Option<PathBuf>,
    /// Name of the configuration, as qbittorrent-nox has it: appended to the name of the home.
    #[arg(long, value_name = "NAME", env = "QBT_CONFIGURATION")]
    pub configuration: Option<String>,
    /// Home of the instance; wins over --profile.
    #[arg(long, value_name = "DIR", env = "REVAER_HOME")]
    pub home: Option<PathBuf>,
    /// PostgreSQL database in place of the one in the home.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

impl GroundArgs {
    /// The key of secrets from `REVAER_SECRET_KEY`; never a flag, which other users could read.
    #[must_use]
    pub fn secret_key(&self) -> Option<Secret> {
        std::env::var("REVAER_SECRET_KEY").ok().filter(|key| !key.is_empty()).map(Secret::new)
    }

    /// The home, absolute.
    ///
    /// # Errors
    /// When neither a flag nor the environment tells where it is, or the configuration's name is none for a folder.
    pub fn home(&self) -> anyhow::Result<PathBuf> {
        let name = match self.configuration.as_deref() {
            None | Some("") => "revaer".to_owned(),
            Some(name) => {
                ensure!(!name.contains(['/', '\0']), "`{name}` is no name for a configuration");
                format!("revaer_{name}")
            }
        };
        let home = match (&self.home, &self.profile) {
            (Some(home), _) => home.clone(),
            (None, Some(profile)) => profile.join(name),
            (None, None) => data_directory()?.join(name),
        };
        std::path::absolute(&home).with_context(|| format!("finding `{}`", home.display()))
    }

    /// The qBittorrent profile that belongs to the same arguments; `None` for a home that stands for itself.
    #[must_use]
    pub fn foreign_profile(&self) -> Option<Places> {
        let configuration = self.configuration.as_deref().unwrap_or_default();
        if let Some(profile) = &self.profile {
            let profile = std::path::absolute(profile).ok()?;
            return if configuration.is_empty() {
                Places::found_in(&profile)
            } else {
                Some(Places::of_profile(&profile, configuration))
            };
        }
        if self.home.is_some() {
            return None;
        }
        let config = match std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from) {
            Some(directory) if directory.is_absolute() => directory,
            _ => user_directory().ok()?.join(".config"),
        };
        Some(Places::of_user(&config, &data_directory().ok()?, configuration))
    }

    /// Where content goes on an instance that was never told.
    ///
    /// # Errors
    /// As [`Self::home`].
    pub fn default_save_path(&self) -> anyhow::Result<PathBuf> {
        let path = match &self.profile {
            Some(profile) => profile.join("qBittorrent").join("downloads"),
            None => user_directory()?.join("Downloads"),
        };
        std::path::absolute(&path).with_context(|| format!("finding `{}`", path.display()))
    }
}

fn data_directory() -> anyhow::Result<PathBuf> {
    match std::env::var_os("XDG_DATA_HOME").map(PathBuf::from) {
        Some(directory) if directory.is_absolute() => Ok(directory),
        _ => Ok(user_directory()?.join(".local").join("share")),
    }
}

fn user_directory() -> anyhow::Result<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| Path::new(home).is_absolute());
    home.map(PathBuf::from)
        .context("HOME is not set: name a home by --home, --profile or REVAER_HOME")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_wins_over_the_profile() {
        let profile = GroundArgs { profile: Some("/p".into()), ..GroundArgs::default() };
        let named = GroundArgs { configuration: Some("x".into()), ..profile.clone() };
        let home = GroundArgs { home: Some("/h".into()), ..named.clone() };
        let bad = GroundArgs { configuration: Some("../x".into()), ..profile.clone() };

        assert_eq!(profile.home().unwrap(), Path::new("/p/revaer"));
        assert_eq!(named.home().unwrap(), Path::new("/p/revaer_x"));
        assert_eq!(home.home().unwrap(), Path::new("/h"));
        assert!(bad.home().is_err());
        assert_eq!(profile.default_save_path().unwrap(), Path::new("/p/qBittorrent/downloads"));
    }
}
