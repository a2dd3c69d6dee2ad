//! Starts a real qbittorrent-nox through `reference-servers.sh`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;

use super::{Setup, Started, free_port, prepared};
use crate::until;

/// The password that the script configures.
pub(super) const PASSWORD: &str = "adminadmin1";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reference-servers.sh");

/// Starts a server; one that was started before keeps its `ports`, which are in its profile.
pub(super) async fn start(
    setup: &Setup,
    folder: &Path,
    output: (Stdio, Stdio),
    ports: Option<(u16, u16)>,
) -> Result<Started> {
    let (http, torrenting) = match ports {
        Some(ports) => ports,
        None => (setup.http_port.map_or_else(free_port, Ok)?, free_port()?),
    };
    let http = SocketAddr::from((Ipv4Addr::LOCALHOST, http));
    let torrenting = SocketAddr::from((Ipv4Addr::LOCALHOST, torrenting));
    let mut command = prepared(Path::new(SCRIPT));
    command.args(["start", setup.level.name(), &http.port().to_string()]);
    command.arg(folder.join("home")).arg(torrenting.port().to_string());
    // The server sees the whole folder, and saves beside its profile as Revaer does.
    command.env("REFERENCE_ARGUMENTS", setup.reference_arguments.join(" "));
    command.env("REFERENCE_DATA", folder).env("REFERENCE_SAVE_PATH", folder.join("data"));
    command.stdout(output.0).stderr(output.1);
    let mut child = command.spawn().context("cannot start reference-servers.sh")?;
    until("the reference server's listener", async || {
        if let Some(status) = child.try_wait()? {
            bail!("the reference server exited early: {status}");
        }
        Ok(TcpStream::connect(http).await.ok())
    })
    .await?;
    Ok(Started { child, http, further: Vec::new(), torrenting, password: None })
}
