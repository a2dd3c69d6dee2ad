//! The headers of an answer that a client may read, less those that every answer of its level has.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::normal;
use crate::Level;

/// What belongs to the connection, or stands in a recording as the content.
const LEFT_OUT: [&str; 5] =
    ["connection", "content-length", "content-type", "date", "transfer-encoding"];

/// What a server with the preferences of a fresh instance adds to every answer.
fn usual(level: Level) -> BTreeMap<&'static str, String> {
    let frames = if level >= Level::L51 { " frame-src 'self' blob:;" } else { "" };
    let policy = format!(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         script-src 'self' 'unsafe-inline'; object-src 'none'; form-action 'self';{frames} \
         frame-ancestors 'self';"
    );
    let mut usual = BTreeMap::from([
        ("content-security-policy", policy),
        ("referrer-policy", "same-origin".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("x-frame-options", "SAMEORIGIN".to_owned()),
        ("x-xss-protection", "1; mode=block".to_owned()),
    ]);
    if level >= Level::L51 {
        usual.insert("cross-origin-opener-policy", "same-origin".to_owned());
    }
    usual
}

/// The headers that an answer has beside the usual ones, and with null those that it lacks.
pub(super) fn unusual(
    headers: &HeaderMap,
    level: Level,
    replaced: &[(String, String)],
) -> BTreeMap<String, Value> {
    let usual = usual(level);
    let names: BTreeSet<&str> = headers
        .keys()
        .map(reqwest::header::HeaderName::as_str)
        .chain(usual.keys().copied())
        .collect();
    let text = |name: &str| {
        let values = headers.get_all(name).iter();
        let values: Vec<String> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .map(|value| if name == "set-cookie" { cookie(&value) } else { value })
            .map(|value| normal::text(&value, replaced))
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    names
        .into_iter()
        .filter(|name| !LEFT_OUT.contains(name))
        .map(|name| (name, text(name)))
        .filter(|(name, found)| usual.get(name) != found.as_ref())
        .map(|(name, found)| (name.to_owned(), found.map_or(Value::Null, Value::from)))
        .collect()
}

/// A cookie without what no two runs share: the port in its name, its value and its end.
fn cookie(text: &str) -> String {
    let masked = text.split("; ").enumerate().map(|(index, part)| match part.split_once('=') {
        Some((name, value)) if index == 0 => {
            let name = if name.starts_with("QBT_SID_") { "QBT_SID_{port}" } else { name };
            format!("{name}={}", if value.is_empty() { "" } else { "{value}" })
        }
        Some(("expires", _)) => "expires={time}".to_owned(),
        _ => part.to_owned(),
    });
    masked.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_every_answer_has_is_left_out_and_what_one_lacks_is_told() {
        let mut headers = HeaderMap::new();
        for (name, value) in usual(Level::L45) {
            headers.insert(name, HeaderValue::from_str(&value).unwrap());
        }
        headers.insert("date", HeaderValue::from_static("Fri, 20 Nov 2026 23:31:16 GMT"));
        assert!(unusual(&headers, Level::L45, &[]).is_empty());

        headers.remove("referrer-policy");
        let session =
            "QBT_SID_18530=qNw+gx; HttpOnly; expires=Fri, 20-Nov-2026 23:31:16 GMT; path=/";
        headers.insert("set-cookie", HeaderValue::from_static(session));
        let found = unusual(&headers, Level::L45, &[]);

        let masked = "QBT_SID_{port}={value}; HttpOnly; expires={time}; path=/";
        assert_eq!(json!(found), json!({"referrer-policy": null, "set-cookie": masked}));
    }
}
