//! The `server_state` of `sync/maindata`.

use crate::engine::{ConnectionStatus, Snapshot};
use crate::http::qbittorrent::fields::Value::{self, Bool, Int, Str, Text};
use crate::http::qbittorrent::level::Level;

/// The word of a connection status.
#[must_use]
pub fn connection_name(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::Connected => "connected",
        ConnectionStatus::Firewalled => "firewalled",
        ConnectionStatus::Disconnected => "disconnected",
    }
}

/// The members at a level, by key; each level always has the same ones.
#[must_use]
pub fn server_state(snapshot: &Snapshot, level: Level) -> Vec<(&'static str, Value<'_>)> {
    let (totals, context) = (&*snapshot.totals, &*snapshot.context);
    let address = |address: Option<std::net::IpAddr>| {
        Text(address.map(|ip| ip.to_string()).unwrap_or_default())
    };
    let mut members = vec![
        ("alltime_dl", Int(totals.all_time_downloaded)),
        ("alltime_ul", Int(totals.all_time_uploaded)),
        ("average_time_queue", Int(totals.average_disk_wait)),
        ("connection_status", Str(connection_name(totals.connection))),
        ("dht_nodes", Int(totals.dht_nodes)),
        ("dl_info_data", Int(totals.downloaded)),
        ("dl_info_speed", Int(totals.download_rate)),
        ("dl_rate_limit", Int(context.download_limit.map_or(0, i64::from))),
        ("free_space_on_disk", Int(totals.free_space.unwrap_or(-1))),
        ("global_ratio", Text(global_ratio(totals.all_time_uploaded, totals.all_time_downloaded))),
    ];
    if level >= Level::L51 {
        members.push(("last_external_address_v4", address(totals.external_v4)));
        members.push(("last_external_address_v6", address(totals.external_v6)));
    }
    members.push(("queued_io_jobs", Int(totals.queued_disk_jobs)));
    if level >= Level::L53 {
        members.push(("queued_tracker_announces", Int(totals.queued_announces)));
    }
    members.extend([
        ("queueing", Bool(context.queueing)),
        // libtorrent 2 has no cache of its own.
        ("read_cache_hits", Str("0")),
        ("read_cache_overload", Text(percentage(totals.read_overload))),
        ("refresh_interval", Int(context.refresh_interval_ms.into())),
    ]);
    if level >= Level::L53 {
        members.push(("request_latency", Int(totals.request_latency)));
        members.push(("session_state", Bool(context.session_paused)));
    }
    members.extend([
        ("total_buffers_size", Int(totals.disk_buffer_bytes)),
        ("total_peer_connections", Int(totals.peer_connections)),
        ("total_queued_size", Int(totals.queued_disk_bytes)),
        ("total_wasted_session", Int(totals.wasted)),
        ("up_info_data", Int(totals.uploaded)),
        ("up_info_speed", Int(totals.upload_rate)),
        ("up_rate_limit", Int(context.upload_limit.map_or(0, i64::from))),
        ("use_alt_speed_limits", Bool(context.alternative_limits)),
    ]);
    if level == Level::L51 {
        members.push(("use_subcategories", Bool(context.subcategories)));
    }
    members.push(("write_cache_overload", Text(percentage(totals.write_overload))));
    members
}

/// Two decimals, or `-` if either total is nothing.
#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn global_ratio(uploaded: i64, downloaded: i64) -> String {
    match (uploaded, downloaded) {
        (0, _) | (_, 0) => "-".to_owned(),
        (uploaded, downloaded) => format!("{:.2}", uploaded as f64 / downloaded as f64),
    }
}

fn percentage(value: f64) -> String {
    if value > 0.0 { format!("{value:.2}") } else { "0".to_owned() }
}
