//! `revaer select`.

use clap::Args;
use reqwest::Method;
use serde_json::json;

use super::resolve;
use crate::cli::client::{Client, Result, part};
use crate::cli::output::{self, Column, Format};

#[derive(Debug, Args)]
pub(in crate::cli) struct Select {
    /// The torrent: its id, or a beginning of at least four digits.
    id: String,
    /// A glob over the paths of files that are wanted; may be repeated.
    #[arg(long)]
    include: Vec<String>,
    /// A glob over the paths of files that are not wanted; may be repeated.
    #[arg(long)]
    exclude: Vec<String>,
    /// Leave out samples, proofs and advertisements.
    #[arg(long)]
    skip_fluff: bool,
    /// Say what would be chosen, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Chooses the wanted files of a torrent.
pub(in crate::cli) async fn select(
    client: &Client,
    format: Format,
    arguments: &Select,
) -> Result<()> {
    let presets = if arguments.skip_fluff { json!(["skip_fluff"]) } else { json!([]) };
    let body = json!({
        "include": arguments.include, "exclude": arguments.exclude, "presets": presets,
        "dry_run": arguments.dry_run,
    });
    let id = resolve(client, &arguments.id).await?;
    let answer =
        client.put(Method::POST, &format!("/v1/torrents/{}/select", part(&id)), &body).await?;
    let columns: &[Column] = &[
        ("index", |row| output::text(&row["index"])),
        ("priority", |row| output::text(&row["priority"])),
        ("size", |row| output::bytes(&row["size"])),
        ("path", |row| output::text(&row["path"])),
    ];
    output::listed(format, &answer, "files", columns);
    Ok(())
}
