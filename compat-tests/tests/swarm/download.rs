//! Torrent files of every kind, with the peers from the tracker.

use anyhow::Result;
use compat_tests::watch::{complaint, states_until};
use compat_tests::{
    Authoring, Form, Level, Payload, Product, Seeder, Target, Version, WebServer, at_any_level,
    at_each_level, web,
};

use crate::support::{Swarm, is_complete, is_seeding};

fn folder() -> Payload {
    Payload::folder(
        "A folder — with ünïcode",
        &[
            ("disc 1/a track.bin", 700_001),
            ("disc 1/b track.bin", 16_384),
            ("disc 2/deep/er/c.bin", 300_000),
            ("empty.txt", 0),
            ("z.bin", 1),
        ],
    )
}

async fn arrives_bit_for_bit(level: Level, payload: Payload, version: Version) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;
    let torrent = Authoring::of(&payload)
        .version(version)
        .piece_length(32 * 1024)
        .tracker(&swarm.tracker.url())
        .build();
    swarm.seed(&torrent, &payload, 0).await?;

    swarm.client().add(&Form::torrent(&torrent.bytes)).await?;
    let states = states_until(swarm.client(), &torrent.id(), "the download", |torrent| {
        is_complete(torrent) && is_seeding(torrent)
    })
    .await?;
    let listed = swarm.finished(&torrent.id()).await?;

    assert_eq!(complaint(level, &states), None);
    payload.verify_in(&swarm.target.data())?;
    assert_eq!(listed["infohash_v1"], torrent.v1_hex());
    assert_eq!(listed["infohash_v2"], torrent.v2_hex());
    assert_eq!(listed["name"], payload.name);
    assert_eq!(listed["size"], payload.size());
    assert_eq!(listed["completed"], payload.size());
    assert_eq!(listed["tracker"], swarm.tracker.url());
    swarm
        .tracker
        .announce_when("the announce of the completion", |announce| {
            announce.event.as_deref() == Some("completed")
                && announce.peer.port() == swarm.target.torrenting().map_or(0, |a| a.port())
        })
        .await?;
    // What was downloaded is served to the next peer.
    let mut leecher = Seeder::start().await?;
    leecher.download(&torrent, swarm.target.torrenting()?).await?;
    payload.verify_in(leecher.folder())
}

async fn a_single_file(level: Level) -> Result<()> {
    arrives_bit_for_bit(level, Payload::single("single file.bin", 1_500_000), Version::V1).await
}

async fn a_folder(level: Level) -> Result<()> {
    arrives_bit_for_bit(level, folder(), Version::V1).await
}

async fn a_v2_single_file(level: Level) -> Result<()> {
    arrives_bit_for_bit(level, Payload::single("v2.bin", 1_500_000), Version::V2).await
}

async fn a_v2_folder(level: Level) -> Result<()> {
    arrives_bit_for_bit(level, folder(), Version::V2).await
}

async fn a_hybrid_single_file(level: Level) -> Result<()> {
    arrives_bit_for_bit(level, Payload::single("hybrid.bin", 1_500_000), Version::Hybrid).await
}

async fn a_hybrid_folder(level: Level) -> Result<()> {
    arrives_bit_for_bit(level, folder(), Version::Hybrid).await
}

/// The seeder is another server of the same kind, which took its data for complete.
async fn from_another_server(level: Level, product: Product, seed_level: Level) -> Result<()> {
    let payload = folder();
    let swarm = Swarm::at(level).await?;
    let torrent = swarm.torrent(&payload);
    let seed = Target::setup(seed_level).product(product).spawn().await?;
    payload.write_to(&seed.data())?;
    let form = Form::torrent(&torrent.bytes).text(seed_level.seed_mode_param(), "true");
    seed.client().add(&form).await?;
    seed.client().torrent_when(&torrent.id(), "the other server seeds", is_seeding).await?;
    swarm.tracker.add_peer(&torrent.id(), seed.torrenting()?);

    swarm.add(&torrent, &[]).await?;
    swarm.finished(&torrent.id()).await?;

    payload.verify_in(&swarm.target.data())
}

async fn from_a_second_instance(level: Level) -> Result<()> {
    from_another_server(level, Product::under_test(), level).await
}

async fn from_qbittorrent(level: Level) -> Result<()> {
    from_another_server(level, Product::Reference, Level::L45).await
}

/// The torrent file is fetched by URL, also behind a redirect, also when that leads to a magnet.
async fn a_torrent_by_url(level: Level) -> Result<()> {
    let server = WebServer::start().await?;
    let mut swarm = Swarm::at(level).await?;
    let payloads =
        ["plain.bin", "moved.bin", "magnet.bin"].map(|name| Payload::single(name, 90_000));
    let torrents = payloads.each_ref().map(|payload| swarm.torrent(payload));
    for (torrent, payload) in torrents.iter().zip(&payloads) {
        swarm.seed(torrent, payload, 0).await?;
    }
    server.put("/plain.torrent", web::Page::Bytes(torrents[0].bytes.clone()));
    server.put("/moved", web::Page::Redirect(server.url("/target.torrent")));
    server.put("/target.torrent", web::Page::Bytes(torrents[1].bytes.clone()));
    let magnet = torrents[2].magnet(&[&swarm.tracker.url()]);
    server.put("/magnet", web::Page::Redirect(magnet));
    let urls = ["/plain.torrent", "/moved", "/magnet"].map(|path| server.url(path)).join("\n");

    swarm.client().add(&Form::url(&urls).text("tags", "by url")).await?;

    for (torrent, payload) in torrents.iter().zip(&payloads) {
        let listed = swarm.finished(&torrent.id()).await?;
        assert_eq!(listed["tags"], "by url");
        payload.verify_in(&swarm.target.data())?;
    }
    Ok(())
}

at_each_level!(a_single_file, a_folder, a_v2_single_file, a_hybrid_single_file, a_torrent_by_url);
at_any_level!(a_v2_folder, a_hybrid_folder, from_a_second_instance, from_qbittorrent);
