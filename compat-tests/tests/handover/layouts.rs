//! Where profiles lie: below `--profile`, in the folders of a user, under the name of a configuration, side by side as
//! images of containers have them; and when nothing is taken over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use compat_tests::{Level, Product, Target, at_any_level, has_no_counterpart};
use serde_json::json;

use crate::damaged::digest;
use crate::made::{Made, Storage, copy};
use crate::maker::{COUNT, settle};

async fn count(target: &Target) -> Result<usize> {
    let list = target.client().json("torrents/info", &[]).await?;
    Ok(list.as_array().context("a list")?.len())
}

/// Folders of settings and of data, variables with their folders, the arguments, and the home.
type Layout<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [&'a str], &'a str);

async fn a_profile_is_found_in_each_layout(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let user = [("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "share")];
    let own = [("HOME", "user")];
    let layouts: [Layout<'_>; 6] = [
        ("config/qBittorrent", "share/qBittorrent", &user, &[], "share/revaer"),
        (
            "config/qBittorrent_two",
            "share/qBittorrent_two",
            &user,
            &["--configuration", "two"],
            "share/revaer_two",
        ),
        (
            "user/.config/qBittorrent",
            "user/.local/share/data/qBittorrent",
            &own,
            &[],
            "user/.local/share/revaer",
        ),
        (
            "p/qBittorrent_x/config",
            "p/qBittorrent_x/data",
            &own,
            &["--profile", "p", "--configuration", "x"],
            "p/revaer_x",
        ),
        ("p/qBittorrent", "p/qBittorrent", &own, &["--profile", "p"], "p/revaer"),
        ("p/config", "p/data", &own, &["--profile", "p"], "p/revaer"),
    ];
    for (config, data, environment, arguments, home) in layouts {
        let place = tempfile::tempdir()?;
        let at = |path: &str| place.path().join(path);
        let text = |path: &str| at(path).to_string_lossy().into_owned();
        copy(&made.folder().join("config"), &at(config))?;
        copy(&made.folder().join("data"), &at(data))?;
        let mut setup = Target::setup(level).environment("REVAER_HOME", None);
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            setup = setup.environment(name, None);
        }
        for (name, folder) in environment {
            setup = setup.environment(name, Some(&text(folder)));
        }
        for argument in arguments {
            let is_path = *argument == "p";
            setup = setup.argument(&if is_path { text(argument) } else { (*argument).to_owned() });
        }

        let mut target = setup.spawn().await.with_context(|| config.to_owned())?;

        assert_eq!(count(&target).await?, COUNT, "{config}");
        assert!(at(home).join("revaer.db").is_file(), "{home}");
        target.stop().await?;
    }
    Ok(())
}

/// While a qBittorrent runs on the profile, its lock is held.
async fn a_profile_in_use_is_left_alone(level: Level) -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut theirs = None;
    let profile = if Product::under_test() == Product::Reference {
        let target = Target::spawn(level).await?;
        theirs.insert(target).home()
    } else {
        let made = Made::recorded(level, Storage::Folder)?;
        copy(made.folder(), &place.path().join("qBittorrent"))?;
        place.path().to_owned()
    };
    let lock = profile.join("qBittorrent/config/lockfile");
    let setup = Target::setup(level).product(Product::Revaer);
    let setup = setup.argument("--profile").argument(&profile.to_string_lossy());
    let mut ours = setup.prepare()?;
    let mut refused = async || {
        let refused = ours.start().await.expect_err("a server that shares the profile");
        let reason = format!("{refused:#}");
        assert!(reason.contains("a qBittorrent runs on this profile"), "{reason}");
    };

    if let Some(theirs) = &mut theirs {
        refused().await;
        theirs.stop().await?;
    } else {
        // Until 5.1 the lock is one of POSIX, then one of `flock`.
        let exclusive = rustix::fs::FlockOperation::NonBlockingLockExclusive;
        let file = fs_err::File::create(&lock)?;
        rustix::fs::fcntl_lock(&file, exclusive)?;
        refused().await;
        drop(file);
        let file = fs_err::File::create(&lock)?;
        rustix::fs::flock(&file, exclusive)?;
        refused().await;
    }
    ours.start().await?;
    Ok(())
}

/// All files of a home, and all rows of its database, whose header counts transactions without a change too.
async fn state(home: &Path) -> Result<(BTreeMap<PathBuf, Vec<u8>>, Vec<u8>)> {
    let mut files = digest(home)?;
    let database = home.join("revaer.db");
    files.remove(&database).context("a database")?;
    let script = "import sqlite3, sys\n\
        for line in sqlite3.connect(sys.argv[1]).iterdump(): print(line)\n";
    let dump = tokio::process::Command::new("/usr/bin/python3")
        .args(["-c", script])
        .arg(&database)
        .output()
        .await?;
    ensure!(dump.status.success() && dump.stdout.len() > 1000, "no dump");
    Ok((files, dump.stdout))
}

/// Who only looks changes nothing: neither the profile nor what is here, which may be nothing at all.
async fn a_dry_run_changes_nothing(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    for storage in [Storage::Folder, Storage::Database] {
        let made = Made::recorded(level, storage)?;
        let from = made.folder().to_string_lossy().into_owned();
        let look = ["import-qbittorrent", "--from", &from, "--dry-run"];
        // An instance that has no port for peers chooses one whenever its settings are opened.
        let port = compat_tests::target::free_port()?.to_string();
        let setup = Target::setup(level).set("connection.listen_port", &port);
        let mut target = setup.prepare()?;

        let report = target.command(&look).await?;

        assert!(report.starts_with(&format!("{COUNT} torrents, ")), "{report}");
        assert!(report.contains("nothing was changed"), "{report}");
        assert!(!target.home().exists(), "a home was made");
        target.start().await?;
        let tags = [("tags", "here")];
        target.client().ok("torrents/createTags", &tags).await?;
        target.stop().await?;
        let before = (state(&target.home()).await?, digest(made.folder())?);
        target.command(&look).await?;
        let after = (state(&target.home()).await?, digest(made.folder())?);
        assert!(before == after, "something changed");
        target.start().await?;
        assert_eq!(target.client().json("torrents/tags", &[]).await?, json!(["here"]));
        assert_eq!(count(&target).await?, 0);
    }
    Ok(())
}

/// A first start on a profile whose content is here in part: what is gone is told, and nothing is loaded in its place.
async fn a_first_start_tells_what_is_missing(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let place = tempfile::tempdir()?;
    made.lay_out(place.path())?;
    let gone = ["data/by category", "data/stopped", "data/hybrid/sub/b.bin"];
    let forget = |path: &Path| -> Result<()> {
        Ok(if path.is_dir() { fs_err::remove_dir_all(path) } else { fs_err::remove_file(path) }?)
    };
    for path in gone {
        forget(&place.path().join(path))?;
    }
    let map = format!("{}={}", made.there(), place.path().display());
    let setup = Target::setup(level).strict().argument("--profile");
    let setup = setup.argument(&place.path().to_string_lossy());
    let mut target = setup.argument("--map").argument(&map).spawn().await?;
    settle(target.client()).await?;

    let expected = made.expected(place.path())?;
    for torrent in expected["torrents"].as_object().into_iter().flat_map(|all| all.values()) {
        let name = torrent["name"].as_str().context("a name")?;
        let id = torrent["properties"]["hash"].as_str().unwrap_or_default();
        let id =
            if id.is_empty() { torrent["infohash_v1"].as_str().unwrap_or_default() } else { id };
        let is_gone = ["managed", "Another name ünï", "hybrid"].contains(&name);
        if torrent["progress"].as_f64().is_some_and(|done| done > 0.0) && !id.is_empty() {
            let state = if is_gone { json!("missingFiles") } else { torrent["state"].clone() };
            target.client().torrent_when(id, name, |found| found["state"] == state).await?;
        }
    }
    let log = fs_err::read_to_string(target.folder().join("server.log"))?;
    let by_category = place.path().join("data/by category");
    for says in [
        format!("`{}`: content of 1 torrent is nowhere", by_category.display()),
        format!("--map {}=/where/it/is", by_category.display()),
        format!("`{}`: content of 1 torrent is not in it", place.path().join("data").display()),
    ] {
        assert!(log.contains(&says), "{says}: {log}");
    }
    let list = target.client().json("torrents/info", &[]).await?;
    for torrent in list.as_array().into_iter().flatten() {
        assert_eq!(torrent["downloaded_session"], 0, "{torrent}");
    }
    target.stop().await?;
    for path in gone {
        assert!(!place.path().join(path).exists(), "{path}");
    }
    Ok(())
}

/// What nobody wants and lies in a folder of its own stays there, and is not loaded again.
async fn unwanted_files_keep_their_place(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let made = Made::recorded(level, Storage::Folder)?;
    let place = tempfile::tempdir()?;
    made.lay_out(place.path())?;
    let torrents = made.picture["torrents"].as_object().context("torrents")?;
    let (id, _) = torrents.iter().find(|(_, t)| t["name"] == "super").context("a torrent")?;
    let folder = place.path().join("data/super/sub");
    fs_err::create_dir(folder.join(".unwanted"))?;
    fs_err::rename(folder.join("b.bin"), folder.join(".unwanted/b.bin"))?;
    let resume = format!("qBittorrent/data/BT_backup/{id}.fastresume");
    let resume = place.path().join(resume);
    let mut data = compat_tests::bencode::Value::decode(&fs_err::read(&resume)?)?;
    let names = ["super/a.bin", "super/sub/.unwanted/b.bin"];
    data.insert("mapped_files", names.map(compat_tests::bencode::Value::from).to_vec());
    fs_err::write(&resume, data.encode())?;
    let map = format!("{}={}", made.there(), place.path().display());
    let setup = Target::setup(level).argument("--profile");
    let setup = setup.argument(&place.path().to_string_lossy());

    let target = setup.argument("--map").argument(&map).spawn().await?;

    settle(target.client()).await?;
    let whole = |torrent: &serde_json::Value| torrent["progress"] == 1;
    target.client().torrent_when(id, "all of it", whole).await?;
    let files = target.client().json("torrents/files", &[("hash", id)]).await?;
    assert_eq!(files[1]["name"], names[1]);
    let log = fs_err::read_to_string(target.folder().join("server.log"))?;
    assert!(log.contains("1 of its files lie in `.unwanted`"), "{log}");
    Ok(())
}

/// A profile of Windows needs a rule, and says which.
async fn paths_of_windows_need_a_rule(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let profile = tempfile::tempdir()?;
    compat_tests::profile::write(profile.path(), 3)?;
    for entry in fs_err::read_dir(profile.path().join("data/BT_backup"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "fastresume") {
            let mut data = compat_tests::bencode::Value::decode(&fs_err::read(&path)?)?;
            for key in ["save_path", "qBt-savePath"] {
                data.insert(key, "D:\\Down loads\\x");
            }
            fs_err::write(&path, data.encode())?;
        }
    }
    let from = profile.path().to_string_lossy().into_owned();
    let mut target = Target::setup(level).prepare()?;

    let report = target.command(&["import-qbittorrent", "--from", &from]).await?;

    assert!(report.starts_with("0 torrents"), "{report}");
    assert!(report.contains("`D:/Down loads/x`: 3 torrents are left out"), "{report}");
    let here = target.data().to_string_lossy().into_owned();
    let map = format!("D:\\Down loads={here}");
    let report = target.command(&["import-qbittorrent", "--from", &from, "--map", &map]).await?;
    assert!(report.starts_with("3 torrents"), "{report}");
    target.start().await?;
    let list = target.client().json("torrents/info", &[]).await?;
    assert_eq!(list[0]["save_path"], format!("{here}/x"));
    Ok(())
}

at_any_level!(
    a_profile_is_found_in_each_layout,
    a_profile_in_use_is_left_alone,
    a_dry_run_changes_nothing,
    a_first_start_tells_what_is_missing,
    unwanted_files_keep_their_place,
    paths_of_windows_need_a_rule,
);
