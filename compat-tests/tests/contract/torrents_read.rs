//! Reads about one torrent: properties, pieces, web seeds, trackers, files.

use anyhow::{Context, Result};
use compat_tests::{Authoring, Form, Level, Payload, Reply, at_each_level, at_levels, differs};
use serde_json::{Value, json};

use crate::support::{MAGNET_ID, UNKNOWN, add_magnet, add_stopped, get, server, two_files};

/// Every read that takes one torrent.
fn reads(level: Level) -> Vec<&'static str> {
    let mut reads =
        vec!["properties", "trackers", "webseeds", "files", "pieceStates", "pieceHashes", "export"];
    if level >= Level::L51 {
        reads.push("SSLParameters");
    }
    if level == Level::L53 {
        reads.push("pieceAvailability");
    }
    reads
}

async fn an_unknown_torrent_is_404(level: Level) -> Result<()> {
    let target = server(level).await?;
    for read in reads(level) {
        for hash in [UNKNOWN, "", "all", "nonsense", "../../etc/passwd", "0"] {
            let found =
                get(target.client(), &format!("torrents/{read}"), &[("hash", hash)]).await?;
            assert_eq!(found, "404 Not Found", "{read} {hash:?}");
        }
    }
    Ok(())
}

async fn without_metadata(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_magnet(client).await?;
    let hash = [("hash", id)];
    for read in ["files", "pieceStates", "pieceHashes", "webseeds"] {
        assert_eq!(get(client, &format!("torrents/{read}"), &hash).await?, "200 []", "{read}");
    }
    let indexes = [("hash", id), ("indexes", "0")];
    let expected = if level == Level::L53 { "200 []" } else { "409 Index 0 is out of bounds." };
    assert_eq!(get(client, "torrents/files", &indexes).await?, expected);
    let properties = client.json("torrents/properties", &hash).await?;
    assert_eq!(properties["total_size"], -1);
    assert_eq!(properties["name"], "No metadata");
    assert_eq!(properties["creation_date"], -1);
    assert_eq!(properties["is_private"], false);
    if level >= Level::L51 {
        assert_eq!(properties["has_metadata"], false);
        assert_eq!(properties["private"], Value::Null);
    }
    Ok(())
}

async fn properties_of_a_stopped_torrent(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("props")).await?;
    let hash = [("hash", id.as_str())];
    let properties = client.json("torrents/properties", &hash).await?;
    let data = target.data().to_string_lossy().into_owned();
    for (key, expected) in [
        ("save_path", json!(data)),
        ("download_path", json!("")),
        ("total_size", json!(65_536)),
        ("pieces_num", json!(4)),
        ("piece_size", json!(16_384)),
        ("pieces_have", json!(0)),
        ("completion_date", json!(-1)),
        ("last_seen", json!(-1)),
        ("dl_limit", json!(-1)),
        ("up_limit", json!(-1)),
        ("eta", json!(8_640_000)),
        ("share_ratio", json!(0)),
        ("total_downloaded", json!(0)),
        ("nb_connections", json!(0)),
        ("created_by", json!("compat-tests")),
        ("comment", json!("")),
    ] {
        assert_eq!(properties[key], expected, "{key}");
    }
    if level >= Level::L51 {
        assert_eq!(properties["hash"], id);
        assert_eq!(properties["progress"], 0);
    }
    let upper = id.to_uppercase();
    assert_eq!(client.get("torrents/properties", &[("hash", &upper)]).await?.status, 200);
    assert_eq!(get(client, "torrents/pieceStates", &hash).await?, "200 [0,0,0,0]");
    let hashes = client.json("torrents/pieceHashes", &hash).await?;
    let hashes = hashes.as_array().context("hashes")?;
    assert_eq!(hashes.len(), 4);
    assert!(hashes.iter().all(|hash| hash.as_str().is_some_and(|hash| hash.len() == 40)));
    Ok(())
}

async fn tracker_rows(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("rows")).await?;
    let payload = Payload::single("private", 20_000);
    let private = Authoring::of(&payload).private().tracker("http://127.0.0.1:9/announce").build();
    let private_id = add_stopped(client, level, &private).await?;

    let rows = client.json("torrents/trackers", &[("hash", &id)]).await?;
    let urls: Vec<&Value> =
        rows.as_array().context("rows")?.iter().map(|row| &row["url"]).collect();
    assert_eq!(urls, ["** [DHT] **", "** [PeX] **", "** [LSD] **", "http://127.0.0.1:9/announce"]);
    for row in 0..3 {
        assert_eq!(
            rows[row],
            json!({
                "msg": "", "num_downloaded": 0, "num_leeches": 0, "num_peers": 0, "num_seeds": 0,
                "status": 0, "tier": -1, "url": urls[row],
            })
        );
    }
    assert_eq!((&rows[3]["tier"], &rows[3]["status"]), (&json!(0), &json!(1)));
    for key in ["num_peers", "num_seeds", "num_leeches", "num_downloaded"] {
        assert_eq!(rows[3][key], -1, "{key}");
    }
    assert_eq!(rows[3].get("endpoints").is_some(), level == Level::L53);
    let rows = client.json("torrents/trackers", &[("hash", &private_id)]).await?;
    for row in 0..3 {
        assert_eq!(rows[row]["msg"], "This torrent is private");
        assert_eq!(rows[row]["status"], 0);
    }
    Ok(())
}

async fn files_by_index(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("files")).await?;
    let ask = async |indexes: &str| {
        get(client, "torrents/files", &[("hash", &id), ("indexes", indexes)]).await
    };
    let all = client.json("torrents/files", &[("hash", &id)]).await?;
    assert_eq!(all[0]["name"], "files/a.bin");
    assert_eq!(all[1]["name"], "files/sub/b.bin");
    assert_eq!(all[0]["piece_range"], json!([0, 1]));
    assert_eq!(all[1]["piece_range"], json!([2, 3]));
    assert_eq!(all[0]["is_seed"], false);
    assert_eq!(all[1].get("is_seed"), None);

    let answer: Value = serde_json::from_str(ask("1|0").await?.trim_start_matches("200 "))?;
    let order: Vec<&Value> =
        answer.as_array().context("files")?.iter().map(|file| &file["index"]).collect();
    assert_eq!(order, [1, 0]);
    let with_flag: Vec<&Value> = answer
        .as_array()
        .context("files")?
        .iter()
        .filter(|file| file.get("is_seed").is_some())
        .map(|file| &file["index"])
        .collect();
    let expected = if level == Level::L53 { [1] } else { [0] };
    assert_eq!(with_flag, expected);
    assert_eq!(ask("abc").await?, "409 \"abc\" is not a valid file index.");
    assert_eq!(ask("9").await?, "409 Index 9 is out of bounds.");
    assert_eq!(ask("-1").await?, "409 \"-1\" is not a valid file index.");
    Ok(())
}

/// When a torrent was made: at 4.5 a file that does not say so is of the year 1970.
async fn the_time_of_making(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let unknown = if level == Level::L45 { 0 } else { -1 };
    for (name, made, expected) in [
        ("made", Some(1_600_000_000), 1_600_000_000_i64),
        ("silent", None, unknown),
        ("epoch", Some(0), unknown),
        ("before", Some(-5), unknown),
    ] {
        let payload = Payload::single(name, 100);
        let torrent = Authoring::of(&payload).created_at(made).build();
        let id = add_stopped(client, level, &torrent).await?;
        let properties = client.json("torrents/properties", &[("hash", &id)]).await?;
        assert_eq!(properties["creation_date"], expected, "{name}");
        if level >= Level::L53 {
            let listed = client.torrent(&id).await?;
            assert_eq!(listed.map(|t| t["creation_date"].clone()), Some(json!(expected)), "{name}");
        }
    }
    let id = add_magnet(client).await?;
    let properties = client.json("torrents/properties", &[("hash", id)]).await?;
    assert_eq!(properties["creation_date"], -1);
    Ok(())
}

/// The name of a file in a header, where the real servers have letters outside of ASCII in an encoding of their own.
async fn names_of_downloads(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for (name, ours) in [
        ("plain.bin", None),
        ("a%;'b.bin", None),
        ("\u{fc}.bin", Some("filename=\"_.bin.torrent\"; filename*=UTF-8''%C3%BC%2Ebin%2Etorrent")),
        ("a\"b.bin", Some("filename=\"a_b.bin.torrent\"; filename*=UTF-8''a%22b%2Ebin%2Etorrent")),
    ] {
        let payload = Payload::single(name, 100);
        let id = add_stopped(client, level, &Authoring::of(&payload).build()).await?;
        let reply = client.get("torrents/export", &[("hash", &id)]).await?;
        assert_eq!(reply.status, 200);
        let expected = match ours {
            Some(ours) if differs("under a name outside of ASCII") => format!("attachment; {ours}"),
            Some(_) => continue,
            None => format!("attachment; filename=\"{name}.torrent\""),
        };
        assert_eq!(reply.header("content-disposition"), Some(&*expected));
    }
    Ok(())
}

async fn files_can_be_downloaded(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let payload = Payload::folder("served", &[("a.bin", 50_000), ("sub/b.txt", 10)]);
    payload.write_to(&target.data())?;
    let torrent = Authoring::of(&payload).build();
    client.add(&Form::torrent(&torrent.bytes)).await?;
    let id = torrent.id();
    client.torrent_when(&id, "seeding", |t| t["state"] == "stalledUP").await?;
    let part = async |file: &str, range: Option<&str>| {
        let request = client.request(reqwest::Method::GET, "torrents/downloadFile");
        let request = request.query(&[("hash", id.as_str()), ("file", file)]);
        let request = match range {
            Some(range) => request.header("range", range),
            None => request,
        };
        client.send(request).await
    };

    let whole = part("0", None).await?;
    assert_eq!((whole.status, &whole.body), (200, &payload.files[0].bytes));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("content-disposition"), Some("attachment; filename=\"a.bin\""));
    assert_eq!(part("served/sub/b.txt", None).await?.body, payload.files[1].bytes);
    for (range, bytes) in
        [("bytes=0-9", 0..10), ("bytes=49990-", 49_990..50_000), ("bytes=-5", 49_995..50_000)]
    {
        let reply = part("0", Some(range)).await?;
        assert_eq!(
            (reply.status, &reply.body[..]),
            (206, &payload.files[0].bytes[bytes]),
            "{range}"
        );
    }
    for none in ["", " "] {
        assert_eq!(part("0", Some(none)).await?.body.len(), 50_000, "`{none}` is no range");
    }
    // What is refused below the application has none of its headers.
    let is_bare = |reply: &Reply| {
        let headers = ["content-type", "content-security-policy", "x-frame-options"];
        reply.body.is_empty() && headers.iter().all(|name| reply.header(name).is_none())
    };
    for range in ["bytes=50000-", "bytes=0-999999", "bytes=-50001"] {
        let reply = part("0", Some(range)).await?;
        assert_eq!(reply.status, 416, "{range}");
        assert_eq!(reply.header("content-range"), Some("bytes */50000"));
        assert!(is_bare(&reply), "{range}: {:?}", reply.headers);
    }
    let nonsense = "bytes=0-1,3-4|nonsense|bytes=5-2|bytes=-0|bytes=-|bytes=|bytes= 0-1|bytes=0- 1|Bytes=0-1\
                    |bytes=+1-2|bytes=a-b|bytes=--5|bytes=99999999999999999999-";
    for range in nonsense.split('|') {
        let reply = part("0", Some(range)).await?;
        assert_eq!(reply.status, 400, "{range}");
        assert!(is_bare(&reply), "{range}: {:?}", reply.headers);
    }
    for (file, expected) in [
        ("-1", "409 \"-1\" is not a valid file index"),
        ("9", "409 File index 9 is out of bounds"),
        ("abc", "409 \"abc\" is not a valid file path"),
        ("../../../etc/passwd", "409 \"../../../etc/passwd\" is not a valid file path"),
    ] {
        assert_eq!(part(file, None).await?.brief(), expected);
    }
    add_magnet(client).await?;
    let query = [("hash", MAGNET_ID), ("file", "0")];
    assert_eq!(
        get(client, "torrents/downloadFile", &query).await?,
        "409 Torrent metadata not available"
    );
    let query = [("hash", UNKNOWN), ("file", "0")];
    assert_eq!(get(client, "torrents/downloadFile", &query).await?, "404 Torrent not found");
    assert_eq!(level, Level::L53);
    Ok(())
}

at_each_level!(
    an_unknown_torrent_is_404,
    without_metadata,
    properties_of_a_stopped_torrent,
    tracker_rows,
    the_time_of_making,
    files_by_index,
);
at_levels!(files_can_be_downloaded: l53 L53);
at_levels!(names_of_downloads: l53 L53);
