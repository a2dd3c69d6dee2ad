//! A server, and a swarm from which what a client adds can be downloaded.

use std::path::{Path, PathBuf};

use anyhow::Result;
use compat_tests::{Authoring, Level, Payload, Seeder, Target, Torrent, Tracker, until};
use serde_json::json;

pub(crate) struct Stage {
    pub(crate) target: Target,
    tracker: Tracker,
    seeder: Seeder,
}

impl Stage {
    pub(crate) async fn at(level: Level) -> Result<Self> {
        let target = Target::spawn(level).await?;
        // Who wants something to be first in the queue has switched the queue on.
        target.client().set_preferences(&json!({"queueing_enabled": true})).await?;
        Ok(Self { target, tracker: Tracker::start().await?, seeder: Seeder::start().await? })
    }

    /// Authors a torrent that somebody seeds.
    pub(crate) async fn seeded(&mut self, payload: &Payload) -> Result<Torrent> {
        let torrent = Authoring::of(payload).tracker(&self.tracker.url()).build();
        self.seeder.seed(&torrent, payload, 0).await?;
        self.tracker.add_peer(&torrent.id(), self.seeder.address());
        Ok(torrent)
    }

    /// Returns a magnet that finds the swarm by the first of its trackers.
    pub(crate) fn magnet(&self, torrent: &Torrent, more: &[String]) -> String {
        let url = self.tracker.url();
        let trackers: Vec<&str> =
            [url.as_str()].into_iter().chain(more.iter().map(String::as_str)).collect();
        torrent.magnet(&trackers)
    }

    /// Waits until a path is gone.
    pub(crate) async fn is_deleted(&self, path: &Path) -> Result<()> {
        until("the data is deleted", async || Ok((!path.exists()).then_some(()))).await
    }
}

/// A folder with two files, as an episode comes.
pub(crate) fn episode(name: &str) -> Payload {
    Payload::folder(name, &[("episode.mkv", 300_000), ("info/episode.nfo", 2_000)])
}

pub(crate) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Reads a path as a client on the same machine does: a file or a folder, without a slash at its end.
pub(crate) fn content(path: &str) -> Result<PathBuf> {
    anyhow::ensure!(!path.ends_with('/'), "`{path}` ends with a slash");
    Ok(fs_err::canonicalize(path)?)
}
