//! `revaer create`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::{Client, Failure, Result, part};
use crate::cli::output::{self, Format};

#[derive(Debug, Args)]
pub(in crate::cli) struct Create {
    /// A file or folder on the server.
    source: String,
    /// Where the file goes on this machine.
    #[arg(long)]
    file: PathBuf,
    /// The generation of the torrent: `v1`, `v2`, or both in one.
    #[arg(long, value_parser = ["v1", "v2", "hybrid"], default_value = "hybrid")]
    format: String,
    /// Let peers come from its trackers alone.
    #[arg(long)]
    private: bool,
    /// A text that goes with it.
    #[arg(long, default_value = "")]
    comment: String,
    /// A tracker, each in a tier of its own; may be repeated.
    #[arg(long)]
    tracker: Vec<String>,
    /// Add the torrent when it is done.
    #[arg(long)]
    seed: bool,
}

/// Makes a torrent on the server and fetches it.
pub(in crate::cli) async fn create(
    client: &Client,
    format: Format,
    arguments: &Create,
) -> Result<()> {
    let is_new = prepare(&arguments.file)?;
    let outcome = fetch(client, arguments).await;
    if outcome.is_err() && is_new {
        fs_err::remove_file(&arguments.file).map_err(anyhow::Error::from)?;
    }
    let job = outcome?;
    if format == Format::Json {
        output::json(&job);
    }
    Ok(())
}

/// Opens the file before anything is hashed, so that one that cannot be written costs nothing; true if it was made.
fn prepare(file: &Path) -> Result<bool> {
    let is_new = !file.exists();
    let opened = fs_err::OpenOptions::new().write(true).create(true).truncate(false).open(file);
    opened.map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(is_new)
}

async fn fetch(client: &Client, arguments: &Create) -> Result<Value> {
    let trackers: Vec<[&String; 1]> = arguments.tracker.iter().map(|url| [url]).collect();
    let wish = json!({
        "source": arguments.source, "format": arguments.format, "is_private": arguments.private,
        "comment": arguments.comment, "trackers": trackers, "seed": arguments.seed,
    });
    let job = client.put(Method::POST, "/v1/torrents/author", &wish).await?;
    let path = format!("/v1/jobs/{}", part(job["id"].as_str().unwrap_or_default()));
    let bar = ProgressBar::new(100);
    let job = loop {
        let job = client.get(&path).await?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share")]
        bar.set_position((job["progress"].as_f64().unwrap_or(0.0) * 100.0) as u64);
        match job["state"].as_str() {
            Some("finished") => break job,
            Some("failed") => {
                bar.abandon();
                return Err(anyhow::anyhow!("{}", output::text(&job["reason"])).into());
            }
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    };
    bar.finish();
    let answer = client.answer(client.request(Method::GET, &format!("{path}/torrent"))).await?;
    let bytes = answer.bytes().await.map_err(anyhow::Error::from)?;
    fs_err::write(&arguments.file, bytes).map_err(anyhow::Error::from)?;
    Ok(job)
}
