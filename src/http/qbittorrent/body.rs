//! Reads the parameters of a request: from the query for GET and HEAD, from the body alone for POST.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use percent_encoding::percent_decode;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::multipart::{self, Part};
use super::params::{Params, Upload};

/// Upstream's limit for one request, in bytes.
pub const LARGEST: usize = 64 << 20;

/// Limit for somebody without a session, who can only log in, in bytes.
const LARGEST_OF_STRANGERS: usize = 64 << 10;

/// How long a client may pause within a body before its connection ends.
const PATIENCE: Duration = Duration::from_mins(1);

/// Bodies in memory at once, over all connections, in KiB.
const IN_FLIGHT_KIB: usize = 256 << 10;

static IN_FLIGHT: Semaphore = Semaphore::const_new(IN_FLIGHT_KIB);

/// Why a body is not read; answered without a body, and the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the request is malformed")]
    Malformed,
    #[error("too many or too large bodies are in flight")]
    TooLarge,
    #[error("the client went away")]
    Gone,
}

/// Who sends a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Somebody with a session or a key: large bodies, counted among those in flight.
    Known,
    /// Somebody else: small bodies, so few that they are not counted and nobody can use up what others need.
    Stranger,
}

/// A body in memory; its share of the memory for bodies is given back when this is dropped.
pub struct Held {
    pub data: Bytes,
    _share: Vec<SemaphorePermit<'static>>,
}

/// Parameters of a query string; those without `=` or with an empty name are ignored.
#[must_use]
pub fn query(text: &str) -> HashMap<String, String> {
    pairs(text.as_bytes(), false)
}

/// Reads a body that [`check`] let pass.
pub async fn collect(
    request: &HttpRequest,
    mut payload: Payload,
    sender: Sender,
) -> Result<Held, Error> {
    let limit = match sender {
        Sender::Known => LARGEST,
        Sender::Stranger => LARGEST_OF_STRANGERS,
    };
    let declared = declared_length(request)?.unwrap_or_default();
    if declared > limit {
        return Err(Error::TooLarge);
    }
    let mut share = Vec::new();
    let mut held = match sender {
        Sender::Known => reserve(declared, &mut share)?,
        Sender::Stranger => limit,
    };
    let mut data = BytesMut::with_capacity(declared.min(1 << 20));
    while let Some(chunk) = timeout(PATIENCE, payload.next()).await.map_err(|_| Error::Gone)? {
        let chunk = chunk.map_err(|_| Error::Gone)?;
        let length = data.len() + chunk.len();
        if length > limit {
            return Err(Error::TooLarge);
        }
        if length > held {
            held += reserve((length - held).max(1 << 20), &mut share)?;
        }
        data.extend_from_slice(&chunk);
    }
    Ok(Held { data: data.freeze(), _share: share })
}

/// Refuses bodies by their headers alone, before anything is read.
pub fn check(request: &HttpRequest) -> Result<(), Error> {
    declared_length(request).map(drop)
}

/// Reads a body to nowhere, so that a client that is still sending sees the answer instead of a reset.
pub async fn discard(mut payload: Payload) {
    let mut seen = 0;
    while let Ok(Some(Ok(chunk))) = timeout(PATIENCE, payload.next()).await {
        seen += chunk.len();
        if seen > LARGEST {
            break;
        }
    }
}

/// Decodes a body by its content type. An empty one needs none.
pub fn decode(request: &HttpRequest, body: &Bytes) -> Result<Params, Error> {
    if body.is_empty() {
        return Ok(Params::default());
    }
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if has_prefix(content_type, "application/x-www-form-urlencoded") {
        return Ok(Params::new(pairs(body, true), Vec::new()));
    }
    if !has_prefix(content_type, "multipart/form-data") {
        return Err(Error::Malformed);
    }
    let boundary = multipart::boundary(content_type).ok_or(Error::Malformed)?;
    let mut texts = HashMap::new();
    let mut uploads: Vec<Upload> = Vec::new();
    for part in multipart::split(body, boundary).map_err(|_| Error::Malformed)? {
        match part {
            Part::Text(name, text) => drop(texts.insert(name, text)),
            // Contract: files are kept by file name, so the last one of a name wins.
            Part::File(upload) => {
                match uploads.iter_mut().find(|known| known.file_name == upload.file_name) {
                    Some(known) => *known = upload,
                    None => uploads.push(upload),
                }
            }
        }
    }
    Ok(Params::new(texts, uploads))
}

/// Takes a share of the memory for bodies; returns the bytes it covers.
fn reserve(bytes: usize, share: &mut Vec<SemaphorePermit<'static>>) -> Result<usize, Error> {
    let kib = u32::try_from(bytes.div_ceil(1024)).map_err(|_| Error::TooLarge)?;
    share.push(IN_FLIGHT.try_acquire_many(kib).map_err(|_| Error::TooLarge)?);
    Ok(kib as usize * 1024)
}

fn declared_length(request: &HttpRequest) -> Result<Option<usize>, Error> {
    let Some(value) = request.headers().get(CONTENT_LENGTH) else { return Ok(None) };
    match value.to_str().ok().and_then(|text| text.parse().ok()) {
        Some(length) if length <= LARGEST => Ok(Some(length)),
        _ => Err(Error::Malformed),
    }
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Splits before decoding; the last duplicate wins.
fn pairs(text: &[u8], bare_names: bool) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for pair in text.split(|byte| *byte == b'&') {
        let (name, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            // Contract: a form knows bare names, a query ignores them.
            None if bare_names => (pair, &[][..]),
            None => continue,
        };
        if !name.is_empty() {
            found.insert(unescape(name), unescape(value));
        }
    }
    found
}

fn unescape(text: &[u8]) -> String {
    let spaced: Vec<u8> =
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_query_ignores_bare_names_and_a_form_takes_them() {
        let query = query("a&=x&b=1&b=2+3%2B&c=x%3Dy=z");

        assert_eq!(query.len(), 2);
        assert_eq!(query["b"], "2 3+");
        assert_eq!(query["c"], "x=y=z");
        assert_eq!(pairs(b"a&b=", true)["a"], "");
    }

    #[test]
    fn the_content_type_matters_only_with_a_body() {
        let json =
            TestRequest::post().insert_header((CONTENT_TYPE, "application/json")).to_http_request();
        let form = TestRequest::post()
            .insert_header((CONTENT_TYPE, "Application/x-www-form-urlencoded; charset=UTF-8"))
            .to_http_request();

        assert!(decode(&json, &Bytes::new()).is_ok());
        assert_eq!(decode(&json, &Bytes::from_static(b"{}")).unwrap_err(), Error::Malformed);
        assert_eq!(decode(&form, &Bytes::from_static(b"a=b")).unwrap().text("a"), Some("b"));
    }

    #[test]
    fn the_last_file_of_a_name_wins() {
        let request = TestRequest::post()
            .insert_header((CONTENT_TYPE, "multipart/form-data; boundary=X"))
            .to_http_request();
        let body = "--X\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n1\r\n--X\r\nContent-Disposition: form-data; name=b; filename=f\r\n\r\n2\r\n--X--\r\n";

        let params = decode(&request, &Bytes::from(body)).unwrap();

        assert_eq!(params.uploads().len(), 1);
        assert_eq!(params.uploads()[0].data, "2");
    }
}
