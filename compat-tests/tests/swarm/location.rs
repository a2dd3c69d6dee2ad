//! Where the data lies: moves, the folder for incomplete data, automatic management, removal.

use std::path::Path;

use anyhow::{Context, Result};
use compat_tests::{Level, Payload, at_any_level, at_each_level, until};
use serde_json::json;

use crate::support::{Swarm, progress, text};

fn payload() -> Payload {
    Payload::folder("moved", &[("a.bin", 400_000), ("sub/b.bin", 400_000)])
}

/// Waits until the data of the payload is complete below `folder` and gone from `old`.
async fn has_moved(payload: &Payload, old: &Path, new: &Path) -> Result<()> {
    until("the data has moved", async || {
        let is_there = payload.verify_in(new).is_ok();
        Ok((is_there && !old.join(&payload.name).exists()).then_some(()))
    })
    .await
}

async fn a_finished_torrent_moves(level: Level) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    swarm.finished(&id).await?;
    let elsewhere = swarm.target.folder().join("elsewhere/deep");

    swarm
        .client()
        .ok("torrents/setLocation", &[("hashes", &id), ("location", &text(&elsewhere))])
        .await?;
    has_moved(&payload, &swarm.target.data(), &elsewhere).await?;
    let listed = swarm
        .client()
        .torrent_when(&id, "the new path", |torrent| torrent["save_path"] == *text(&elsewhere))
        .await?;
    assert_eq!(listed["content_path"], text(&elsewhere.join("moved")));
    assert_eq!(listed["auto_tmm"], false);
    assert_eq!(swarm.finished(&id).await?["progress"], 1);

    // `setSavePath` does the same for torrents in manual mode.
    let back = swarm.target.folder_named("back")?;
    swarm.client().ok("torrents/setSavePath", &[("id", &id), ("path", &text(&back))]).await?;
    has_moved(&payload, &elsewhere, &back).await
}

async fn a_running_download_moves(level: Level) -> Result<()> {
    let payload = Payload::folder("moved", &[("a.bin", 800_000), ("sub/b.bin", 800_000)]);
    let mut swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 400_000).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    swarm.client().torrent_when(&id, "some of the data", |t| progress(t) > 0.1).await?;
    let elsewhere = swarm.target.folder_named("elsewhere")?;

    swarm
        .client()
        .ok("torrents/setLocation", &[("hashes", &id), ("location", &text(&elsewhere))])
        .await?;
    swarm.seeder.set_limit(&torrent, 0).await?;
    swarm.finished(&id).await?;

    has_moved(&payload, &swarm.target.data(), &elsewhere).await
}

async fn incomplete_data_has_a_folder_of_its_own(level: Level) -> Result<()> {
    let payload = Payload::folder("moved", &[("a.bin", 800_000), ("sub/b.bin", 800_000)]);
    let mut swarm = Swarm::at(level).await?;
    let incomplete = swarm.target.folder_named("incomplete")?;
    swarm
        .client()
        .set_preferences(&json!({"temp_path_enabled": true, "temp_path": text(&incomplete)}))
        .await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 400_000).await?;
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    let listed =
        swarm.client().torrent_when(&id, "some of the data", |t| progress(t) > 0.1).await?;

    assert_eq!(listed["download_path"], text(&incomplete));
    assert_eq!(listed["save_path"], text(&swarm.target.data()));
    assert_eq!(listed["content_path"], text(&incomplete.join("moved")));
    assert!(incomplete.join("moved").exists());
    swarm.seeder.set_limit(&torrent, 0).await?;
    swarm.finished(&id).await?;
    has_moved(&payload, &incomplete, &swarm.target.data()).await?;
    let content = text(&swarm.target.data().join("moved"));
    swarm
        .client()
        .torrent_when(&id, "the content path", |torrent| torrent["content_path"] == *content)
        .await?;
    Ok(())
}

async fn automatic_management_follows_the_category(level: Level) -> Result<()> {
    let payload = payload();
    let mut swarm = Swarm::at(level).await?;
    swarm.client().set_preferences(&json!({"category_changed_tmm_enabled": true})).await?;
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, 0).await?;
    let id = torrent.id();
    let films = text(&swarm.target.folder().join("films"));
    let implicit = swarm.target.data().join("series");
    let moved = swarm.target.folder().join("moved films");
    for (name, path) in [("films", films.as_str()), ("series", "")] {
        let form = [("category", name), ("savePath", path)];
        swarm.client().ok("torrents/createCategory", &form).await?;
    }

    // The add itself, by the category's own path.
    let options = [("category", "films"), ("autoTMM", "true"), ("savepath", "/ignored")];
    let listed = swarm.add(&torrent, &options).await?;
    assert_eq!(listed["auto_tmm"], true);
    assert_eq!(listed["save_path"], films);
    swarm.finished(&id).await?;
    payload.verify_in(Path::new(&films))?;

    // A category without a path lies below the default one.
    swarm.client().ok("torrents/setCategory", &[("hashes", &id), ("category", "series")]).await?;
    has_moved(&payload, Path::new(&films), &implicit).await?;

    // A category that changes its path takes its torrents along.
    let form = [("category", "series"), ("savePath", &*text(&moved))];
    swarm.client().ok("torrents/editCategory", &form).await?;
    has_moved(&payload, &implicit, &moved).await?;

    // Removing the category sends the torrent home.
    swarm.client().ok("torrents/removeCategories", &[("categories", "series")]).await?;
    has_moved(&payload, &moved, &swarm.target.data()).await?;
    let listed = swarm.client().torrent(&id).await?.context("listed")?;
    assert_eq!(listed["category"], "");

    // Tags never move anything, and the mode can be switched off.
    swarm.client().ok("torrents/addTags", &[("hashes", &id), ("tags", "seen, kept")]).await?;
    swarm.client().torrent_when(&id, "the tags", |torrent| torrent["tags"] == "kept, seen").await?;
    let form = [("hashes", id.as_str()), ("enable", "false")];
    swarm.client().ok("torrents/setAutoManagement", &form).await?;
    swarm.client().torrent_when(&id, "manual mode", |torrent| torrent["auto_tmm"] == false).await?;
    payload.verify_in(&swarm.target.data())
}

async fn removal_keeps_or_deletes_the_data(level: Level) -> Result<()> {
    let payloads =
        [payload(), Payload::folder("doomed", &[("a.bin", 80_000), ("b/c.bin", 80_000)])];
    let mut swarm = Swarm::at(level).await?;
    let torrents = payloads.each_ref().map(|payload| swarm.torrent(payload));
    for (torrent, payload) in torrents.iter().zip(&payloads) {
        swarm.seed(torrent, payload, 0).await?;
        swarm.add(torrent, &[]).await?;
        swarm.finished(&torrent.id()).await?;
    }
    // A file that is not the torrent's own survives.
    fs_err::write(swarm.target.data().join("doomed/foreign.txt"), "mine")?;

    for (torrent, files) in torrents.iter().zip(["false", "true"]) {
        let form = [("hashes", &*torrent.id()), ("deleteFiles", files)];
        swarm.client().ok("torrents/delete", &form).await?;
    }
    until("both torrents are gone", async || {
        let list = swarm.client().json("torrents/info", &[]).await?;
        Ok(list.as_array().is_some_and(Vec::is_empty).then_some(()))
    })
    .await?;

    payloads[0].verify_in(&swarm.target.data())?;
    let doomed = swarm.target.data().join("doomed");
    until("the data is deleted", async || {
        Ok((!doomed.join("a.bin").exists() && !doomed.join("b").exists()).then_some(()))
    })
    .await?;
    assert_eq!(fs_err::read_to_string(doomed.join("foreign.txt"))?, "mine");
    Ok(())
}

at_each_level!(
    a_finished_torrent_moves,
    automatic_management_follows_the_category,
    removal_keeps_or_deletes_the_data
);
at_any_level!(a_running_download_moves, incomplete_data_has_a_folder_of_its_own);
