//! What is served outside of the contracts: for now one page that says what this is.

use actix_web::http::StatusCode;
use bytes::Bytes;

use super::qbittorrent::reply::Reply;

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Revaer</title></head>\n\
<body>\n<h1>Revaer</h1>\n<p>This server answers clients of the qBittorrent Web API below <code>/api/v2</code>. \
It has no web interface of its own.</p>\n</body>\n</html>\n";

/// Answers a path outside of `/api/v2`.
#[must_use]
pub fn serve(path: &str) -> Reply {
    match path {
        "/" | "/index.html" => {
            Reply::with(StatusCode::OK, "text/html", Bytes::from_static(PAGE.as_bytes())).header("cache-control", "no-store")
        }
        _ if path.contains('\\') || path.split('/').any(|segment| matches!(segment, "." | "..")) => {
            Reply::bad_request("")
        }
        _ => Reply::not_found(""),
    }
}
