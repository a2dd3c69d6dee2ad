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

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebSeeds {
    /// URLs of `http`, `https` or `ftp`.
    pub urls: Vec<String>,
}

fn shown(call: &Call) -> Result {
    let (_, row) = call.torrent()?;
    Answer::json(&WebSeeds { urls: row.facts.web_seeds.clone() })
}

/// Lists the web seeds.
pub async fn list_web_seeds(call: Call) -> Result {
    shown(&call)
}

/// Adds web seeds; known ones are left as they are.
pub async fn add_web_seeds(call: Call) -> Result {
    let new: WebSeeds = call.json()?;
    let (id, _) = call.torrent()?;
    if new.urls.len() > MOST {
        return Err(Problem::invalid("/urls", format!("may have {MOST} values")));
    }
    let mut urls = Vec::with_capacity(new.urls.len());
    for (at, text) in new.urls.iter().enumerate() {
        let url = Url::parse(text).ok().filter(|url| {
            text.len() <= LONGEST && ["http", "https", "ftp"].contains(&url.scheme())
        });
        let problem =
            || Problem::invalid(format!("/urls/{at}"), "must be a URL of http, https, ftp");
        urls.push(url.ok_or_else(problem)?.into());
    }
    call.engine().add_web_seeds(id, urls).await?;
    shown(&call)
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
