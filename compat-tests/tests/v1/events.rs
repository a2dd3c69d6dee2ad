//! `/v1/events`: told in order, replayed over a restart, filtered.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use compat_tests::until;
use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{Api, Caller, MAGNET, MAGNET_ID, problem, two_files};

/// A listener that reads one event after the other.
struct Listener {
    stream: futures::stream::BoxStream<'static, reqwest::Result<Vec<u8>>>,
    buffer: String,
}

#[derive(Debug)]
struct Told {
    id: Option<u64>,
    kind: String,
    data: Value,
}

impl Listener {
    async fn open(caller: &Caller, query: &str, last: Option<u64>) -> Result<Self> {
        let request = caller.request(Method::GET, &format!("/v1/events{query}"));
        let request = match last {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        let reply = request.send().await?;
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["content-type"], "text/event-stream");
        let stream = reply.bytes_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec()));
        Ok(Self { stream: stream.boxed(), buffer: String::new() })
    }

    /// The next event; comments and the retry time are passed over.
    async fn next(&mut self) -> Result<Told> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                let field = |name: &str| {
                    let mut lines = block.lines();
                    lines.find_map(|line| line.strip_prefix(name)).map(str::to_owned)
                };
                let Some(kind) = field("event: ") else { continue };
                let data = field("data: ").context("data")?;
                let id = field("id: ").map(|id| id.parse()).transpose()?;
                return Ok(Told { id, kind, data: serde_json::from_str(&data)? });
            }
            let chunk = timeout(Duration::from_secs(20), self.stream.next()).await?;
            let Some(chunk) = chunk else { bail!("the stream ended") };
            self.buffer.push_str(std::str::from_utf8(&chunk?)?);
        }
    }

    /// Reads on until an event of a kind.
    async fn until(&mut self, kind: &str) -> Result<Told> {
        loop {
            let told = self.next().await?;
            if told.kind == kind {
                return Ok(told);
            }
        }
    }
}

#[tokio::test]
async fn what_happens_is_told_with_who_caused_it() -> Result<()> {
    let api = Api::start().await?;
    let caller = api.caller("listener", &["read", "add", "delete", "control"]).await?;
    let mut listener = Listener::open(&caller, "", None).await?;

    caller
        .send(Method::POST, "/v1/torrents", Some(json!({"sources": [MAGNET], "category": "tv"})))
        .await?;
    let added = listener.until("torrent_added").await?;
    assert_eq!(added.data["torrent"], MAGNET_ID);
    assert_eq!(added.data["category"], "tv");
    assert_eq!(added.data["actor"], "key:listener");
    assert_eq!(added.data["data"]["name"], "No metadata");
    assert!(added.data["at"].as_str().unwrap().ends_with('Z'));
    caller.send(Method::DELETE, &format!("/v1/torrents/{MAGNET_ID}"), None).await?;
    let removed = listener.until("torrent_removed").await?;
    assert_eq!(removed.data["actor"], "key:listener");
    assert!(removed.id > added.id && added.id.is_some());
    api.patch("/v1/settings", json!({"queue.max_active_torrents": 9})).await?;
    let changed = listener.until("settings_changed").await?;
    assert_eq!(changed.data["actor"], "user:admin");
    assert_eq!(changed.data["data"]["keys"], json!(["queue.max_active_torrents"]));
    Ok(())
}

#[tokio::test]
async fn a_url_that_leads_nowhere_is_told() -> Result<()> {
    let api = Api::start().await?;
    let caller = api.caller("listener", &["read", "add"]).await?;
    let mut listener = Listener::open(&caller, "", None).await?;
    let url =
        format!("http://127.0.0.1:{}/secret-key/x.torrent", compat_tests::target::free_port()?);

    let body = json!({"sources": [url]});
    assert_eq!(caller.send(Method::POST, "/v1/torrents", Some(body)).await?.status, 202);

    let failed = listener.until("torrent_failed").await?;
    assert_eq!(failed.data["actor"], "key:listener");
    assert_eq!(failed.data["torrent"], Value::Null);
    let reason = failed.data["data"]["reason"].as_str().context("a reason")?;
    assert!(reason.contains("the torrent at `127.0.0.1` could not be added: "), "{reason}");
    assert!(!reason.contains("secret-key"), "{reason}");
    // Who looks before the add hears of it as well, and may try again.
    for _ in 0..2 {
        let refused = until("an answer", async || {
            let body = json!({"source": url});
            let reply = api.send(Method::POST, "/v1/torrents/preview", Some(body)).await?;
            Ok((reply.status != 200).then_some(reply))
        })
        .await?;
        assert_eq!(problem(&refused)?, "422 invalid /source");
        assert!(refused.text().contains("could not be fetched"), "{}", refused.text());
    }
    Ok(())
}

#[tokio::test]
async fn a_listener_that_comes_back_misses_nothing_over_a_kill() -> Result<()> {
    let mut api = Api::start().await?;
    let created = api.post("/v1/api-keys", json!({"name": "k", "scopes": ["read"]})).await?;
    let secret = created["secret"].as_str().context("a secret")?.to_owned();
    let mut listener =
        Listener::open(&api.caller_of(&secret)?, "?type=torrent_added", None).await?;
    let first = api.add(&two_files("first"), json!({"run": "stopped"})).await?;
    let seen = listener.next().await?;
    assert_eq!(seen.data["torrent"], first);
    drop(listener);
    let second = api.add(&two_files("second"), json!({"run": "stopped"})).await?;
    let mut other =
        Listener::open(&api.caller_of(&secret)?, "?type=torrent_added", seen.id).await?;
    assert_eq!(other.next().await?.data["torrent"], second);
    drop(other);

    api.target.kill().await?;
    api.target.start().await?;
    let third = api.add(&two_files("third"), json!({"run": "stopped"})).await?;

    let mut back = Listener::open(&api.caller_of(&secret)?, "?type=torrent_added", seen.id).await?;
    let (one, two) = (back.next().await?, back.next().await?);
    assert_eq!((&one.data["torrent"], &two.data["torrent"]), (&json!(second), &json!(third)));
    assert!(seen.id < one.id && one.id < two.id);
    Ok(())
}

#[tokio::test]
async fn a_number_that_never_was_means_looking_anew() -> Result<()> {
    let api = Api::start().await?;
    let caller = api.caller("k", &["read"]).await?;
    let mut listener = Listener::open(&caller, "", Some(1_000_000)).await?;
    let told = listener.next().await?;
    assert_eq!(told.kind, "resync");
    api.add(&two_files("after"), json!({"run": "stopped"})).await?;
    assert!(listener.until("torrent_added").await?.id > told.id);
    Ok(())
}

#[tokio::test]
async fn events_are_filtered_by_torrent_and_category() -> Result<()> {
    let api = Api::start().await?;
    let caller = api.caller("k", &["read"]).await?;
    let torrent = two_files("wanted");
    let by_torrent = format!("?type=torrent_added&torrent={}", torrent.id());
    let mut by_torrent = Listener::open(&caller, &by_torrent, None).await?;
    let mut by_category = Listener::open(&caller, "?type=torrent_added&category=tv", None).await?;

    api.add(&two_files("other"), json!({"run": "stopped", "category": "films"})).await?;
    let wanted = api.add(&torrent, json!({"run": "stopped", "category": "tv"})).await?;

    assert_eq!(by_torrent.next().await?.data["torrent"], wanted);
    assert_eq!(by_category.next().await?.data["torrent"], wanted);
    Ok(())
}

#[tokio::test]
async fn progress_is_told_to_those_who_follow_it() -> Result<()> {
    let api = Api::start().await?;
    let caller = api.caller("k", &["read"]).await?;
    let mut listener = Listener::open(&caller, "?type=progress", None).await?;
    let id = api.add(&two_files("moving"), json!({"run": "stopped"})).await?;
    api.send(Method::POST, &format!("/v1/torrents/{id}/action"), Some(json!({"action": "start"})))
        .await?;
    loop {
        let told = listener.next().await?;
        assert_eq!((told.id, told.kind.as_str()), (None, "progress"));
        let torrents = told.data["torrents"].as_array().context("torrents")?.clone();
        if torrents.iter().any(|one| one["torrent"] == id && one["state"] == "stalled_downloading")
        {
            break;
        }
    }
    api.patch(&format!("/v1/torrents/{id}/options"), json!({"tags": ["told"]})).await?;
    loop {
        let told = listener.next().await?;
        let torrents = told.data["torrents"].as_array().context("torrents")?.clone();
        if torrents.iter().any(|one| one["torrent"] == id && one["edited"] == true) {
            return Ok(());
        }
    }
}

#[tokio::test]
async fn a_state_that_somebody_wished_is_told_with_the_wish() -> Result<()> {
    let api = Api::start().await?;
    let caller = api.caller("stopper", &["read", "control"]).await?;
    let id = api.add(&two_files("stopped"), json!({})).await?;
    let mut listener = Listener::open(&caller, "?type=state_changed", None).await?;

    let stop = Some(json!({"action": "stop"}));
    caller.send(Method::POST, &format!("/v1/torrents/{id}/action"), stop).await?;

    loop {
        let told = listener.next().await?;
        if told.data["data"]["to"] == "stopped_downloading" {
            assert_eq!(told.data["torrent"], id);
            assert_eq!(told.data["actor"], "key:stopper");
            return Ok(());
        }
    }
}

#[tokio::test]
async fn stuck_listeners_hold_nobody_back() -> Result<()> {
    let api = Api::start().await?;
    let caller = api.caller("k", &["read"]).await?;
    let mut stuck = Vec::new();
    for _ in 0..5 {
        stuck.push(Listener::open(&caller, "", None).await?);
    }
    let mut listener =
        Listener::open(&caller, "?type=torrent_added&type=torrent_removed", None).await?;
    for n in 0..20 {
        let torrent = two_files(&format!("n{n}"));
        let id = api.add(&torrent, json!({"run": "stopped"})).await?;
        api.send(Method::DELETE, &format!("/v1/torrents/{id}"), None).await?;
        assert_eq!(listener.next().await?.data["torrent"], id);
        assert_eq!(listener.next().await?.kind, "torrent_removed");
    }
    drop(stuck);
    Ok(())
}
