//! Commands about torrents. Each file has one command with its flags, or what several of them need.

mod act;
mod add;
mod create;
mod filter;
mod follow;
mod list;
mod parts;
mod remove;
mod select;

pub(super) use act::{Act, act};
pub(super) use add::{Add, add};
pub(super) use create::{Create, create};
pub(super) use list::{Ls, ls, status};
pub(super) use parts::{Peers, Trackers, peers, trackers};
pub(super) use remove::{Rm, rm};
pub(super) use select::{Select, select};

use super::client::{Client, Failure, Result, query};

/// The whole id that a beginning of at least four digits stands for.
async fn resolve(client: &Client, id: &str) -> Result<String> {
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
