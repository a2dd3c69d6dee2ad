//! `revaer add`.

use clap::Args;
use indicatif::ProgressBar;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::follow::follow;
use crate::cli::client::{Client, Failure, Result};
use crate::cli::output::{self, Column, Format};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Add {
    /// Magnets, info-hashes, URLs, or `.torrent` files of this machine.
    #[arg(required = true)]
    sources: Vec<String>,
    /// The name that is shown in place of its own.
    #[arg(long)]
    name: Option<String>,
    /// The category; it is made if there is none of that name.
    #[arg(long)]
    category: Option<String>,
    /// A tag; may be repeated.
    #[arg(long)]
    tag: Vec<String>,
    /// Where the content goes, on the server.
    #[arg(long)]
    save_path: Option<String>,
    /// Do not start it.
    #[arg(long)]
    stopped: bool,
    /// Download the pieces of files in their order.
    #[arg(long)]
    sequential: bool,
    /// Take the files that are there for complete, without verifying them.
    #[arg(long)]
    skip_checking: bool,
    /// Bytes per second that are downloaded at most.
    #[arg(long)]
    download_limit: Option<u32>,
    /// Bytes per second that are uploaded at most.
    #[arg(long)]
    upload_limit: Option<u32>,
    /// Wait until the download is complete, with a progress bar.
    #[arg(long)]
    wait: bool,
}

/// Adds torrents, links in one request and each file in one of its own.
pub(in crate::cli) async fn add(client: &Client, format: Format, arguments: &Add) -> Result<()> {
    let mut options = Map::new();
    for (name, value) in [
        ("name", json!(arguments.name)),
        ("category", json!(arguments.category)),
        ("save_path", json!(arguments.save_path)),
        ("download_limit", json!(arguments.download_limit)),
        ("upload_limit", json!(arguments.upload_limit)),
        ("run", json!(arguments.stopped.then_some("stopped"))),
    ] {
        if !value.is_null() {
            options.insert(name.to_owned(), value);
        }
    }
    options.insert("tags".to_owned(), json!(arguments.tag));
    options.insert("sequential".to_owned(), json!(arguments.sequential));
    options.insert("skip_checking".to_owned(), json!(arguments.skip_checking));
    let (mut files, mut links) = (Vec::new(), Vec::new());
    for source in &arguments.sources {
        if is_file(source)? {
            files.push(source);
        } else {
            links.push(source);
        }
    }
    let mut results = Vec::new();
    if !links.is_empty() {
        let mut body = options.clone();
        body.insert("sources".to_owned(), json!(links));
        let mut answer = client.put(Method::POST, "/v1/torrents", &body.into()).await?;
        results.append(answer["results"].as_array_mut().unwrap_or(&mut Vec::new()));
    }
    let bar = ProgressBar::new(files.len() as u64);
    for file in files {
        bar.inc(1);
        let bytes = fs_err::read(file).map_err(anyhow::Error::from)?;
        let request = upload(client, &bytes, &Value::from(options.clone()).to_string());
        let mut answer = client.send(request).await?;
        results.append(answer["results"].as_array_mut().unwrap_or(&mut Vec::new()));
    }
    bar.finish_and_clear();
    let columns: &[Column] = &[
        ("status", |row| output::text(&row["status"])),
        ("id", |row| output::text(&row["id"])),
        ("reason", |row| output::text(&row["reason"])),
    ];
    output::rows(format, &json!({ "results": results }), &results, columns);
    if arguments.wait {
        for id in results.iter().filter_map(|result| result["id"].as_str()) {
            follow(client, id, |torrent| torrent["progress"] == 1.0).await?;
        }
    }
    Ok(())
}

/// True for a file of this machine; what is neither that nor looks like one is for the server to judge.
///
/// # Errors
/// `Usage` for what looks like a file and is none.
fn is_file(source: &str) -> Result<bool> {
    if source.contains("://") || source.starts_with("magnet:") {
        return Ok(false);
    }
    match fs_err::metadata(source) {
        Ok(found) if found.is_dir() => {
            Err(Failure::Usage(format!("`{source}` is a folder, not a torrent file")))
        }
        Ok(_) => Ok(true),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::Usage(error.to_string()))
        }
        Err(_) if source.contains('/') || source.ends_with(".torrent") => {
            Err(Failure::Usage(format!("there is no file `{source}`")))
        }
        Err(_) => Ok(false),
    }
}

fn upload(client: &Client, torrent: &[u8], options: &str) -> reqwest::RequestBuilder {
    // No boundary of 122 random bits is part of a file.
    let boundary = uuid::Uuid::new_v4().simple().to_string();
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"options\"\r\n\r\n{options}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"torrent\"; filename=\"a.torrent\"\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(torrent);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    client
        .request(Method::POST, "/v1/torrents")
        .header("content-type", format!("multipart/form-data; boundary={boundary}"))
        .body(body)
}
