//! The path below which a reverse proxy shows this server.
//!
//! The real servers know no such path: their pages use relative URLs, their cookies hold for `/`, and a proxy has to
//! strip the prefix. With `webui.base_path` set, both kinds of proxies work: requests are answered with and without
//! the prefix, and the session's cookie holds for that path alone, so that neighbours on the same host never see it.

use actix_web::http::StatusCode;

use super::qbittorrent::reply::Reply;

/// The path of a request as the mounts know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located<'a> {
    /// Without the base path.
    pub path: &'a str,
    /// The request named the base path.
    pub is_below: bool,
}

impl<'a> Located<'a> {
    /// Takes the base path off, if it is there.
    #[must_use]
    pub fn of(path: &'a str, base: &str) -> Self {
        match path.strip_prefix(base) {
            Some(rest) if !base.is_empty() && (rest.is_empty() || rest.starts_with('/')) => {
                Self { path: rest, is_below: true }
            }
            _ => Self { path, is_below: false },
        }
    }

    /// Sends a browser from the base path itself to the folder, where relative URLs hold.
    #[must_use]
    pub fn redirect(&self, base: &str, query: &str) -> Option<Reply> {
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        (self.is_below && self.path.is_empty()).then(|| {
            Reply::error(StatusCode::TEMPORARY_REDIRECT, "")
                .header("location", format!("{base}/{query}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_whole_segments_only() {
        let located = |path, base| {
            let located = Located::of(path, base);
            (located.path, located.is_below)
        };

        assert_eq!(located("/t/api/v2/app/version", "/t"), ("/api/v2/app/version", true));
        assert_eq!(located("/t", "/t"), ("", true));
        assert_eq!(located("/torrents/", "/t"), ("/torrents/", false));
        assert_eq!(located("/api/v2/app/version", "/t"), ("/api/v2/app/version", false));
        assert_eq!(located("/", ""), ("/", false));
        assert_eq!(located("", ""), ("", false));
    }
}
