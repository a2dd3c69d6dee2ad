//! Libraries from the npm registry.

use anyhow::Result;
use compat_tests::installed::{node, node_modules, run};
use compat_tests::{Form, Level, at_each_level, at_levels};
use tokio::process::Command;

use crate::support::{Stage, script};

async fn check(stage: &Stage, name: &str, package: &str) -> Result<()> {
    let mut command = Command::new(node()?);
    command.current_dir(node_modules()?).arg(script(name)).arg(package);
    run(command.args(stage.arguments()?)).await?;
    Ok(())
}

async fn ctrl_qbittorrent(level: Level) -> Result<()> {
    check(&Stage::at(level).await?, "ctrl_check.mjs", "@ctrl/qbittorrent").await
}

/// The last release that knows one name for the cookie only.
async fn an_older_ctrl_qbittorrent(level: Level) -> Result<()> {
    check(&Stage::at(level).await?, "ctrl_check.mjs", "ctrl-qbittorrent-older").await
}

async fn robertklep_qbittorrent(level: Level) -> Result<()> {
    check(&Stage::at(level).await?, "robertklep_check.mjs", "@robertklep/qbittorrent").await
}

async fn qbittorrent_api_v2(level: Level) -> Result<()> {
    let stage = Stage::at(level).await?;
    let form = Form::torrent(&stage.torrent.bytes).text(level.stopped_param(), "true");
    stage.target.client().add(&form).await?;
    check(&stage, "api_v2_check.mjs", "qbittorrent-api-v2").await
}

at_each_level!(ctrl_qbittorrent);
at_levels!(an_older_ctrl_qbittorrent: l45 L45, l51 L51);
at_levels!(robertklep_qbittorrent: l45 L45, l51 L51);
at_levels!(qbittorrent_api_v2: l45 L45, l51 L51);
