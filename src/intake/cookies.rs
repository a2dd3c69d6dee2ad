//! Cookies that fetches send, as operators and old clients hand them over.

use std::sync::{Mutex, PoisonError};

use url::Url;

/// One cookie; the fields of `app/cookies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    /// A host, or with a leading dot also its subdomains.
    pub domain: String,
    /// Empty for all.
    pub path: String,
    /// Secret: never logged.
    pub value: String,
    /// Unix seconds; 0 does not expire.
    pub expires: i64,
}

/// All cookies. Kept in memory; whoever owns the jar stores and restores them.
#[derive(Default)]
pub struct Jar(Mutex<Vec<Cookie>>);

impl Jar {
    #[must_use]
    pub fn all(&self) -> Vec<Cookie> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces all cookies.
    pub fn replace(&self, cookies: Vec<Cookie>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = cookies;
    }

    /// Takes cookies for the host of a URL from a text of the form `name=value; name2=value2`.
    pub fn add_for(&self, url: &Url, text: &str) {
        let Some(host) = url.host_str() else { return };
        let mut cookies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for pair in text.split(';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() {
                continue;
            }
            cookies.retain(|cookie| cookie.name != name || cookie.domain != host);
            cookies.push(Cookie {
                name: name.to_owned(),
                domain: host.to_owned(),
                path: "/".to_owned(),
                value: value.to_owned(),
                expires: 0,
            });
        }
    }

    /// The `Cookie` header for a URL, if any cookie is meant for it. `now` in unix seconds.
    #[must_use]
    pub fn header(&self, url: &Url, now: i64) -> Option<String> {
        let host = url.host_str()?;
        let cookies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = cookies.iter().filter(|cookie| {
            (cookie.expires == 0 || cookie.expires > now)
                && is_for(cookie, host)
                && lies_below(url.path(), &cookie.path)
        });
        let pairs: Vec<String> =
            fitting.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

fn is_for(cookie: &Cookie, host: &str) -> bool {
    let domain = cookie.domain.to_ascii_lowercase();
    match domain.strip_prefix('.') {
        Some(parent) => host == parent || host.ends_with(&domain),
        None => host == domain,
    }
}

fn lies_below(path: &str, base: &str) -> bool {
    base.is_empty()
        || path
            .strip_prefix(base)
            .is_some_and(|rest| base.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_go_to_their_host_only() {
        let jar = Jar::default();
        jar.add_for(&Url::parse("https://a.example/x").unwrap(), "uid=1; pass=2=3;; =x; junk");

        let header = |url: &str| jar.header(&Url::parse(url).unwrap(), 0);
        assert_eq!(header("http://a.example/y").as_deref(), Some("uid=1; pass=2=3"));
        assert_eq!(header("http://b.a.example/y"), None);
    }

    #[test]
    fn domains_paths_and_expiry_are_kept() {
        let jar = Jar::default();
        let cookie = |domain: &str, path: &str, expires| Cookie {
            name: "n".to_owned(),
            domain: domain.to_owned(),
            path: path.to_owned(),
            value: "v".to_owned(),
            expires,
        };
        jar.replace(vec![cookie(".example", "/a", 10)]);

        let header = |url: &str, now| jar.header(&Url::parse(url).unwrap(), now).is_some();
        assert!(header("http://x.example/a/b", 9));
        assert!(!header("http://x.example/a/b", 10));
        assert!(!header("http://x.example/ab", 9));
        assert!(!header("http://xexample/a", 9));
    }
}
