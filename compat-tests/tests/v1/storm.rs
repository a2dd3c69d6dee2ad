//! Events under load: as few torrents as show it; `make bench` takes 10,000.

use std::time::Duration;

use anyhow::Result;
use compat_tests::storm::{Storm, run};

#[tokio::test]
async fn two_hundred_listeners_miss_nothing_over_a_kill() -> Result<()> {
    let storm =
        Storm { torrents: 1500, listeners: 190, stuck: 10, patience: Duration::from_secs(150) };
    let outcome = run(storm).await?;
    assert_eq!(outcome.told, storm.torrents * storm.listeners);
    assert!(outcome.peak < 256 << 20, "{outcome:?}");
    Ok(())
}
