//! `log/*`.

use anyhow::{Context, Result};
use compat_tests::{Level, at_each_level};
use serde_json::{Value, json};

use crate::support::{add_stopped, server, two_files};

async fn main_log(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    add_stopped(client, level, &two_files("logged")).await?;
    let log = async |query: &[(&str, &str)]| -> Result<Vec<Value>> {
        let log = client.json("log/main", query).await?;
        log.as_array().cloned().context("a list")
    };

    let all = log(&[]).await?;
    let ids: Vec<i64> = all.iter().filter_map(|entry| entry["id"].as_i64()).collect();
    assert!(ids.is_sorted() && ids.first() == Some(&0), "{ids:?}");
    for entry in &all {
        let keys: Vec<&str> =
            entry.as_object().context("an entry")?.keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "message", "timestamp", "type"]);
        assert!(matches!(entry["type"].as_i64(), Some(1 | 2 | 4 | 8)), "{entry}");
        assert!(entry["timestamp"].as_i64() > Some(1_700_000_000), "{entry}");
    }
    let later = log(&[("last_known_id", "2")]).await?;
    assert_eq!(later.first().map(|entry| &entry["id"]), Some(&json!(3)));
    assert_eq!(log(&[("last_known_id", "1000000")]).await?, Vec::<Value>::new());
    let none =
        [("normal", "false"), ("info", "false"), ("warning", "false"), ("critical", "false")];
    assert_eq!(log(&none).await?, Vec::<Value>::new());
    for (name, kind) in [("normal", 1), ("info", 2), ("warning", 4), ("critical", 8)] {
        let query: Vec<(&str, &str)> =
            none.iter().filter(|(other, _)| *other != name).copied().collect();
        for entry in log(&query).await? {
            assert_eq!(entry["type"], kind, "{entry}");
        }
    }
    Ok(())
}

async fn peer_log(level: Level) -> Result<()> {
    let target = server(level).await?;
    assert_eq!(target.client().json("log/peers", &[]).await?, json!([]));
    let query = [("last_known_id", "5")];
    assert_eq!(target.client().json("log/peers", &query).await?, json!([]));
    Ok(())
}

at_each_level!(main_log, peer_log);
