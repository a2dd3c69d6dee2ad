//! `torrentcreator/*`.

use std::path::Path;

use anyhow::{Context, Result};
use compat_tests::{
    Authoring, Client, Level, Payload, Target, Torrent, Version, at_each_level, at_levels, differs,
    has_no_counterpart, until,
};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::support::{get, post, server};

/// What makes hashing take longer than any test: a file without blocks on disk.
const ENDLESS: u64 = 1 << 40;

/// The path of something in the scratch folder.
fn path(target: &Target, name: &str) -> Result<String> {
    Ok(target.folder_named("sources")?.join(name).to_string_lossy().into_owned())
}

/// Writes a payload into the scratch folder and returns its path.
fn written(target: &Target, payload: &Payload) -> Result<String> {
    payload.write_to(&target.folder_named("sources")?)?;
    path(target, &payload.name)
}

fn endless(target: &Target) -> Result<String> {
    let path = path(target, "endless.bin")?;
    fs_err::File::create(&path)?.set_len(ENDLESS)?;
    Ok(path)
}

async fn add(client: &Client, form: &[(&str, &str)]) -> Result<String> {
    let reply = client.ok("torrentcreator/addTask", form).await?;
    Ok(reply.json()?["taskID"].as_str().context("taskID")?.to_owned())
}

async fn task(client: &Client, id: &str) -> Result<Value> {
    Ok(client.json("torrentcreator/status", &[("taskID", id)]).await?[0].clone())
}

async fn task_when(client: &Client, id: &str, status: &str) -> Result<Value> {
    let mut last = Value::Null;
    let found = until(status, async || {
        last = task(client, id).await?;
        Ok((last["status"] == status).then(|| last.clone()))
    })
    .await;
    found.with_context(|| format!("the task was last seen as {last}"))
}

/// Adds a task that adds no torrent, and waits for its end.
async fn done(client: &Client, form: &[(&str, &str)]) -> Result<(String, Value)> {
    let quiet = [&[("startSeeding", "false")], form].concat();
    let id = add(client, &quiet).await?;
    let ended = until("the end of the task", async || {
        let task = task(client, &id).await?;
        Ok((task["status"] == "Finished" || task["status"] == "Failed").then_some(task))
    })
    .await?;
    Ok((id, ended))
}

async fn file(client: &Client, id: &str) -> Result<Vec<u8>> {
    let reply = client.get("torrentcreator/torrentFile", &[("taskID", id)]).await?;
    anyhow::ensure!(reply.status == 200, reply.brief());
    Ok(reply.body)
}

/// The info dictionary as it stands in a `.torrent`.
fn info_of(expected: &Torrent) -> Result<&[u8]> {
    let start = find(&expected.bytes, b"4:info").context("an info dictionary")? + 6;
    // Our own authoring has nothing but piece layers behind it.
    let end = find(&expected.bytes, b"12:piece layers").unwrap_or(expected.bytes.len() - 1);
    let info = &expected.bytes[start..end];
    assert!(expected.v1.is_none_or(|v1| Sha1::digest(info)[..] == v1));
    Ok(info)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

async fn the_scope_came_with_5_1(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let expected = if level == Level::L45 { "404 Not Found" } else { "200 []" };
    assert_eq!(get(client, "torrentcreator/status", &[]).await?, expected);
    assert_eq!(post(client, "torrentcreator/status", &[("taskID", "")]).await?, expected);
    for id in ["", "x", "00000000-0000-0000-0000-000000000000"] {
        let form = [("taskID", id)];
        assert_eq!(get(client, "torrentcreator/torrentFile", &form).await?, "404 Not Found");
        assert_eq!(post(client, "torrentcreator/deleteTask", &form).await?, "404 Not Found");
    }
    assert_eq!(get(client, "torrentcreator/status", &[("taskID", "x")]).await?, "404 Not Found");
    Ok(())
}

async fn each_format_is_hashed_bit_for_bit(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    // The last file fills its piece: whether padding follows it depends on the library.
    let folder = Payload::folder(
        "folder",
        &[("a.bin", 70_000), ("c.bin", 5), ("sub/b.bin", 32_768), ("sub/d.bin", 65_536)],
    );
    let single = Payload::single("single.bin", 100_000);
    for payload in [&folder, &single] {
        let source = written(&target, payload)?;
        for (format, version) in
            [("v1", Version::V1), ("v2", Version::V2), ("hybrid", Version::Hybrid)]
        {
            for size in ["16384", "32768"] {
                let form =
                    [("sourcePath", source.as_str()), ("format", format), ("pieceSize", size)];
                let (id, task) = done(client, &form).await?;
                assert_eq!(task["status"], "Finished", "{task}");
                assert_eq!(task["format"], format);
                assert_eq!(task["pieceSize"].to_string(), size);
                let expected =
                    Authoring::of(payload).version(version).piece_length(size.parse()?).build();
                let found = file(client, &id).await?;
                assert!(
                    find(&found, info_of(&expected)?).is_some(),
                    "{format} {size}: {}",
                    String::from_utf8_lossy(&found)
                );
            }
        }
    }
    Ok(())
}

async fn a_task_is_described_as_its_level_does(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let source = written(&target, &Payload::single("one.bin", 50_000))?;

    let (id, task) = done(client, &[("sourcePath", &format!("{source}/../one.bin/"))]).await?;

    let mut expected = json!({
        "format": "hybrid", "pieceSize": 16384, "private": false, "sourcePath": source,
        "status": "Finished", "taskID": id, "trackers": [""], "urlSeeds": [""],
        "timeAdded": task["timeAdded"], "timeStarted": task["timeStarted"],
        "timeFinished": task["timeFinished"],
    });
    if level == Level::L53 {
        expected["ignoreDotfiles"] = json!(true);
    }
    assert_eq!(task, expected);
    for key in ["timeAdded", "timeStarted", "timeFinished"] {
        if level == Level::L53 {
            assert!(task[key].as_i64() > Some(1_700_000_000), "{task}");
        } else {
            let words = task[key].as_str().context("a text")?;
            assert_eq!(words.split(' ').count(), 5, "{words}");
        }
    }
    assert_eq!(id.len(), 36, "{id}");
    let reply = client.get("torrentcreator/torrentFile", &[("taskID", &id)]).await?;
    assert_eq!(reply.header("content-type"), Some("application/x-bittorrent"));
    let name = if level == Level::L53 { "one.bin" } else { &id };
    let expected = format!("attachment; filename=\"{name}.torrent\"");
    assert_eq!(reply.header("content-disposition"), Some(expected.as_str()));
    assert_eq!(post(client, "torrentcreator/deleteTask", &[("taskID", &id)]).await?, "200");
    assert_eq!(get(client, "torrentcreator/status", &[("taskID", &id)]).await?, "404 Not Found");
    Ok(())
}

async fn what_is_asked_for_stands_in_the_file(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let source = written(&target, &Payload::single("one.bin", 100))?;
    let encoded = level == Level::L53;

    let (id, task) = done(
        client,
        &[
            ("sourcePath", &source),
            ("private", "true"),
            ("format", "V1"),
            ("comment", " com "),
            ("source", "src"),
            ("trackers", "http%3A%2F%2Fa%2F1|http://b/2||http://c/3| |http://d/4"),
            ("urlSeeds", "http%3A%2F%2Fw%2F1|http://w/2||http://w/3"),
        ],
    )
    .await?;

    let (tracker, seed) = if encoded {
        ("http://a/1", "http://w/1")
    } else {
        ("http%3A%2F%2Fa%2F1", "http%3A%2F%2Fw%2F1")
    };
    assert_eq!(task["format"], "v1");
    assert_eq!(task["private"], true);
    assert_eq!(task["comment"], " com ");
    assert_eq!(task["source"], "src");
    let trackers = json!([tracker, "http://b/2", "", "http://c/3", " ", "http://d/4"]);
    assert_eq!(task["trackers"], trackers);
    assert_eq!(task["urlSeeds"], json!([seed, "http://w/2", "", "http://w/3"]));
    let found = String::from_utf8_lossy(&file(client, &id).await?).into_owned();
    let text = |text: &str| format!("{}:{text}", text.len());
    let announce = format!(
        "8:announce{}13:announce-listll{}10:http://b/2el10:http://c/310:http://d/4ee",
        text(tracker),
        text(tracker)
    );
    let seeds = format!("8:url-listl{}10:http://w/210:http://w/3e", text(seed));
    for part in ["7:comment5: com ", "7:privatei1e", "6:source3:src", &announce, &seeds] {
        assert!(found.contains(part), "{part} in {found}");
    }
    Ok(())
}

async fn what_cannot_be_done_fails_later(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let source = written(&target, &Payload::folder("folder", &[("a", 40_000), (".b", 10)]))?;
    fs_err::create_dir_all(path(&target, "void")?)?;
    fs_err::write(path(&target, "empty")?, "")?;
    let (void, empty) = (path(&target, "void")?, path(&target, "empty")?);
    let (missing, hidden) = (path(&target, "missing")?, format!("{source}/.b"));
    let below_file = format!("{source}/a/x");
    let nothing = if level == Level::L53 {
        "All files have been filtered out by 'Ignore dotfiles' option"
    } else {
        "no files in torrent [libtorrent:16]"
    };
    let size = "invalid piece size [libtorrent:48]";
    let mut failing = vec![
        (vec![("sourcePath", "")], nothing),
        (vec![("sourcePath", "relative")], nothing),
        (vec![("sourcePath", &missing)], nothing),
        (vec![("sourcePath", &void)], nothing),
        (vec![("sourcePath", &hidden)], nothing),
        (vec![("sourcePath", &empty)], "invalid length of torrent [libtorrent:9]"),
        (vec![("sourcePath", &source), ("pieceSize", "1000"), ("format", "v1")], size),
        (vec![("sourcePath", &source), ("pieceSize", "-5"), ("format", "v1")], size),
        (vec![("sourcePath", &source), ("pieceSize", "16385"), ("format", "v1")], size),
        (vec![("sourcePath", &source), ("pieceSize", "49152")], size),
        (vec![("sourcePath", &source), ("pieceSize", "49152"), ("format", "v2")], size),
        (vec![("sourcePath", &source), ("pieceSize", "268435456")], size),
        (
            vec![("sourcePath", &source), ("torrentFilePath", &void)],
            "Filename refers to a directory",
        ),
        (vec![("sourcePath", &source), ("torrentFilePath", &below_file)], "Not a directory"),
    ];
    if differs("a negative piece size of a multiple of 16 KiB") {
        let form = vec![("sourcePath", &*source), ("pieceSize", "-32768"), ("format", "v1")];
        failing.push((form, size));
    }
    for (form, reason) in failing {
        let (id, task) = done(client, &form).await?;
        assert_eq!(task["status"], "Failed", "{task}");
        let expected = format!("Create new torrent file failed. Reason: {reason}.");
        assert_eq!(task["errorMessage"], expected.as_str(), "{form:?}");
        let found = get(client, "torrentcreator/torrentFile", &[("taskID", &id)]).await?;
        assert_eq!(found, "409 Torrent creation failed.");
    }
    for (format, wanted, got) in [
        ("v1", "49152", 49_152),
        ("hybrid", "1000", 16_384),
        ("v2", "8192", 16_384),
        ("v1", "x", 16_384),
        ("hybrid", "-5", 16_384),
        ("v1", "99999999999", 16_384),
        ("what", "", 16_384),
    ] {
        let form = [("sourcePath", source.as_str()), ("format", format), ("pieceSize", wanted)];
        let (_, task) = done(client, &form).await?;
        assert_eq!(task["pieceSize"], got, "{format} {wanted}: {task}");
    }
    Ok(())
}

async fn the_file_goes_where_it_was_asked_for(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let source = written(&target, &Payload::single("one.bin", 100))?;
    let there = path(&target, "there.torrent")?;
    let below = path(&target, "new/folder/x")?;
    fs_err::write(&there, "something else")?;

    let (id, task) = done(client, &[("sourcePath", &source), ("torrentFilePath", &there)]).await?;
    assert_eq!(task["torrentFilePath"], there.as_str());
    assert_eq!(fs_err::read(&there)?, file(client, &id).await?);
    fs_err::remove_file(&there)?;
    assert_eq!(
        get(client, "torrentcreator/torrentFile", &[("taskID", &id)]).await?,
        format!("409 File open error. File: \"{there}\". Error: \"No such file or directory\"")
    );

    let (id, task) = done(client, &[("sourcePath", &source), ("torrentFilePath", &below)]).await?;
    assert_eq!(Path::new(&below).exists(), level == Level::L53);
    if level == Level::L53 {
        assert_eq!(post(client, "torrentcreator/deleteTask", &[("taskID", &id)]).await?, "200");
        assert!(Path::new(&below).exists());
    } else {
        let expected = "Create new torrent file failed. Reason: No such file or directory.";
        assert_eq!(task["errorMessage"], expected);
    }
    Ok(())
}

async fn dotfiles_are_left_out(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let files = [("a", 10), (".b", 10), (".c/d", 10)];
    let source = written(&target, &Payload::folder("dots", &files))?;
    for (ignore, expected) in [("true", false), ("junk", false), ("false", level == Level::L53)] {
        let form = [("sourcePath", source.as_str()), ("ignoreDotfiles", ignore), ("format", "v1")];
        let (id, _) = done(client, &form).await?;
        let found = file(client, &id).await?;
        assert_eq!(find(&found, b"4:pathl2:.be").is_some(), expected, "{ignore}");
        assert_eq!(find(&found, b"4:pathl2:.c1:de").is_some(), expected, "{ignore}");
    }
    Ok(())
}

async fn files_come_before_folders(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let order = ["b10", "b2", "B3", "zz", "aa/q", "sub/x", "sub/deep/y", "sub2/k"];
    let files = order.map(|name| (name, 3));
    let source = written(&target, &Payload::folder("order", &files))?;

    let (id, _) = done(client, &[("sourcePath", &source), ("format", "v1")]).await?;

    let found = file(client, &id).await?;
    let places: Option<Vec<usize>> = order
        .iter()
        .map(|name| {
            let parts: Vec<String> =
                name.split('/').map(|part| format!("{}:{part}", part.len())).collect();
            let parts = parts.concat();
            find(&found, format!("4:pathl{parts}e").as_bytes())
        })
        .collect();
    let places = places.with_context(|| String::from_utf8_lossy(&found).into_owned())?;
    assert!(places.is_sorted(), "{}", String::from_utf8_lossy(&found));
    Ok(())
}

async fn a_torrent_without_a_file_is_seeded_at_once(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let payload = Payload::folder("seeded", &[("a", 20_000), ("b", 32_768)]);
    let source = written(&target, &payload)?;
    let unwanted = written(&target, &Payload::single("unwanted", 100))?;
    let there = path(&target, "unwanted.torrent")?;

    // Who wants a file gets no torrent unless asked for.
    let id = add(client, &[("sourcePath", &unwanted), ("torrentFilePath", &there)]).await?;
    task_when(client, &id, "Finished").await?;
    let form = [("sourcePath", source.as_str()), ("pieceSize", "16384"), ("format", "v1")];
    let id = add(client, &form).await?;
    task_when(client, &id, "Finished").await?;

    let expected = Authoring::of(&payload).build();
    let what = "a complete torrent";
    let torrent = client.torrent_when(&expected.id(), what, |t| t["progress"] == 1).await?;
    let parent = Path::new(&source).parent().context("a parent")?.to_string_lossy().into_owned();
    assert_eq!(torrent["save_path"], parent.as_str());
    assert_eq!(torrent["content_path"], source.as_str());
    assert_eq!(torrent["auto_tmm"], false);
    assert_eq!(torrent["amount_left"], 0);
    client
        .torrent_when(&expected.id(), "seeding", |t| {
            t["state"] == "stalledUP" || t["state"] == "queuedUP" || t["state"] == "uploading"
        })
        .await?;
    assert_eq!(client.json("torrents/info", &[]).await?.as_array().map(Vec::len), Some(1));
    Ok(())
}

async fn one_task_runs_and_the_others_wait(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let source = written(&target, &Payload::single("one.bin", 100))?;
    let there = path(&target, "endless.torrent")?;
    let form = [("sourcePath", endless(&target)?), ("torrentFilePath", there.clone())];
    let form: Vec<(&str, &str)> = form.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let small = [("sourcePath", source.as_str()), ("startSeeding", "false")];

    let running = add(client, &form).await?;
    let task = task_when(client, &running, "Running").await?;
    assert!(task["progress"].is_i64(), "{task}");
    assert_eq!(task.get("timeFinished"), None);
    let mut waiting = Vec::new();
    for _ in 1..256 {
        waiting.push(add(client, &small).await?);
    }
    let full = post(client, "torrentcreator/addTask", &small).await?;
    assert_eq!(full, "409 Too many active tasks");
    let list = client.json("torrentcreator/status", &[]).await?;
    let ids: Vec<&str> =
        list.as_array().context("a list")?.iter().filter_map(|t| t["taskID"].as_str()).collect();
    assert_eq!(ids[0], running);
    assert_eq!(ids[1..], waiting);
    let queued = &list[1];
    assert_eq!(queued["status"], "Queued");
    assert_eq!((queued.get("timeStarted"), queued.get("progress")), (None, None));
    for id in [&running, &waiting[0]] {
        let found = get(client, "torrentcreator/torrentFile", &[("taskID", id)]).await?;
        assert_eq!(found, "409 Torrent creation is still unfinished.");
    }

    let delete =
        async |id: &str| post(client, "torrentcreator/deleteTask", &[("taskID", id)]).await;
    assert_eq!(delete(&waiting[1]).await?, "200");
    assert_eq!(delete(&running).await?, "200");
    let gone = get(client, "torrentcreator/status", &[("taskID", &running)]).await?;
    assert_eq!(gone, "404 Not Found");
    task_when(client, waiting.last().context("a task")?, "Finished").await?;
    assert!(!Path::new(&there).exists());

    // Finished tasks make room.
    for _ in 0..3 {
        add(client, &small).await?;
    }
    let list = client.json("torrentcreator/status", &[]).await?;
    assert_eq!(list.as_array().map(Vec::len), Some(256));
    Ok(())
}

async fn what_is_not_for_clients_stays_out(level: Level) -> Result<()> {
    // The real servers read and write whatever their user may.
    if has_no_counterpart() {
        return Ok(());
    }
    let target = server(level).await?;
    let client = target.client();
    let home = target.home();
    let source = written(&target, &Payload::folder("folder", &[("a", 40_000)]))?;
    let outside = written(&target, &Payload::single("outside", 100))?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let below = text(&home.join("x.torrent"));
    let to_home = path(&target, "link")?;
    std::os::unix::fs::symlink(&home, &to_home)?;
    let parent = text(home.parent().context("a parent")?);
    for own in [text(&home), text(&home.join("revaer.db")), parent, to_home.clone(), "/".into()] {
        let (_, task) = done(client, &[("sourcePath", &own)]).await?;
        assert_eq!(task["status"], "Failed", "{own}");
    }
    for own in [below, format!("{to_home}/x.torrent"), "relative".into()] {
        let form = [("sourcePath", source.as_str()), ("torrentFilePath", own.as_str())];
        let (_, task) = done(client, &form).await?;
        let expected = "Create new torrent file failed. Reason: Permission denied.";
        assert_eq!(task["errorMessage"], expected, "{own}");
    }
    std::os::unix::fs::symlink(&outside, Path::new(&source).join("link"))?;
    let (_, task) = done(client, &[("sourcePath", &source)]).await?;
    let message = task["errorMessage"].as_str().context("a message")?;
    assert!(message.contains("a link to a file outside of the source"), "{message}");
    Ok(())
}

async fn hashing_does_not_hold_up_the_end(level: Level) -> Result<()> {
    // The real servers finish the file first.
    if has_no_counterpart() {
        return Ok(());
    }
    let mut target = server(level).await?;
    let source = endless(&target)?;
    let id = add(target.client(), &[("sourcePath", &source)]).await?;
    task_when(target.client(), &id, "Running").await?;
    let status = target.stop().await?;
    assert!(status.success(), "{status}");
    Ok(())
}

at_each_level!(the_scope_came_with_5_1);
at_levels!(each_format_is_hashed_bit_for_bit: l51 L51, l53 L53);
at_levels!(a_task_is_described_as_its_level_does: l51 L51, l53 L53);
at_levels!(what_is_asked_for_stands_in_the_file: l51 L51, l53 L53);
at_levels!(what_cannot_be_done_fails_later: l51 L51, l53 L53);
at_levels!(the_file_goes_where_it_was_asked_for: l51 L51, l53 L53);
at_levels!(dotfiles_are_left_out: l51 L51, l53 L53);
at_levels!(files_come_before_folders: l51 L51, l53 L53);
at_levels!(a_torrent_without_a_file_is_seeded_at_once: l51 L51, l53 L53);
at_levels!(one_task_runs_and_the_others_wait: l51 L51, l53 L53);
at_levels!(what_is_not_for_clients_stays_out: l51 L51, l53 L53);
at_levels!(hashing_does_not_hold_up_the_end: l51 L51, l53 L53);
