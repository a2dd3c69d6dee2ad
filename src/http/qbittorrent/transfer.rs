//! `transfer/*`: totals, global limits, bans.

use futures::future::LocalBoxFuture;
use serde_json::json;

use super::call::Call;
use super::level::Level;
use super::reply::{self, Reply, Result};
use crate::engine::ConnectionStatus;

/// Rates, totals and limits of the session.
pub fn info(call: Call) -> LocalBoxFuture<'static, Result> {
    let snapshot = call.snapshot();
    let (totals, context) = (&snapshot.totals, &snapshot.context);
    let mut info = json!({
        "connection_status": match totals.connection {
            ConnectionStatus::Connected => "connected",
            ConnectionStatus::Firewalled => "firewalled",
            ConnectionStatus::Disconnected => "disconnected",
        },
        "dht_nodes": totals.dht_nodes,
        "dl_info_data": totals.downloaded,
        "dl_info_speed": totals.download_rate,
        "dl_rate_limit": context.download_limit.unwrap_or(0),
        "up_info_data": totals.uploaded,
        "up_info_speed": totals.upload_rate,
        "up_rate_limit": context.upload_limit.unwrap_or(0),
    });
    if call.level >= Level::L51 {
        let text = |address: Option<std::net::IpAddr>| address.map(|address| address.to_string()).unwrap_or_default();
        info["last_external_address_v4"] = json!(text(totals.external_v4));
        info["last_external_address_v6"] = json!(text(totals.external_v6));
    }
    reply::now(Reply::json(info.to_string()))
}

/// `1` while the alternative limits are in force.
pub fn speed_limits_mode(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(if call.snapshot().context.alternative_limits { "1" } else { "0" }))
}

pub fn download_limit(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.snapshot().context.download_limit.unwrap_or(0).to_string()))
}

pub fn upload_limit(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.snapshot().context.upload_limit.unwrap_or(0).to_string()))
}

pub fn pause_session(call: Call) -> LocalBoxFuture<'static, Result> {
    set_paused(call, true)
}

pub fn resume_session(call: Call) -> LocalBoxFuture<'static, Result> {
    set_paused(call, false)
}

fn set_paused(call: Call, paused: bool) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        call.engine().set_session_paused(paused).await?;
        Ok(Reply::no_content())
    })
}
