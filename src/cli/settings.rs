//! `revaer settings`: get, set, diff, history, revert.

mod source;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::client::{Client, Failure, Result};
use super::ground::GroundArgs;
use super::output::{self, Column, Format};
use source::Source;

#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Work on the database of an instance on this machine, whether a server runs on it or not; one that runs takes a
    /// change over within two seconds.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    ground: GroundArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what is in force.
    Get {
        /// Keys, or their beginnings.
        keys: Vec<String>,
    },
    /// Change settings: `key=value`; `key=` goes back to the default.
    Set {
        /// Changes, all or none of which are made.
        #[arg(required = true)]
        changes: Vec<String>,
    },
    /// Show what differs from the defaults, and what is in force in its place.
    Diff,
    /// Show who changed what.
    History {
        /// Changes at most, the newest first.
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Go back to an earlier revision.
    Revert {
        /// The revision, as `history` shows it.
        revision: u64,
    },
}

/// Runs a command about settings.
pub(super) async fn run(client: &Client, format: Format, command: &Settings) -> Result<()> {
    let source = if command.offline {
        Source::database(&command.ground).await?
    } else {
        Source::Server(client)
    };
    let outcome = carry_out(&source, format, &command.verb).await;
    source.close().await;
    outcome
}

async fn carry_out(source: &Source<'_>, format: Format, verb: &Verb) -> Result<()> {
    match verb {
        Verb::Get { keys } => {
            let document = source.document().await?;
            let all = || document["effective"].as_object().into_iter().flatten();
            for start in keys {
                if !all().any(|(key, _)| key.starts_with(start)) {
                    return Err(Failure::Usage(format!("there is no setting `{start}`")));
                }
            }
            let wanted =
                |key: &str| keys.is_empty() || keys.iter().any(|start| key.starts_with(start));
            let effective: Map<String, Value> = all()
                .filter(|(key, _)| wanted(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            output::record(format, &effective.into());
        }
        Verb::Set { changes } => {
            let mut body = Map::new();
            for change in changes {
                let (key, value) = change
                    .split_once('=')
                    .ok_or_else(|| Failure::Usage(format!("`{change}` is not `key=value`")))?;
                body.insert(key.to_owned(), value_of(value));
            }
            told(format, &source.change(body).await?);
        }
        Verb::Diff => {
            let document = source.document().await?;
            let stored = document["stored"].as_object().into_iter().flatten();
            let rows: Vec<Value> = stored
                .map(|(key, asked)| {
                    json!({ "key": key, "asked": asked, "effective": document["effective"][key] })
                })
                .collect();
            let columns: &[Column] = &[
                ("key", |row| output::text(&row["key"])),
                ("asked for", |row| output::text(&row["asked"])),
                ("in force", |row| output::text(&row["effective"])),
            ];
            output::rows(format, &json!(rows), &rows, columns);
        }
        Verb::History { limit } => {
            let answer = source.history(*limit).await?;
            let columns: &[Column] = &[
                ("revision", |row| output::text(&row["revision"])),
                ("at", |row| output::text(&row["at"])),
                ("by", |row| output::text(&row["actor"])),
                ("key", |row| output::text(&row["key"])),
                ("old", |row| output::text(&row["old"])),
                ("new", |row| output::text(&row["new"])),
            ];
            output::listed(format, &answer, "changes", columns);
        }
        Verb::Revert { revision } => told(format, &source.revert(*revision).await?),
    }
    Ok(())
}

/// Prints what became of a change.
fn told(format: Format, changed: &Value) {
    if format == Format::Json {
        return output::json(changed);
    }
    output::line(&format!("revision {}", output::text(&changed["revision"])));
    for one in changed["adjustments"].as_array().into_iter().flatten() {
        let [key, asked, used, reason] =
            ["key", "asked", "used", "reason"].map(|member| output::text(&one[member]));
        output::line(&format!("{key}: asked for {asked}, in force is {used}: {reason}"));
    }
    let restart = &changed["restart_needed"];
    if restart.as_array().is_some_and(|keys| !keys.is_empty()) {
        output::line(&format!("in force after the next start: {}", output::text(restart)));
    }
    let server = &changed["web_server"];
    if server.is_object() {
        let scheme = if server["https"] == true { "https" } else { "http" };
        let [address, port] = ["address", "port"].map(|member| output::text(&server[member]));
        output::line(&format!("the web server moves to {scheme}, address {address}, port {port}"));
    }
}

/// A value as JSON if it is some, else as text; nothing goes back to the default.
fn value_of(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_or_text() {
        assert_eq!(value_of("7"), json!(7));
        assert_eq!(value_of("true"), json!(true));
        assert_eq!(value_of("/a path"), json!("/a path"));
        assert_eq!(value_of(""), Value::Null);
    }
}
