//! Which actions exist at which level, as the page `docs/contract.md` says.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use crate::Level;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/contract.md");

/// An action at one level.
#[derive(Clone, Debug)]
pub struct Action {
    /// Scope and name, such as `torrents/info`.
    pub name: String,
    /// True if it wants POST; others take GET and POST alike.
    pub is_post: bool,
    /// Parameters that must be present.
    pub required: Vec<String>,
}

impl Action {
    /// Returns the required parameter that names torrents.
    #[must_use]
    pub fn torrent_param(&self) -> Option<&str> {
        let path_actions = ["torrents/setSavePath", "torrents/setDownloadPath"];
        self.required.iter().map(String::as_str).find(|name| match *name {
            "hash" | "hashes" => true,
            "id" => path_actions.contains(&self.name.as_str()),
            _ => false,
        })
    }
}

/// Returns every action that some level has; `None` for one that this level lacks.
///
/// # Errors
/// Fails when the page cannot be read.
pub fn actions(level: Level) -> Result<BTreeMap<String, Option<Action>>> {
    let page = fs_err::read_to_string(PAGE)?;
    let mut found = BTreeMap::new();
    let mut scope = None;
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            scope = Some(heading);
        } else if line.starts_with("## ") {
            scope = None;
        }
        let (Some(scope), true) = (scope, line.starts_with("| `")) else { continue };
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, verb, levels, required] = cells[..] else { continue };
        let name = format!("{scope}/{}", name.trim_matches('`'));
        // A level in brackets is an addition, not the contract.
        let exists = levels.split(' ').any(|word| word == level.name());
        let entry = found.entry(name.clone()).or_insert(None);
        if exists {
            let required = required.split(' ').map(|word| word.trim_matches('`'));
            let required =
                required.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect();
            *entry = Some(Action { name, is_post: verb.starts_with("POST"), required });
        }
    }
    ensure!(found.len() > 100, "docs/contract.md lists only {} actions", found.len());
    found.get("torrents/info").context("docs/contract.md lists `torrents/info`")?;
    Ok(found)
}
