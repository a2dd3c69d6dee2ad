//! `revaer import-qbittorrent`: takes over a profile by hand.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;

use super::ground::GroundArgs;
use crate::handover::{self, PathMap, Places, Request};
use crate::settings::{Ground, Settings};
use crate::store::{self, Store};

/// What to take over, and how.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    ground: GroundArgs,
    /// The profile: the folder of --profile, or one that holds qBittorrent.conf or BT_backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Only tell what would be taken over.
    #[arg(long)]
    dry_run: bool,
    /// Torrents, categories and tags only.
    #[arg(long)]
    keep_settings: bool,
    /// The name that a path has here; may be repeated.
    #[arg(long = "map", value_name = "/OLD=/NEW")]
    map: Vec<String>,
}

/// Takes over the profile and prints the report.
#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
pub(super) fn import(arguments: &ImportArgs) -> anyhow::Result<()> {
    let map = PathMap::parse(&arguments.map)
        .map_err(|rule| anyhow!("`{rule}` is no rule such as /old=/new"))?;
    let from = std::path::absolute(&arguments.from)?;
    let places = Places::found_in(&from)
        .with_context(|| format!("there is no qBittorrent profile in `{}`", from.display()))?;
    let home = arguments.ground.home()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let report = runtime.block_on(async {
        fs_err::create_dir_all(&home)?;
        let home = fs_err::canonicalize(&home)?;
        let store = match Store::open(&home, arguments.ground.database_url.as_deref()).await {
            Err(store::Error::Locked) => {
                return Err(anyhow!("this server runs: stop it, import, and start it again"));
            }
            other => other.context("opening the database")?,
        };
        let ground =
            Ground { home, secret_key: arguments.ground.secret_key(), ..Ground::default() };
        let settings =
            Settings::open(store.clone(), ground).await.context("reading the settings")?;
        let request = Request {
            places: &places,
            map: &map,
            settings: !arguments.keep_settings,
            dry_run: arguments.dry_run,
        };
        let report = handover::adopt(request, &store, &settings).await?;
        store.close().await;
        Ok(report)
    })?;
    println!("{report}");
    Ok(())
}
