//! `…/web-seeds`: the web seeds of a torrent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::answer::Answer;
use super::call::Call;
use super::problem::{Problem, Result};
use super::trackers::Query;

/// Web seeds of one request, and bytes of a URL.
const MOST: usize = 1000;
const LONGEST: usize = 4096;

#[derive(Debug, Serialize, JsonSchema)]
pub struct WebSeeds {
    pub urls: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewWebSeeds")]
pub struct New {
    /// URLs of `http`, `https` or `ftp`.
    pub urls: Vec<String>,
    /// These are all web seeds: others go.
    #[serde(default)]
    pub replace: bool,
}

fn shown(call: &Call) -> Result {
    let (_, row) = call.torrent()?;
    Answer::json(&WebSeeds { urls: row.facts.web_seeds.clone() })
}

/// Lists the web seeds.
pub async fn list_web_seeds(call: Call) -> Result {
    shown(&call)
}

/// Adds web seeds, known ones are left as they are; or replaces all.
pub async fn add_web_seeds(call: Call) -> Result {
    let new: New = call.json()?;
    let (id, _) = call.torrent()?;
    let urls = checked(&new.urls, "/urls")?;
    if new.replace {
        call.engine().set_web_seeds(id, urls).await?;
    } else {
        call.engine().add_web_seeds(id, urls).await?;
    }
    shown(&call)
}

/// The URLs of web seeds in a list of a body.
pub fn checked(texts: &[String], pointer: &str) -> Result<Vec<String>> {
    if texts.len() > MOST {
        return Err(Problem::invalid(pointer, format!("may have {MOST} values")));
    }
    let checked = texts.iter().enumerate().map(|(at, text)| {
        let url = Url::parse(text).ok().filter(|url| {
            text.len() <= LONGEST && ["http", "https", "ftp"].contains(&url.scheme())
        });
        let reason = "must be a URL of http, https, ftp";
        let url = url.ok_or_else(|| Problem::invalid(format!("{pointer}/{at}"), reason))?;
        Ok(url.into())
    });
    checked.collect()
}

/// Removes web seeds.
pub async fn remove_web_seeds(call: Call) -> Result {
    let query: Query = call.query()?;
    let (id, row) = call.torrent()?;
    for url in &query.url {
        if !row.facts.web_seeds.contains(url) {
            return Err(Problem::not_found(format!("the torrent has no web seed `{url}`")));
        }
    }
    call.engine().remove_web_seeds(id, query.url).await?;
    shown(&call)
}
