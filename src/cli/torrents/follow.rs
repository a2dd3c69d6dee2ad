//! Waiting for a torrent, with a bar for whoever looks.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::cli::client::{Client, Result, part};
use crate::cli::output;

/// Shows a bar until a torrent is as wished.
pub(super) async fn follow(
    client: &Client,
    id: &str,
    is_done: impl Fn(&Value) -> bool,
) -> Result<()> {
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} % {msg}") {
        bar.set_style(style);
    }
    loop {
        let torrent = client.get(&format!("/v1/torrents/{}", part(id))).await?;
        let done = (torrent["progress"].as_f64().unwrap_or(0.0) * 1000.0).clamp(0.0, 1000.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        bar.set_position(done as u64);
        bar.set_message(output::text(&torrent["state"]));
        if is_done(&torrent) {
            bar.finish();
            return Ok(());
        }
        if torrent["state"] == "error" || torrent["state"] == "missing_files" {
            bar.abandon();
            let reason = output::text(&torrent["error"]);
            return Err(anyhow::anyhow!("the torrent has an error: {reason}").into());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
