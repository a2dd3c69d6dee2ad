//! Measures how long Revaer takes to take a large qBittorrent profile over, and to list it then.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Parser;
use compat_tests::bencode::Value;
use compat_tests::{Authoring, Level, Payload, Product, Target, Version};

/// Makes a profile of many torrents and takes it over: `cargo run --release --bin adoption`.
#[derive(Parser)]
struct Arguments {
    /// Number of torrents.
    #[arg(long, default_value_t = 10_000)]
    torrents: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let profile = tempfile::tempdir()?;
    make(profile.path(), arguments.torrents)?;
    let mut out = std::io::stdout();

    let path = profile.path().to_string_lossy().into_owned();
    let setup = Target::setup(Level::L51).product(Product::Revaer);
    let began = Instant::now();
    let mut target = setup.argument("--profile").argument(&path).spawn().await?;
    writeln!(out, "adopted and answering after {:.1} s", began.elapsed().as_secs_f64())?;
    for what in ["first list", "second list"] {
        let began = Instant::now();
        let list = target.client().get("torrents/info", &[]).await?;
        writeln!(out, "{what} after {:.2} s", began.elapsed().as_secs_f64())?;
        let count = list.text().matches("\"infohash_v1\"").count();
        ensure!(count == arguments.torrents, "{count} torrents");
    }
    let began = Instant::now();
    target.restart().await?;
    writeln!(out, "stopped and answering again after {:.1} s", began.elapsed().as_secs_f64())?;
    target.stop().await?;
    Ok(())
}

/// Writes a profile as 5.1 has it: complete torrents of three files each, stopped, in ten categories.
fn make(profile: &Path, count: usize) -> Result<()> {
    let backup = profile.join("qBittorrent/data/BT_backup");
    let config = profile.join("qBittorrent/config");
    for folder in [&backup, &config] {
        fs_err::create_dir_all(folder)?;
    }
    fs_err::write(config.join("qBittorrent.conf"), "[Meta]\nMigrationVersion=8\n")?;
    for number in 0..count {
        let files = [("a.bin", 20_000), ("b.bin", 9000), ("c.txt", 10)];
        let payload = Payload::folder(&format!("torrent {number}"), &files);
        let torrent = Authoring::of(&payload).version(Version::V1).build();
        let mut resume = Value::dict([("file-format", Value::from("libtorrent resume file"))]);
        resume.insert("file-version", 1);
        resume.insert("info-hash", torrent.v1.unwrap_or_default().to_vec());
        resume.insert("pieces", vec![1; 2]);
        resume.insert("paused", 1);
        resume.insert("auto_managed", 0);
        resume.insert("added_time", 1_700_000_000);
        resume.insert("completed_time", 1_700_000_100);
        resume.insert("save_path", "/nowhere/at all");
        resume.insert("qBt-savePath", "/nowhere/at all");
        resume.insert("qBt-category", format!("category {}", number % 10));
        resume.insert("qBt-tags", Value::List(vec![Value::from("x"), Value::from("y")]));
        resume.insert("qBt-seedStatus", 1);
        let trackers = ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"];
        let tiers = trackers.map(|url| Value::List(vec![Value::from(url)])).to_vec();
        resume.insert("trackers", tiers);
        fs_err::write(backup.join(format!("{}.fastresume", torrent.id())), resume.encode())?;
        fs_err::write(backup.join(format!("{}.torrent", torrent.id())), &torrent.bytes)?;
    }
    Ok(())
}
