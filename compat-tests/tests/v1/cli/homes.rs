//! The commands that work on a home without a server.

use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context as _, Result};
use compat_tests::until;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::binary;
use crate::support::Api;

/// Runs a command on a home, without a server.
async fn on(home: &Path, input: &str, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(binary()?);
    command.args(arguments).env("REVAER_HOME", home).env_remove("DATABASE_URL");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn()?;
    let mut stdin = child.stdin.take().context("stdin")?;
    // A command that refuses its arguments may end before it reads.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    Ok(child.wait_with_output().await?)
}

#[tokio::test]
async fn a_password_says_where_it_was_set() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    let said = async |home: &Path| -> Result<(bool, String)> {
        let output = on(home, "longenough\n", &["password"]).await?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8(text)?))
    };

    let mistyped = said(&folder.path().join("no/such")).await?;
    let fresh = said(&home).await?;
    let again = said(&home).await?;

    assert!(!mistyped.0 && mistyped.1.contains("neither an instance"), "{}", mistyped.1);
    assert!(!folder.path().join("no").exists());
    let place = format!("password set for `admin` in `{}`", fs_err::canonicalize(&home)?.display());
    assert!(
        fresh.0 && fresh.1.contains(&place) && fresh.1.contains("a new one was made"),
        "{fresh:?}"
    );
    assert!(again.0 && again.1.contains(&place) && !again.1.contains("a new one"), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn settings_are_changed_without_a_server_and_beside_one() -> Result<()> {
    let mut api = Api::start().await?;
    let home = api.target.home();
    let run = async |arguments: &[&str]| -> Result<(Option<i32>, String)> {
        let all = [&["settings", "--offline"], arguments].concat();
        let output = on(&home, "", &all).await?;
        let text = String::from_utf8([output.stdout, output.stderr].concat())?;
        Ok((output.status.code(), text))
    };
    let key = "queue.max_active_torrents";

    // The server that runs hears of it by itself.
    let set = run(&["set", "queue.max_active_torrents=7"]).await?;
    assert_eq!(set.0, Some(0), "{}", set.1);
    until("the change of another process", async || {
        Ok((api.json("/v1/settings").await?["effective"][key] == 7).then_some(()))
    })
    .await?;
    api.target.stop().await?;

    for (arguments, code, says) in [
        (["get", key], 0, "7"),
        (["set", "queue.max_active_torrents=x"], 2, "queue.max_active_torrents"),
        (["set", "no.such=1"], 2, "no.such"),
        (["set", "webui.password_hash=x"], 2, "revaer password"),
        (["revert", "99999"], 2, "99999"),
        (["set", "queue.max_active_torrents=9"], 0, "revision"),
        (["get", key], 0, "9"),
        (["set", "queue.max_active_torrents="], 0, "revision"),
    ] {
        let (found, text) = run(&arguments).await?;
        assert!(found == Some(code) && text.contains(says), "{arguments:?}: {found:?} {text}");
    }
    let (_, history) = run(&["history", "--limit=2"]).await?;
    assert!(history.contains(key) && history.contains("system"), "{history}");

    api.target.start().await?;
    assert_eq!(api.json("/v1/settings").await?["stored"][key], Value::Null);
    let nowhere = on(&home.join("no"), "", &["settings", "--offline", "get"]).await?;
    assert!(!nowhere.status.success() && !home.join("no").exists());
    Ok(())
}

#[tokio::test]
async fn an_import_that_fails_leaves_nothing_behind() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (home, profile) = (folder.path().join("a/home"), folder.path().join("profile"));
    let config = profile.join("qBittorrent/config");
    fs_err::create_dir_all(&config)?;
    fs_err::write(config.join("qBittorrent.conf"), "[Preferences]\nWebUI\\Username=somebody\n")?;
    let held = fs_err::File::create(config.join("lockfile"))?;
    rustix::fs::fcntl_lock(&held, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
    let from = profile.to_str().context("a path")?;
    let import = ["import-qbittorrent", "--output", "json", "--from", from];

    for look in [&import[..], &[&import[..], &["--dry-run"]].concat()] {
        let output = on(&home, "", look).await?;
        let errors = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains("a qBittorrent runs on this profile"), "{errors}");
        assert!(!folder.path().join("a").exists(), "{look:?} left a home behind");
    }
    drop(held);
    let taken = on(&home, "", &import).await?;
    let errors = String::from_utf8(taken.stderr)?;
    assert!(taken.status.success(), "{errors}");
    let report: Value = serde_json::from_slice(&taken.stdout)?;
    assert_eq!((&report["torrents"], &report["cancelled"]), (&json!(0), &json!(false)), "{report}");
    assert!(report["settings"].as_u64() > Some(0), "{report}");
    Ok(())
}

#[tokio::test]
async fn a_profile_that_is_taken_over_in_part_is_not_written() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (home, to) = (folder.path().join("home"), folder.path().join("to"));
    assert!(on(&home, "longenough\n", &["password"]).await?.status.success());
    let marker = home.join("adopting");
    fs_err::write(&marker, "")?;
    let export = ["export-qbittorrent", "--to", to.to_str().context("a path")?];

    let refused = on(&home, "", &export).await?;

    let errors = String::from_utf8(refused.stderr)?;
    assert_eq!(refused.status.code(), Some(1), "{errors}");
    assert!(errors.contains("in part only"), "{errors}");
    assert!(!to.exists());
    fs_err::remove_file(marker)?;
    assert!(on(&home, "", &export).await?.status.success());
    Ok(())
}
