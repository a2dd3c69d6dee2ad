//! `auth/*`: login and logout.

use actix_web::http::StatusCode;
use futures::future::LocalBoxFuture;

use super::call::Call;
use super::level::Level;
use super::reply::{Reply, Result};
use crate::auth::Verdict;
use crate::http::guard;

/// What a banned address reads, whatever it tries.
pub const BANNED: &str =
    "Your IP address has been banned after too many failed authentication attempts.";

/// Opens a session. A client that has one already is not asked for credentials.
#[must_use]
pub fn login(mut call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let welcome =
            if call.level >= Level::L53 { Reply::no_content() } else { Reply::text("Ok.") };
        if call.visitor.session.is_some() {
            return Ok(welcome);
        }
        let (name, password) =
            (call.params.text_or_empty("username"), call.params.text_or_empty("password"));
        let client = call.visitor.client;
        match call.app.auth.check(name, password, client).await {
            Verdict::Right => {
                tracing::info!(client = %client, "logged in");
                let policy = call.app.auth.policy();
                guard::start_session(&call.app, &policy, call.level, &mut call.visitor);
                Ok(match call.visitor.set_cookie.take() {
                    Some(cookie) => welcome.header("set-cookie", cookie),
                    None => welcome,
                })
            }
            Verdict::Wrong => {
                tracing::warn!(client = %client, "login failed: wrong name or password");
                // Contract: below 5.3 a failure is a success with a text.
                Ok(if call.level >= Level::L53 {
                    Reply::error(StatusCode::UNAUTHORIZED, "")
                } else {
                    Reply::text("Fails.")
                })
            }
            Verdict::Banned => {
                tracing::warn!(client = %client, "login refused: the address is banned");
                Err(Reply::forbidden(BANNED))
            }
        }
    })
}

/// Ends the session and removes its cookie.
#[must_use]
pub fn logout(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        if let Some(session) = &call.visitor.session {
            call.app.auth.sessions.end(&session.cookie);
        }
        Ok(Reply::empty().header("set-cookie", call.visitor.cookie.clear()))
    })
}
