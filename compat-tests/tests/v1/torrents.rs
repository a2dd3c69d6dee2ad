//! `/v1/torrents` and what lies below it.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Api, MAGNET, MAGNET_ID, UNKNOWN, problem, two_files};

#[tokio::test]
async fn torrents_are_added_from_magnets_and_files() -> Result<()> {
    let api = Api::start().await?;
    let options = json!({
        "sources": [MAGNET], "name": "My name", "category": "tv/hd", "tags": ["b", "a"],
        "run": "stopped", "download_limit": 1000, "upload_limit": 2000, "sequential": true,
        "first_last_first": true, "share_limits": {"ratio": 2, "seeding_time": 600},
        "stop_condition": "metadata_received",
    });
    let reply = api.send(Method::POST, "/v1/torrents", Some(options)).await?;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(
        reply.json()?["results"],
        json!([{"status": "added", "id": MAGNET_ID, "reason": null}])
    );

    let torrent = api.json(&format!("/v1/torrents/{MAGNET_ID}")).await?;
    for (member, value) in [
        ("name", json!("My name")),
        ("category", json!("tv/hd")),
        ("tags", json!(["a", "b"])),
        ("run", json!("stopped")),
        ("download_limit", json!(1000)),
        ("upload_limit", json!(2000)),
        ("sequential", json!(true)),
        ("first_last_first", json!(true)),
        ("has_metadata", json!(false)),
        ("total_size", Value::Null),
        ("stop_condition", json!("metadata_received")),
    ] {
        assert_eq!(torrent[member], value, "{member}");
    }
    assert_eq!(torrent["share_limits"]["ratio"], json!(2.0));
    assert_eq!(torrent["share_limits"]["seeding_time"], json!(600.0));
    assert_eq!(torrent["share_limits"]["inactive_time"], "inherit");
    assert_eq!(torrent["share_limits_in_force"]["seeding_time"], 600);
    assert!(torrent["added_at"].as_str().unwrap().ends_with('Z'));

    let (one, two) = (two_files("one"), two_files("two"));
    let reply =
        api.upload(&[&one.bytes, &two.bytes, &one.bytes], json!({"run": "stopped"})).await?;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let statuses: Vec<Value> = reply.json()?["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    assert_eq!(statuses, ["added", "added", "duplicate"]);
    let bad = api.upload(&[b"nonsense"], json!({})).await?;
    assert_eq!(problem(&bad)?, "422 invalid /sources/0");
    let outside = json!({"sources": [MAGNET], "save_path": "relative"});
    let refused = api.send(Method::POST, "/v1/torrents", Some(outside)).await?;
    assert_eq!(problem(&refused)?, "422 invalid /save_path");
    Ok(())
}

#[tokio::test]
async fn a_list_is_filtered_sorted_paged_and_counted() -> Result<()> {
    let api = Api::start().await?;
    for n in 0..7 {
        let category = if n % 2 == 0 { "even" } else { "odd" };
        let tags = if n < 3 { json!(["low"]) } else { json!([]) };
        let options = json!({"run": "stopped", "category": category, "tags": tags});
        api.add(&two_files(&format!("Name {n}")), options).await?;
    }
    let names = |page: &Value| -> Vec<String> {
        let torrents = page["torrents"].as_array().unwrap();
        torrents.iter().map(|torrent| torrent["name"].as_str().unwrap().to_owned()).collect()
    };

    let mut path = "/v1/torrents?sort=name&order=desc&limit=3&fields=name".to_owned();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let page = api.json(&path).await?;
        assert_eq!(page["total"], 7);
        assert_eq!(page["torrents"][0].as_object().unwrap().len(), 1);
        seen.extend(names(&page));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/torrents?limit=3&fields=name&cursor={next}");
    }
    let expected: Vec<String> = (0..7).rev().map(|n| format!("Name {n}")).collect();
    assert_eq!(seen, expected);
    let torn = api.get(&format!("{path}&sort=size")).await?;
    assert_eq!(problem(&torn)?, "422 invalid cursor");

    for (filter, count) in [
        ("category=even", 4),
        ("category=even&category=odd", 7),
        ("category=", 0),
        ("tag=low", 3),
        ("tag=", 4),
        ("tag=low&category=odd", 1),
        ("name=name%20%5B0-2%5D", 3),
        ("q=ME%205", 1),
        ("state=stopped_downloading", 7),
        ("state=error", 0),
        ("tracker=127.0.0.1", 7),
        ("tracker=", 0),
        ("min_size=65536&max_size=65536", 7),
        ("min_size=65537", 0),
        ("is_complete=true", 0),
        ("is_private=false", 7),
        ("max_age=3600", 7),
        ("min_age=3600", 0),
        ("max_ratio=0", 7),
        ("extension=bin", 0),
    ] {
        let page = api.json(&format!("/v1/torrents?{filter}&limit=1")).await?;
        assert_eq!(page["total"], count, "{filter}");
    }
    let facets = api
        .json("/v1/torrents?tag=low&facets=tag&facets=category&facets=state&facets=tracker")
        .await?;
    assert_eq!(facets["facets"]["tag"], json!({"": 4, "low": 3}));
    assert_eq!(facets["facets"]["category"], json!({"even": 2, "odd": 1}));
    assert_eq!(facets["facets"]["state"], json!({"stopped_downloading": 3}));
    assert_eq!(facets["facets"]["tracker"], json!({"127.0.0.1": 3}));
    Ok(())
}

#[tokio::test]
async fn actions_change_one_torrent_or_all_that_match() -> Result<()> {
    let api = Api::start().await?;
    let one = api.add(&two_files("one"), json!({"run": "stopped"})).await?;
    let two = api.add(&two_files("two"), json!({"run": "stopped"})).await?;
    let act = async |id: &str, action: Value| {
        api.send(Method::POST, &format!("/v1/torrents/{id}/action"), Some(action)).await
    };

    assert_eq!(act(&one, json!({"action": "start"})).await?.status, 200);
    assert_eq!(api.json(&format!("/v1/torrents/{one}")).await?["run"], "auto");
    assert_eq!(act(&one, json!({"action": "force_start"})).await?.status, 200);
    assert_eq!(api.json(&format!("/v1/torrents/{one}")).await?["run"], "forced");
    for (switch, member) in [
        ("sequential", "sequential"),
        ("first_last_first", "first_last_first"),
        ("super_seeding", "super_seeding"),
    ] {
        for on in [true, true, false] {
            let reply = act(&one, json!({"action": switch, "on": on})).await?;
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(api.json(&format!("/v1/torrents/{one}")).await?[member], on, "{switch}");
        }
    }
    let renamed =
        act(&one, json!({"action": "rename_file", "from": "one/a.bin", "to": "one/c.bin"}));
    assert_eq!(renamed.await?.status, 200);
    let files = api.json(&format!("/v1/torrents/{one}/files")).await?;
    assert_eq!(files["files"][0]["path"], "one/c.bin");
    let climbing = json!({"action": "rename_file", "from": "one/c.bin", "to": "../../x"});
    assert_eq!(problem(&act(&one, climbing).await?)?, "422 invalid /to");
    assert_eq!(problem(&act(&one, json!({"action": "queue_up"})).await?)?, "409 conflict");
    assert_eq!(problem(&act(&one, json!({"action": "dance"})).await?)?, "422 invalid /action");
    assert_eq!(problem(&act(UNKNOWN, json!({"action": "stop"})).await?)?, "404 not-found");

    let batch = |dry_run: bool| json!({"filter": {"name": "*o*"}, "action": {"action": "add_tags", "tags": ["t"]}, "dry_run": dry_run});
    assert_eq!(api.post("/v1/torrents/action", batch(true)).await?["count"], 2);
    assert_eq!(api.json(&format!("/v1/torrents/{two}")).await?["tags"], json!([]));
    assert_eq!(api.post("/v1/torrents/action", batch(false)).await?["count"], 2);
    assert_eq!(api.json(&format!("/v1/torrents/{two}")).await?["tags"], json!(["t"]));
    let rename = json!({"filter": {"tag": ["t"]}, "action": {"action": "rename", "name": "same"}});
    let refused = api.send(Method::POST, "/v1/torrents/action", Some(rename)).await?;
    assert_eq!(problem(&refused)?, "422 invalid /action/action");
    for (filter, action, expected) in [
        (json!({"tag": ["t"]}), json!({"action": "rename", "name": "same"}), "/action/action"),
        (json!({"tag": ["t"]}), json!({"action": "move", "path": "x"}), "/action/path"),
        (json!({"tag": ["t"]}), json!({"action": "add_tags", "tags": [","]}), "/action/tags/0"),
    ] {
        let dry = json!({"filter": filter, "action": action, "dry_run": true});
        let refused = api.send(Method::POST, "/v1/torrents/action", Some(dry)).await?;
        assert_eq!(problem(&refused)?, format!("422 invalid {expected}"));
    }
    let dry = json!({"filter": {"name": "*"}, "action": {"action": "set_category", "category": "none"}, "dry_run": true});
    let refused = api.send(Method::POST, "/v1/torrents/action", Some(dry)).await?;
    assert_eq!(problem(&refused)?, "404 not-found");
    Ok(())
}

#[tokio::test]
async fn only_trackers_of_the_torrents_are_announced_to() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("one"), json!({})).await?;
    let own = "http://127.0.0.1:9/announce";
    let one = format!("/v1/torrents/{id}/action");
    let announce = async |path: &str, body: Value| {
        let reply = api.send(Method::POST, path, Some(body)).await?;
        if reply.status == 200 { Ok("200".to_owned()) } else { problem(&reply) }
    };
    let to = |trackers: Value| json!({"action": "reannounce", "trackers": trackers});
    let many = |trackers: Value| json!({"filter": {"name": "*"}, "action": to(trackers)});

    assert_eq!(announce(&one, to(json!([own]))).await?, "200");
    assert_eq!(announce(&one, to(Value::Null)).await?, "200");
    let unknown = json!([own, "http://127.0.0.1:9/other"]);
    assert_eq!(announce(&one, to(unknown.clone())).await?, "422 invalid /trackers/1");
    assert_eq!(announce(&one, to(json!([]))).await?, "422 invalid /trackers");
    let batch = "/v1/torrents/action";
    assert_eq!(announce(batch, many(unknown)).await?, "422 invalid /action/trackers/1");
    assert_eq!(announce(batch, many(json!([own]))).await?, "200");
    Ok(())
}

#[tokio::test]
async fn limits_of_many_are_set_at_once_or_not_at_all() -> Result<()> {
    let api = Api::start().await?;
    let stopped = || json!({"run": "stopped"});
    let one = api.add(&two_files("one"), stopped()).await?;
    let two = api.add(&two_files("two"), stopped()).await?;
    let set = async |limits: Value| {
        let mut action = limits;
        action["action"] = json!("set_limits");
        let batch = json!({"filter": {"name": "*"}, "action": action});
        api.send(Method::POST, "/v1/torrents/action", Some(batch)).await
    };
    let options = async |id: &str| api.json(&format!("/v1/torrents/{id}/options")).await;
    let before = options(&one).await?;

    for (limits, expected) in [
        (json!({}), "422 invalid /action"),
        (json!({"upload_limit": 5, "download_limit": 0}), "422 invalid /action/download_limit"),
        (
            json!({"upload_limit": 5, "share_limits": {"seeding_time": 90}}),
            "422 invalid /action/share_limits/seeding_time",
        ),
    ] {
        assert_eq!(problem(&set(limits).await?)?, expected);
    }
    let list = json!([{"upload_limit": 5}]);
    let path = format!("/v1/torrents/{one}/options");
    assert_eq!(problem(&api.send(Method::PATCH, &path, Some(list)).await?)?, "422 invalid");
    let long = json!({"comment": "x".repeat(70_000)});
    assert_eq!(
        problem(&api.send(Method::PATCH, &path, Some(long)).await?)?,
        "422 invalid /comment"
    );
    for limits in [json!({"upload_limit": 5, "max_uploads": 1}), json!({"upload_limit": 5, "x": 1})]
    {
        assert_eq!(set(limits.clone()).await?.status, 422, "{limits}");
    }
    assert_eq!(options(&one).await?, before);

    let ratio = json!({"share_limits": {"ratio": 1.5, "action": "stop"}});
    assert_eq!(set(ratio).await?.json()?["count"], 2);
    let rates = json!({"upload_limit": 20480, "download_limit": null, "max_connections": 7});
    assert_eq!(set(rates).await?.status, 200);
    for id in [&one, &two] {
        let options = options(id).await?;
        assert_eq!(options["upload_limit"], 20480);
        assert_eq!(options["in_force"]["upload_limit"], 20480);
        assert_eq!(options["download_limit"], json!(null));
        assert_eq!(options["max_connections"], 7);
        assert_eq!(options["share_limits"]["ratio"], 1.5);
        assert_eq!(options["share_limits"]["action"], "stop");
        assert_eq!(options["share_limits"]["seeding_time"], before["share_limits"]["seeding_time"]);
    }
    Ok(())
}

#[tokio::test]
async fn content_moves_and_the_torrent_tells_where_it_is() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("moving"), json!({"run": "stopped"})).await?;
    let place = api.target.folder_named("elsewhere")?;
    let place = place.to_str().context("a path")?;

    let moved = json!({"action": "move", "path": place});
    let reply = api.send(Method::POST, &format!("/v1/torrents/{id}/action"), Some(moved)).await?;

    assert_eq!(reply.status, 202);
    api.until(&id, |torrent| torrent["save_path"] == place && torrent["state"] != "moving").await?;
    Ok(())
}

#[tokio::test]
async fn options_are_edited_safely() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("options"), json!({"run": "stopped"})).await?;
    let path = format!("/v1/torrents/{id}/options");
    api.post("/v1/categories", json!({"name": "tv"})).await?;
    let read = api.get(&path).await?;
    let tag = read.header("etag").context("a tag")?.to_owned();

    let change = json!({
        "name": "New", "comment": "Words", "category": "tv", "tags": ["x"], "download_limit": 5000,
        "share_limits": {"ratio": "unlimited", "action": "remove"}, "sequential": true,
    });
    let with_tag = async |tag: &str, body: Value| {
        let request = api.client().request(Method::PATCH, &path).header("if-match", tag);
        let request = request.header("content-type", "application/json").body(body.to_string());
        api.client().send(request).await
    };
    let changed = with_tag(&tag, change).await?;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let options = changed.json()?;
    assert_eq!(options, api.json(&path).await?);
    assert_eq!(
        (options["name"].as_str(), options["download_limit"].as_i64()),
        (Some("New"), Some(5000))
    );
    assert_eq!(options["share_limits"]["ratio"], "unlimited");
    assert_eq!(options["share_limits"]["action"], "remove");

    let late = with_tag(&tag, json!({"name": "Late"})).await?;
    assert_eq!(problem(&late)?, "412 precondition");
    let cleared = api.patch(&path, json!({"download_limit": null, "category": null})).await?;
    assert_eq!((&cleared["download_limit"], &cleared["category"]), (&Value::Null, &Value::Null));
    for (change, expected) in [
        (json!({"name": " "}), "422 invalid /name"),
        (json!({"category": "nothing"}), "422 invalid /category"),
        (json!({"download_limit": 0}), "422 invalid /download_limit"),
        (json!({"download_limit": -1}), "422 invalid /download_limit"),
        (json!({"save_path": "x"}), "422 invalid /save_path"),
        (json!({"share_limits": {"seeding_time": 61}}), "422 invalid /share_limits/seeding_time"),
        (json!({"layout": "original"}), "422 invalid /layout"),
    ] {
        let reply = api.send(Method::PATCH, &path, Some(change.clone())).await?;
        assert_eq!(problem(&reply)?, expected, "{change}");
    }
    assert_eq!(api.json(&path).await?, cleared, "a refused change changes nothing");
    Ok(())
}

#[tokio::test]
async fn files_are_chosen_by_index_and_by_globs() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("choice"), json!({"run": "stopped"})).await?;
    let path = format!("/v1/torrents/{id}");
    let priorities = |list: &Value| -> Vec<String> {
        let files = list["files"].as_array().unwrap();
        files.iter().map(|file| file["priority"].as_str().unwrap().to_owned()).collect()
    };

    let listed = api.json(&format!("{path}/files")).await?;
    assert_eq!(listed["files"][1]["path"], "choice/sub/b.nfo");
    assert_eq!(listed["files"][0]["size"], 32_768);
    let changed = api
        .patch(&format!("{path}/files"), json!({"files": [{"index": 0, "priority": "high"}]}))
        .await?;
    assert_eq!(priorities(&changed), ["high", "normal"]);
    let bad = json!({"files": [{"index": 9, "priority": "high"}]});
    let refused = api.send(Method::PATCH, &format!("{path}/files"), Some(bad)).await?;
    assert_eq!(problem(&refused)?, "422 invalid /files/0/index");

    let select = format!("{path}/select");
    let dry = api.post(&select, json!({"presets": ["skip_fluff"], "dry_run": true})).await?;
    assert_eq!((dry["wanted"].clone(), dry["wanted_size"].clone()), (json!(1), json!(32_768)));
    assert_eq!(priorities(&api.json(&format!("{path}/files")).await?), ["high", "normal"]);
    let done = api
        .post(
            &select,
            json!({"exclude": ["*.nfo"], "priorities": [{"glob": "*", "priority": "maximum"}]}),
        )
        .await?;
    assert_eq!(priorities(&done), ["maximum", "skip"]);
    let none = api.send(Method::POST, &select, Some(json!({"include": ["*.mkv"]}))).await?;
    assert_eq!(problem(&none)?, "409 conflict");
    let bad = api.send(Method::POST, &select, Some(json!({"include": ["["]}))).await?;
    assert_eq!(problem(&bad)?, "422 invalid /include/0");
    let many = json!({"include": vec!["*"; 101]});
    assert_eq!(
        problem(&api.send(Method::POST, &select, Some(many)).await?)?,
        "422 invalid /include"
    );
    Ok(())
}

#[tokio::test]
async fn trackers_web_seeds_peers_and_pieces_are_shown_and_changed() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("parts"), json!({"run": "stopped"})).await?;
    let path = format!("/v1/torrents/{id}");
    let trackers = format!("{path}/trackers");

    assert_eq!(api.json(&trackers).await?["trackers"][0]["url"], "http://127.0.0.1:9/announce");
    let more = json!({"trackers": [{"url": "udp://127.0.0.1:8/x", "tier": 3}]});
    let listed = api.post(&trackers, more).await?;
    assert_eq!(listed["trackers"][1]["tier"], 3);
    let edit = json!({"url": "udp://127.0.0.1:8/x", "new_url": "udp://127.0.0.1:8/y"});
    assert_eq!(api.patch(&trackers, edit).await?["trackers"][1]["url"], "udp://127.0.0.1:8/y");
    let gone =
        api.send(Method::DELETE, &format!("{trackers}?url=udp://127.0.0.1:8/y"), None).await?;
    assert_eq!(gone.json()?["trackers"].as_array().map(Vec::len), Some(1));
    let absent = api.send(Method::DELETE, &format!("{trackers}?url=udp://x"), None).await?;
    assert_eq!(problem(&absent)?, "404 not-found");
    let bad = json!({"trackers": [{"url": "file:///etc/passwd"}]});
    let refused = api.send(Method::POST, &trackers, Some(bad)).await?;
    assert_eq!(problem(&refused)?, "422 invalid /trackers/0/url");

    let seeds = format!("{path}/web-seeds");
    let added = api.post(&seeds, json!({"urls": ["http://127.0.0.1:9/s"]})).await?;
    assert_eq!(added, json!({"urls": ["http://127.0.0.1:9/s"]}));
    let gone = api.send(Method::DELETE, &format!("{seeds}?url=http://127.0.0.1:9/s"), None).await?;
    assert_eq!(gone.json()?, json!({"urls": []}));

    assert_eq!(api.json(&format!("{path}/peers")).await?, json!({"peers": []}));
    let bad =
        api.send(Method::POST, &format!("{path}/peers"), Some(json!({"peers": ["x"]}))).await?;
    assert_eq!(problem(&bad)?, "422 invalid /peers/0");
    let pieces = api.json(&format!("{path}/pieces")).await?;
    assert_eq!(
        (pieces["have"].clone(), pieces["count"] == pieces["runs"][0]["count"]),
        (json!(0), true)
    );
    let export = api.get(&format!("{path}/export")).await?;
    assert_eq!(export.header("content-type"), Some("application/x-bittorrent"));
    assert!(export.body.starts_with(b"d8:announce"));
    Ok(())
}

#[tokio::test]
async fn a_dry_run_lists_the_files_that_a_removal_takes() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("gone"), json!({"run": "stopped"})).await?;
    let path = format!("/v1/torrents/{id}");
    let data = api.target.data();

    let dry = api
        .send(Method::DELETE, &format!("{path}?with_data=true&dry_run=true"), None)
        .await?
        .json()?;
    let files: Vec<String> = dry["torrents"][0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap().to_owned())
        .collect();
    let expected =
        ["gone/a.bin", "gone/sub/b.nfo"].map(|file| data.join(file).to_str().unwrap().to_owned());
    assert_eq!(files, expected);
    assert_eq!(api.get(&path).await?.status, 200);

    let removed = api.send(Method::DELETE, &path, None).await?;
    assert_eq!((removed.status, removed.json()?["count"].clone()), (200, json!(1)));
    assert_eq!(problem(&api.get(&path).await?)?, "404 not-found");
    assert_eq!(problem(&api.send(Method::DELETE, &path, None).await?)?, "404 not-found");

    api.add(&two_files("a"), json!({"run": "stopped", "tags": ["old"]})).await?;
    api.add(&two_files("b"), json!({"run": "stopped"})).await?;
    let removed = api.post("/v1/torrents/remove", json!({"filter": {"tag": ["old"]}})).await?;
    assert_eq!(removed["torrents"][0]["name"], "a");
    assert_eq!(api.json("/v1/torrents").await?["total"], 1);
    Ok(())
}
