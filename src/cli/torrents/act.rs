//! `revaer action`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::filter::FilterArgs;
use super::follow::follow;
use super::limits::LimitArgs;
use super::resolve_all;
use crate::cli::client::{Client, Failure, Result, part};
use crate::cli::output::{self, Format};

#[derive(Debug, Args)]
pub(in crate::cli) struct Act {
    #[command(subcommand)]
    what: What,
}

/// What is done, and with which torrents.
#[derive(Debug, Subcommand)]
enum What {
    /// Let torrents download and seed, in the order of the queue.
    Start(Targets),
    /// Stop torrents.
    Stop(Targets),
    /// Let torrents run whatever the queue and the share limits say.
    ForceStart(Targets),
    /// Verify the data from scratch.
    Recheck(Targets),
    /// Ask the trackers for peers now.
    Reannounce(Targets),
    /// Move one place up in the queue.
    QueueUp(Targets),
    /// Move one place down in the queue.
    QueueDown(Targets),
    /// Move to the beginning of the queue.
    QueueTop(Targets),
    /// Move to the end of the queue.
    QueueBottom(Targets),
    /// Move the content, and follow it with a progress bar; automatic management ends.
    Move {
        /// Where the content goes, on the server.
        path: String,
        #[command(flatten)]
        targets: Targets,
    },
    /// Give a torrent another display name.
    Rename {
        /// The name.
        #[arg(value_name = "NAME")]
        new_name: String,
        #[command(flatten)]
        targets: Targets,
    },
    /// File torrents under a category.
    Category {
        /// The category; empty for none.
        #[arg(value_name = "CATEGORY")]
        new_category: String,
        #[command(flatten)]
        targets: Targets,
    },
    /// Put tags on torrents.
    AddTags {
        /// The tags, with commas between them.
        #[arg(value_name = "TAGS")]
        labels: String,
        #[command(flatten)]
        targets: Targets,
    },
    /// Take tags from torrents.
    RemoveTags {
        /// The tags, with commas between them.
        #[arg(value_name = "TAGS")]
        labels: String,
        #[command(flatten)]
        targets: Targets,
    },
    /// Change rates, connections and share limits; what is not named stays.
    Limits {
        #[command(flatten)]
        limits: Box<LimitArgs>,
        #[command(flatten)]
        targets: Targets,
    },
    /// Let paths follow category and settings, or no more.
    AutoManagement {
        /// On or off.
        #[arg(action = clap::ArgAction::Set)]
        on: bool,
        #[command(flatten)]
        targets: Targets,
    },
    /// Download the pieces of files in their order, or no more.
    Sequential {
        /// On or off.
        #[arg(action = clap::ArgAction::Set)]
        on: bool,
        #[command(flatten)]
        targets: Targets,
    },
    /// Download the first and last pieces of files before the others, or no more.
    FirstLastFirst {
        /// On or off.
        #[arg(action = clap::ArgAction::Set)]
        on: bool,
        #[command(flatten)]
        targets: Targets,
    },
    /// Seed each piece to one peer at first, or no more.
    SuperSeeding {
        /// On or off.
        #[arg(action = clap::ArgAction::Set)]
        on: bool,
        #[command(flatten)]
        targets: Targets,
    },
}

#[derive(Debug, Args)]
struct Targets {
    /// Torrents: ids, or beginnings of at least four digits.
    ids: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Say which torrents match, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl What {
    /// The action of the API, the torrents it is for, and how its value is written before them.
    ///
    /// # Errors
    /// `Usage` if nothing would change.
    fn parts(&self) -> Result<(Value, &Targets, &'static str)> {
        let word = |word: &str| json!({ "action": word });
        let switch = |word: &str, on: bool| json!({ "action": word, "on": on });
        let tagged = |word: &str, tags: &str| {
            let tags: Vec<&str> = tags.split(',').map(str::trim).collect();
            json!({ "action": word, "tags": tags })
        };
        Ok(match self {
            Self::Start(targets) => (word("start"), targets, ""),
            Self::Stop(targets) => (word("stop"), targets, ""),
            Self::ForceStart(targets) => (word("force_start"), targets, ""),
            Self::Recheck(targets) => (word("recheck"), targets, ""),
            Self::Reannounce(targets) => (word("reannounce"), targets, ""),
            Self::QueueUp(targets) => (word("queue_up"), targets, ""),
            Self::QueueDown(targets) => (word("queue_down"), targets, ""),
            Self::QueueTop(targets) => (word("queue_top"), targets, ""),
            Self::QueueBottom(targets) => (word("queue_bottom"), targets, ""),
            Self::Move { path, targets } => {
                (json!({ "action": "move", "path": path }), targets, "move PATH")
            }
            Self::Rename { new_name, targets } => {
                (json!({ "action": "rename", "name": new_name }), targets, "rename NAME")
            }
            Self::Category { new_category, targets } => {
                let category = Some(new_category).filter(|name| !name.is_empty());
                let action = json!({ "action": "set_category", "category": category });
                (action, targets, "category CATEGORY")
            }
            Self::AddTags { labels, targets } => {
                (tagged("add_tags", labels), targets, "add-tags TAGS")
            }
            Self::RemoveTags { labels, targets } => {
                (tagged("remove_tags", labels), targets, "remove-tags TAGS")
            }
            Self::Limits { limits, targets } => (limits.action()?, targets, ""),
            Self::AutoManagement { on, targets } => (switch("auto_management", *on), targets, ""),
            Self::Sequential { on, targets } => (switch("sequential", *on), targets, ""),
            Self::FirstLastFirst { on, targets } => (switch("first_last_first", *on), targets, ""),
            Self::SuperSeeding { on, targets } => (switch("super_seeding", *on), targets, ""),
        })
    }
}

/// Acts on torrents; a move is followed.
pub(in crate::cli) async fn act(client: &Client, format: Format, arguments: &Act) -> Result<()> {
    let (action, targets, form) = arguments.what.parts()?;
    let hint = |failure: Failure| match failure {
        Failure::Usage(why) if !form.is_empty() => {
            Failure::Usage(format!("{why}; the value comes first: `revaer action {form} ID…`"))
        }
        other => other,
    };
    let ids = resolve_all(client, &targets.ids).await.map_err(hint)?;
    // One that does not exist is not found; a filter would match nothing.
    let single = ids.first().filter(|_| ids.len() == 1 && !targets.dry_run);
    let answer = if let Some(id) = single {
        client.put(Method::POST, &format!("/v1/torrents/{}/action", part(id)), &action).await?
    } else {
        let body = json!({
            "filter": targets.filter.body(&ids).map_err(hint)?, "action": action, "dry_run": targets.dry_run,
        });
        client.put(Method::POST, "/v1/torrents/action", &body).await?
    };
    if format == Format::Json {
        output::json(&answer);
    } else {
        output::line(&output::counted(&answer["count"], "torrent", "torrents"));
    }
    if matches!(arguments.what, What::Move { .. }) && !targets.dry_run {
        for id in answer["ids"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            follow(client, id, |torrent| torrent["state"] != "moving").await?;
        }
    }
    Ok(())
}
