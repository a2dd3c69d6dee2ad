//! How a server holds out when several clients ask at once.

use std::time::Duration;

use anyhow::{Result, bail};
use futures::future::try_join_all;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::corpus::{CATEGORIES, Corpus, category_name};
use super::http::Session;
use super::server::Server;
use super::table::{Recorder, Unit, percentile};
use super::{Group, Plan, float, process};

const ARR_CLIENTS: usize = 20;

/// How many further sync clients share the blame for the growth of the memory.
const SYNC_CLIENTS: usize = 3;

/// Measures throughput, head-of-line blocking and the memory of a session that syncs.
///
/// # Errors
/// Fails when a request fails.
pub(super) async fn measure(
    server: &Server,
    corpus: &Corpus,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    let window = Duration::from_secs(plan.seconds);
    let sessions = try_join_all((0..ARR_CLIENTS).map(|_| server.login())).await?;
    let begun = Instant::now();
    let deadline = begun + window;
    let clients = sessions.into_iter().enumerate().map(|(index, session)| {
        let category = index % CATEGORIES;
        let ids = corpus.of_category(category, 50).into_iter().map(ToOwned::to_owned).collect();
        tokio::spawn(arr_client(session, category, ids, deadline))
    });
    let mut requests = 0;
    for count in try_join_all(clients).await? {
        requests += count?;
    }
    let rate = float(requests) / begun.elapsed().as_secs_f64();
    recorder.record(Group::Clients, "20 arr-like clients", Unit::PerSecond, rate);

    let waits = beside_lists(server, window).await?;
    for percent in [50, 99] {
        if let Some(value) = percentile(&waits, percent) {
            let label = format!("app/version beside lists, p{percent}");
            recorder.record(Group::Clients, &label, Unit::Milliseconds, value);
        }
    }
    sync_clients(server, plan, recorder).await
}

/// Asks as Sonarr and its kin do: the list of its category, details of one torrent, the categories; a new
/// connection each time.
async fn arr_client(
    session: Session,
    category: usize,
    ids: Vec<String>,
    deadline: Instant,
) -> Result<usize> {
    let list = format!("torrents/info?category={}", category_name(category));
    let mut client = session.connection_per_request();
    let mut requests = 0;
    for id in ids.iter().cycle() {
        let properties = format!("torrents/properties?hash={id}");
        for target in [list.as_str(), &properties, "torrents/categories"] {
            if Instant::now() >= deadline {
                return Ok(requests);
            }
            client.ok(target).await?;
            requests += 1;
        }
    }
    bail!("a client without torrents")
}

/// Asks for the version again and again while another connection loops over the full list.
async fn beside_lists(server: &Server, window: Duration) -> Result<Vec<f64>> {
    let mut lists = server.session().connection();
    let mut versions = server.login().await?.connection();
    let deadline = Instant::now() + window;
    let looping = async {
        while Instant::now() < deadline {
            lists.ok("torrents/info").await?;
        }
        anyhow::Ok(())
    };
    let asking = async {
        let mut waits = Vec::new();
        while Instant::now() < deadline {
            let answer = versions.ok("app/version").await?;
            waits.push(answer.elapsed.as_secs_f64() * 1000.0);
            sleep(Duration::from_millis(1)).await;
        }
        anyhow::Ok(waits)
    };
    let ((), waits) = tokio::try_join!(looping, asking)?;
    Ok(waits)
}

/// Measures what each further session costs that has read everything and follows the changes.
async fn sync_clients(server: &Server, plan: &Plan, recorder: &mut Recorder<'_>) -> Result<()> {
    let Some(pid) = server.pid() else { return Ok(()) };
    // One such client came before, so that buffers which serve all of them are there already.
    follow(&server.login().await?).await?;
    process::settle(pid, plan.patience()).await?;
    let before = process::resident_kib(pid)?;
    for _ in 0..SYNC_CLIENTS {
        follow(&server.login().await?).await?;
    }
    process::settle(pid, plan.patience()).await?;
    let growth = (process::resident_kib(pid)? - before).max(0.0);
    let each = growth / float(SYNC_CLIENTS) / 1024.0;
    recorder.record(Group::Clients, "memory of a sync client", Unit::Mebibytes, each);
    Ok(())
}

async fn follow(session: &Session) -> Result<()> {
    let mut connection = session.connection();
    let mut rid = 0;
    for _ in 0..4 {
        let answer = connection.ok(&format!("sync/maindata?rid={rid}")).await?.json()?;
        rid = answer.get("rid").and_then(Value::as_u64).unwrap_or_default();
    }
    Ok(())
}
