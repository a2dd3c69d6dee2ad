//! `revaer action`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::filter::FilterArgs;
use super::follow::follow;
use super::resolve_all;
use crate::cli::client::{Client, Result, part};
use crate::cli::output::{self, Format};

#[derive(Debug, Args)]
pub(in crate::cli) struct Act {
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
pub(in crate::cli) async fn act(client: &Client, format: Format, arguments: &Act) -> Result<()> {
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
