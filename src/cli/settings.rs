//! `revaer settings`: get, set, diff, history, revert.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::client::{Client, Failure, Result, query};
use super::output::{self, Column, Format};

#[derive(Debug, Subcommand)]
pub(super) enum Settings {
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
    match command {
        Settings::Get { keys } => {
            let document = client.get("/v1/settings").await?;
            let wanted =
                |key: &str| keys.is_empty() || keys.iter().any(|start| key.starts_with(start));
            let effective: Map<String, Value> = document["effective"]
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, _)| wanted(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            if effective.is_empty() {
                return Err(Failure::Usage("there is no such setting".to_owned()));
            }
            output::record(format, &effective.into());
        }
        Settings::Set { changes } => {
            let mut body = Map::new();
            for change in changes {
                let (key, value) = change
                    .split_once('=')
                    .ok_or_else(|| Failure::Usage(format!("`{change}` is not `key=value`")))?;
                body.insert(key.to_owned(), value_of(value));
            }
            output::record(format, &client.put(Method::PATCH, "/v1/settings", &body.into()).await?);
        }
        Settings::Diff => {
            let document = client.get("/v1/settings").await?;
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
        Settings::History { limit } => {
            let query = query(&[("limit", limit.to_string())]);
            let answer = client.get(&format!("/v1/settings/history{query}")).await?;
            let columns: &[Column] = &[
                ("revision", |row| output::text(&row["revision"])),
                ("at", |row| output::text(&row["at"])),
                ("by", |row| output::text(&row["actor"])),
                ("key", |row| output::text(&row["key"])),
                ("old", |row| output::text(&row["old"])),
                ("new", |row| output::text(&row["new"])),
            ];
            let rows = answer["changes"].as_array().cloned().unwrap_or_default();
            output::rows(format, &answer, &rows, columns);
        }
        Settings::Revert { revision } => {
            let body = json!({ "revision": revision });
            output::record(format, &client.put(Method::POST, "/v1/settings/revert", &body).await?);
        }
    }
    Ok(())
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
