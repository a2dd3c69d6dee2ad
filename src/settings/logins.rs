//! Logins at HTTP trackers, kept as one sealed setting.
//!
//! libtorrent takes a login of a tracker in the URL alone, and sends it as it stands there (`docs/libtorrent.md`). So it
//! is put into the URLs that libtorrent is told, and nowhere else: what is stored and shown is the URL without it.

use serde_json::Value;
use url::Url;

use super::addresses;
use crate::model::login::has_login;

/// The setting that holds the logins.
pub const KEY: &str = "trackers.logins";

/// How many there can be.
const MOST: usize = 1000;

/// A login at the trackers of one host.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// In lower case, without the port.
    host: String,
    /// `None` for all ports.
    port: Option<u16>,
    username: String,
    /// Secret.
    password: String,
}

/// Reads the logins of a setting; an empty text has none.
///
/// # Errors
/// The first thing that is wrong, in words that follow the key and repeat no secret.
pub fn parse(text: &str) -> Result<Vec<Login>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Value> = serde_json::from_str(text)
        .map_err(|_| "must be a JSON array of objects with `host`, `username` and `password`")?;
    if rows.len() > MOST {
        return Err(format!("has more than {MOST} logins"));
    }
    rows.iter()
        .enumerate()
        .map(|(at, row)| one(row).map_err(|reason| format!("[{at}] {reason}")))
        .collect()
}

fn one(row: &Value) -> Result<Login, String> {
    let fields = row.as_object().ok_or("is no object")?;
    if fields.keys().any(|name| !["host", "username", "password"].contains(&name.as_str())) {
        return Err("has an unknown field".to_owned());
    }
    let text = |name: &str| {
        fields.get(name).and_then(Value::as_str).ok_or_else(|| format!("has no text as `{name}`"))
    };
    let (host, username, password) = (text("host")?, text("username")?, text("password")?);
    // Only a URL tells an address of version 6 from a port.
    let url = Url::parse(&format!("http://{host}/"));
    let url = url.ok().filter(|url| url.path() == "/" && url.query().is_none());
    let found = url.as_ref().and_then(Url::host_str).map(|host| host.trim_matches(['[', ']']));
    let found = found.filter(|host| addresses::is_host_pattern(host) && !host.starts_with('*'));
    let name = found.ok_or("has a `host` that is no name or address")?.to_ascii_lowercase();
    for (field, value) in [("username", username), ("password", password)] {
        if value.is_empty() {
            return Err(format!("has an empty `{field}`"));
        }
        if !value.chars().all(fits_a_url) {
            return Err(format!(
                "has a `{field}` that a URL cannot carry as it is: libtorrent takes letters, digits and `-._~!$&'()*+,;=` alone"
            ));
        }
    }
    Ok(Login {
        host: name,
        port: host.rsplit_once(':').and_then(|(_, port)| port.parse().ok()),
        username: username.to_owned(),
        password: password.to_owned(),
    })
}

/// What may stand before the `@` of a URL without an escape, which libtorrent does not undo.
fn fits_a_url(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=".contains(c)
}

/// The URL of a tracker with the login of its host; `None` where there is none to add.
#[must_use]
pub fn with_login(logins: &[Login], url: &str) -> Option<String> {
    if logins.is_empty() {
        return None;
    }
    let parsed = Url::parse(url).ok()?;
    if !matches!(parsed.scheme(), "http" | "https") || has_login(url.as_bytes()) {
        return None;
    }
    let host = parsed.host_str()?.trim_matches(['[', ']']).trim_end_matches('.');
    let port = parsed.port_or_known_default();
    // The port that is named wins over the word for all ports.
    let fits = |login: &&Login| login.host == host && (login.port.is_none() || login.port == port);
    let login = logins.iter().filter(fits).max_by_key(|login| login.port.is_some())?;
    let (scheme, rest) = url.split_once("://")?;
    Some(format!("{scheme}://{}:{}@{rest}", login.username, login.password))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::login::without_logins;

    fn logins(text: &str) -> Vec<Login> {
        parse(text).unwrap()
    }

    #[test]
    fn a_login_goes_to_its_host_and_port_alone() {
        let all = logins(
            r#"[{"host": "Tracker.example", "username": "u", "password": "p"},
                {"host": "tracker.example:81", "username": "v", "password": "q"},
                {"host": "[::1]:6969", "username": "w", "password": "r"}]"#,
        );
        for (url, expected) in [
            ("http://tracker.example/announce", Some("http://u:p@tracker.example/announce")),
            ("https://TRACKER.example:443/a?k=1", Some("https://u:p@TRACKER.example:443/a?k=1")),
            ("http://tracker.example:81/a", Some("http://v:q@tracker.example:81/a")),
            ("http://[::1]:6969/announce", Some("http://w:r@[::1]:6969/announce")),
            ("http://[::1]:1/announce", None),
            ("http://own:own@tracker.example/a", None),
            ("http://tracker.example.org/a", None),
            ("http://x.org/?u=tracker.example", None),
            ("udp://tracker.example:1", None),
        ] {
            let found = with_login(&all, url);

            assert_eq!(found.as_deref(), expected, "{url}");
            if let Some(found) = found {
                assert_eq!(without_logins(&found), url);
            }
        }
    }

    #[test]
    fn what_no_url_can_carry_is_refused_without_repeating_it() {
        for (text, reason) in [
            ("x", "JSON array"),
            ("[1]", "is no object"),
            (r#"[{"host": "a", "username": "u"}]"#, "`password`"),
            (r#"[{"host": "a", "username": "u", "password": "p", "x": 1}]"#, "unknown field"),
            (r#"[{"host": "a/b", "username": "u", "password": "p"}]"#, "`host`"),
            (r#"[{"host": "*.a", "username": "u", "password": "p"}]"#, "`host`"),
            (r#"[{"host": "", "username": "u", "password": "p"}]"#, "`host`"),
            (r#"[{"host": "a", "username": "", "password": "p"}]"#, "empty `username`"),
            (r#"[{"host": "a", "username": "u", "password": "geheim@x"}]"#, "`password`"),
            (r#"[{"host": "a", "username": "u", "password": "geheim%40"}]"#, "`password`"),
            (
                "[{\"host\": \"a\", \"username\": \"u\", \"password\": \"geheim\\r\\n\"}]",
                "`password`",
            ),
        ] {
            let refused = parse(text).err().unwrap_or_else(|| panic!("took {text}"));

            assert!(refused.contains(reason), "{text}: {refused}");
            assert!(!refused.contains("geheim"), "{refused}");
        }
        assert!(logins("").is_empty());
    }
}
