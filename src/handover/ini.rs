//! The INI files that Qt writes: sections, escaped keys, lists, byte arrays and serialised variants.

mod write;

use std::collections::BTreeMap;

pub(super) use write::Draft;

/// Largest file that is read, in bytes; a real one has some ten kilobytes.
pub(super) const LARGEST: u64 = 16 << 20;

/// The values of a file by `section/key`, as Qt names them inside of a program.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Ini(BTreeMap<String, Vec<String>>);

impl Ini {
    /// Reads a text; lines that are none are left out and counted.
    pub(super) fn parse(text: &str) -> (Self, usize) {
        let mut values = BTreeMap::new();
        let mut section = String::new();
        let mut unreadable = 0;
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with([';', '#']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                match name.strip_suffix(']') {
                    Some(name) => section = key(name),
                    None => unreadable += 1,
                }
            } else if let Some((name, value)) = line.split_once('=') {
                let name = key(name.trim());
                let path = if section.is_empty() || section == "General" {
                    name
                } else {
                    format!("{section}/{name}")
                };
                values.insert(path, items(value.trim()));
            } else {
                unreadable += 1;
            }
        }
        (Self(values), unreadable)
    }

    /// A single value; lists are joined as they were before somebody took them for a list.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let items = self.0.get(key)?;
        (!items.is_empty()).then(|| items.join(", "))
    }

    /// A list, empty if it is the null value.
    pub(super) fn list(&self, key: &str) -> Option<&[String]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// The inside of `@ByteArray(…)`.
    pub(super) fn byte_array(&self, key: &str) -> Option<String> {
        inside(&self.0.get(key)?.join(","), "@ByteArray(").map(str::to_owned)
    }

    /// The bytes of `@Variant(…)`.
    pub(super) fn variant(&self, key: &str) -> Option<Vec<u8>> {
        let text = self.0.get(key)?.join(",");
        inside(&text, "@Variant(")?.chars().map(|byte| u8::try_from(u32::from(byte)).ok()).collect()
    }

    #[cfg(test)]
    fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn inside<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)?.strip_suffix(')')
}

/// A key: `\` separates groups, `%XX` and `%UXXXX` are characters.
fn key(escaped: &str) -> String {
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(at) = rest.find(['%', '\\']) {
        out.push_str(&rest[..at]);
        let (digits, after) = match rest.as_bytes()[at] {
            b'\\' => {
                out.push('/');
                rest = &rest[at + 1..];
                continue;
            }
            _ if rest[at..].starts_with("%U") => (rest.get(at + 2..at + 6), at + 6),
            _ => (rest.get(at + 1..at + 3), at + 3),
        };
        let decoded = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(character) = decoded.and_then(char::from_u32) {
            out.push(character);
            rest = &rest[after..];
        } else {
            out.push('%');
            rest = &rest[at + 1..];
        }
    }
    out.push_str(rest);
    out
}

/// The items of a value: separated by commas outside of quotes; nothing for the null value.
fn items(value: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = Units::default();
    let mut quoted = false;
    let mut was_quoted = false;
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            '\\' => escape(&mut item, &mut characters),
            ',' if !quoted => {
                items.push(item.take(was_quoted));
                was_quoted = false;
            }
            // Blanks around an item belong to the list.
            ' ' | '\t' if !quoted && !was_quoted && item.is_empty() => {}
            other => item.push(other),
        }
    }
    items.push(item.take(was_quoted));
    match items.as_slice() {
        [only] if only == "@Invalid()" => Vec::new(),
        _ => {
            for item in &mut items {
                if item.starts_with("@@") {
                    item.remove(0);
                }
            }
            items
        }
    }
}

fn escape(item: &mut Units, characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let Some(kind) = characters.next() else { return };
    let (radix, mut unit) = match kind {
        'a' => return item.push('\u{7}'),
        'b' => return item.push('\u{8}'),
        'f' => return item.push('\u{c}'),
        'n' => return item.push('\n'),
        'r' => return item.push('\r'),
        't' => return item.push('\t'),
        'v' => return item.push('\u{b}'),
        'x' => (16, 0),
        '0'..='7' => (8, kind.to_digit(8).unwrap_or(0)),
        other => return item.push(other),
    };
    while let Some(digit) = characters.peek().and_then(|next| next.to_digit(radix)) {
        unit = (unit << radix.ilog2()) | digit;
        unit &= 0xffff;
        characters.next();
    }
    item.push_unit(u16::try_from(unit).unwrap_or(0xfffd));
}

/// A text of UTF-16 units, as hexadecimal escapes write it.
#[derive(Default)]
struct Units(Vec<u16>);

impl Units {
    fn push(&mut self, character: char) {
        self.0.extend_from_slice(character.encode_utf16(&mut [0; 2]));
    }

    fn push_unit(&mut self, unit: u16) {
        self.0.push(unit);
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, was_quoted: bool) -> String {
        let text = String::from_utf16_lossy(&std::mem::take(&mut self.0));
        if was_quoted { text } else { text.trim_end().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ini(text: &str) -> Ini {
        Ini::parse(text).0
    }

    #[test]
    fn sections_and_keys_become_paths() {
        let ini = ini("a=1\n[BitTorrent]\nSession\\Port=6881\n; no\n[Web%20UI]\n%U00e9=x\n");

        assert_eq!(ini.text("a").as_deref(), Some("1"));
        assert_eq!(ini.text("BitTorrent/Session/Port").as_deref(), Some("6881"));
        assert_eq!(ini.text("Web UI/é").as_deref(), Some("x"));
        assert_eq!(ini.keys().count(), 3);
    }

    #[test]
    fn values_are_unescaped() {
        let ini = ini(
            "[s]\nl=n1, t1, n2, \" t2\"\nu=\\xe9\\x4e2d\\xd83d\\xde00\nq=\"a;b\\\"c\"\nn=@Invalid()\ne=\nat=@@x\n",
        );

        assert_eq!(ini.list("s/l").unwrap(), ["n1", "t1", "n2", " t2"]);
        assert_eq!(ini.text("s/u").as_deref(), Some("é中😀"));
        assert_eq!(ini.text("s/q").as_deref(), Some("a;b\"c"));
        assert_eq!(ini.list("s/n"), Some(&[][..]));
        assert_eq!(ini.text("s/e").as_deref(), Some(""));
        assert_eq!(ini.text("s/at").as_deref(), Some("@x"));
        assert_eq!(ini.text("s/none"), None);
    }

    #[test]
    fn byte_arrays_and_variants_are_bytes() {
        let ini =
            ini("[p]\nh=\"@ByteArray(yjyr==:wcDI+/=)\"\nt=@Variant(\\0\\0\\0\\xf\\x1\\xb7t\\0)\n");

        assert_eq!(ini.byte_array("p/h").as_deref(), Some("yjyr==:wcDI+/="));
        assert_eq!(ini.variant("p/t").unwrap(), [0, 0, 0, 15, 1, 0xb7, b't', 0]);
    }

    #[test]
    fn hostile_texts_are_survived() {
        let (ini, unreadable) =
            Ini::parse("[\nx\n=\n[a]b]\n\\x=\\\n%=%\n%U12=\"\n\u{0}=\\xffffffffff");

        assert_eq!(unreadable, 2);
        assert!(ini.keys().count() >= 4);
    }
}
