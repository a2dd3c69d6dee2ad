//! Bodies of requests: bounded while they are read, strict when they are decoded.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::problem::{Kind, Problem, Result};

pub mod lists;

/// Bytes of a JSON body at most.
pub const JSON: usize = 1 << 20;

/// Bytes of a body with files at most.
pub const UPLOAD: usize = 64 << 20;

/// Bodies in memory at once, over all connections, in KiB.
const IN_FLIGHT_KIB: usize = 256 << 10;

static IN_FLIGHT: Semaphore = Semaphore::const_new(IN_FLIGHT_KIB);

/// What a route takes as its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    Json,
    /// JSON, or `multipart/form-data` with files.
    JsonOrFiles,
}

/// A body that was read, and its share of the memory for bodies.
pub struct Received {
    pub data: Bytes,
    _share: Vec<SemaphorePermit<'static>>,
}

/// Reads a body within its bounds, and refuses one of the wrong media type before it is read.
pub async fn collect(request: &HttpRequest, payload: Payload, takes: Takes) -> Result<Received> {
    let headers = request.headers();
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Problem::new(Kind::MediaType, "bodies must not be compressed"));
    }
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let declared: usize = declared.and_then(|text| text.parse().ok()).unwrap_or(0);
    let media_type = media_type(headers);
    let limit = match takes {
        Takes::Nothing => 0,
        Takes::JsonOrFiles if media_type == "multipart/form-data" => UPLOAD,
        Takes::Json | Takes::JsonOrFiles => JSON,
    };
    let too_large = || match limit {
        0 => Problem::new(Kind::Malformed, "this request takes no body"),
        limit => Problem::new(Kind::TooLarge, format!("the body may have {limit} bytes")),
    };
    if declared > limit {
        return Err(too_large());
    }
    let mut payload = payload;
    let mut data = BytesMut::with_capacity(declared.min(JSON));
    let mut share = Vec::new();
    let mut covered = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Kind::Malformed, "the body ended early"))?;
        if data.len() + chunk.len() > limit {
            return Err(too_large());
        }
        while covered < data.len() + chunk.len() {
            let permit = IN_FLIGHT
                .try_acquire_many(256)
                .map_err(|_| Problem::new(Kind::Unavailable, "too many uploads are under way"))?;
            share.push(permit);
            covered += 256 << 10;
        }
        data.extend_from_slice(&chunk);
    }
    if !data.is_empty() {
        let is_json = media_type == "application/json";
        let is_files = takes == Takes::JsonOrFiles && media_type == "multipart/form-data";
        if !is_json && !is_files {
            let allowed = match takes {
                Takes::JsonOrFiles => "application/json or multipart/form-data",
                Takes::Json | Takes::Nothing => "application/json",
            };
            return Err(Problem::new(Kind::MediaType, format!("the body must be {allowed}")));
        }
    }
    Ok(Received { data: data.freeze(), _share: share })
}

/// The media type of the body, in lower case and without parameters.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Decodes JSON strictly: what the type does not know is refused by its pointer.
pub fn decode<T: DeserializeOwned>(data: &[u8]) -> Result<T> {
    if data.is_empty() {
        return Err(Problem::new(Kind::Malformed, "a JSON body is needed"));
    }
    let mut json = serde_json::Deserializer::from_slice(data);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        let error = error.into_inner();
        if error.is_data() {
            let reason = error.to_string();
            // The place in the text tells less than the pointer does.
            let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
            Problem::invalid(pointer, reason)
        } else {
            Problem::new(Kind::Malformed, format!("the body is no JSON: {error}"))
        }
    })?;
    json.end()
        .map_err(|error| Problem::new(Kind::Malformed, format!("the body is no JSON: {error}")))?;
    Ok(value)
}

/// Refuses the parameters of a query where there are none.
pub fn no_query(query: &str) -> Result<()> {
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    let Some(name) = names.next() else { return Ok(()) };
    let mut problem = Problem::parameter(&name, "this resource has no parameters");
    for other in names {
        problem.faults.extend(Problem::parameter(&other, "this resource has no parameters").faults);
    }
    Err(problem)
}

/// Decodes a query strictly.
pub fn decode_query<T: DeserializeOwned>(query: &str) -> Result<T> {
    let pairs = serde_html_form::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let name = match error.path().iter().next() {
            Some(Segment::Map { key }) => key.clone(),
            _ => String::new(),
        };
        Problem::parameter(&name, worded(error.into_inner().to_string()))
    })
}

/// What a parser of numbers says, without the words of its language.
fn worded(reason: String) -> String {
    match reason.as_str() {
        "invalid digit found in string" => "must be a whole number, not below 0".to_owned(),
        "number too large to fit in target type" => "is too large".to_owned(),
        _ => reason,
    }
}

/// A path as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    path.iter().fold(String::new(), |mut pointer, segment| {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
        pointer
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(default)]
        tags: Vec<String>,
        #[serde(default)]
        size: Option<u64>,
    }

    fn fault(problem: &Problem) -> (Kind, &str) {
        let fault = problem.faults.first();
        let place = fault.and_then(|fault| fault.pointer.as_deref().or(fault.parameter.as_deref()));
        (problem.kind, place.unwrap_or_default())
    }

    #[test]
    fn what_is_wrong_is_named_by_its_pointer() {
        let refused = |text: &str| decode::<Sample>(text.as_bytes()).unwrap_err();

        assert_eq!(fault(&refused(r#"{"tags":["a",1]}"#)), (Kind::Invalid, "/tags/1"));
        assert_eq!(fault(&refused(r#"{"nothing":1}"#)), (Kind::Invalid, "/nothing"));
        assert_eq!(fault(&refused("{")), (Kind::Malformed, ""));
        assert_eq!(fault(&refused("{} {}")), (Kind::Malformed, ""));
        assert_eq!(fault(&refused("")), (Kind::Malformed, ""));
        let sample: Sample = decode(br#"{"tags":["a"],"size":3}"#).unwrap();
        assert_eq!((sample.tags.len(), sample.size), (1, Some(3)));
    }

    #[test]
    fn deep_bodies_are_refused() {
        let deep = r#"{"a":"#.repeat(10_000);

        assert_eq!(decode::<serde_json::Value>(deep.as_bytes()).unwrap_err().kind, Kind::Malformed);
    }

    #[test]
    fn a_query_may_repeat_a_name() {
        let sample: Sample = decode_query("tags=a&tags=b%2Cc&size=7").unwrap();
        assert_eq!(sample.tags, ["a", "b,c"]);
        assert_eq!(sample.size, Some(7));
        for (query, detail) in [
            ("size=x", "`size`: must be a whole number, not below 0"),
            ("size=-1", "`size`: must be a whole number, not below 0"),
            ("size=99999999999999999999", "`size`: is too large"),
        ] {
            let problem = decode_query::<Sample>(query).unwrap_err();
            assert_eq!(fault(&problem), (Kind::Invalid, "size"));
            assert_eq!(problem.detail, detail);
        }
    }

    #[test]
    fn each_parameter_too_many_is_named() {
        let problem = no_query("a%20b=1&c").unwrap_err();

        assert_eq!(fault(&problem), (Kind::Invalid, "a b"));
        assert_eq!(problem.faults[1].parameter.as_deref(), Some("c"));
        assert!(no_query("").is_ok());
    }
}
