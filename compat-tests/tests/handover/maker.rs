//! Torrents in all the states that a profile can hold.

use std::path::Path;

use anyhow::Result;
use compat_tests::{Authoring, Client, Form, Level, Payload, Torrent, Version};

/// A magnet whose metadata nobody has.
const MAGNET: &str = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=No+metadata\
    &tr=http%3A%2F%2F127.0.0.1%3A9%2Fannounce";

/// The payloads whose data is there, wholly or in part.
pub(crate) fn payloads() -> Vec<Payload> {
    vec![
        Payload::single("single.bin", 70_000),
        files("stopped"),
        files("version two"),
        files("hybrid"),
        files("in parts"),
        files("renamed"),
        files("super"),
    ]
}

fn files(name: &str) -> Payload {
    Payload::folder(name, &[("a.bin", 40_000), ("sub/b.bin", 50_000)])
}

/// Puts the data of the payloads where the torrents expect it.
pub(crate) fn write_data(data: &Path) -> Result<()> {
    for payload in payloads() {
        payload.write_to(data)?;
    }
    fs_err::remove_file(data.join("in parts/sub/b.bin"))?;
    let renamed = data.join("renamed");
    fs_err::rename(renamed.join("a.bin"), renamed.join("other.bin"))?;
    Payload::folder("managed", &[("m.bin", 33_000)]).write_to(&data.join("by category"))
}

fn torrent(name: &str, version: Version) -> Torrent {
    let payload = files(name);
    let authoring = Authoring::of(&payload).version(version);
    authoring.tracker("http://127.0.0.1:9/announce").comment("a comment").build()
}

/// Adds everything through the API.
pub(crate) async fn make(client: &Client, level: Level, folder: &Path) -> Result<()> {
    let stopped = level.stopped_param();
    let temp = folder.join("temp").to_string_lossy().into_owned();
    let by_category = folder.join("data/by category").to_string_lossy().into_owned();
    client.ok("torrents/createCategory", &[("category", "tv"), ("savePath", "")]).await?;
    let managed = [("category", "managed"), ("savePath", by_category.as_str())];
    client.ok("torrents/createCategory", &managed).await?;
    client.ok("torrents/createTags", &[("tags", "unused,ünï")]).await?;

    let single = Authoring::of(&Payload::single("single.bin", 70_000)).build();
    let form = Form::torrent(&single.bytes).text("category", "tv").text("tags", "a,b");
    client.add(&form.text("upLimit", "204800")).await?;

    let form = Form::torrent(&torrent("stopped", Version::V1).bytes)
        .text("rename", "Another name")
        .text("ratioLimit", "1.5")
        .text("seedingTimeLimit", "60");
    client.add(&form).await?;
    client.add(&Form::torrent(&torrent("version two", Version::V2).bytes)).await?;
    let form = Form::torrent(&torrent("hybrid", Version::Hybrid).bytes)
        .text("sequentialDownload", "true")
        .text("firstLastPiecePrio", "true");
    client.add(&form).await?;
    client.add(&Form::torrent(&torrent("in parts", Version::V1).bytes)).await?;
    client.add(&Form::torrent(&torrent("super", Version::V1).bytes)).await?;
    let absent = torrent("absent", Version::V1);
    let form = Form::torrent(&absent.bytes).text(stopped, "true").text("dlLimit", "102400");
    client.add(&form).await?;
    let form = Form::torrent(&torrent("elsewhere", Version::V1).bytes)
        .text(stopped, "true")
        .text("useDownloadPath", "true")
        .text("downloadPath", &temp);
    client.add(&form).await?;
    let managed = Payload::folder("managed", &[("m.bin", 33_000)]);
    let managed = Authoring::of(&managed).private().tracker("http://127.0.0.1:9/a").build();
    let form = Form::torrent(&managed.bytes).text("category", "managed").text("autoTMM", "true");
    client.add(&form).await?;
    client.add(&Form::url(MAGNET)).await?;
    let renamed = torrent("renamed", Version::V1);
    client.add(&Form::torrent(&renamed.bytes).text(stopped, "true")).await?;
    settle(client).await?;

    let id = renamed.id();
    let form =
        [("hash", id.as_str()), ("oldPath", "renamed/a.bin"), ("newPath", "renamed/other.bin")];
    client.ok("torrents/renameFile", &form).await?;
    client.torrent_when(&id, "the rename", |_| true).await?;
    client.ok("torrents/recheck", &[("hashes", &id)]).await?;
    settle(client).await?;

    let absent = absent.id();
    let form = [("hash", absent.as_str()), ("id", "1"), ("priority", "0")];
    client.ok("torrents/filePrio", &form).await?;
    let id = torrent("version two", Version::V2).id();
    client.ok("torrents/setForceStart", &[("hashes", &id), ("value", "true")]).await?;
    let id = torrent("super", Version::V1).id();
    client.ok("torrents/setSuperSeeding", &[("hashes", &id), ("value", "true")]).await?;
    let id = torrent("stopped", Version::V1).id();
    let stop = if level == Level::L45 { "torrents/pause" } else { "torrents/stop" };
    client.ok(stop, &[("hashes", &id)]).await?;
    let form = [("hash", id.as_str()), ("urls", "http://127.0.0.1:9/second")];
    client.ok("torrents/addTrackers", &form).await?;
    let stopped = level.stopped_upload();
    client.torrent_when(&id, "stopped", |t| t["state"] == stopped).await?;
    client.torrent_when(&renamed.id(), "the recheck", |t| t["progress"] == 1).await?;
    client.torrent_when(&absent, "the choice of files", |t| t["size"] != t["total_size"]).await?;
    let id = torrent("super", Version::V1).id();
    client.torrent_when(&id, "super seeding", |t| t["super_seeding"] == true).await?;
    let id = torrent("version two", Version::V2).id();
    client.torrent_when(&id, "forced", |t| t["state"] == "forcedUP").await?;
    settle(client).await
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
