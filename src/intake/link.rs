//! What a line of text can name a torrent by.

use url::Url;

/// A magnet, or a URL that a torrent file can be fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    Magnet(String),
    Url(Url),
}

impl Link {
    /// Reads a magnet, an `http` or `https` URL, or a bare info-hash: 40 hexadecimal or 32 base32 digits for v1, 64
    /// hexadecimal digits for v2.
    ///
    /// Paths and `file:` URLs name files of the server and are not taken from clients.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_hex = || text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let is_base32 =
            || text.bytes().all(|digit| matches!(digit, b'A'..=b'Z' | b'a'..=b'z' | b'2'..=b'7'));
        let starts = |prefix: &str| {
            text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        match text.len() {
            _ if starts("magnet:") => Some(Self::Magnet(text.to_owned())),
            _ if starts("http://") || starts("https://") => {
                Url::parse(text).ok().filter(|url| url.host().is_some()).map(Self::Url)
            }
            40 if is_hex() => Some(Self::Magnet(format!("magnet:?xt=urn:btih:{text}"))),
            32 if is_base32() => Some(Self::Magnet(format!("magnet:?xt=urn:btih:{text}"))),
            64 if is_hex() => Some(Self::Magnet(format!("magnet:?xt=urn:btmh:1220{text}"))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_become_magnets() {
        let magnet = |text: &str| match Link::parse(text) {
            Some(Link::Magnet(uri)) => uri,
            other => format!("{other:?}"),
        };

        assert_eq!(magnet(&"a".repeat(40)), format!("magnet:?xt=urn:btih:{}", "a".repeat(40)));
        assert_eq!(magnet(&"A".repeat(32)), format!("magnet:?xt=urn:btih:{}", "A".repeat(32)));
        assert_eq!(magnet(&"0".repeat(64)), format!("magnet:?xt=urn:btmh:1220{}", "0".repeat(64)));
        assert_eq!(magnet(" MAGNET:?xt=x "), "MAGNET:?xt=x");
    }

    #[test]
    fn files_of_the_server_are_no_links() {
        for text in
            ["", "/etc/passwd", "file:///etc/passwd", "garbage", "ftp://a/b", "http://", "C:\\x"]
        {
            assert_eq!(Link::parse(text), None, "{text}");
        }
        assert!(matches!(Link::parse("HTTP://a/b"), Some(Link::Url(_))));
    }
}
