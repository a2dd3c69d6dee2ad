//! Checks that a type and a range cannot express. A dangerous value is refused, never stored.

use std::net::IpAddr;
use std::path::{Component, Path};

use super::field::Kind;
use super::keys::{self, Refused};
use super::profile::Profile;
use super::{addresses, listener, logins, peer_class};

/// Texts of several lines.
const MULTILINE: [&str; 2] = ["trackers.add", "webui.custom_headers"];

/// Checks one key of a profile that is about to be in force.
pub(super) fn check(profile: &Profile, key: &str, home: &Path) -> Result<(), Refused> {
    let outcome = match key {
        _ if has_control(profile, key) => Err("must not contain control characters".to_owned()),
        "webui.address" => {
            listen_address(&profile.webui.address).and_then(|()| listener::check(profile))
        }
        "webui.port" | "webui.listeners" => listener::check(profile),
        "webui.base_path" => base_path(&profile.webui.base_path),
        "webui.bypass_subnets" => each(&profile.webui.bypass_subnets, subnet),
        "webui.custom_headers" => headers(&profile.webui.custom_headers),
        "webui.alternative_path" => optional_path(&profile.webui.alternative_path, profile, home),
        "webui.cookie_name" => cookie_name(&profile.webui.cookie_name),
        "connection.interface" => interface(&profile.connection.interface),
        "connection.interface_address" => optional_address(&profile.connection.interface_address),
        "connection.outgoing_port_min" | "connection.outgoing_port_max" => outgoing_ports(profile),
        "trackers.announce_address" => optional_address(&profile.trackers.announce_address),
        "connection.listen_on" => each(&profile.connection.listen_on, place),
        "bittorrent.dht_bootstrap_nodes" => nodes(&profile.bittorrent.dht_bootstrap_nodes),
        logins::KEY => logins::parse(profile.trackers.logins.reveal()).map(|_| ()),
        "trackers.user_agent" => user_agent(&profile.trackers.user_agent),
        "trackers.add_from_url" => optional_url(&profile.trackers.add_from_url),
        "limits.peer_classes" => peer_class::parse(&profile.limits.peer_classes).map(|_| ()),
        "filter.banned_addresses" => each(&profile.filter.banned_addresses, address),
        "filter.rules" => each(&profile.filter.rules, |text| addresses::range(text).map(|_| ())),
        "filter.list_url" => optional_url(&profile.filter.list_url),
        "filter.tracker_hosts" => each(&profile.filter.tracker_hosts, host_pattern),
        "proxy.host" => host(&profile.proxy.host),
        "i2p.address" => host(&profile.i2p.address),
        "downloads.save_path" => content_path(&profile.downloads.save_path, profile, home),
        "downloads.temp_path" => content_path(&profile.temp_path(), profile, home),
        "downloads.export_path" => optional_path(&profile.downloads.export_path, profile, home),
        "downloads.export_finished_path" => {
            optional_path(&profile.downloads.export_finished_path, profile, home)
        }
        "paths.roots" => roots(profile, home),
        _ => Ok(()),
    };
    outcome.map_err(|reason| Refused { key: key.to_owned(), reason })
}

type Outcome = Result<(), String>;

fn ensure(holds: bool, reason: &str) -> Outcome {
    if holds { Ok(()) } else { Err(reason.to_owned()) }
}

fn each(items: &[String], check: impl Fn(&str) -> Outcome) -> Outcome {
    items.iter().try_for_each(|item| check(item))
}

fn address(text: &str) -> Outcome {
    match text.parse::<IpAddr>() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("has `{text}`, which is not an IP address")),
    }
}

fn optional_address(text: &str) -> Outcome {
    if text.is_empty() { Ok(()) } else { address(text) }
}

fn listen_address(text: &str) -> Outcome {
    if text == "*" { Ok(()) } else { address(text) }
}

fn subnet(text: &str) -> Outcome {
    match text.parse::<ipnet::IpNet>() {
        Ok(_) => Ok(()),
        Err(_) => address(text),
    }
}

/// A name of a device: libtorrent reads lists of them separated by commas, with ports after colons.
fn interface(text: &str) -> Outcome {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    ensure(text.len() <= 64 && text.chars().all(plain), "must be the name of a network interface")
}

fn host(text: &str) -> Outcome {
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@');
    ensure(text.len() <= 255 && !text.contains(bad), "must be a host name or an address")
}

fn headers(text: &str) -> Outcome {
    let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    ensure(!text.contains(bad), "must not contain control characters")
}

fn cookie_name(text: &str) -> Outcome {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    ensure(text.len() <= 64 && text.chars().all(plain), "must be letters, digits, `-`, `_` and `.`")
}

/// The start of a URL's path: a prefix of plain segments that hides no interface of the server.
fn base_path(text: &str) -> Outcome {
    let Some(segments) = text.strip_prefix('/') else {
        return ensure(text.is_empty(), "must start with `/`");
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let is_plain = |segment: &str| {
        !matches!(segment, "" | "." | "..") && segment.len() <= 64 && segment.chars().all(plain)
    };
    ensure(
        segments.split('/').all(is_plain),
        "must be segments of letters, digits, `-`, `_`, `.` and `~`, without a `/` at the end",
    )?;
    let first = segments.split('/').next().unwrap_or_default();
    ensure(!matches!(first, "api" | "v1"), "must not start with `/api` or `/v1`")
}

fn outgoing_ports(profile: &Profile) -> Outcome {
    let (first, last) =
        (profile.connection.outgoing_port_min, profile.connection.outgoing_port_max);
    ensure(last == 0 || first <= last, "must leave the first port at most equal to the last")
}

/// An absolute path without `..`, below a root and outside of Revaer's own home.
fn content_path(text: &str, profile: &Profile, home: &Path) -> Outcome {
    let path = Path::new(text);
    plain_path(path)?;
    let inside = |root: &String| path.starts_with(root);
    ensure(profile.paths.roots.iter().any(inside), "is outside of `paths.roots`")?;
    ensure(
        home.as_os_str().is_empty() || !path.starts_with(home),
        "is inside of the directory where Revaer keeps its own data",
    )
}

fn optional_path(text: &str, profile: &Profile, home: &Path) -> Outcome {
    if text.is_empty() { Ok(()) } else { content_path(text, profile, home) }
}

fn plain_path(path: &Path) -> Outcome {
    ensure(path.is_absolute(), "must be an absolute path")?;
    ensure(!path.components().any(|part| part == Component::ParentDir), "must not contain `..`")
}

/// Roots leave no content outside.
fn roots(profile: &Profile, home: &Path) -> Outcome {
    let roots = &profile.paths.roots;
    ensure(!roots.is_empty(), "must not be empty")?;
    each(roots, |root| plain_path(Path::new(root)))?;
    let save_path = &profile.downloads.save_path;
    let outside = |key: &str| format!("leaves out `{key}`");
    if !save_path.is_empty() {
        content_path(save_path, profile, home).map_err(|_| outside("downloads.save_path"))?;
        content_path(&profile.temp_path(), profile, home)
            .map_err(|_| outside("downloads.temp_path"))?;
    }
    optional_path(&profile.webui.alternative_path, profile, home)
        .map_err(|_| outside("webui.alternative_path"))
}

fn has_control(profile: &Profile, key: &str) -> bool {
    let single = |row: &&keys::Row| row.kind == Kind::Text && !MULTILINE.contains(&row.key);
    let value = keys::row(key).filter(single).map(|row| row.value(profile));
    value.is_some_and(|value| value.as_str().is_some_and(|text| text.contains(char::is_control)))
}

/// A device or an address.
fn place(text: &str) -> Outcome {
    ensure(!text.is_empty(), "must not have an empty name")?;
    if text.parse::<IpAddr>().is_ok() { Ok(()) } else { interface(text) }
}

fn nodes(text: &str) -> Outcome {
    let nodes = text.split(',').map(str::trim).filter(|node| !node.is_empty());
    nodes.into_iter().try_for_each(|node| {
        let wrong = || format!("has `{node}`, which is not `host:port`");
        let (name, port) = node.rsplit_once(':').ok_or_else(wrong)?;
        host(name)?;
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        if is_port && !name.is_empty() { Ok(()) } else { Err(wrong()) }
    })
}

/// What stands in a header line.
fn user_agent(text: &str) -> Outcome {
    let plain = text.len() <= 256 && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    ensure(plain, "must be at most 256 printable characters of ASCII")
}

fn optional_url(text: &str) -> Outcome {
    if text.is_empty() {
        return Ok(());
    }
    let url: url::Url = text.parse().map_err(|_| "must be an `http` or `https` URL".to_owned())?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    ensure(is_web, "must be an `http` or `https` URL")
}

fn host_pattern(text: &str) -> Outcome {
    if addresses::is_host_pattern(text) {
        Ok(())
    } else {
        Err(format!("has `{text}`, which is no name of a host"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refusal(key: &str, value: &Value) -> Option<String> {
        let mut profile = Profile::default();
        profile.downloads.save_path = "/downloads".to_owned();
        match profile.set(key, value) {
            Err(refused) => Some(refused.to_string()),
            Ok(_) => {
                check(&profile, key, Path::new("/home/revaer")).err().map(|error| error.to_string())
            }
        }
    }

    #[test]
    fn dangerous_values_are_refused_by_name() {
        let cases = [
            ("webui.address", json!("example.org")),
            ("webui.bypass_subnets", json!(["10.0.0.0/33"])),
            ("connection.interface", json!("eth0,lo:1")),
            ("connection.interface_address", json!("1.2.3")),
            ("filter.banned_addresses", json!(["1.2.3.4", "x"])),
            ("downloads.save_path", json!("relative")),
            ("downloads.save_path", json!("/a/../etc")),
            ("downloads.save_path", json!("/home/revaer/x")),
            ("downloads.temp_path", json!("../up")),
            ("downloads.save_path", json!("/a\0b")),
            ("webui.alternative_path", json!("/home/revaer")),
            ("webui.alternative_path", json!("ui")),
            ("webui.base_path", json!("torrents")),
            ("webui.base_path", json!("/")),
            ("webui.base_path", json!("/a/../b")),
            ("webui.base_path", json!("/a/")),
            ("webui.base_path", json!("/api/v2")),
            ("webui.listeners", json!([{ "address": "127.0.0.1", "port": 8080 }])),
            ("connection.listen_port", json!("6881")),
            ("connection.listen_port", json!(1.5)),
            ("bittorrent.encryption", json!("maybe")),
            ("paths.roots", json!([])),
            ("paths.roots", json!(["/elsewhere"])),
            ("filter.rules", json!(["10.0.0.0/99"])),
            ("filter.list_url", json!("file:///etc/passwd")),
            ("filter.tracker_hosts", json!(["a b"])),
            ("trackers.user_agent", json!("a\r\nX: y")),
            ("bittorrent.dht_bootstrap_nodes", json!("node")),
            ("bittorrent.dht_bootstrap_nodes", json!("node:0")),
            ("connection.listen_on", json!(["lo:1,eth0"])),
            ("limits.peer_classes", json!({"a": {"x": 1}})),
            ("proxy.username", json!("a\nb")),
        ];
        for (key, value) in cases {
            let refusal = refusal(key, &value);

            assert!(refusal.is_some_and(|text| text.contains(key)), "{key} took {value}");
        }
    }

    #[test]
    fn usual_values_are_taken() {
        let cases = [
            ("webui.address", json!("*")),
            ("webui.address", json!("::1")),
            ("webui.bypass_subnets", json!(["10.0.0.0/8", "::1"])),
            ("connection.interface", json!("wg0.1")),
            ("downloads.temp_path", json!("incomplete")),
            ("downloads.save_path", json!("/srv/data")),
            ("webui.alternative_path", json!("/usr/share/ui")),
            ("webui.base_path", json!("/apps/torrents-1.0")),
            ("webui.listeners", json!([{ "address": "*", "port": 8081, "level": "4.5" }])),
            ("webui.alternative_path", json!("")),
        ];
        for (key, value) in cases {
            assert_eq!(refusal(key, &value), None, "{key} {value}");
        }
    }
}
