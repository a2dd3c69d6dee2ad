//! What was measured, and the one table that shows it for all servers.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Group, progress};

/// What a number counts; it decides the format and which direction is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    PerSecond,
    MebibytesPerSecond,
    Milliseconds,
    Kibibytes,
    Mebibytes,
    Percent,
}

/// One line: a quantity with the values of all rounds, for each server.
struct Row {
    group: Group,
    label: String,
    unit: Unit,
    values: Vec<Vec<f64>>,
}

/// Everything that a run has measured.
pub struct Table {
    servers: Vec<String>,
    baseline: Option<usize>,
    rows: Vec<Row>,
    /// What went wrong, by server and round.
    failures: Vec<String>,
}

/// Where the numbers of one server go.
pub(super) struct Recorder<'a> {
    pub(super) table: &'a mut Table,
    pub(super) server: usize,
    /// What the run was asked to measure.
    pub(super) groups: &'a [Group],
}

/// How many times better than the baseline Revaer is meant to be.
const TARGETS: [(&str, f64); 14] = [
    ("added singly", 2.0),
    ("added in batches", 2.0),
    ("memory per torrent", 1.0 / 0.35),
    ("start until listed", 5.0),
    ("full list, p50", 20.0),
    ("full list, p99", 20.0),
    ("limit=50, p50", 200.0),
    ("limit=50, p99", 200.0),
    ("full maindata, p50", 20.0),
    ("full maindata, p99", 20.0),
    ("maindata 1 % changed, p50", 8.0),
    ("maindata 1 % changed, p99", 8.0),
    ("20 arr-like clients", 20.0),
    ("app/version beside lists, p99", 100.0),
];

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::MebibytesPerSecond => "MiB/s",
            Self::Milliseconds => "ms",
            Self::Kibibytes => "KiB",
            Self::Mebibytes => "MiB",
            Self::Percent => "%",
        }
    }

    /// Returns how many times better `value` is than `base`.
    fn times_better(self, value: f64, base: f64) -> f64 {
        match self {
            Self::PerSecond | Self::MebibytesPerSecond => value / base,
            Self::Milliseconds | Self::Kibibytes | Self::Mebibytes | Self::Percent => base / value,
        }
    }
}

impl Recorder<'_> {
    /// Notes a value of this round; a group that was not asked for is dropped.
    pub(super) fn record(&mut self, group: Group, label: &str, unit: Unit, value: f64) {
        if !self.groups.contains(&group) {
            return;
        }
        progress(&format!("    {label}: {} {}", number(value), unit.name()));
        let rows = &mut self.table.rows;
        let known = rows.iter().position(|row| row.group == group && row.label == label);
        let index = known.unwrap_or_else(|| {
            let values = vec![Vec::new(); self.table.servers.len()];
            rows.push(Row { group, label: label.to_owned(), unit, values });
            rows.len() - 1
        });
        rows[index].values[self.server].push(value);
    }
}

impl Table {
    /// Starts an empty table; ratios are taken to the server called `baseline`, if it is there.
    #[must_use]
    pub(super) fn new(servers: Vec<String>, baseline: &str) -> Self {
        let baseline = servers.iter().position(|name| name == baseline);
        Self { servers, baseline, rows: Vec::new(), failures: Vec::new() }
    }

    /// Notes that a server could not be measured to the end.
    pub(super) fn fail(&mut self, server: usize, round: usize, error: &anyhow::Error) {
        let line = format!("{}, round {round}: {error:#}", self.servers[server]);
        progress(&format!("FAILED: {line}"));
        self.failures.push(line);
    }

    /// Returns true if every server was measured in every round.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    /// Draws the table: medians, and in brackets how many times better than the baseline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let width = self.rows.iter().map(|row| row.label.len()).max().unwrap_or(0);
        let _ = write!(out, "{:width$}  {:5}", "median", "unit");
        for name in &self.servers {
            let _ = write!(out, "  {name:>18}");
        }
        let _ = writeln!(out, "  {:>8}", "target");
        for group in Group::ALL {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.group == group).collect();
            if rows.is_empty() {
                continue;
            }
            let _ = writeln!(out, "[{group}]");
            for row in rows {
                let _ = write!(out, "{:width$}  {:5}", row.label, row.unit.name());
                for server in 0..self.servers.len() {
                    let _ = write!(out, "  {:>18}", self.cell(row, server));
                }
                let target = self
                    .target(row)
                    .map_or_else(String::new, |times| format!("x{}", number(times)));
                let _ = writeln!(out, "  {target:>8}");
            }
        }
        for failure in &self.failures {
            let _ = writeln!(out, "FAILED: {failure}");
        }
        let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
        lines.join("\n") + "\n"
    }

    /// Returns every value of every round, with medians and ratios.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|row| self.row_to_json(row)).collect();
        json!({"servers": self.servers, "rows": rows, "failures": self.failures})
    }

    fn row_to_json(&self, row: &Row) -> Value {
        let by_server = |value: &dyn Fn(usize) -> Value| -> Map<String, Value> {
            self.servers.iter().enumerate().map(|(at, name)| (name.clone(), value(at))).collect()
        };
        json!({
            "group": row.group.to_string(),
            "label": row.label,
            "unit": row.unit.name(),
            "values": by_server(&|at| json!(row.values[at])),
            "median": by_server(&|at| json!(median(&row.values[at]))),
            "times_better": by_server(&|at| json!(self.times_better(row, at))),
            "target": self.target(row),
        })
    }

    fn cell(&self, row: &Row, server: usize) -> String {
        let Some(value) = median(&row.values[server]) else { return "-".to_owned() };
        match self.times_better(row, server) {
            Some(times) if self.baseline != Some(server) => {
                format!("{} (x{})", number(value), number(times))
            }
            _ => number(value),
        }
    }

    fn times_better(&self, row: &Row, server: usize) -> Option<f64> {
        let base = median(&row.values[self.baseline?])?;
        let times = row.unit.times_better(median(&row.values[server])?, base);
        times.is_finite().then_some(times)
    }

    /// Returns what Revaer is meant to reach; for transfers that is the best qBittorrent of this run.
    fn target(&self, row: &Row) -> Option<f64> {
        if row.group == Group::Transfer {
            let references =
                (0..self.servers.len()).filter(|&at| !self.servers[at].starts_with("revaer"));
            return references.filter_map(|at| self.times_better(row, at)).reduce(f64::max);
        }
        TARGETS.iter().find(|(label, _)| *label == row.label).map(|(_, times)| *times)
    }
}

/// Returns the middle value, or the mean of the two in the middle.
#[must_use]
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    Some(if sorted.len() % 2 == 1 { upper } else { f64::midpoint(sorted[half - 1], upper) })
}

/// Returns the value that `percent` of all values do not exceed (nearest rank).
#[must_use]
pub(super) fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// Writes three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        size if size >= 0.9995 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();

        assert_eq!(percentile(&values, 50), Some(50.0));
        assert_eq!(percentile(&values, 99), Some(99.0));
        assert_eq!(percentile(&[7.0], 99), Some(7.0));
        assert_eq!(percentile(&[], 99), None);
    }

    #[test]
    fn a_ratio_above_one_is_better_in_both_directions() {
        let mut table = Table::new(vec!["revaer".to_owned(), "5.3".to_owned()], "5.3");
        for (server, rate, time) in [(0, 400.0, 5.0), (1, 100.0, 20.0)] {
            let mut recorder = Recorder { table: &mut table, server, groups: &Group::ALL };
            recorder.record(Group::Add, "added singly", Unit::PerSecond, rate);
            recorder.record(Group::Latency, "full list, p50", Unit::Milliseconds, time);
        }

        let rows = table.to_json()["rows"].clone();

        assert_eq!(rows[0]["times_better"]["revaer"], 4.0);
        assert_eq!(rows[1]["times_better"]["revaer"], 4.0);
    }

    #[test]
    fn the_median_of_three_rounds_ignores_an_outlier() {
        assert_eq!(median(&[3.0, 100.0, 2.0]), Some(3.0));
        assert_eq!(median(&[]), None);
    }
}
