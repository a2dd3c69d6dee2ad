//! Writing the INI files that Qt reads.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// A file that is being made: values by section and key, in the order in which Qt has them.
#[derive(Debug, Default)]
pub(in crate::handover) struct Draft(BTreeMap<String, BTreeMap<String, String>>);

impl Draft {
    pub(in crate::handover) fn text(&mut self, key: &str, text: &str) {
        self.put(key, item(&marked(text)));
    }

    /// A list; Qt has a value of its own for the empty one.
    pub(in crate::handover) fn list(&mut self, key: &str, items: &[String]) {
        let written = match items {
            [] => "@Invalid()".to_owned(),
            items => items.iter().map(|text| item(&marked(text))).collect::<Vec<_>>().join(", "),
        };
        self.put(key, written);
    }

    /// `@ByteArray(…)` around a plain text.
    pub(in crate::handover) fn byte_array(&mut self, key: &str, inside: &str) {
        self.put(key, item(&format!("@ByteArray({inside})")));
    }

    /// `@Variant(…)` around serialised bytes.
    pub(in crate::handover) fn variant(&mut self, key: &str, bytes: &[u8]) {
        let inside: String = bytes.iter().copied().map(char::from).collect();
        self.put(key, item(&format!("@Variant({inside})")));
    }

    /// Keys are ours alone: `section/rest`, of plain characters.
    fn put(&mut self, key: &str, written: String) {
        let (section, name) = key.split_once('/').unwrap_or(("General", key));
        let section = self.0.entry(section.to_owned()).or_default();
        section.insert(name.replace('/', "\\"), written);
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (section, values)) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            writeln!(f, "[{section}]")?;
            for (name, value) in values {
                writeln!(f, "{name}={value}")?;
            }
        }
        Ok(())
    }
}

/// A text that begins with the mark of special values is marked itself.
fn marked(text: &str) -> String {
    if text.starts_with('@') { format!("@{text}") } else { text.to_owned() }
}

/// One item, escaped and quoted as needed. What is not ASCII becomes escapes, which every generation reads.
fn item(text: &str) -> String {
    let is_plain = !text.is_empty()
        && !text.contains([';', ',', '=', '"'])
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace);
    let mut out = String::with_capacity(text.len() + 2);
    let mut after_number = false;
    for unit in text.encode_utf16() {
        let character = u8::try_from(unit).ok().filter(u8::is_ascii).map(char::from);
        let mut is_number = false;
        match character {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(mark @ ('"' | '\\')) => out.extend(['\\', mark]),
            // A digit after an escape would be read as a part of it.
            Some(plain)
                if !(plain.is_ascii_control() || (after_number && plain.is_ascii_hexdigit())) =>
            {
                out.push(plain);
            }
            _ => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\x{unit:x}");
                is_number = true;
            }
        }
        after_number = is_number;
    }
    if is_plain { out } else { format!("\"{out}\"") }
}

#[cfg(test)]
mod tests {
    use super::super::Ini;
    use super::*;

    #[test]
    fn whatever_is_written_is_read_back() {
        let texts = [
            "",
            "a",
            " a ",
            "a, b",
            "x=y;z",
            "@at",
            "\"q\"",
            "back\\slash",
            "é中😀1a",
            "\u{1}f\u{2}",
            "line\nline",
            "@Invalid()",
        ];
        let mut draft = Draft::default();
        for (at, text) in texts.iter().enumerate() {
            draft.text(&format!("s/t/{at}"), text);
        }
        let list: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        draft.list("s/list", &list);
        draft.list("s/none", &[]);
        draft.byte_array("b/key", "yj==:wc=");
        draft.variant("b/time", &[0, 0, 0, 15, 1, 0xb7, b't', b'1', b'"', b',']);

        let (ini, unreadable) = Ini::parse(&draft.to_string());

        assert_eq!(unreadable, 0);
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(ini.text(&format!("s/t/{at}")).as_deref(), Some(*text), "{draft}");
        }
        assert_eq!(ini.list("s/list").unwrap(), list);
        assert_eq!(ini.list("s/none"), Some(&[][..]));
        assert_eq!(ini.byte_array("b/key").as_deref(), Some("yj==:wc="));
        assert_eq!(ini.variant("b/time").unwrap(), [0, 0, 0, 15, 1, 0xb7, b't', b'1', b'"', b',']);
    }
}
