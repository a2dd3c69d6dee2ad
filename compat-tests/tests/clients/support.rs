//! A server with a torrent to try, and the interpreters that run the clients.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use compat_tests::tools::installed;
pub(crate) use compat_tests::tools::{node, node_modules};
use compat_tests::{Authoring, Form, Level, Payload, Target, Torrent};
use tokio::process::Command;

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

/// Finds the Python environment that has the clients without wishes of their own.
fn environment() -> Result<PathBuf> {
    match std::env::var_os("COMPAT_PYTHON") {
        Some(python) => {
            let bin = Path::new(&python).parent();
            let folder = bin.and_then(Path::parent).context("COMPAT_PYTHON lies in `bin`")?;
            Ok(folder.to_owned())
        }
        None => installed("venv"),
    }
}

/// Finds a program of the Python environment `name`, where the empty name is the common one.
pub(crate) fn python(name: &str, program: &str) -> Result<PathBuf> {
    let common = environment()?;
    let folder = if name.is_empty() {
        common
    } else {
        let mut folder = common.into_os_string();
        folder.push(format!("-{name}"));
        PathBuf::from(folder)
    };
    let program = folder.join("bin").join(program);
    ensure!(program.is_file(), "found no {}: run `make deps`", program.display());
    Ok(program)
}

/// Runs a client to its end and returns what it said on both streams.
pub(crate) async fn run(command: &mut Command) -> Result<String> {
    let output = command.kill_on_drop(true).output().await?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(output.status.success(), "{:?}:\n{said}", command.as_std());
    Ok(said)
}
