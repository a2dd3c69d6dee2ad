//! What a field holds: borrowed from the row wherever it can be, so that a list of rows is rendered without allocating.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::magnet::Magnet;
use crate::http::qbittorrent::json;
use crate::model::Tag;

/// One value of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'a str),
    Text(String),
    /// Bytes, written as hexadecimal digits.
    Hex(&'a [u8]),
    /// A directory and a path below it.
    Path(&'a str, &'a str),
    Tags(&'a [Tag]),
    Magnet(Magnet<'a>),
}

impl Value<'_> {
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(value) => json::boolean(out, *value),
            Self::Int(value) => json::int(out, *value),
            Self::Float(value) => json::float(out, *value),
            Self::Str(text) => json::text(out, text),
            Self::Text(text) => json::text(out, text),
            composed => {
                out.push(b'"');
                composed.pieces(|piece| match piece {
                    Piece::Text(text) => json::escaped(out, text),
                    Piece::Hex(bytes) => json::hex(out, bytes),
                    Piece::Encoded(text, encoding) => encoding.write(out, text),
                });
                out.push(b'"');
            }
        }
    }

    /// The value as a text, for sorting; `None` for values that are not texts.
    #[must_use]
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => None,
            Self::Str(text) => Some(Cow::Borrowed(text)),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            composed => {
                let mut out = Vec::new();
                composed.pieces(|piece| match piece {
                    Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                    Piece::Hex(bytes) => json::hex(&mut out, bytes),
                    Piece::Encoded(text, encoding) => encoding.write(&mut out, text),
                });
                Some(String::from_utf8_lossy(&out).into_owned().into())
            }
        }
    }

    /// Calls `each` with the parts that a composed text is made of, in order.
    fn pieces(&self, mut each: impl FnMut(Piece<'_>)) {
        match self {
            Self::Hex(bytes) => each(Piece::Hex(bytes)),
            Self::Path(directory, rest) => {
                each(Piece::Text(directory));
                if !directory.ends_with('/') {
                    each(Piece::Text("/"));
                }
                each(Piece::Text(rest));
            }
            Self::Tags(tags) => {
                for (at, tag) in tags.iter().enumerate() {
                    if at > 0 {
                        each(Piece::Text(", "));
                    }
                    each(Piece::Text(tag.as_str()));
                }
            }
            Self::Magnet(magnet) => magnet.pieces(each),
            Self::Str(text) => each(Piece::Text(text)),
            Self::Text(text) => each(Piece::Text(text)),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => {}
        }
    }
}

/// A part of a composed text.
pub(super) enum Piece<'a> {
    Text(&'a str),
    Hex(&'a [u8]),
    Encoded(&'a str, Encoding),
}

/// How a text is percent-encoded inside a magnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As libtorrent does: lower-case digits, a few marks kept.
    Lower,
    /// As RFC 3986 says: upper-case digits, everything but unreserved characters encoded.
    Upper,
}

impl Encoding {
    fn write(self, out: &mut Vec<u8>, text: &str) {
        let table = match self {
            Self::Lower => &LOWER,
            Self::Upper => &UPPER,
        };
        // Every byte is written as if it took all places, and the next one begins where it really ends: no branch
        // depends on what the text is.
        let mut end = out.len();
        out.resize(end + text.len() * WIDTH, 0);
        for byte in text.bytes() {
            let (form, length) = &table[usize::from(byte)];
            out[end..end + WIDTH].copy_from_slice(form);
            end += usize::from(*length);
        }
        out.truncate(end);
    }
}

/// Bytes of an encoded byte.
const WIDTH: usize = 3;

/// How each byte is written, and how many bytes of that count.
type Forms = [([u8; WIDTH], u8); 256];

static LOWER: Forms = forms(b"0123456789abcdef", b"-_!.~*()");
static UPPER: Forms = forms(b"0123456789ABCDEF", b"-_.~");

/// Letters, digits and `marks` stay as they are; any other byte is a percent sign and two digits.
const fn forms(digits: &[u8; 16], marks: &[u8]) -> Forms {
    let mut table = [([0; WIDTH], 0); 256];
    let mut at = 0;
    while at < table.len() {
        table[at] = ([b'%', digits[at >> 4], digits[at & 15]], 3);
        at += 1;
    }
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = ([byte, 0, 0], 1);
        }
        byte += 1;
    }
    at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = ([marks[at], 0, 0], 1);
        at += 1;
    }
    table
}

/// A value taken out of its row, so that rows can be sorted elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub enum SortKey {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl From<Value<'_>> for SortKey {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Float(value) => Self::Float(value),
            Value::Text(text) => Self::Text(text),
            other => Self::Text(other.as_text().unwrap_or_default().into_owned()),
        }
    }
}

impl SortKey {
    /// Orders two keys of one field: numbers by value, `false` first, texts by UTF-16 code unit, nothing before all.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) if a.is_ascii() && b.is_ascii() => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.encode_utf16().cmp(b.encode_utf16()),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    /// A field holds one kind of value, or nothing.
    fn rank(&self) -> u8 {
        u8::from(!matches!(self, Self::Null))
    }
}
