//! Measures servers that speak the contract, side by side: `make bench`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use compat_tests::bench::{Group, Plan, Spec, run};
use tokio::signal::unix::{SignalKind, signal};

/// Measures servers that speak the qBittorrent Web API and prints one table for all of them.
///
/// Started servers are fresh, on loopback, and gone when the run ends. Ratios in brackets say how many times better
/// than qBittorrent 5.3.0 of the same run a server is.
#[derive(Parser)]
struct Arguments {
    /// Servers to start: `revaer`, `revaer@5.3` and the like, and the real servers `5.3`, `5.1`, `4.5`.
    #[arg(long, value_delimiter = ',', default_value = "revaer,5.3,5.1,4.5")]
    servers: Vec<Spec>,
    /// A server that runs already, as `http://user:password@host:port`; replaces `--servers`, may be repeated.
    /// Its preferences stay as they are, and the torrents of the run are removed at the end.
    #[arg(long)]
    url: Vec<Spec>,
    /// Number of torrents, at least 100.
    #[arg(long, default_value_t = 10_000)]
    torrents: usize,
    /// Rounds, of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Measures only these groups: add, memory, restart, latency, clients, transfer, native.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Group>,
    /// Length of the measurements that last a fixed time.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The server at the other end of the transfers.
    #[arg(long, default_value = "5.3")]
    peer: Spec,
    /// Size in MiB of the large file that is transferred.
    #[arg(long, default_value_t = 2048)]
    transfer_mib: u64,
    /// Number of the files of 1 MiB each that are transferred.
    #[arg(long, default_value_t = 500)]
    transfer_files: usize,
    /// Folder for servers and payloads; the transfers need four times their size there.
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// Also writes every value of every round to this file.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.torrents < 100 || arguments.rounds == 0 || arguments.seconds == 0 {
        bail!("at least 100 torrents, one round and one second are needed");
    }
    let plan = Plan {
        servers: if arguments.url.is_empty() { arguments.servers } else { arguments.url },
        groups: if arguments.only.is_empty() { Group::ALL.to_vec() } else { arguments.only },
        torrents: arguments.torrents,
        rounds: arguments.rounds,
        seconds: arguments.seconds,
        peer: arguments.peer,
        transfer_mib: arguments.transfer_mib,
        transfer_files: arguments.transfer_files,
        scratch: arguments.scratch.unwrap_or_else(std::env::temp_dir),
    };
    // Dropping the run ends the servers that it has started.
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let table = tokio::select! {
        table = run(&plan) => table?,
        _ = terminated.recv() => bail!("terminated"),
        _ = interrupted.recv() => bail!("interrupted"),
    };
    if let Some(path) = &arguments.json {
        fs_err::write(path, serde_json::to_vec_pretty(&table.to_json())?)?;
    }
    std::io::stdout().write_all(table.to_text().as_bytes())?;
    Ok(if table.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
