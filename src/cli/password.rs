//! `revaer password`: sets the password of the web user. A running server takes it over within a second.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, ensure};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::ground::GroundArgs;
use super::output;
use crate::auth::password;
use crate::handover::Places;
use crate::model::Actor;
use crate::settings::{Ground, Patch, Settings};
use crate::store::Store;

/// Shorter ones are refused, as the newest contract does.
const SHORTEST: usize = 6;

/// Asks for a password, or takes the first line of a piped input, and stores its hash.
pub(super) fn run(arguments: &GroundArgs) -> anyhow::Result<()> {
    let home = arguments.home()?;
    let is_named = arguments.home.is_some() || arguments.profile.is_some();
    let is_new = arguments.database_url.is_none() && !home.join("revaer.db").is_file();
    let parent = home.parent().unwrap_or(&home);
    // A new instance may get its password before its first start; a mistyped path must not become one.
    ensure!(
        !is_named || home.exists() || parent.is_dir(),
        "there is neither an instance in `{}` nor a folder `{}` to make one in",
        home.display(),
        parent.display()
    );
    let password = ask()?;
    ensure!(
        password.chars().count() >= SHORTEST,
        "the password must have at least {SHORTEST} characters"
    );
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        fs_err::create_dir_all(&home)?;
        let home = fs_err::canonicalize(&home)?;
        let place = home.display().to_string();
        let store = Store::open_shared(&home, arguments.database_url.as_deref())
            .await
            .context("opening the database")?;
        let ground = Ground { home, secret_key: arguments.secret_key(), ..Ground::default() };
        let settings =
            Settings::open(store.clone(), ground).await.context("reading the settings")?;
        let hash = password::hash(password).await?;
        let mut patch = Patch::new();
        patch.set("webui.password_hash", hash.as_str());
        settings.patch(patch, &Actor::System).await.context("storing the password")?;
        let user = settings.effective().webui.username.clone();
        store.close().await;
        output::line(&format!("password set for `{user}` in `{place}`"));
        if is_new {
            output::line("there was no instance in this folder: a new one was made");
            tell_of_profile(arguments);
        }
        Ok(())
    })
}

/// The first start still takes over what lies beside the instance.
fn tell_of_profile(arguments: &GroundArgs) {
    let Some(places) = arguments.foreign_profile().filter(Places::is_there) else { return };
    output::line(&format!(
        "its first start takes the qBittorrent profile in `{}` over, and keeps this password",
        places.base.display()
    ));
}

pub(super) fn ask() -> anyhow::Result<String> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return read_line(&input);
    }
    let password = hidden(&input, "New password: ")?;
    let again = hidden(&input, "Once more: ")?;
    ensure!(password == again, "the two differ; nothing was changed");
    Ok(password)
}

/// Reads a line with the terminal's echo off, and puts the terminal back whatever happens.
fn hidden(input: &std::io::Stdin, prompt: &str) -> anyhow::Result<String> {
    let before = tcgetattr(input)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    let mut errors = std::io::stderr();
    write!(errors, "{prompt}")?;
    tcsetattr(input, OptionalActions::Now, &silent)?;
    let line = read_line(input);
    tcsetattr(input, OptionalActions::Now, &before)?;
    writeln!(errors)?;
    line
}

fn read_line(input: &std::io::Stdin) -> anyhow::Result<String> {
    let mut line = String::new();
    input.lock().read_line(&mut line).context("reading the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
