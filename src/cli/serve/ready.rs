//! What a start tells: the banner for people, the ready file for programs.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use serde_json::json;

use super::listener::Listener;
use super::listeners::Listeners;
use crate::app::App;

/// Prints address and, until the operator sets a password, the temporary one, as qbittorrent-nox does.
pub(super) fn banner(app: &App, listeners: &Listeners) {
    let urls: Vec<String> = listeners.running().map(Listener::url).collect();
    let mut text = format!(
        "\n******** Information ********\n\
         To control Revaer, open in a browser, or give to a client of the qBittorrent Web API: {}\n",
        urls.join(" and ")
    );
    if let Some(password) = app.auth.temporary_password() {
        let username = &app.auth.policy().username;
        let _ = write!(
            text,
            "The username is: {username}\nNo password was set. A temporary password is provided for this run: {password}\n\
             Set one of your own there, in the preferences of a client, or with `revaer password`.\n"
        );
    }
    // Nobody may listen on stdout any more, which is no reason to fail.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Writes the addresses, atomically, so that a reader sees all or nothing.
pub(super) fn write(
    file: &Path,
    app: &App,
    listeners: &Listeners,
    torrenting: &[SocketAddr],
) -> anyhow::Result<()> {
    let addresses: Vec<String> = torrenting.iter().map(ToString::to_string).collect();
    let line = json!({
        "http": listeners.running().map(|one| one.address().to_string()).collect::<Vec<_>>(),
        "urls": listeners.running().map(Listener::url).collect::<Vec<_>>(),
        "torrenting": addresses,
        "username": app.auth.policy().username,
        "password": app.auth.temporary_password(),
        "pid": std::process::id(),
    });
    let directory =
        file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().context("the ready file needs a name")?.to_string_lossy();
    let partial = directory.join(format!(".{name}.{}", std::process::id()));
    // The line may hold a password, so it is for the owner alone.
    let mut out = fs_err::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)?;
    out.write_all(format!("{line}\n").as_bytes())?;
    fs_err::rename(&partial, file)?;
    Ok(())
}
