//! Commands about torrents: list, show, add, choose files, act, remove, create.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::client::{Client, Failure, Result, part, query};
use super::output::{self, Column, Format};

/// Which torrents are meant, as in the API.
#[derive(Debug, Default, Args)]
pub(super) struct FilterArgs {
    /// A text that name, comment, labels or path contain.
    #[arg(long, short)]
    q: Option<String>,
    /// A glob over the name.
    #[arg(long)]
    name: Option<String>,
    /// A state such as `downloading`; may be repeated.
    #[arg(long)]
    state: Vec<String>,
    /// A category, empty for none; may be repeated.
    #[arg(long)]
    category: Vec<String>,
    /// A tag, empty for none; may be repeated.
    #[arg(long)]
    tag: Vec<String>,
    /// The host of a tracker; may be repeated.
    #[arg(long)]
    tracker: Vec<String>,
    /// Torrents whose wanted data is here, or not.
    #[arg(long)]
    complete: Option<bool>,
    #[arg(long)]
    min_size: Option<i64>,
    #[arg(long)]
    max_size: Option<i64>,
    #[arg(long)]
    min_ratio: Option<f64>,
    #[arg(long)]
    max_ratio: Option<f64>,
    /// Seconds since the torrent was added.
    #[arg(long)]
    min_age: Option<i64>,
    #[arg(long)]
    max_age: Option<i64>,
}

impl FilterArgs {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        for (name, values) in [
            ("state", &self.state),
            ("category", &self.category),
            ("tag", &self.tag),
            ("tracker", &self.tracker),
        ] {
            pairs.extend(values.iter().map(|value| (name, value.clone())));
        }
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let share = |share: Option<f64>| share.map(|share| share.to_string());
        for (name, value) in [
            ("q", self.q.clone()),
            ("name", self.name.clone()),
            ("is_complete", self.complete.map(|on| on.to_string())),
            ("min_size", number(self.min_size)),
            ("max_size", number(self.max_size)),
            ("min_ratio", share(self.min_ratio)),
            ("max_ratio", share(self.max_ratio)),
            ("min_age", number(self.min_age)),
            ("max_age", number(self.max_age)),
        ] {
            pairs.extend(value.map(|value| (name, value)));
        }
        pairs
    }

    /// The filter of a body: these torrents, or those that match.
    fn body(&self, ids: &[String]) -> Result<Value> {
        let mut members = Map::new();
        if !ids.is_empty() {
            members.insert("id".to_owned(), json!(ids));
        }
        for (name, value) in self.pairs() {
            let is_list = matches!(name, "state" | "category" | "tag" | "tracker");
            if is_list {
                let list = members.entry(name).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(value.into());
                }
            } else {
                let is_text = matches!(name, "q" | "name");
                let value = if is_text {
                    Value::from(value)
                } else {
                    serde_json::from_str(&value).unwrap_or(Value::Null)
                };
                members.insert(name.to_owned(), value);
            }
        }
        if members.is_empty() {
            return Err(Failure::Usage(
                "name torrents, or a filter; `--name '*'` is all".to_owned(),
            ));
        }
        Ok(members.into())
    }
}

#[derive(Debug, Args)]
pub(super) struct Ls {
    #[command(flatten)]
    filter: FilterArgs,
    /// What to sort by, such as `name` or `ratio`.
    #[arg(long, default_value = "added_at")]
    sort: String,
    #[arg(long)]
    desc: bool,
    /// Torrents at most; 0 for all.
    #[arg(long, default_value_t = 0)]
    limit: usize,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Add {
    /// Magnets, info-hashes, URLs, or `.torrent` files of this machine.
    #[arg(required = true)]
    sources: Vec<String>,
    #[arg(long)]
    name: Option<String>,
    #[arg(long)]
    category: Option<String>,
    #[arg(long)]
    tag: Vec<String>,
    /// Where the content goes, on the server.
    #[arg(long)]
    save_path: Option<String>,
    #[arg(long)]
    stopped: bool,
    #[arg(long)]
    sequential: bool,
    #[arg(long)]
    skip_checking: bool,
    /// Bytes per second.
    #[arg(long)]
    download_limit: Option<u32>,
    #[arg(long)]
    upload_limit: Option<u32>,
    /// Wait until the download is complete, with a progress bar.
    #[arg(long)]
    wait: bool,
}

#[derive(Debug, Args)]
pub(super) struct Select {
    id: String,
    #[arg(long)]
    include: Vec<String>,
    #[arg(long)]
    exclude: Vec<String>,
    /// Leave out samples, proofs and advertisements.
    #[arg(long)]
    skip_fluff: bool,
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Act {
    #[command(subcommand)]
    what: What,
}

/// What is done, and with which torrents.
#[derive(Debug, Subcommand)]
enum What {
    Start(Targets),
    Stop(Targets),
    ForceStart(Targets),
    Recheck(Targets),
    Reannounce(Targets),
    QueueUp(Targets),
    QueueDown(Targets),
    QueueTop(Targets),
    QueueBottom(Targets),
    /// Move the content, and follow it with a progress bar.
    Move {
        path: String,
        #[command(flatten)]
        targets: Targets,
    },
    Rename {
        new_name: String,
        #[command(flatten)]
        targets: Targets,
    },
    Sequential {
        #[arg(action = clap::ArgAction::Set)]
        on: bool,
        #[command(flatten)]
        targets: Targets,
    },
    SuperSeeding {
        #[arg(action = clap::ArgAction::Set)]
        on: bool,
        #[command(flatten)]
        targets: Targets,
    },
}

#[derive(Debug, Args)]
struct Targets {
    ids: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Rm {
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

#[derive(Debug, Args)]
pub(super) struct Create {
    /// A file or folder on the server.
    source: String,
    /// Where the file goes on this machine.
    #[arg(long)]
    file: PathBuf,
    #[arg(long, value_parser = ["v1", "v2", "hybrid"], default_value = "hybrid")]
    format: String,
    #[arg(long)]
    private: bool,
    #[arg(long, default_value = "")]
    comment: String,
    /// A tracker, each in a tier of its own.
    #[arg(long)]
    tracker: Vec<String>,
    /// Add the torrent when it is done.
    #[arg(long)]
    seed: bool,
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
pub(super) async fn ls(client: &Client, format: Format, arguments: &Ls) -> Result<()> {
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

/// The whole id that a beginning of at least four digits stands for.
pub(super) async fn resolve(client: &Client, id: &str) -> Result<String> {
    let is_short = (4..40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_short {
        return Ok(id.to_owned());
    }
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut page = vec![
            ("limit", "1000".to_owned()),
            ("fields", "id".to_owned()),
            ("sort", "id".to_owned()),
        ];
        page.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let answer = client.get(&format!("/v1/torrents{}", query(&page))).await?;
        let ids = answer["torrents"].as_array().into_iter().flatten();
        let ids = ids.filter_map(|torrent| torrent["id"].as_str());
        found.extend(
            ids.filter(|whole| whole.starts_with(&id.to_ascii_lowercase())).map(str::to_owned),
        );
        match answer["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    match &found[..] {
        [whole] => Ok(whole.clone()),
        [] => Ok(id.to_owned()),
        _ => Err(Failure::Usage(format!("`{id}` is the beginning of {} torrents", found.len()))),
    }
}

async fn resolve_all(client: &Client, ids: &[String]) -> Result<Vec<String>> {
    let mut whole = Vec::with_capacity(ids.len());
    for id in ids {
        whole.push(resolve(client, id).await?);
    }
    Ok(whole)
}

/// Shows a torrent, or the numbers of the session.
pub(super) async fn status(client: &Client, format: Format, id: Option<&str>) -> Result<()> {
    let answer = match id {
        Some(id) => {
            let id = resolve(client, id).await?;
            client.get(&format!("/v1/torrents/{}", part(&id))).await?
        }
        None => client.get("/v1/stats").await?,
    };
    output::record(format, &answer);
    Ok(())
}

/// Adds torrents, links in one request and each file in one of its own.
pub(super) async fn add(client: &Client, format: Format, arguments: &Add) -> Result<()> {
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
    let (files, links): (Vec<&String>, Vec<&String>) =
        arguments.sources.iter().partition(|source| {
            let is_link = source.contains("://") || source.starts_with("magnet:");
            !is_link && std::path::Path::new(source).is_file()
        });
    let mut results = Vec::new();
    if !links.is_empty() {
        let mut body = options.clone();
        body.insert("sources".to_owned(), json!(links));
        let mut answer = client.put(Method::POST, "/v1/torrents", &body.into()).await?;
        results.append(answer["results"].as_array_mut().unwrap_or(&mut Vec::new()));
    }
    for file in files {
        let bytes = fs_err::read(file).map_err(anyhow::Error::from)?;
        let request = upload(client, &bytes, &Value::from(options.clone()).to_string());
        let mut answer = client.send(request).await?;
        results.append(answer["results"].as_array_mut().unwrap_or(&mut Vec::new()));
    }
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

/// Shows a bar until a torrent is as wished.
async fn follow(client: &Client, id: &str, is_done: impl Fn(&Value) -> bool) -> Result<()> {
    let bar = ProgressBar::new(1000);
    loop {
        let torrent = client.get(&format!("/v1/torrents/{}", part(id))).await?;
        let done = (torrent["progress"].as_f64().unwrap_or(0.0) * 1000.0).clamp(0.0, 1000.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        bar.set_position(done as u64);
        bar.set_message(output::text(&torrent["state"]));
        if is_done(&torrent) {
            bar.finish();
            return Ok(());
        }
        if torrent["state"] == "error" || torrent["state"] == "missing_files" {
            bar.abandon();
            let reason = output::text(&torrent["error"]);
            return Err(anyhow::anyhow!("the torrent has an error: {reason}").into());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Chooses the wanted files of a torrent.
pub(super) async fn select(client: &Client, format: Format, arguments: &Select) -> Result<()> {
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
    let files = answer["files"].as_array().cloned().unwrap_or_default();
    output::rows(format, &answer, &files, columns);
    Ok(())
}

impl What {
    fn parts(&self) -> (Value, &Targets) {
        let word = |word: &str| json!({ "action": word });
        match self {
            Self::Start(targets) => (word("start"), targets),
            Self::Stop(targets) => (word("stop"), targets),
            Self::ForceStart(targets) => (word("force_start"), targets),
            Self::Recheck(targets) => (word("recheck"), targets),
            Self::Reannounce(targets) => (word("reannounce"), targets),
            Self::QueueUp(targets) => (word("queue_up"), targets),
            Self::QueueDown(targets) => (word("queue_down"), targets),
            Self::QueueTop(targets) => (word("queue_top"), targets),
            Self::QueueBottom(targets) => (word("queue_bottom"), targets),
            Self::Move { path, targets } => (json!({ "action": "move", "path": path }), targets),
            Self::Rename { new_name, targets } => {
                (json!({ "action": "rename", "name": new_name }), targets)
            }
            Self::Sequential { on, targets } => {
                (json!({ "action": "sequential", "on": on }), targets)
            }
            Self::SuperSeeding { on, targets } => {
                (json!({ "action": "super_seeding", "on": on }), targets)
            }
        }
    }
}

/// Acts on torrents; a move is followed.
pub(super) async fn act(client: &Client, format: Format, arguments: &Act) -> Result<()> {
    let (action, targets) = arguments.what.parts();
    let ids = resolve_all(client, &targets.ids).await?;
    // One that does not exist is not found; a filter would match nothing.
    let single = ids.first().filter(|_| ids.len() == 1 && !targets.dry_run);
    let answer = if let Some(id) = single {
        client.put(Method::POST, &format!("/v1/torrents/{}/action", part(id)), &action).await?
    } else {
        let body = json!({
            "filter": targets.filter.body(&ids)?, "action": action, "dry_run": targets.dry_run,
        });
        client.put(Method::POST, "/v1/torrents/action", &body).await?
    };
    if format == Format::Json {
        output::json(&answer);
    } else {
        output::line(&format!("{} torrents", output::text(&answer["count"])));
    }
    if matches!(arguments.what, What::Move { .. }) && !targets.dry_run {
        for id in answer["ids"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            follow(client, id, |torrent| torrent["state"] != "moving").await?;
        }
    }
    Ok(())
}

/// Removes torrents.
pub(super) async fn rm(client: &Client, format: Format, arguments: &Rm) -> Result<()> {
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
        ("files", |row| {
            let files = row["files"].as_array().into_iter().flatten();
            files.map(|file| output::text(&file["path"])).collect::<Vec<_>>().join("\u{20}")
        }),
    ];
    let torrents = answer["torrents"].as_array().cloned().unwrap_or_default();
    output::rows(format, &answer, &torrents, columns);
    Ok(())
}

/// Lists a part of a torrent.
pub(super) async fn sub(
    client: &Client,
    format: Format,
    id: &str,
    what: &str,
    columns: &[Column],
) -> Result<()> {
    let id = resolve(client, id).await?;
    let answer = client.get(&format!("/v1/torrents/{}/{what}", part(&id))).await?;
    let rows = answer[what].as_array().cloned().unwrap_or_default();
    output::rows(format, &answer, &rows, columns);
    Ok(())
}

/// Makes a torrent on the server and fetches it.
pub(super) async fn create(client: &Client, arguments: &Create) -> Result<()> {
    let trackers: Vec<[&String; 1]> = arguments.tracker.iter().map(|url| [url]).collect();
    let wish = json!({
        "source": arguments.source, "format": arguments.format, "is_private": arguments.private,
        "comment": arguments.comment, "trackers": trackers, "seed": arguments.seed,
    });
    let job = client.put(Method::POST, "/v1/torrents/author", &wish).await?;
    let path = format!("/v1/jobs/{}", part(job["id"].as_str().unwrap_or_default()));
    let bar = ProgressBar::new(100);
    loop {
        let job = client.get(&path).await?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share")]
        bar.set_position((job["progress"].as_f64().unwrap_or(0.0) * 100.0) as u64);
        match job["state"].as_str() {
            Some("finished") => break,
            Some("failed") => {
                bar.abandon();
                return Err(anyhow::anyhow!("{}", output::text(&job["reason"])).into());
            }
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
    bar.finish();
    let answer = client.answer(client.request(Method::GET, &format!("{path}/torrent"))).await?;
    let bytes = answer.bytes().await.map_err(anyhow::Error::from)?;
    fs_err::write(&arguments.file, bytes).map_err(anyhow::Error::from)?;
    Ok(())
}
