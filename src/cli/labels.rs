//! `revaer categories` and `revaer tags`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::client::{Client, Failure, Result, part};
use super::output::{self, Column, Format};

/// What is done with categories; they are listed without a word.
#[derive(Debug, Subcommand)]
pub(super) enum Categories {
    /// List categories.
    Ls,
    /// Make a category.
    Add {
        /// Its name; `a/b` lies in `a`.
        name: String,
        #[command(flatten)]
        paths: Paths,
    },
    /// Change a category; torrents under automatic management follow its paths.
    Set {
        /// Its name.
        name: String,
        #[command(flatten)]
        paths: Paths,
    },
    /// Remove a category; its torrents stay.
    Rm {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Where its torrents go; empty for a folder named after it in the default save path.
    #[arg(long)]
    save_path: Option<String>,
    /// Where they are while incomplete: a path, `inherit`, `disabled` or `implicit`.
    #[arg(long)]
    download_path: Option<String>,
}

/// What is done with tags; they are listed without a word.
#[derive(Debug, Subcommand)]
pub(super) enum Tags {
    /// List tags.
    Ls,
    /// Make tags.
    Add {
        /// Their names.
        #[arg(required = true)]
        tags: Vec<String>,
    },
    /// Forget a tag and take it from all torrents.
    Rm {
        /// Its name.
        tag: String,
    },
}

const CATEGORIES: &[Column] = &[
    ("name", |row| output::text(&row["name"])),
    ("torrents", |row| output::text(&row["torrents"])),
    ("save path", |row| output::text(&row["save_path"])),
];

const TAGS: &[Column] = &[
    ("name", |row| output::text(&row["name"])),
    ("torrents", |row| output::text(&row["torrents"])),
];

impl Paths {
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        if let Some(path) = &self.save_path {
            let path = if path.is_empty() { Value::Null } else { json!(path) };
            body.insert("save_path".to_owned(), path);
        }
        match self.download_path.as_deref() {
            None => {}
            Some(word @ ("inherit" | "disabled" | "implicit")) => {
                body.insert("download_path".to_owned(), json!(word));
            }
            Some(path) => {
                body.insert("download_path".to_owned(), json!({ "at": path }));
            }
        }
        body
    }
}

/// Runs a command about categories.
pub(super) async fn categories(
    client: &Client,
    format: Format,
    command: Option<&Categories>,
) -> Result<()> {
    match command {
        None | Some(Categories::Ls) => {
            let answer = client.get("/v1/categories").await?;
            output::listed(format, &answer, "categories", CATEGORIES);
        }
        Some(Categories::Add { name, paths }) => {
            let mut body = paths.body();
            body.insert("name".to_owned(), json!(name));
            let answer = client.put(Method::POST, "/v1/categories", &body.into()).await?;
            output::record(format, &answer);
        }
        Some(Categories::Set { name, paths }) => {
            let body = paths.body();
            if body.is_empty() {
                return Err(Failure::Usage("name a path to change".to_owned()));
            }
            let path = format!("/v1/categories/{}", part(name));
            output::record(format, &client.put(Method::PATCH, &path, &body.into()).await?);
        }
        Some(Categories::Rm { name }) => {
            client.delete(&format!("/v1/categories/{}", part(name))).await?;
        }
    }
    Ok(())
}

/// Runs a command about tags.
pub(super) async fn tags(client: &Client, format: Format, command: Option<&Tags>) -> Result<()> {
    let answer = match command {
        None | Some(Tags::Ls) => client.get("/v1/tags").await?,
        Some(Tags::Add { tags }) => {
            client.put(Method::POST, "/v1/tags", &json!({ "tags": tags })).await?
        }
        Some(Tags::Rm { tag }) => {
            client.delete(&format!("/v1/tags/{}", part(tag))).await?;
            return Ok(());
        }
    };
    output::listed(format, &answer, "tags", TAGS);
    Ok(())
}
