//! Shows URLs without what only their owner may know.

use std::fmt;

use url::Url;

/// A URL for logs: passwords, passkeys in the path and values of the query are left out.
pub struct Redacted<'a>(pub &'a str);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(url) = Url::parse(self.0) else { return f.write_str("(unreadable URL)") };
        if url.scheme() == "magnet" {
            let hash =
                url.query_pairs().find(|(key, _)| key == "xt").map(|(_, value)| value.into_owned());
            return write!(f, "magnet:?xt={}", hash.unwrap_or_default());
        }
        write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        for segment in url.path_segments().into_iter().flatten() {
            // Passkeys are long runs of letters and digits; names that people choose rarely are.
            let secret =
                segment.len() >= 16 && segment.bytes().all(|byte| byte.is_ascii_alphanumeric());
            write!(f, "/{}", if secret { "…" } else { segment })?;
        }
        if url.query().is_some() { f.write_str("?…") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_url_are_left_out() {
        let shown = |url| Redacted(url).to_string();

        assert_eq!(
            shown("https://u:p@t.example:99/0123456789abcdef0123/announce?key=s"),
            "https://t.example:99/…/announce?…"
        );
        assert_eq!(shown("http://t.example/announce"), "http://t.example/announce");
        assert_eq!(
            shown("magnet:?xt=urn:btih:aa&tr=http%3A%2F%2Fx%2Fkey"),
            "magnet:?xt=urn:btih:aa"
        );
        assert_eq!(shown("no url"), "(unreadable URL)");
    }
}
