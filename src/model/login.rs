//! The login that stands in a URL: `scheme://user:password@host/`.
//!
//! Found by its shape in any text, so that a JSON document or the bytes of a `.torrent` can be asked too.

use std::borrow::Cow;

use memchr::memmem;

/// Whether a URL with a login stands anywhere in these bytes.
#[must_use]
pub fn has_login(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"://").any(|at| login(&bytes[at + 3..]) > 0)
}

/// The text with the logins of all its URLs taken out.
#[must_use]
pub fn without_logins(text: &str) -> Cow<'_, str> {
    if !has_login(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut rest = text;
    let mut clean = String::with_capacity(text.len());
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        rest = &after[login(after.as_bytes())..];
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// How many bytes the login takes that follows a scheme, with its `@`.
fn login(bytes: &[u8]) -> usize {
    let ends =
        |byte: &u8| matches!(byte, b'/' | b'?' | b'#' | b'\\' | b'"' | b'<' | b'>' | ..=b' ');
    let end = bytes.iter().position(ends).unwrap_or(bytes.len());
    bytes[..end].iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_found_and_taken_out() {
        for (text, clean) in [
            ("http://u:p@t.example/a?x=b@c", "http://t.example/a?x=b@c"),
            ("key@t.example", "key@t.example"),
            ("udp://key@t.example:1", "udp://t.example:1"),
            ("http://t.example/mail@host", "http://t.example/mail@host"),
            ("http://t.example?mail@host", "http://t.example?mail@host"),
            (
                "https://a:b@c:d@h/\n\nhttps://x/\nhttp://ü:ß@y",
                "https://h/\n\nhttps://x/\nhttp://y",
            ),
            (r#"{"url":"http://u:p@h","b":"c@d"}"#, r#"{"url":"http://h","b":"c@d"}"#),
            ("://@", "://"),
            ("", ""),
        ] {
            assert_eq!(without_logins(text), clean);
            assert_eq!(has_login(text.as_bytes()), text != clean, "{text}");
        }
        assert!(has_login(b"d8:announce20:http://u:p@h/announce4:info\xff\x00"));
    }
}
