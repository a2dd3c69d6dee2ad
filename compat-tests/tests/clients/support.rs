//! A server with a torrent to try.

use std::path::PathBuf;

use anyhow::{Context, Result};
use compat_tests::{Authoring, Form, Level, Payload, Target, Torrent};

/// A server, and a torrent file beside it that it does not know yet.
pub(crate) struct Stage {
    pub(crate) target: Target,
    pub(crate) payload: Payload,
    pub(crate) torrent: Torrent,
    pub(crate) file: PathBuf,
}

impl Stage {
    pub(crate) async fn at(level: Level) -> Result<Self> {
        let target = Target::spawn(level).await?;
        let payload = Payload::folder("from outside", &[("a.bin", 32_768), ("sub/b.bin", 32_768)]);
        let torrent = Authoring::of(&payload).tracker("http://127.0.0.1:9/announce").build();
        let file = target.folder().join("from outside.torrent");
        fs_err::write(&file, &torrent.bytes)?;
        Ok(Self { target, payload, torrent, file })
    }

    /// Adds the torrent with its data in place, so that it seeds at once; an empty category is none.
    pub(crate) async fn seed(&self, category: &str) -> Result<()> {
        self.payload.write_to(&self.target.data())?;
        let client = self.target.client();
        if !category.is_empty() {
            client.ok("torrents/createCategory", &[("category", category)]).await?;
        }
        let form = Form::torrent(&self.torrent.bytes)
            .text("category", category)
            .text(self.target.level().seed_mode_param(), "true");
        client.add(&form).await?;
        client.torrent_when(&self.torrent.id(), "seeding", |t| t["state"] == "stalledUP").await?;
        Ok(())
    }

    /// Returns address, user, password, level, torrent file and id: what each script wants to know.
    pub(crate) fn arguments(&self) -> Result<Vec<String>> {
        let (username, password) = self.target.credentials();
        let file = self.file.to_str().context("the scratch folder is named in UTF-8")?;
        let base = self.target.client().base();
        let level = self.target.level().name();
        let words = [base, &username, &password, level, file, &self.torrent.id()];
        Ok(words.map(ToOwned::to_owned).to_vec())
    }
}

/// Returns the folder of the scripts that drive the client libraries.
pub(crate) fn script(name: &str) -> String {
    format!("{}/fixtures/clients/{name}", env!("CARGO_MANIFEST_DIR"))
}
