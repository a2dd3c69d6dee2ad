//! `/metrics`: counters of the process and a picture of the session, for Prometheus.
//!
//! Series are bounded: states are a table, and of categories and tracker hosts only the largest have their own.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::answer::Answer;
use super::call::Call;
use super::problem::Result;
use super::wire::State;
use super::wire::torrent::host;
use crate::app::App;
use crate::creator;
use crate::engine::{Engine, Health, SessionNumber, Snapshot};
use crate::model::AnnounceStatus;
use crate::store::load::{BUCKETS, Load};

/// Categories and tracker hosts with series of their own; the others are added up under `other`.
const MOST_SERIES: usize = 50;

/// Gives all metrics in the text form of `OpenMetrics`.
pub async fn scrape(call: Call) -> Result {
    call.whole()?;
    let mut out = String::with_capacity(16 << 10);
    call.app.metrics.write(&mut out);
    let snapshot = call.snapshot();
    session(&mut out, &snapshot);
    torrents(&mut out, &snapshot);
    let is_running = matches!(*call.app.engine.health().borrow(), Health::Running);
    gauge(
        &mut out,
        "engine_up",
        "1 while the engine runs",
        &[(&[], f64::from(u8::from(is_running)))],
    );
    let is_healthy = f64::from(u8::from(call.app.store.is_healthy()));
    gauge(&mut out, "store_up", "1 while the database takes changes", &[(&[], is_healthy)]);
    let listeners = call.app.events.listeners();
    gauge(&mut out, "event_listeners", "Clients that follow events", &[(&[], number(listeners))]);
    queues(&mut out, &call.app);
    store(&mut out, &call.app.store.load());
    jobs(&mut out, &call.app);
    session_numbers(&mut out, &call.app.engine);
    out.push_str("# EOF\n");
    Ok(Answer::whole("application/openmetrics-text; version=1.0.0; charset=utf-8", out))
}

type Sample<'a> = (&'a [(&'a str, &'a str)], f64);

fn gauge(out: &mut String, name: &str, help: &str, samples: &[Sample<'_>]) {
    family(out, name, "gauge", help, "", samples);
}

fn counter(out: &mut String, name: &str, help: &str, value: i64) {
    family(out, name, "counter", help, "_total", &[(&[], signed(value))]);
}

fn family(
    out: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    suffix: &str,
    samples: &[Sample<'_>],
) {
    let _ = writeln!(out, "# HELP revaer_{name} {help}.\n# TYPE revaer_{name} {kind}");
    for (labels, value) in samples {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(out, "revaer_{name}{suffix}{labels} {value}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "a sample is a floating-point number")]
fn number(value: usize) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "a sample is a floating-point number")]
fn signed(value: i64) -> f64 {
    value as f64
}

fn session(out: &mut String, snapshot: &Snapshot) {
    let totals = &snapshot.totals;
    let rate = |direction: &'static str, value| ([("direction", direction)], signed(value));
    let (down, up) = (rate("download", totals.download_rate), rate("upload", totals.upload_rate));
    gauge(
        out,
        "payload_rate_bytes",
        "Payload bytes per second",
        &[(&down.0, down.1), (&up.0, up.1)],
    );
    counter(out, "downloaded_bytes", "Bytes of all sessions, received", totals.all_time_downloaded);
    counter(out, "uploaded_bytes", "Bytes of all sessions, sent", totals.all_time_uploaded);
    counter(out, "wasted_bytes", "Bytes that came twice or were wrong", totals.wasted);
    for (name, help, value) in [
        ("peers", "Connected peers", totals.peer_connections),
        ("dht_nodes", "Known nodes of the DHT", totals.dht_nodes),
        ("disk_jobs_queued", "Disk jobs that wait", totals.queued_disk_jobs),
        ("disk_bytes_queued", "Bytes that wait to be written", totals.queued_disk_bytes),
        ("disk_buffer_bytes", "Bytes in disk buffers", totals.disk_buffer_bytes),
        ("announces_queued", "Announces that wait", totals.queued_announces),
    ] {
        gauge(out, name, help, &[(&[], signed(value))]);
    }
    if let Some(free) = totals.free_space {
        gauge(
            out,
            "free_space_bytes",
            "Bytes free at the default save path",
            &[(&[], signed(free))],
        );
    }
    gauge(
        out,
        "snapshot_revision",
        "Number of the published picture",
        &[(&[], f64::from(snapshot.revision))],
    );
}

/// What waits, and where.
fn queues(out: &mut String, app: &App) {
    let (orders, reads) = app.engine.queues();
    let (rows, fetches) = (app.store.load().waiting, app.intake.fetching());
    gauge(
        out,
        "queue_depth",
        "What waits for or is under way in each part",
        &[
            (&[("queue", "engine_orders")], number(orders)),
            (&[("queue", "engine_reads")], number(reads)),
            (&[("queue", "store_rows")], number(rows)),
            (&[("queue", "fetches")], number(fetches)),
        ],
    );
}

/// The times of the database's commits.
#[expect(clippy::cast_precision_loss, reason = "a sample is a floating-point number")]
fn store(out: &mut String, load: &Load) {
    counter(out, "store_rows", "Rows that were committed", signed_of(load.rows));
    counter(out, "store_failures", "Commits that failed", signed_of(load.failures));
    let name = "revaer_store_commit_duration_seconds";
    let _ = writeln!(out, "# HELP {name} Time of a commit.\n# TYPE {name} histogram");
    for (bound, count) in BUCKETS.iter().zip(load.within) {
        let bound = *bound as f64 / 1000.0;
        let _ = writeln!(out, "{name}_bucket{{le=\"{bound:?}\"}} {count}");
    }
    let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {}", load.commits);
    let _ = writeln!(out, "{name}_sum {}", load.spent.as_secs_f64());
    let _ = writeln!(out, "{name}_count {}", load.commits);
}

fn signed_of(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Jobs by kind and state.
fn jobs(out: &mut String, app: &App) {
    let mut counts = [("queued", 0), ("running", 0), ("finished", 0), ("failed", 0)];
    for task in app.creator.list() {
        let at = match task.state {
            creator::State::Queued => 0,
            creator::State::Running => 1,
            creator::State::Finished => 2,
            creator::State::Failed(_) => 3,
        };
        counts[at].1 += 1;
    }
    let labels = counts.map(|(state, _)| [("kind", "author"), ("state", state)]);
    let samples: Vec<Sample<'_>> = labels
        .iter()
        .zip(counts)
        .map(|(labels, (_, count))| (labels.as_slice(), number(count)))
        .collect();
    gauge(out, "jobs", "Long operations of this run", &samples);
}

/// libtorrent's own numbers, under its own names.
fn session_numbers(out: &mut String, engine: &Engine) {
    for SessionNumber { name, value, grows } in engine.session_numbers() {
        let metric = format!("libtorrent_{}", name.replace('.', "_"));
        let help = format!("As libtorrent counts {name}");
        if grows {
            counter(out, &metric, &help, value);
        } else {
            gauge(out, &metric, &help, &[(&[], signed(value))]);
        }
    }
}

fn torrents(out: &mut String, snapshot: &Snapshot) {
    let mut states: HashMap<State, usize> = HashMap::new();
    let mut categories: HashMap<&str, usize> = HashMap::new();
    let mut trackers: HashMap<&str, usize> = HashMap::new();
    let mut failing: HashMap<&str, usize> = HashMap::new();
    for row in snapshot.torrents.values() {
        *states.entry(row.status.state.into()).or_default() += 1;
        *categories.entry(row.options.category.as_deref().unwrap_or_default()).or_default() += 1;
        let hosts = row.announces.iter().filter_map(|announce| host(&announce.url));
        let hosts: std::collections::HashSet<&str> = hosts.collect();
        for host in hosts {
            *trackers.entry(host).or_default() += 1;
        }
        for announce in row.announces.iter().filter(|announce| is_failing(announce.status)) {
            if let Some(host) = host(&announce.url) {
                *failing.entry(host).or_default() += 1;
            }
        }
    }
    let words: Vec<(String, usize)> = states
        .iter()
        .filter_map(|(state, count)| {
            let word = serde_json::to_value(state).ok()?;
            Some((word.as_str()?.to_owned(), *count))
        })
        .collect();
    labelled(out, "torrents", "Torrents by state", "state", &words);
    labelled(
        out,
        "torrents_by_category",
        "Torrents by category",
        "category",
        &largest(&categories),
    );
    labelled(
        out,
        "torrents_by_tracker",
        "Torrents by host of a tracker",
        "host",
        &largest(&trackers),
    );
    labelled(
        out,
        "trackers_failing",
        "Trackers of torrents that do not work, by host",
        "host",
        &largest(&failing),
    );
}

fn is_failing(status: AnnounceStatus) -> bool {
    matches!(
        status,
        AnnounceStatus::NotWorking | AnnounceStatus::TrackerError | AnnounceStatus::Unreachable
    )
}

fn largest(counts: &HashMap<&str, usize>) -> Vec<(String, usize)> {
    let mut counts: Vec<(&str, usize)> =
        counts.iter().map(|(name, count)| (*name, *count)).collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let rest: usize = counts.iter().skip(MOST_SERIES).map(|(_, count)| count).sum();
    counts.truncate(MOST_SERIES);
    let mut kept: Vec<(String, usize)> =
        counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    if rest > 0 {
        kept.push(("other".to_owned(), rest));
    }
    kept
}

fn labelled(out: &mut String, name: &str, help: &str, label: &str, counts: &[(String, usize)]) {
    let labels: Vec<[(&str, &str); 1]> =
        counts.iter().map(|(value, _)| [(label, value.as_str())]).collect();
    let samples: Vec<Sample<'_>> = labels
        .iter()
        .zip(counts)
        .map(|(labels, (_, count))| (labels.as_slice(), number(*count)))
        .collect();
    gauge(out, name, help, &samples);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_bounded_and_labels_escaped() {
        let names: Vec<String> = (0..200).map(|n| format!("c{n:03}")).collect();
        let counts = names.iter().map(|name| (name.as_str(), 2)).collect();

        let kept = largest(&counts);

        assert_eq!(kept.len(), MOST_SERIES + 1);
        assert_eq!(kept.last().unwrap(), &("other".to_owned(), 300));
        assert_eq!(escaped("a\"b\\\n"), "a\\\"b\\\\\\n");
    }
}
