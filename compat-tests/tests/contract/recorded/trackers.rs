//! What the rows of a tracker say about how it answers, and the three rows that are no trackers.

use anyhow::{Context, Result};
use compat_tests::tracker::Mood;
use compat_tests::{
    Authoring, Client, Form, Level, Payload, Tracker, Transcript, at_each_level, until,
};
use serde_json::{Value, json};

use crate::support::server;

/// The first row behind the three that are no trackers.
async fn row(client: &Client, id: &str) -> Result<Value> {
    let rows = client.json("torrents/trackers", &[("hash", id)]).await?;
    rows.get(3).cloned().context("the row of the tracker")
}

/// What a row says, without times.
fn words(row: &Value) -> Value {
    let mut shown = json!({});
    for (key, value) in row.as_object().into_iter().flatten() {
        match key.as_str() {
            "next_announce" | "min_announce" => {}
            // Recordings keep only the type of what is called `msg`.
            "msg" => shown["message"] = value.clone(),
            "endpoints" => {
                shown["endpoints"] = value.as_array().into_iter().flatten().map(words).collect();
            }
            _ => shown[key] = value.clone(),
        }
    }
    shown
}

fn is_updating(row: &Value) -> bool {
    row["status"] == 3 || row["updating"] == true
}

/// Waits until a tracker has answered. The real servers can miss the first answer to a torrent that is still new, so the
/// torrent is announced again, as clients do.
async fn answered(client: &Client, id: &str) -> Result<Value> {
    let (mut looks, mut seen) = (0, Vec::new());
    until("the answer of the tracker", async || {
        let row = row(client, id).await?;
        looks += 1;
        if row["status"] == 1 || is_updating(&row) {
            if looks % 20 == 0 {
                client.ok("torrents/reannounce", &[("hashes", id)]).await?;
            }
            return Ok(None);
        }
        // Its numbers may follow.
        seen.retain(|earlier| words(earlier) == words(&row));
        seen.push(row.clone());
        Ok((seen.len() > 4).then_some(row))
    })
    .await
}

/// A tracker in each mood, and what becomes of its row.
async fn answers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"refresh_interval": 200, "queueing_enabled": false})).await?;
    let mut transcript = Transcript::of(&target, "trackers-answers");
    transcript.replace(&target.torrenting()?.to_string(), "{listening}");
    for (title, mood) in [
        ("fine", Mood::Fine),
        ("warning", Mood::Warning("be nice".to_owned())),
        ("failure", Mood::Failure("unregistered torrent".to_owned())),
        ("forbidden", Mood::Forbidden),
        ("garbage", Mood::Garbage),
    ] {
        let tracker = Tracker::start().await?;
        tracker.set_mood(mood);
        transcript.replace(&tracker.url(), &format!("{{{title}}}"));
        let payload = Payload::single(&format!("{title}.bin"), 20_000);
        let torrent = Authoring::of(&payload).tracker(&tracker.url()).build();
        client.add(&Form::torrent(&torrent.bytes)).await?;
        let id = torrent.id();
        client.torrent_when(&id, "the torrent", |_| true).await?;
        transcript.show(title, &words(&answered(client, &id).await?));
        // Until 4.6 only a tracker that works is the torrent's.
        let works = matches!(title, "fine" | "warning") || level >= Level::L51;
        let url = if works { tracker.url() } else { String::new() };
        client.torrent_when(&id, "its tracker", |t| t["tracker"] == url).await?;
    }
    transcript.finish()
}

/// A tracker that does not answer yet, and then can no longer be reached.
async fn silence(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    client.set_preferences(&json!({"refresh_interval": 200, "queueing_enabled": false})).await?;
    let mut transcript = Transcript::of(&target, "trackers-silence");
    transcript.replace(&target.torrenting()?.to_string(), "{listening}");
    let tracker = Tracker::start().await?;
    tracker.set_mood(Mood::Stalled);
    transcript.replace(&tracker.url(), "{silent}");
    let payload = Payload::single("silent.bin", 20_000);
    let torrent = Authoring::of(&payload).tracker(&tracker.url()).build();
    client.add(&Form::torrent(&torrent.bytes)).await?;
    let id = torrent.id();
    client.torrent_when(&id, "the torrent", |_| true).await?;
    let waiting =
        until("an announce", async || Ok(Some(row(client, &id).await?).filter(is_updating)))
            .await?;
    transcript.show("waiting", &words(&waiting));
    let closed = Payload::single("closed.bin", 20_000);
    let closed = Authoring::of(&closed).tracker("http://127.0.0.1:9/announce").build();
    client.add(&Form::torrent(&closed.bytes)).await?;
    let id = closed.id();
    client.torrent_when(&id, "the torrent", |_| true).await?;
    transcript.show("refused", &words(&answered(client, &id).await?));
    transcript.finish()
}

/// The rows of DHT, peer exchange and local discovery follow the preferences, but for private torrents.
async fn no_trackers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let mut transcript = Transcript::of(&target, "trackers-none");
    let payload = Payload::single("pseudo.bin", 20_000);
    for (title, torrent) in [
        ("public", Authoring::of(&payload).build()),
        ("private", Authoring::of(&payload).private().build()),
    ] {
        let form = Form::torrent(&torrent.bytes).text(level.stopped_param(), "true");
        client.add(&form).await?;
        let id = torrent.id();
        client.torrent_when(&id, "the torrent", |_| true).await?;
        for pex in [false, true] {
            client.set_preferences(&json!({"pex": pex})).await?;
            let rows = client.json("torrents/trackers", &[("hash", &id)]).await?;
            let rows: Vec<Value> = rows.as_array().into_iter().flatten().map(words).collect();
            transcript.show(&format!("{title}, peer exchange {pex}"), &Value::from(rows));
        }
    }
    transcript.finish()
}

at_each_level!(answers, silence, no_trackers);
