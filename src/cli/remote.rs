//! The commands that ask a running server, and their exit codes: 0 success, 2 validation, 3 not found, 4 refused,
//! 5 unreachable or failed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Failure, Remote, Result, part};
use super::output::{self, Column, Format};
use super::{labels, settings, tail, torrents};

/// What the server is asked for.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List torrents.
    Ls(torrents::Ls),
    /// Show a torrent, or the numbers of the session.
    Status {
        /// The torrent: its id, or a beginning of at least four digits.
        id: Option<String>,
    },
    /// Add magnets, URLs or files.
    Add(torrents::Add),
    /// List the files of a torrent, and rename files and folders.
    Files(torrents::Files),
    /// Choose the wanted files of a torrent by globs.
    Select(torrents::Select),
    /// Act on torrents: start, stop, recheck, move, …
    Action(torrents::Act),
    /// Remove torrents.
    Rm(torrents::Rm),
    /// Follow what happens.
    Tail(tail::Tail),
    /// Show and change settings.
    Settings(Box<settings::Settings>),
    /// List and change categories.
    Categories {
        #[command(subcommand)]
        command: Option<labels::Categories>,
    },
    /// List and change tags.
    Tags {
        #[command(subcommand)]
        command: Option<labels::Tags>,
    },
    /// List and change the trackers of a torrent.
    Trackers(torrents::Trackers),
    /// List the peers of a torrent, or connect to some.
    Peers(torrents::Peers),
    /// Make a torrent of files on the server.
    Create(torrents::Create),
    /// Make, list, replace and revoke API keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Set the first password of a fresh server and make its first key.
    Setup(Setup),
    /// Show the health of each part of the server.
    #[command(skip)]
    Health,
}

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List keys.
    Ls,
    /// Make a key; its text is shown this once.
    Add {
        /// What it is for.
        name: String,
        /// read, add, control, delete, settings, admin; may be repeated.
        #[arg(long, required = true)]
        scope: Vec<String>,
        /// The only categories whose torrents it sees; may be repeated.
        #[arg(long)]
        category: Vec<String>,
    },
    /// Make a new text for a key; the old one ends.
    Rotate {
        /// The key, as it is listed.
        id: String,
    },
    /// Revoke a key.
    Rm {
        /// The key, as it is listed.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Setup {
    /// Revaer's home, which holds the token.
    #[arg(long, env = "REVAER_HOME")]
    home: PathBuf,
    /// The name of the web user; it stays as it is without.
    #[arg(long)]
    username: Option<String>,
}

/// Runs a command and returns its exit code.
#[must_use]
pub(super) fn run(remote: &Remote, verb: &Verb) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(execute(remote, verb)),
        Err(error) => Err(Failure::Other(error.into())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            super::complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}

async fn execute(remote: &Remote, verb: &Verb) -> Result<()> {
    let client = Client::new(remote)?;
    let format = remote.output;
    match verb {
        Verb::Ls(arguments) => torrents::ls(&client, format, arguments).await,
        Verb::Status { id } => torrents::status(&client, format, id.as_deref()).await,
        Verb::Add(arguments) => torrents::add(&client, format, arguments).await,
        Verb::Files(arguments) => torrents::files(&client, format, arguments).await,
        Verb::Select(arguments) => torrents::select(&client, format, arguments).await,
        Verb::Action(arguments) => torrents::act(&client, format, arguments).await,
        Verb::Rm(arguments) => torrents::rm(&client, format, arguments).await,
        Verb::Tail(arguments) => tail::tail(&client, format, arguments).await,
        Verb::Categories { command } => labels::categories(&client, format, command.as_ref()).await,
        Verb::Tags { command } => labels::tags(&client, format, command.as_ref()).await,
        Verb::Trackers(arguments) => torrents::trackers(&client, format, arguments).await,
        Verb::Peers(arguments) => torrents::peers(&client, format, arguments).await,
        Verb::Create(arguments) => torrents::create(&client, format, arguments).await,
        Verb::Settings(command) => settings::run(&client, format, command).await,
        Verb::Keys(command) => keys(&client, format, command).await,
        Verb::Setup(arguments) => setup(&client, format, arguments).await,
        Verb::Health => health(&client, format).await,
    }
}

const KEYS: &[Column] = &[
    ("id", |row| output::text(&row["id"])),
    ("name", |row| output::text(&row["name"])),
    ("scopes", |row| output::text(&row["scopes"])),
    ("categories", |row| output::text(&row["categories"])),
    ("last used", |row| output::text(&row["last_used_at"])),
];

async fn keys(client: &Client, format: Format, command: &Keys) -> Result<()> {
    match command {
        Keys::Ls => {
            let answer = client.get("/v1/api-keys").await?;
            output::listed(format, &answer, "keys", KEYS);
        }
        Keys::Add { name, scope, category } => {
            let categories = if category.is_empty() { Value::Null } else { json!(category) };
            let body = json!({ "name": name, "scopes": scope, "categories": categories });
            created(format, &client.put(Method::POST, "/v1/api-keys", &body).await?);
        }
        Keys::Rotate { id } => {
            let path = format!("/v1/api-keys/{}/rotate", part(id));
            created(format, &client.send(client.request(Method::POST, &path)).await?);
        }
        Keys::Rm { id } => {
            client.delete(&format!("/v1/api-keys/{}", part(id))).await?;
        }
    }
    Ok(())
}

fn created(format: Format, answer: &Value) {
    match format {
        Format::Json => output::json(answer),
        Format::Table => output::line(&output::text(&answer["secret"])),
    }
}

async fn setup(client: &Client, format: Format, arguments: &Setup) -> Result<()> {
    let file = arguments.home.join(crate::auth::setup::FILE);
    let token = fs_err::read_to_string(file)
        .map_err(|error| Failure::Usage(format!("there is no set-up token: {error}")))?;
    let password = super::password::ask()?;
    let mut body = json!({ "token": token.trim(), "password": password });
    if let Some(username) = &arguments.username {
        body["username"] = json!(username);
    }
    let answer = client.put(Method::POST, "/v1/setup", &body).await?;
    created(format, &answer["api_key"]);
    Ok(())
}

async fn health(client: &Client, format: Format) -> Result<()> {
    let answer = client.get("/v1/health").await?;
    let columns: &[Column] = &[
        ("part", |row| output::text(&row["name"])),
        ("status", |row| output::text(&row["status"])),
        ("reason", |row| output::text(&row["reason"])),
    ];
    output::listed(format, &answer, "parts", columns);
    match answer["status"].as_str() {
        Some("failed") => Err(anyhow::anyhow!("the server is not well").into()),
        _ => Ok(()),
    }
}
