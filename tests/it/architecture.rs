//! Who may import whom: the table in `docs/architecture.md`, held against the code.
//!
//! The table is the rule and this file only reads it, so that the page people learn from cannot
//! drift from what is enforced.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::source::{self, CodePath};

/// What the table says.
#[derive(Debug, Default)]
struct Rules {
    /// Room → the rooms it may import.
    rooms: BTreeMap<String, BTreeSet<String>>,
    /// Crate → the one room that may use it.
    crates: BTreeMap<String, String>,
    /// Room → its children that may not import each other.
    strangers: BTreeMap<String, BTreeSet<String>>,
}

impl Rules {
    fn read(page: &str) -> Self {
        let (_, rest) = page.split_once("## Who may import whom").expect("the page has the table");
        let rows = rest
            .lines()
            .skip_while(|line| !line.starts_with("| ---"))
            .skip(1)
            .take_while(|line| line.starts_with('|'));
        let mut rules = Self::default();
        for row in rows {
            let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
            let [rooms, imports] = cells[..] else { panic!("a row has two cells: {row}") };
            rules.add(&quoted(rooms), &without_parentheses(imports));
        }
        assert!(!rules.rooms.is_empty(), "the table is empty");
        rules
    }

    fn add(&mut self, rooms: &[String], imports: &str) {
        let (imports, strangers) = imports.split_once(';').unwrap_or((imports, ""));
        let (imports, crates) = imports.split_once("and alone").unwrap_or((imports, ""));
        let mut allowed: BTreeSet<String> = quoted(imports).into_iter().collect();
        if imports.contains("every room above") {
            allowed.extend(self.rooms.keys().cloned());
        }
        for room in rooms {
            self.rooms.insert(room.clone(), allowed.clone());
            for name in quoted(crates) {
                self.crates.insert(name, room.clone());
            }
            if !strangers.is_empty() {
                self.strangers.insert(room.clone(), quoted(strangers).into_iter().collect());
            }
        }
    }

    /// Returns one line for each path in the file that the table does not allow.
    fn breaches(&self, file: &Path, source: &str) -> Vec<String> {
        let module = module_of(file);
        let Some(room) = module.first() else { return Vec::new() };
        source::paths(source)
            .iter()
            .filter_map(|path| {
                let reason = self.breach(room, &module, path)?;
                let spelled = path.segments.join("::");
                Some(format!("{}:{}: `{spelled}`: {reason}", file.display(), path.line))
            })
            .collect()
    }

    fn breach(&self, room: &str, module: &[String], path: &CodePath) -> Option<String> {
        if let Some(owner) = self.crates.get(&path.segments[0])
            && path.segments.len() > 1
            && owner != room
        {
            return Some(format!("only `{owner}` may use this crate"));
        }
        let target = resolve(module, path)?;
        let target_room = target.first()?;
        if target_room != room {
            let Some(allowed) = self.rooms.get(room) else {
                return Some(format!("`{room}` has no row in docs/architecture.md"));
            };
            if !allowed.contains(target_room) {
                return Some(format!("`{room}` may not import `{target_room}`"));
            }
            return None;
        }
        let strangers = self.strangers.get(room)?;
        let (from, to) = (module.get(1)?, target.get(1)?);
        (from != to && strangers.contains(from) && strangers.contains(to))
            .then(|| format!("`{from}` and `{to}` never import each other"))
    }
}

/// Returns `["engine", "worker"]` for `src/engine/worker.rs`, and nothing for the crate's roots.
fn module_of(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix("src").expect("only files of src are asked about");
    let module: Vec<String> = inside
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_str().expect("our file names are ASCII").to_owned())
        .collect();
    if module == ["main"] || module == ["lib"] { Vec::new() } else { module }
}

/// Returns the path from the crate's root, if it is written as `crate::…` or leaves its module by
/// `super::…`. Names that were brought in by a `use` were judged there.
fn resolve(module: &[String], path: &CodePath) -> Option<Vec<String>> {
    let segments = &path.segments;
    match segments[0].as_str() {
        "crate" => Some(segments[1..].to_vec()),
        "super" => {
            let ups = segments.iter().take_while(|segment| *segment == "super").count();
            // The names of inline modules do not matter: they are only left.
            let kept = (module.len() + path.depth).checked_sub(ups)?;
            let base = &module[..kept.min(module.len())];
            (kept <= module.len()).then(|| [base, &segments[ups..]].concat())
        }
        _ => None,
    }
}

/// Returns what stands in backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    kept
}

fn rules() -> Rules {
    Rules::read(&source::read(Path::new("docs/architecture.md")))
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let rules = rules();

    let breaches: Vec<String> = source::files(&["src"], &["rs"])
        .iter()
        .flat_map(|file| rules.breaches(file, &source::read(file)))
        .collect();

    assert!(breaches.is_empty(), "against docs/architecture.md:\n{}", breaches.join("\n"));
}

#[test]
fn every_room_has_a_row() {
    let rules = rules();

    let homeless: BTreeSet<String> = source::files(&["src"], &["rs"])
        .iter()
        .filter_map(|file| module_of(file).into_iter().next())
        .filter(|room| !rules.rooms.contains_key(room))
        .collect();

    assert!(homeless.is_empty(), "no row in docs/architecture.md for {homeless:?}");
}

#[test]
fn the_core_knows_no_wire_format() {
    let serialised: Vec<String> = source::files(&["src"], &["rs"])
        .iter()
        .filter(|file| module_of(file).first().is_some_and(|room| room == "model"))
        .flat_map(|file| {
            source::paths(&source::read(file))
                .into_iter()
                .filter(|path| path.segments[0].starts_with("serde"))
                .map(|path| format!("{}:{}", file.display(), path.line))
                .collect::<Vec<_>>()
        })
        .collect();

    assert!(serialised.is_empty(), "`model` has no serde:\n{}", serialised.join("\n"));
}

/// Every way to break the table, so that a rule that stopped working is noticed.
#[test]
fn each_kind_of_breach_is_found() {
    let cases = [
        ("src/model/id.rs", "use crate::store::X;", "`model` may not import `store`"),
        ("src/store.rs", "fn f() { crate::engine::run() }", "`store` may not import `engine`"),
        ("src/store.rs", "use super::engine::Engine;", "`store` may not import `engine`"),
        ("src/auth/bans.rs", "use super::super::http;", "`auth` may not import `http`"),
        ("src/auth.rs", "mod t { use super::super::app; }", "`auth` may not import `app`"),
        ("src/engine.rs", "use crate::{model::Tag, app::App};", "`engine` may not import `app`"),
        ("src/engine.rs", "use crate::automation;", "`engine` may not import `automation`"),
        ("src/intake.rs", "use revaer_native::parse;", "only `engine` may use this crate"),
        ("src/http/v1/x.rs", "use sea_orm::DbErr;", "only `store` may use this crate"),
        ("src/http/v1.rs", "use crate::http::ui;", "`v1` and `ui` never import each other"),
        ("src/http/ui.rs", "use super::v1::wire;", "`ui` and `v1` never import each other"),
        ("src/attic.rs", "use crate::model;", "`attic` has no row in docs/architecture.md"),
        ("src/cli.rs", "use crate::Everything;", "`cli` may not import `Everything`"),
    ];
    let rules = rules();

    for (file, source, expected) in cases {
        let breaches = rules.breaches(Path::new(file), source);

        assert_eq!(breaches.len(), 1, "{file}: {source}: {breaches:?}");
        assert!(breaches[0].ends_with(expected), "{}", breaches[0]);
    }
}

#[test]
fn what_the_table_allows_passes() {
    let cases = [
        ("src/main.rs", "use revaer::cli; use crate::anything;"),
        ("src/lib.rs", "pub use crate::engine::Engine;"),
        (
            "src/engine/worker.rs",
            "use super::snapshot::Row; use crate::store; use revaer_native::A;",
        ),
        ("src/engine/worker.rs", "mod tests { use super::*; use super::super::reduce; }"),
        (
            "src/store/torrents.rs",
            "use sea_orm::Set; pub(crate) fn f() { let s = \"crate::http\"; }",
        ),
        ("src/app.rs", "use crate::{auth, automation, engine, telemetry};"),
        ("src/http/v1.rs", "use crate::http::error::ApiError; use crate::app::App;"),
        ("src/http/qbittorrent/sync.rs", "use crate::http::qbittorrent::fields; use super::level;"),
        ("src/automation/rss.rs", "use crate::intake::NewTorrent; // use crate::http"),
        ("src/cli/serve.rs", "use crate::app::App; use crate::http::v1::wire;"),
    ];
    let rules = rules();

    for (file, source) in cases {
        assert_eq!(rules.breaches(Path::new(file), source), Vec::<String>::new(), "{file}");
    }
}
