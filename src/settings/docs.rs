//! The page of all settings, made from the table.

use std::fmt::Write;

use serde_json::Value;

use super::keys::{self, Apply, Effect, Row};
use super::profile::Profile;

const HEAD: &str = "# Settings

This page is made from the table in `src/settings/keys.rs`; a test fails when they differ.
Numbers beyond their range are moved into it and reported; values of another type are refused.
`null` means none or unlimited. Secrets are sealed in the database and never shown.
Preferences of `/api/v2` that have no effect are kept in `compat.preferences` and returned.

The last column says what a setting does, and with it how a test proves it:

- `name` in code: it is this setting of libtorrent, or these are worked out from it. The test reads them back from the
  running session. A `?` stands behind those that older versions of libtorrent lack; there the setting has no effect and
  is listed among the adjustments.
- *calls*: libtorrent is told by calls that it cannot give back as settings. Tests prove what it does.
- *Revaer*: Revaer does it, not libtorrent. Tests prove what it does.
- *none*: it is kept and returned without effect, for the reason given.

A ban, a rule, a file and a downloaded list block together: what one of them blocks is blocked, and nothing allows it
again. Share limits, the schedule and blocked hosts of trackers are enforced by Revaer; the settings of the queue that
speak of ratio and time only order seeds.

`revaer serve --trust-store FILE` (`REVAER_TRUST_STORE`) is no setting, because libtorrent reads its authorities once, at
the start of the process: it trusts the certificate authorities of a PEM file beside those of the system.
";

/// Renders the page.
#[must_use]
pub fn page() -> String {
    let defaults = Profile::default();
    let mut page = HEAD.to_owned();
    let _ = write!(page, "\n{}\n", counts());
    let mut section = "";
    for row in keys::rows() {
        let (this, _) = row.key.split_once('.').unwrap_or((row.key, ""));
        if this != section {
            section = this;
            let head = "| Key | Type | Default | Range | Meaning | Effect |\n| --- | --- | --- | --- | --- | --- |";
            let _ = write!(page, "\n## {section}\n\n{head}\n");
        }
        let _ = writeln!(page, "{}", line(row, &defaults));
    }
    page
}

/// How many settings there are, and what proves how many of them.
fn counts() -> String {
    let count = |is_so: fn(&Effect) -> bool| keys::rows().filter(|row| is_so(&row.effect)).count();
    let read_back =
        count(|effect| matches!(effect, Effect::Is(_) | Effect::IsIfKnown(_) | Effect::Sets(_)));
    let newer = count(|effect| matches!(effect, Effect::IsIfKnown(_)));
    let calls = count(|effect| *effect == Effect::Calls);
    let own = count(|effect| *effect == Effect::Revaer);
    let kept = count(|effect| matches!(effect, Effect::Kept(_)));
    let all = keys::rows().count();
    format!(
        "There are {all} settings. One test sets each of them, finds it in force, and finds it again after a restart; \
         of {read_back} it reads back from the running session what libtorrent has ({newer} of these only where \
         libtorrent is new enough). {calls} by calls and {own} of Revaer are proven by what they do: \
         [`compat-tests/tests/settings/proofs.rs`](../compat-tests/tests/settings/proofs.rs) names the test of each, and \
         a test keeps that list whole. {kept} have no effect."
    )
}

fn line(row: &Row, defaults: &Profile) -> String {
    let optional = if row.optional { " or null" } else { "" };
    let default = match row.value(defaults) {
        _ if row.is_secret() => String::new(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        value => format!("`{}`", value.to_string().replace('|', "\\|")),
    };
    let range = match &row.range {
        Some(range) => format!("{} to {}", range.start(), range.end()),
        None => String::new(),
    };
    let restart = if row.apply == Apply::Restart { " Takes effect at the next start." } else { "" };
    let (key, kind, doc) = (row.key, row.kind, row.doc.trim());
    let effect = effect(row.effect);
    format!("| `{key}` | {kind}{optional} | {default} | {range} | {doc}{restart} | {effect} |")
}

fn effect(effect: Effect) -> String {
    match effect {
        Effect::Is(name) => format!("`{name}`"),
        Effect::IsIfKnown(name) => format!("`{name}`?"),
        Effect::Sets(names) => {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        }
        Effect::Calls => "*calls*".to_owned(),
        Effect::Revaer => "*Revaer*".to_owned(),
        Effect::Kept(reason) => format!("*none*: {reason}"),
    }
}
