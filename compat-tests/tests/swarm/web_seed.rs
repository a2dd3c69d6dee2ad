//! Downloads without any peer, from an HTTP server.

use anyhow::Result;
use compat_tests::{Authoring, Level, Payload, WebServer, at_any_level, web};

use crate::support::Swarm;

async fn a_single_file(level: Level) -> Result<()> {
    let payload = Payload::single("web.bin", 1_000_000);
    let server = WebServer::start().await?;
    server.put("/files/web.bin", web::Page::Bytes(payload.files[0].bytes.clone()));
    let swarm = Swarm::at(level).await?;
    let url = server.url("/files/web.bin");
    let torrent = Authoring::of(&payload).web_seed(&url).build();

    swarm.add(&torrent, &[]).await?;
    swarm.finished(&torrent.id()).await?;

    payload.verify_in(&swarm.target.data())?;
    let seeds = swarm.client().json("torrents/webseeds", &[("hash", &torrent.id())]).await?;
    assert_eq!(seeds, serde_json::json!([{"url": url}]));
    Ok(())
}

async fn a_folder(level: Level) -> Result<()> {
    let payload = Payload::folder("web", &[("a.bin", 200_000), ("sub/b.bin", 300_000)]);
    let server = WebServer::start().await?;
    for file in &payload.files {
        let path = format!("/files/{}", payload.path_of(file));
        server.put(&path, web::Page::Bytes(file.bytes.clone()));
    }
    let swarm = Swarm::at(level).await?;
    let torrent = Authoring::of(&payload).web_seed(&server.url("/files/")).build();

    swarm.add(&torrent, &[]).await?;
    swarm.finished(&torrent.id()).await?;

    payload.verify_in(&swarm.target.data())
}

at_any_level!(a_single_file, a_folder);
