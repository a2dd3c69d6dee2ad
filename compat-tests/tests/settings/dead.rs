//! Knobs that libtorrent 2 has by name alone: they are refused with the reason, or kept and said to do nothing.

use anyhow::{Context, Result};
use compat_tests::{Level, Target, at_any_level};
use reqwest::Method;
use serde_json::{Value, json};

use crate::is_reference;

/// The dead names of the page about libtorrent.
fn dead() -> Result<Vec<String>> {
    let page = include_str!("../../../docs/libtorrent.md");
    let (_, rest) = page.split_once("**Dead names**").context("the list")?;
    let (list, _) = rest.split_once("**Never existed**").context("the end of the list")?;
    Ok(list.split('`').skip(1).step_by(2).map(str::to_owned).collect())
}

async fn dead_knobs_are_refused_with_the_reason(level: Level) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    let target = Target::spawn(level).await?;
    let before = target.client().json("/v1/settings", &[]).await?;
    let names = dead()?;
    assert!(names.len() > 25, "{names:?}");

    for name in &names {
        for key in [name.clone(), format!("disk.{name}"), format!("bittorrent.{name}")] {
            for value in [json!(1), json!(true)] {
                let change = json!({&key: value, "bittorrent.dht": true});
                let request = target.client().request(Method::PATCH, "/v1/settings");
                let reply = target.client().send(request.json(&change)).await?;

                let text = reply.text();
                assert_eq!(reply.status, 422, "{change}: {text}");
                assert!(text.contains(&key) && text.contains("libtorrent 2"), "{change}: {text}");
            }
        }
    }

    assert_eq!(target.client().json("/v1/settings", &[]).await?, before);
    let described = target.client().json("/v1/settings/schema", &[]).await?.to_string();
    for name in names {
        assert!(!described.contains(&format!(".{name}\"")), "`{name}` is described as a setting");
    }
    Ok(())
}

/// What clients of the foreign contract write of them is returned, does nothing, and the page of the contract says so.
async fn dead_preferences_do_nothing_and_say_so(level: Level) -> Result<()> {
    let target = Target::spawn(level).await?;
    let written = json!({
        "disk_cache": 64, "disk_cache_ttl": 77, "enable_coalesce_read_write": true,
    });
    let effective = async || -> Result<Value> {
        let all = target.client().json("/v1/settings", &[]).await?;
        let mut effective = all["effective"].clone();
        effective.as_object_mut().context("settings")?.remove("compat.preferences");
        Ok(effective)
    };
    let before = if is_reference() { Value::Null } else { effective().await? };

    target.client().set_preferences(&written).await?;

    let kept = target.client().json("app/preferences", &[]).await?;
    let page = include_str!("../../../docs/contract.md");
    for (key, value) in written.as_object().context("preferences")? {
        assert_eq!(&kept[key], value, "{key}");
        let row = page.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
        assert!(row.is_some_and(|row| row.contains("none: it is kept and returned")), "{row:?}");
    }
    if !is_reference() {
        assert_eq!(effective().await?, before);
    }
    Ok(())
}

at_any_level!(dead_knobs_are_refused_with_the_reason, dead_preferences_do_nothing_and_say_so);
