//! Torrent files that mean harm: each must be refused or defused, and none may end the process.

use crate::bencode::Value;

use super::{Torrent, Version};

/// A one-file torrent with the given `name`, taken as raw bytes.
#[must_use]
pub fn with_name(name: &[u8]) -> Torrent {
    let mut info = info();
    info.insert("name", name.to_vec());
    info.insert("length", 16_384);
    finish(info)
}

/// A folder torrent with one file at the given components, taken as raw bytes.
#[must_use]
pub fn with_path(components: &[&[u8]]) -> Torrent {
    let mut info = info();
    let path = components.iter().map(|component| Value::Bytes(component.to_vec())).collect();
    let file = Value::dict([("length", Value::Int(16_384)), ("path", Value::List(path))]);
    info.insert("files", vec![file]);
    finish(info)
}

/// A folder torrent with `count` empty files and one that is not.
#[must_use]
pub fn with_many_files(count: usize) -> Torrent {
    let mut info = info();
    let mut files: Vec<Value> = (0..count).map(|index| file(&format!("{index:06}"), 0)).collect();
    files.push(file("data", 16_384));
    info.insert("files", files);
    finish(info)
}

/// A torrent that claims pieces for more data than any disk holds.
#[must_use]
pub fn with_huge_length() -> Torrent {
    let mut info = info();
    info.insert("length", i64::MAX);
    finish(info)
}

/// A torrent whose pieces string is `count` hashes long, for data of that many pieces.
#[must_use]
pub fn with_piece_count(count: usize) -> Torrent {
    let mut info = info();
    info.insert("length", i64::try_from(count).unwrap_or(i64::MAX) * 16_384);
    info.insert("pieces", vec![0x5a; count * 20]);
    finish(info)
}

/// A valid torrent that carries `depth` nested lists under a key of its own.
#[must_use]
pub fn with_nesting(depth: usize) -> Vec<u8> {
    let torrent = with_name(b"nested");
    let mut bytes = torrent.bytes;
    bytes.pop();
    bytes.extend_from_slice(b"4:zzzz");
    bytes.extend(std::iter::repeat_n(b'l', depth));
    bytes.extend(std::iter::repeat_n(b'e', depth));
    bytes.push(b'e');
    bytes
}

/// `depth` nested dictionaries and nothing else.
#[must_use]
pub fn nested_dictionaries(depth: usize) -> Vec<u8> {
    let mut bytes = b"d1:a".repeat(depth);
    bytes.extend_from_slice(b"de");
    bytes.extend(std::iter::repeat_n(b'e', depth));
    bytes
}

/// Bytes that are no torrent, each with a word on what is wrong.
#[must_use]
pub fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("empty", Vec::new()),
        ("text", b"this is not a torrent".to_vec()),
        ("html", b"<html><body>404</body></html>".to_vec()),
        ("empty dictionary", b"de".to_vec()),
        ("truncated", with_name(b"cut").bytes[..60].to_vec()),
        ("info is a list", b"d4:infolee".to_vec()),
        ("info is empty", b"d4:infodee".to_vec()),
        ("negative string length", b"d-1:ae".to_vec()),
        ("string longer than the file", b"d999999999:ae".to_vec()),
        ("integer overflow", b"d4:infod6:lengthi99999999999999999999999eee".to_vec()),
        ("negative length", {
            let mut info = info();
            info.insert("length", -5);
            finish(info).bytes
        }),
        ("zero piece length", {
            let mut info = info();
            info.insert("length", 16_384);
            info.insert("piece length", 0);
            finish(info).bytes
        }),
        ("pieces of odd length", {
            let mut info = info();
            info.insert("length", 16_384);
            info.insert("pieces", vec![1; 19]);
            finish(info).bytes
        }),
        ("nested dictionaries", nested_dictionaries(5_000)),
    ]
}

fn info() -> Value {
    let mut info = Value::dict([("name", Value::from("hostile"))]);
    info.insert("piece length", 16_384);
    info.insert("pieces", vec![0x5a; 20]);
    info
}

fn file(name: &str, length: i64) -> Value {
    let path = Value::List(vec![Value::from(name)]);
    Value::dict([("length", Value::Int(length)), ("path", path)])
}

fn finish(info: Value) -> Torrent {
    Torrent::of_info("hostile", Value::dict::<&str>([]), info, Version::V1)
}
