//! The schedule switches the alternative limits; its hours and days are proven with a clock of the test's own.

use anyhow::Result;
use compat_tests::{Level, Target, at_any_level, until};
use serde_json::{Value, json};

async fn mode(target: &Target, wanted: &str) -> Result<()> {
    until("the mode of the limits", async || {
        let mode = target.client().get("transfer/speedLimitsMode", &[]).await?;
        Ok((mode.text() == wanted).then_some(()))
    })
    .await
}

async fn the_schedule_switches_the_limits(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    // From midnight to one minute before it: but for that minute it is always on.
    let all_day = json!({
        "scheduler_enabled": true, "scheduler_days": 0,
        "schedule_from_hour": 0, "schedule_from_min": 0,
        "schedule_to_hour": 23, "schedule_to_min": 59,
        "alt_up_limit": 20_480,
    });
    target.client().set_preferences(&all_day).await?;
    mode(&target, "1").await?;
    until("the limit in force", async || {
        let info = target.client().json("transfer/info", &[]).await?;
        Ok((info["up_rate_limit"] == 20_480).then_some(()))
    })
    .await?;

    // By hand it can be switched off until the schedule changes its mind.
    target.client().ok("transfer/toggleSpeedLimitsMode", &[]).await?;
    mode(&target, "0").await?;

    target.client().set_preferences(&json!({"scheduler_enabled": false})).await?;
    let kept: Value = target.client().json("app/preferences", &[]).await?;
    assert_eq!(kept["schedule_to_min"], 59);
    Ok(())
}

at_any_level!(the_schedule_switches_the_limits);
