//! What is computed while data moves: the time left, availability, and what is said of a peer.

use anyhow::{Context, Result, ensure};
use compat_tests::{Authoring, Level, Payload, Seeder, at_each_level, until};
use serde_json::{Value, json};

use crate::support::{Swarm, progress};

const SIZE: usize = 2_000_000;
const RATE: u64 = 200_000;

/// A torrent that is being fetched slowly.
async fn fetching(swarm: &mut Swarm) -> Result<String> {
    let payload = Payload::folder("fetched", &[("a.bin", SIZE / 2), ("b.bin", SIZE / 2)]);
    let torrent = swarm.torrent(&payload);
    swarm.seed(&torrent, &payload, RATE).await?;
    swarm.add(&torrent, &[]).await?;
    Ok(torrent.id())
}

fn number(torrent: &Value, key: &str) -> f64 {
    torrent[key].as_f64().unwrap_or(f64::NAN)
}

/// What is missing over the rate of the last seconds; nothing to reckon with is a hundred days.
async fn the_time_left_of_a_download(level: Level) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;
    let id = fetching(&mut swarm).await?;
    let listed = swarm
        .client()
        .torrent_when(&id, "a rate", |t| {
            progress(t) > 0.4 && t["state"] == "downloading" && t["eta"] != 8_640_000
        })
        .await?;
    let expected = number(&listed, "amount_left") / number(&listed, "dlspeed");
    let found = number(&listed, "eta");
    // One is an average, the other is not.
    ensure!((expected / 5.0 - 1.0..expected * 5.0 + 2.0).contains(&found), "{expected}: {listed}");
    let properties = swarm.client().json("torrents/properties", &[("hash", &id)]).await?;
    assert!(properties["eta"].as_i64() < Some(8_640_000), "{properties}");

    swarm.stop(&id).await?;
    let down = level.stopped_download();
    let stopped = |t: &Value| t["state"] == down && t["eta"] == 8_640_000;
    swarm.client().torrent_when(&id, "no time left", stopped).await?;
    Ok(())
}

/// The nearest of the share limits counts; one of the ratio is far while nothing is sent.
async fn the_time_left_of_a_seed(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let payload = Payload::single("kept.bin", 100_000);
    let torrent = swarm.torrent(&payload);
    payload.write_to(&swarm.target.data())?;
    swarm.add(&torrent, &[]).await?;
    let id = torrent.id();
    let listed = swarm.finished(&id).await?;
    assert_eq!(listed["eta"], 8_640_000);
    // 4.5 has no limit of inactivity, and only 5.3 can ask for all limits.
    let nearest = if level >= Level::L51 { 1100..=1210 } else { 1700..=1810 };
    let all = if level == Level::L51 { 1100..=1210 } else { 2300..=2410 };
    for (ratio, seeding, inactive, mode, range) in [
        ("-2", "10", "-2", "Default", 500..=610),
        ("5", "20", "-2", "Default", 1100..=1210),
        ("5", "-2", "-2", "Default", 8_640_000..=8_640_000),
        ("-2", "30", "20", "MatchAny", nearest),
        ("-2", "40", "20", "MatchAll", all),
    ] {
        let mut form =
            vec![("hashes", id.as_str()), ("ratioLimit", ratio), ("seedingTimeLimit", seeding)];
        if level >= Level::L51 {
            form.push(("inactiveSeedingTimeLimit", inactive));
        }
        if level >= Level::L53 {
            form.extend([("shareLimitAction", "Default"), ("shareLimitsMode", mode)]);
        }
        swarm.client().ok("torrents/setShareLimits", &form).await?;
        let what = format!("{ratio} {seeding} {inactive} {mode}");
        let is_near = |t: &Value| t["eta"].as_i64().is_some_and(|eta| range.contains(&eta));
        swarm.client().torrent_when(&id, &what, is_near).await?;
    }
    Ok(())
}

/// What was sent over what was fetched, or over what is there if nothing was fetched.
async fn the_ratio(level: Level) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;
    for fetched in [true, false] {
        let payload = Payload::single(&format!("sent {fetched}.bin"), SIZE / 4);
        // Without a tracker the one who fetches it meets nobody else.
        let torrent = Authoring::of(&payload).build();
        let id = torrent.id();
        if fetched {
            swarm.seeder.seed(&torrent, &payload, 0).await?;
        } else {
            payload.write_to(&swarm.target.data())?;
        }
        swarm.add(&torrent, &[]).await?;
        if fetched {
            swarm.reconnect(&torrent).await?;
        }
        assert_eq!(swarm.finished(&id).await?["ratio"], 0);
        let mut leecher = Seeder::start().await?;
        leecher.download(&torrent, swarm.target.torrenting()?).await?;

        let is_sent = |t: &Value| number(t, "uploaded") > 0.0 && number(t, "ratio") > 0.0;
        let listed = swarm.client().torrent_when(&id, "a ratio", is_sent).await?;
        let properties = swarm.client().json("torrents/properties", &[("hash", &id)]).await?;

        let own = if fetched { number(&listed, "downloaded") } else { number(&listed, "size") };
        let near = |found: f64, sent: f64| (found - sent / own).abs() < 0.01;
        ensure!(near(number(&listed, "ratio"), number(&listed, "uploaded")), "{listed}");
        let (found, sent) =
            (number(&properties, "share_ratio"), number(&properties, "total_uploaded"));
        ensure!(near(found, sent), "{own}: {properties}");
    }
    Ok(())
}

/// Copies among the connected peers: none at first, at least one of a seed, -1 of what is complete.
async fn availability(level: Level) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;
    let payload = Payload::folder("scarce", &[("a.bin", SIZE / 2), ("b.bin", SIZE / 2)]);
    let torrent = swarm.torrent(&payload);
    let id = torrent.id();
    swarm.add(&torrent, &[]).await?;
    let is_alone = |t: &Value| t["state"] == "stalledDL" && t["availability"] == 0;
    swarm.client().torrent_when(&id, "nobody there", is_alone).await?;
    swarm.seed(&torrent, &payload, RATE).await?;
    swarm.reconnect(&torrent).await?;
    let is_there = |t: &Value| number(t, "availability") >= 1.0;
    swarm.client().torrent_when(&id, "a copy", is_there).await?;
    let files = swarm.client().json("torrents/files", &[("hash", &id)]).await?;
    assert_eq!((&files[0]["availability"], &files[1]["availability"]), (&json!(1), &json!(1)));
    if level >= Level::L53 {
        let pieces = swarm.client().json("torrents/pieceAvailability", &[("hash", &id)]).await?;
        let pieces = pieces.as_array().context("a list")?;
        assert!(!pieces.is_empty() && pieces.iter().all(|piece| *piece == 1), "{pieces:?}");
    }
    swarm.seeder.set_limit(&torrent, 0).await?;
    swarm.finished(&id).await?;
    let is_seed = |t: &Value| t["availability"] == -1;
    swarm.client().torrent_when(&id, "complete", is_seed).await?;
    let files = swarm.client().json("torrents/files", &[("hash", &id)]).await?;
    // A seed's own files are all there.
    assert_eq!(files[0]["availability"], files[1]["availability"]);
    Ok(())
}

/// The peers of a torrent by their addresses.
async fn peers(swarm: &Swarm, id: &str) -> Result<Vec<(String, Value)>> {
    let answer = swarm.client().json("sync/torrentPeers", &[("hash", id), ("rid", "0")]).await?;
    let peers = answer["peers"].as_object().cloned().unwrap_or_default();
    Ok(peers.into_iter().collect())
}

/// The text of a flag.
fn meaning(flag: &str) -> Option<&'static str> {
    Some(match flag {
        "d" => "Interested (local) and choked (peer)",
        "D" => "Interested (local) and unchoked (peer)",
        "u" => "Interested (peer) and choked (local)",
        "U" => "Interested (peer) and unchoked (local)",
        "K" => "Not interested (local) and unchoked (peer)",
        "?" => "Not interested (peer) and unchoked (local)",
        "O" => "Optimistic unchoke",
        "S" => "Peer snubbed",
        "I" => "Incoming connection",
        "H" => "Peer from DHT",
        "X" => "Peer from PEX",
        "L" => "Peer from LSD",
        "E" => "Encrypted traffic",
        "e" => "Encrypted handshake",
        "P" => "μTP",
        "h" => "Peer is using NAT hole punching",
        _ => return None,
    })
}

/// Each letter has its line, in the same order.
fn flags(peer: &Value) -> Result<Vec<String>> {
    let letters = peer["flags"].as_str().context("flags")?;
    let letters: Vec<String> = letters.split(' ').map(ToOwned::to_owned).collect();
    let lines: Option<Vec<String>> =
        letters.iter().map(|flag| Some(format!("{flag} = {}", meaning(flag)?))).collect();
    let lines = lines.with_context(|| format!("unknown flags: {peer}"))?;
    assert_eq!(peer["flags_desc"], lines.join("\n"));
    Ok(letters)
}

async fn a_peer_that_sends(level: Level) -> Result<()> {
    let mut swarm = Swarm::at(level).await?;
    let id = fetching(&mut swarm).await?;
    let address = swarm.seeder.address().to_string();
    let peer = until("a peer that sends", async || {
        let all = peers(&swarm, &id).await?;
        let peer = all.into_iter().find(|(name, _)| *name == address).map(|(_, peer)| peer);
        Ok(peer
            .filter(|p| p["dl_speed"].as_u64() > Some(0) && p["flags"] != "" && p["files"] != ""))
    })
    .await?;
    let letters = flags(&peer)?;
    ensure!(letters.iter().any(|flag| flag == "D"), "{peer}");
    ensure!(letters.iter().all(|flag| flag != "I" && flag != "P" && flag != "U"), "{peer}");
    for (key, expected) in [
        ("connection", json!("BT")),
        ("ip", json!("127.0.0.1")),
        ("port", json!(swarm.seeder.address().port())),
        ("progress", json!(1)),
        ("uploaded", json!(0)),
        ("up_speed", json!(0)),
        ("relevance", json!(1)),
    ] {
        assert_eq!(peer[key], expected, "{key} of {peer}");
    }
    assert!(peer["client"].as_str().is_some_and(|name| name.starts_with("libtorrent/")), "{peer}");
    assert!(peer["downloaded"].as_u64() > Some(0), "{peer}");
    // The file of the piece that is on its way.
    assert!(peer["files"].as_str().is_some_and(|name| name.starts_with("fetched/")), "{peer}");
    let id_client = peer["peer_id_client"].as_str().context("an id")?;
    assert!(id_client.len() == 8 && id_client.starts_with("-LT"), "{peer}");
    assert_eq!(peer.get("contribution").is_some(), level >= Level::L53);
    Ok(())
}

async fn a_peer_that_receives(level: Level) -> Result<()> {
    let swarm = Swarm::at(level).await?;
    let payload = Payload::single("sent.bin", 1_500_000);
    // Without a tracker nobody knows of the other but by the connection that comes in.
    let torrent = Authoring::of(&payload).build();
    payload.write_to(&swarm.target.data())?;
    swarm.add(&torrent, &[("upLimit", "200000")]).await?;
    let id = torrent.id();
    swarm.finished(&id).await?;
    let mut leecher = Seeder::start().await?;
    let target = swarm.target.torrenting()?;
    let look = async {
        let peer = until("a peer that receives", async || {
            let all = peers(&swarm, &id).await?;
            let peer = all.into_iter().map(|(_, peer)| peer).next();
            let is_seen =
                |p: &Value| number(p, "progress") > 0.1 && p["uploaded"].as_u64() > Some(0);
            Ok(peer.filter(is_seen))
        })
        .await?;
        let letters = flags(&peer)?;
        ensure!(letters.iter().any(|flag| flag == "U"), "{peer}");
        ensure!(letters.iter().any(|flag| flag == "I"), "{peer}");
        assert_eq!((&peer["downloaded"], &peer["connection"]), (&json!(0), &json!("BT")));
        assert_eq!(peer["relevance"], 0);
        if level >= Level::L53 {
            assert!(number(&peer, "contribution") > 0.0, "{peer}");
        }
        anyhow::Ok(())
    };
    let (looked, sent) = tokio::join!(look, leecher.download(&torrent, target));
    looked?;
    sent?;
    Ok(())
}

at_each_level!(
    the_time_left_of_a_download,
    the_time_left_of_a_seed,
    the_ratio,
    availability,
    a_peer_that_sends,
    a_peer_that_receives,
);
