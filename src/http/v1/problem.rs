//! `application/problem+json` (RFC 9457): the one form of every failure.
//!
//! The `type` of a problem is stable and what programs look at; `detail` is for people. What is wrong with an input is
//! listed in `errors`, by JSON pointer into the body or by the name of a parameter.

use actix_web::http::StatusCode;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Body};
use crate::auth::api_keys::Exhausted;
use crate::{engine, intake, settings, store};

/// What a handler returns.
pub type Result<T = Answer> = std::result::Result<T, Problem>;

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Malformed,
    Unauthenticated,
    Refused,
    Scope,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Conflict,
    Precondition,
    TooLarge,
    MediaType,
    Invalid,
    RateLimited,
    Internal,
    Unavailable,
}

impl Kind {
    pub const ALL: [Self; 15] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::Refused,
        Self::Scope,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::Conflict,
        Self::Precondition,
        Self::TooLarge,
        Self::MediaType,
        Self::Invalid,
        Self::RateLimited,
        Self::Internal,
        Self::Unavailable,
    ];

    /// Status, last part of the `type`, and title.
    #[must_use]
    pub const fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Malformed => (400, "malformed", "The request cannot be read"),
            Self::Unauthenticated => (401, "unauthenticated", "Nobody is signed in"),
            Self::Refused => (403, "refused", "The request is refused"),
            Self::Scope => (403, "scope", "The key may not do this"),
            Self::NotFound => (404, "not-found", "There is nothing here"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "The method is not allowed"),
            Self::NotAcceptable => (406, "not-acceptable", "The answer has another media type"),
            Self::Conflict => (409, "conflict", "The present state does not allow this"),
            Self::Precondition => (412, "precondition", "The resource has changed"),
            Self::TooLarge => (413, "too-large", "The request is too large"),
            Self::MediaType => (415, "media-type", "The body has the wrong media type"),
            Self::Invalid => (422, "invalid", "Something in the request is not valid"),
            Self::RateLimited => (429, "rate-limited", "Too many requests"),
            Self::Internal => (500, "internal", "The server failed"),
            Self::Unavailable => (503, "unavailable", "The server cannot do this now"),
        }
    }

    /// The relative reference that names the kind.
    #[must_use]
    pub fn reference(self) -> String {
        format!("/v1/problems/{}", self.facts().1)
    }
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fault {
    /// A JSON pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The name of a parameter of path, query or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    pub reason: String,
}

/// A failure on its way to the client.
#[derive(Debug)]
pub struct Problem {
    pub kind: Kind,
    pub detail: String,
    pub faults: Vec<Fault>,
    pub headers: Vec<(&'static str, String)>,
}

/// A problem as it is sent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Document {
    /// A stable relative reference, such as `/v1/problems/not-found`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What happened, for people.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// The name of the request in the logs.
    pub request_id: String,
    /// What is wrong with the input.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<Fault>,
}

impl Problem {
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), faults: Vec::new(), headers: Vec::new() }
    }

    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    #[must_use]
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, detail)
    }

    /// A value of the body that is not valid.
    #[must_use]
    pub fn invalid(pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        let (pointer, reason) = (pointer.into(), reason.into());
        let detail = match pointer.as_str() {
            "" => reason.clone(),
            pointer => format!("{pointer}: {reason}"),
        };
        let mut problem = Self::new(Kind::Invalid, detail);
        problem.faults.push(Fault { pointer: Some(pointer), parameter: None, reason });
        problem
    }

    /// A parameter that is not valid.
    #[must_use]
    pub fn parameter(name: &str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let mut problem = Self::new(Kind::Invalid, format!("`{name}`: {reason}"));
        problem.faults.push(Fault { pointer: None, parameter: Some(name.to_owned()), reason });
        problem
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer that carries it.
    #[must_use]
    pub fn answer(self, path: &str, request_id: &str) -> Answer {
        let (status, _, title) = self.kind.facts();
        let document = Document {
            kind: self.kind.reference(),
            title: title.to_owned(),
            status,
            detail: self.detail,
            instance: path.to_owned(),
            request_id: request_id.to_owned(),
            errors: self.faults,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        Answer {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: self.headers,
            body: Body::Whole("application/problem+json", Bytes::from(body)),
        }
    }
}

/// A key that has used up its share of requests.
#[must_use]
pub fn too_many(exhausted: Exhausted) -> Problem {
    let mut problem = Problem::new(Kind::RateLimited, "this API key sends too many requests");
    problem.headers = exhausted.headers;
    problem
}

impl From<engine::Error> for Problem {
    fn from(error: engine::Error) -> Self {
        use engine::Error::{
            Duplicate, Exists, Invalid, Missing, Native, NoMetadata, NotFound, QueueingDisabled,
            Store, Unavailable,
        };
        let kind = match &error {
            NotFound(_) | Missing(_) => Kind::NotFound,
            Duplicate(_) | Exists(_) | QueueingDisabled | NoMetadata => Kind::Conflict,
            Invalid(_) => Kind::Invalid,
            Unavailable(_) | Store(_) => Kind::Unavailable,
            Native(_) => Kind::Internal,
        };
        if matches!(kind, Kind::Internal | Kind::Unavailable) {
            tracing::error!(%error, "a request failed");
        }
        Self::new(kind, error.to_string())
    }
}

impl From<intake::Error> for Problem {
    fn from(error: intake::Error) -> Self {
        match error {
            intake::Error::Engine(error) => error.into(),
            intake::Error::Outside(_) => Self::new(Kind::Refused, error.to_string()),
            error => Self::new(Kind::Invalid, error.to_string()),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "the database was not read or changed");
        Self::new(Kind::Unavailable, "the database cannot be used now")
    }
}

impl From<settings::Error> for Problem {
    fn from(error: settings::Error) -> Self {
        if let settings::Error::Refused(refused) = &error {
            return Self::invalid(format!("/{}", refused.key), &refused.reason);
        }
        tracing::error!(%error, "settings were not changed");
        Self::new(Kind::Unavailable, "the settings cannot be changed now")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_kind_place_and_reason() {
        let answer = Problem::invalid("/tags/0", "must be a text").answer("/v1/torrents", "r1");

        let Body::Whole(media_type, body) = answer.body else { panic!("a whole body") };
        assert_eq!((answer.status.as_u16(), media_type), (422, "application/problem+json"));
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(document["type"], "/v1/problems/invalid");
        assert_eq!(document["errors"][0]["pointer"], "/tags/0");
        assert_eq!(document["request_id"], "r1");
    }

    #[test]
    fn kinds_have_names_of_their_own() {
        let names: std::collections::HashSet<_> = Kind::ALL.map(|kind| kind.facts().1).into();

        assert_eq!(names.len(), Kind::ALL.len());
    }
}
