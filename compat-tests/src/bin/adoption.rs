//! Measures how long Revaer takes to take a large qBittorrent profile over, and to list it then.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Parser;
use compat_tests::{Level, Product, Target, profile};

/// What 10,000 torrents may take on two cores.
const ADOPTION: Duration = Duration::from_secs(30);
const LISTING: Duration = Duration::from_secs(1);

/// Makes a profile of many torrents and takes it over: `cargo run --release --bin adoption`.
#[derive(Parser)]
struct Arguments {
    /// Number of torrents.
    #[arg(long, default_value_t = 10_000)]
    torrents: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir()?;
    profile::write(&folder.path().join("qBittorrent"), arguments.torrents)?;
    let mut out = std::io::stdout();

    let path = folder.path().to_string_lossy().into_owned();
    let setup = Target::setup(Level::L51).product(Product::Revaer);
    let began = Instant::now();
    let mut target = setup.argument("--profile").argument(&path).spawn().await?;
    let adopted = began.elapsed();
    writeln!(out, "adopted and answering after {:.1} s", adopted.as_secs_f64())?;
    ensure!(adopted < ADOPTION, "that is more than {ADOPTION:?}");
    for what in ["first list", "second list"] {
        let began = Instant::now();
        let list = target.client().get("torrents/info", &[]).await?;
        let listed = began.elapsed();
        writeln!(out, "{what} after {:.2} s", listed.as_secs_f64())?;
        ensure!(listed < LISTING, "that is more than {LISTING:?}");
        let count = list.text().matches("\"infohash_v1\"").count();
        ensure!(count == arguments.torrents, "{count} torrents");
    }
    let began = Instant::now();
    target.restart().await?;
    writeln!(out, "stopped and answering again after {:.1} s", began.elapsed().as_secs_f64())?;
    target.stop().await?;
    Ok(())
}
