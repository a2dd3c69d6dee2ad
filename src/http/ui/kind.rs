//! The content type of a file: by its name, else by its first bytes.

use std::path::Path;

/// The type of every script, in the spelling of this century.
pub const SCRIPT: &str = "text/javascript";

/// How many first bytes tell text from data.
pub const HEAD: usize = 512;

/// Returns the content type of a file whose first bytes are `head`.
///
/// Contract: types have no charset, and a name without a known ending is judged by what is in the file. Upstream asks
/// the MIME database of its system; the types of the web are those of a current Debian.
#[must_use]
pub fn of(name: &Path, head: &[u8]) -> &'static str {
    let ending = name.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "js" | "mjs" => SCRIPT,
        "ico" => "image/vnd.microsoft.icon",
        "xml" => "application/xml",
        "yml" | "yaml" => "application/yaml",
        "toml" => "application/toml",
        "less" | "ts" | "vue" => "text/plain",
        ending => mime_guess::from_ext(ending).first_raw().unwrap_or_else(|| of_content(head)),
    }
}

fn of_content(head: &[u8]) -> &'static str {
    let trimmed = head.trim_ascii_start();
    let opens_page = |tag: &str| {
        trimmed.get(..tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag.as_bytes()))
    };
    match head {
        [] => "application/x-zerosize",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ if opens_page("<!doctype html") || opens_page("<html") => "text/html",
        _ if is_text(head) => "text/plain",
        _ => "application/octet-stream",
    }
}

/// Text has no control characters but those of lines. The head may end in the middle of a character.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    let plain = |byte: &u8| *byte >= b' ' || matches!(*byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b);
    valid && head.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_type() {
        for (name, kind) in [
            ("a.html", "text/html"),
            ("A.CSS", "text/css"),
            ("a.min.js", "text/javascript"),
            ("a.svg", "image/svg+xml"),
            ("a.webp", "image/webp"),
            ("a.woff2", "font/woff2"),
            ("a.json", "application/json"),
            ("a.wasm", "application/wasm"),
            ("a.txt", "text/plain"),
        ] {
            assert_eq!(of(Path::new(name), b"\0"), kind, "{name}");
        }
    }

    #[test]
    fn without_a_known_name_the_content_does() {
        for (head, kind) in [
            (&b""[..], "application/x-zerosize"),
            (b"hello \xc3\xa9", "text/plain"),
            (b"cut \xc3", "text/plain"),
            (b"\n<!DOCTYPE HTML><p>", "text/html"),
            (b"\x89PNG\r\n", "image/png"),
            (b"a\0b", "application/octet-stream"),
            (b"\xff\xfe", "application/octet-stream"),
        ] {
            assert_eq!(of(Path::new("name.strange"), head), kind, "{head:?}");
            assert_eq!(of(Path::new(".hidden"), head), kind, "{head:?}");
        }
    }
}
