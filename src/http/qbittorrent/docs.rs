//! The page of the contract, made from its tables.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::fields::{FIELDS, Place};
use super::level::Level;
use super::preferences;
use super::routes::{self, Access, Route, Verb};

const HEAD: &str = "# The contract

What `/api/v2` answers at which level. This page is made from the tables in `src/http/qbittorrent/`; a test fails when
they differ. Behaviour that differs from qbittorrent-nox on purpose is in [differences.md](differences.md).

Levels are 4.5 (as qbittorrent-nox 4.5.2), 5.1 (5.1.0) and 5.3 (5.3.0). A level in brackets answers too unless the
server runs with `--strict-contract`.
";

/// Renders the page.
#[must_use]
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    endpoints(&mut page);
    torrent_fields(&mut page);
    preference_keys(&mut page);
    page
}

fn endpoints(page: &mut String) {
    page.push_str(
        "\n## Endpoints\n\nGET stands for GET and POST alike. Parameters are those that must be present; one that \
         differs between levels stands in a row for each.\n",
    );
    let mut scopes: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    for row in routes::rows() {
        scopes.entry(row.scope()).or_default().push(row);
    }
    for (scope, rows) in scopes {
        let head = "| Action | Verb | Levels | Parameters |\n| --- | --- | --- | --- |";
        let _ = write!(page, "\n### {scope}\n\n{head}\n");
        for row in rows {
            let verb = match row.verb {
                Verb::Get => "GET",
                Verb::Post => "POST",
            };
            let action = row.path.split_once('/').map_or(row.path, |(_, action)| action);
            let open = if row.access == Access::Anyone { ", without a session" } else { "" };
            let levels = levels(|level| {
                (row.levels.contains(level), row.also.is_some_and(|also| also.contains(level)))
            });
            let _ = writeln!(
                page,
                "| `{action}` | {verb}{open} | {levels} | {} |",
                words(row.required(true))
            );
        }
    }
}

fn torrent_fields(page: &mut String) {
    page.push_str(
        "\n## Fields of a torrent\n\n| Field | Levels | Answers |\n| --- | --- | --- |\n",
    );
    for field in FIELDS {
        let place = match field.place {
            Place::Everywhere => "`torrents/info`, `sync/maindata`",
            Place::InfoOnly => "`torrents/info`",
            Place::MaindataOnly => "`sync/maindata`",
        };
        let levels = levels(|level| (field.since <= level, false));
        let _ = writeln!(page, "| `{}` | {levels} | {place} |", field.key);
    }
}

fn preference_keys(page: &mut String) {
    page.push_str(
        "\n## Preferences\n\nThe setting is that of [settings.md](settings.md).\n\n| Key | Levels | Setting |\n\
         | --- | --- | --- |\n",
    );
    for preference in preferences::documented() {
        let levels = levels(|level| (preference.is_at(level), false));
        let _ = writeln!(page, "| `{}` | {levels} | {} |", preference.key, preference.target());
    }
}

/// The levels for which `known` says that they have something, and those that have it as an addition.
fn levels(known: impl Fn(Level) -> (bool, bool)) -> String {
    let words = Level::ALL.into_iter().filter_map(|level| match known(level) {
        (true, _) => Some(level.as_str().to_owned()),
        (false, true) => Some(format!("({})", level.as_str())),
        (false, false) => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn words(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}
