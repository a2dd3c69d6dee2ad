//! Answers of `/api/v2`: upstream's status and plain text, or JSON.

use actix_web::http::StatusCode;
use bytes::Bytes;
use futures::future::LocalBoxFuture;
use futures::stream::LocalBoxStream;

/// One answer; the mount adds headers, compression and the level's habits.
pub struct Reply {
    pub status: StatusCode,
    /// `None` sends no content type (204).
    pub content_type: Option<&'static str>,
    pub body: Body,
    pub headers: Vec<(&'static str, String)>,
    /// Without the headers that all others carry.
    pub is_bare: bool,
}

pub enum Body {
    Whole(Bytes),
    /// Large answers, produced piece by piece.
    Stream(LocalBoxStream<'static, std::io::Result<Bytes>>),
}

/// What a handler returns: an early answer travels as `Err`, so that `?` works.
pub type Result<T = Reply> = std::result::Result<T, Reply>;

/// The future of an answer that is known already.
#[must_use]
pub fn now(answer: Reply) -> LocalBoxFuture<'static, Result> {
    Box::pin(std::future::ready(Ok(answer)))
}

pub const TEXT: &str = "text/plain; charset=UTF-8";
pub const JSON: &str = "application/json";

impl Reply {
    /// Success without data: 200 with an empty text.
    #[must_use]
    pub fn empty() -> Self {
        Self::text("")
    }

    /// Success without data, as some actions answer at L53.
    #[must_use]
    pub fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, content_type: None, ..Self::empty() }
    }

    /// A refusal from below what adds headers and texts.
    #[must_use]
    pub fn bare(status: StatusCode) -> Self {
        Self { status, content_type: None, is_bare: true, ..Self::empty() }
    }

    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::with(StatusCode::OK, TEXT, text.into().into())
    }

    #[must_use]
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::with(StatusCode::OK, JSON, body.into())
    }

    #[must_use]
    pub fn with(status: StatusCode, content_type: &'static str, body: Bytes) -> Self {
        Self {
            status,
            content_type: Some(content_type),
            body: Body::Whole(body),
            headers: Vec::new(),
            is_bare: false,
        }
    }

    /// An error with a text; an empty text means the reason phrase of the status, as upstream.
    #[must_use]
    pub fn error(status: StatusCode, text: &str) -> Self {
        let text =
            if text.is_empty() { status.canonical_reason().unwrap_or_default() } else { text };
        Self::with(status, TEXT, text.to_owned().into())
    }

    #[must_use]
    pub fn bad_request(text: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, text)
    }

    #[must_use]
    pub fn not_found(text: &str) -> Self {
        Self::error(StatusCode::NOT_FOUND, text)
    }

    #[must_use]
    pub fn conflict(text: &str) -> Self {
        Self::error(StatusCode::CONFLICT, text)
    }

    #[must_use]
    pub fn forbidden(text: &str) -> Self {
        Self::error(StatusCode::FORBIDDEN, text)
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
