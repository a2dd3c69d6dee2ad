//! A second, independent client of the swarm: Debian's python3-libtorrent, driven line by line.
//!
//! The script `fixtures/seeder.py` reads one JSON command per line and answers each with one JSON line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::{Payload, Torrent};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/seeder.py");

/// A running client; it ends when dropped.
pub struct Seeder {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
    address: SocketAddr,
    /// Files of the certificate, its key and its parameters, for SSL torrents.
    certificate: Option<[PathBuf; 3]>,
}

impl Seeder {
    /// Starts a client without torrents, listening on loopback.
    ///
    /// # Errors
    /// Fails when no interpreter with libtorrent is there.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// As [`Self::start`], with arguments of the script.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(arguments: &[&str]) -> Result<Self> {
        let python =
            std::env::var("COMPAT_SEEDER_PYTHON").unwrap_or_else(|_| "/usr/bin/python3".to_owned());
        let mut child = Command::new(&python)
            .arg(SCRIPT)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {python}"))?;
        let input = child.stdin.take().context("stdin is piped")?;
        let output = BufReader::new(child.stdout.take().context("stdout is piped")?).lines();
        let folder = tempfile::Builder::new().prefix("compat-seeder-").tempdir()?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let certificate = None;
        let mut seeder = Self { _child: child, input, output, folder, address, certificate };
        let hello = seeder
            .read()
            .await
            .with_context(|| format!("`{python}` needs Debian's package python3-libtorrent"))?;
        let port = hello["port"].as_u64().context("the seeder names its port")?;
        seeder.address.set_port(port.try_into()?);
        Ok(seeder)
    }

    /// Returns the address that other clients connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives this certificate to every torrent from now on: files of it, its key and its parameters.
    pub fn certify(&mut self, certificate: [PathBuf; 3]) {
        self.certificate = Some(certificate);
    }

    /// Returns the folder that holds the seeded data.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the payload and seeds it, at most `bytes_per_second` fast (0 means without a limit).
    ///
    /// # Errors
    /// Fails when the client does not accept the torrent or finds data missing.
    pub async fn seed(
        &mut self,
        torrent: &Torrent,
        payload: &Payload,
        bytes_per_second: u64,
    ) -> Result<()> {
        payload.write_to(self.folder.path())?;
        let path = self.folder.path().join(format!("{}.torrent", torrent.id()));
        fs_err::write(&path, &torrent.bytes)?;
        let save_path = self.folder.path().to_path_buf();
        let certificate = &self.certificate;
        self.call(&json!({"do": "seed", "torrent": path, "save_path": save_path,
            "limit": bytes_per_second, "certificate": certificate}))
            .await?;
        Ok(())
    }

    /// Downloads a torrent from `peer` into this client's folder, waits for the end, and returns the
    /// seconds between the first byte and the last.
    ///
    /// # Errors
    /// Fails when the download does not finish in time.
    pub async fn download(&mut self, torrent: &Torrent, peer: SocketAddr) -> Result<f64> {
        let path = self.folder.path().join(format!("{}.torrent", torrent.id()));
        fs_err::write(&path, &torrent.bytes)?;
        let save_path = self.folder.path().to_path_buf();
        let command =
            json!({"do": "download", "torrent": path, "save_path": save_path, "port": peer.port()});
        self.call(&command).await?["seconds"].as_f64().context("the leecher measures the time")
    }

    /// Begins to download a torrent from `peer` and does not wait for the end.
    ///
    /// # Errors
    /// Fails when the client does not accept the torrent.
    pub async fn leech(&mut self, torrent: &Torrent, peer: SocketAddr) -> Result<()> {
        let path = self.folder.path().join(format!("{}.torrent", torrent.id()));
        fs_err::write(&path, &torrent.bytes)?;
        let save_path = self.folder.path().to_path_buf();
        let command = json!({"do": "leech", "torrent": path, "save_path": save_path,
            "port": peer.port(), "certificate": self.certificate});
        self.call(&command).await?;
        Ok(())
    }

    /// Returns how many payload bytes have arrived of a torrent.
    ///
    /// # Errors
    /// Fails when the client does not have the torrent.
    pub async fn downloaded(&mut self, torrent: &Torrent) -> Result<u64> {
        let stats = self.call(&json!({"do": "stats", "id": torrent.id()})).await?;
        stats["downloaded"].as_u64().context("the leecher counts its bytes")
    }

    /// Connects to a peer, which may refuse to connect by itself so soon after it has lost a connection;
    /// gives up after a while, since there may be nothing left to transfer.
    ///
    /// # Errors
    /// Fails when the torrent is not seeded.
    pub async fn connect(&mut self, torrent: &Torrent, peer: SocketAddr) -> Result<()> {
        self.call(&json!({"do": "connect", "id": torrent.id(), "port": peer.port()})).await?;
        Ok(())
    }

    /// Changes the upload limit of a seeded torrent, in bytes per second; 0 lifts it.
    ///
    /// # Errors
    /// Fails when the torrent is not seeded.
    pub async fn set_limit(&mut self, torrent: &Torrent, bytes_per_second: u64) -> Result<()> {
        self.call(&json!({"do": "limit", "id": torrent.id(), "limit": bytes_per_second})).await?;
        Ok(())
    }

    /// Returns how many payload bytes were sent for a torrent.
    ///
    /// # Errors
    /// Fails when the torrent is not seeded.
    pub async fn uploaded(&mut self, torrent: &Torrent) -> Result<u64> {
        let stats = self.call(&json!({"do": "stats", "id": torrent.id()})).await?;
        stats["uploaded"].as_u64().context("the seeder counts its bytes")
    }

    async fn call(&mut self, command: &Value) -> Result<Value> {
        self.input.write_all(format!("{command}\n").as_bytes()).await?;
        self.input.flush().await?;
        let answer = self.read().await?;
        ensure!(answer.get("error").is_none(), "seeder: {command}: {answer}");
        Ok(answer)
    }

    async fn read(&mut self) -> Result<Value> {
        let line = timeout(Duration::from_mins(2), self.output.next_line())
            .await
            .context("the seeder is silent")??
            .context("the seeder has ended")?;
        Ok(serde_json::from_str(&line)?)
    }
}
