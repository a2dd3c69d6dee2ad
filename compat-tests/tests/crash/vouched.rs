//! What an operator vouches for is believed after a crash too.

use std::path::Path;

use anyhow::{Result, ensure};
use compat_tests::{Authoring, Form, Level, Payload, Product, Target};
use serde_json::{Value, json};

fn seeds(torrent: &Value) -> bool {
    torrent["state"] == "stalledUP" && torrent["progress"] == 1
}

/// Leaves the database as a crash before the first resume data leaves it.
async fn forget_resume_data(home: &Path) -> Result<()> {
    let script = "import sqlite3, sys\n\
        database = sqlite3.connect(sys.argv[1])\n\
        database.execute('DELETE FROM torrent_blobs WHERE kind = 1')\n\
        database.commit()\n";
    let output = tokio::process::Command::new("/usr/bin/python3")
        .args(["-c", script])
        .arg(home.join("revaer.db"))
        .output()
        .await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The data are not what the torrent promises, so a check would show.
#[tokio::test]
async fn a_seed_without_some_files_comes_back_unchecked() -> Result<()> {
    if Product::under_test() == Product::Reference {
        return Ok(());
    }
    let mut target = Target::spawn(Level::L51).await?;
    let payload = Payload::folder("vouched", &[("wanted.bin", 90_000), ("unwanted.bin", 70_000)]);
    let torrent = Authoring::of(&payload).build();
    for file in &payload.files {
        let path = target.data().join(payload.path_of(file));
        fs_err::create_dir_all(path.parent().unwrap_or(&path))?;
        fs_err::write(path, vec![0; file.bytes.len()])?;
    }
    let form = Form::torrent(&torrent.bytes).text("skip_checking", "true");
    target.client().add(&form).await?;
    let id = torrent.id();
    target.client().torrent_when(&id, "seeding", seeds).await?;
    let unwanted = [("hash", id.as_str()), ("id", "1"), ("priority", "0")];
    target.client().ok("torrents/filePrio", &unwanted).await?;

    target.kill().await?;
    forget_resume_data(&target.home()).await?;
    target.start().await?;

    target.client().torrent_when(&id, "seeding again", seeds).await?;
    let files = target.client().json("torrents/files", &[("hash", &id)]).await?;
    assert_eq!((&files[0]["priority"], &files[1]["priority"]), (&json!(1), &json!(0)));
    Ok(())
}
