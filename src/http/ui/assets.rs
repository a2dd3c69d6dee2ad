//! The files of the web interface. They are in the binary, packed when it was built; nothing is read from disk.
//!
//! One hash of all of them is part of each URL, so that what a browser has under a URL never changes.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, IF_NONE_MATCH};
use bytes::Bytes;

use super::Served;

struct File {
    path: &'static str,
    whole: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Answers a decoded path below `/assets/`; `None` if there is no such file.
#[must_use]
pub fn answer(path: &str, headers: &HeaderMap) -> Option<Served> {
    let name = path.strip_prefix("/assets/")?.strip_prefix(HASH)?.strip_prefix('/')?;
    let at = FILES.binary_search_by(|file| file.path.cmp(name)).ok()?;
    let file = &FILES[at];
    let (coding, body) = chosen(file, headers);
    // One tag for each form of the file, because a cache must not mix them up.
    let tag = match coding {
        Some(coding) => format!("\"{HASH}-{coding}\""),
        None => format!("\"{HASH}\""),
    };
    let is_known = text(headers, &IF_NONE_MATCH)
        .is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
    let served = if is_known {
        let (status, headers) = (StatusCode::NOT_MODIFIED, Vec::new());
        Served { status, content_type: None, headers, body: Bytes::new() }
    } else {
        let served = Served::ok(kind(file.path), Bytes::from_static(body));
        match coding {
            Some(coding) => served.header("content-encoding", coding),
            None => served,
        }
    };
    let served = served
        .header("etag", tag)
        .header("vary", "accept-encoding")
        .header("cache-control", "public, max-age=31536000, immutable")
        .header("cross-origin-resource-policy", "same-origin")
        // A picture that is opened by itself runs nothing.
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
    Some(served)
}

/// The smallest form that the client takes.
fn chosen(file: &File, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let accepted = text(headers, &ACCEPT_ENCODING).unwrap_or_default();
    match (file.brotli, file.gzip) {
        (Some(packed), _) if takes(accepted, "br") => (Some("br"), packed),
        (_, Some(packed)) if takes(accepted, "gzip") => (Some("gzip"), packed),
        _ => (None, file.whole),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn takes(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        is_named && quality.is_none_or(|text| text.parse().is_ok_and(|share: f32| share > 0.0))
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, accepted: &str) -> Option<Served> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
        answer(path, &headers)
    }

    #[test]
    fn a_file_has_the_form_that_the_client_takes() {
        let path = format!("/assets/{HASH}/icons/icon.svg");
        for (accepted, coding) in [
            ("br, gzip", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip", Some("gzip")),
            ("", None),
        ] {
            let served = asked(&path, accepted).unwrap();
            let header = |name| {
                let mut headers = served.headers.iter();
                headers.find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
            };
            assert_eq!((served.status.as_u16(), served.content_type), (200, Some("image/svg+xml")));
            assert_eq!(header("content-encoding"), coding, "{accepted}");
            assert!(header("cache-control").is_some_and(|value| value.contains("immutable")));
        }
    }

    #[test]
    fn only_the_present_version_of_a_known_file_is_there() {
        for path in [
            "/assets/".to_owned(),
            format!("/assets/{HASH}"),
            format!("/assets/{HASH}/"),
            format!("/assets/{HASH}/nothing.js"),
            format!("/assets/{HASH}/../Cargo.toml"),
            format!("/assets/{HASH}/docs/page.js"),
            "/assets/0000000000000000/icons/icon.svg".to_owned(),
        ] {
            assert!(asked(&path, "").is_none(), "{path}");
        }
    }

    #[test]
    fn who_has_the_file_is_told_so() {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, format!("\"{HASH}\"").parse().unwrap());

        let served = answer(&format!("/assets/{HASH}/icons/icon.svg"), &headers).unwrap();

        assert_eq!((served.status.as_u16(), served.content_type), (304, None));
    }
}
