//! Commands about torrents. Each file has one command with its flags, or what several of them need.

mod act;
mod add;
mod create;
mod files;
mod filter;
mod follow;
mod limits;
mod list;
mod parts;
mod remove;
mod select;

pub(super) use act::{Act, act};
pub(super) use add::{Add, add};
pub(super) use create::{Create, create};
pub(super) use files::{Files, files};
pub(super) use list::{Ls, ls, status};
pub(super) use parts::{Peers, Trackers, peers, trackers};
pub(super) use remove::{Rm, rm};
pub(super) use select::{Select, select};

use serde_json::json;

use super::client::{Client, Failure, Result, part, query};

/// The whole id that a beginning of at least four digits stands for; a whole one stays as it is.
pub(super) async fn resolve(client: &Client, id: &str) -> Result<String> {
    let id = checked(id)?;
    if is_short(&id) { whole(&id, &list(client).await?) } else { Ok(id) }
}

/// The whole ids of torrents that are there, so that one that is not ends the command before anything changes. A single
/// whole id is left to the server.
async fn resolve_all(client: &Client, ids: &[String]) -> Result<Vec<String>> {
    let ids = ids.iter().map(|id| checked(id)).collect::<Result<Vec<String>>>()?;
    if ids.is_empty() || matches!(&ids[..], [id] if !is_short(id)) {
        return Ok(ids);
    }
    let known = list(client).await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(if is_short(&id) {
            whole(&id, &known)?
        } else if known.contains(&id) {
            id
        } else {
            // A torrent answers to the id that it had before its metadata came, too.
            let torrent = client.get(&format!("/v1/torrents/{}", part(&id))).await?;
            torrent["id"].as_str().map_or(id, str::to_owned)
        });
    }
    Ok(found)
}

/// An id in small letters.
fn checked(id: &str) -> Result<String> {
    if id.len() >= 4 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(id.to_ascii_lowercase());
    }
    Err(Failure::Usage(format!(
        "`{id}` is no id of a torrent, which has 40 hexadecimal digits or is a beginning of at least four"
    )))
}

fn is_short(id: &str) -> bool {
    id.len() < 40
}

fn whole(id: &str, known: &[String]) -> Result<String> {
    let found: Vec<&String> = known.iter().filter(|whole| whole.starts_with(id)).collect();
    match &found[..] {
        [whole] => Ok((*whole).clone()),
        [] => Err(Failure::Problem(json!({
            "status": 404, "title": "There is nothing here",
            "detail": format!("there is no torrent whose id begins with `{id}`"),
        }))),
        _ => Err(Failure::Usage(format!("`{id}` is the beginning of {} torrents", found.len()))),
    }
}

/// The ids of all torrents.
async fn list(client: &Client) -> Result<Vec<String>> {
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
        found.extend(ids.filter_map(|torrent| torrent["id"].as_str()).map(str::to_owned));
        match answer["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(found),
        }
    }
}
