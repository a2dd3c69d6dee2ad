//! The rows that upstream treats in a way of its own.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use serde_json::{Value, json};

use super::super::level::Level;
use super::super::reply::Reply;
use super::{Edit, convert};
use crate::settings::Profile;
use crate::settings::profile::{MailEncryption, ProxyType};

/// The keys of one share limit.
struct ShareKeys {
    enabled: &'static str,
    value: &'static str,
    setting: &'static str,
    whole: bool,
}

const RATIO: ShareKeys = ShareKeys {
    enabled: "max_ratio_enabled",
    value: "max_ratio",
    setting: "share.max_ratio",
    whole: false,
};
const SEEDING: ShareKeys = ShareKeys {
    enabled: "max_seeding_time_enabled",
    value: "max_seeding_time",
    setting: "share.max_seeding_minutes",
    whole: true,
};
const INACTIVE: ShareKeys = ShareKeys {
    enabled: "max_inactive_seeding_time_enabled",
    value: "max_inactive_seeding_time",
    setting: "share.max_inactive_minutes",
    whole: true,
};

fn share(edit: &mut Edit, keys: &ShareKeys) {
    let value = edit.asked.get(keys.value);
    let enabled = edit.asked.get(keys.enabled).map(convert::boolean);
    let value = match (enabled, value) {
        (Some(false), _) => None,
        (Some(true), None) if edit.level >= Level::L53 => return,
        // Contract: before 5.3 the switch alone means 0, and the value alone means nothing.
        (Some(true), None) => Some(&Value::Null),
        (None, _) if edit.level < Level::L53 => return,
        (_, value) => value,
    };
    let value = match value {
        Some(value) if keys.whole => json!(convert::integer(value)),
        Some(value) => json!(convert::number(value)),
        None => Value::Null,
    };
    let negative = value.as_f64().is_some_and(|number| number < 0.0);
    let value = if negative { Value::Null } else { value };
    if edit.profile.get(keys.setting).is_none_or(|now| now.as_f64() != value.as_f64()) {
        edit.put(keys.setting, value);
    }
}

pub(super) fn max_ratio_enabled(profile: &Profile, _: Level) -> Value {
    json!(profile.share.max_ratio.is_some())
}

pub(super) fn max_ratio(profile: &Profile, _: Level) -> Value {
    let ratio = profile.share.max_ratio.unwrap_or(-1.0);
    // Whole ratios are written without a fraction, like all numbers of the contract.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    if ratio.fract() == 0.0 && ratio.abs() < 1e15 { json!(ratio as i64) } else { json!(ratio) }
}

pub(super) fn set_max_ratio(edit: &mut Edit, _: &Value) {
    share(edit, &RATIO);
}

pub(super) fn max_seeding_time_enabled(profile: &Profile, _: Level) -> Value {
    json!(profile.share.max_seeding_minutes.is_some())
}

pub(super) fn max_seeding_time(profile: &Profile, _: Level) -> Value {
    json!(profile.share.max_seeding_minutes.unwrap_or(-1))
}

pub(super) fn set_max_seeding_time(edit: &mut Edit, _: &Value) {
    share(edit, &SEEDING);
}

pub(super) fn max_inactive_enabled(profile: &Profile, _: Level) -> Value {
    json!(profile.share.max_inactive_minutes.is_some())
}

pub(super) fn max_inactive(profile: &Profile, _: Level) -> Value {
    json!(profile.share.max_inactive_minutes.unwrap_or(-1))
}

pub(super) fn set_max_inactive(edit: &mut Edit, _: &Value) {
    share(edit, &INACTIVE);
}

/// Hour and minute are written together or not at all; what is no time is passed over.
fn schedule(edit: &mut Edit, hour: &str, minute: &str, setting: &str) {
    let (Some(hour), Some(minute)) = (edit.asked.get(hour), edit.asked.get(minute)) else { return };
    let (hour, minute) = (convert::integer(hour), convert::integer(minute));
    let time = json!(hour * 60 + minute);
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute);
    if valid && edit.profile.get(setting) != Some(time.clone()) {
        edit.put(setting, time);
    }
}

pub(super) fn from_hour(profile: &Profile, _: Level) -> Value {
    json!(profile.limits.schedule_from_minute / 60)
}

pub(super) fn from_minute(profile: &Profile, _: Level) -> Value {
    json!(profile.limits.schedule_from_minute % 60)
}

pub(super) fn set_from(edit: &mut Edit, _: &Value) {
    schedule(edit, "schedule_from_hour", "schedule_from_min", "limits.schedule_from_minute");
}

pub(super) fn to_hour(profile: &Profile, _: Level) -> Value {
    json!(profile.limits.schedule_to_minute / 60)
}

pub(super) fn to_minute(profile: &Profile, _: Level) -> Value {
    json!(profile.limits.schedule_to_minute % 60)
}

pub(super) fn set_to(edit: &mut Edit, _: &Value) {
    schedule(edit, "schedule_to_hour", "schedule_to_min", "limits.schedule_to_minute");
}

pub(super) fn random_port(profile: &Profile, _: Level) -> Value {
    json!(profile.connection.listen_port == 0)
}

/// Contract: `true` wins over `listen_port`, `false` says nothing.
pub(super) fn set_random_port(edit: &mut Edit, value: &Value) {
    let key = "connection.listen_port";
    let other = edit.profile.connection.listen_port != 0 || edit.written.patch.contains(key);
    if convert::boolean(value) && other {
        edit.put(key, 0);
    }
}

pub(super) fn temp_path(profile: &Profile, _: Level) -> Value {
    json!(profile.temp_path())
}

pub(super) fn set_temp_path(edit: &mut Edit, value: &Value) {
    let path = convert::path(&convert::text(value));
    if path != edit.profile.temp_path() {
        edit.put("downloads.temp_path", path);
    }
}

fn export(on: bool, path: &str, level: Level) -> Value {
    match level {
        Level::L53 if path.is_empty() => json!("backup"),
        Level::L53 => json!(path),
        _ => json!(if on { path } else { "" }),
    }
}

pub(super) fn export_dir(profile: &Profile, level: Level) -> Value {
    export(profile.downloads.export_enabled, &profile.downloads.export_path, level)
}

pub(super) fn export_dir_fin(profile: &Profile, level: Level) -> Value {
    let downloads = &profile.downloads;
    export(downloads.export_finished_enabled, &downloads.export_finished_path, level)
}

/// Contract: before 5.3 an empty path is the switch.
fn set_export(edit: &mut Edit, value: &Value, now: &Value, enabled: &str, path: &str) {
    if value == now {
        return;
    }
    let asked = convert::path(&convert::text(value));
    if edit.level < Level::L53 {
        edit.put(enabled, !asked.is_empty());
    }
    if edit.level >= Level::L53 || !asked.is_empty() {
        edit.put(path, asked);
    }
}

pub(super) fn set_export_dir(edit: &mut Edit, value: &Value) {
    let now = export_dir(edit.profile, edit.level);
    set_export(edit, value, &now, "downloads.export_enabled", "downloads.export_path");
}

pub(super) fn set_export_dir_fin(edit: &mut Edit, value: &Value) {
    let now = export_dir_fin(edit.profile, edit.level);
    let (enabled, path) = ("downloads.export_finished_enabled", "downloads.export_finished_path");
    set_export(edit, value, &now, enabled, path);
}

pub(super) fn mail_tls(profile: &Profile, _: Level) -> Value {
    json!(profile.mail.encryption != MailEncryption::None)
}

pub(super) fn set_mail_tls(edit: &mut Edit, value: &Value) {
    let on = convert::boolean(value);
    // A client that knows only on and off does not change which kind of TLS it is.
    if on != (edit.profile.mail.encryption != MailEncryption::None) {
        edit.put("mail.encryption", if on { "smtps" } else { "none" });
    }
}

/// Contract: at 4.5 a number that includes the log-in; later a word.
pub(super) fn proxy_type(profile: &Profile, level: Level) -> Value {
    let proxy = &profile.proxy;
    match (level, proxy.kind, proxy.auth_enabled) {
        (Level::L45, ProxyType::None, _) => json!(0),
        (Level::L45, ProxyType::Http, false) => json!(1),
        (Level::L45, ProxyType::Socks5, false) => json!(2),
        (Level::L45, ProxyType::Http, true) => json!(3),
        (Level::L45, ProxyType::Socks5, true) => json!(4),
        (Level::L45, ProxyType::Socks4, _) => json!(5),
        (_, ProxyType::None, _) => json!("None"),
        (_, ProxyType::Http, _) => json!("HTTP"),
        (_, ProxyType::Socks5, _) => json!("SOCKS5"),
        (_, ProxyType::Socks4, _) => json!("SOCKS4"),
    }
}

pub(super) fn set_proxy_type(edit: &mut Edit, value: &Value) {
    if *value == proxy_type(edit.profile, edit.level) {
        return;
    }
    if edit.level == Level::L45 {
        let (kind, login) = match convert::integer(value) {
            1 => ("http", false),
            2 => ("socks5", false),
            3 => ("http", true),
            4 => ("socks5", true),
            5 => ("socks4", false),
            _ => ("none", false),
        };
        edit.put("proxy.kind", kind);
        edit.put("proxy.auth_enabled", login);
        // Clients of this level know no switch: a proxy is for BitTorrent at least.
        edit.put("proxy.bittorrent", kind != "none");
    } else {
        let kind = match convert::text(value).as_str() {
            "HTTP" => "http",
            "SOCKS5" => "socks5",
            "SOCKS4" => "socks4",
            _ => "none",
        };
        edit.put("proxy.kind", kind);
    }
}

pub(super) fn proxy_auth(profile: &Profile, _: Level) -> Value {
    json!(profile.proxy.auth_enabled)
}

/// Contract: at 4.5 the type decides.
pub(super) fn set_proxy_auth(edit: &mut Edit, value: &Value) {
    if edit.level > Level::L45 && *value != proxy_auth(edit.profile, edit.level) {
        edit.put("proxy.auth_enabled", convert::boolean(value));
    }
}

pub(super) fn proxy_torrents_only(profile: &Profile, _: Level) -> Value {
    let proxy = &profile.proxy;
    json!(proxy.bittorrent && !proxy.rss && !proxy.misc)
}

pub(super) fn set_proxy_torrents_only(edit: &mut Edit, value: &Value) {
    let only = convert::boolean(value);
    if json!(only) != proxy_torrents_only(edit.profile, edit.level) {
        edit.put("proxy.rss", !only);
        edit.put("proxy.misc", !only);
    }
}

pub(super) fn interface_name(profile: &Profile) -> Value {
    json!(profile.connection.interface)
}

pub(super) fn empty(_: &Profile) -> Value {
    json!("")
}

pub(super) fn bootstrap_nodes(profile: &Profile, _: Level) -> Value {
    json!(profile.bittorrent.dht_bootstrap_nodes)
}

/// Contract: an empty list goes back to the default.
pub(super) fn set_bootstrap_nodes(edit: &mut Edit, value: &Value) {
    let text = convert::text(value);
    if text == edit.profile.bittorrent.dht_bootstrap_nodes {
        return;
    }
    if text.is_empty() {
        edit.written.patch.reset("bittorrent.dht_bootstrap_nodes");
    } else {
        edit.put("bittorrent.dht_bootstrap_nodes", text);
    }
}

pub(super) fn banned(profile: &Profile, _: Level) -> Value {
    json!(profile.filter.banned_addresses.join("\n"))
}

pub(super) fn set_banned(edit: &mut Edit, value: &Value) {
    let text = convert::text(value);
    let valid = text.split('\n').map(convert::address).filter(|address| !address.is_empty());
    let banned: Vec<String> = valid.collect();
    if banned != edit.profile.filter.banned_addresses {
        edit.put("filter.banned_addresses", banned);
    }
}

pub(super) fn bypass_subnets(profile: &Profile, _: Level) -> Value {
    json!(profile.webui.bypass_subnets.join("\n"))
}

pub(super) fn set_bypass_subnets(edit: &mut Edit, value: &Value) {
    let text = convert::text(value);
    let nets: Vec<String> = text.split(['\n', ',']).filter_map(subnet).collect();
    if nets != edit.profile.webui.bypass_subnets {
        edit.put("webui.bypass_subnets", nets);
    }
}

fn subnet(text: &str) -> Option<String> {
    let text = text.trim();
    let net = match text.parse() {
        Ok(net) => net,
        Err(_) if text.contains(':') => IpNet::from(text.parse::<IpAddr>().ok()?),
        Err(_) => short_subnet(text)?.into(),
    };
    Some(net.trunc().to_string())
}

/// Contract: an IPv4 network may lack its last parts (`10/8`), the length of its prefix, which then follows from the
/// parts, and may have a mask in its place.
fn short_subnet(text: &str) -> Option<Ipv4Net> {
    let (address, mask) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let parts: Vec<&str> = address.strip_suffix('.').unwrap_or(address).split('.').collect();
    let mut bytes = [0; 4];
    for (place, part) in parts.iter().enumerate() {
        let digits = part.bytes().all(|digit| digit.is_ascii_digit());
        *bytes.get_mut(place)? = part.parse().ok().filter(|_| digits)?;
    }
    let address = Ipv4Addr::from(bytes);
    match mask {
        None => Ipv4Net::new(address, u8::try_from(parts.len() * 8).ok()?).ok(),
        Some(mask) if mask.contains('.') => Ipv4Net::with_netmask(address, mask.parse().ok()?).ok(),
        Some(length) => Ipv4Net::new(address, length.parse().ok()?).ok(),
    }
}

pub(super) fn username(profile: &Profile, _: Level) -> Value {
    json!(profile.webui.username)
}

pub(super) fn set_username(edit: &mut Edit, value: &Value) {
    let name = convert::text(value);
    if edit.level >= Level::L53 {
        let refusal = if name.chars().count() < 3 {
            Some("WebUI username must be at least 3 characters long")
        } else if name.contains(':') {
            Some("WebUI username cannot contain a colon")
        } else {
            None
        };
        if let Some(text) = refusal {
            edit.written.refusal = Some(Reply::bad_request(text));
            return;
        }
    }
    if name != edit.profile.webui.username {
        edit.put("webui.username", name);
    }
}

/// Called for `web_ui_password`, which is in no answer.
pub(super) fn set_password(edit: &mut Edit, value: &Value) {
    let password = convert::text(value);
    if edit.level >= Level::L53 && password.chars().count() < 6 {
        let text = "WebUI password must be at least 6 characters long";
        edit.written.refusal = Some(Reply::bad_request(text));
    } else if !password.is_empty() {
        edit.written.password = Some(password);
    }
}

/// Contract: the port of the web server is never 0.
pub(super) fn web_port(profile: &Profile, _: Level) -> Value {
    json!(profile.webui.port)
}

pub(super) fn set_web_port(edit: &mut Edit, value: &Value) {
    match u16::try_from(convert::integer(value)) {
        Ok(port) if port > 0 && port != edit.profile.webui.port => edit.put("webui.port", port),
        _ => {}
    }
}

pub(super) fn remove_option(profile: &Profile, _: Level) -> Value {
    json!(if profile.downloads.remove_to_trash { "MoveToTrash" } else { "Delete" })
}

/// Contract: an unknown word means the trash.
pub(super) fn set_remove_option(edit: &mut Edit, value: &Value) {
    if *value != remove_option(edit.profile, edit.level) {
        edit.put("downloads.remove_to_trash", convert::text(value) != "Delete");
    }
}

pub(super) fn shutdown_timeout(profile: &Profile, _: Level) -> Value {
    json!(profile.engine.shutdown_timeout_seconds.map_or(-1, i64::from))
}

/// Contract: -1 is no limit; what is below, or no number, is passed over.
pub(super) fn set_shutdown_timeout(edit: &mut Edit, value: &Value) {
    let Some(seconds) = convert::whole(value).filter(|seconds| *seconds >= -1) else { return };
    let seconds = u32::try_from(seconds).ok();
    if seconds != edit.profile.engine.shutdown_timeout_seconds {
        edit.put("engine.shutdown_timeout_seconds", json!(seconds));
    }
}

pub(super) fn dyndns_service(profile: &Profile, _: Level) -> Value {
    json!(profile.dyndns.service)
}

/// Contract: an unknown number is the first service.
pub(super) fn set_dyndns_service(edit: &mut Edit, value: &Value) {
    let service = match convert::integer(value) {
        known @ (-1 | 1) => known,
        _ => 0,
    };
    if service != i64::from(edit.profile.dyndns.service) {
        edit.put("dyndns.service", service);
    }
}

pub(super) fn save_path(profile: &Profile, _: Level) -> Value {
    json!(profile.downloads.save_path)
}

/// Contract: an empty path goes back to the default.
pub(super) fn set_save_path(edit: &mut Edit, value: &Value) {
    let path = convert::path(&convert::text(value));
    if path == edit.profile.downloads.save_path {
        return;
    }
    if path.is_empty() {
        edit.written.patch.reset("downloads.save_path");
    } else {
        edit.put("downloads.save_path", path);
    }
}
