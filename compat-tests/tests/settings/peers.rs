//! What a peer is told in the handshakes.

use anyhow::{Context, Result, ensure};
use compat_tests::{Authoring, Level, Target, Torrent, at_any_level, until};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{add, payload};

/// Connects as a peer and returns what the extension handshake says (BEP 10), as text.
async fn extension_handshake(target: &Target, torrent: &Torrent) -> Result<String> {
    let mut stream = TcpStream::connect(target.torrenting()?).await?;
    let mut hello = vec![19];
    hello.extend(b"BitTorrent protocol");
    hello.extend([0, 0, 0, 0, 0, 0x10, 0, 0]);
    hello.extend(hex::decode(torrent.v1_hex())?);
    hello.extend(b"-XX0001-abcdefghijkl");
    stream.write_all(&hello).await?;
    let mut answer = [0; 68];
    stream.read_exact(&mut answer).await.context("the handshake")?;
    ensure!(answer[25] & 0x10 != 0, "the server has no extensions");
    loop {
        let length = stream.read_u32().await.context("a message")?;
        let mut message = vec![0; length as usize];
        stream.read_exact(&mut message).await?;
        if message.starts_with(&[20, 0]) {
            return Ok(String::from_utf8_lossy(&message[2..]).into_owned());
        }
    }
}

/// A complete torrent: one that has nothing may not answer a peer that has nothing either.
async fn seeding(target: &Target) -> Result<Torrent> {
    let payload = payload();
    payload.write_to(&target.data())?;
    let torrent = Authoring::of(&payload).build();
    add(target, &torrent).await?;
    let seeds = |torrent: &Value| torrent["progress"] == 1 && torrent["state"] == "stalledUP";
    target.client().torrent_when(&torrent.id(), "seeding", seeds).await?;
    Ok(torrent)
}

/// With forced encryption a peer that speaks plainly gets no answer.
async fn plain_peers_are_refused_when_encryption_is_required(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let torrent = seeding(&target).await?;
    extension_handshake(&target, &torrent).await?;

    target.client().set_preferences(&json!({"encryption": 1})).await?;

    until("a refused peer", async || {
        Ok(extension_handshake(&target, &torrent).await.is_err().then_some(()))
    })
    .await
}

at_any_level!(plain_peers_are_refused_when_encryption_is_required);

/// Where peer exchange is off, it is not even offered (BEP 11).
async fn peer_exchange_is_offered_only_where_it_is_on(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let torrent = seeding(&target).await?;
    for on in [true, false, true] {
        target.client().set_preferences(&json!({"pex": on})).await?;
        until("a handshake as the switch says", async || {
            let offers = extension_handshake(&target, &torrent).await?.contains("6:ut_pex");
            Ok((offers == on).then_some(()))
        })
        .await?;
    }
    Ok(())
}

at_any_level!(peer_exchange_is_offered_only_where_it_is_on);
