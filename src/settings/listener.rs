//! Further listeners of the web server: the rows of `webui.listeners`, and the same rows as flags.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::field::{ContractLevel, Field, Kind, Range, Taken};
use super::profile::Profile;

/// Most rows: each costs a thread and a socket.
const MOST: usize = 16;

const NAMES: [&str; 5] = ["address", "port", "level", "strict", "https"];

/// One listener beside the main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAt {
    /// `*` for all, or one address.
    pub address: String,
    /// 0 lets the kernel choose.
    pub port: u16,
    /// The level of requests without an API key that has its own; `None` for the instance's.
    pub level: Option<ContractLevel>,
    /// Only what the real server of the level does; `None` for the instance's choice.
    pub strict: Option<bool>,
    /// HTTPS, with the certificate of the web server.
    pub https: bool,
}

impl ListenAt {
    /// True if both cannot be bound at the same time.
    fn clashes(&self, address: &str, port: u16) -> bool {
        self.port != 0 && self.port == port && overlap(&self.address, address)
    }
}

/// True if one address is the other or contains it.
fn overlap(one: &str, other: &str) -> bool {
    let any = |text: &str| {
        text == "*" || text.parse().is_ok_and(|address: IpAddr| address.is_unspecified())
    };
    any(one) || any(other) || one.parse::<IpAddr>().ok() == other.parse().ok()
}

/// Refuses rows that cannot be bound beside each other or beside the main listener.
pub(super) fn check(profile: &Profile) -> Result<(), String> {
    let webui = &profile.webui;
    let rows = &webui.listeners;
    for (at, row) in rows.iter().enumerate() {
        if row.clashes(&webui.address, webui.port) {
            return Err(format!("leaves the main listener and `{row}` at the same place"));
        }
        if let Some(other) = rows[..at].iter().find(|other| other.clashes(&row.address, row.port)) {
            return Err(format!("has `{other}` and `{row}` at the same place"));
        }
    }
    Ok(())
}

impl fmt::Display for ListenAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address.parse() {
            Ok(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            _ => write!(f, "{}:{}", self.address, self.port),
        }
    }
}

/// Reads the form of the flag: `ADDRESS:PORT[,level=4.5][,strict][,https]`.
impl FromStr for ListenAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split(',').map(str::trim);
        let place = words.next().unwrap_or_default();
        let (address, port) =
            place.rsplit_once(':').ok_or_else(|| format!("`{place}` is not ADDRESS:PORT"))?;
        let address = address
            .strip_prefix('[')
            .and_then(|address| address.strip_suffix(']'))
            .unwrap_or(address);
        let port: u16 = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
        let mut row = Map::new();
        row.insert("address".to_owned(), Value::from(address));
        row.insert("port".to_owned(), Value::from(port));
        for word in words {
            let (name, value) = match word.split_once('=') {
                Some(("level", level)) => ("level", Value::from(level)),
                Some((name, "true")) => (name, Value::Bool(true)),
                Some((name, "false")) => (name, Value::Bool(false)),
                Some((name, other)) => return Err(format!("`{name}` cannot be `{other}`")),
                None => (word, Value::Bool(true)),
            };
            if row.insert(name.to_owned(), value).is_some() {
                return Err(format!("`{name}` is there twice"));
            }
        }
        read(&row)
    }
}

impl From<&ListenAt> for Value {
    fn from(row: &ListenAt) -> Self {
        json!({
            "address": row.address,
            "port": row.port,
            "level": row.level.map(ContractLevel::as_str),
            "strict": row.strict,
            "https": row.https,
        })
    }
}

fn read(row: &Map<String, Value>) -> Result<ListenAt, String> {
    if let Some(name) = row.keys().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(format!("`{name}` is not one of {}", NAMES.join(", ")));
    }
    let value = |name: &str| row.get(name).filter(|value| !value.is_null());
    let within = |name: &'static str| move |reason: String| format!("`{name}` {reason}");
    let switch = |name: &'static str| {
        let read = |value| bool::from_json(value, &None).map(|taken| taken.value);
        value(name).map(read).transpose().map_err(within(name))
    };
    let address = value("address").and_then(Value::as_str).ok_or("`address` must be a text")?;
    if address != "*" && address.parse::<IpAddr>().is_err() {
        return Err(format!("`address` is `{address}`, which is neither `*` nor an IP address"));
    }
    let port = value("port")
        .and_then(Value::as_u64)
        .and_then(|port| u16::try_from(port).ok())
        .ok_or("`port` must be a number from 0 to 65535")?;
    let level = value("level")
        .map(|value| ContractLevel::from_json(value, &None).map(|taken| taken.value))
        .transpose()
        .map_err(within("level"))?;
    Ok(ListenAt {
        address: address.to_owned(),
        port,
        level,
        strict: switch("strict")?,
        https: switch("https")?.unwrap_or_default(),
    })
}

impl Field for Vec<ListenAt> {
    const KIND: Kind = Kind::Rows(&NAMES);

    fn to_json(&self) -> Value {
        self.iter().map(Value::from).collect()
    }

    fn from_json(value: &Value, _: &Range) -> Result<Taken<Self>, String> {
        let rows = value.as_array().ok_or_else(|| format!("must be a {}", Self::KIND))?;
        if rows.len() > MOST {
            return Err(format!("must not have more than {MOST} rows"));
        }
        let row = |(at, row): (usize, &Value)| {
            let row = row.as_object().ok_or_else(|| "is not an object".to_owned());
            row.and_then(read).map_err(|reason| format!("has a wrong row {}: {reason}", at + 1))
        };
        let rows: Self = rows.iter().enumerate().map(row).collect::<Result<_, _>>()?;
        Ok(Taken::exact(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(value: &Value) -> Result<Vec<ListenAt>, String> {
        Vec::from_json(value, &None).map(|taken| taken.value)
    }

    #[test]
    fn a_flag_and_a_row_say_the_same() {
        let flag: ListenAt = "[::1]:8081,level=4.5,strict,https".parse().unwrap();
        let row = json!([{
            "address": "::1", "port": 8081, "level": "4.5", "strict": true, "https": true
        }]);

        assert_eq!(rows(&row).unwrap(), std::slice::from_ref(&flag));
        assert_eq!(flag.to_string(), "[::1]:8081");
        assert_eq!(vec![flag].to_json(), row);
        let short: ListenAt = "*:0".parse().unwrap();
        assert_eq!(rows(&json!([{ "address": "*", "port": 0, "level": null }])).unwrap(), [short]);
    }

    #[test]
    fn a_wrong_row_is_refused_by_name() {
        let cases = [
            (json!({}), "list of objects"),
            (json!([1]), "row 1"),
            (json!([{ "address": "example.org", "port": 1 }]), "`address`"),
            (json!([{ "address": "*", "port": 65536 }]), "`port`"),
            (json!([{ "address": "*", "port": "1" }]), "`port`"),
            (json!([{ "address": "*", "port": 1, "level": "5.0" }]), "`level`"),
            (json!([{ "address": "*", "port": 1, "strict": 1 }]), "`strict`"),
            (json!([{ "address": "*", "port": 1, "tls": true }]), "`tls`"),
        ];
        for (value, word) in cases {
            let refusal = rows(&value).unwrap_err();

            assert!(refusal.contains(word), "{value}: {refusal}");
        }
        for flag in ["8081", "*:x", "*:1,level=5", "*:1,strict,strict", "*:1,https=no", "a:1"] {
            assert!(flag.parse::<ListenAt>().is_err(), "{flag}");
        }
    }

    #[test]
    fn two_listeners_at_one_place_are_refused() {
        let refused = |main: &str, flags: &[&str]| {
            let mut profile = Profile::default();
            profile.webui.address = main.to_owned();
            profile.webui.listeners = flags.iter().map(|flag| flag.parse().unwrap()).collect();
            check(&profile).is_err()
        };

        assert!(refused("127.0.0.1", &["127.0.0.1:8080"]));
        assert!(refused("127.0.0.1", &["*:8080"]));
        assert!(refused("*", &["[::1]:8080"]));
        assert!(refused("127.0.0.1", &["127.0.0.1:1", "0.0.0.0:1"]));
        assert!(!refused("127.0.0.1", &["127.0.0.2:8080", "127.0.0.1:1", "[::1]:1"]));
        assert!(!refused("127.0.0.1", &["127.0.0.1:0", "127.0.0.1:0"]));
    }
}
