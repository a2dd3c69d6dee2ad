//! `revaer trackers` and `revaer peers`: lists that belong to one torrent, and their edits.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::resolve;
use crate::cli::client::{Client, Result, part, query};
use crate::cli::output::{self, Column, Format};

#[derive(Debug, Args)]
pub(in crate::cli) struct Trackers {
    /// The torrent: its id, or a beginning of at least four digits.
    id: String,
    #[command(subcommand)]
    edit: Option<TrackerEdit>,
}

#[derive(Debug, Subcommand)]
enum TrackerEdit {
    /// Add trackers; known ones stay as they are.
    Add {
        /// URLs of trackers.
        #[arg(required = true)]
        urls: Vec<String>,
        /// The tier they go to; lower ones are asked first.
        #[arg(long, default_value_t = 0)]
        tier: u8,
        /// These are all trackers: others go.
        #[arg(long)]
        replace: bool,
    },
    /// Give a tracker another URL or tier.
    Edit {
        /// As it is listed.
        #[arg(value_name = "URL")]
        tracker: String,
        /// The URL that takes its place.
        #[arg(long)]
        new_url: Option<String>,
        /// The tier it goes to.
        #[arg(long)]
        tier: Option<u8>,
    },
    /// Remove trackers.
    Rm {
        /// URLs of trackers, as they are listed.
        #[arg(required = true)]
        urls: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Peers {
    /// The torrent: its id, or a beginning of at least four digits.
    id: String,
    #[command(subcommand)]
    edit: Option<PeerEdit>,
}

#[derive(Debug, Subcommand)]
enum PeerEdit {
    /// Connect to peers, `address:port`.
    Add {
        /// Addresses with their ports.
        #[arg(required = true)]
        peers: Vec<String>,
    },
}

const TRACKERS: &[Column] = &[
    ("tier", |row| output::text(&row["tier"])),
    ("status", |row| output::text(&row["status"])),
    ("seeds", |row| output::text(&row["seeds"])),
    ("leechers", |row| output::text(&row["leechers"])),
    ("message", |row| output::text(&row["message"])),
    ("url", |row| output::text(&row["url"])),
];

const PEERS: &[Column] = &[
    ("address", |row| output::text(&row["address"])),
    ("client", |row| output::text(&row["client"])),
    ("done", |row| output::percent(&row["progress"])),
    ("down/s", |row| output::bytes(&row["download_rate"])),
    ("up/s", |row| output::bytes(&row["upload_rate"])),
];

/// Lists or changes the trackers of a torrent.
pub(in crate::cli) async fn trackers(
    client: &Client,
    format: Format,
    arguments: &Trackers,
) -> Result<()> {
    let id = resolve(client, &arguments.id).await?;
    let path = format!("/v1/torrents/{}/trackers", part(&id));
    let answer = match &arguments.edit {
        None => client.get(&path).await?,
        Some(TrackerEdit::Add { urls, tier, replace }) => {
            let trackers: Vec<Value> =
                urls.iter().map(|url| json!({ "url": url, "tier": tier })).collect();
            let body = json!({ "trackers": trackers, "replace": replace });
            client.put(Method::POST, &path, &body).await?
        }
        Some(TrackerEdit::Edit { tracker, new_url, tier }) => {
            let body = json!({ "url": tracker, "new_url": new_url, "tier": tier });
            client.put(Method::PATCH, &path, &body).await?
        }
        Some(TrackerEdit::Rm { urls }) => {
            let pairs: Vec<(&str, String)> = urls.iter().map(|url| ("url", url.clone())).collect();
            client.delete(&format!("{path}{}", query(&pairs))).await?
        }
    };
    output::listed(format, &answer, "trackers", TRACKERS);
    Ok(())
}

/// Lists the peers of a torrent, or connects to some.
pub(in crate::cli) async fn peers(
    client: &Client,
    format: Format,
    arguments: &Peers,
) -> Result<()> {
    let id = resolve(client, &arguments.id).await?;
    let path = format!("/v1/torrents/{}/peers", part(&id));
    match &arguments.edit {
        None => output::listed(format, &client.get(&path).await?, "peers", PEERS),
        Some(PeerEdit::Add { peers }) => {
            let answer = client.put(Method::POST, &path, &json!({ "peers": peers })).await?;
            output::record(format, &answer);
        }
    }
    Ok(())
}
