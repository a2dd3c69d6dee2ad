//! The page of all settings, made from the table.

use std::fmt::Write;

use serde_json::Value;

use super::keys::{self, Apply, Row};
use super::profile::Profile;

const HEAD: &str = "# Settings

This page is made from the table in `src/settings/keys.rs`; a test fails when they differ.
Numbers beyond their range are moved into it and reported; values of another type are refused.
`null` means none or unlimited. Secrets are sealed in the database and never shown.
Preferences of `/api/v2` that have no effect are kept in `compat.preferences` and returned.
";

/// Renders the page.
#[must_use]
pub fn page() -> String {
    let defaults = Profile::default();
    let mut page = HEAD.to_owned();
    let mut section = "";
    for row in keys::rows() {
        let (this, _) = row.key.split_once('.').unwrap_or((row.key, ""));
        if this != section {
            section = this;
            let head =
                "| Key | Type | Default | Range | Meaning |\n| --- | --- | --- | --- | --- |";
            let _ = write!(page, "\n## {section}\n\n{head}\n");
        }
        let _ = writeln!(page, "{}", line(row, &defaults));
    }
    page
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
    format!("| `{key}` | {kind}{optional} | {default} | {range} | {doc}{restart} |")
}
