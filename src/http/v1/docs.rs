//! What is here, in words: the index, the browsable page, the kinds of problems.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use super::call::Call;
use super::problem::{Kind, Problem, Result};

const PAGE: &str = include_str!("../../../static/docs/page.html");
const SCRIPT: &str = include_str!("../../../static/docs/page.js");

/// What is here.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Index {
    pub name: &'static str,
    pub version: &'static str,
    pub docs: &'static str,
    pub openapi: &'static str,
}

/// A kind of problem.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProblemKind {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: u16,
    pub title: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Problems {
    pub problems: Vec<ProblemKind>,
}

fn explained(kind: Kind) -> ProblemKind {
    let (status, _, title) = kind.facts();
    ProblemKind { kind: kind.reference(), status, title }
}

/// Tells what is here.
pub async fn index(_: Call) -> Result {
    Answer::json(&Index {
        name: "revaer",
        version: env!("CARGO_PKG_VERSION"),
        docs: "/v1/docs",
        openapi: "/v1/openapi.json",
    })
}

/// The page that shows the API description; it loads nothing from elsewhere.
pub async fn page(_: Call) -> Result {
    Ok(Answer::whole("text/html; charset=utf-8", PAGE).header(
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; \
         frame-ancestors 'none'",
    ))
}

/// The script of the page.
pub async fn script(_: Call) -> Result {
    Ok(Answer::whole("text/javascript; charset=utf-8", SCRIPT))
}

/// Lists the kinds of problems.
pub async fn problems(_: Call) -> Result {
    Answer::json(&Problems { problems: Kind::ALL.into_iter().map(explained).collect() })
}

/// Explains one kind.
pub async fn problem(call: Call) -> Result {
    let name = call.param("kind");
    let kind = Kind::ALL.into_iter().find(|kind| kind.facts().1 == name);
    let kind = kind.ok_or_else(|| Problem::not_found(format!("there is no kind `{name}`")))?;
    Answer::json(&explained(kind))
}
