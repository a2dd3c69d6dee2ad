//! Answers of `/v1`, and the headers that all of them carry.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures::stream::LocalBoxStream;
use serde::Serialize;

use crate::auth::Policy;
use crate::http::render;

pub const JSON: &str = "application/json";

/// One answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

pub enum Body {
    Empty,
    /// Media type and bytes.
    Whole(&'static str, Bytes),
    /// Events, as long as the client listens.
    Stream(LocalBoxStream<'static, std::io::Result<Bytes>>),
}

impl Answer {
    /// 200 with JSON.
    pub fn json(value: &impl Serialize) -> super::problem::Result {
        let body = serde_json::to_vec(value).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written as JSON");
            super::Problem::new(super::Kind::Internal, "the answer cannot be written")
        })?;
        Ok(Self::whole(JSON, body))
    }

    /// 200 with bytes of a media type.
    #[must_use]
    pub fn whole(media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = Body::Whole(media_type, body.into());
        Self { status: StatusCode::OK, headers: Vec::new(), body }
    }

    /// 204.
    #[must_use]
    pub fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: Body::Empty }
    }

    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Turns it into a response.
    pub async fn render(
        self,
        request: &HttpRequest,
        policy: &Policy,
        request_id: &str,
        set_cookie: Option<&str>,
        rate: Vec<(&'static str, String)>,
    ) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status);
        builder.insert_header(("x-content-type-options", "nosniff"));
        builder.insert_header(("referrer-policy", "same-origin"));
        builder.insert_header(("cache-control", "no-store"));
        builder.insert_header((
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ));
        builder.insert_header(("x-request-id", request_id));
        render::custom_headers(&mut builder, policy);
        for (name, value) in rate.into_iter().chain(self.headers) {
            builder.insert_header((name, value));
        }
        if let Some(cookie) = set_cookie {
            render::append(&mut builder, "set-cookie", cookie);
        }
        match self.body {
            Body::Empty => builder.finish(),
            Body::Whole(media_type, body) => {
                builder.insert_header(("content-type", media_type));
                match render::gzipped(request, body.clone()).await {
                    Some(small) => builder.insert_header(("content-encoding", "gzip")).body(small),
                    None => builder.body(body),
                }
            }
            Body::Stream(stream) if request.method() == Method::HEAD => {
                drop(stream);
                builder.finish()
            }
            Body::Stream(stream) => {
                builder.insert_header(("content-type", "text/event-stream"));
                builder.insert_header(("x-accel-buffering", "no"));
                builder.streaming(stream)
            }
        }
    }
}
