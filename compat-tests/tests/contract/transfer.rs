//! `transfer/*`.

use anyhow::Result;
use compat_tests::{Level, at_each_level, at_levels};
use serde_json::json;

use crate::support::{get, post, server};

async fn global_limits(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for (set, read) in [
        ("transfer/setDownloadLimit", "transfer/downloadLimit"),
        ("transfer/setUploadLimit", "transfer/uploadLimit"),
    ] {
        assert_eq!(get(client, read, &[]).await?, "200 0");
        // Kept in KiB: small values become one, others are rounded down.
        for (limit, expected) in [
            ("1048576", "200 1048576"),
            ("1", "200 1024"),
            ("1024", "200 1024"),
            ("5000", "200 4096"),
            ("0", "200 0"),
            ("2048", "200 2048"),
            ("-7", "200 0"),
            ("2048", "200 2048"),
            ("nonsense", "200 0"),
        ] {
            assert_eq!(post(client, set, &[("limit", limit)]).await?, "200");
            assert_eq!(get(client, read, &[]).await?, expected, "{set} {limit}");
        }
    }
    Ok(())
}

async fn alternative_limits(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let limits = json!({
        "dl_limit": 102_400, "up_limit": 51_200, "alt_dl_limit": 20_480, "alt_up_limit": 10_240,
    });
    client.set_preferences(&limits).await?;
    let mode = async || get(client, "transfer/speedLimitsMode", &[]).await;
    let shown = async || -> Result<(String, String)> {
        Ok((
            get(client, "transfer/downloadLimit", &[]).await?,
            get(client, "transfer/uploadLimit", &[]).await?,
        ))
    };
    let pair = |down: &str, up: &str| (format!("200 {down}"), format!("200 {up}"));

    assert_eq!(mode().await?, "200 0");
    assert_eq!(shown().await?, pair("102400", "51200"));
    assert_eq!(post(client, "transfer/toggleSpeedLimitsMode", &[]).await?, "200");
    assert_eq!(mode().await?, "200 1");
    assert_eq!(shown().await?, pair("20480", "10240"));
    let info = client.json("transfer/info", &[]).await?;
    assert_eq!((&info["dl_rate_limit"], &info["up_rate_limit"]), (&json!(20_480), &json!(10_240)));
    // What is set now is the alternative limit.
    client.ok("transfer/setDownloadLimit", &[("limit", "30720")]).await?;
    let preferences = client.json("app/preferences", &[]).await?;
    assert_eq!(preferences["alt_dl_limit"], 30_720);
    assert_eq!(preferences["dl_limit"], 102_400);
    for (set, expected) in [("0", "200 0"), ("5", "200 1"), ("-1", "200 1"), ("0", "200 0")] {
        assert_eq!(post(client, "transfer/setSpeedLimitsMode", &[("mode", set)]).await?, "200");
        assert_eq!(mode().await?, expected, "mode {set}");
    }
    assert_eq!(
        post(client, "transfer/setSpeedLimitsMode", &[("mode", "on")]).await?,
        "400 'mode': invalid argument"
    );
    Ok(())
}

async fn an_idle_server(level: Level) -> Result<()> {
    let target = server(level).await?;
    let info = target.client().json("transfer/info", &[]).await?;
    for key in ["dl_info_speed", "up_info_speed", "dl_info_data", "up_info_data", "dht_nodes"] {
        assert_eq!(info[key], 0, "{key}");
    }
    let status = info["connection_status"].as_str().unwrap_or_default();
    assert!(matches!(status, "firewalled" | "connected" | "disconnected"), "{info}");
    assert_eq!(info.get("last_external_address_v4").is_some(), level >= Level::L51);
    Ok(())
}

async fn banned_peers(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let peers = "10.1.2.3:6881|nonsense|[2001:db8::1]:80|10.9.9.9";
    assert_eq!(post(client, "transfer/banPeers", &[("peers", peers)]).await?, "200");
    let banned = client.json("app/preferences", &[]).await?["banned_IPs"].clone();
    assert_eq!(banned, "10.1.2.3\n2001:db8::1");
    assert_eq!(post(client, "transfer/banPeers", &[("peers", "")]).await?, "200");
    Ok(())
}

async fn all_limits_at_once(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    let form = [
        ("up_limit", "5000"),
        ("dl_limit", "102400"),
        ("alt_up_limit", "1"),
        ("alt_dl_limit", "0"),
    ];
    assert_eq!(post(client, "transfer/setSpeedLimits", &form).await?, "204");
    let expected =
        json!({"up_limit": 4096, "dl_limit": 102_400, "alt_up_limit": 1024, "alt_dl_limit": 0});
    assert_eq!(client.json("transfer/getSpeedLimits", &[]).await?, expected);
    Ok(())
}

async fn the_session_can_be_paused(level: Level) -> Result<()> {
    let target = server(level).await?;
    let client = target.client();
    for (action, expected) in [("pauseSession", true), ("resumeSession", false)] {
        assert_eq!(post(client, &format!("transfer/{action}"), &[]).await?, "204");
        let data = client.json("sync/maindata", &[("rid", "0")]).await?;
        assert_eq!(data["server_state"]["session_state"], expected);
    }
    Ok(())
}

at_each_level!(global_limits, alternative_limits, an_idle_server, banned_peers);
at_levels!(all_limits_at_once: l53 L53);
at_levels!(the_session_can_be_paused: l53 L53);
