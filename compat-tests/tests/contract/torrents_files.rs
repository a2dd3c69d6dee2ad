//! Names and priorities of files, and the name of the torrent.

use anyhow::Result;
use compat_tests::{Level, at_each_level, at_levels, differs, until};
use serde_json::json;

use crate::support::{UNKNOWN, add_magnet, add_stopped, post, server, two_files};

async fn priorities(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("prio")).await?;
    let magnet = add_magnet(client).await?;
    for (hash, file, priority, expected) in [
        (id.as_str(), "0", "x", "400 Priority must be an integer"),
        (UNKNOWN, "0", "", "400 Priority must be an integer"),
        (UNKNOWN, "0", "2", "400 Priority is not valid"),
        (&id, "0", "8", "400 Priority is not valid"),
        (&id, "0", "-2", "400 Priority is not valid"),
        (UNKNOWN, "0", "1", "404 Not Found"),
        (magnet, "0", "1", "409 Torrent's metadata has not yet downloaded"),
        (&id, "a", "1", "400 File IDs must be integers"),
        (&id, "", "1", "400 File IDs must be integers"),
        (&id, "2", "1", "409 File ID is not valid"),
        (&id, "-1", "1", "409 File ID is not valid"),
        (&id, "0|9", "7", "409 File ID is not valid"),
        (&id, "0", "7", "200"),
        (&id, "0|1", "6", "200"),
        (&id, "1", "0", "200"),
        (&id, "1", "-1", "200"),
    ] {
        let form = [("hash", hash), ("id", file), ("priority", priority)];
        let found = post(client, "torrents/filePrio", &form).await?;
        assert_eq!(found, expected, "{file} {priority}");
    }
    until("the priorities", async || {
        let files = client.json("torrents/files", &[("hash", &id)]).await?;
        Ok((files[0]["priority"] == 6).then_some(()))
    })
    .await
}

async fn renaming_files(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("names")).await?;
    let rename = async |kind: &str, hash: &str, old: &str, new: &str| {
        let form = [("hash", hash), ("oldPath", old), ("newPath", new)];
        post(client, &format!("torrents/rename{kind}"), &form).await
    };
    let strict = level == Level::L53;

    assert_eq!(rename("File", UNKNOWN, "a", "b").await?, "404 Not Found");
    assert_eq!(rename("Folder", UNKNOWN, "a", "b").await?, "404 Not Found");
    for (kind, old, new, expected) in [
        ("File", "names/none", "names/x", "409 No such file: 'names/none'."),
        ("Folder", "none", "x", "409 No such folder: 'none'."),
        (
            "File",
            "names/a.bin",
            "names/sub/b.bin",
            "409 The file already exists: 'names/sub/b.bin'.",
        ),
        ("File", "", "x", "409 The old path is invalid: ''."),
        ("Folder", "", "x", "409 The old path is invalid: ''."),
        ("File", "/names/a.bin", "names/x", "409 No such file: '/names/a.bin'."),
        ("File", "names/a.bin", "/etc/x", "409 Absolute path isn't allowed: '/etc/x'."),
        ("Folder", "names", "/etc", "409 Absolute path isn't allowed: '/etc'."),
    ] {
        assert_eq!(rename(kind, &id, old, new).await?, expected, "{kind} {old} {new}");
    }
    let empty = rename("File", &id, "names/a.bin", "").await?;
    let expected = if strict {
        "409 File name has invalid characters"
    } else {
        "409 The new path is invalid: ''."
    };
    assert_eq!(empty, expected);
    let files = async || -> Result<Vec<String>> {
        let files = client.json("torrents/files", &[("hash", &id)]).await?;
        let names = files.as_array().into_iter().flatten();
        Ok(names.map(|file| file["name"].as_str().unwrap_or_default().to_owned()).collect())
    };
    // The real servers let a name leave the save path; that is a hole, not a contract.
    if differs("Renames that would leave") {
        for new in ["../outside", "names/../../outside", "..", "names/sub/../../../x", "a\0b"] {
            for (kind, old) in [("File", "names/a.bin"), ("Folder", "names/sub")] {
                let reply = rename(kind, &id, old, new).await?;
                assert!(reply.starts_with("409"), "{kind} to {new}: {reply}");
            }
        }
        assert_eq!(files().await?, ["names/a.bin", "names/sub/b.bin"]);
    }

    for (kind, old, new) in [
        ("File", "names/a.bin", "names/x/../c.bin"),
        ("Folder", "names/sub", "names/other/deep"),
        ("Folder", "names", "root"),
    ] {
        assert_eq!(rename(kind, &id, old, new).await?, "200", "{old} to {new}");
        let expected = match new {
            "names/x/../c.bin" => ["names/c.bin", "names/sub/b.bin"],
            "root" => ["root/c.bin", "root/other/deep/b.bin"],
            _ => ["names/c.bin", "names/other/deep/b.bin"],
        };
        until("the new names", async || Ok((files().await? == expected).then_some(()))).await?;
    }
    let itself = rename("Folder", &id, "root", "root").await?;
    let expected = if strict { "409 The folder already exists: 'root'." } else { "200" };
    assert_eq!(itself, expected);
    Ok(())
}

async fn the_shown_name(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("shown")).await?;
    for (hash, name, expected) in [
        (UNKNOWN, " ", "409 Incorrect torrent name"),
        (&*id, "", "409 Incorrect torrent name"),
        (UNKNOWN, "x", "404 Not Found"),
        (&id, "  a <b> & ü\nnext ", "200"),
    ] {
        let found = post(client, "torrents/rename", &[("hash", hash), ("name", name)]).await?;
        assert_eq!(found, expected, "{name:?}");
    }
    client.torrent_when(&id, "the name", |t| t["name"] == "a <b> & ü next").await?;
    let files = client.json("torrents/files", &[("hash", &id)]).await?;
    assert_eq!(files[0]["name"], "shown/a.bin");
    Ok(())
}

async fn comments(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("commented")).await?;
    let form = [("hashes", id.as_str()), ("comment", "  said so ")];
    assert_eq!(post(client, "torrents/setComment", &form).await?, "204");
    client.torrent_when(&id, "the comment", |t| t["comment"] == json!("said so")).await?;
    Ok(())
}

at_each_level!(priorities, renaming_files, the_shown_name);
at_levels!(comments: l53 L53);
