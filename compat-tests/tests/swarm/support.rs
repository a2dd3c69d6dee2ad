//! The cast of a swarm scenario.

use std::path::Path;

use anyhow::Result;
use compat_tests::target::Setup;
use compat_tests::{Authoring, Client, Form, Level, Payload, Seeder, Target, Torrent, Tracker};
use serde_json::{Value, json};

/// A target, a tracker and a seeder that can meet each other.
pub(crate) struct Swarm {
    pub(crate) level: Level,
    pub(crate) target: Target,
    pub(crate) tracker: Tracker,
    pub(crate) seeder: Seeder,
}

impl Swarm {
    pub(crate) async fn at(level: Level) -> Result<Self> {
        Self::of(Target::setup(level)).await
    }

    pub(crate) async fn of(setup: Setup) -> Result<Self> {
        let target = setup.spawn().await?;
        let level = target.level();
        // Frequent updates keep the tests short.
        target.client().set_preferences(&json!({"refresh_interval": 200})).await?;
        let (tracker, seeder) = (Tracker::start().await?, Seeder::start().await?);
        Ok(Self { level, target, tracker, seeder })
    }

    pub(crate) fn client(&self) -> &Client {
        self.target.client()
    }

    /// Authors a torrent with this swarm's tracker.
    pub(crate) fn torrent(&self, payload: &Payload) -> Torrent {
        Authoring::of(payload).tracker(&self.tracker.url()).build()
    }

    /// Seeds a torrent and lists the seeder at the tracker; 0 means without a limit.
    pub(crate) async fn seed(
        &mut self,
        torrent: &Torrent,
        payload: &Payload,
        bytes_per_second: u64,
    ) -> Result<()> {
        self.seeder.seed(torrent, payload, bytes_per_second).await?;
        self.tracker.add_peer(&torrent.id(), self.seeder.address());
        self.tracker.add_peer(&torrent.v1_hex(), self.seeder.address());
        Ok(())
    }

    /// Adds a torrent with options and waits until it is listed.
    pub(crate) async fn add(&self, torrent: &Torrent, options: &[(&str, &str)]) -> Result<Value> {
        self.add_form(Form::torrent(&torrent.bytes), &torrent.id(), options).await
    }

    /// Adds a magnet with options and waits until it is listed.
    pub(crate) async fn add_magnet(
        &self,
        magnet: &str,
        id: &str,
        options: &[(&str, &str)],
    ) -> Result<Value> {
        self.add_form(Form::url(magnet), id, options).await
    }

    async fn add_form(&self, form: Form, id: &str, options: &[(&str, &str)]) -> Result<Value> {
        let form = options.iter().fold(form, |form, (name, value)| form.text(name, value));
        self.client().add(&form).await?;
        self.client().torrent_when(id, "the torrent is listed", |_| true).await
    }

    /// Adds a torrent that is not started.
    pub(crate) async fn add_stopped(&self, torrent: &Torrent) -> Result<Value> {
        self.add(torrent, &[(self.level.stopped_param(), "true")]).await
    }

    pub(crate) async fn stop(&self, id: &str) -> Result<()> {
        self.client().ok(self.level.stop_route(), &[("hashes", id)]).await?;
        Ok(())
    }

    pub(crate) async fn start(&self, id: &str) -> Result<()> {
        self.client().ok(self.level.start_route(), &[("hashes", id)]).await?;
        Ok(())
    }

    /// Lets the seeder connect: libtorrent waits a minute before it connects to a lost peer again.
    pub(crate) async fn reconnect(&mut self, torrent: &Torrent) -> Result<()> {
        let target = self.target.torrenting()?;
        self.seeder.connect(torrent, target).await
    }

    /// Waits until everything that is wanted is there and the torrent has settled to seeding.
    pub(crate) async fn finished(&self, id: &str) -> Result<Value> {
        self.client()
            .torrent_when(id, "the download is complete", |torrent| {
                is_complete(torrent) && is_seeding(torrent)
            })
            .await
    }
}

pub(crate) fn is_complete(torrent: &Value) -> bool {
    torrent["amount_left"] == 0 && torrent["progress"] == 1
}

pub(crate) fn is_seeding(torrent: &Value) -> bool {
    matches!(torrent["state"].as_str(), Some("uploading" | "stalledUP" | "forcedUP" | "queuedUP"))
}

pub(crate) fn progress(torrent: &Value) -> f64 {
    torrent["progress"].as_f64().unwrap_or(0.0)
}

pub(crate) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
