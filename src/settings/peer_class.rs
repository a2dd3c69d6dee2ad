//! Classes of peers with limits of their own, as an object of `limits.peer_classes`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::addresses;

/// How many there can be.
pub const MOST: usize = 16;

/// Ways in which a peer can be connected, in the order of their bits.
const SOCKETS: [&str; 5] = ["tcp", "utp", "tcp_tls", "utp_tls", "i2p"];

/// Peers with limits of their own: those of some addresses, and those that connect in some ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerClass {
    pub name: String,
    /// First and last addresses.
    pub ranges: Vec<(IpAddr, IpAddr)>,
    /// Bits: 1 TCP, 2 uTP, 4 TCP with TLS, 8 uTP with TLS, 16 I2P.
    pub sockets: u8,
    /// Bytes per second of all members together; 0 unlimited.
    pub download_limit: u32,
    pub upload_limit: u32,
    /// 1 to 255: share of the bandwidth against other classes.
    pub download_priority: u8,
    pub upload_priority: u8,
    /// Percent of the connection limit that counts for members.
    pub connection_limit_percent: u32,
    /// Members are always uploaded to.
    pub ignore_unchoke_slots: bool,
}

/// The classes of a setting, in the order of their names.
///
/// # Errors
/// The first thing that is wrong, in words that follow the key.
pub fn parse(classes: &BTreeMap<String, Value>) -> Result<Vec<PeerClass>, String> {
    if classes.len() > MOST {
        return Err(format!("has more than {MOST} classes"));
    }
    classes.iter().map(|(name, class)| one(name, class)).collect()
}

fn one(name: &str, class: &Value) -> Result<PeerClass, String> {
    let within = |reason: String| format!("has a class `{name}` that {reason}");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err("has a class whose name is not made of letters, digits, `-` and `_`".to_owned());
    }
    let fields = class.as_object().ok_or_else(|| within("is no object".to_owned()))?;
    read(name, fields).map_err(within)
}

fn read(name: &str, fields: &Map<String, Value>) -> Result<PeerClass, String> {
    let mut class = PeerClass {
        name: name.to_owned(),
        ranges: Vec::new(),
        sockets: 0,
        download_limit: 0,
        upload_limit: 0,
        download_priority: 1,
        upload_priority: 1,
        connection_limit_percent: 100,
        ignore_unchoke_slots: false,
    };
    for (field, value) in fields {
        let wrong = || format!("has a wrong `{field}`");
        let number = |low: u64, high: u64| {
            value.as_u64().filter(|number| (low..=high).contains(number)).ok_or_else(wrong)
        };
        let texts = || {
            let items = value.as_array().ok_or_else(wrong)?;
            items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()
        };
        let rate =
            || number(0, 2_147_483_647).and_then(|rate| u32::try_from(rate).map_err(|_| wrong()));
        let priority = || number(1, 255).and_then(|share| u8::try_from(share).map_err(|_| wrong()));
        match field.as_str() {
            "addresses" => {
                for text in texts()? {
                    class.ranges.push(addresses::range(text)?);
                }
            }
            "sockets" => {
                for text in texts()? {
                    let bit = SOCKETS.iter().position(|socket| *socket == text);
                    let bit = bit.ok_or_else(|| {
                        format!("knows no socket `{text}`, only {}", SOCKETS.join(", "))
                    })?;
                    class.sockets |= 1 << bit;
                }
            }
            "download_bytes_per_second" => class.download_limit = rate()?,
            "upload_bytes_per_second" => class.upload_limit = rate()?,
            "download_priority" => class.download_priority = priority()?,
            "upload_priority" => class.upload_priority = priority()?,
            "connection_limit_percent" => {
                let percent = number(1, 10_000)?;
                class.connection_limit_percent = u32::try_from(percent).map_err(|_| wrong())?;
            }
            "ignore_unchoke_slots" => {
                class.ignore_unchoke_slots = value.as_bool().ok_or_else(wrong)?;
            }
            _ => return Err(format!("has an unknown `{field}`")),
        }
    }
    Ok(class)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(value: &Value) -> Result<Vec<PeerClass>, String> {
        let map = value.as_object().unwrap().clone();
        parse(&map.into_iter().collect())
    }

    #[test]
    fn classes_are_read() {
        let classes = parsed(&json!({"home": {
            "addresses": ["192.168.0.0/16", "fd00::1-fd00::9"], "sockets": ["tcp", "utp"],
            "download_bytes_per_second": 1000, "upload_priority": 9, "ignore_unchoke_slots": true,
        }}))
        .unwrap();

        let class = &classes[0];
        assert_eq!((class.name.as_str(), class.sockets, class.ranges.len()), ("home", 3, 2));
        assert_eq!((class.download_limit, class.upload_limit), (1000, 0));
        assert_eq!((class.upload_priority, class.download_priority), (9, 1));
        assert!(class.ignore_unchoke_slots);
    }

    #[test]
    fn wrong_classes_are_refused_by_field() {
        for (class, word) in [
            (json!({"a b": {}}), "name"),
            (json!({"a": []}), "object"),
            (json!({"a": {"addresses": ["x"]}}), "x"),
            (json!({"a": {"sockets": ["carrier_pigeon"]}}), "carrier_pigeon"),
            (json!({"a": {"upload_priority": 0}}), "upload_priority"),
            (json!({"a": {"download_bytes_per_second": -1}}), "download_bytes_per_second"),
            (json!({"a": {"colour": 1}}), "colour"),
        ] {
            let reason = parsed(&class).unwrap_err();

            assert!(reason.contains(word), "{reason}");
        }
    }
}
