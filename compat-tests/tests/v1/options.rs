//! Everything that can be given with a new torrent can be read back, changed, and survives a kill.

use anyhow::{Context as _, Result};
use compat_tests::{Authoring, Payload, Version};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Api, MAGNET, MAGNET_ID, problem, two_files};

/// The members of options that a change names, as they are now.
fn members(options: &Value, change: &Value) -> Value {
    let names = change.as_object().into_iter().flatten().map(|(name, _)| name);
    names.map(|name| (name.clone(), options[name].clone())).collect()
}

#[tokio::test]
async fn what_is_given_with_a_torrent_can_be_changed_and_stays() -> Result<()> {
    let mut api = Api::start().await?;
    let given = json!({
        "max_connections": 40, "max_uploads": "unlimited", "super_seeding": true,
        "preallocate": true, "layout": "subfolder", "stop_condition": "metadata_received",
        "peer_sources": {"dht": null, "pex": false, "lsd": null},
    });
    let mut new = given.clone();
    new["sources"] = json!([format!("{MAGNET}&tr=http://127.0.0.1:9/old")]);
    new["run"] = json!("stopped");
    new["trackers"] = json!([{"url": "http://127.0.0.1:9/only", "tier": 2}]);
    new["replace_trackers"] = json!(true);
    new["web_seeds"] = json!(["http://127.0.0.1:9/seed/"]);
    api.post("/v1/torrents", new).await?;
    let path = format!("/v1/torrents/{MAGNET_ID}");

    let options = api.json(&format!("{path}/options")).await?;
    assert_eq!(members(&options, &given), given);
    assert_eq!(options["in_force"]["max_connections"], 40);
    assert_eq!(options["in_force"]["max_uploads"], Value::Null);
    assert_eq!(options["in_force"]["pex"], false);
    let trackers = api.json(&format!("{path}/trackers")).await?;
    assert_eq!(trackers["trackers"].as_array().map(Vec::len), Some(1));
    assert_eq!(trackers["trackers"][0]["url"], "http://127.0.0.1:9/only");
    assert_eq!(trackers["trackers"][0]["tier"], 2);
    let seeds = api.json(&format!("{path}/web-seeds")).await?;
    assert_eq!(seeds, json!({"urls": ["http://127.0.0.1:9/seed/"]}));

    let change = json!({
        "max_connections": "unlimited", "max_uploads": 3, "super_seeding": false,
        "preallocate": null, "layout": "no_subfolder", "stop_condition": "files_checked",
        "peer_sources": {"dht": false, "pex": null, "lsd": true},
    });
    let changed = api.patch(&format!("{path}/options"), change.clone()).await?;
    assert_eq!(members(&changed, &change), change);
    assert_eq!(changed["in_force"]["max_uploads"], 3);
    assert_eq!(changed["in_force"]["dht"], false);
    let all = json!({"trackers": [{"url": "http://127.0.0.1:9/new"}], "replace": true});
    let trackers = api.post(&format!("{path}/trackers"), all).await?;
    assert_eq!(trackers["trackers"].as_array().map(Vec::len), Some(1));
    let all = json!({"urls": ["http://127.0.0.1:9/other/"], "replace": true});
    let seeds = api.post(&format!("{path}/web-seeds"), all.clone()).await?;
    assert_eq!(seeds["urls"], all["urls"]);

    api.target.kill().await?;
    api.target.start().await?;

    let kept = api.json(&format!("{path}/options")).await?;
    assert_eq!(members(&kept, &change), change);
    assert_eq!(api.json(&format!("{path}/web-seeds")).await?["urls"], all["urls"]);
    let trackers = api.json(&format!("{path}/trackers")).await?;
    assert_eq!(trackers["trackers"][0]["url"], "http://127.0.0.1:9/new");
    Ok(())
}

#[tokio::test]
async fn options_out_of_range_are_named_and_change_nothing() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("one"), json!({"run": "stopped"})).await?;
    let path = format!("/v1/torrents/{id}/options");
    let before = api.json(&path).await?;
    for (change, expected) in [
        (json!({"max_connections": 1}), "422 invalid /max_connections"),
        (json!({"max_uploads": "many"}), "422 invalid /max_uploads"),
        (json!({"max_uploads": 16_777_215}), "422 invalid /max_uploads"),
        (json!({"peer_sources": {"tracker": true}}), "422 invalid /peer_sources/tracker"),
        (json!({"peer_sources": {"dht": 1}}), "422 invalid /peer_sources/dht"),
        (json!({"queue_position": 0}), "422 invalid /queue_position"),
        (json!({"queue_position": 1}), "409 conflict"),
        (json!({"stop_condition": "none"}), "422 invalid /stop_condition"),
        (
            json!({"ssl": {"certificate": "", "private_key": "", "dh_params": ""}}),
            "422 invalid /ssl",
        ),
        (json!({"max_connections": 9, "name": " "}), "422 invalid /name"),
    ] {
        let reply = api.send(Method::PATCH, &path, Some(change.clone())).await?;
        assert_eq!(problem(&reply)?, expected, "{change}");
    }
    assert_eq!(api.json(&path).await?, before);
    for (new, expected) in [
        (json!({"check_pieces": 3}), "422 invalid /check_pieces"),
        (json!({"check_pieces": 0, "skip_checking": true}), "422 invalid /check_pieces"),
        (json!({"queue_position": 0}), "422 invalid /queue_position"),
        (json!({"web_seeds": ["file:///etc/passwd"]}), "422 invalid /web_seeds/0"),
        (json!({"trackers": [{"url": "nonsense"}]}), "422 invalid /trackers/0/url"),
    ] {
        let mut body = new.clone();
        body["sources"] = json!([MAGNET]);
        let reply = api.send(Method::POST, "/v1/torrents", Some(body)).await?;
        assert_eq!(problem(&reply)?, expected, "{new}");
    }
    Ok(())
}

#[tokio::test]
async fn a_place_in_the_queue_can_be_given_and_changed() -> Result<()> {
    let api = Api::start().await?;
    api.patch("/v1/settings", json!({"queue.enabled": true})).await?;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(api.add(&two_files(name), json!({"run": "stopped"})).await?);
    }
    ids.push(api.add(&two_files("d"), json!({"run": "stopped", "queue_position": 2})).await?);
    for (at, place) in [(0, 1), (3, 2), (1, 3), (2, 4)] {
        api.until(&ids[at], |torrent| torrent["queue_position"] == place).await?;
    }

    let path = format!("/v1/torrents/{}/options", ids[2]);
    let changed = api.patch(&path, json!({"queue_position": 1})).await?;

    assert_eq!(changed["queue_position"], 1);
    for (at, place) in [(2, 1), (0, 2), (3, 3), (1, 4)] {
        api.until(&ids[at], |torrent| torrent["queue_position"] == place).await?;
    }
    Ok(())
}

#[tokio::test]
async fn data_that_is_said_to_be_there_can_be_looked_at_first() -> Result<()> {
    let api = Api::start().await?;
    for version in [Version::V1, Version::V2, Version::Hybrid] {
        is_looked_at_first(&api, version).await.with_context(|| format!("{version:?}"))?;
    }
    Ok(())
}

async fn is_looked_at_first(api: &Api, version: Version) -> Result<()> {
    let name = format!("there {version:?}");
    let files = [("a.bin", 200_000), ("b.bin", 50_000), ("c.bin", 20_000), ("d.bin", 7)];
    let payload = Payload::folder(&name, &files);
    let torrent = Authoring::of(&payload).version(version).piece_length(32 << 10).build();
    let wish = json!({"run": "stopped", "skip_checking": true, "check_pieces": 100});

    let absent = api.upload(&[&torrent.bytes], wish.clone()).await?;
    assert_eq!(problem(&absent)?, "422 invalid /sources/0");
    payload.write_to(&api.target.data())?;
    let file = api.target.data().join(&name).join("a.bin");
    let whole = fs_err::read(&file)?;
    let mut broken = whole.clone();
    broken[150_000] ^= 1;
    fs_err::write(&file, &broken)?;
    let bad = api.upload(&[&torrent.bytes], wish.clone()).await?;
    assert_eq!(problem(&bad)?, "422 invalid /sources/0");
    assert!(bad.text().contains("is not what the torrent says"), "{}", bad.text());
    let listed = api.json(&format!("/v1/torrents?id={}", torrent.id())).await?;
    assert_eq!(listed["total"], 0);

    fs_err::write(&file, &whole)?;
    let id = api.add(&torrent, wish).await?;
    api.until(&id, |torrent| torrent["progress"] == 1.0).await?;
    Ok(())
}

#[tokio::test]
async fn pieces_are_due_for_a_player() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("film"), json!({"run": "stopped"})).await?;
    let path = format!("/v1/torrents/{id}/pieces/deadlines");
    let size = api.json(&format!("/v1/torrents/{id}/pieces")).await?["piece_size"].clone();

    let ahead = json!({"read_ahead": {"file": 1, "length": 1, "within": 2.5}, "replace": true});
    let given = api.post(&path, ahead).await?;
    let first = 32_768 / size.as_i64().unwrap_or(1);
    assert_eq!(given, json!({"pieces": [{"index": first, "within": 2.5}]}));
    let named = json!({"pieces": [{"index": 0, "within": 0.0}]});
    assert_eq!(api.post(&path, named.clone()).await?, named);
    assert_eq!(api.send(Method::DELETE, &path, None).await?.status, 204);
    for (body, expected) in [
        (json!({}), "422 invalid"),
        (json!({"pieces": [{"index": 99_999, "within": 1}]}), "422 invalid /pieces/0/index"),
        (json!({"pieces": [{"index": 0, "within": -1}]}), "422 invalid /pieces/0/within"),
        (json!({"read_ahead": {"file": 9, "length": 1}}), "422 invalid /read_ahead/file"),
        (
            json!({"read_ahead": {"file": 0, "length": 1, "offset": 99_999}}),
            "422 invalid /read_ahead/offset",
        ),
        (json!({"read_ahead": {"file": 0, "length": 0}}), "422 invalid /read_ahead/length"),
    ] {
        let reply = api.send(Method::POST, &path, Some(body.clone())).await?;
        assert_eq!(problem(&reply)?, expected, "{body}");
    }
    api.post("/v1/torrents", json!({"sources": [MAGNET], "run": "stopped"})).await?;
    let magnet = format!("/v1/torrents/{MAGNET_ID}/pieces/deadlines");
    let early = api.send(Method::POST, &magnet, Some(json!({"pieces": []}))).await?;
    assert_eq!(problem(&early)?, "409 conflict");
    Ok(())
}
