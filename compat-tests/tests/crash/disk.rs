//! A disk that is too small, made by mounting a small tmpfs: as root, or as root of a user namespace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use compat_tests::{Authoring, Form, Level, Payload, Product, Seeder, Target, until};
use serde_json::json;
use tempfile::TempDir;

/// A mounted tmpfs, gone when dropped.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    fn of(size: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("compat-disk-").tempdir()?;
        run(
            "mount",
            &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", path(folder.path())?],
        )?;
        Ok(Self { folder })
    }

    fn resize(&self, size: &str) -> Result<()> {
        run("mount", &["-o", &format!("remount,size={size}"), path(self.folder.path())?])
    }

    /// Writes a file of zeros until nothing more fits, and returns its path.
    fn fill(&self) -> Result<PathBuf> {
        let filler = self.folder.path().join("filler");
        let mut file = fs_err::File::create(&filler)?;
        let block = vec![0; 4096];
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
        Ok(filler)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("temporary paths are plain")
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let status = Command::new(program).args(arguments).stdin(Stdio::null()).status()?;
    ensure!(status.success(), "{program} {arguments:?}: {status}");
    Ok(())
}

/// Runs this test again as root of a user namespace, unless we are root; returns true if that was done.
fn ran_in_a_namespace(test: &str) -> Result<bool> {
    if rustix::process::geteuid().is_root() {
        return Ok(false);
    }
    let status = Command::new("unshare")
        .arg("-rm")
        .arg(std::env::current_exe()?)
        .args(["--exact", test, "--nocapture"])
        .status()
        .context("cannot start `unshare`, which this test needs when it does not run as root")?;
    ensure!(status.success(), "in a user namespace: {status}");
    Ok(true)
}

fn level() -> Level {
    compat_tests::target::selected_level().unwrap_or(Level::L51)
}

#[tokio::test]
async fn a_download_onto_a_full_disk_heals() -> Result<()> {
    if ran_in_a_namespace("disk::a_download_onto_a_full_disk_heals")? {
        return Ok(());
    }
    let disk = SmallDisk::of("12m")?;
    let target = Target::setup(level()).inside(disk.folder.path()).spawn().await?;
    let client = target.client();
    client.set_preferences(&json!({"refresh_interval": 200})).await?;
    let mut seeder = Seeder::start().await?;
    let payload = Payload::single("too large.bin", 24_000_000);
    let torrent = Authoring::of(&payload).piece_length(256 * 1024).build();
    seeder.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();

    client.add(&Form::torrent(&torrent.bytes).text("tags", "kept")).await?;
    client.torrent_when(&id, "the torrent", |_| true).await?;
    let peer = seeder.address().to_string();
    client.ok("torrents/addPeers", &[("hashes", &id), ("peers", &peer)]).await?;
    let stuck = client.torrent_when(&id, "the full disk", |t| t["state"] == "error").await?;
    assert!(stuck["progress"].as_f64() < Some(1.0), "{stuck}");
    assert_eq!(client.get("app/version", &[]).await?.status, 200);

    disk.resize("64m")?;
    client.ok(target.level().start_route(), &[("hashes", &id)]).await?;
    // The other side was lost with the error.
    seeder.connect(&torrent, target.torrenting()?).await?;
    let done = client
        .torrent_when(&id, "the rest of the download", |torrent| torrent["amount_left"] == 0)
        .await?;
    assert_eq!(done["tags"], "kept");
    payload.verify_in(&target.data())
}

/// While nothing can be written, changes are refused or kept in memory; nothing acknowledged is lost.
#[tokio::test]
async fn a_full_disk_loses_nothing() -> Result<()> {
    if Product::under_test() == Product::Reference
        || ran_in_a_namespace("disk::a_full_disk_loses_nothing")?
    {
        return Ok(());
    }
    let disk = SmallDisk::of("32m")?;
    let mut target = Target::setup(level()).inside(disk.folder.path()).spawn().await?;
    let add = async |target: &Target, name: &str| -> Result<(String, u16)> {
        let payload = Payload::single(name, 20_000);
        let torrent = Authoring::of(&payload).build();
        let form = Form::torrent(&torrent.bytes).text(target.level().stopped_param(), "true");
        let reply = target.client().upload("torrents/add", &form).await?;
        let is_added = reply.status == 200 && reply.text() != "Fails.";
        Ok((torrent.id(), if is_added { 200 } else { reply.status.max(400) }))
    };
    let mut acknowledged = Vec::new();
    for index in 0..5 {
        let (id, status) = add(&target, &format!("before {index}")).await?;
        assert_eq!(status, 200);
        acknowledged.push(id);
    }

    let filler = disk.fill()?;
    let mut refused = 0;
    for index in 0..40 {
        let (id, status) = add(&target, &format!("during {index}")).await?;
        if status == 200 {
            acknowledged.push(id);
        } else {
            refused += 1;
        }
        let reply = target
            .client()
            .post("torrents/createTags", &[("tags", &format!("tag{index}"))])
            .await?;
        refused += usize::from(reply.status >= 400);
    }
    assert!(refused > 0, "80 changes were acknowledged on a full disk");
    // Reading goes on.
    let list = target.client().json("torrents/info", &[]).await?;
    assert!(list.as_array().map(Vec::len) >= Some(5), "{list}");
    assert!(target.is_alive());

    // With room again, changes succeed without a restart, and everything acknowledged survives a crash.
    fs_err::remove_file(filler)?;
    let id = until("changes succeed again", async || {
        let (id, status) = add(&target, "after").await?;
        let is_listed = target.client().torrent(&id).await?.is_some();
        Ok((status == 200 || is_listed).then_some(id))
    })
    .await?;
    acknowledged.push(id);
    target.client().ok("torrents/createTags", &[("tags", "after")]).await?;
    target.kill().await?;
    target.start().await?;
    for id in &acknowledged {
        target.client().torrent_when(id, "an acknowledged torrent", |_| true).await?;
    }
    let tags = target.client().json("torrents/tags", &[]).await?;
    assert!(tags.as_array().is_some_and(|tags| tags.contains(&json!("after"))), "{tags}");
    Ok(())
}
