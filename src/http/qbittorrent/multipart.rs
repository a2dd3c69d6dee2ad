//! Splits `multipart/form-data` bodies the way the real servers do.
//!
//! A library does not fit: parts with a file name but no name are legal here, file names are read byte by byte as
//! Latin-1 with backslashes kept, and a body that ends without the closing delimiter is complete.

use bytes::Bytes;
use memchr::memmem;

use super::params::Upload;

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Text(String, String),
    File(Upload),
}

/// The body cannot be split, or a part has neither name nor file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the multipart body is malformed")]
pub struct Malformed;

/// Finds the boundary in a `multipart/form-data` content type.
#[must_use]
pub fn boundary(content_type: &str) -> Option<&str> {
    let parameter = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    let value = parameter.trim();
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    (!value.is_empty()).then_some(value)
}

/// Splits a body into its parts, in order.
pub fn split(body: &Bytes, boundary: &str) -> Result<Vec<Part>, Malformed> {
    let delimiter = format!("--{boundary}");
    // A preamble before the first delimiter is refused, as upstream does.
    let mut at = match body.strip_prefix(delimiter.as_bytes()) {
        Some(_) => delimiter.len(),
        None => return Err(Malformed),
    };
    let separator = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(separator.as_bytes());
    let mut parts = Vec::new();
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"--") || rest.is_empty() || rest == b"\r\n".as_slice() {
            break;
        }
        if !rest.starts_with(b"\r\n") {
            return Err(Malformed);
        }
        at += 2;
        let end = finder.find(&body[at..]).map_or(body.len(), |length| at + length);
        parts.push(part(&body.slice(at..end))?);
        at = (end + separator.len()).min(body.len());
    }
    if parts.is_empty() { Err(Malformed) } else { Ok(parts) }
}

fn part(raw: &Bytes) -> Result<Part, Malformed> {
    let split = memmem::find(raw, b"\r\n\r\n").ok_or(Malformed)?;
    let mut name = None;
    let mut file_name = None;
    for line in raw[..split].split(|byte| *byte == b'\n') {
        let line = latin1(line.strip_suffix(b"\r").unwrap_or(line));
        let Some((header, value)) = line.split_once(':') else { continue };
        if !header.trim().eq_ignore_ascii_case("content-disposition") {
            continue;
        }
        for parameter in unquoted_split(value).skip(1) {
            let Some((key, value)) = parameter.split_once('=') else { continue };
            let value = value.trim();
            let value =
                value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
            match key.trim() {
                key if key.eq_ignore_ascii_case("name") => name = Some(value.to_owned()),
                key if key.eq_ignore_ascii_case("filename") => file_name = Some(value.to_owned()),
                _ => {}
            }
        }
    }
    let data = raw.slice(split + 4..);
    match (file_name, name) {
        (Some(file_name), _) => Ok(Part::File(Upload { file_name, data })),
        (None, Some(name)) => Ok(Part::Text(name, String::from_utf8_lossy(&data).into_owned())),
        (None, None) => Err(Malformed),
    }
}

/// Splits at `;` outside of quotes.
fn unquoted_split(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character| {
        quoted ^= character == '"';
        character == ';' && !quoted
    })
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(header: &str, data: &str) -> Result<Vec<Part>, Malformed> {
        split(&Bytes::from(format!("--XX\r\n{header}\r\n\r\n{data}\r\n--XX--\r\n")), "XX")
    }

    fn file(name: &str, data: &'static str) -> Part {
        Part::File(Upload { file_name: name.to_owned(), data: Bytes::from_static(data.as_bytes()) })
    }

    #[test]
    fn a_part_with_a_file_name_is_a_file_whatever_its_name() {
        let only_file_name =
            one("Content-Disposition: form-data; filename=\"a b.torrent\"", "d4:infodee").unwrap();
        let backslash =
            one("Content-Disposition: form-data; name=\"x\"; filename=\"a\\b;c\"", "x").unwrap();
        let bare = one("content-disposition: Form-Data; NAME=iface; filename=plain", "").unwrap();

        assert_eq!(only_file_name, [file("a b.torrent", "d4:infodee")]);
        assert_eq!(backslash, [file("a\\b;c", "x")]);
        assert_eq!(bare, [file("plain", "")]);
    }

    #[test]
    fn text_parts_are_utf8_and_may_lack_the_final_delimiter() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nä\r\n--XX\r\nX: y\r\ncontent-disposition: form-data; name=b\r\n\r\n";

        let parts = split(&Bytes::from(body), "XX").unwrap();

        assert_eq!(
            parts,
            [Part::Text("a".into(), "ä".into()), Part::Text("b".into(), String::new())]
        );
    }

    #[test]
    fn what_cannot_be_split_is_malformed() {
        assert_eq!(one("Content-Disposition: form-data", "x"), Err(Malformed));
        assert_eq!(split(&Bytes::from_static(b"--XX--\r\n"), "XX"), Err(Malformed));
        assert_eq!(split(&Bytes::from_static(b"garbage"), "XX"), Err(Malformed));
        assert_eq!(split(&Bytes::from_static(b"hello\r\n--XX\r\n"), "XX"), Err(Malformed));
        assert_eq!(
            split(&Bytes::from_static(b"--XX\r\n\r\nx\r\n--XX--\r\n"), "XX"),
            Err(Malformed)
        );
    }

    #[test]
    fn a_boundary_may_be_quoted_and_followed_by_parameters() {
        assert_eq!(boundary("multipart/form-data; boundary=XX"), Some("XX"));
        assert_eq!(
            boundary("multipart/form-data; charset=utf-8; Boundary=\"X X\"; a=b"),
            Some("X X")
        );
        assert_eq!(boundary("multipart/form-data; boundary="), None);
        assert_eq!(boundary("multipart/form-data"), None);
    }
}
