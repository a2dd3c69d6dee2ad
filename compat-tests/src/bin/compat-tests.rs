//! Judges and records: runs the scenarios against live servers side by side, or writes what the real ones answer.

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use compat_tests::report::{self, Run};
use compat_tests::{Level, Product, Target, shape};

/// Runs the scenarios of the contract against live servers. Needs root for the real ones.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes `golden/` from the real servers.
    Record {
        /// Levels to record; all by default.
        levels: Vec<Level>,
    },
    /// Runs every scenario against the real servers and against Revaer, and prints one table.
    Compare {
        /// Levels to compare; all by default.
        levels: Vec<Level>,
        /// Which tests, in the words of nextest's filters.
        #[arg(
            long,
            default_value = "package(compat-tests) & binary(/^(contract|swarm|sequences|clients|handover)$/)"
        )]
        tests: String,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Record { levels } => record(all_or(levels)).await,
        Command::Compare { levels, tests } => compare(&all_or(levels), &tests),
    }
}

fn all_or(levels: Vec<Level>) -> Vec<Level> {
    if levels.is_empty() { Level::ALL.to_vec() } else { levels }
}

async fn record(levels: Vec<Level>) -> Result<()> {
    for level in levels {
        let target = Target::setup(level).product(Product::Reference).spawn().await?;
        for (name, found) in shape::sample(&target).await? {
            let path = shape::golden(level, &name);
            fs_err::create_dir_all(path.parent().context("recordings lie in a folder")?)?;
            fs_err::write(&path, format!("{}\n", serde_json::to_string_pretty(&found)?))?;
            eprintln!("{}", path.display());
        }
        drop(target);
        let tests = "package(compat-tests) & test(/^recorded::/) - test(/^recorded::audit/)";
        let run = Run::of(Some(level), tests, &[("COMPAT_RECORD", "1")])?;
        ensure!(run.failed() == 0, "{} conversations were not recorded", run.failed());
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn compare(levels: &[Level], tests: &str) -> Result<()> {
    let ours = Run::of(None, tests, &[])?;
    let mut theirs = Vec::new();
    for level in levels {
        theirs.push((*level, Run::of(Some(*level), tests, &[])?));
    }
    let (table, differences) = report::table(&ours, &theirs);
    println!("{table}");
    ensure!(differences == 0, "{differences} live differences");
    Ok(())
}
