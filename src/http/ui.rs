//! What is served outside of the contracts: Revaer's one page, or the files of an alternative user interface.

pub mod folder;
pub mod kind;

use actix_web::http::StatusCode;

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Revaer</title></head>\n\
<body>\n<h1>Revaer</h1>\n<p>This server answers clients of the qBittorrent Web API below <code>/api/v2</code>. \
It has no web interface of its own.</p>\n</body>\n</html>\n";

/// Answers a path outside of the contracts: a page, or the status that says why there is none.
///
/// # Errors
/// 400 for paths that a file system could misread, 404 for everything that does not exist.
pub fn page(path: &str) -> Result<&'static str, StatusCode> {
    match path {
        _ if is_index(path) => Ok(PAGE),
        _ if is_ambiguous(path) => Err(StatusCode::BAD_REQUEST),
        _ => Err(StatusCode::NOT_FOUND),
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
