//! Multipart forms, encoded by hand so that a test can also send what no library would.

use std::fmt::Write as _;

const BOUNDARY: &str = "----compat-tests-7Qx2LmV0";

/// A `multipart/form-data` body under construction.
#[derive(Clone, Debug, Default)]
pub struct Form {
    parts: Vec<(String, Vec<u8>)>,
}

impl Form {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a form with one uploaded torrent file.
    #[must_use]
    pub fn torrent(bytes: &[u8]) -> Self {
        Self::new().file("torrents", "upload.torrent", bytes)
    }

    /// Starts a form with one URL, magnet or hash.
    #[must_use]
    pub fn url(url: &str) -> Self {
        Self::new().text("urls", url)
    }

    /// Adds a parameter.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.part(
            &format!("Content-Disposition: form-data; name=\"{name}\""),
            value.as_bytes().to_vec(),
        )
    }

    /// Adds an uploaded file.
    #[must_use]
    pub fn file(self, name: &str, file_name: &str, bytes: &[u8]) -> Self {
        let mut head =
            format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"");
        let _ = write!(head, "\r\nContent-Type: application/x-bittorrent");
        self.part(&head, bytes.to_vec())
    }

    /// Adds a part with headers of the test's own, lines separated by CRLF.
    #[must_use]
    pub fn part(mut self, headers: &str, body: Vec<u8>) -> Self {
        self.parts.push((headers.to_owned(), body));
        self
    }

    /// Returns the content type and the body.
    #[must_use]
    pub fn encode(&self) -> (String, Vec<u8>) {
        let mut body = Vec::new();
        for (headers, content) in &self.parts {
            body.extend_from_slice(format!("--{BOUNDARY}\r\n{headers}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }
}
