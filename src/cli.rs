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

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

pub use ground::GroundArgs;
pub use handover::{ExportArgs, ImportArgs};
pub use health::HealthArgs;
pub use serve::ServeArgs;

/// A torrent server that stands in for qbittorrent-nox.
#[derive(Debug, Parser)]
#[command(name = "revaer", version)]
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
    Completions {
        /// The shell that is to complete them.
        shell: Shell,
    },
    #[command(flatten)]
    Remote(remote::Verb),
    /// Show the health of each part of the server; with a ready file, succeed if the server of this machine answers.
    Health(HealthArgs),
    /// Take over torrents, categories, tags and settings of a qBittorrent profile; a server that runs does it itself.
    ImportQbittorrent(ImportArgs),
    /// Write torrents, categories, tags and settings as a profile that qbittorrent-nox starts from.
    ExportQbittorrent(ExportArgs),
}

impl Cli {
    /// Reads the command line of this process; one that is not understood ends it with a message.
    #[must_use]
    pub fn of_process() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// Reads a command line. Where the server is and how answers are printed may stand before the command or after it;
    /// the flags of the server before another command would go unheard, and are refused.
    fn read(
        line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> clap::error::Result<Self> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(line)?;
        if let Some(name) = matches.subcommand_name() {
            let of_server = ServeArgs::augment_args(clap::Command::new("serve"));
            let unheard = of_server.get_arguments().find(|flag| {
                matches.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine)
            });
            if let Some(flag) = unheard.and_then(clap::Arg::get_long) {
                let why =
                    format!("--{flag} belongs after the command `{name}`, if that has such a flag");
                return Err(command.error(ErrorKind::ArgumentConflict, why));
            }
        }
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
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
            complain(&chain(&error));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the chain of errors is for whoever typed the command")]
fn complain(error: &dyn std::fmt::Display) {
    eprintln!("revaer: {error}");
}

/// An error and its causes on one line; a cause that its effect quotes is told once.
fn chain(error: &anyhow::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !told.iter().any(|known| known.contains(&text)) {
            told.push(text);
        }
    }
    told.join(": ")
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
    fn every_command_and_flag_says_what_it_does() {
        fn check(command: &clap::Command) {
            let path = command.get_name();
            let mut abouts = Vec::new();
            for flag in command.get_arguments() {
                assert!(flag.get_help().is_some(), "{path}: {} has no help", flag.get_id());
            }
            for command in command.get_subcommands() {
                let about = command.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(!about.is_empty(), "{path} {} has no help", command.get_name());
                assert!(!abouts.contains(&about), "{path}: {about}");
                abouts.push(about);
                check(command);
            }
        }
        check(&Cli::command());
    }

    #[test]
    fn where_the_server_is_may_stand_before_the_command() {
        let cli = Cli::read(["revaer", "--url", "http://h", "--output", "json", "ls"]).unwrap();
        let unheard = Cli::read(["revaer", "--home", "/h", "password"]).unwrap_err();

        assert!(matches!(cli.command, Some(Command::Remote(remote::Verb::Ls(_)))));
        assert_eq!(cli.remote.output, output::Format::Json);
        assert_eq!(unheard.kind(), ErrorKind::ArgumentConflict);
        assert!(unheard.to_string().contains("after the command `password`"), "{unheard}");
    }

    #[test]
    fn a_cause_that_is_quoted_is_told_once() {
        let error = anyhow::anyhow!("disk full").context("cannot write: disk full").context("x");

        assert_eq!(chain(&error), "x: cannot write: disk full");
    }

    #[test]
    fn a_bare_call_serves_with_the_flags_of_qbittorrent() {
        let cli = Cli::read(["revaer", "--profile=/p", "--webui-port=0", "--confirm-legal-notice"])
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
