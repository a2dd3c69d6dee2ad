//! `revaer rm`.

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use super::filter::FilterArgs;
use super::resolve_all;
use crate::cli::client::{Client, Result, part, query};
use crate::cli::output::{self, Column, Format};

#[derive(Debug, Args)]
pub(in crate::cli) struct Rm {
    /// Torrents: ids, or beginnings of at least four digits.
    ids: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Delete the files too.
    #[arg(long)]
    with_data: bool,
    /// Say what would go, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Removes torrents.
pub(in crate::cli) async fn rm(client: &Client, format: Format, arguments: &Rm) -> Result<()> {
    let ids = resolve_all(client, &arguments.ids).await?;
    let answer = if let [id] = &ids[..] {
        let query = query(&[
            ("with_data", arguments.with_data.to_string()),
            ("dry_run", arguments.dry_run.to_string()),
        ]);
        client.delete(&format!("/v1/torrents/{}{query}", part(id))).await?
    } else {
        let body = json!({
            "filter": arguments.filter.body(&ids)?,
            "with_data": arguments.with_data, "dry_run": arguments.dry_run,
        });
        client.put(Method::POST, "/v1/torrents/remove", &body).await?
    };
    let columns: &[Column] = &[
        ("id", |row| output::text(&row["id"])),
        ("name", |row| output::text(&row["name"])),
        ("files", |row| output::text(&row["file"])),
    ];
    let torrents = answer["torrents"].as_array().into_iter().flatten();
    let lines: Vec<Value> = torrents.flat_map(lines).collect();
    output::rows(format, &answer, &lines, columns);
    Ok(())
}

/// A torrent with its first file, and a line for each further one.
fn lines(torrent: &Value) -> Vec<Value> {
    let files = torrent["files"].as_array().into_iter().flatten().map(|file| &file["path"]);
    let mut lines: Vec<Value> =
        files.map(|path| json!({ "id": "", "name": "", "file": path })).collect();
    if lines.is_empty() {
        lines.push(json!({ "file": "" }));
    }
    lines[0]["id"] = torrent["id"].clone();
    lines[0]["name"] = torrent["name"].clone();
    lines
}
