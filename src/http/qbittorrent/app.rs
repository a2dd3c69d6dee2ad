//! `app/*`: versions, preferences, the machine's interfaces and directories.

use std::net::IpAddr;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::call::Call;
use super::level::Level;
use super::reply::{self, Reply, Result};

pub fn version(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.level.app_version()))
}

pub fn webapi_version(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.level.webapi_version()))
}

/// Describes the libraries. Qt and zlib are no part of this server, but clients read their keys: they get the
/// versions that the reference server of the level was built with.
pub fn build_info(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let libraries = revaer_native::capabilities().map_err(crate::engine::Error::from)?;
        let (qt, zlib) = match call.level {
            Level::L45 => ("5.15.8", "1.2.13"),
            Level::L51 => ("6.8.2", "1.3.1"),
            Level::L53 => ("6.11.2", "1.3.2"),
        };
        let mut info = json!({
            "bitness": usize::BITS,
            "boost": libraries.boost_version,
            "libtorrent": libraries.version,
            "openssl": libraries.openssl_version,
            "qt": qt,
            "zlib": zlib,
        });
        if call.level >= Level::L51 {
            let platform = match std::env::consts::OS {
                known @ ("linux" | "macos" | "windows") => known,
                _ => "unknown",
            };
            info["platform"] = json!(platform);
        }
        Ok(json(&info))
    })
}

pub fn process_info(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(json(&json!({ "launch_time": call.app.launched })))
}

/// Stops the process a moment after the answer.
pub fn shutdown(call: Call) -> LocalBoxFuture<'static, Result> {
    tracing::info!(actor = %call.actor, "shutdown requested");
    call.app.stop_after(Duration::from_millis(100));
    reply::now(Reply::empty())
}

pub fn default_save_path(call: Call) -> LocalBoxFuture<'static, Result> {
    let path = call.snapshot().context.default_save_path.to_string();
    reply::now(Reply::text(path))
}

/// Lists interfaces that have an address, in the system's order.
pub fn network_interface_list(_: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async {
        let mut names: Vec<String> = Vec::new();
        for interface in interfaces().await {
            if !names.contains(&interface.name) {
                names.push(interface.name);
            }
        }
        let list: Vec<Value> = names.iter().map(|name| json!({ "name": name, "value": name })).collect();
        Ok(json(&Value::Array(list)))
    })
}

/// Lists the addresses of one interface, or of all if none is named.
pub fn network_interface_address_list(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let wanted = call.params.text_or_empty("iface");
        let list: Vec<Value> = interfaces()
            .await
            .into_iter()
            .filter(|interface| wanted.is_empty() || interface.name == wanted)
            .map(|interface| match interface.ip() {
                // Contract: link-local addresses carry the number of their interface.
                IpAddr::V6(address) if address.is_unicast_link_local() => match interface.index {
                    Some(index) => json!(format!("{address}%{index}")),
                    None => json!(address),
                },
                address => json!(address),
            })
            .collect();
        Ok(json(&Value::Array(list)))
    })
}

async fn interfaces() -> Vec<if_addrs::Interface> {
    let found = actix_web::web::block(|| {
        if_addrs::get_if_addrs().unwrap_or_else(|error| {
            tracing::warn!(%error, "the network interfaces cannot be listed");
            Vec::new()
        })
    });
    found.await.unwrap_or_default()
}

fn json(value: &Value) -> Reply {
    Reply::json(value.to_string())
}
