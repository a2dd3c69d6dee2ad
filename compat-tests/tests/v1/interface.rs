//! What the web interface asks for beside the torrents: the log, sessions, previews, histories, throughput, and the
//! place for what it remembers.

use anyhow::{Context, Result};
use compat_tests::{Form, Payload, Seeder, Tracker, Version, until};
use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Api, MAGNET, UNKNOWN, problem, success, two_files};

#[tokio::test]
async fn the_log_is_read_on_from_an_id_and_filtered() -> Result<()> {
    let api = Api::start().await?;
    let nobody = api.nobody()?;
    let login = json!({"username": "x", "password": "y"});
    assert_eq!(nobody.send(Method::POST, "/v1/session", Some(login)).await?.status, 401);

    let page = api.json("/v1/log?severity=warning&q=LOGIN%20FAILED").await?;

    assert_eq!(page["messages"][0]["severity"], "warning");
    let last = page["last"].as_i64().context("an id")?;
    let newer = api.json(&format!("/v1/log?after={last}")).await?;
    assert_eq!(
        (newer["messages"].as_array().map(Vec::len), &newer["last"]),
        (Some(0), &json!(last))
    );
    let newest = api.json("/v1/log?limit=1").await?;
    assert_eq!(newest["messages"][0]["id"], last);
    assert_eq!(api.json("/v1/log/peers").await?, json!({"peers": [], "last": null}));
    for path in ["/v1/log?limit=0", "/v1/log?severity=loud", "/v1/log/peers?limit=20001"] {
        assert!(problem(&api.get(path).await?)?.starts_with("422 invalid"), "{path}");
    }
    let limited = json!({"name": "limited", "scopes": ["read"], "categories": ["a"]});
    let limited = api.caller_with(limited).await?;
    assert_eq!(problem(&limited.get("/v1/log").await?)?, "403 scope");
    Ok(())
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_the_password_is_changed() -> Result<()> {
    let api = Api::start().await?;
    let (username, password) = api.target.credentials();
    let login = async |password: &str| {
        let body = json!({"username": username, "password": password});
        api.nobody()?.send(Method::POST, "/v1/session", Some(body)).await
    };
    let cookie = async |password: &str| -> Result<String> {
        let reply = login(password).await?;
        let cookie = reply.header("set-cookie").context("a cookie")?.to_owned();
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    };
    let works = async |cookie: &str| -> Result<bool> {
        let nobody = api.nobody()?;
        let request = nobody.request(Method::GET, "/v1/torrents");
        let request = request.header("cookie", cookie).header("user-agent", "another");
        Ok(nobody.reply(request).await?.status == 200)
    };
    let (one, two) = (cookie(&password).await?, cookie(&password).await?);
    assert!(works(&one).await? && works(&two).await?);

    let list = api.json("/v1/sessions").await?;
    let sessions = list["sessions"].as_array().context("sessions")?;
    let own: Vec<&Value> = sessions.iter().filter(|one| one["is_current"] == true).collect();
    assert_eq!((own.len(), &own[0]["address"]), (1, &json!("127.0.0.1")));
    let other = sessions.iter().find(|one| one["user_agent"] == "another").context("another")?;
    let path = format!("/v1/sessions/{}", other["id"].as_str().context("an id")?);
    assert_eq!(api.send(Method::DELETE, &path, None).await?.status, 204);
    assert_eq!(problem(&api.send(Method::DELETE, &path, None).await?)?, "404 not-found");
    assert!(works(&one).await? != works(&two).await?);

    let ended = success(&api.send(Method::DELETE, "/v1/sessions", None).await?)?;
    assert!(ended["count"].as_u64().is_some_and(|count| count >= 1));
    assert!(!works(&one).await? && !works(&two).await?);

    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let put = async |body| api.send(Method::PUT, "/v1/session/password", Some(body)).await;
    assert_eq!(problem(&put(change("wrong", "long enough")).await?)?, "422 invalid /current");
    assert_eq!(problem(&put(change(&password, "x")).await?)?, "422 invalid /new");
    assert_eq!(put(change(&password, "long enough")).await?.status, 200);
    assert_eq!(login(&password).await?.status, 401);
    assert_eq!(login("long enough").await?.status, 200);
    assert_eq!(api.get("/v1/torrents").await?.status, 200, "its own session goes on");
    Ok(())
}

#[tokio::test]
async fn a_torrent_is_looked_at_before_it_is_added() -> Result<()> {
    let api = Api::start().await?;
    let torrent = two_files("seen first");
    let (media_type, body) = Form::new().file("torrent", "x.torrent", &torrent.bytes).encode();
    let client = api.client();
    let request = client.request(Method::POST, "/v1/torrents/preview");
    let preview =
        success(&client.send(request.header("content-type", media_type).body(body)).await?)?;
    assert_eq!((&preview["status"], &preview["exists"]), (&json!("ready"), &json!(false)));
    assert_eq!(preview["id"], torrent.id());
    assert_eq!(
        preview["files"][0],
        json!({"index": 0, "path": "seen first/a.bin", "size": 32_768})
    );
    assert_eq!(api.json("/v1/torrents").await?["total"], 0);

    let pending = api.post("/v1/torrents/preview", json!({"source": MAGNET})).await?;
    assert_eq!((&pending["status"], &pending["files"]), (&json!("pending"), &json!([])));
    for (source, expected) in [("", "422 invalid /source"), ("/etc/passwd", "422 invalid /source")]
    {
        let body = json!({"source": source});
        let reply = api.send(Method::POST, "/v1/torrents/preview", Some(body)).await?;
        assert_eq!(problem(&reply)?, expected);
    }

    api.add(&torrent, json!({"run": "stopped"})).await?;
    let known = api.post("/v1/torrents/preview", json!({"source": torrent.id()})).await?;
    assert_eq!((&known["exists"], &known["file_count"]), (&json!(true), &json!(2)));
    Ok(())
}

#[tokio::test]
async fn a_hybrid_that_is_there_is_known_by_each_of_its_hashes() -> Result<()> {
    let api = Api::start().await?;
    let payload = Payload::folder("both", &[("a.bin", 40_000)]);
    let torrent = compat_tests::Authoring::of(&payload).version(Version::Hybrid).build();
    api.add(&torrent, json!({"run": "stopped"})).await?;

    for source in [torrent.v1_hex(), torrent.id(), torrent.magnet(&[])] {
        let preview = api.post("/v1/torrents/preview", json!({"source": source})).await?;
        assert_eq!(
            (&preview["status"], &preview["exists"], &preview["id"]),
            (&json!("ready"), &json!(true), &json!(torrent.id())),
            "{source}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn files_of_a_magnet_are_chosen_before_it_is_added() -> Result<()> {
    let api = Api::start().await?;
    let (tracker, mut seeder) = (Tracker::start().await?, Seeder::start().await?);
    let payload = Payload::folder("by magnet", &[("a.bin", 40_000), ("b.bin", 40_000)]);
    let torrent = compat_tests::Authoring::of(&payload).tracker(&tracker.url()).build();
    seeder.seed(&torrent, &payload, 0).await?;
    for hash in [torrent.id(), torrent.v1_hex()] {
        tracker.add_peer(&hash, seeder.address());
    }
    let source = json!({"source": torrent.magnet(&[&tracker.url()])});
    until("the metadata", async || {
        let preview = api.post("/v1/torrents/preview", source.clone()).await?;
        Ok((preview["status"] == "ready").then_some(()))
    })
    .await?;

    let new =
        json!({"sources": [source["source"]], "priorities": ["normal", "skip"], "run": "stopped"});
    let added = api.post("/v1/torrents", new).await?;

    assert_eq!(added["results"][0]["id"], torrent.id());
    let files = api.json(&format!("/v1/torrents/{}/files", torrent.id())).await?;
    assert_eq!(
        (&files["files"][0]["priority"], &files["files"][1]["priority"]),
        (&json!("normal"), &json!("skip"))
    );
    Ok(())
}

#[tokio::test]
async fn lists_are_read_from_any_row_on() -> Result<()> {
    let api = Api::start().await?;
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        api.add(&two_files(name), json!({"run": "stopped"})).await?;
    }
    let rows = async |query: &str| -> Result<(Vec<String>, bool)> {
        let page = api.json(&format!("/v1/torrents?sort=name&{query}")).await?;
        assert_eq!(page["total"], 5);
        let torrents = page["torrents"].as_array().context("torrents")?;
        let names = torrents.iter().map(|row| row["name"].as_str().unwrap_or_default().to_owned());
        Ok((names.collect(), page["next"].is_string()))
    };
    assert_eq!(rows("offset=2&limit=2").await?, (vec!["c".into(), "d".into()], true));
    assert_eq!(rows("offset=3&limit=9").await?, (vec!["d".into(), "e".into()], false));
    assert_eq!(rows("offset=0&limit=1").await?, (vec!["a".into()], true));
    assert_eq!(rows("offset=5").await?, (vec![], false));
    assert_eq!(rows("offset=1&limit=2&order=desc").await?, (vec!["d".into(), "c".into()], true));
    let next = api.json("/v1/torrents?limit=1").await?["next"].clone();
    let both = format!("/v1/torrents?offset=1&cursor={}", next.as_str().context("a cursor")?);
    assert_eq!(problem(&api.get(&both).await?)?, "422 invalid offset");
    Ok(())
}

#[tokio::test]
async fn a_torrent_has_a_history() -> Result<()> {
    let api = Api::start().await?;
    let id = api.add(&two_files("one"), json!({"run": "stopped"})).await?;
    api.add(&two_files("two"), json!({"run": "stopped"})).await?;
    let path = format!("/v1/torrents/{id}/events");
    let all = api.json(&path).await?;
    let events = all["events"].as_array().context("events")?;
    assert!(events.iter().any(|event| event["type"] == "torrent_added"), "{all}");
    assert!(events.windows(2).all(|pair| pair[0]["id"].as_u64() > pair[1]["id"].as_u64()));

    let first = api.json(&format!("{path}?limit=1")).await?;
    assert_eq!(first["events"][0], events[0]);
    if let Some(next) = first["next"].as_u64() {
        let second = api.json(&format!("{path}?limit=1&before={next}")).await?;
        assert_eq!(second["events"][0], events[1]);
    }
    assert_eq!(problem(&api.get(&format!("{path}?limit=0")).await?)?, "422 invalid limit");
    let unknown = api.get(&format!("/v1/torrents/{UNKNOWN}/events")).await?;
    assert_eq!(problem(&unknown)?, "404 not-found");
    Ok(())
}

#[tokio::test]
async fn throughput_grows_and_numbers_are_told() -> Result<()> {
    let api = Api::start().await?;
    until("two seconds of throughput", async || {
        let past = api.json("/v1/stats/throughput").await?;
        let steps = past["seconds"]["download"].as_array().map_or(0, Vec::len);
        Ok((steps >= 2 && past["today"]["downloaded"] == 0).then_some(()))
    })
    .await?;

    let caller = api.caller("reader", &["read"]).await?;
    let reply =
        caller.request(Method::GET, "/v1/events?stats=true&type=torrent_added").send().await?;
    let mut stream = reply.bytes_stream();
    let mut text = String::new();
    while !text.contains("event: stats\n") {
        let piece = stream.next().await.context("the stream goes on")??;
        text.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(text.contains("\"download_rate\":0"), "{text}");
    Ok(())
}

#[tokio::test]
async fn the_interface_remembers_one_bounded_object() -> Result<()> {
    let mut api = Api::start().await?;
    let path = "/v1/ui/preferences";
    assert_eq!(api.json(path).await?, json!({}));
    let kept = json!({"columns": ["name"], "<b>": null});
    let put = api.send(Method::PUT, path, Some(kept.clone())).await?;
    assert_eq!((put.status, put.json()?), (200, kept.clone()));
    let large = json!({"x": "y".repeat(64 << 10)});
    assert_eq!(problem(&api.send(Method::PUT, path, Some(large)).await?)?, "413 too-large");
    let list = api.send(Method::PUT, path, Some(json!([]))).await?;
    assert_eq!(problem(&list)?, "422 invalid");

    api.target.restart().await?;
    assert_eq!(api.json(path).await?, kept);
    Ok(())
}

#[tokio::test]
async fn none_is_a_value_where_it_is_asked_for() -> Result<()> {
    let api = Api::start().await?;
    let key = "connection.max_connections";
    api.patch("/v1/settings?nulls=value", json!({key: null, "queue.enabled": null})).await?;
    let document = api.json("/v1/settings").await?;
    assert_eq!(
        (&document["stored"][key], &document["effective"][key]),
        (&Value::Null, &Value::Null)
    );
    assert!(document["stored"].as_object().is_some_and(|stored| stored.contains_key(key)));
    api.patch("/v1/settings", json!({key: null})).await?;
    assert_eq!(api.json("/v1/settings").await?["effective"][key], 500);
    Ok(())
}
