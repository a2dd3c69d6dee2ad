//! `/v1`: our own API. Resources, one format of errors, keys with scopes.
//!
//! `routes` says what exists; [`serve`] runs the checks that every request passes, in one order: host and origin, who
//! asks, rate, route, scope, media types, body. Every answer that is no success is a problem document, and a handler
//! that panics answers one too.

pub mod access;
pub mod action;
pub mod answer;
pub mod api_keys;
pub mod batch;
pub mod body;
pub mod call;
pub mod categories;
pub mod create;
pub mod docs;
pub mod events;
pub mod files;
pub mod filter;
pub mod health;
pub mod idempotency;
pub mod imports;
pub mod jobs;
pub mod list;
pub mod log;
pub mod metrics;
pub mod openapi;
pub mod options;
pub mod peers;
pub mod pieces;
pub mod preview;
pub mod problem;
pub mod remove;
pub mod routes;
pub mod select;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod stats;
pub mod tags;
pub mod torrents;
pub mod trackers;
pub mod ui;
pub mod web_seeds;
pub mod wire;

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, rt};
use tracing::Instrument as _;

use super::Ended;
use super::base_path::Located;
use super::guard::{self, Bearer, Contract, Refusal};
use crate::app::App;
use access::Principal;
use call::Call;
use problem::{Kind, Problem, Result};
use routes::{Access, Found, Route};

/// True for the paths of this mount.
#[must_use]
pub fn owns(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/") || path == "/metrics"
}

/// Answers one request.
pub async fn serve(
    request: &HttpRequest,
    located: &Located<'_>,
    payload: Payload,
    app: Arc<App>,
) -> HttpResponse {
    let started = Instant::now();
    let id = super::request_id(request.headers());
    let span = super::request_span(&id);
    let mut served = Served { route: None, set_cookie: None, rate: Vec::new() };
    let outcome =
        answered(request, located, payload, &app, &mut served).instrument(span.clone()).await;
    let answer = outcome.unwrap_or_else(|problem| problem.answer(located.path, &id));
    let route = served.route.map_or("unmatched", |route| route.path);
    let (method, status) = (request.method().as_str(), answer.status.as_u16());
    super::note(&app, &span, &Ended { method, route, status, took: started.elapsed() });
    answer.render(request, &app.auth.policy(), &id, served.set_cookie.as_deref(), served.rate).await
}

/// What is known of a request when it ends early.
struct Served {
    route: Option<&'static Route>,
    set_cookie: Option<String>,
    rate: Vec<(&'static str, String)>,
}

async fn answered(
    request: &HttpRequest,
    located: &Located<'_>,
    payload: Payload,
    app: &Arc<App>,
    served: &mut Served,
) -> Result {
    let (contract, _) = Contract::of(app, request);
    let bearer = Bearer::of(app, request);
    let visitor = guard::admit(app, request, located, contract, bearer).await.map_err(refused)?;
    served.set_cookie.clone_from(&visitor.set_cookie);
    let principal = Principal::of(app, &visitor);
    if let Some(key) = principal.as_ref().and_then(|principal| principal.key.as_ref()) {
        served.rate = key.take().map_err(problem::too_many)?;
    }

    // A stranger is not told what exists.
    let found = routes::find(located.path, request.method());
    let (route, params) = match found {
        Found::Row(route, params) => (route, params),
        Found::MethodNotAllowed(_) | Found::Nothing if principal.is_none() => {
            return Err(unauthenticated(&visitor.bearer));
        }
        Found::MethodNotAllowed(allowed) => {
            return Err(Problem::new(
                Kind::MethodNotAllowed,
                "this resource does not take the method",
            )
            .header("allow", allowed));
        }
        Found::Nothing => return Err(Problem::new(Kind::NotFound, "there is no such resource")),
    };
    served.route = Some(route);
    let principal = match (route.access, principal) {
        (Access::Anyone, principal) => principal.unwrap_or_else(Principal::nobody),
        (Access::Scope(_), None) => return Err(unauthenticated(&visitor.bearer)),
        (Access::Scope(scope), Some(principal)) => {
            principal.needs(scope)?;
            principal
        }
    };
    acceptable(request.headers(), route)?;
    if route.query.is_empty() {
        body::no_query(request.query_string())?;
    }
    let body = body::collect(request, payload, route.takes).await?;
    let call = Call {
        app: Arc::clone(app),
        route,
        principal,
        params,
        query: request.query_string().to_owned(),
        headers: request.headers().clone(),
        body,
        visitor,
    };
    // A change is finished even if its client goes away.
    match rt::spawn(idempotency::run(call).in_current_span()).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::error!(route = route.path, %error, "a handler failed");
            Err(Problem::new(Kind::Internal, "the request could not be handled; the log says why"))
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unauthorized => Problem::new(
            Kind::Refused,
            "the Host or Origin header names another site, or the credentials are wrong",
        ),
        Refusal::Banned => {
            Problem::new(Kind::Refused, "this address is banned after too many failed logins")
        }
    }
}

fn unauthenticated(bearer: &Bearer) -> Problem {
    let detail = match bearer {
        Bearer::Unknown => "there is no such API key",
        Bearer::Absent | Bearer::Known(_) => "an API key or a session is needed",
    };
    Problem::new(Kind::Unauthenticated, detail)
        .header("www-authenticate", "Bearer realm=\"revaer\"".to_owned())
}

/// Refuses a client that takes nothing of what the route gives.
fn acceptable(headers: &HeaderMap, route: &Route) -> Result<()> {
    let Some(accept) = headers.get(ACCEPT).and_then(|value| value.to_str().ok()) else {
        return Ok(());
    };
    let given = route.media_type();
    let family = given.split('/').next().unwrap_or_default();
    let takes = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let is_refused = parts.any(|part| {
            part.strip_prefix("q=").is_some_and(|q| q.parse().is_ok_and(|q: f32| q <= 0.0))
        });
        !is_refused && (range == "*/*" || range == given || range == format!("{family}/*"))
    };
    if accept.trim().is_empty() || accept.split(',').any(takes) {
        return Ok(());
    }
    Err(Problem::new(Kind::NotAcceptable, format!("this resource is given as {given}")))
}

/// True if a method changes nothing.
#[must_use]
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}
