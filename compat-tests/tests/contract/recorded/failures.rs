//! Failures that want some arrangement first. What can be asked for without is in `sweep.rs` and `odd.rs`, and `audit.rs`
//! knows all of them.

use anyhow::Result;
use compat_tests::{Form, Level, Transcript, at_each_level};
use serde_json::json;

use crate::support::{MAGNET, MAGNET_ID, add_magnet, add_stopped, server, two_files};

async fn of_places_and_files(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false})).await?;
    let id = add_stopped(client, level, &two_files("failing")).await?;
    add_magnet(client).await?;
    let blocked = target.folder_named("blocked")?.join("file");
    fs_err::write(&blocked, "no folder")?;
    let below = blocked.join("below").to_string_lossy().into_owned();
    let mut transcript = Transcript::of(&target, "failures-places");
    let form = [("hashes", &*id), ("location", &below)];
    transcript.post(client, "torrents/setLocation", &form).await?;
    for action in ["torrents/setSavePath", "torrents/setDownloadPath"] {
        transcript.post(client, action, &[("id", &*id), ("path", &below)]).await?;
        // Nobody may write there, not even root.
        transcript.post(client, action, &[("id", &*id), ("path", "/proc/sys")]).await?;
    }
    let form = [("hash", MAGNET_ID), ("id", "0"), ("priority", "1")];
    transcript.post(client, "torrents/filePrio", &form).await?;
    transcript.get(client, "torrents/files", &[("hash", MAGNET_ID), ("indexes", "0")]).await?;
    transcript.get(client, "torrents/files", &[("hash", &id), ("indexes", "0|2")]).await?;
    let folder = target.data().to_string_lossy().into_owned();
    let query = [("dirPath", folder.as_str()), ("mode", "nonsense")];
    transcript.get(client, "app/getDirectoryContent", &query).await?;
    transcript.post(client, "app/setCookies", &[("cookies", "[1]")]).await?;
    let query = [("hash", MAGNET_ID), ("file", "0")];
    transcript.get(client, "torrents/downloadFile", &query).await?;
    transcript.finish()
}

async fn of_values(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "failures-values");
    transcript.get(client, "clientdata/load", &[("keys", "{}")]).await?;
    transcript.get(client, "clientdata/load", &[("keys", "[1]")]).await?;
    transcript.post(client, "clientdata/store", &[("data", "[]")]).await?;
    if level >= Level::L53 {
        for preferences in [
            json!({"web_ui_username": "ab"}),
            json!({"web_ui_username": "with:colon"}),
            json!({"web_ui_password": "12345"}),
        ] {
            let form = [("json", preferences.to_string())];
            let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
            transcript.post(client, "app/setPreferences", &form).await?;
        }
        let form = [("category", "c"), ("downloadPathEnabled", "nonsense")];
        transcript.post(client, "torrents/createCategory", &form).await?;
    }
    transcript.finish()
}

async fn of_adding(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let torrent = two_files("known");
    let mut transcript = Transcript::of(&target, "failures-adding");
    let add = "torrents/add";
    if level >= Level::L53 {
        let form = Form::new().file("torrent", "known.torrent", &torrent.bytes);
        transcript.upload(client, "torrents/parseMetadata", &form, "a torrent").await?;
        let id = torrent.id();
        for priorities in ["1,x", "1,2", "1"] {
            let form = [("urls", &*id), ("filePriorities", priorities)];
            transcript.post(client, add, &form).await?;
        }
        let two = format!("{id}\n{MAGNET}");
        transcript.post(client, add, &[("urls", &two), ("filePriorities", "1")]).await?;
        transcript.post(client, add, &[("urls", MAGNET), ("filePriorities", "1")]).await?;
        let form = Form::torrent(&torrent.bytes).text("filePriorities", "1,1");
        transcript.upload(client, add, &form, "a torrent with priorities").await?;
        let form = [("urls", MAGNET), ("downloader", "nonsense")];
        transcript.post(client, add, &form).await?;
        let form = [("source", MAGNET), ("downloader", "nonsense")];
        transcript.post(client, "torrents/fetchMetadata", &form).await?;
        transcript.post(client, "torrents/fetchMetadata", &[("source", MAGNET)]).await?;
        transcript.get(client, "torrents/saveMetadata", &[("source", MAGNET)]).await?;
    }
    let garbage = Form::new().file("torrent", "garbage.torrent", b"garbage");
    transcript.upload(client, add, &garbage, "garbage").await?;
    transcript.post(client, add, &[]).await?;
    transcript.finish()
}

at_each_level!(of_places_and_files, of_values, of_adding);
