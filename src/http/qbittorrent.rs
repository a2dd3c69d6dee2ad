//! `/api/v2`: the qBittorrent Web API at three contract levels.
//!
//! `routes` says what exists, [`serve`] checks a request against its row in the contract's order and runs the handler.

pub mod app;
pub mod auth;
pub mod body;
pub mod call;
pub mod clientdata;
pub mod directory;
pub mod docs;
pub mod fields;
pub mod json;
pub mod level;
pub mod log;
pub mod multipart;
pub mod params;
pub mod preferences;
pub mod render;
pub mod reply;
pub mod routes;
pub mod rss;
mod scope;
pub mod search;
pub mod sync;
pub mod torrentcreator;
pub mod torrents;
pub mod transfer;

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Payload;
use tracing::Instrument as _;

use super::guard::{Bearer, Contract, Visitor};
use crate::app::App;
use crate::model::Actor;
use call::Call;
use level::Level;
use params::Params;
use reply::Reply;
use routes::{Access, Found, Method, Route, Verb};
use sync::Memory;

/// The `scope/action` of a path below `/api/v2`, if it has that shape.
#[must_use]
pub fn action(path: &str) -> Option<&str> {
    let action = path.strip_prefix("/api/v2/")?;
    let (scope, name) = action.split_once('/')?;
    (is_identifier(scope) && is_identifier(name)).then_some(action)
}

fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Checks a request against the table and runs its handler.
///
/// # Errors
/// When the body cannot be taken; the connection then ends without a proper answer.
pub async fn serve(
    action: &str,
    method: Method,
    request: &HttpRequest,
    payload: Payload,
    (app, memory): (Arc<App>, Arc<Memory>),
    contract: Contract,
    visitor: &mut Visitor,
) -> Result<Reply, body::Error> {
    let checked = route(action, method, contract, visitor).and_then(|row| match &visitor.bearer {
        Bearer::Known(key) => scope::check(row, key).map(|()| row),
        Bearer::Absent | Bearer::Unknown => Ok(row),
    });
    let row = match checked {
        Ok(row) => row,
        Err(reply) => {
            body::discard(payload).await;
            return Ok(reply);
        }
    };
    let held;
    let params = if method == Method::Post {
        let sender = match visitor.session {
            Some(_) => body::Sender::Known,
            None => body::Sender::Stranger,
        };
        held = body::collect(request, payload, sender).await?;
        body::decode(request, &held.data)?
    } else {
        Params::new(body::query(request.query_string()), Vec::new())
    };
    if let Some(reply) = missing(row, &params, contract) {
        return Ok(reply);
    }
    if let Bearer::Known(key) = &visitor.bearer
        && let Err(reply) = scope::check_params(&params, key)
    {
        return Ok(reply);
    }
    let session = visitor.session.as_ref();
    let call = Call {
        actor: actor(&app, visitor),
        app,
        level: contract.level,
        strict: contract.strict,
        params,
        range: request
            .headers()
            .get("range")
            .and_then(|range| range.to_str().ok())
            .map(str::to_owned),
        memory,
        session: session.map(|session| Arc::clone(&session.id)).unwrap_or_default(),
        visitor: visitor.clone(),
    };
    let answer = match row.verb {
        Verb::Get => (row.run)(call).await,
        // A change is finished even if its client goes away, as upstream finishes it.
        Verb::Post => match actix_web::rt::spawn((row.run)(call).in_current_span()).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(action, %error, "a handler failed");
                Err(Reply::error(StatusCode::INTERNAL_SERVER_ERROR, ""))
            }
        },
    };
    let reply = answer.unwrap_or_else(|reply| reply);
    if reply.headers.iter().any(|(name, _)| *name == "set-cookie") {
        visitor.set_cookie = None;
    }
    Ok(reply)
}

fn actor(app: &App, visitor: &Visitor) -> Actor {
    match &visitor.bearer {
        Bearer::Known(key) => Actor::Key(Arc::clone(&key.name)),
        Bearer::Absent | Bearer::Unknown => Actor::User(app.auth.policy().username.as_str().into()),
    }
}

/// Finds the row of a request, or the contract's refusal: access comes before any look at what exists.
fn route(
    action: &str,
    method: Method,
    contract: Contract,
    visitor: &Visitor,
) -> Result<&'static Route, Reply> {
    let login = action == "auth/login";
    if (visitor.session.is_none() && !login)
        || (visitor.bearer.is_present() && action.starts_with("auth/"))
    {
        return Err(Reply::forbidden(""));
    }
    match routes::find(action, contract.level, contract.strict, method) {
        Found::Row(row) if row.access == Access::User && visitor.session.is_none() => {
            Err(Reply::forbidden(""))
        }
        Found::Row(row) => Ok(row),
        Found::MethodNotAllowed => Err(Reply::error(StatusCode::METHOD_NOT_ALLOWED, "")),
        Found::UnknownAction if contract.level >= Level::L53 => {
            Err(Reply::not_found("Endpoint does not exist"))
        }
        Found::UnknownScope | Found::UnknownAction => Err(Reply::not_found("")),
    }
}

fn missing(row: &Route, params: &Params, contract: Contract) -> Option<Reply> {
    let absent: Vec<&str> = row
        .required(contract.strict)
        .iter()
        .copied()
        .filter(|name| params.text(name).is_none())
        .collect();
    match contract.level {
        _ if absent.is_empty() => None,
        Level::L53 => {
            Some(Reply::bad_request(&format!("Missing required parameters: {}", absent.join(", "))))
        }
        Level::L45 | Level::L51 => Some(Reply::bad_request("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_two_identifiers() {
        assert_eq!(action("/api/v2/app/version"), Some("app/version"));
        assert_eq!(action("/api/v2/app/version/"), None);
        assert_eq!(action("/api/v2/app/"), None);
        assert_eq!(action("/api/v2//version"), None);
        assert_eq!(action("/api/v2/1app/version"), None);
        assert_eq!(action("//api/v2/app/version"), None);
        assert_eq!(action("/api/v2/a_1/b-c"), None);
    }
}
