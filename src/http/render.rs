//! Turns replies into HTTP responses: the headers that every response carries, compression, the level's habits.

use std::io::Write as _;

use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use futures::stream::LocalBoxStream;

use super::guard::Contract;
use super::qbittorrent::level::Level;
use super::qbittorrent::reply::{Body, Reply};
use crate::auth::Policy;

/// Bodies up to this size are not worth compressing, in bytes.
const SMALL: usize = 1024;

/// Bodies above this size are compressed on the blocking pool, in bytes.
const LARGE: usize = 64 << 10;

/// Compressed output is sent once this much waits, in bytes.
const PIECE: usize = 32 << 10;

/// Renders a reply.
pub async fn response(
    reply: Reply,
    request: &HttpRequest,
    contract: Contract,
    policy: &Policy,
    set_cookie: Option<&str>,
) -> HttpResponse {
    let mut builder = HttpResponse::build(reply.status);
    // Contract: 5.3 writes no reason phrase for success.
    if contract.level >= Level::L53 && reply.status.is_success() {
        builder.reason("");
    }
    if !reply.is_bare {
        fixed_headers(&mut builder, contract.level, policy, super::Connection::of(request).tls);
    }
    if let Some(content_type) = reply.content_type {
        builder.insert_header(("content-type", content_type));
    }
    for (name, value) in &reply.headers {
        // What an answer says of itself goes before what is said of all.
        match HeaderValue::from_bytes(value.as_bytes()) {
            Ok(value) if *name != "set-cookie" => drop(builder.insert_header((*name, value))),
            _ => append(&mut builder, name, value),
        }
    }
    if let Some(cookie) = set_cookie {
        append(&mut builder, "set-cookie", cookie);
    }
    if !reply.is_bare {
        custom_headers(&mut builder, policy);
    }
    // What has a tag is one representation and stays as it is.
    let is_packed = reply.headers.iter().any(|(name, _)| *name == "etag");
    let gzip =
        !is_packed && accepts_gzip(request) && is_compressible(reply.content_type, contract.level);
    match reply.body {
        Body::Whole(body) if gzip && body.len() > SMALL => match compress(body.clone()).await {
            Some(small) if small.len() < body.len() => {
                builder.insert_header((CONTENT_ENCODING, "gzip")).body(small)
            }
            _ => builder.body(body),
        },
        Body::Whole(body) => builder.body(body),
        Body::Stream(stream) if request.method() == Method::HEAD => {
            drop(stream);
            builder.finish()
        }
        Body::Stream(stream) if gzip => {
            builder.insert_header((CONTENT_ENCODING, "gzip")).streaming(compress_stream(stream))
        }
        Body::Stream(stream) => builder.streaming(stream),
    }
}

/// The answer to what is no request of this contract: no body, and the connection ends.
#[must_use]
pub fn malformed(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).force_close().finish()
}

/// Headers of every response; the policies follow the reference, section 1.6.
fn fixed_headers(builder: &mut HttpResponseBuilder, level: Level, policy: &Policy, tls: bool) {
    builder.insert_header(("x-xss-protection", "1; mode=block"));
    builder.insert_header(("x-content-type-options", "nosniff"));
    let mut content_policy = String::new();
    if !policy.foreign_pages {
        builder.insert_header(("referrer-policy", "same-origin"));
        content_policy.push_str(
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             script-src 'self' 'unsafe-inline'; object-src 'none'; form-action 'self';",
        );
        if level >= Level::L51 {
            builder.insert_header(("cross-origin-opener-policy", "same-origin"));
            content_policy.push_str(" frame-src 'self' blob:;");
        }
    }
    if policy.clickjacking_protection {
        builder.insert_header(("x-frame-options", "SAMEORIGIN"));
        content_policy.push_str(" frame-ancestors 'self';");
    }
    if tls {
        content_policy.push_str(" upgrade-insecure-requests;");
    }
    let content_policy = content_policy.trim_start();
    if !content_policy.is_empty() {
        builder.insert_header(("content-security-policy", content_policy));
    }
}

/// The operator's own headers replace those of the same name.
pub fn custom_headers(builder: &mut HttpResponseBuilder, policy: &Policy) {
    for (name, value) in &policy.custom_headers {
        let name = HeaderName::try_from(name.as_str());
        let value = HeaderValue::from_str(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            builder.insert_header((name, value));
        }
    }
}

/// Adds a header whose value may come from data; one that HTTP cannot carry is left out.
pub fn append(builder: &mut HttpResponseBuilder, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        builder.append_header((name, value));
    }
}

/// A body in gzip, if the client takes that and it is worth it.
pub async fn gzipped(request: &HttpRequest, body: Bytes) -> Option<Bytes> {
    if body.len() <= SMALL || !accepts_gzip(request) {
        return None;
    }
    let size = body.len();
    compress(body).await.filter(|small| small.len() < size)
}

fn accepts_gzip(request: &HttpRequest) -> bool {
    let header = request.headers().get_all(ACCEPT_ENCODING).next_back();
    header.and_then(|value| value.to_str().ok()).is_some_and(lists_gzip)
}

/// Contract: pictures that are compressed already are sent as they are; 5.3 knows more of them.
fn is_compressible(content_type: Option<&str>, level: Level) -> bool {
    match content_type {
        Some("image/png" | "image/gif") => false,
        Some("image/jpeg" | "image/webp") => level < Level::L53,
        _ => true,
    }
}

fn lists_gzip(header: &str) -> bool {
    header.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named =
            parts.next().is_some_and(|name| name == "*" || name.eq_ignore_ascii_case("gzip"));
        let quality =
            parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named
            && quality.is_none_or(|quality| {
                quality.trim().parse().is_ok_and(|quality: f32| quality > 0.0)
            })
    })
}

/// Compresses small bodies at once and large ones, faster and a little worse, on the blocking pool.
async fn compress(body: Bytes) -> Option<Bytes> {
    if body.len() <= LARGE {
        return gzip(&body, Compression::default());
    }
    actix_web::web::block(move || gzip(&body, Compression::fast())).await.ok()?
}

fn gzip(body: &Bytes, level: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), level);
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Compresses a stream, piece by piece.
fn compress_stream(
    stream: LocalBoxStream<'static, std::io::Result<Bytes>>,
) -> LocalBoxStream<'static, std::io::Result<Bytes>> {
    let encoder = GzEncoder::new(Vec::with_capacity(PIECE * 2), Compression::fast());
    futures::stream::try_unfold((stream, Some(encoder)), |(mut stream, encoder)| async move {
        let Some(mut encoder) = encoder else { return Ok(None) };
        while let Some(piece) = stream.next().await {
            encoder.write_all(&piece?)?;
            if encoder.get_ref().len() >= PIECE {
                let ready = std::mem::replace(encoder.get_mut(), Vec::with_capacity(PIECE * 2));
                return Ok(Some((Bytes::from(ready), (stream, Some(encoder)))));
            }
        }
        let rest = encoder.finish()?;
        Ok(Some((Bytes::from(rest), (stream, None))))
    })
    .boxed_local()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use futures::TryStreamExt as _;

    use super::*;

    #[test]
    fn gzip_is_used_where_the_client_lists_it() {
        assert!(lists_gzip("deflate, gzip"));
        assert!(lists_gzip("*;q=0.1"));
        assert!(!lists_gzip("gzip;q=0, br"));
        assert!(!lists_gzip("identity"));
    }

    #[actix_web::test]
    async fn a_compressed_stream_reads_back() {
        let pieces: Vec<Bytes> =
            (0..200_u32).map(|n| Bytes::from(format!("{n}").repeat(500))).collect();
        let stream = futures::stream::iter(pieces.clone().into_iter().map(Ok)).boxed_local();

        let compressed: Vec<Bytes> = compress_stream(stream).try_collect().await.unwrap();

        let mut text = Vec::new();
        GzDecoder::new(compressed.concat().as_slice()).read_to_end(&mut text).unwrap();
        assert_eq!(text, pieces.concat());
    }
}
