//! The black-box benchmark: any servers that speak the contract, measured in one run and shown in one table.
//!
//! A run goes through its rounds, in each round through the servers by turns, and shows medians. Every measurement
//! starts on a fresh server with queueing off, filled with the same torrents: seeds without data, two dead trackers
//! each, in five categories. Ratios are to qBittorrent 5.3.0 of the same run, and above one is always better.

mod add;
mod clients;
mod corpus;
mod http;
mod latency;
mod native;
mod process;
mod restart;
mod server;
mod table;
mod transfer;

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::Result;

use corpus::{Corpus, DeadTrackers};
use server::Server;
pub use server::Spec;
use table::Recorder;
pub use table::Table;

/// The server that ratios are taken to.
const BASELINE: &str = "5.3";

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub servers: Vec<Spec>,
    pub groups: Vec<Group>,
    pub torrents: usize,
    pub rounds: usize,
    /// Length of the measurements that last a fixed time; a series of requests lasts half of it.
    pub seconds: u64,
    /// The other end of the transfers.
    pub peer: Spec,
    /// Size of the large file of the transfers in MiB.
    pub transfer_mib: u64,
    /// Number of the small files of the transfers, 1 MiB each.
    pub transfer_files: usize,
    /// Where servers and payloads live while the run lasts.
    pub scratch: PathBuf,
}

/// A part of the benchmark that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Add,
    Memory,
    Latency,
    Clients,
    Restart,
    Transfer,
    Native,
}

impl Group {
    pub const ALL: [Self; 7] = [
        Self::Add,
        Self::Memory,
        Self::Restart,
        Self::Latency,
        Self::Clients,
        Self::Transfer,
        Self::Native,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Memory => "memory",
            Self::Latency => "latency",
            Self::Clients => "clients",
            Self::Restart => "restart",
            Self::Transfer => "transfer",
            Self::Native => "native",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Group {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|group| group.name() == text).ok_or_else(|| {
            anyhow::anyhow!(
                "`{text}` is no group: use add, memory, restart, latency, clients, transfer or native"
            )
        })
    }
}

impl Plan {
    fn wants(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    /// Returns how long a server may take to calm down before it is measured anyway.
    fn patience(&self) -> Duration {
        Duration::from_secs(self.seconds * 2)
    }
}

/// Runs everything that the plan asks for; progress goes to stderr.
///
/// A server that fails is noted in the table, and the run goes on with the others.
///
/// # Errors
/// Fails when the run itself cannot be prepared.
pub async fn run(plan: &Plan) -> Result<Table> {
    let scratch = tempfile::Builder::new().prefix("bench-").tempdir_in(&plan.scratch)?;
    let trackers = DeadTrackers::bind()?;
    let corpus = Corpus::new(plan.torrents, &trackers);
    let payloads = if plan.wants(Group::Transfer) {
        progress("writing the payloads of the transfers");
        transfer::payloads(plan, scratch.path())?
    } else {
        Vec::new()
    };
    let mut table = Table::new(plan.servers.iter().map(Spec::to_string).collect(), BASELINE);
    for round in 0..plan.rounds {
        for turn in 0..plan.servers.len() {
            let server = (round + turn) % plan.servers.len();
            let spec = &plan.servers[server];
            progress(&format!("round {} of {}: {spec}", round + 1, plan.rounds));
            let mut recorder = Recorder { table: &mut table, server, groups: &plan.groups };
            let measured = filled(plan, spec, &corpus, scratch.path(), &mut recorder).await;
            if let Err(error) = measured {
                table.fail(server, round + 1, &error);
            }
            let mut recorder = Recorder { table: &mut table, server, groups: &plan.groups };
            let measured =
                transfer::measure(plan, spec, &payloads, scratch.path(), &mut recorder).await;
            if let Err(error) = measured {
                table.fail(server, round + 1, &error);
            }
        }
    }
    Ok(table)
}

/// Measures everything that wants a server full of torrents.
async fn filled(
    plan: &Plan,
    spec: &Spec,
    corpus: &Corpus,
    scratch: &Path,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    if plan.groups == [Group::Transfer] {
        return Ok(());
    }
    let mut server = Server::open(spec, scratch).await?;
    let measured = measure_filled(plan, &mut server, corpus, recorder).await;
    if server.target().is_none() {
        remove_all(&server, corpus).await?;
    }
    measured
}

async fn measure_filled(
    plan: &Plan,
    server: &mut Server,
    corpus: &Corpus,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    add::measure(server, corpus, plan, recorder).await?;
    if plan.wants(Group::Latency) {
        latency::measure(server, corpus, plan, recorder).await?;
    }
    if plan.wants(Group::Clients) {
        clients::measure(server, corpus, plan, recorder).await?;
    }
    if plan.wants(Group::Native) {
        native::measure(server, plan, recorder).await?;
    }
    if plan.wants(Group::Restart) && server.target().is_some() {
        restart::measure(server, corpus, plan, recorder).await?;
    }
    Ok(())
}

/// Leaves a server that ran before as it was.
async fn remove_all(server: &Server, corpus: &Corpus) -> Result<()> {
    let mut connection = server.session().connection();
    for entries in corpus.entries.chunks(500) {
        let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        let form = [("hashes", ids.join("|")), ("deleteFiles", "false".to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        connection.done("torrents/delete", &form).await?;
    }
    let categories: Vec<String> = (0..corpus::CATEGORIES).map(corpus::category_name).collect();
    let form = [("categories", categories.join("\n"))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    connection.done("torrents/removeCategories", &form).await?;
    let tags = corpus::tag_names().join(",");
    connection.done("torrents/deleteTags", &[("tags", &tags)]).await?;
    Ok(())
}

/// Tells the person who waits; nobody may be listening, which ends nothing.
fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Turns a count into a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
const fn float(count: usize) -> f64 {
    count as f64
}
