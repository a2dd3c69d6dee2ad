//! SSL torrents: only peers whose certificate the torrent's own authority has signed take part.

use std::path::PathBuf;

use anyhow::Result;
use compat_tests::target::free_port;
use compat_tests::{Authoring, Form, Level, Payload, Seeder, Target, at_levels, until};
use serde_json::{Value, json};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/ssl").join(name)
}

fn text(name: &str) -> Result<String> {
    Ok(fs_err::read_to_string(file(name))?)
}

async fn only_certified_peers_take_part(level: Level) -> Result<()> {
    let port = free_port()?;
    let target = Target::spawn(level).await?;
    let preferences = json!({"ssl_enabled": true, "ssl_listen_port": port});
    target.client().set_preferences(&preferences).await?;
    let payload = Payload::single("sealed.bin", 200_000);
    let torrent = Authoring::of(&payload).root_certificate(&text("root.crt")?).build();
    payload.write_to(&target.data())?;
    let form = Form::torrent(&torrent.bytes)
        .text("ssl_certificate", &text("peer.crt")?)
        .text("ssl_private_key", &text("peer.key")?)
        .text("ssl_dh_params", &text("dh.pem")?);
    target.client().add(&form).await?;
    let seeds = |torrent: &Value| torrent["progress"] == 1 && torrent["state"] == "stalledUP";
    target.client().torrent_when(&torrent.id(), "seeding", seeds).await?;
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));

    let mut stranger = Seeder::start().await?;
    stranger.certify([file("stranger.crt"), file("stranger.key"), file("dh.pem")]);
    stranger.leech(&torrent, address).await?;
    assert_eq!(stranger.downloaded(&torrent).await?, 0);

    let mut member = Seeder::start().await?;
    member.certify([file("peer.crt"), file("peer.key"), file("dh.pem")]);
    member.leech(&torrent, address).await?;
    until("the whole payload", async || {
        Ok((member.downloaded(&torrent).await? >= 200_000).then_some(()))
    })
    .await?;
    payload.verify_in(member.folder())
}

at_levels!(only_certified_peers_take_part: l51 L51);
