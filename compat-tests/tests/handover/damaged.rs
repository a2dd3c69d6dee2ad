//! Profiles that are damaged or hostile: each fault gets a line in the report, the rest is taken over, and nothing is
//! written outside of the home.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use compat_tests::bencode::Value;
use compat_tests::{Level, Target, at_any_level, has_no_counterpart};
use sha2::{Digest as _, Sha256};

use crate::made::{Made, Storage};
use crate::maker::{COUNT, settle};

/// One way to break the files of a torrent, and what the report says of it.
struct Fault {
    says: &'static str,
    breaks: fn(&Files) -> Result<()>,
}

/// The two files of a torrent.
struct Files {
    resume: PathBuf,
    metainfo: PathBuf,
}

impl Files {
    fn edit(&self, change: impl FnOnce(&mut Value)) -> Result<()> {
        let mut resume = Value::decode(&fs_err::read(&self.resume)?)?;
        change(&mut resume);
        fs_err::write(&self.resume, resume.encode())?;
        Ok(())
    }
}

const FAULTS: &[Fault] = &[
    Fault {
        says: "not taken over",
        breaks: |files| {
            let bytes = fs_err::read(&files.resume)?;
            Ok(fs_err::write(&files.resume, &bytes[..bytes.len() / 2])?)
        },
    },
    Fault { says: "not taken over", breaks: |files| Ok(fs_err::write(&files.resume, b"")?) },
    Fault {
        says: "it is no dictionary",
        breaks: |files| Ok(fs_err::write(&files.resume, b"li1ee")?),
    },
    Fault {
        says: "nested too deeply",
        breaks: |files| {
            let deep = [b"d1:a".to_vec(), vec![b'l'; 200_000], vec![b'e'; 200_001]].concat();
            Ok(fs_err::write(&files.resume, deep)?)
        },
    },
    Fault {
        says: "it is no file",
        breaks: |files| {
            fs_err::remove_file(&files.resume)?;
            Ok(fs_err::create_dir(&files.resume)?)
        },
    },
    Fault {
        says: "not taken over",
        breaks: |files| {
            fs_err::remove_file(&files.resume)?;
            Ok(fs_err::os::unix::fs::symlink("/etc/hostname", &files.resume)?)
        },
    },
    Fault {
        says: "more than the",
        breaks: |files| {
            Ok(fs_err::File::options().write(true).open(&files.resume)?.set_len(1 << 30)?)
        },
    },
    Fault {
        says: "more than the",
        breaks: |files| {
            Ok(fs_err::File::options().write(true).open(&files.metainfo)?.set_len(1 << 30)?)
        },
    },
    Fault {
        says: "its metadata is unreadable",
        breaks: |files| {
            let bytes = fs_err::read(&files.metainfo)?;
            Ok(fs_err::write(&files.metainfo, &bytes[..bytes.len() / 2])?)
        },
    },
    Fault {
        says: "its resume file is missing",
        breaks: |files| Ok(fs_err::remove_file(&files.resume)?),
    },
    Fault {
        says: "of different torrents",
        breaks: |files| {
            files.edit(|resume| {
                resume.insert("info-hash", vec![7; 20]);
                resume.insert("info-hash2", vec![7; 32]);
            })
        },
    },
    Fault {
        says: "neither metadata nor info-hash",
        breaks: |files| {
            fs_err::remove_file(&files.metainfo)?;
            files.edit(|resume| {
                resume.insert("info-hash", vec![0; 20]);
                resume.insert("info-hash2", vec![0; 32]);
            })
        },
    },
    Fault {
        says: "twice",
        breaks: |files| {
            for path in [&files.resume, &files.metainfo] {
                let ending = path.extension().context("an ending")?;
                let copy = path.with_file_name("f".repeat(40)).with_extension(ending);
                fs_err::copy(path, copy)?;
            }
            Ok(())
        },
    },
    Fault {
        says: "is refused",
        breaks: |files| {
            files.edit(|resume| {
                let names = ["../../../outside", "/outside", "a/../../../b", "ok\0"];
                let names = names.map(Value::from).to_vec();
                resume.insert("mapped_files", names);
            })
        },
    },
    Fault {
        says: "is no place",
        breaks: |files| {
            files.edit(|resume| {
                for key in ["save_path", "qBt-savePath"] {
                    resume.insert(key, "\0/../../..");
                }
            })
        },
    },
];

/// Values that make no sense become what a torrent has that says nothing of them.
fn nonsense(resume: &mut Value) {
    for key in ["pieces", "qBt-tags", "trackers", "url-list", "file_priority", "qBt-category"] {
        resume.insert(key, 5);
    }
    for key in ["added_time", "total_uploaded", "qBt-ratioLimit", "upload_rate_limit", "paused"] {
        resume.insert(key, -i64::MAX);
    }
    for key in ["qBt-seedingTimeLimit", "active_time", "completed_time", "download_rate_limit"] {
        resume.insert(key, i64::MAX);
    }
    resume.insert("qBt-name", vec![0xff, 0xfe, 0]);
}

async fn each_fault_of_a_profile_is_told(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let folder = made.folder().join("data/BT_backup");
    let mut ids: Vec<String> = fs_err::read_dir(&folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".torrent").map(str::to_owned))
        .collect();
    ids.sort();
    let files = |id: &str| Files {
        resume: folder.join(format!("{id}.fastresume")),
        metainfo: folder.join(format!("{id}.torrent")),
    };
    for (fault, id) in FAULTS.iter().zip(&ids) {
        (fault.breaks)(&files(id)).with_context(|| fault.says)?;
    }
    files(&ids[FAULTS.len()]).edit(nonsense)?;
    fs_err::write(folder.join("queue"), [0xff, 0xfe])?;
    let config = made.folder().join("config");
    fs_err::write(config.join("categories.json"), b"{\"a\": {")?;
    fs_err::write(config.join("qBittorrent-data.conf"), b"[Stats]\nAllStats=@Variant(x)\n")?;
    fs_err::write(config.join("watched_folders.json"), b"[1, 2]")?;
    fs_err::write(made.folder().join("data/web_clientdata.json"), b"[")?;
    fs_err::File::create(config.join("qBittorrent_new.conf"))?.set_len(1 << 30)?;
    let conf = config.join("qBittorrent.conf");
    let text = fs_err::read_to_string(&conf)?;
    fs_err::write(
        &conf,
        format!("{text}\n[BitTorrent\n[BitTorrent]\nSession\\Encryption=99\nhalf a li"),
    )?;

    let mut target = Target::setup(level).strict().spawn().await?;
    target.stop().await?;
    let before = (digest(made.folder())?, outside(&target)?);
    let from = made.folder().to_string_lossy().into_owned();
    // Less than each of the files of a gigabyte.
    let import = ["import-qbittorrent", "--from", &from];
    let report = target.command_within(1_000_000, &import).await?;
    assert_eq!((digest(made.folder())?, outside(&target)?), before, "something was written");

    let line = |what: &str, says: &str| {
        report.lines().any(|line| line.contains(what) && line.contains(says))
    };
    for (fault, id) in FAULTS.iter().zip(&ids) {
        let what = if fault.says == "twice" { "f".repeat(40) } else { id.clone() };
        assert!(line(&what, fault.says), "{id}: {}: {report}", fault.says);
    }
    for (what, says) in [
        ("queue", "no text"),
        ("categories.json", "not taken over"),
        ("qBittorrent_new.conf", "more than the"),
        ("qBittorrent.conf", "lines cannot be read"),
        ("Session/Encryption", "must be one of"),
        ("qBittorrent-data.conf", "not taken over"),
        ("watched_folders.json", "cannot be read"),
        ("web_clientdata.json", "not taken over"),
        (&ids[FAULTS.len()], "what makes no sense is ignored: file_priority"),
    ] {
        assert!(line(what, says), "{what}: {report}");
    }

    target.start().await?;
    settle(target.client()).await?;
    let list = target.client().json("torrents/info", &[]).await?;
    let left_out =
        FAULTS.iter().filter(|fault| !["twice", "is refused"].contains(&fault.says)).count();
    assert_eq!(list.as_array().map(Vec::len), Some(COUNT - left_out), "{report}");
    Ok(())
}

async fn a_broken_database_is_told(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Database)?;
    let database = made.folder().join("data/torrents.db");
    let whole = fs_err::read(&database)?;
    let mut target = Target::setup(level).strict().spawn().await?;
    target.stop().await?;
    let from = made.folder().to_string_lossy().into_owned();
    let import = ["import-qbittorrent", "--from", &from, "--keep-settings"];
    for broken in [&whole[..whole.len() / 3], b"no database at all, but long enough for a header"] {
        fs_err::write(&database, broken)?;

        let report = target.command(&import).await?;

        assert!(report.contains("torrents.db: not taken over"), "{report}");
    }
    fs_err::write(&database, &whole)?;
    let report = target.command(&import).await?;
    assert!(report.starts_with(&format!("{COUNT} torrents")), "{report}");
    Ok(())
}

async fn wrong_kinds_in_a_database_and_in_categories_are_told(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Database)?;
    let script = "import sqlite3, sys\n\
        c = sqlite3.connect(sys.argv[1])\n\
        ids = [r[0] for r in c.execute('select id from torrents order by torrent_id')]\n\
        c.execute('update torrents set ratio_limit = ?, stopped = ? where id = ?', ('many', b'x', ids[0]))\n\
        c.execute('update torrents set libtorrent_resume_data = ? where id = ?', (b'd1:a', ids[1]))\n\
        c.execute('update torrents set metadata = zeroblob(300000000) where id = ?', (ids[2],))\n\
        c.execute('update torrents set metadata = ? where id = ?', ('a text', ids[3]))\n\
        c.commit()\n";
    let database = made.folder().join("data/torrents.db");
    let edited = tokio::process::Command::new("/usr/bin/python3")
        .args(["-c", script])
        .arg(&database)
        .output()
        .await?;
    assert!(edited.status.success(), "{}", String::from_utf8_lossy(&edited.stderr));
    let categories = br#"{"a": 7, "b": {"save_path": [], "ratio_limit": "x"}, "/": {}}"#;
    fs_err::write(made.folder().join("config/categories.json"), categories)?;
    let target = Target::setup(level).strict().prepare()?;
    let from = made.folder().to_string_lossy().into_owned();

    let report = target.command_within(1_000_000, &["import-qbittorrent", "--from", &from]).await?;

    assert!(report.starts_with(&format!("{} torrents, 2 categories", COUNT - 3)), "{report}");
    for says in [
        "ignored: ratio_limit, stopped",
        "not taken over: eof while parsing",
        "more than the",
        "its metadata is unreadable",
        "`a`: what makes no sense is ignored: all options",
        "`b`: what makes no sense is ignored: save_path, ratio_limit",
        "`/` is no name",
    ] {
        assert!(report.contains(says), "{says}: {report}");
    }
    Ok(())
}

/// All files below a folder with what is in them.
pub(crate) fn digest(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(digest(&path)?);
        } else if fs_err::metadata(&path)?.len() < 1 << 24 {
            files.insert(path.clone(), Sha256::digest(fs_err::read(&path)?).to_vec());
        } else {
            files.insert(path, Vec::new());
        }
    }
    Ok(files)
}

/// What lies beside the home.
fn outside(target: &Target) -> Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(target.folder())? {
        names.push(entry?.path());
    }
    for entry in fs_err::read_dir(target.data())? {
        names.push(entry?.path());
    }
    names.sort();
    Ok(names)
}

at_any_level!(
    each_fault_of_a_profile_is_told,
    a_broken_database_is_told,
    wrong_kinds_in_a_database_and_in_categories_are_told,
);
