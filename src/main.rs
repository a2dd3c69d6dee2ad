//! The program: parses the command line, runs one command, prints one chain of errors.

use std::process::ExitCode;

use revaer::cli::Cli;

fn main() -> ExitCode {
    revaer::cli::run(Cli::of_process())
}
