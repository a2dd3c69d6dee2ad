//! Which texts count as a URL: the real servers read them with Qt, whose rules differ from those of browsers.
//!
//! All of this was observed: texts without a scheme are URLs, as long as they do not look like one with a bad scheme.

use url::Host;

/// Returns true for what trackers may be called: marks that a URL must not have are encoded by whoever reads it.
#[must_use]
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = split_scheme(text) else { return false };
    if scheme.is_empty() && text.is_empty() {
        return false;
    }
    match rest.strip_prefix("//") {
        Some(rest) => is_authority(until(rest, &['/', '?', '#'])),
        None => true,
    }
}

/// Returns true for what web seeds may be called: nothing is left to encode.
#[must_use]
pub(super) fn is_strict_url(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_encoded = |at: usize| {
        bytes.get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit))
    };
    is_url(text)
        && bytes.iter().enumerate().all(|(at, byte)| match byte {
            b'%' => is_encoded(at),
            byte => *byte > b' ' && *byte != 0x7f && !br#""<>\^`{|}"#.contains(byte),
        })
}

/// The scheme, if there is one, and what follows; `None` if a colon stands where only one of a scheme may.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let first = until(text, &['/', '?', '#']);
    let Some((scheme, _)) = first.split_once(':') else { return Some(("", text)) };
    let is_scheme = scheme.starts_with(|mark: char| mark.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then(|| (scheme, &text[scheme.len() + 1..]))
}

fn is_authority(text: &str) -> bool {
    let place = text.rsplit_once('@').map_or(text, |(_, place)| place);
    let (host, port) = match place.rfind(':').filter(|at| !place[*at..].contains(']')) {
        Some(at) => (&place[..at], &place[at + 1..]),
        None => (place, ""),
    };
    let is_port = port.is_empty()
        || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok());
    is_port && (host.is_empty() || Host::parse(host).is_ok())
}

fn until<'a>(text: &'a str, ends: &[char]) -> &'a str {
    text.find(ends).map_or(text, |at| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_trackers_are_judged_as_the_real_servers_do() {
        for good in
            ["nonsense", " ", "a b", "a|b", "x:y", "http:", "http://", "http://h/%zz", "//h"]
        {
            assert!(is_url(good), "{good}");
        }
        for bad in ["", "1:2", "[::1]:5", "{\"a\":1}", "://", "http://w w/", "http://[::1"] {
            assert!(!is_url(bad), "{bad}");
        }
        assert!(is_url("http://[::1]:80/x") && is_url("http://u:p@h:1/"));
        assert!(!is_url("http://h:99999/") && !is_url("http://h:x/"));
    }

    #[test]
    fn names_of_web_seeds_are_encoded_already() {
        for good in ["http://h/a%20b", "http://\u{fc}/x", "http://h/[x]#f", "a/b:c"] {
            assert!(is_strict_url(good), "{good}");
        }
        for bad in [" ", "http://h/a b", "http://h/%zz", "http://h/%", "http://h/|", "a\nb", "\0"] {
            assert!(!is_strict_url(bad), "{bad}");
        }
    }
}
