//! What is served outside of the contracts: Revaer's own web interface, or the files of an alternative one.

pub mod assets;
pub mod folder;
pub mod kind;
pub mod pages;

use actix_web::http::StatusCode;
use bytes::Bytes;

/// What of the interface is sent; it stays as it is, nobody packs it on the way.
pub struct Served {
    pub status: StatusCode,
    pub content_type: Option<&'static str>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Served {
    fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let (status, headers) = (StatusCode::OK, Vec::new());
        Self { status, content_type: Some(content_type), headers, body: body.into() }
    }

    #[must_use]
    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// True for the two paths of the page that people open.
#[must_use]
pub fn is_index(path: &str) -> bool {
    matches!(path, "/" | "/index.html")
}

/// True for a decoded path that climbs, or that some file system reads as one that does.
#[must_use]
pub fn is_ambiguous(path: &str) -> bool {
    path.contains('\\') || path.split('/').any(|segment| matches!(segment, "." | ".."))
}
