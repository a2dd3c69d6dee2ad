//! `revaer ls` and `revaer status`.

use clap::Args;
use serde_json::{Value, json};

use super::filter::FilterArgs;
use super::resolve;
use crate::cli::client::{Client, Result, part, query};
use crate::cli::output::{self, Column, Format};

#[derive(Debug, Args)]
pub(in crate::cli) struct Ls {
    #[command(flatten)]
    filter: FilterArgs,
    /// What to sort by, such as `name` or `ratio`.
    #[arg(long, default_value = "added_at")]
    sort: String,
    /// The greatest first.
    #[arg(long)]
    desc: bool,
    /// Torrents at most; 0 for all.
    #[arg(long, default_value_t = 0)]
    limit: usize,
}

const LIST: &[Column] = &[
    ("id", |row| row["id"].as_str().unwrap_or_default().chars().take(12).collect()),
    ("state", |row| output::text(&row["state"])),
    ("done", |row| output::percent(&row["progress"])),
    ("size", |row| output::bytes(&row["size"])),
    ("down/s", |row| output::bytes(&row["download_rate"])),
    ("up/s", |row| output::bytes(&row["upload_rate"])),
    ("ratio", |row| output::ratio(&row["ratio"])),
    ("category", |row| output::text(&row["category"])),
    ("name", |row| output::text(&row["name"])),
];

/// Lists torrents, page by page.
pub(in crate::cli) async fn ls(client: &Client, format: Format, arguments: &Ls) -> Result<()> {
    let mut pairs = arguments.filter.pairs();
    pairs.push(("sort", arguments.sort.clone()));
    pairs.push(("order", if arguments.desc { "desc" } else { "asc" }.to_owned()));
    let mut torrents: Vec<Value> = Vec::new();
    let most = if arguments.limit == 0 { usize::MAX } else { arguments.limit };
    let mut cursor: Option<String> = None;
    while torrents.len() < most {
        let mut page = pairs.clone();
        page.push(("limit", (most - torrents.len()).min(1000).to_string()));
        page.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let mut answer = client.get(&format!("/v1/torrents{}", query(&page))).await?;
        if let Some(rows) = answer["torrents"].as_array_mut() {
            torrents.append(rows);
        }
        match answer["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    output::rows(format, &json!(torrents), &torrents, LIST);
    Ok(())
}

/// Shows a torrent, or the numbers of the session.
pub(in crate::cli) async fn status(
    client: &Client,
    format: Format,
    id: Option<&str>,
) -> Result<()> {
    let answer = match id {
        Some(id) => {
            let id = resolve(client, id).await?;
            client.get(&format!("/v1/torrents/{}", part(&id))).await?
        }
        None => client.get("/v1/stats").await?,
    };
    output::record_of(format, &answer, worded);
    Ok(())
}

/// A member of a torrent or of the session as a person reads it.
fn worded(name: &str, value: &Value) -> String {
    match name {
        _ if value.is_null() => output::text(value),
        "size"
        | "total_size"
        | "piece_size"
        | "completed"
        | "remaining"
        | "downloaded"
        | "uploaded"
        | "downloaded_session"
        | "uploaded_session"
        | "all_time_downloaded"
        | "all_time_uploaded"
        | "wasted"
        | "free_space"
        | "disk_buffer" => output::bytes(value),
        "download_rate" | "upload_rate" | "download_limit" | "upload_limit" => {
            format!("{}/s", output::bytes(value))
        }
        "active_time" | "seeding_time" | "eta" => output::duration(value),
        "progress" => output::percent(value),
        "ratio" => output::ratio(value),
        _ => output::text(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_their_units() {
        for (name, value, shown) in [
            ("free_space", json!(1_572_864), "1.5 MiB"),
            ("upload_limit", json!(2048), "2.0 KiB/s"),
            ("upload_limit", json!(null), "-"),
            ("eta", json!(90), "1 min 30 s"),
            ("progress", json!(0.25), "25.0%"),
            ("pieces", json!(37), "37"),
        ] {
            assert_eq!(worded(name, &value), shown, "{name}");
        }
    }
}
