//! The command line: `revaer serve`, which is also what a bare `revaer` does, commands beside a server, and commands that
//! ask a running server over `/v1`.
//!
//! The flags of qbittorrent-nox are understood, so that unit files and images keep working. Exit codes of the server:
//! 0 after a clean stop, 1 after a failure, 2 for a command line that is not understood; `remote` has more.

mod client;
mod ground;
mod handover;
mod health;
mod labels;
mod output;
mod password;
mod remote;
mod serve;
mod settings;
mod tail;
mod torrents;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

pub use ground::GroundArgs;
pub use handover::{ExportArgs, ImportArgs};
pub use health::HealthArgs;
pub use serve::ServeArgs;

/// A torrent server that stands in for qbittorrent-nox.
#[derive(Debug, Parser)]
#[command(name = "revaer", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
    #[command(flatten)]
    remote: client::Remote,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server; the default.
    Serve(Box<ServeArgs>),
    /// Set the password of the web user, while the server runs or not.
    Password(GroundArgs),
    /// Print what a shell needs to complete commands.
    Completions { shell: Shell },
    #[command(flatten)]
    Remote(remote::Verb),
    /// Show the health of each part of the server; with a ready file, succeed if the server of this machine answers.
    Health(HealthArgs),
    /// Take over torrents, categories, tags and settings of a qBittorrent profile; a server that runs does it itself.
    ImportQbittorrent(ImportArgs),
    /// Write torrents, categories, tags and settings as a profile that qbittorrent-nox starts from.
    ExportQbittorrent(ExportArgs),
}

/// Runs the command.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        None => serve::run(cli.serve),
        Some(Command::Serve(arguments)) => serve::run(*arguments),
        Some(Command::Password(arguments)) => password::run(&arguments),
        Some(Command::Completions { shell }) => {
            completions(shell);
            Ok(())
        }
        Some(Command::Remote(verb)) => return remote::run(&cli.remote, &verb),
        Some(Command::Health(HealthArgs { ready_file: Some(ready_file) })) => {
            health::probe(&ready_file)
        }
        Some(Command::Health(HealthArgs { ready_file: None })) => {
            return remote::run(&cli.remote, &remote::Verb::Health);
        }
        Some(Command::ImportQbittorrent(arguments)) => handover::import(&cli.remote, &arguments),
        Some(Command::ExportQbittorrent(arguments)) => handover::export(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the chain of errors is for whoever typed the command")]
fn complain(error: &dyn std::fmt::Display) {
    eprintln!("revaer: {error}");
}

fn completions(shell: Shell) {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "revaer", &mut text);
    output::raw(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_bare_call_serves_with_the_flags_of_qbittorrent() {
        let cli = Cli::try_parse_from([
            "revaer",
            "--profile=/p",
            "--webui-port=0",
            "--confirm-legal-notice",
        ])
        .unwrap();

        assert!(cli.command.is_none());
        assert_eq!(cli.serve.webui_port(), Some(0));
        assert!(
            Cli::try_parse_from([
                "revaer",
                "serve",
                "--contract-level",
                "4.5",
                "--strict-contract"
            ])
            .is_ok()
        );
        assert!(Cli::try_parse_from(["revaer", "--contract-level", "4.6"]).is_err());
        assert!(Cli::try_parse_from(["revaer", "password", "--profile", "/p"]).is_ok());
    }
}
