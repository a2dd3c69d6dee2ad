//! Parameters of one request: from the query for GET and HEAD, from the body alone for POST, last duplicate wins.

use std::collections::HashMap;

use bytes::Bytes;

/// Decoded parameters and uploaded files.
#[derive(Debug, Default)]
pub struct Params {
    texts: HashMap<String, String>,
    uploads: Vec<Upload>,
}

/// One part that carried a file name; the field name plays no role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub file_name: String,
    pub data: Bytes,
}

impl Params {
    #[must_use]
    pub fn new(texts: HashMap<String, String>, uploads: Vec<Upload>) -> Self {
        Self { texts, uploads }
    }

    /// The text of a parameter, empty ones included.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// The text, or empty.
    #[must_use]
    pub fn text_or_empty(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// `true` or `false` in any letter case; anything else counts as not given.
    #[must_use]
    pub fn boolean(&self, name: &str) -> Option<bool> {
        let text = self.text(name)?;
        match () {
            () if text.eq_ignore_ascii_case("true") => Some(true),
            () if text.eq_ignore_ascii_case("false") => Some(false),
            () => None,
        }
    }

    /// A decimal integer, blanks around it allowed; `None` if it is absent or not one.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    /// A decimal integer of 32 bits, as the real servers read most of them; `None` if it is absent or not one.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i32> {
        self.text(name)?.trim().parse().ok()
    }

    /// A decimal number; `None` if it is absent or not one. `nan` and `inf` are numbers.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.trim().parse().ok()
    }

    #[must_use]
    pub fn uploads(&self) -> &[Upload] {
        &self.uploads
    }
}
