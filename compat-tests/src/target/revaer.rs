//! Starts Revaer and learns its addresses from the ready file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::process::Command;

use super::{Setup, Started, prepared};
use crate::until;

/// Keeps a test away from every network but loopback.
const LOOPBACK: [&str; 5] = [
    "bittorrent.dht=false",
    "bittorrent.lsd=false",
    "bittorrent.pex=false",
    "connection.upnp=false",
    "connection.interface_address=127.0.0.1",
];

/// The one line of the ready file.
#[derive(Deserialize)]
struct Ready {
    http: Vec<SocketAddr>,
    torrenting: Vec<SocketAddr>,
    password: Option<String>,
}

pub(super) async fn start(setup: &Setup, folder: &Path, output: (Stdio, Stdio)) -> Result<Started> {
    let ready = folder.join("ready.json");
    if ready.exists() {
        fs_err::remove_file(&ready)?;
    }
    let mut command = command(setup, folder, "ready.json")?;
    command.stdout(output.0).stderr(output.1);
    let mut child = command.spawn().context("cannot start revaer")?;
    let line = until("revaer's ready file", async || {
        if let Some(status) = child.try_wait()? {
            bail!("revaer exited early: {status}");
        }
        Ok(fs_err::read_to_string(&ready).ok())
    })
    .await?;
    let ready: Ready =
        serde_json::from_str(&line).with_context(|| format!("ready file: {line}"))?;
    let http = *ready.http.first().context("the ready file names no HTTP address")?;
    let torrenting = *ready.torrenting.first().context("the ready file names no peer address")?;
    let further = ready.http[1..].to_vec();
    Ok(Started { child, http, further, torrenting, password: ready.password })
}

/// Builds the command line of a server on `folder`.
pub(super) fn command(setup: &Setup, folder: &Path, ready: &str) -> Result<Command> {
    let mut command = prepared(&binary()?);
    command.env("REVAER_HOME", folder.join("home"));
    command.args(["serve", "--webui-port", &setup.http_port.unwrap_or(0).to_string()]);
    command.args(["--torrenting-port", "0"]);
    command.arg("--save-path").arg(folder.join("data"));
    command.args(["--contract-level", setup.level.name()]);
    command.arg("--ready-file").arg(folder.join(ready));
    if setup.strict.unwrap_or_else(|| std::env::var_os("COMPAT_STRICT").is_some()) {
        command.arg("--strict-contract");
    }
    for setting in LOOPBACK {
        command.args(["--set", setting]);
    }
    for (key, value) in &setup.settings {
        command.arg("--set").arg(format!("{key}={value}"));
    }
    command.args(&setup.arguments);
    for (name, value) in &setup.environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Ok(command)
}

/// Finds the binary: `REVAER_BIN`, else the one that cargo put beside the test executables.
///
/// # Errors
/// Fails when there is none.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("REVAER_BIN") {
        return Ok(path.into());
    }
    let test = std::env::current_exe()?;
    let candidates = [test.parent().and_then(Path::parent), test.parent()];
    candidates
        .into_iter()
        .flatten()
        .map(|folder| folder.join("revaer"))
        .find(|path| path.is_file())
        .with_context(|| {
            format!(
                "found no `revaer` beside {}: build it with `cargo build --bin revaer`, or name it in REVAER_BIN",
                test.display()
            )
        })
}
