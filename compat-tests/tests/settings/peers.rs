//! What a peer is told in the handshakes.

use anyhow::{Context, Result, ensure};
use compat_tests::wait::DEADLINE;
use compat_tests::{Authoring, Level, Target, Torrent, at_any_level, until};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::{payload, seeding};

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
async fn complete(target: &Target) -> Result<Torrent> {
    let payload = payload();
    let torrent = Authoring::of(&payload).build();
    seeding(target, &payload, &torrent).await?;
    Ok(torrent)
}

/// With forced encryption a peer that speaks plainly gets no answer.
async fn plain_peers_are_refused_when_encryption_is_required(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let torrent = complete(&target).await?;
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
    let torrent = complete(&target).await?;
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

/// What a peer that has nothing is offered at first: the pieces of the bitfield, and those that are told of one by one.
async fn offered(target: &Target, torrent: &Torrent) -> Result<(usize, usize)> {
    let mut stream = TcpStream::connect(target.torrenting()?).await?;
    // Without extensions there is a bitfield, and `have` messages alone.
    let mut hello = vec![19];
    hello.extend(b"BitTorrent protocol");
    hello.extend([0; 8]);
    hello.extend(hex::decode(torrent.v1_hex())?);
    hello.extend(b"-XX0001-abcdefghijkl");
    // We have nothing, and are interested.
    let bytes = u8::try_from(payload().size().div_ceil(16 * 1024 * 8))?;
    hello.extend([0, 0, 0, 1 + bytes, 5]);
    hello.resize(hello.len() + usize::from(bytes), 0);
    hello.extend([0, 0, 0, 1, 2]);
    stream.write_all(&hello).await?;
    stream.read_exact(&mut [0; 68]).await.context("the handshake")?;
    let (mut bits, mut haves) = (0, 0);
    loop {
        let length = stream.read_u32().await.context("a message")?;
        let mut message = vec![0; length as usize];
        stream.read_exact(&mut message).await?;
        match message.first() {
            Some(5) => {
                bits += message[1..].iter().map(|byte| byte.count_ones() as usize).sum::<usize>();
            }
            Some(4) => haves += 1,
            // We may ask now: everything that there is to say has been said.
            Some(1) => return Ok((bits, haves)),
            _ => {}
        }
    }
}

/// A seed tells of all pieces at once; a super seed of none but the few that it wants spread by this peer.
async fn a_super_seed_tells_of_few_pieces(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let torrent = complete(&target).await?;
    let all = payload().size().div_ceil(16 * 1024);
    assert_eq!(offered(&target, &torrent).await?, (all, 0));

    let form = [("hashes", torrent.id()), ("value", "true".to_owned())];
    let form: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    target.client().ok("torrents/setSuperSeeding", &form).await?;
    until("a super seed", async || {
        let (bits, haves) = offered(&target, &torrent).await?;
        Ok((bits == 0 && haves <= 2).then_some(()))
    })
    .await
}

at_any_level!(a_super_seed_tells_of_few_pieces);

/// The distributed hash table asks the nodes that it is told of.
async fn the_hash_table_asks_its_first_nodes(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let node = UdpSocket::bind("127.0.0.1:0").await?;
    let nodes = node.local_addr()?.to_string();
    let on = json!({"dht": true, "dht_bootstrap_nodes": nodes});
    target.client().set_preferences(&on).await?;
    let mut packet = [0; 1500];

    let (length, _) = tokio::time::timeout(DEADLINE, node.recv_from(&mut packet)).await??;

    assert!(packet[..length].starts_with(b"d1:a"), "a query of BEP 5");
    Ok(())
}

at_any_level!(the_hash_table_asks_its_first_nodes);
