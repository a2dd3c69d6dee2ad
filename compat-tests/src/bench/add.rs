//! How fast torrents are taken, and what each costs in memory.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep};

use super::corpus::{CATEGORIES, Corpus, category_name};
use super::http::Connection;
use super::server::{Server, list, wait_listed};
use super::table::{Recorder, Unit};
use super::{Group, Plan, float, process};

/// Fills the server: a fifth of the torrents one by one, the rest in batches.
///
/// A phase ends when its last torrents are listed, since an add is answered before it is done. "Singly" is one
/// connection with one request after the other.
///
/// # Errors
/// Fails when the server refuses a torrent or does not list all of them.
pub(super) async fn measure(
    server: &Server,
    corpus: &Corpus,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    let mut connection = server.session().connection();
    for category in 0..CATEGORIES {
        let name = category_name(category);
        connection
            .done("torrents/createCategory", &[("category", &name), ("savePath", "")])
            .await?;
    }
    corpus.lay_out(server.save_path())?;
    let before = server.pid().map(process::resident_kib).transpose()?;
    let had = list(&mut connection, "filter=seeding").await?;

    let (singles, batches) = corpus.entries.split_at(corpus.singles);
    let phases = [
        ("added singly", singles, corpus.single_forms(server.save_path())?),
        ("added in batches", batches, corpus.batch_forms(server.save_path())?),
    ];
    for (label, entries, forms) in phases {
        let last: Vec<&str> =
            entries.iter().rev().take(100).map(|entry| entry.id.as_str()).collect();
        let begun = Instant::now();
        for (content_type, body) in &forms {
            add(&mut connection, content_type, body).await?;
        }
        wait_listed(&mut connection, &last).await?;
        let rate = float(entries.len()) / begun.elapsed().as_secs_f64();
        recorder.record(Group::Add, label, Unit::PerSecond, rate);
    }
    wait_listed(&mut connection, &corpus.spread(100)).await?;

    if let (Some(pid), Some(before)) = (server.pid(), before) {
        process::settle(pid, plan.patience()).await?;
        let growth = process::resident_kib(pid)? - before;
        let each = growth / float(corpus.entries.len());
        recorder.record(Group::Memory, "memory per torrent", Unit::Kibibytes, each);
        let window = Duration::from_secs(plan.seconds);
        let idle = process::cpu_percent(pid, window).await?;
        recorder.record(Group::Memory, "idle CPU after adding", Unit::Percent, idle);
    }
    wait_seeding(&mut connection, corpus, had).await
}

/// Waits until all torrents are what the other measurements take them for.
///
/// # Errors
/// Fails when one of them does not seed after two minutes.
pub(super) async fn wait_seeding(
    connection: &mut Connection,
    corpus: &Corpus,
    others: usize,
) -> Result<()> {
    let count = corpus.entries.len();
    let begun = Instant::now();
    loop {
        let found = list(connection, "filter=seeding").await?.saturating_sub(others);
        if found == count {
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_mins(2), "{found} of {count} torrents seed");
        sleep(Duration::from_millis(200)).await;
    }
}

async fn add(connection: &mut Connection, content_type: &str, body: &[u8]) -> Result<()> {
    let answer = connection.send("torrents/add", content_type, body).await?;
    ensure!(
        matches!(answer.status, 200 | 202) && answer.body != b"Fails.",
        "torrents/add: {}",
        answer.brief()
    );
    Ok(())
}
