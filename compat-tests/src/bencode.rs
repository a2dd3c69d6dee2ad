//! Bencoding (BEP 3): enough to author torrents, also broken ones, and to read exported ones back.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

/// A bencoded value. Dictionaries are sorted by their raw keys, as the format wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Int(i64),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Dict(BTreeMap<Vec<u8>, Value>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Bytes(text.into_bytes())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Vec<Value>> for Value {
    fn from(list: Vec<Value>) -> Self {
        Self::List(list)
    }
}

impl Value {
    /// Makes a dictionary of pairs.
    pub fn dict<K: AsRef<[u8]>>(pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Dict(pairs.into_iter().map(|(key, value)| (key.as_ref().to_vec(), value)).collect())
    }

    /// Puts an entry into a dictionary; anything else stays as it is.
    pub fn insert(&mut self, key: &str, value: impl Into<Self>) {
        if let Self::Dict(entries) = self {
            entries.insert(key.as_bytes().to_vec(), value.into());
        }
    }

    /// Looks an entry of a dictionary up.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dict(entries) => entries.get(key.as_bytes()),
            _ => None,
        }
    }

    /// Returns a string's bytes as text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(number) => out.extend_from_slice(format!("i{number}e").as_bytes()),
            Self::Bytes(bytes) => write_bytes(bytes, out),
            Self::List(items) => {
                out.push(b'l');
                for item in items {
                    item.write(out);
                }
                out.push(b'e');
            }
            Self::Dict(entries) => {
                out.push(b'd');
                for (key, value) in entries {
                    write_bytes(key, out);
                    value.write(out);
                }
                out.push(b'e');
            }
        }
    }

    /// Reads one value that fills the whole input.
    ///
    /// # Errors
    /// Fails on anything malformed and on trailing bytes.
    pub fn decode(input: &[u8]) -> Result<Self> {
        let mut rest = input;
        let value = read(&mut rest)?;
        ensure!(rest.is_empty(), "{} bytes follow the value", rest.len());
        Ok(value)
    }
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{}:", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
}

fn read(rest: &mut &[u8]) -> Result<Value> {
    match rest.first().context("unexpected end")? {
        b'i' => {
            *rest = &rest[1..];
            Ok(Value::Int(read_number(rest, b'e')?))
        }
        b'l' => {
            *rest = &rest[1..];
            let mut items = Vec::new();
            while !take_end(rest) {
                items.push(read(rest)?);
            }
            Ok(Value::List(items))
        }
        b'd' => {
            *rest = &rest[1..];
            let mut entries = BTreeMap::new();
            while !take_end(rest) {
                let key = read_bytes(rest)?;
                entries.insert(key, read(rest)?);
            }
            Ok(Value::Dict(entries))
        }
        b'0'..=b'9' => Ok(Value::Bytes(read_bytes(rest)?)),
        other => bail!("unexpected byte {other:#04x}"),
    }
}

fn take_end(rest: &mut &[u8]) -> bool {
    let is_end = rest.first() == Some(&b'e');
    if is_end {
        *rest = &rest[1..];
    }
    is_end
}

fn read_number(rest: &mut &[u8], end: u8) -> Result<i64> {
    let length = rest.iter().position(|&byte| byte == end).context("unterminated number")?;
    let number = std::str::from_utf8(&rest[..length])?.parse()?;
    *rest = &rest[length + 1..];
    Ok(number)
}

fn read_bytes(rest: &mut &[u8]) -> Result<Vec<u8>> {
    let length = usize::try_from(read_number(rest, b':')?)?;
    ensure!(length <= rest.len(), "string longer than the input");
    let (bytes, after) = rest.split_at(length);
    *rest = after;
    Ok(bytes.to_vec())
}
