//! The lenient conversions of upstream, measured on a real 5.1.0.

use std::net::IpAddr;
use std::path::{Component, Path};

use serde_json::Value;

/// Numbers are true unless 0; texts unless empty, `0` or `false`; everything else is false.
pub(super) fn boolean(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => {
            !(text.is_empty() || text == "0" || text.eq_ignore_ascii_case("false"))
        }
        _ => false,
    }
}

/// A 32-bit number: fractions are rounded, larger ones wrap, texts must be whole numbers, and
/// what is no number is 0.
pub(super) fn integer(value: &Value) -> i64 {
    let wide = match value {
        Value::Bool(on) => Some(i64::from(*on)),
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(rounded)),
        Value::String(_) => return whole(value).unwrap_or(0),
        _ => None,
    };
    wide.map_or(0, |wide| i64::from(wrapped(wide)))
}

/// As [`integer`]; `None` for what is no number.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse::<i32>().ok().map(i64::from),
        Value::Bool(_) | Value::Number(_) => Some(integer(value)),
        _ => None,
    }
}

/// `None` beyond 64 bits.
fn rounded(number: f64) -> Option<i64> {
    // 2^63: the first number that does not fit.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    (number.abs() < LIMIT).then(|| number.round() as i64)
}

#[expect(clippy::cast_possible_truncation, reason = "wrapping is what upstream does")]
fn wrapped(number: i64) -> i32 {
    number as i32
}

/// A number with fractions; what is no number is 0.
pub(super) fn number(value: &Value) -> f64 {
    let number = match value {
        Value::Bool(on) => f64::from(u8::from(*on)),
        Value::Number(number) => number.as_f64().unwrap_or_default(),
        Value::String(text) => text.trim().parse().unwrap_or_default(),
        _ => 0.0,
    };
    if number.is_finite() { number } else { 0.0 }
}

/// Numbers and booleans as they are written; what has no text is empty.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => String::new(),
    }
}

pub(super) fn null_as(value: Value, number: i64) -> Value {
    if value.is_null() { Value::from(number) } else { value }
}

/// The parts exactly as they are; no text has no parts.
pub(super) fn split(text: &str, separator: char) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { text.split(separator).map(str::to_owned).collect() }
}

pub(super) fn join(list: &Value, separator: char) -> String {
    let parts: Vec<&str> =
        list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    parts.join(separator.to_string().as_str())
}

/// An address in its usual form, or empty.
pub(super) fn address(text: &str) -> String {
    text.trim().parse::<IpAddr>().map_or_else(|_| String::new(), |address| address.to_string())
}

/// Without trailing slashes and `.`, and with `..` resolved by name.
pub(super) fn path(text: &str) -> String {
    let mut clean = std::path::PathBuf::new();
    for part in Path::new(text).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            Component::ParentDir if clean.has_root() => {}
            part => clean.push(part),
        }
    }
    clean.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conversions_are_those_of_the_reference() {
        let integers = [
            (json!(true), 1),
            (json!("5"), 5),
            (json!(" 7 "), 7),
            (json!("0x10"), 0),
            (json!("3.7"), 0),
            (json!("1e3"), 0),
            (json!("abc"), 0),
            (json!("99999999999"), 0),
            (json!(3.7), 4),
            (json!(-5), -5),
            (json!(2_147_483_648_i64), -2_147_483_648),
            (json!(-2_147_483_649_i64), 2_147_483_647),
            (json!(1e300), 0),
            (json!(null), 0),
            (json!([1]), 0),
        ];
        for (value, expected) in integers {
            assert_eq!(integer(&value), expected, "{value}");
        }
        let booleans = [
            (json!("abc"), true),
            (json!("FALSE"), false),
            (json!("0"), false),
            (json!(""), false),
            (json!(-5), true),
            (json!(0), false),
            (json!({}), false),
        ];
        for (value, expected) in booleans {
            assert_eq!(boolean(&value), expected, "{value}");
        }
        assert_eq!(text(&json!(3.7)), "3.7");
        assert_eq!(text(&json!(null)), "");
        assert!((number(&json!("1.5")) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn paths_lose_what_is_redundant() {
        let cases = [("/a/", "/a"), ("/a/../b.dat", "/b.dat"), ("/..", "/"), ("a/./b", "a/b")];
        for (given, expected) in cases {
            assert_eq!(path(given), expected);
        }
        assert_eq!(path("../up"), "../up");
    }
}
