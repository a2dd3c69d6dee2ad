//! `torrents/add` and the metadata actions around it.

use anyhow::Result;
use compat_tests::bencode::Value as Bencoded;
use compat_tests::{Authoring, Client, Form, Level, Payload, at_each_level, at_levels};
use serde_json::{Value, json};

use crate::support::{MAGNET, MAGNET_ID, add_magnet, get, post, server, two_files};

/// What an accepted add answers.
fn accepted(level: Level, ids: &[&str]) -> String {
    if level == Level::L53 {
        let count = ids.len();
        format!(
            "200 {}",
            json!({
                "added_torrent_ids": ids, "failure_count": 0, "pending_count": 0,
                "success_count": count,
            })
        )
    } else {
        "200 Ok.".to_owned()
    }
}

fn refused(level: Level) -> &'static str {
    if level == Level::L53 { "409 Conflict" } else { "200 Fails." }
}

async fn add(client: &Client, form: &Form) -> Result<String> {
    Ok(client.upload("torrents/add", form).await?.brief())
}

async fn files_and_urls(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let torrent = two_files("added");
    let id = torrent.id();

    assert_eq!(add(client, &Form::torrent(&torrent.bytes)).await?, accepted(level, &[&id]));
    client.torrent_when(&id, "the torrent", |_| true).await?;
    assert_eq!(add(client, &Form::torrent(&torrent.bytes)).await?, refused(level));
    assert_eq!(add(client, &Form::url(MAGNET)).await?, accepted(level, &[MAGNET_ID]));
    client.torrent_when(MAGNET_ID, "the magnet", |_| true).await?;
    assert_eq!(add(client, &Form::url(MAGNET)).await?, refused(level));
    // A form without multipart will do for URLs; blank lines and blanks around are dropped.
    let hash = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let urls = format!("\n  {hash}  \n\n");
    assert_eq!(post(client, "torrents/add", &[("urls", &urls)]).await?, accepted(level, &[hash]));
    for garbage in ["", "nonsense", "magnet:?dn=only+a+name", "magnet:?xt=urn:btih:short", "\n\n"] {
        assert_eq!(add(client, &Form::url(garbage)).await?, refused(level), "{garbage:?}");
    }
    assert_eq!(post(client, "torrents/add", &[]).await?, refused(level));
    Ok(())
}

async fn hashes_in_every_notation(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let base32 = "WRN7ZT6NKMA6SSXYKAFRUGDDIFJUNKI2";
    let upper = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    let v2 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";
    for (source, id) in [
        (base32.to_owned(), "b45bfccfcd5301e94af8500b1a1863415346a91a"),
        (upper.to_owned(), "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
        (v2.to_owned(), &v2[..40]),
        (
            "magnet:?xt=urn:btih:DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD".to_owned(),
            "dddddddddddddddddddddddddddddddddddddddd",
        ),
        (
            format!("magnet:?xt=urn:btmh:1220{}", "e".repeat(64)),
            "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        ),
    ] {
        assert_eq!(add(client, &Form::url(&source)).await?, accepted(level, &[id]), "{source}");
        let listed = client.torrent_when(id, "the hash", |_| true).await?;
        assert_eq!(listed["name"], id, "{source}");
        assert_eq!(listed["hash"], id);
    }
    Ok(())
}

async fn options_take_effect(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let torrent = two_files("options");
    let place = target.folder_named("place")?.to_string_lossy().into_owned();
    let below = target.folder().join("below").to_string_lossy().into_owned();
    let form = Form::torrent(&torrent.bytes)
        .text("savepath", &place)
        .text("downloadPath", &below)
        .text("useDownloadPath", "true")
        .text("category", "new/category")
        .text("tags", "one,two,,one")
        .text("rename", "  A new\nname ")
        .text("upLimit", "1000")
        .text("dlLimit", "2000")
        .text("ratioLimit", "1.5")
        .text("seedingTimeLimit", "60")
        .text("inactiveSeedingTimeLimit", "30")
        .text("sequentialDownload", "TRUE")
        .text("firstLastPiecePrio", "true")
        .text("root_folder", "true")
        .text("no_such_parameter", "x")
        .text(level.stopped_param(), "true");
    assert_eq!(add(client, &form).await?, accepted(level, &[&torrent.id()]));
    let listed = client
        .torrent_when(&torrent.id(), "stopped", |t| t["state"] == level.stopped_download())
        .await?;

    for (key, expected) in [
        ("save_path", json!(place)),
        ("download_path", json!(below)),
        ("content_path", json!(format!("{below}/options"))),
        ("category", json!("new/category")),
        ("tags", json!("one, two")),
        ("up_limit", json!(1000)),
        ("dl_limit", json!(2000)),
        ("ratio_limit", json!(1.5)),
        ("max_ratio", json!(1.5)),
        ("seeding_time_limit", json!(60)),
        ("max_seeding_time", json!(60)),
        ("seq_dl", json!(true)),
        ("f_l_piece_prio", json!(true)),
        ("auto_tmm", json!(false)),
        ("force_start", json!(false)),
    ] {
        assert_eq!(listed[key], expected, "{key}");
    }
    if level >= Level::L51 {
        assert_eq!(listed["inactive_seeding_time_limit"], 30);
    }
    let categories = client.json("torrents/categories", &[]).await?;
    assert_eq!(categories["new/category"]["savePath"], "");
    Ok(())
}

async fn the_other_name_for_stopped(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let torrent = two_files("other name");
    let other = if level == Level::L45 { "stopped" } else { "paused" };
    client.add(&Form::torrent(&torrent.bytes).text(other, "true")).await?;
    client
        .torrent_when(&torrent.id(), "it runs", |torrent| torrent["state"] == "stalledDL")
        .await?;
    Ok(())
}

async fn paths_and_automatic_mode(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let data = target.data().to_string_lossy().into_owned();
    let category = [("category", "cat"), ("savePath", "sub/folder")];
    client.ok("torrents/createCategory", &category).await?;
    for (name, options, expected) in [
        ("default", vec![], data.clone()),
        ("relative", vec![("savepath", "rel/ative")], format!("{data}/rel/ative")),
        ("trailing", vec![("savepath", "/srv/x/")], "/srv/x".to_owned()),
        ("dots", vec![("savepath", "/srv/a/../b/./c")], "/srv/b/c".to_owned()),
        ("manual category", vec![("category", "cat")], data.clone()),
        (
            "automatic",
            vec![("category", "cat"), ("autoTMM", "true"), ("savepath", "/srv/not")],
            format!("{data}/sub/folder"),
        ),
        ("bad category", vec![("category", "/bad"), ("autoTMM", "true")], data.clone()),
    ] {
        let torrent = two_files(name);
        let form = Form::torrent(&torrent.bytes).text(level.stopped_param(), "true");
        let form = options.iter().fold(form, |form, (key, value)| form.text(key, value));
        client.add(&form).await?;
        let listed = client.torrent_when(&torrent.id(), name, |_| true).await?;
        assert_eq!(listed["save_path"], expected, "{name}");
    }
    // Automatic by preference: a path given makes it manual since 5.1.
    client.set_preferences(&json!({"auto_tmm_enabled": true})).await?;
    let torrent = two_files("by preference");
    let form = Form::torrent(&torrent.bytes)
        .text("savepath", "/srv/y")
        .text(level.stopped_param(), "true");
    client.add(&form).await?;
    let listed = client.torrent_when(&torrent.id(), "by preference", |_| true).await?;
    let is_automatic = level == Level::L45;
    assert_eq!(listed["auto_tmm"], is_automatic);
    assert_eq!(listed["save_path"], if is_automatic { data } else { "/srv/y".to_owned() });
    Ok(())
}

async fn bad_files_are_415(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let good = two_files("good");
    let form = Form::new().file("torrents", "bad.torrent", b"nonsense");
    let expected = "415 Error: 'bad.torrent' is not a valid torrent file.";
    assert_eq!(add(client, &form).await?, expected);
    // What came before stays, and URLs come before files.
    let form = Form::url(MAGNET).file("torrents", "bad.torrent", b"nonsense");
    assert_eq!(add(client, &form).await?, expected);
    client.torrent_when(MAGNET_ID, "the magnet", |_| true).await?;
    let form = Form::new().file("torrents", "same.torrent", b"nonsense").file(
        "torrents",
        "same.torrent",
        &good.bytes,
    );
    assert_eq!(add(client, &form).await?, accepted(level, &[&good.id()]));
    Ok(())
}

async fn private_and_many_trackers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let payload = Payload::single("private.bin", 20_000);
    let torrent = Authoring::of(&payload)
        .private()
        .comment("a comment")
        .tracker("http://127.0.0.1:9/announce")
        .tracker("udp://127.0.0.1:9/announce")
        .web_seed("http://127.0.0.1:9/file")
        .build();
    client.add(&Form::torrent(&torrent.bytes).text(level.stopped_param(), "true")).await?;
    let listed = client.torrent_when(&torrent.id(), "the torrent", |_| true).await?;
    assert_eq!(listed["trackers_count"], 2);
    let expected = (level >= Level::L51).then_some(true).map_or(Value::Null, Value::from);
    assert_eq!(listed["private"], expected);
    let properties = client.json("torrents/properties", &[("hash", &torrent.id())]).await?;
    assert_eq!(properties["comment"], "a comment");
    assert_eq!(properties["created_by"], "compat-tests");
    assert_eq!(properties["creation_date"], 1_700_000_000);
    assert_eq!(properties["is_private"], true);
    Ok(())
}

async fn metadata_before_the_add(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let torrent = two_files("parsed");
    let id = torrent.id();
    let form = Form::torrent(&torrent.bytes);
    let parsed = client.upload("torrents/parseMetadata", &form).await?.json()?;
    assert_eq!(parsed[0]["hash"], id);
    assert_eq!(parsed[0]["info"]["files"].as_array().map(Vec::len), Some(2));
    assert_eq!(parsed[0]["info"]["length"], 65_536);
    assert_eq!(parsed[0]["trackers"][0]["url"], "http://127.0.0.1:9/announce");
    let known = client.post("torrents/fetchMetadata", &[("source", &id)]).await?;
    assert_eq!(known.status, 200);
    assert_eq!(known.json()?["info"]["name"], "parsed");
    let saved = client.get("torrents/saveMetadata", &[("source", &id)]).await?;
    assert_eq!(saved.header("content-type"), Some("application/x-bittorrent"));
    let info = |bytes: &[u8]| Ok::<_, anyhow::Error>(Bencoded::decode(bytes)?.get("info").cloned());
    assert_eq!(info(&saved.body)?, info(&torrent.bytes)?);
    let pending = client.post("torrents/fetchMetadata", &[("source", MAGNET)]).await?;
    assert_eq!(pending.status, 202);
    assert_eq!(pending.json()?["hash"], MAGNET_ID);
    for (action, form, expected) in [
        ("fetchMetadata", ("source", ""), "400 Must specify URI or hash"),
        ("fetchMetadata", ("source", "nonsense"), "400 Unable to parse 'nonsense'"),
        ("saveMetadata", ("source", ""), "400 Must specify URI or hash"),
        ("saveMetadata", ("source", "nonsense"), "404 Not Found"),
        ("saveMetadata", ("source", MAGNET), "409 Metadata is not yet available"),
    ] {
        let action = format!("torrents/{action}");
        assert_eq!(post(client, &action, &[form]).await?, expected, "{action} {form:?}");
    }
    assert_eq!(
        post(client, "torrents/parseMetadata", &[]).await?,
        "400 Must specify torrent file(s)"
    );
    let bad = Form::new().file("x", "bad.torrent", b"nonsense");
    let reply = client.upload("torrents/parseMetadata", &bad).await?;
    assert_eq!(reply.brief(), "415 'bad.torrent' is not a valid torrent file.");

    for (priorities, expected) in [
        ("1", "400 Length of filePriorities must equal number of files in torrent"),
        ("1,x", "400 Priority must be an integer"),
        ("1,3", "400 Priority is not valid"),
    ] {
        let form = Form::url(&id).text("filePriorities", priorities);
        assert_eq!(add(client, &form).await?, expected, "{priorities}");
    }
    let form = Form::url(&id).text("filePriorities", "0,7").text("stopped", "true");
    assert_eq!(add(client, &form).await?, accepted(level, &[&id]));
    client.torrent_when(&id, "the torrent", |t| t["has_metadata"] == true).await?;
    let files = client.json("torrents/files", &[("hash", &id)]).await?;
    assert_eq!((&files[0]["priority"], &files[1]["priority"]), (&json!(0), &json!(7)));
    Ok(())
}

async fn export_gives_the_torrent_back(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let payload = Payload::single("out \"quoted\".bin", 20_000);
    let torrent =
        Authoring::of(&payload).comment("kept").tracker("http://127.0.0.1:9/announce").build();
    client.add(&Form::torrent(&torrent.bytes).text(level.stopped_param(), "true")).await?;
    let id = torrent.id();
    client.torrent_when(&id, "the torrent", |_| true).await?;
    let reply = client.get("torrents/export", &[("hash", &id)]).await?;
    assert_eq!(reply.status, 200);
    let exported = Bencoded::decode(&reply.body)?;
    let original = Bencoded::decode(&torrent.bytes)?;
    assert_eq!(exported.get("info"), original.get("info"));
    assert_eq!(exported.get("announce"), original.get("announce"));
    assert_eq!(exported.get("comment"), original.get("comment"));
    let kind =
        if level == Level::L45 { "text/plain; charset=UTF-8" } else { "application/x-bittorrent" };
    assert_eq!(reply.header("content-type"), Some(kind));
    let disposition = reply.header("content-disposition");
    match level {
        Level::L45 => assert_eq!(disposition, None),
        Level::L51 => {
            assert_eq!(disposition, Some(&*format!("attachment; filename=\"{id}.torrent\"")));
        }
        Level::L53 => {
            assert!(disposition.is_some_and(|text| text.contains(".torrent")), "{disposition:?}");
        }
    }
    add_magnet(client).await?;
    assert_eq!(
        get(client, "torrents/export", &[("hash", MAGNET_ID)]).await?,
        "409 Unable to export torrent file. Error: Missing metadata"
    );
    Ok(())
}

at_each_level!(
    files_and_urls,
    hashes_in_every_notation,
    options_take_effect,
    the_other_name_for_stopped,
    paths_and_automatic_mode,
    bad_files_are_415,
    private_and_many_trackers,
    export_gives_the_torrent_back,
);
at_levels!(metadata_before_the_add: l53 L53);
