//! Writes JSON the way the contract does: compact, keys in the order the caller gives (alphabetical), whole numbers
//! without a fraction, whatever is not a number as `null`, and only those characters escaped that must be.
//!
//! Numbers follow Qt, measured on the real servers: a whole number up to 2^53 is written as an integer, any other in
//! the shorter of plain and scientific notation, the exponent with a sign and at least two digits (`1e-05`).

use serde_json::Value;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends a string with its quotes.
pub fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escaped(out, text);
    out.push(b'"');
}

fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// True if nothing must be escaped, as in nearly every text.
///
/// Blocks without an early exit are a few vector instructions each. The last one overlaps the one before it, so that
/// no rest is looked at byte by byte.
fn all_plain(bytes: &[u8]) -> bool {
    fn blocks<const SIZE: usize>(bytes: &[u8], last: &[u8; SIZE]) -> bool {
        let is_plain =
            |block: &[u8; SIZE]| block.iter().fold(true, |plain, &byte| plain & is_plain(byte));
        bytes.as_chunks::<SIZE>().0.iter().chain([last]).all(is_plain)
    }
    if let Some(last) = bytes.last_chunk::<16>() {
        blocks(bytes, last)
    } else if let Some(last) = bytes.last_chunk::<4>() {
        blocks(bytes, last)
    } else {
        bytes.iter().all(|&byte| is_plain(byte))
    }
}

/// Appends the inside of a string.
pub fn escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    if all_plain(bytes) {
        out.extend_from_slice(bytes);
        return;
    }
    let mut start = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if is_plain(byte) {
            continue;
        }
        out.extend_from_slice(&bytes[start..at]);
        start = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            control => {
                out.extend_from_slice(b"\\u00");
                out.push(DIGITS[usize::from(control >> 4)]);
                out.push(DIGITS[usize::from(control & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[start..]);
}

pub fn int(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

pub fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

/// Appends a floating-point number; infinite ones and those that are none become `null`.
pub fn float(out: &mut Vec<u8>, number: f64) {
    /// Whole numbers beyond this are not exact any more.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number {
        _ if !number.is_finite() => out.extend_from_slice(b"null"),
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
        _ if number.fract() == 0.0 && number.abs() <= EXACT => int(out, number as i64),
        // Between these bounds plain notation is never longer, and ryu writes it plainly.
        _ if (0.001..1e15).contains(&number.abs()) => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
        }
        _ => {
            let plain = number.to_string();
            let scientific = format!("{number:e}");
            let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
            let (sign, exponent) =
                exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
            let scientific = format!("{digits}e{sign}{exponent:0>2}");
            out.extend_from_slice(
                if scientific.len() < plain.len() { &scientific } else { &plain }.as_bytes(),
            );
        }
    }
}

/// Appends bytes as lower-case hexadecimal digits, without quotes.
pub fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len() * 2, b'0');
    for (pair, byte) in out[start..].as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
}

/// Appends any value; keys come in the order of the map.
pub fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => boolean(out, *value),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => int(out, whole),
            None => float(out, number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(value) => text(out, value),
        Value::Array(items) => array(out, items, self::value),
        Value::Object(members) => {
            let mut object = Object::begin(out);
            for (key, member) in members {
                self::value(object.key(key), member);
            }
            object.end();
        }
    }
}

/// An object being written; keys must come in alphabetical order.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// Writes a key and returns where its value goes.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        text(self.out, key);
        self.out.push(b':');
        self.out
    }

    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        text(self.key(key), value);
        self
    }

    pub fn int(&mut self, key: &str, value: impl Into<i64>) -> &mut Self {
        int(self.key(key), value.into());
        self
    }

    pub fn float(&mut self, key: &str, value: f64) -> &mut Self {
        float(self.key(key), value);
        self
    }

    pub fn boolean(&mut self, key: &str, value: bool) -> &mut Self {
        boolean(self.key(key), value);
        self
    }

    pub fn null(&mut self, key: &str) -> &mut Self {
        self.key(key).extend_from_slice(b"null");
        self
    }

    /// Writes a member that holds an array.
    pub fn array<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut Vec<u8>, T),
    ) -> &mut Self {
        array(self.key(key), items, write);
        self
    }

    pub fn end(self) {
        self.out.push(b'}');
    }
}

/// Appends an array.
pub fn array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: f64) -> String {
        let mut out = Vec::new();
        float(&mut out, number);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_real_servers_write_them() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-1.0, "-1"),
            (9999.0, "9999"),
            (1_000_000.0, "1000000"),
            (1e15, "1000000000000000"),
            (1e17, "1e+17"),
            (1_234_567_890_123_456_789_012.0, "1234567890123456800000"),
            (0.001, "0.001"),
            (0.0001, "1e-04"),
            (0.000_12, "0.00012"),
            (0.000_123_456, "0.000123456"),
            (0.000_012, "1.2e-05"),
            (0.333_333_333_3, "0.3333333333"),
            (123_456_789.123, "123456789.123"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
        ] {
            assert_eq!(written(number), expected);
        }
    }

    #[test]
    fn only_what_must_be_is_escaped() {
        let mut out = Vec::new();
        text(&mut out, "a\"\\/\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}é\u{2028}😀");

        let expected = "\"a\\\"\\\\/\\n\\r\\t\\b\\f\\u0000\\u001f\u{7f}é\u{2028}😀\"";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_mark_is_found_wherever_it_stands() {
        for length in 1..40 {
            for at in 0..length {
                let mut bytes = vec![b'x'; length];
                bytes[at] = b'"';
                let mut out = Vec::new();
                escaped(&mut out, std::str::from_utf8(&bytes).unwrap());

                bytes.insert(at, b'\\');
                assert_eq!(out, bytes);
            }
        }
    }

    #[test]
    fn any_value_is_written_in_the_same_form() {
        let text = r#"{"b":[1.0,-0,2.50,9007199254740993,12345678901234567890,1e-7],"a":{"x":null,"é":true}}"#;
        let mut out = Vec::new();
        value(&mut out, &serde_json::from_str(text).unwrap());

        let expected = r#"{"a":{"x":null,"é":true},"b":[1,0,2.5,9007199254740993,12345678901234567000,1e-07]}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn objects_and_arrays_nest() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.boolean("a", true).array("b", [1, 2], int).null("c").text("d", "x");
        object.end();

        assert_eq!(out, br#"{"a":true,"b":[1,2],"c":null,"d":"x"}"#);
    }
}
