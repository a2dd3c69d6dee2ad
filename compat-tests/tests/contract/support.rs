//! A server with a few torrents, and short ways to ask it.

use anyhow::Result;
use compat_tests::{Authoring, Client, Form, Level, Payload, Target, Torrent};

/// An id that no torrent has.
pub(crate) const UNKNOWN: &str = "ffffffffffffffffffffffffffffffffffffffff";

/// A magnet whose metadata nobody has, and its id.
pub(crate) const MAGNET: &str =
    "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=No+metadata";
pub(crate) const MAGNET_ID: &str = "0123456789abcdef0123456789abcdef01234567";

/// A server that answers exactly as its level does.
pub(crate) async fn server(level: Level) -> Result<Target> {
    Target::setup(level).strict().spawn().await
}

/// A torrent of two files of two pieces each, whose trackers never answer.
pub(crate) fn two_files(name: &str) -> Torrent {
    let payload = Payload::folder(name, &[("a.bin", 32_768), ("sub/b.bin", 32_768)]);
    Authoring::of(&payload).tracker("http://127.0.0.1:9/announce").build()
}

/// Adds a torrent stopped, and waits until it is listed and settled.
pub(crate) async fn add_stopped(
    client: &Client,
    level: Level,
    torrent: &Torrent,
) -> Result<String> {
    let form = Form::torrent(&torrent.bytes).text(level.stopped_param(), "true");
    client.add(&form).await?;
    let id = torrent.id();
    client.torrent_when(&id, "stopped", |t| t["state"] == level.stopped_download()).await?;
    Ok(id)
}

/// Adds the magnet without metadata, and waits until it is listed.
pub(crate) async fn add_magnet(client: &Client) -> Result<&'static str> {
    client.add(&Form::url(MAGNET)).await?;
    client.torrent_when(MAGNET_ID, "the magnet", |_| true).await?;
    Ok(MAGNET_ID)
}

/// POSTs and returns status and body in one line.
pub(crate) async fn post(client: &Client, action: &str, form: &[(&str, &str)]) -> Result<String> {
    Ok(client.post(action, form).await?.brief())
}

/// GETs and returns status and body in one line.
pub(crate) async fn get(client: &Client, action: &str, query: &[(&str, &str)]) -> Result<String> {
    Ok(client.get(action, query).await?.brief())
}
