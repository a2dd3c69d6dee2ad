//! What preferences and duplicates do to a torrent that is added.

use anyhow::Result;
use compat_tests::{
    Authoring, Client, Form, Level, Payload, Target, Torrent, Transcript, at_each_level, differs,
    until,
};
use serde_json::{Value, json};

use crate::support::server;

fn stopped(level: Level, torrent: &Torrent) -> Form {
    Form::torrent(&torrent.bytes).text(level.stopped_param(), "true")
}

/// The priorities of a torrent's files by their names.
async fn priorities(client: &Client, id: &str) -> Result<Value> {
    let files = client.json("torrents/files", &[("hash", id)]).await?;
    let mut shown = json!({});
    for file in files.as_array().into_iter().flatten() {
        shown[file["name"].as_str().unwrap_or_default()] = file["priority"].clone();
    }
    Ok(shown)
}

async fn excluded_file_names(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let names = "*.nfo\nsample*\n[ab].txt\nsub/*\n?.iso\n\n  *.BAK  \nexact";
    let mut transcript = Transcript::of(&target, "adding-excluded");
    let files = [
        "1.iso",
        "12.iso",
        "Sample.mkv",
        "a.txt",
        "c.txt",
        "deep/sub/keep.bin",
        "exact",
        "exactly",
        "f.bak",
        "sub/keep.bin",
        "x.nfo",
    ];
    let some = Payload::folder("some", &files.map(|name| (name, 100)));
    let all = Payload::single("all.nfo", 1000);
    let folders = Payload::folder("folders", &[("sample dir/z.bin", 100), ("z.bin", 100)]);
    for enabled in [true, false] {
        let wish = json!({"excluded_file_names_enabled": enabled, "excluded_file_names": names});
        client.set_preferences(&wish).await?;
        for payload in [&some, &all] {
            let torrent = Authoring::of(payload).comment(&enabled.to_string()).build();
            transcript
                .upload(client, "torrents/add", &stopped(level, &torrent), &payload.name)
                .await?;
            let id = torrent.id();
            client.torrent_when(&id, "the torrent", |_| true).await?;
            transcript.show(&payload.name, &priorities(client, &id).await?);
            client.ok("torrents/delete", &[("hashes", &id), ("deleteFiles", "false")]).await?;
            until("it is gone", async || Ok(client.torrent(&id).await?.is_none().then_some(())))
                .await?;
        }
    }
    // The case of letters does not matter.
    let twins = Payload::folder("twins", &[("X.NFO", 100), ("x.nfo", 100)]);
    let torrent = Authoring::of(&twins).build();
    client.set_preferences(&json!({"excluded_file_names_enabled": true})).await?;
    client.add(&stopped(level, &torrent)).await?;
    client.torrent_when(&torrent.id(), "the torrent", |_| true).await?;
    let second = if differs("differ in the case of letters alone") { "x.1.nfo" } else { "x.nfo" };
    let second = format!("twins/{second}");
    let expected = json!({"twins/X.NFO": 0, second: 0});
    assert_eq!(priorities(client, &torrent.id()).await?, expected);
    // Since 5.0 the folders of a file count too.
    let torrent = Authoring::of(&folders).build();
    client.add(&stopped(level, &torrent)).await?;
    client.torrent_when(&torrent.id(), "the torrent", |_| true).await?;
    let found = priorities(client, &torrent.id()).await?["folders/sample dir/z.bin"].clone();
    let by_folder = level >= Level::L51 || differs("Excluded file names match folders too");
    assert_eq!(found, i32::from(!by_folder));
    transcript.finish()
}

/// The URLs and tiers of the trackers of a torrent, and its web seeds.
async fn sources(client: &Client, id: &str) -> Result<Value> {
    let rows = client.json("torrents/trackers", &[("hash", id)]).await?;
    let rows: Vec<Value> = rows
        .as_array()
        .into_iter()
        .flatten()
        .skip(3)
        .map(|row| json!([row["url"], row["tier"]]))
        .collect();
    let seeds = client.json("torrents/webseeds", &[("hash", id)]).await?;
    let mut seeds: Vec<&Value> =
        seeds.as_array().into_iter().flatten().map(|s| &s["url"]).collect();
    seeds.sort_by_key(ToString::to_string);
    Ok(json!({"trackers": rows, "web seeds": seeds}))
}

/// The sources of a torrent when they no longer change.
async fn settled_sources(client: &Client, id: &str) -> Result<Value> {
    let mut seen: Vec<Value> = Vec::new();
    until("the sources settle", async || {
        let now = sources(client, id).await?;
        seen.retain(|earlier| *earlier == now);
        seen.push(now.clone());
        Ok((seen.len() > 8).then_some(now))
    })
    .await
}

fn url(name: &str) -> String {
    format!("http://127.0.0.1:9/{name}")
}

fn made(payload: &Payload, trackers: &[&str], seeds: &[&str], private: bool) -> Torrent {
    let authoring = Authoring::of(payload);
    let authoring = trackers.iter().fold(authoring, |made, name| made.tracker(&url(name)));
    let authoring = seeds.iter().fold(authoring, |made, name| made.web_seed(&url(name)));
    if private { authoring.private().build() } else { authoring.build() }
}

async fn merged_trackers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "adding-merged");
    let payload = Payload::single("merged.bin", 20_000);
    let first = made(&payload, &["a", "b"], &["s1"], false);
    let private = made(&payload, &["a"], &[], true);
    for torrent in [&first, &private] {
        client.add(&stopped(level, torrent)).await?;
        client.torrent_when(&torrent.id(), "the torrent", |_| true).await?;
    }
    for merge in [false, true] {
        client.set_preferences(&json!({"merge_trackers": merge})).await?;
        for (title, form, id) in [
            (
                "other trackers",
                stopped(level, &made(&payload, &["b", "c"], &["s1", "s2"], false))
                    .text("tags", "ignored"),
                first.id(),
            ),
            ("a magnet", Form::url(&first.magnet(&[&url("d"), &url("a")])), first.id()),
            (
                "a private torrent",
                Form::torrent(&made(&payload, &["z"], &[], true).bytes),
                private.id(),
            ),
            ("a magnet of it", Form::url(&private.magnet(&[&url("y")])), private.id()),
        ] {
            transcript.upload(client, "torrents/add", &form, &format!("{title}, {merge}")).await?;
            transcript.show("sources", &settled_sources(client, &id).await?);
        }
    }
    let listed = client.torrent_when(&first.id(), "the torrent", |_| true).await?;
    transcript.show("tags", &listed["tags"]);
    transcript.finish()
}

/// A file brings a magnet its metadata, but nothing else.
async fn metadata_of_a_duplicate(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "adding-metadata");
    let torrent = made(&Payload::single("late.bin", 20_000), &["late"], &[], false);
    let id = torrent.id();
    let magnet = Form::url(&torrent.magnet(&[])).text(level.stopped_param(), "true");
    transcript.upload(client, "torrents/add", &magnet, "a magnet").await?;
    client.torrent_when(&id, "the magnet", |_| true).await?;
    transcript.upload(client, "torrents/add", &Form::torrent(&torrent.bytes), "its file").await?;
    let listed = client.torrent_when(&id, "the metadata", |t| t["total_size"] == 20_000).await?;
    transcript.show("name", &listed["name"]);
    transcript.show("sources", &settled_sources(client, &id).await?);
    client.torrent_when(&id, "stopped", |t| t["state"] == level.stopped_download()).await?;
    transcript.finish()
}

async fn place_when(client: &Client, torrent: &Torrent, place: i32) -> Result<()> {
    client.torrent_when(&torrent.id(), "its place", |t| t["priority"] == place).await?;
    Ok(())
}

/// A new torrent is at the end of the queue, unless it is wanted at the top.
async fn the_top_of_the_queue(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let torrents = ["one", "two", "three", "four"]
        .map(|name| Authoring::of(&Payload::single(name, 20_000)).build());
    let [one, two, three, four] = &torrents;
    // 4.5 knows neither the preference nor the parameter.
    let is_known = level >= Level::L51;
    client.set_preferences(&json!({"queueing_enabled": true})).await?;
    for (torrent, place) in [(one, 1), (two, 2)] {
        client.add(&stopped(level, torrent)).await?;
        // It has its place from the first moment.
        let listed = client.torrent_when(&torrent.id(), "the torrent", |_| true).await?;
        assert_eq!(listed["priority"], place);
    }
    client.set_preferences(&json!({"add_to_top_of_queue": true})).await?;
    client.add(&stopped(level, three)).await?;
    place_when(client, three, if is_known { 1 } else { 3 }).await?;
    place_when(client, one, if is_known { 2 } else { 1 }).await?;
    client.add(&stopped(level, four).text("addToTopOfQueue", "false")).await?;
    place_when(client, four, 4).await?;
    client.set_preferences(&json!({"add_to_top_of_queue": false})).await?;
    client.ok("torrents/delete", &[("hashes", &two.id()), ("deleteFiles", "false")]).await?;
    until("it is gone", async || Ok(client.torrent(&two.id()).await?.is_none().then_some(())))
        .await?;
    client.add(&stopped(level, two).text("addToTopOfQueue", "true")).await?;
    place_when(client, two, if is_known { 1 } else { 4 }).await
}

/// The preferences for new torrents hold where a request says nothing, and give way where it does.
async fn conditions_by_preference(level: Level) -> Result<()> {
    let target: Target = server(level).await?;
    let client = target.client();
    let down = level.stopped_download();
    client.set_preferences(&json!({"queueing_enabled": false, "refresh_interval": 200})).await?;
    let torrents = ["one", "two", "three", "four"]
        .map(|name| Authoring::of(&Payload::single(name, 20_000)).build());
    let [one, two, three, four] = &torrents;
    client.set_preferences(&json!({"torrent_stop_condition": "FilesChecked"})).await?;
    client.add(&Form::torrent(&one.bytes)).await?;
    client.torrent_when(&one.id(), "stopped after the check", |t| t["state"] == down).await?;
    client.add(&Form::torrent(&two.bytes).text("stopCondition", "None")).await?;
    client.torrent_when(&two.id(), "running", |t| t["state"] == "stalledDL").await?;
    // A file brings its metadata along.
    client.set_preferences(&json!({"torrent_stop_condition": "MetadataReceived"})).await?;
    client.add(&Form::torrent(&three.bytes)).await?;
    let stops = level >= Level::L51 || differs("also stops what is added as a file");
    let expected = if stops { down } else { "stalledDL" };
    client.torrent_when(&three.id(), expected, |t| t["state"] == expected).await?;
    client
        .set_preferences(&json!({
            "torrent_stop_condition": "None",
            "add_stopped_enabled": true, "start_paused_enabled": true,
        }))
        .await?;
    client.add(&Form::torrent(&four.bytes)).await?;
    client.torrent_when(&four.id(), "stopped", |t| t["state"] == down).await?;
    Ok(())
}

at_each_level!(
    excluded_file_names,
    merged_trackers,
    metadata_of_a_duplicate,
    the_top_of_the_queue,
    conditions_by_preference,
);
