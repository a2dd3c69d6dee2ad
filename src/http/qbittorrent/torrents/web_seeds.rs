//! Web seeds of a torrent: list, add, edit, remove.

use percent_encoding::percent_decode_str;
use url::Url;

use super::url_text::is_strict_url;
use super::{one, refused};
use crate::engine::Error;
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::json;
use crate::http::qbittorrent::reply::{self, Reply};

/// Answers with the web seeds.
pub fn webseeds(call: &Call) -> reply::Result {
    let (_, row) = one(call)?;
    let mut out = Vec::new();
    json::array(&mut out, &row.facts.web_seeds, |out, url| {
        let mut object = json::Object::begin(out);
        object.text("url", &readable(url));
        object.end();
    });
    Ok(Reply::json(out))
}

/// Adds web seeds.
pub async fn add_web_seeds(call: Call) -> reply::Result {
    let (id, _) = one(&call)?;
    let urls = urls(call.params.text_or_empty("urls"))?;
    call.engine().add_web_seeds(id, urls).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// Replaces a web seed by another.
pub async fn edit_web_seed(call: Call) -> reply::Result {
    let (id, row) = one(&call)?;
    let old = parse(&decoded(call.params.text_or_empty("origUrl")))?;
    let new = parse(&decoded(call.params.text_or_empty("newUrl")))?;
    let Some(known) = row.facts.web_seeds.iter().find(|url| is_same(url, &old)).cloned() else {
        return Err(Reply::conflict(&format!("\"{old}\" is not an existing URL")));
    };
    call.engine().edit_web_seed(id, known, new).await.map_err(|error| match error {
        Error::Missing(_) => Reply::conflict(&format!("\"{old}\" is not an existing URL")),
        other => refused(other),
    })?;
    Ok(Reply::empty())
}

/// Removes web seeds; unknown ones are ignored.
pub async fn remove_web_seeds(call: Call) -> reply::Result {
    let (id, row) = one(&call)?;
    let urls = urls(call.params.text_or_empty("urls"))?;
    let known = row
        .facts
        .web_seeds
        .iter()
        .filter(|known| urls.iter().any(|url| is_same(known, url)))
        .cloned()
        .collect();
    call.engine().remove_web_seeds(id, known).await.map_err(refused)?;
    Ok(Reply::empty())
}

/// The URLs of a `|`-separated list; the first bad one refuses all.
fn urls(text: &str) -> reply::Result<Vec<String>> {
    text.split('|').filter(|url| !url.is_empty()).map(|url| parse(&decoded(url))).collect()
}

fn decoded(url: &str) -> String {
    percent_decode_str(url).decode_utf8_lossy().into_owned()
}

/// A URL that libtorrent can use as a web seed, that is one with a host.
fn parse(text: &str) -> reply::Result<String> {
    const SCHEMES: [&str; 3] = ["http", "https", "ftp"];
    let invalid = || Reply::bad_request(&format!("\"{text}\" is not a valid URL"));
    if !is_strict_url(text) {
        return Err(invalid());
    }
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(Reply::bad_request(&format!(
            "URL scheme must be one of [{}]",
            SCHEMES.join(", ")
        )));
    }
    let rest = text[scheme.len() + 1..].strip_prefix("//").ok_or_else(invalid)?;
    match Url::parse(text) {
        Ok(url) if !rest.starts_with('/') => Ok(url.into()),
        _ => Err(invalid()),
    }
}

fn is_same(a: &str, b: &str) -> bool {
    a == b || Url::parse(a).is_ok_and(|parsed| parsed.as_str() == b)
}

/// A URL as people read it: blanks and letters of all languages decoded, marks that mean something kept.
fn readable(url: &str) -> String {
    let mut bytes = Vec::with_capacity(url.len());
    let mut rest = url.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.first_chunk::<2>().filter(|_| *first == b'%');
        let code =
            code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match code {
            Some(byte)
                if byte == b' '
                    || byte >= 0x80
                    || byte.is_ascii_alphanumeric()
                    || b"-._~".contains(&byte) =>
            {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_readable_but_unambiguous() {
        assert_eq!(readable("http://w.example/a%20b%2Fc/%C3%A9%41"), "http://w.example/a b%2Fc/éA");
        assert_eq!(readable("http://w.example/%FF%"), "http://w.example/%FF%");
    }

    #[test]
    fn only_urls_of_known_schemes_are_taken() {
        assert_eq!(
            urls("http%3A%2F%2Fw.example%2Fx|ftp://f/x|").ok(),
            Some(vec!["http://w.example/x".into(), "ftp://f/x".into()])
        );
        assert!(urls("http://ok/1|bad").is_err());
        assert!(urls("http://w.example/a%7Cb").is_err());
        assert!(urls("file:///x").is_err());
        for hostless in ["http:", "http://", "http:///x", "http:h/x", "https:/h/x"] {
            assert!(urls(hostless).is_err(), "{hostless}");
        }
    }
}
