//! Libraries from the Python package index.

use anyhow::Result;
use compat_tests::installed::{python, run};
use compat_tests::{Level, at_each_level, at_levels};
use tokio::process::Command;

use crate::support::{Stage, script};

/// Runs a script of this suite with the libraries of an environment.
async fn check(level: Level, environment: &str, name: &str) -> Result<()> {
    let stage = Stage::at(level).await?;
    let mut command = Command::new(python(environment, "python")?);
    run(command.arg(script(name)).args(stage.arguments()?)).await?;
    Ok(())
}

async fn qbittorrent_api(level: Level) -> Result<()> {
    check(level, "", "qbittorrent_api_check.py").await
}

/// The release that Home Assistant and `SickChill` used for years; it wants `Ok.` from a login.
async fn an_older_qbittorrent_api(level: Level) -> Result<()> {
    check(level, "older", "qbittorrent_api_check.py").await
}

async fn aioqbt(level: Level) -> Result<()> {
    check(level, "", "aioqbt_check.py").await
}

async fn python_qbittorrent(level: Level) -> Result<()> {
    check(level, "", "python_qbittorrent_check.py").await
}

at_each_level!(qbittorrent_api, aioqbt);
at_levels!(an_older_qbittorrent_api: l45 L45, l51 L51);
at_levels!(python_qbittorrent: l45 L45, l51 L51);
