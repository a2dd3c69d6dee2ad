//! Rate limits and share limits of single torrents.

use anyhow::Result;
use compat_tests::{Level, at_each_level};
use serde_json::json;

use crate::support::{UNKNOWN, add_stopped, post, server, two_files};

async fn rates(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("rates")).await?;
    for (set, read, field) in [
        ("setUploadLimit", "uploadLimit", "up_limit"),
        ("setDownloadLimit", "downloadLimit", "dl_limit"),
    ] {
        for (limit, expected) in [
            ("1001", 1001),
            ("0", 0),
            ("5", 5),
            ("-3", 0),
            ("7", 7),
            ("nonsense", 0),
            ("4096", 4096),
        ] {
            let form = [("hashes", id.as_str()), ("limit", limit)];
            assert_eq!(post(client, &format!("torrents/{set}"), &form).await?, "200");
            client.torrent_when(&id, "the limit", |t| t[field] == expected).await?;
        }
        let hashes = format!("{id}|{UNKNOWN}");
        let read = format!("torrents/{read}");
        let found = client.json(&read, &[("hashes", &hashes)]).await?;
        assert_eq!(found, json!({id.as_str(): 4096, UNKNOWN: -1}));
        assert_eq!(client.json(&read, &[("hashes", "all")]).await?, json!({"all": -1}));
    }
    Ok(())
}

async fn share_limits(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let id = add_stopped(client, level, &two_files("shares")).await?;
    let is_capped = level != Level::L53;
    for (ratio, time, expected_ratio, expected_time) in [
        ("1.25", "90", json!(1.25), json!(90)),
        ("-1", "-1", json!(-1), json!(-1)),
        ("-2", "-2", json!(-2), json!(-2)),
        (
            "20000",
            "600000",
            if is_capped { json!(9999) } else { json!(20_000) },
            if is_capped { json!(525_600) } else { json!(600_000) },
        ),
        ("x", "y", json!(0), json!(0)),
        ("3", "-2", json!(3), json!(-2)),
    ] {
        let mut form =
            vec![("hashes", id.as_str()), ("ratioLimit", ratio), ("seedingTimeLimit", time)];
        if level >= Level::L51 {
            form.push(("inactiveSeedingTimeLimit", time));
        }
        if level == Level::L53 {
            form.extend([("shareLimitAction", "Remove"), ("shareLimitsMode", "MatchAll")]);
        }
        assert_eq!(post(client, "torrents/setShareLimits", &form).await?, "200");
        let shown = client
            .torrent_when(&id, "the limits", |t| {
                t["ratio_limit"] == expected_ratio && t["seeding_time_limit"] == expected_time
            })
            .await?;
        if level >= Level::L51 {
            assert_eq!(shown["inactive_seeding_time_limit"], expected_time);
        }
        if level == Level::L53 {
            assert_eq!(shown["share_limit_action"], "Remove");
            assert_eq!(shown["share_limits_mode"], "MatchAll");
        }
    }
    // The global limit is what `-2` means.
    client
        .set_preferences(&json!({
            "max_ratio_enabled": true, "max_ratio": 2, "max_ratio_act": 0,
            "max_seeding_time_enabled": true, "max_seeding_time": 77,
        }))
        .await?;
    let shown =
        client.torrent_when(&id, "the effective limits", |t| t["max_seeding_time"] == 77).await?;
    assert_eq!(shown["max_ratio"], 3);
    Ok(())
}

at_each_level!(rates, share_limits);
