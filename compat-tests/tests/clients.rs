//! Client libraries of other people, as they are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use compat_tests::{Authoring, Level, Payload, Target, at_each_level};
use tokio::process::Command;

/// Finds an interpreter that has `qbittorrent-api`.
fn python() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("COMPAT_PYTHON") {
        return Ok(path.into());
    }
    let test = std::env::current_exe()?;
    let beside_tests = test.ancestors().nth(3).map(Path::to_path_buf);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    beside_tests
        .into_iter()
        .chain([workspace])
        .map(|target| target.join("venv/bin/python"))
        .find(|path| path.is_file())
        .context("found no target/venv: run `make deps`, or name an interpreter in COMPAT_PYTHON")
}

async fn qbittorrent_api(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let payload = Payload::folder("from python", &[("a.bin", 32_768), ("sub/b.bin", 32_768)]);
    let torrent = Authoring::of(&payload).tracker("http://127.0.0.1:9/announce").build();
    let file = target.folder().join("from python.torrent");
    fs_err::write(&file, &torrent.bytes)?;
    let (username, password) = target.credentials();

    let output = Command::new(python()?)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/qbittorrent_api_check.py"))
        .args([target.client().base(), &username, &password, level.name()])
        .arg(&file)
        .arg(torrent.id())
        .output()
        .await?;

    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "qbittorrent-api at level {level}:\n{stderr}");
    Ok(())
}

at_each_level!(qbittorrent_api);
