//! `app/*`: versions, preferences, the machine's interfaces, the cookies of fetches.

#![expect(clippy::needless_pass_by_value, reason = "handlers of the table take the call as it is")]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::call::Call;
use super::level::Level;
use super::preferences;
use super::reply::{self, Reply, Result};
use crate::auth::password;
use crate::engine;
use crate::http::place;
use crate::settings::Patch;
use crate::settings::cookies::{self, Cookie};

#[must_use]
pub fn version(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.level.app_version()))
}

#[must_use]
pub fn webapi_version(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.level.webapi_version()))
}

/// Describes the libraries. Qt and zlib are no part of this server, but clients read their keys: they get the
/// versions that the reference server of the level was built with.
#[must_use]
pub fn build_info(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let libraries = engine::capabilities().map_err(engine::Error::from)?;
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

#[must_use]
pub fn process_info(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(json(&json!({ "launch_time": call.app.launched })))
}

/// Stops the process a moment after the answer.
pub fn shutdown(call: Call) -> LocalBoxFuture<'static, Result> {
    tracing::info!(actor = %call.actor, "shutdown requested");
    call.app.stop_after(Duration::from_millis(100));
    reply::now(Reply::empty())
}

#[must_use]
pub fn default_save_path(call: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::text(call.app.settings.effective().downloads.save_path.clone()))
}

#[must_use]
pub fn preferences(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let mut preferences = preferences::read(&call.app.settings.effective(), call.level);
        // The key is no setting. Contract: whoever is in may read it again, since it is how a web UI shows it.
        if let Some(shown) = preferences.get_mut("web_ui_api_key") {
            *shown = Value::from(call.app.auth.keys.shown().await?.unwrap_or_default());
        }
        Ok(json(&Value::Object(preferences)))
    })
}

/// Makes a new API key; the old one lets nobody in any more.
#[must_use]
pub fn rotate_api_key(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let key = call.app.auth.keys.rotate().await?;
        tracing::info!(actor = %call.actor, "made a new API key");
        call.app.auth.sessions.cookies_are_stale();
        Ok(json(&json!({ "apiKey": key })))
    })
}

#[must_use]
pub fn delete_api_key(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        if call.app.auth.keys.delete().await? {
            tracing::info!(actor = %call.actor, "deleted the API key");
            call.app.auth.sessions.cookies_are_stale();
        }
        Ok(Reply::no_content())
    })
}

/// Changes preferences. What came before a refused key stays applied, as upstream leaves it.
#[must_use]
pub fn set_preferences(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let profile = call.app.settings.effective();
        let mut written =
            preferences::write(call.params.text_or_empty("json"), call.level, &profile);
        if let Some(password) = written.password.take() {
            let hash = password::hash(password).await.map_err(|error| {
                tracing::error!(%error, "the password was not changed");
                Reply::error(StatusCode::INTERNAL_SERVER_ERROR, "")
            })?;
            written.patch.set("webui.password_hash", hash.as_str());
        }
        if let Some(refusal) = place::refusal(&profile, &written.patch) {
            return Err(Reply::bad_request(&refusal));
        }
        if !written.patch.is_empty() {
            call.change_settings(written.patch).await?;
        }
        // Contract: 5.3 sends every session its cookie again after any change, because what it says may have changed.
        if !Arc::ptr_eq(&profile, &call.app.settings.effective()) {
            call.app.auth.sessions.cookies_are_stale();
        }
        written.refusal.map_or_else(|| Ok(Reply::empty()), Err)
    })
}

/// Lists the cookies that fetches by URL carry.
#[must_use]
pub fn cookies(call: Call) -> LocalBoxFuture<'static, Result> {
    let list: Vec<Value> = cookies::jar(&call.app.settings.effective())
        .into_iter()
        .map(|cookie| {
            json!({
                "domain": cookie.domain,
                "expirationDate": cookie.expires.unwrap_or(-1),
                "name": cookie.name,
                "path": cookie.path,
                "value": cookie.value,
            })
        })
        .collect();
    reply::now(json(&Value::Array(list)))
}

/// Replaces the whole jar.
#[must_use]
pub fn set_cookies(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let parsed: Value = serde_json::from_str(call.params.text_or_empty("cookies"))
            .map_err(|_| Reply::bad_request("illegal value"))?;
        let Value::Array(items) = parsed else {
            return Err(Reply::bad_request("cookies must be array"));
        };
        let jar: Vec<Cookie> = items
            .iter()
            .map(cookie)
            .collect::<Option<_>>()
            .ok_or_else(|| Reply::bad_request(""))?;
        let mut patch = Patch::new();
        patch.set(cookies::KEY, cookies::setting(&jar));
        call.change_settings(patch).await?;
        Ok(Reply::empty())
    })
}

/// Reads one cookie; members that are missing or no text are empty.
fn cookie(item: &Value) -> Option<Cookie> {
    let members = item.as_object()?;
    let text = |key: &str| members.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    // Contract: a date that is no number is the epoch, a missing one makes a cookie of the session.
    let expires = members.get("expirationDate").map(|date| date.as_i64().unwrap_or(0));
    Some(Cookie {
        name: text("name"),
        domain: text("domain"),
        path: text("path"),
        value: text("value"),
        expires: expires.filter(|date| *date >= 0),
    })
}

/// Refuses: there is no mail in this server yet, and a success would be a lie.
#[must_use]
pub fn send_test_email(_: Call) -> LocalBoxFuture<'static, Result> {
    reply::now(Reply::error(StatusCode::NOT_IMPLEMENTED, "This server cannot send mail"))
}

/// Lists interfaces that have an address, in the system's order.
#[must_use]
pub fn network_interface_list(_: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async {
        let mut names: Vec<String> = Vec::new();
        for interface in interfaces().await {
            if !names.contains(&interface.name) {
                names.push(interface.name);
            }
        }
        let list: Vec<Value> =
            names.iter().map(|name| json!({ "name": name, "value": name })).collect();
        Ok(json(&Value::Array(list)))
    })
}

/// Lists the addresses of one interface, or of all if none is named.
#[must_use]
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

/// All addresses of this machine, grouped by interface in the system's order.
async fn interfaces() -> Vec<if_addrs::Interface> {
    let found = actix_web::web::block(|| {
        let mut interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
            tracing::warn!(%error, "the network interfaces cannot be listed");
            Vec::new()
        });
        interfaces.sort_by_key(|interface| interface.index);
        interfaces
    });
    found.await.unwrap_or_default()
}

pub(super) fn json(value: &Value) -> Reply {
    Reply::json(value.to_string())
}
