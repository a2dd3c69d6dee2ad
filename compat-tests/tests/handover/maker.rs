//! Torrents in all the states, layouts and versions that a profile can hold.

use std::path::{Path, PathBuf};

use anyhow::Result;
use compat_tests::{Authoring, Client, Form, Level, Payload, Seeder, Torrent, Version};

/// How many torrents are made.
pub(crate) const COUNT: usize = 42;

const TRACKER: &str = "http://127.0.0.1:9/announce";

/// Magnets whose metadata nobody has: of each version, and one that stops when it has them.
const MAGNETS: &[&str] = &[
    "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=No+metadata\
     &tr=http%3A%2F%2F127.0.0.1%3A9%2Fannounce",
    "magnet:?xt=urn:btmh:1220aaaabbbbccccdddd0123456789abcdef0123456789abcdef0123456789abcdef&dn=Second",
];

const VERSIONS: [(&str, Version); 3] =
    [("v1", Version::V1), ("v2", Version::V2), ("hybrid", Version::Hybrid)];

const LAYOUTS: [&str; 3] = ["Original", "Subfolder", "NoSubfolder"];

/// Complete torrents of each version, shape and layout, each in a folder of its own.
fn grid() -> impl Iterator<Item = (Payload, Version, &'static str)> {
    VERSIONS.into_iter().flat_map(|(word, version)| {
        LAYOUTS.into_iter().flat_map(move |layout| {
            let single = Payload::single(&format!("{word} {layout}.bin"), 40_000);
            let several = Payload::folder(
                &format!("{word} {layout}"),
                &[("a.bin", 20_000), ("sub/b", 9_000)],
            );
            [(single, version, layout), (several, version, layout)]
        })
    })
}

/// The names of torrents of two files whose data lie in the save path.
const PRESENT: &[&str] = &[
    "stopped",
    "version two",
    "hybrid",
    "in parts",
    "renamed",
    "folders",
    "super",
    "tiers",
    "no limits",
    "actions",
    "nested",
];

pub(crate) fn files(name: &str) -> Payload {
    Payload::folder(name, &[("a.bin", 40_000), ("sub/b.bin", 50_000)])
}

/// All payloads, with those that are not there at all.
pub(crate) fn payloads() -> Vec<Payload> {
    let names = ["absent", "elsewhere", "chosen", "ends first", "web seeded", "paced", "in temp"];
    let mut payloads = vec![
        Payload::single("single.bin", 70_000),
        Payload::folder("managed", &[("m.bin", 33_000)]),
    ];
    payloads.extend(PRESENT.iter().chain(&names).map(|name| files(name)));
    payloads.extend(grid().map(|(payload, ..)| payload));
    payloads.extend(["loading", "loading in temp"].map(loading));
    payloads.extend(crate::uncommon::payloads());
    payloads
}

/// What is downloaded from another client, in part. No piece lies in both files.
fn loading(name: &str) -> Payload {
    Payload::folder(name, &[("x.bin", 147_456), ("y.bin", 150_000)])
}

/// Where the grid's torrent is put.
fn grid_folder(data: &Path, payload: &Payload) -> PathBuf {
    data.join("grid").join(format!("in {}", payload.name))
}

/// Puts the data of the payloads where the torrents expect it.
fn write_data(data: &Path) -> Result<()> {
    Payload::single("single.bin", 70_000).write_to(data)?;
    for name in PRESENT {
        files(name).write_to(data)?;
    }
    fs_err::remove_file(data.join("in parts/sub/b.bin"))?;
    Payload::folder("managed", &[("m.bin", 33_000)]).write_to(&data.join("by category"))?;
    for (payload, _, layout) in grid() {
        let folder = grid_folder(data, &payload);
        match (payload.is_single(), layout) {
            (true, "Subfolder") => {
                let stem = payload.name.trim_end_matches(".bin");
                payload.write_to(&folder.join(stem))?;
            }
            (false, "NoSubfolder") => {
                payload.write_to(&folder.join("aside"))?;
                for name in ["a.bin", "sub"] {
                    let aside = folder.join("aside").join(&payload.name).join(name);
                    fs_err::rename(aside, folder.join(name))?;
                }
                fs_err::remove_dir_all(folder.join("aside"))?;
            }
            _ => payload.write_to(&folder)?,
        }
    }
    Ok(())
}

fn torrent(name: &str, version: Version) -> Torrent {
    let payload = files(name);
    Authoring::of(&payload).version(version).tracker(TRACKER).comment("a comment").build()
}

fn form(name: &str) -> Form {
    Form::torrent(&torrent(name, Version::V1).bytes)
}

/// Adds everything through the API.
pub(crate) async fn make(client: &Client, level: Level, folder: &Path) -> Result<()> {
    let data = folder.join("data");
    write_data(&data)?;
    add_labels(client, level, folder).await?;
    for (payload, version, layout) in grid() {
        let torrent = Authoring::of(&payload).version(version).build();
        let form = Form::torrent(&torrent.bytes).text("contentLayout", layout);
        let path = grid_folder(&data, &payload);
        client.add(&form.text("savepath", &path.to_string_lossy())).await?;
    }
    add_complete(client, level).await?;
    add_incomplete(client, level, folder).await?;
    settle(client).await?;
    change(client, level).await?;
    for name in ["loading", "loading in temp"] {
        load(client, level, name, folder).await?;
    }
    settle(client).await
}

async fn add_labels(client: &Client, level: Level, folder: &Path) -> Result<()> {
    let by_category = folder.join("data/by category").to_string_lossy().into_owned();
    let temp = folder.join("temp").to_string_lossy().into_owned();
    let create = "torrents/createCategory";
    client.ok(create, &[("category", "tv"), ("savePath", "")]).await?;
    client.ok(create, &[("category", "managed"), ("savePath", &by_category)]).await?;
    let with_temp = [
        ("category", "with temp"),
        ("savePath", ""),
        ("downloadPathEnabled", "true"),
        ("downloadPath", &temp),
    ];
    client.ok(create, &with_temp).await?;
    let without = [("category", "tv/hd"), ("savePath", ""), ("downloadPathEnabled", "false")];
    client.ok(create, &without).await?;
    if level == Level::L53 {
        let limited = [("category", "limited"), ("savePath", ""), ("ratioLimit", "2.5")];
        client.ok(create, &limited).await?;
    }
    client.ok("torrents/createTags", &[("tags", "unused,ünï")]).await?;
    Ok(())
}

async fn add_complete(client: &Client, level: Level) -> Result<()> {
    let single = Authoring::of(&Payload::single("single.bin", 70_000)).build();
    let form_single = Form::torrent(&single.bytes).text("category", "tv").text("tags", "a,b");
    client.add(&form_single.text("upLimit", "204800")).await?;
    let named = form("stopped").text("rename", "Another name ünï");
    client.add(&named.text("ratioLimit", "1.5").text("seedingTimeLimit", "60")).await?;
    client.add(&Form::torrent(&torrent("version two", Version::V2).bytes)).await?;
    let hybrid = Form::torrent(&torrent("hybrid", Version::Hybrid).bytes);
    client
        .add(&hybrid.text("sequentialDownload", "true").text("firstLastPiecePrio", "true"))
        .await?;
    client.add(&form("in parts")).await?;
    client.add(&form("super")).await?;
    client.add(&form("nested").text("category", "tv/hd")).await?;
    let limitless = form("no limits").text("ratioLimit", "-1").text("seedingTimeLimit", "-1");
    client.add(&limitless.text("inactiveSeedingTimeLimit", "-1")).await?;
    // A limit that time alone reaches would remove the torrent some time after the recording.
    let actions = form("actions").text("ratioLimit", "9.5");
    client.add(&actions.text("shareLimitAction", "Remove")).await?;
    for name in ["tiers", "renamed", "folders"] {
        let stopped = form(name).text(level.stopped_param(), "true");
        // Reached some time after the recording, by torrents that are stopped already.
        let limited = stopped.text("inactiveSeedingTimeLimit", "77");
        client.add(&limited.text("shareLimitAction", "Stop")).await?;
    }
    let managed = Payload::folder("managed", &[("m.bin", 33_000)]);
    let managed = Authoring::of(&managed).private().tracker("http://127.0.0.1:9/a").build();
    let form = Form::torrent(&managed.bytes).text("category", "managed").text("autoTMM", "true");
    client.add(&form).await?;
    Ok(())
}

async fn add_incomplete(client: &Client, level: Level, folder: &Path) -> Result<()> {
    let stopped = level.stopped_param();
    let temp = folder.join("temp").to_string_lossy().into_owned();
    client.add(&form("absent").text(stopped, "true").text("dlLimit", "102400")).await?;
    let elsewhere = form("elsewhere").text(stopped, "true").text("useDownloadPath", "true");
    client.add(&elsewhere.text("downloadPath", &temp)).await?;
    client.add(&form("chosen").text(stopped, "true")).await?;
    let ends = form("ends first").text(stopped, "true").text("firstLastPiecePrio", "true");
    client.add(&ends.text("sequentialDownload", "true")).await?;
    let payload = files("web seeded");
    let seeded = Authoring::of(&payload).web_seed("http://127.0.0.1:9/seed/").build();
    client.add(&Form::torrent(&seeded.bytes).text(stopped, "true")).await?;
    client.add(&form("paced").text(stopped, "true").text("upLimit", "51200")).await?;
    let in_temp = form("in temp").text(stopped, "true").text("category", "with temp");
    client.add(&in_temp.text("autoTMM", "true")).await?;
    for magnet in MAGNETS {
        client.add(&Form::url(magnet).text("stopCondition", "MetadataReceived")).await?;
    }
    Ok(())
}

/// What only an existing torrent can be told.
async fn change(client: &Client, level: Level) -> Result<()> {
    let id = |name: &str| torrent(name, Version::V1).id();
    let renamed = id("renamed");
    let form = [
        ("hash", renamed.as_str()),
        ("oldPath", "renamed/a.bin"),
        ("newPath", "renamed/other.bin"),
    ];
    client.ok("torrents/renameFile", &form).await?;
    let folders = id("folders");
    let form =
        [("hash", folders.as_str()), ("oldPath", "folders/sub"), ("newPath", "folders/ünter")];
    client.ok("torrents/renameFolder", &form).await?;
    for (id, name) in [(&renamed, "renamed/other.bin"), (&folders, "folders/ünter/b.bin")] {
        compat_tests::until("the rename", async || {
            let files = client.json("torrents/files", &[("hash", id)]).await?;
            let mut names = files.as_array().into_iter().flatten().map(|file| &file["name"]);
            Ok(names.any(|found| found == name).then_some(()))
        })
        .await?;
        client.ok("torrents/recheck", &[("hashes", id)]).await?;
    }
    settle(client).await?;
    for (name, file, priority) in [("absent", "1", "0"), ("chosen", "0", "7"), ("chosen", "1", "6")]
    {
        let form = [("hash", &*id(name)), ("id", file), ("priority", priority)];
        client.ok("torrents/filePrio", &form).await?;
    }
    let two = torrent("version two", Version::V2).id();
    client.ok("torrents/setForceStart", &[("hashes", &two), ("value", "true")]).await?;
    let form = [("hashes", &*id("super")), ("value", "true")];
    client.ok("torrents/setSuperSeeding", &form).await?;
    let stopped = id("stopped");
    client.ok(level.stop_route(), &[("hashes", &stopped)]).await?;
    let form = [("hash", stopped.as_str()), ("urls", "http://127.0.0.1:9/second")];
    client.ok("torrents/addTrackers", &form).await?;
    let urls = "http://127.0.0.1:9/1\n\nhttp://127.0.0.1:9/3\n\n\nudp://127.0.0.2:9/5";
    client.ok("torrents/addTrackers", &[("hash", &*id("tiers")), ("urls", urls)]).await?;
    client.ok("torrents/topPrio", &[("hashes", &*id("paced"))]).await?;
    client.ok("torrents/bottomPrio", &[("hashes", &*id("absent"))]).await?;
    let state = level.stopped_upload();
    client.torrent_when(&stopped, "stopped", |t| t["state"] == state).await?;
    for id in [&renamed, &folders] {
        client.torrent_when(id, "the recheck", |t| t["progress"] == 1).await?;
    }
    let chosen = |t: &serde_json::Value| t["size"] != t["total_size"];
    client.torrent_when(&id("absent"), "the choice of files", chosen).await?;
    client.torrent_when(&id("super"), "super seeding", |t| t["super_seeding"] == true).await?;
    client.torrent_when(&two, "forced", |t| t["state"] == "forcedUP").await?;
    settle(client).await
}

/// Downloads a part of a torrent from another client.
async fn load(client: &Client, level: Level, name: &str, folder: &Path) -> Result<()> {
    let payload = loading(name);
    let torrent = Authoring::of(&payload).build();
    let mut seeder = Seeder::start().await?;
    seeder.seed(&torrent, &payload, 32_768).await?;
    let form = Form::torrent(&torrent.bytes).text("dlLimit", "32768");
    let form = if name.ends_with("temp") {
        let temp = folder.join("temp").to_string_lossy().into_owned();
        form.text("useDownloadPath", "true").text("downloadPath", &temp)
    } else {
        form
    };
    client.add(&form).await?;
    let id = torrent.id();
    client.torrent_when(&id, "the torrent", |_| true).await?;
    let peer = seeder.address().to_string();
    client.ok("torrents/addPeers", &[("hashes", &id), ("peers", &peer)]).await?;
    let some = |t: &serde_json::Value| t["progress"].as_f64().is_some_and(|done| done > 0.1);
    client.torrent_when(&id, "some pieces", some).await?;
    client.ok(level.stop_route(), &[("hashes", &id)]).await?;
    let stopped = level.stopped_download();
    client.torrent_when(&id, "stopped", |t| t["state"] == stopped).await?;
    Ok(())
}

/// Waits until nothing is checked any more.
pub(crate) async fn settle(client: &Client) -> Result<()> {
    compat_tests::until("all torrents are settled", async || {
        let list = client.json("torrents/info", &[]).await?;
        let busy = list.as_array().into_iter().flatten().any(|torrent| {
            let state = torrent["state"].as_str().unwrap_or_default();
            state.starts_with("checking") || state == "moving"
        });
        Ok((!busy).then_some(()))
    })
    .await
}
