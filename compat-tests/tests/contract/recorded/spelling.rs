//! Ways to write what is meant: blanks around names, signs in queries, folders with dots, addresses in short, sources
//! that lead nowhere.

use anyhow::Result;
use compat_tests::{Client, Form, Level, Transcript, at_each_level, at_levels};
use serde_json::{Value, json};

use crate::support::{add_stopped, server, two_files};

/// Sets a preference, whatever the answer, and shows how it reads then.
async fn preference(
    transcript: &mut Transcript,
    client: &Client,
    key: &str,
    value: &Value,
) -> Result<()> {
    let json = json!({ key: value }).to_string();
    transcript.post(client, "app/setPreferences", &[("json", &json)]).await?;
    let shown = client.json("app/preferences", &[]).await?[key].clone();
    transcript.show(&format!("{key} after {value}"), &shown);
    Ok(())
}

async fn of_names(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "spelling-names");
    let id = add_stopped(client, level, &two_files("named")).await?;
    client.ok("torrents/createCategory", &[("category", "C++")]).await?;
    client.ok("torrents/setCategory", &[("hashes", &id), ("category", "C++")]).await?;
    client.ok("torrents/addTags", &[("hashes", &id), ("tags", "red,C++")]).await?;
    client
        .torrent_when(&id, "its names", |t| t["tags"] == "C++, red" || t["tags"] == "red, C++")
        .await?;
    for (name, value) in [
        ("tag", "red"),
        ("tag", " red"),
        ("tag", "red "),
        ("tag", "\tred"),
        ("tag", " "),
        ("tag", "Red"),
        ("category", " C"),
        ("category", "C"),
        ("filter", " all"),
        ("hashes", &format!(" {id}")),
    ] {
        let list = client.json("torrents/info", &[(name, value)]).await?;
        transcript
            .show(&format!("listed with {name}=`{value}`"), &json!(list.as_array().map(Vec::len)));
    }
    for name in ["tag", "category"] {
        let list = client.json("torrents/info", &[(name, "C++")]).await?;
        transcript
            .show(&format!("listed with {name}=C%2B%2B"), &json!(list.as_array().map(Vec::len)));
        transcript.deliberate("`%2B` in a query", |shown| shown.body == 1)?;
    }
    for action in ["torrents/setSavePath", "torrents/setDownloadPath"] {
        if level >= Level::L53 {
            transcript.post(client, action, &[("id", &id), ("path", " ")]).await?;
        }
    }
    transcript.post(client, "torrents/setLocation", &[("hashes", &id), ("location", " ")]).await?;
    transcript.post(client, "rss/removeItem", &[("path", " ")]).await?;
    transcript.post(client, "rss/moveItem", &[("itemPath", " "), ("destPath", "x")]).await?;
    transcript.finish()
}

async fn of_watched_folders(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "spelling-folders");
    let folder = |name: &str| target.folder().join(name).to_string_lossy().into_owned();
    let (first, second) = (folder("first"), folder("second"));
    for value in [
        json!({"relative": 0, "./x": 1, "../x": 0, "~": 0, "": 0, " ": 0}),
        json!({&first: 0, "relative": 0}),
        json!({format!("{first}/"): 1}),
        json!({format!("{first}/../second"): 0}),
        json!({&first: 2, &second: -1}),
        json!({&first: &second, &second: &second}),
        json!({&first: 1, &second: 7}),
        json!({&first: "", &second: "x"}),
        json!({&first: "0", &second: "1"}),
        json!({&first: null, &second: format!("{first}/./y/")}),
        json!([]),
        json!({&first: true, &second: 1.5}),
        json!("x"),
    ] {
        preference(&mut transcript, client, "scan_dirs", &value).await?;
    }
    transcript.finish()
}

async fn of_addresses(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "spelling-addresses");
    for text in [
        "10/8",
        "192.168/16",
        "192.168.1.5/16",
        "5",
        "1.2.3",
        "1.",
        "1..2",
        "010.1.1.1",
        "1.2.3.4/255.255.0.0",
        "1.2.3.4/0.0.255.255",
        "1.2.3.4/33",
        "1.2.3.4/-1",
        "1.2.3.256",
        "1.2.3.4.5",
        "::1",
        "1::/16",
        "[::1]",
        " 1.2.3.4 , 5.6.7.8",
        "x",
        "",
    ] {
        preference(&mut transcript, client, "bypass_auth_subnet_whitelist", &json!(text)).await?;
    }
    for key in ["announce_ip", "banned_IPs"] {
        for text in ["1.2.3.4", " 1.2.3.4 ", "::1", "1.2.3.256", "[::1]", "1.2.3.4:5", "x", ""] {
            preference(&mut transcript, client, key, &json!(text)).await?;
        }
        for text in ["5", "1.2.3", "010.1.1.1", "0x10.1"] {
            preference(&mut transcript, client, key, &json!(text)).await?;
            transcript.deliberate("An IP address in a short form", |shown| shown.body == "")?;
        }
    }
    transcript.finish()
}

async fn of_sources(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "spelling-sources");
    let zeros = "0".repeat(40);
    let add = "torrents/add";
    for source in ["", "x", "magnet:", "magnet:?dn=x", "udp://h/x", "bc://bt/x", "//h/x", "g"] {
        transcript.post(client, add, &[("urls", source)]).await?;
    }
    if level == Level::L45 {
        transcript.post(client, add, &[("urls", "ftp://127.0.0.1:9/x")]).await?;
        nothing_comes(&mut transcript, level)?;
    }
    for source in ["http:", "http://", "http:///", "https://[", &zeros] {
        transcript.post(client, add, &[("urls", source)]).await?;
        nothing_comes(&mut transcript, level)?;
    }
    transcript.show("torrents", &client.json("torrents/info", &[]).await?);
    transcript.finish()
}

/// The last add is refused at once.
fn nothing_comes(transcript: &mut Transcript, level: Level) -> Result<()> {
    transcript.deliberate("A source of `torrents/add` of which nothing can come", |asked| {
        let refused = if level >= Level::L53 { (409, "Conflict") } else { (200, "Fails.") };
        (asked.status, asked.body.as_str().unwrap_or_default()) == refused
    })
}

/// How long a stop may take: -1 is no limit, and what is no number, or less, says nothing.
async fn of_a_time(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "spelling-time");
    for value in [
        json!(7),
        json!(-2),
        json!("x"),
        json!(""),
        json!(null),
        json!([]),
        json!("5"),
        json!(" 3 "),
        json!(-1),
        json!(true),
        json!("true"),
        json!(1.5),
        json!(2_147_483_648_i64),
        json!("-1"),
        json!(0),
    ] {
        preference(&mut transcript, client, "shutdown_timeout", &value).await?;
    }
    transcript.finish()
}

/// 4.5 knows one switch for what else may use the proxy, whether or not there is one.
async fn of_a_proxy(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "spelling-proxy");
    let key = "proxy_torrents_only";
    let says_what_is_in_force = "`proxy_torrents_only` reads as false";
    preference(&mut transcript, client, key, &json!(true)).await?;
    transcript.deliberate(says_what_is_in_force, |shown| shown.body == false)?;
    preference(&mut transcript, client, "proxy_type", &json!(2)).await?;
    for value in [true, false, true] {
        let shown = client.json("app/preferences", &[]).await?[key].clone();
        transcript.show(&format!("{key} before {value}"), &shown);
        preference(&mut transcript, client, key, &json!(value)).await?;
    }
    preference(&mut transcript, client, "proxy_type", &json!(0)).await?;
    let shown = client.json("app/preferences", &[]).await?[key].clone();
    transcript.show(&format!("{key} without a proxy"), &shown);
    transcript.deliberate(says_what_is_in_force, |shown| shown.body == false)?;
    transcript.finish()
}

/// What a torrent that was added as complete shows while its content is not there, in part, or wrong.
async fn of_completeness(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"queueing_enabled": false, "refresh_interval": 100})).await?;
    let mut transcript = Transcript::of(&target, "spelling-complete");
    for (name, whole, part) in
        [("gone", false, false), ("short", true, true), ("half", true, false)]
    {
        let torrent = two_files(name);
        let id = torrent.id();
        let folder = target.data().join(name);
        if whole {
            fs_err::create_dir_all(folder.join("sub"))?;
            fs_err::write(folder.join("a.bin"), vec![7; 32_768])?;
        }
        if part {
            fs_err::write(folder.join("sub/b.bin"), vec![7; 1000])?;
        }
        let form = Form::torrent(&torrent.bytes)
            .text(level.stopped_param(), "true")
            .text(level.seed_mode_param(), "true");
        client.add(&form).await?;
        let shown = client.torrent_when(&id, "the loss", |t| t["state"] == "missingFiles").await?;
        let keys = ["state", "progress", "amount_left", "completion_on", "category"];
        let shown: Value =
            keys.iter().map(|key| ((*key).to_owned(), shown[*key].clone())).collect();
        transcript.show(&format!("{name} added"), &shown);
        let errored =
            client.json("torrents/info", &[("filter", "errored"), ("hashes", &id)]).await?;
        transcript.show("errored", &json!(errored.as_array().map(Vec::len)));
        // A check accepts the loss.
        client.ok("torrents/recheck", &[("hashes", &id)]).await?;
        let state = level.stopped_download();
        client.torrent_when(&id, "the check", |t| t["state"] == state).await?;
        // At first glance it is stopped again, as at last.
        transcript.show(&format!("{name} checked"), &json!(state));
    }
    transcript.finish()
}

at_each_level!(of_names, of_watched_folders, of_addresses, of_sources, of_completeness);
at_levels!(of_a_time: l53 L53);
at_levels!(of_a_proxy: l45 L45);
