//! Torrents in the browser: from the drop to the removal, hostile names, and a server that goes and comes back.

use anyhow::Result;
use compat_tests::torrent::hostile;
use compat_tests::{
    Authoring, Form, Level, Payload, Product, Seeder, Target, Torrent, Tracker, target,
};
use reqwest::Method;
use serde_json::json;

use crate::support::Stage;

fn write(stage: &Stage, name: &str, torrent: &Torrent) -> Result<String> {
    let file = stage.target.folder().join(name);
    fs_err::write(&file, &torrent.bytes)?;
    Ok(file.to_string_lossy().into_owned())
}

#[tokio::test]
async fn torrents_are_added_completed_tagged_and_removed() -> Result<()> {
    let mut stage = Stage::start().await?;
    let (tracker, mut seeder) = (Tracker::start().await?, Seeder::start().await?);
    let change = json!({ "engine.refresh_interval_ms": 200 });
    stage.api(Method::PATCH, "/v1/settings", Some(change)).await?;
    let mut torrents = Vec::new();
    for name in ["dropped", "by magnet"] {
        let payload = Payload::folder(name, &[("a.bin", 300_000), ("sub/b.nfo", 40_000)]);
        let torrent = Authoring::of(&payload).tracker(&tracker.url()).build();
        seeder.seed(&torrent, &payload, 0).await?;
        tracker.add_peer(&torrent.id(), seeder.address());
        tracker.add_peer(&torrent.v1_hex(), seeder.address());
        torrents.push(torrent);
    }
    let file = write(&stage, "dropped.torrent", &torrents[0])?;
    let scene = json!({
        "file": file,
        "dropped": torrents[0].id(),
        "magnet": torrents[1].magnet(&[&tracker.url()]),
        "fetched": torrents[1].id(),
    });
    stage.play("torrents.mjs", scene).await?;
    let left = stage.target.data().join("dropped");
    assert!(!left.exists(), "{} is still there", left.display());
    Ok(())
}

#[tokio::test]
async fn hostile_names_stay_text() -> Result<()> {
    let mut stage = Stage::start().await?;
    let long = "n".repeat(200);
    let mut ids = Vec::new();
    for name in [
        "<img src=x: onerror=alert(1) data-hostile>",
        "</title><script>alert(2)</script>",
        "rtl \u{202e}gnp.exe",
        "emoji \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f3f4}",
        "controls \u{7}\u{1b}[31m\u{0}end",
        long.as_str(),
    ] {
        let torrent = hostile::with_name(name.as_bytes());
        let form = Form::torrent(&torrent.bytes).text("paused", "true").text("stopped", "true");
        stage.target.client().add(&form).await?;
        ids.push(torrent.id());
    }
    let action = json!({ "filter": { "name": "*" }, "action": { "action": "add_tags", "tags": ["<script>alert(3)</script>", "\u{202e}gat"] } });
    stage.api(Method::POST, "/v1/torrents/action", Some(action)).await?;
    let category = json!({ "name": "<marquee data-hostile>x" });
    stage.api(Method::POST, "/v1/categories", Some(category)).await?;
    let url = "http://127.0.0.1:9/<img src=x: onerror=alert(4)>/announce";
    let trackers = json!({ "trackers": [{ "url": url }] });
    let path = format!("/v1/torrents/{}/trackers", ids[0]);
    stage.api(Method::POST, &path, Some(trackers)).await?;
    let name = json!({ "action": "rename", "name": "x".repeat(4000) });
    stage.api(Method::POST, &format!("/v1/torrents/{}/action", ids[5]), Some(name)).await?;
    stage.play("hostile.mjs", json!({ "ids": ids })).await
}

#[tokio::test]
async fn the_page_outlives_the_server() -> Result<()> {
    let setup = Target::setup(Level::L51)
        .product(Product::Revaer)
        .http_port(target::free_port()?)
        .set("webui.bypass_local_auth", "true");
    let mut stage = Stage::of(setup.spawn().await?);
    let magnet = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567";
    stage.play("reconnect.mjs", json!({ "magnet": magnet })).await
}
