//! The cookies that fetches by URL carry: an operator's jar, kept as one sealed setting.

use serde_json::{Value, json};

use super::Profile;

/// The setting that holds the jar.
pub const KEY: &str = "downloads.cookies";

/// One cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    /// With a leading dot it holds for subdomains too.
    pub domain: String,
    pub path: String,
    /// Secret.
    pub value: String,
    /// Unix seconds; `None` for as long as the server likes.
    pub expires: Option<i64>,
}

/// The jar of a profile.
#[must_use]
pub fn jar(profile: &Profile) -> Vec<Cookie> {
    let kept: Option<Vec<Value>> = serde_json::from_str(profile.downloads.cookies.reveal()).ok();
    let text = |cookie: &Value, key: &str| cookie[key].as_str().unwrap_or_default().to_owned();
    let cookies = kept.unwrap_or_default().into_iter().map(|cookie| Cookie {
        name: text(&cookie, "name"),
        domain: text(&cookie, "domain"),
        path: text(&cookie, "path"),
        value: text(&cookie, "value"),
        expires: cookie["expires"].as_i64(),
    });
    cookies.collect()
}

/// The value of the setting for a jar.
#[must_use]
pub fn setting(cookies: &[Cookie]) -> String {
    let cookies: Vec<Value> = cookies
        .iter()
        .map(|cookie| {
            json!({
                "name": cookie.name,
                "domain": cookie.domain,
                "path": cookie.path,
                "value": cookie.value,
                "expires": cookie.expires,
            })
        })
        .collect();
    Value::Array(cookies).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(domain: &str, path: &str, expires: Option<i64>) -> Cookie {
        Cookie {
            name: "n".into(),
            domain: domain.into(),
            path: path.into(),
            value: "v".into(),
            expires,
        }
    }

    #[test]
    fn a_jar_survives_its_setting() {
        let jar_before = vec![cookie("a", "/", Some(5)), cookie("b", "", None)];
        let mut profile = Profile::default();
        profile.downloads.cookies = crate::settings::Secret::new(setting(&jar_before));

        assert!(jar(&profile) == jar_before);
    }
}
