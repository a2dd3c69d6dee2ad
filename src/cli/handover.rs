//! `revaer import-qbittorrent` and `export-qbittorrent`: takes over a profile by hand, and gives one back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::client::{Client, Failure, Remote};
use super::ground::GroundArgs;
use super::output::{self, Format};
use super::password;
use crate::app::ADOPTING;
use crate::auth::ApiKeys;
use crate::handover::report::Note;
use crate::handover::{self, Ours, PathMap, Places, Report, Request, Target, Wanted};
use crate::settings::profile::ContractLevel;
use crate::settings::{Ground, Settings};
use crate::store::{self, Store};

/// How often a server that imports is asked how far it is.
const LOOK: Duration = Duration::from_millis(500);

/// What to take over, and how.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    ground: GroundArgs,
    /// The profile: the folder of --profile, or one that holds `qBittorrent.conf` or `BT_backup`.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Only tell what would be taken over.
    #[arg(long)]
    dry_run: bool,
    /// Torrents, categories and tags only.
    #[arg(long)]
    keep_settings: bool,
    /// The name that a path has here; may be repeated.
    #[arg(long = "map", value_name = "/OLD=/NEW")]
    map: Vec<String>,
}

/// What to give back, and to whom.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    ground: GroundArgs,
    /// The folder for --profile of qbittorrent-nox, without a profile in it.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The generation that is to start from it; the one whose contract this instance speaks without it.
    #[arg(long, value_parser = ContractLevel::ALL.iter().map(|level| level.as_str()).collect::<Vec<_>>())]
    level: Option<String>,
    /// The name that a path has there; may be repeated.
    #[arg(long = "map", value_name = "/HERE=/THERE")]
    map: Vec<String>,
    /// Ask for the password of the web user there, or take the first line of a piped input.
    #[arg(long)]
    password: bool,
}

pub(super) fn map(rules: &[String]) -> anyhow::Result<PathMap> {
    PathMap::parse(rules).map_err(|rule| anyhow!("`{rule}` is no rule such as /old=/new"))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// Settings and keys of an instance that no server runs on.
async fn open(
    arguments: &GroundArgs,
    home: &Path,
    store: &Store,
) -> anyhow::Result<(Settings, ApiKeys)> {
    let ground =
        Ground { home: home.to_owned(), secret_key: arguments.secret_key(), ..Ground::default() };
    let settings = Settings::open(store.clone(), ground).await.context("reading the settings")?;
    let keys = ApiKeys::open(store.clone(), settings.clone()).await.context("reading the keys")?;
    Ok((settings, keys))
}

/// Takes over the profile and prints the report.
pub(super) fn import(remote: &Remote, arguments: &ImportArgs) -> anyhow::Result<()> {
    let map = map(&arguments.map)?;
    let from = std::path::absolute(&arguments.from)?;
    let places = Places::found_in(&from)
        .with_context(|| format!("there is no qBittorrent profile in `{}`", from.display()))?;
    let home = arguments.ground.home()?;
    let made = home.ancestors().take_while(|ancestor| !ancestor.exists()).last();
    let outcome = runtime()?.block_on(take_over(remote, arguments, &home, &places, &map, &from));
    let is_untouched = outcome.as_ref().is_err_and(|error| {
        // These are found before anything is taken; after other failures what was taken stays for the next run.
        matches!(error.downcast_ref(), Some(handover::Error::InUse | handover::Error::NotFound(_)))
    });
    if let Some(made) = made.filter(|made| (arguments.dry_run || is_untouched) && made.exists()) {
        // Who only looks leaves nothing behind, and who could not even do that neither.
        fs_err::remove_dir_all(made)?;
    }
    let report = outcome?;
    match remote.output {
        Format::Json => output::json(&json_of(&report)),
        Format::Table => {
            output::line(&report.to_string());
            if arguments.dry_run {
                output::line("this was a dry run: nothing was changed");
            }
        }
    }
    Ok(())
}

/// Takes over the profile into the home that no server runs on, or lets the server do it.
#[expect(clippy::print_stderr, reason = "progress is for whoever waits")]
async fn take_over(
    remote: &Remote,
    arguments: &ImportArgs,
    home: &Path,
    places: &Places,
    map: &PathMap,
    from: &Path,
) -> anyhow::Result<Report> {
    fs_err::create_dir_all(home)?;
    let home = fs_err::canonicalize(home)?;
    let store = match Store::open(&home, arguments.ground.database_url.as_deref()).await {
        Err(store::Error::Locked) => return let_server_import(remote, arguments, from).await,
        other => other.context("opening the database")?,
    };
    let cancel = CancellationToken::new();
    let interrupt = cancel.clone();
    let watch = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupt.cancel();
        }
    });
    let request = Request {
        places,
        map,
        settings: !arguments.keep_settings,
        dry_run: arguments.dry_run,
        progress: &|seen, total| {
            eprintln!("{seen} of {}", handover::counted(total, "torrent", "torrents"));
        },
        cancel: &cancel,
    };
    let outcome = match open(&arguments.ground, &home, &store).await {
        Ok((settings, keys)) => {
            let ours = Ours { target: Target::Stopped(&store), settings: &settings, keys: &keys };
            handover::adopt(request, ours).await.map_err(anyhow::Error::from)
        }
        Err(error) => Err(error),
    };
    watch.abort();
    store.close().await;
    outcome
}

/// A report for programs, with the members that it has in a job of the API.
fn json_of(report: &Report) -> Value {
    let notes = report.notes.iter().map(|note| json!({ "what": note.what, "note": note.note }));
    json!({
        "torrents": report.torrents, "known": report.known, "categories": report.categories,
        "tags": report.tags, "settings": report.settings, "notes": notes.collect::<Vec<Value>>(),
        "cancelled": report.cancelled,
    })
}

fn asked(failure: &Failure) -> anyhow::Error {
    anyhow!("this server runs, and was asked to import: {failure}")
}

/// Asks the server that runs to take the profile over, and follows it.
#[expect(clippy::print_stderr, reason = "progress is for whoever waits")]
async fn let_server_import(
    remote: &Remote,
    arguments: &ImportArgs,
    from: &Path,
) -> anyhow::Result<Report> {
    let client = Client::new(remote).map_err(|failure| asked(&failure))?;
    let body = json!({
        "from": from, "map": arguments.map, "settings": !arguments.keep_settings, "dry_run": arguments.dry_run,
    });
    let mut job =
        client.put(Method::POST, "/v1/imports", &body).await.map_err(|failure| asked(&failure))?;
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap_or_default());
    let mut cancelled = false;
    while job["state"] == "running" {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            heard = tokio::signal::ctrl_c(), if !cancelled => {
                heard?;
                cancelled = true;
                client.delete(&path).await.map_err(|failure| asked(&failure))?;
            }
        }
        job = client.get(&path).await.map_err(|failure| asked(&failure))?;
        eprintln!("{:.0} %", job["progress"].as_f64().unwrap_or(0.0) * 100.0);
    }
    let report = &job["report"];
    ensure!(report.is_object(), "{}", job["reason"].as_str().unwrap_or_default());
    let count = |key: &str| {
        report[key].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or_default()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let notes = report["notes"].as_array().into_iter().flatten();
    let mut told = Report::default();
    told.torrents = count("torrents");
    told.known = count("known");
    told.categories = count("categories");
    told.tags = count("tags");
    told.settings = count("settings");
    told.cancelled = job["state"] == "failed";
    told.notes =
        notes.map(|note| Note { what: text(&note["what"]), note: text(&note["note"]) }).collect();
    Ok(told)
}

/// Writes the profile and prints the report.
#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
pub(super) fn export(arguments: &ExportArgs) -> anyhow::Result<()> {
    let map = map(&arguments.map)?;
    let home = arguments.ground.home()?;
    let database = arguments.ground.database_url.as_deref();
    ensure!(
        database.is_some() || home.join("revaer.db").is_file(),
        "there is no instance in `{}`",
        home.display()
    );
    ensure!(
        !home.join(ADOPTING).exists(),
        "the profile that `{}` takes over is here in part only: let the server start and finish that first",
        home.display()
    );
    let password = arguments.password.then(password::ask).transpose()?;
    let (exported, runs) = runtime()?.block_on(async {
        let home = fs_err::canonicalize(&home)?;
        let (store, runs) = match Store::open(&home, database).await {
            Err(store::Error::Locked) => (Store::open_shared(&home, database).await, true),
            other => (other, false),
        };
        let store = store.context("opening the database")?;
        let (settings, keys) = open(&arguments.ground, &home, &store).await?;
        let level = match &arguments.level {
            None => settings.effective().webui.contract_level,
            Some(word) => *ContractLevel::ALL
                .iter()
                .find(|level| level.as_str() == word)
                .context("no such level")?,
        };
        let wanted = Wanted { to: &arguments.to, level, map: &map, password };
        let exported = handover::export(wanted, &store, &settings, &keys).await?;
        store.close().await;
        anyhow::Ok((exported, runs))
    })?;
    println!("{exported}");
    if runs {
        println!(
            "  this server runs: what it did in the last seconds may be missing, and two programs must not work on \
             the same files"
        );
    }
    Ok(())
}
