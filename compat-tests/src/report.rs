//! The comparison of live servers: one run of all scenarios for each server, and one table of scenario and level.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use serde::Deserialize;
use tempfile::TempDir;

use crate::Level;
use crate::difference::{self, ALONE};

/// The outcome of every test of one run, and what they noted.
pub struct Run {
    /// By the name of the test, `binary module::scenario::level`.
    passed: BTreeMap<String, bool>,
    /// By the same name: rows of `docs/differences.md`.
    notes: BTreeMap<String, BTreeSet<String>>,
}

/// A line of the runner's report; only those of tests matter.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    event: String,
    name: Option<String>,
}

impl Run {
    /// Runs the tests that `filter` selects: against the reference server of a level, or against Revaer at every level,
    /// which then does no more than its level.
    ///
    /// # Errors
    /// Fails when the runner cannot be started or reports nothing.
    pub fn of(
        reference: Option<Level>,
        filter: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let notes = tempfile::Builder::new().prefix("compat-notes-").tempdir()?;
        let target = reference.map_or("revaer", Level::name);
        eprintln!("== {target}");
        // Now and then a real server crashes when it ends; ours has one try.
        let retries = if reference.is_some() { "1" } else { "0" };
        let output = Command::new("cargo")
            .args(["nextest", "run", "--locked", "--workspace", "--profile", "compat"])
            .args(["--retries", retries])
            .args(["--no-fail-fast", "--message-format", "libtest-json", "-E", filter])
            .env("NEXTEST_EXPERIMENTAL_LIBTEST_JSON", "1")
            .env("COMPAT_TARGET", target)
            .env("COMPAT_STRICT", "1")
            .env("COMPAT_NOTES", notes.path())
            .envs(environment.iter().copied())
            .stderr(Stdio::inherit())
            .output()
            .context("cargo and nextest are installed by `make deps`")?;
        let mut passed = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
            let (Some(name), true) = (line.name, line.kind == "test") else { continue };
            if line.event == "ok" || line.event == "failed" {
                passed.insert(test_name(&name), line.event == "ok");
            }
        }
        ensure!(!passed.is_empty(), "the runner reported no test: {}", output.status);
        Ok(Self { passed, notes: read_notes(&notes)? })
    }

    /// Returns how many tests failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.passed.values().filter(|passed| !**passed).count()
    }

    /// Returns the outcome of a scenario at a level; `None` if it is not there or has nothing to compare. One that does
    /// not depend on the level runs at one, as `any`.
    fn at(&self, scenario: &str, level: Level) -> Option<bool> {
        let name = format!("l{}", level.name().replace('.', ""));
        let of = |level: &str| {
            let test = format!("{scenario}::{level}");
            let passed = self.passed.get(&test).copied()?;
            let is_alone = self.notes.get(&test).is_some_and(|notes| notes.contains(ALONE));
            Some((!is_alone).then_some(passed))
        };
        of(&name).or_else(|| of("any")).flatten()
    }
}

/// The test's own name, from the runner's `package::binary$test`, with `#2` behind it at a second try.
fn test_name(name: &str) -> String {
    let name = name.split_once('$').map_or(name, |(_, test)| test);
    name.split_once('#').map_or(name, |(name, _)| name).to_owned()
}

fn read_notes(folder: &TempDir) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut notes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs_err::read_dir(folder.path())? {
        for line in fs_err::read_to_string(entry?.path())?.lines() {
            if let Some((test, row)) = line.split_once('\t') {
                notes.entry(test.to_owned()).or_default().insert(row.to_owned());
            }
        }
    }
    Ok(notes)
}

/// Draws the table, scenarios by levels, and counts the live differences: scenarios with another outcome on Revaer than
/// on the real server, or that fail on both.
#[must_use]
pub fn table(ours: &Run, theirs: &[(Level, Run)]) -> (String, usize) {
    let rows = difference::rows();
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    let mut head = vec!["Scenario".to_owned()];
    head.extend(theirs.iter().map(|(level, _)| format!("{level}: real / Revaer")));
    head.push("Rows of differences.md".to_owned());
    table.set_header(head);
    let mut counts = vec![(0, 0); theirs.len()];
    let mut differing = Vec::new();
    let scenarios: BTreeSet<&str> = ours
        .passed
        .keys()
        .filter_map(|test| test.rsplit_once("::"))
        .filter(|(_, level)| matches!(*level, "l45" | "l51" | "l53" | "any"))
        .map(|(scenario, _)| scenario)
        .collect();
    let mut touched = BTreeSet::new();
    for scenario in scenarios {
        let mut cells = vec![scenario.to_owned()];
        for ((level, reference), count) in theirs.iter().zip(&mut counts) {
            let (real, revaer) = (reference.at(scenario, *level), ours.at(scenario, *level));
            let (Some(real), Some(revaer)) = (real, revaer) else {
                cells.push("-".to_owned());
                continue;
            };
            count.0 += 1;
            let outcome = format!("{} / {}", word(real), word(revaer));
            if !(real && revaer) {
                count.1 += 1;
                differing.push(format!("{level} {scenario}: {outcome}"));
            }
            cells.push(outcome);
        }
        let noted: BTreeSet<usize> = ours
            .notes
            .iter()
            .filter(|(test, _)| test.rsplit_once("::").is_some_and(|(name, _)| name == scenario))
            .flat_map(|(_, noted)| noted)
            .filter_map(|row| rows.iter().position(|known| known == row))
            .map(|index| index + 1)
            .collect();
        cells.push(noted.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        touched.extend(noted);
        table.add_row(cells);
    }
    let mut text = format!("{table}\n\nRows of docs/differences.md that a scenario touches:\n");
    for number in touched {
        let _ = writeln!(text, "{number:3}  {}", rows[number - 1]);
    }
    text.push('\n');
    for line in differing {
        let _ = writeln!(text, "{line}");
    }
    for ((level, _), (scenarios, differences)) in theirs.iter().zip(&counts) {
        let same = scenarios - differences;
        let _ = writeln!(
            text,
            "{level}: {scenarios} scenarios, {same} pass on both, {differences} live differences"
        );
    }
    (text, counts.iter().map(|(_, differences)| differences).sum())
}

const fn word(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILS" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcomes: &[(&str, bool)]) -> Run {
        let passed = outcomes.iter().map(|(name, passed)| ((*name).to_owned(), *passed)).collect();
        Run { passed, notes: BTreeMap::new() }
    }

    #[test]
    fn a_difference_is_counted_at_its_level() {
        let ours = run(&[("app::a::l45", true), ("app::a::l51", false), ("swarm::b::any", true)]);
        let old = run(&[("app::a::l45", true), ("swarm::b::any", true)]);
        let new = run(&[("app::a::l51", true), ("swarm::b::any", true)]);

        let (text, differences) = table(&ours, &[(Level::L45, old), (Level::L51, new)]);

        assert_eq!(differences, 1);
        assert!(text.contains("| app::a   | ok / ok"), "{text}");
        assert!(text.contains("ok / FAILS"), "{text}");
        assert!(text.contains("4.5: 2 scenarios, 2 pass on both, 0 live differences"), "{text}");
        assert!(text.contains("5.1: 2 scenarios, 1 pass on both, 1 live differences"), "{text}");
        assert!(text.contains("5.1 app::a: ok / FAILS"), "{text}");
    }

    #[test]
    fn what_has_no_counterpart_is_not_counted() {
        let ours = run(&[("app::a::any", true)]);
        let mut real = run(&[("app::a::any", true)]);
        real.notes.insert("app::a::any".to_owned(), BTreeSet::from([ALONE.to_owned()]));

        let (text, _) = table(&ours, &[(Level::L53, real)]);

        assert!(text.contains("5.3: 0 scenarios"), "{text}");
    }
}
