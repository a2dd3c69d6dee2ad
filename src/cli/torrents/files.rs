//! `revaer files`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::resolve;
use crate::cli::client::{Client, Result, part};
use crate::cli::output::{self, Column, Format};

#[derive(Debug, Args)]
pub(in crate::cli) struct Files {
    /// The torrent: its id, or a beginning of at least four digits.
    id: String,
    #[command(subcommand)]
    edit: Option<FileEdit>,
}

#[derive(Debug, Subcommand)]
enum FileEdit {
    /// Give a file or a folder another path inside of the torrent.
    Rename {
        /// The file or folder, as it is listed.
        from: String,
        /// Its whole new path, which begins like the old one.
        to: String,
    },
}

const FILES: &[Column] = &[
    ("index", |row| output::text(&row["index"])),
    ("priority", |row| output::text(&row["priority"])),
    ("done", |row| output::percent(&row["progress"])),
    ("size", |row| output::bytes(&row["size"])),
    ("path", |row| output::text(&row["path"])),
];

/// Lists the files of a torrent, as they are after the edit.
pub(in crate::cli) async fn files(
    client: &Client,
    format: Format,
    arguments: &Files,
) -> Result<()> {
    let id = resolve(client, &arguments.id).await?;
    let path = format!("/v1/torrents/{}", part(&id));
    if let Some(FileEdit::Rename { from, to }) = &arguments.edit {
        let listed = client.get(&format!("{path}/files")).await?;
        let mut listed = listed["files"].as_array().into_iter().flatten();
        // No file has the path of a folder, so the name alone tells which of the two is meant.
        let is_file = listed.any(|file| file["path"].as_str() == Some(from));
        let action = if is_file { "rename_file" } else { "rename_folder" };
        let body = json!({ "action": action, "from": from, "to": to });
        client.put(Method::POST, &format!("{path}/action"), &body).await?;
    }
    let answer: Value = client.get(&format!("{path}/files")).await?;
    output::listed(format, &answer, "files", FILES);
    Ok(())
}
