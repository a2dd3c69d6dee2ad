//! `transfer/*`: totals, global limits, bans.

#![expect(clippy::needless_pass_by_value, reason = "handlers of the table take the call as it is")]

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::call::Call;
use super::level::Level;
use super::reply::{self, Reply, Result};
use crate::engine::ConnectionStatus;
use crate::settings::Patch;

const ALTERNATIVE: &str = "limits.alternative_active";
const DOWNLOAD: &str = "limits.download_bytes_per_second";
const UPLOAD: &str = "limits.upload_bytes_per_second";
const ALTERNATIVE_DOWNLOAD: &str = "limits.alternative_download_bytes_per_second";
const ALTERNATIVE_UPLOAD: &str = "limits.alternative_upload_bytes_per_second";

/// Rates, totals and limits of the session.
#[must_use]
pub fn info(call: Call) -> LocalBoxFuture<'static, Result> {
    let snapshot = call.snapshot();
    let (totals, profile) = (&snapshot.totals, call.app.settings.effective());
    let mut info = json!({
        "connection_status": match totals.connection {
            ConnectionStatus::Connected => "connected",
            ConnectionStatus::Firewalled => "firewalled",
            ConnectionStatus::Disconnected => "disconnected",
        },
        "dht_nodes": totals.dht_nodes,
        "dl_info_data": totals.downloaded,
        "dl_info_speed": totals.download_rate,
        "dl_rate_limit": profile.download_limit().unwrap_or(0),
        "up_info_data": totals.uploaded,
        "up_info_speed": totals.upload_rate,
        "up_rate_limit": profile.upload_limit().unwrap_or(0),
    });
    if call.level >= Level::L51 {
        let text = |address: Option<IpAddr>| {
            address.map(|address| address.to_string()).unwrap_or_default()
        };
        info["last_external_address_v4"] = json!(text(totals.external_v4));
        info["last_external_address_v6"] = json!(text(totals.external_v6));
    }
    reply::now(Reply::json(info.to_string()))
}

/// `1` while the alternative limits are in force.
#[must_use]
pub fn speed_limits_mode(call: Call) -> LocalBoxFuture<'static, Result> {
    let alternative = call.app.settings.effective().limits.alternative_active;
    reply::now(Reply::text(if alternative { "1" } else { "0" }))
}

#[must_use]
pub fn set_speed_limits_mode(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let mode = call
            .params
            .int("mode")
            .ok_or_else(|| Reply::bad_request("'mode': invalid argument"))?;
        set(&call, &[(ALTERNATIVE, Value::from(mode != 0))]).await?;
        Ok(Reply::empty())
    })
}

#[must_use]
pub fn toggle_speed_limits_mode(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let alternative = call.app.settings.effective().limits.alternative_active;
        set(&call, &[(ALTERNATIVE, Value::from(!alternative))]).await?;
        Ok(Reply::empty())
    })
}

#[must_use]
pub fn download_limit(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.app.settings.effective().download_limit().unwrap_or(0).to_string()))
}

#[must_use]
pub fn upload_limit(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.app.settings.effective().upload_limit().unwrap_or(0).to_string()))
}

/// Sets the limit of the mode that is active.
#[must_use]
pub fn set_download_limit(call: Call) -> LocalBoxFuture<'static, Result> {
    set_active_limit(call, DOWNLOAD, ALTERNATIVE_DOWNLOAD)
}

#[must_use]
pub fn set_upload_limit(call: Call) -> LocalBoxFuture<'static, Result> {
    set_active_limit(call, UPLOAD, ALTERNATIVE_UPLOAD)
}

fn set_active_limit(
    call: Call,
    normal: &'static str,
    alternative: &'static str,
) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let key = if call.app.settings.effective().limits.alternative_active {
            alternative
        } else {
            normal
        };
        set(&call, &[(key, limit(&call, "limit"))]).await?;
        Ok(Reply::empty())
    })
}

#[must_use]
pub fn get_speed_limits(call: Call) -> LocalBoxFuture<'static, Result> {
    let profile = call.app.settings.effective();
    let limits = &profile.limits;
    let limits = json!({
        "alt_dl_limit": limits.alternative_download_bytes_per_second.unwrap_or(0),
        "alt_up_limit": limits.alternative_upload_bytes_per_second.unwrap_or(0),
        "dl_limit": limits.download_bytes_per_second.unwrap_or(0),
        "up_limit": limits.upload_bytes_per_second.unwrap_or(0),
    });
    reply::now(Reply::json(limits.to_string()))
}

#[must_use]
pub fn set_speed_limits(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let changes = [
            (UPLOAD, limit(&call, "up_limit")),
            (DOWNLOAD, limit(&call, "dl_limit")),
            (ALTERNATIVE_UPLOAD, limit(&call, "alt_up_limit")),
            (ALTERNATIVE_DOWNLOAD, limit(&call, "alt_dl_limit")),
        ];
        set(&call, &changes).await?;
        Ok(Reply::no_content())
    })
}

/// Reads a limit. Contract: limits are whole KiB, at least one; what is not positive lifts the limit, and upstream
/// reads numbers beyond 32 bits by their lower half.
fn limit(call: &Call, name: &str) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "upstream truncates too")]
    match call.params.integer(name).map(|limit| limit as i32) {
        Some(1..=1024) => Value::from(1024),
        Some(limit @ 1025..) => Value::from(limit / 1024 * 1024),
        _ => Value::Null,
    }
}

async fn set(call: &Call, changes: &[(&str, Value)]) -> Result<()> {
    let mut patch = Patch::new();
    for (key, value) in changes {
        patch.set(key, value.clone());
    }
    call.change_settings(patch).await?;
    Ok(())
}

/// Bans addresses for good; entries that are no `host:port` are skipped, the port plays no role.
#[must_use]
pub fn ban_peers(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let peers = call.params.text_or_empty("peers").split('|');
        let named: Vec<IpAddr> = peers
            .filter_map(|peer| peer.trim().parse::<SocketAddr>().ok())
            .map(|peer| peer.ip())
            .collect();
        if named.is_empty() {
            return Ok(Reply::empty());
        }
        let mut banned: BTreeSet<String> =
            call.app.settings.effective().filter.banned_addresses.iter().cloned().collect();
        banned.extend(named.iter().map(ToString::to_string));
        let banned: Vec<String> = banned.into_iter().collect();
        set(&call, &[("filter.banned_addresses", Value::from(banned))]).await?;
        Ok(Reply::empty())
    })
}

#[must_use]
pub fn pause_session(call: Call) -> LocalBoxFuture<'static, Result> {
    set_paused(call, true)
}

#[must_use]
pub fn resume_session(call: Call) -> LocalBoxFuture<'static, Result> {
    set_paused(call, false)
}

fn set_paused(call: Call, paused: bool) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        call.engine().set_session_paused(paused).await?;
        Ok(Reply::no_content())
    })
}
