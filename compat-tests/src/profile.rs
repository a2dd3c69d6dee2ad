//! Large profiles of qBittorrent: complete torrents of three files each, stopped, in ten categories. Their content is
//! nowhere.

use std::path::Path;

use anyhow::Result;

use crate::bencode::Value;
use crate::{Authoring, Payload, Version};

/// Writes the files of a profile as 5.1 has them, below the folder with `config` and `data`. Settings that are there
/// stay.
///
/// # Errors
/// Fails when a file cannot be written.
pub fn write(profile: &Path, count: usize) -> Result<()> {
    let backup = profile.join("data/BT_backup");
    let config = profile.join("config");
    for folder in [&backup, &config] {
        fs_err::create_dir_all(folder)?;
    }
    let conf = config.join("qBittorrent.conf");
    if !conf.exists() {
        fs_err::write(conf, "[Meta]\nMigrationVersion=8\n")?;
    }
    for number in 0..count {
        let files = [("a.bin", 2000), ("b.bin", 900), ("c.txt", 10)];
        let payload = Payload::folder(&format!("torrent {number}"), &files);
        let torrent = Authoring::of(&payload).version(Version::V1).build();
        let mut resume = Value::dict([("file-format", Value::from("libtorrent resume file"))]);
        resume.insert("file-version", 1);
        resume.insert("info-hash", torrent.v1.unwrap_or_default().to_vec());
        resume.insert("pieces", vec![1]);
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
