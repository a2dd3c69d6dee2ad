//! What commands print: tables for people, JSON for programs. The only place that writes to stdout.

use std::io::Write as _;

use clap::ValueEnum;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::Value;

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    #[default]
    Table,
    Json,
}

/// A column: its head, and how a row fills it.
pub(super) type Column = (&'static str, fn(&Value) -> String);

/// Prints a line; a reader that has gone away is no failure.
pub(super) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints text as it is.
pub(super) fn raw(bytes: &[u8]) {
    let _ = std::io::stdout().write_all(bytes);
}

/// Prints JSON for programs.
pub(super) fn json(value: &Value) {
    line(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Prints rows as a table, or the whole answer as JSON.
pub(super) fn rows(format: Format, answer: &Value, rows: &[Value], columns: &[Column]) {
    if format == Format::Json {
        json(answer);
        return;
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(columns.iter().map(|(head, _)| *head));
    for row in rows {
        table.add_row(columns.iter().map(|(_, fill)| plain(&fill(row))));
    }
    line(&table.trim_fmt());
}

/// As [`rows`], with those of one member of the answer.
pub(super) fn listed(format: Format, answer: &Value, member: &str, columns: &[Column]) {
    rows(format, answer, answer[member].as_array().map_or(&[], Vec::as_slice), columns);
}

/// Prints one resource, a member a line, or as JSON.
pub(super) fn record(format: Format, answer: &Value) {
    record_of(format, answer, |_, value| text(value));
}

/// As [`record`], with the words for each member.
pub(super) fn record_of(format: Format, answer: &Value, worded: fn(&str, &Value) -> String) {
    let Value::Object(members) = answer else { return json(answer) };
    if format == Format::Json {
        return json(answer);
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    for (name, value) in members {
        table.add_row([plain(name), plain(&worded(name, value))]);
    }
    line(&table.trim_fmt());
}

/// A value as a person reads it.
#[must_use]
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Names come from strangers: what could steer a terminal is shown as a mark.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// Bytes as a person reads them.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(super) fn bytes(value: &Value) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let Some(bytes) = value.as_i64() else { return "-".to_owned() };
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

/// A number with its word.
#[must_use]
pub(super) fn counted(count: &Value, one: &str, many: &str) -> String {
    format!("{} {}", text(count), if *count == 1 { one } else { many })
}

/// Seconds as a person reads them, by the two largest units.
#[must_use]
pub(super) fn duration(value: &Value) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)];
    let Some(seconds) = value.as_u64() else { return text(value) };
    let Some(first) = UNITS.iter().position(|(_, unit)| seconds >= *unit) else {
        return "0 s".to_owned();
    };
    let mut left = seconds;
    let mut parts = Vec::with_capacity(2);
    for (word, unit) in UNITS.iter().skip(first).take(2) {
        if left >= *unit {
            parts.push(format!("{} {word}", left / unit));
        }
        left %= unit;
    }
    parts.join(" ")
}

/// A share as percent.
#[must_use]
pub(super) fn percent(value: &Value) -> String {
    value.as_f64().map_or_else(|| "-".to_owned(), |share| format!("{:.1}%", share * 100.0))
}

/// A share as a number of two digits.
#[must_use]
pub(super) fn ratio(value: &Value) -> String {
    value.as_f64().map_or_else(|| "∞".to_owned(), |ratio| format!("{ratio:.2}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_to_people() {
        assert_eq!(bytes(&json!(512)), "512 B");
        assert_eq!(bytes(&json!(1_572_864)), "1.5 MiB");
        assert_eq!(percent(&json!(0.5)), "50.0%");
        assert_eq!(ratio(&json!(null)), "∞");
        assert_eq!(plain("a\x1b[31m"), "a\u{fffd}[31m");
        assert_eq!(counted(&json!(1), "torrent", "torrents"), "1 torrent");
        assert_eq!(counted(&json!(0), "torrent", "torrents"), "0 torrents");
        let times = [0, 59, 60, 3_661, 90_000].map(|seconds| duration(&json!(seconds)));
        assert_eq!(times, ["0 s", "59 s", "1 min", "1 h 1 min", "1 d 1 h"]);
        assert_eq!(duration(&json!(null)), "-");
    }
}
