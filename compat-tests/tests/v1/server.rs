//! Health, numbers, jobs, metrics.

use anyhow::{Context, Result};
use compat_tests::until;
use reqwest::Method;
use serde_json::json;

use crate::support::{Api, problem, two_files};

#[tokio::test]
async fn health_is_shown_to_probes_and_in_full_to_readers() -> Result<()> {
    let api = Api::start().await?;
    let nobody = api.nobody()?;
    assert_eq!(nobody.get("/v1/health/live").await?.json()?, json!({"live": true}));
    assert_eq!(nobody.get("/v1/health/ready").await?.json()?, json!({"ready": true}));
    let health = until("a running engine", async || {
        let health = api.json("/v1/health").await?;
        Ok(Some(health).filter(|health| health["parts"][0]["status"] == "ok"))
    })
    .await?;
    let names: Vec<&str> = health["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["engine", "store", "disk", "peers"]);
    Ok(())
}

#[tokio::test]
async fn numbers_are_shown_as_json_and_for_prometheus() -> Result<()> {
    let api = Api::start().await?;
    api.add(&two_files("one"), json!({"run": "stopped", "category": "a\"b"})).await?;
    let stats = api.json("/v1/stats").await?;
    assert_eq!(
        (&stats["torrents"], &stats["states"]["stopped_downloading"]),
        (&json!(1), &json!(1))
    );

    api.client().get("app/version", &[]).await?;

    // What libtorrent counts comes with its first answer.
    let metrics = until("numbers of libtorrent", async || {
        let metrics = api.get("/metrics").await?;
        let counts = "revaer_libtorrent_disk_num_read_ops_total ";
        Ok(metrics.text().contains(counts).then_some(metrics))
    })
    .await?;

    assert_eq!(metrics.status, 200);
    let text = metrics.text();
    for name in [
        r#"revaer_http_requests_total{method="GET",route="app/version",status="200"}"#,
        r#"revaer_store_commit_duration_seconds_bucket{le="0.001"}"#,
        "revaer_store_rows_total",
    ] {
        assert!(text.contains(name), "{name}\n{text}");
    }
    for line in [
        r#"revaer_torrents{state="stopped_downloading"} 1"#,
        r#"revaer_torrents_by_category{category="a\"b"} 1"#,
        r#"revaer_torrents_by_tracker{host="127.0.0.1"} 1"#,
        r#"revaer_http_requests_total{method="POST",route="/v1/torrents",status="201"} 1"#,
        "revaer_store_up 1",
        r#"revaer_jobs{kind="author",state="queued"} 0"#,
        r#"revaer_queue_depth{queue="engine_reads"} 0"#,
        r#"revaer_queue_depth{queue="fetches"} 0"#,
        "revaer_store_failures_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    Ok(())
}

#[tokio::test]
async fn a_torrent_is_authored_as_a_job() -> Result<()> {
    let api = Api::start().await?;
    let folder = api.target.folder_named("source")?;
    fs_err::write(folder.join("a.bin"), vec![7; 100_000])?;
    let source = folder.to_str().context("a path")?;
    let wish = json!({"source": source, "format": "v1", "comment": "c", "trackers": [["http://127.0.0.1:9/a"]], "seed": true});

    let reply = api.send(Method::POST, "/v1/torrents/author", Some(wish)).await?;

    assert_eq!(reply.status, 202, "{}", reply.text());
    let location = reply.header("location").context("a location")?.to_owned();
    until("the job", async || {
        let job = api.json(&location).await?;
        Ok(Some(job).filter(|job| job["state"] == "finished" && job["progress"] == 1.0))
    })
    .await?;
    let file = api.get(&format!("{location}/torrent")).await?;
    assert!(file.body.starts_with(b"d8:announce20:http://127.0.0.1:9/a"), "{}", file.text());
    until("the seed", async || {
        let page = api.json("/v1/torrents").await?;
        Ok((page["torrents"][0]["progress"] == 1.0).then_some(()))
    })
    .await?;
    assert_eq!(api.send(Method::DELETE, &location, None).await?.status, 204);
    assert_eq!(problem(&api.get(&location).await?)?, "404 not-found");
    for (wish, expected) in [
        (json!({"source": "/does/not/exist"}), "422 invalid /source"),
        (json!({"source": source, "piece_size": 1000}), "422 invalid /piece_size"),
        (json!({"source": "relative"}), "422 invalid /source"),
    ] {
        let reply = api.send(Method::POST, "/v1/torrents/author", Some(wish)).await?;
        assert_eq!(problem(&reply)?, expected);
    }
    Ok(())
}
