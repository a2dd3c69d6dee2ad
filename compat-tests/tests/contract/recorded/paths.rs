//! Where a torrent says that its content is, for each combination that moves it.
//!
//! Clients delete, link and import by `content_path`; a wrong one has made a client delete a whole download folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use compat_tests::{
    Authoring, Client, Form, Level, Payload, Target, Torrent, Transcript, at_each_level, until,
};
use serde_json::{Value, json};

use crate::support::{MAGNET, MAGNET_ID, server};

const LAYOUTS: [&str; 3] = ["Original", "Subfolder", "NoSubfolder"];

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A server that notices changes soon.
async fn attentive(level: Level) -> Result<Target> {
    let target = server(level).await?;
    target
        .client()
        .set_preferences(&json!({"refresh_interval": 100, "queueing_enabled": false}))
        .await?;
    Ok(target)
}

/// The paths of a torrent in every answer that has some, when they no longer change.
async fn paths(client: &Client, level: Level, id: &str) -> Result<Value> {
    let mut seen: Vec<Value> = Vec::new();
    until("the paths settle", async || {
        let now = paths_now(client, level, id).await?;
        seen.retain(|earlier| *earlier == now);
        seen.push(now.clone());
        Ok((seen.len() > 4).then_some(now))
    })
    .await
}

async fn paths_now(client: &Client, level: Level, id: &str) -> Result<Value> {
    let listed = client.torrent(id).await?.context("the torrent is listed")?;
    let properties = client.json("torrents/properties", &[("hash", id)]).await?;
    let files = client.json("torrents/files", &[("hash", id)]).await?;
    let names: Vec<&Value> = files.as_array().into_iter().flatten().map(|f| &f["name"]).collect();
    let mut shown = json!({
        "state": listed["state"], "name": listed["name"], "files": names.get(..4).unwrap_or(&names),
        "properties": [properties["save_path"], properties["download_path"]],
    });
    for key in ["content_path", "save_path", "download_path", "root_path", "auto_tmm"] {
        if level == Level::L45 && key == "root_path" {
            continue;
        }
        shown[key] = listed[key].clone();
    }
    Ok(shown)
}

/// Kinds of torrents: what is in them.
fn payloads(suffix: &str) -> [(&'static str, Payload); 3] {
    [
        ("single", Payload::single(&format!("single {suffix}.bin"), 20_000)),
        (
            "folder",
            Payload::folder(
                &format!("folder {suffix}"),
                &[("a.bin", 20_000), ("sub/b.bin", 20_000)],
            ),
        ),
        // Its files are taken out of their folder one by one.
        (
            "rootless",
            Payload::folder(&format!("rootless {suffix}"), &[("x.bin", 20_000), ("y.bin", 20_000)]),
        ),
    ]
}

/// Writes the content where the server looks for it, under the names that it uses now.
async fn fill(client: &Client, id: &str, payload: &Payload) -> Result<()> {
    let listed = client.torrent(id).await?.context("the torrent is listed")?;
    let place = match listed["download_path"].as_str() {
        Some(path) if !path.is_empty() => path,
        _ => listed["save_path"].as_str().context("a save path")?,
    };
    let files = client.json("torrents/files", &[("hash", id)]).await?;
    for (file, content) in files.as_array().into_iter().flatten().zip(&payload.files) {
        let path = PathBuf::from(place).join(file["name"].as_str().context("a name")?);
        fs_err::create_dir_all(path.parent().context("a parent")?)?;
        fs_err::write(path, &content.bytes)?;
    }
    Ok(())
}

/// Renames every file so that none is left in the torrent's folder.
async fn take_apart(client: &Client, id: &str) -> Result<()> {
    let files = client.json("torrents/files", &[("hash", id)]).await?;
    for file in files.as_array().into_iter().flatten() {
        let old = file["name"].as_str().context("a name")?;
        let new = format!("{} of {}", old.rsplit('/').next().unwrap_or(old), &id[..8]);
        let form = [("hash", id), ("oldPath", old), ("newPath", &new)];
        client.ok("torrents/renameFile", &form).await?;
        until("the new name", async || {
            let files = client.json("torrents/files", &[("hash", id)]).await?;
            let mut names = files.as_array().into_iter().flatten().map(|file| &file["name"]);
            Ok(names.any(|name| *name == new).then_some(()))
        })
        .await?;
    }
    Ok(())
}

async fn add(client: &Client, level: Level, torrent: &Torrent, form: Form) -> Result<String> {
    client.add(&form.text(level.stopped_param(), "true")).await?;
    let id = torrent.id();
    client.torrent_when(&id, "stopped", |t| t["state"] == level.stopped_download()).await?;
    Ok(id)
}

/// Lets the server find the content, and waits until it seeds from its final place.
async fn complete(client: &Client, level: Level, id: &str, payload: &Payload) -> Result<()> {
    fill(client, id, payload).await?;
    client.ok("torrents/recheck", &[("hashes", id)]).await?;
    client.torrent_when(id, "checked", |t| t["state"] == level.stopped_upload()).await?;
    client.ok(level.start_route(), &[("hashes", id)]).await?;
    client.torrent_when(id, "seeding", |t| t["state"] == "stalledUP").await?;
    let listed = client.torrent(id).await?.context("listed")?;
    let save_path = PathBuf::from(listed["save_path"].as_str().context("a path")?);
    until("the content at its final place", async || {
        let files = client.json("torrents/files", &[("hash", id)]).await?;
        let mut files = files.as_array().into_iter().flatten();
        let is_there =
            files.all(|file| save_path.join(file["name"].as_str().unwrap_or_default()).exists());
        Ok(is_there.then_some(()))
    })
    .await
}

async fn layouts(level: Level, name: &str, incomplete: bool, suffix: bool) -> Result<()> {
    let target = attentive(level).await?;
    let client = target.client();
    let below = text(&target.folder().join("below"));
    client
        .set_preferences(&json!({
            "temp_path_enabled": incomplete, "temp_path": below, "incomplete_files_ext": suffix,
        }))
        .await?;
    let mut transcript = Transcript::of(&target, name);
    for layout in LAYOUTS {
        for (kind, payload) in payloads(layout) {
            let torrent = Authoring::of(&payload).build();
            let form = Form::torrent(&torrent.bytes).text("contentLayout", layout);
            let id = add(client, level, &torrent, form).await?;
            let title = format!("{kind} {layout}");
            if kind == "rootless" {
                take_apart(client, &id).await?;
            }
            transcript.show(&format!("{title} incomplete"), &paths(client, level, &id).await?);
            complete(client, level, &id, &payload).await?;
            transcript.show(&format!("{title} complete"), &paths(client, level, &id).await?);
        }
    }
    transcript.finish()
}

async fn in_one_place(level: Level) -> Result<()> {
    layouts(level, "paths-one-place", false, false).await
}

async fn incomplete_elsewhere(level: Level) -> Result<()> {
    layouts(level, "paths-incomplete-elsewhere", true, false).await
}

async fn with_a_suffix(level: Level) -> Result<()> {
    layouts(level, "paths-suffix", false, true).await
}

/// Names change: of the torrent, of a file, of folders; then the torrent is moved.
async fn after_renames_and_moves(level: Level) -> Result<()> {
    let target = attentive(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "paths-renamed");
    let elsewhere = text(&target.folder_named("elsewhere")?);
    for is_complete in [false, true] {
        for (kind, payload) in payloads(if is_complete { "done" } else { "begun" }) {
            if kind == "rootless" {
                continue;
            }
            let torrent = Authoring::of(&payload).build();
            let id = add(client, level, &torrent, Form::torrent(&torrent.bytes)).await?;
            let id = id.as_str();
            if is_complete {
                complete(client, level, id, &payload).await?;
            }
            let title = format!("{kind} {}", if is_complete { "complete" } else { "incomplete" });
            client.ok("torrents/rename", &[("hash", id), ("name", "Shown name")]).await?;
            client.torrent_when(id, "the name", |t| t["name"] == "Shown name").await?;
            transcript.show(&format!("{title} rename"), &paths(client, level, id).await?);

            let name = &payload.name;
            let renames = if kind == "single" {
                vec![
                    ("renameFile", name.clone(), format!("new {name}")),
                    ("renameFile", format!("new {name}"), format!("in a folder/{name}")),
                ]
            } else {
                vec![
                    ("renameFile", format!("{name}/a.bin"), format!("{name}/c.bin")),
                    ("renameFolder", format!("{name}/sub"), format!("{name}/deep/er")),
                    ("renameFolder", name.clone(), format!("new {name}")),
                    ("renameFile", format!("new {name}/c.bin"), format!("beside {name}.bin")),
                ]
            };
            for (action, old, new) in renames {
                let form = [("hash", id), ("oldPath", old.as_str()), ("newPath", new.as_str())];
                client.ok(&format!("torrents/{action}"), &form).await?;
                until("the new name", async || {
                    let files = client.json("torrents/files", &[("hash", id)]).await?;
                    let mut names = files.as_array().into_iter().flatten().map(|f| &f["name"]);
                    Ok(names
                        .any(|name| name.as_str().is_some_and(|name| name.starts_with(&new)))
                        .then_some(()))
                })
                .await?;
                let shown = paths(client, level, id).await?;
                transcript.show(&format!("{title} {action} to {new}"), &shown);
            }
            client.ok("torrents/setLocation", &[("hashes", id), ("location", &elsewhere)]).await?;
            client
                .torrent_when(id, "moved", |t| {
                    t["save_path"] == elsewhere.as_str() && t["state"] != "moving"
                })
                .await?;
            transcript.show(&format!("{title} moved"), &paths(client, level, id).await?);
        }
    }
    transcript.finish()
}

/// Many files at the top of a torrent are moved one by one, which takes long enough to be seen.
async fn while_moving(level: Level) -> Result<()> {
    let target = attentive(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "paths-moving");
    let names: Vec<String> = (0..4000).map(|n| format!("{n:04}.txt")).collect();
    let files: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 8)).collect();
    let payload = Payload::folder("many", &files);
    let torrent = Authoring::of(&payload).build();
    let form = Form::torrent(&torrent.bytes).text("contentLayout", "NoSubfolder");
    let id = add(client, level, &torrent, form).await?;
    complete(client, level, &id, &payload).await?;
    let elsewhere = text(&target.folder().join("elsewhere"));

    let data = text(&target.data());
    // A move within one file system may be over before anybody looks; then it is done again.
    let shown = until("a move that is seen", async || {
        let move_to = async |location: &str| {
            let form = [("hashes", id.as_str()), ("location", location)];
            client.ok("torrents/setLocation", &form).await
        };
        move_to(&elsewhere).await?;
        // Only these two: the list of so many files takes longer than the move.
        let listed = client.torrent(&id).await?.context("listed")?;
        let properties = client.json("torrents/properties", &[("hash", &id)]).await?;
        let still = client.torrent(&id).await?.context("listed")?;
        if listed["state"] == "moving" && still["state"] == "moving" {
            return Ok(Some(json!({
                "state": listed["state"],
                "content_path": listed["content_path"],
                "save_path": listed["save_path"],
                "properties": [properties["save_path"], properties["download_path"]],
            })));
        }
        client.torrent_when(&id, "moved", |t| t["state"] == "stalledUP").await?;
        move_to(&data).await?;
        let is_back = |t: &Value| t["state"] == "stalledUP" && t["save_path"] == data;
        client.torrent_when(&id, "moved back", is_back).await?;
        Ok(None)
    })
    .await?;
    transcript.show("moving", &shown);
    client.torrent_when(&id, "moved", |t| t["state"] == "stalledUP").await?;
    transcript.show("moved", &paths(client, level, &id).await?);
    transcript.finish()
}

/// Automatic management takes the paths from the category, for content and for magnets alike.
async fn automatic_management(level: Level) -> Result<()> {
    let target = attentive(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "paths-automatic");
    let below = text(&target.folder().join("below"));
    let own = text(&target.folder().join("own"));
    let own_below = text(&target.folder().join("own below"));
    client.set_preferences(&json!({"temp_path_enabled": true, "temp_path": below})).await?;
    for form in [
        vec![("category", "plain")],
        vec![("category", "placed"), ("savePath", own.as_str())],
        vec![("category", "relative"), ("savePath", "some/where")],
        vec![
            ("category", "both"),
            ("savePath", &own),
            ("downloadPathEnabled", "true"),
            ("downloadPath", &own_below),
        ],
        vec![("category", "none"), ("savePath", &own), ("downloadPathEnabled", "false")],
    ] {
        client.ok("torrents/createCategory", &form).await?;
    }
    for category in ["", "plain", "placed", "relative", "both", "none"] {
        let payload =
            Payload::folder(&format!("in {category}"), &[("x.bin", 20_000), ("y.bin", 20_000)]);
        let torrent = Authoring::of(&payload).build();
        let form = Form::torrent(&torrent.bytes).text("category", category).text("autoTMM", "true");
        let id = add(client, level, &torrent, form).await?;
        let title = format!("category `{category}`");
        let inherits = ["plain", "placed", "relative"].contains(&category);
        transcript.show(&format!("{title} incomplete"), &paths(client, level, &id).await?);
        inherited(&mut transcript, level, inherits, category)?;
        complete(client, level, &id, &payload).await?;
        transcript.show(&format!("{title} complete"), &paths(client, level, &id).await?);
        inherited(&mut transcript, level, inherits, category)?;
    }
    transcript.finish()
}

/// The first levels put incomplete data of every category into the same folder.
fn inherited(
    transcript: &mut Transcript,
    level: Level,
    inherits: bool,
    category: &str,
) -> Result<()> {
    if !inherits || level > Level::L45 {
        return Ok(());
    }
    let words = "in a category without a download path of its own";
    let expected = format!("{{folder}}/below/{category}");
    transcript.deliberate(words, |shown| shown.body["download_path"] == expected.as_str())
}

/// A magnet has no content yet, so `content_path` must name nothing that exists.
async fn without_metadata(level: Level) -> Result<()> {
    let target = attentive(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "paths-magnet");
    let below = text(&target.folder().join("below"));
    let own = text(&target.folder().join("own"));
    let form = [("category", "placed"), ("savePath", own.as_str())];
    client.ok("torrents/createCategory", &form).await?;
    for (title, incomplete, options) in [
        ("plain", false, vec![]),
        ("incomplete elsewhere", true, vec![]),
        ("save path", true, vec![("savepath", own.as_str())]),
        ("renamed", false, vec![("rename", "A name")]),
        ("automatic", false, vec![("autoTMM", "true"), ("category", "placed")]),
        ("automatic incomplete elsewhere", true, vec![("autoTMM", "true"), ("category", "placed")]),
        ("layout", false, vec![("contentLayout", "Subfolder")]),
        ("stopped", false, vec![(level.stopped_param(), "true")]),
    ] {
        client
            .set_preferences(&json!({"temp_path_enabled": incomplete, "temp_path": below}))
            .await?;
        let form =
            options.iter().fold(Form::url(MAGNET), |form, (name, value)| form.text(name, value));
        client.add(&form).await?;
        client
            .torrent_when(MAGNET_ID, "settled", |t| {
                t["state"] == "metaDL" || t["state"] == level.stopped_download()
            })
            .await?;
        transcript.show(title, &paths(client, level, MAGNET_ID).await?);
        inherited(&mut transcript, level, title == "automatic incomplete elsewhere", "placed")?;
        let form = [("hashes", MAGNET_ID), ("deleteFiles", "true")];
        client.ok("torrents/delete", &form).await?;
        until("the magnet is gone", async || {
            Ok(client.torrent(MAGNET_ID).await?.is_none().then_some(()))
        })
        .await?;
    }
    transcript.finish()
}

at_each_level!(
    in_one_place,
    incomplete_elsewhere,
    with_a_suffix,
    after_renames_and_moves,
    while_moving,
    automatic_management,
    without_metadata,
);
