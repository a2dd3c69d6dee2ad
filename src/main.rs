//! The program: parses the command line, runs one command, prints one chain of errors.

use std::process::ExitCode;

use clap::Parser as _;
use revaer::cli::Cli;

fn main() -> ExitCode {
    revaer::cli::run(Cli::parse())
}
