//! How long single requests take and how large their answers are, one after the other on one connection.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::time::Instant;

use super::corpus::{Corpus, category_name};
use super::http::{Answer, Connection, Encoding};
use super::server::Server;
use super::table::{Recorder, Unit, percentile};
use super::{Group, Plan, float};

/// Fewest requests of a kind, however slow they are.
const FEWEST: usize = 5;

/// Most requests of a kind, however fast they are.
const MOST: usize = 300;

/// How many torrents a bulk action touches at most.
const BULK: usize = 1000;

/// What of an answer to `sync/maindata` the next request needs.
#[derive(Deserialize)]
struct Delta {
    rid: u64,
    torrents: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The times of one kind of request.
pub(super) struct Samples {
    milliseconds: Vec<f64>,
    deadline: Instant,
}

impl Samples {
    pub(super) fn start(plan: &Plan) -> Self {
        let budget = Duration::from_secs(plan.seconds) / 2;
        Self { milliseconds: Vec::new(), deadline: Instant::now() + budget }
    }

    pub(super) fn wants_more(&self) -> bool {
        let count = self.milliseconds.len();
        count < FEWEST || (count < MOST && Instant::now() < self.deadline)
    }

    pub(super) fn push(&mut self, answer: &Answer) {
        self.milliseconds.push(answer.elapsed.as_secs_f64() * 1000.0);
    }

    pub(super) fn record(&self, label: &str, group: Group, recorder: &mut Recorder<'_>) {
        for percent in [50, 99] {
            if let Some(value) = percentile(&self.milliseconds, percent) {
                let label = format!("{label}, p{percent}");
                recorder.record(group, &label, Unit::Milliseconds, value);
            }
        }
    }
}

/// Measures reading and bulk writing.
///
/// # Errors
/// Fails when a request fails.
pub(super) async fn measure(
    server: &Server,
    corpus: &Corpus,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    let mut connection = server.session().connection();
    let category = format!("torrents/info?category={}", category_name(4));
    let lists = [
        ("full list", "torrents/info"),
        ("limit=50", "torrents/info?filter=seeding&limit=50"),
        ("category of 20 %", &category),
        ("full maindata", "sync/maindata?rid=0"),
    ];
    for (label, target) in lists {
        read(&mut connection, label, target, plan, recorder).await?;
    }
    properties(&mut connection, corpus, plan, recorder).await?;
    let ids: Vec<&str> = corpus.entries.iter().map(|entry| entry.id.as_str()).collect();
    deltas(&mut connection, &ids, plan, recorder).await?;
    bulk(&mut connection, corpus, plan, recorder).await
}

/// Measures one request, plain and compressed.
async fn read(
    connection: &mut Connection,
    label: &str,
    target: &str,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    for (encoding, suffix) in [(Encoding::Plain, ""), (Encoding::Gzip, " gzip")] {
        connection.accept(encoding);
        let mut size = connection.ok(target).await?.body.len();
        let mut samples = Samples::start(plan);
        while samples.wants_more() {
            let answer = connection.ok(target).await?;
            size = answer.body.len();
            samples.push(&answer);
        }
        samples.record(&format!("{label}{suffix}"), Group::Latency, recorder);
        let kibibytes = float(size) / 1024.0;
        recorder.record(
            Group::Latency,
            &format!("{label}{suffix}, size"),
            Unit::Kibibytes,
            kibibytes,
        );
    }
    connection.accept(Encoding::Plain);
    Ok(())
}

async fn properties(
    connection: &mut Connection,
    corpus: &Corpus,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    let mut samples = Samples::start(plan);
    for id in corpus.spread(97).into_iter().cycle() {
        if !samples.wants_more() {
            break;
        }
        samples.push(&connection.ok(&format!("torrents/properties?hash={id}")).await?);
    }
    samples.record("properties", Group::Latency, recorder);
    Ok(())
}

/// Measures the difference when nothing was done, and when one torrent of a hundred got or lost a tag.
async fn deltas(
    connection: &mut Connection,
    ids: &[&str],
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    let mut rid = delta_of(&connection.ok("sync/maindata?rid=0").await?)?.rid;
    let mut samples = Samples::start(plan);
    while samples.wants_more() {
        let answer = connection.ok(&format!("sync/maindata?rid={rid}")).await?;
        rid = delta_of(&answer)?.rid;
        samples.push(&answer);
    }
    samples.record("maindata idle", Group::Latency, recorder);

    let changed: Vec<&str> = ids.iter().step_by(100).copied().collect();
    let hashes = changed.join("|");
    let mut size = 0;
    let mut samples = Samples::start(plan);
    for action in ["torrents/addTags", "torrents/removeTags"].into_iter().cycle() {
        if !samples.wants_more() {
            break;
        }
        connection.done(action, &[("hashes", &hashes), ("tags", "bench-changed")]).await?;
        let answer = connection.ok(&format!("sync/maindata?rid={rid}")).await?;
        let delta = delta_of(&answer)?;
        let shown = delta.torrents.map_or(0, |torrents| torrents.len());
        ensure!(shown >= changed.len(), "{shown} of {} changes are in the delta", changed.len());
        rid = delta.rid;
        size = answer.body.len();
        samples.push(&answer);
    }
    samples.record("maindata 1 % changed", Group::Latency, recorder);
    let kibibytes = float(size) / 1024.0;
    recorder.record(Group::Latency, "maindata 1 % changed, size", Unit::Kibibytes, kibibytes);
    Ok(())
}

fn delta_of(answer: &Answer) -> Result<Delta> {
    serde_json::from_slice(&answer.body).with_context(|| format!("no delta: {}", answer.brief()))
}

/// Measures actions on a thousand torrents; each is undone between two measurements.
async fn bulk(
    connection: &mut Connection,
    corpus: &Corpus,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    let hashes = corpus.of_category(0, BULK).join("|");
    let tag = ("tags", "bench-bulk");
    let mut samples = Samples::start(plan);
    while samples.wants_more() {
        samples.push(&connection.done("torrents/addTags", &[("hashes", &hashes), tag]).await?);
        connection.done("torrents/removeTags", &[("hashes", &hashes), tag]).await?;
    }
    samples.record("addTags on 1,000", Group::Latency, recorder);

    let mut samples = Samples::start(plan);
    for category in [1, 0].into_iter().cycle() {
        // An even number of changes brings the torrents back to where they belong.
        if category == 1 && !samples.wants_more() {
            break;
        }
        let form = [("hashes", hashes.as_str()), ("category", &category_name(category))];
        samples.push(&connection.done("torrents/setCategory", &form).await?);
    }
    samples.record("setCategory on 1,000", Group::Latency, recorder);
    Ok(())
}
