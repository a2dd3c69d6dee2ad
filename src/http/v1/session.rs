//! `/v1/session`: sign in and out with a password, for the web UI.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::api_keys::Scope;
use super::call::Call;
use super::problem::{Kind, Problem, Result};
use crate::auth::Verdict;
use crate::http::guard;

/// Who asks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Session {
    pub signed_in: bool,
    /// `user:NAME` or `key:NAME`.
    pub actor: Option<String>,
    pub scopes: Vec<Scope>,
    pub categories: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub username: String,
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// Shows who asks.
pub async fn read_session(call: Call) -> Result {
    let principal = &call.principal;
    let signed_in = principal.key.is_some() || call.visitor.session.is_some();
    Answer::json(&Session {
        signed_in,
        actor: signed_in.then(|| principal.actor.to_string()),
        scopes: principal.scopes.iter().map(Into::into).collect(),
        categories: principal.categories.as_deref().filter(|_| signed_in).map(<[String]>::to_vec),
    })
}

/// Opens a session; its cookie counts for both contracts.
pub async fn create_session(mut call: Call) -> Result {
    let login: Login = call.json()?;
    let client = call.visitor.client;
    match call.app.auth.check(&login.username, &login.password, client).await {
        Verdict::Right => {
            let policy = call.app.auth.policy();
            let level = call.visitor.cookie.level;
            guard::start_session(&call.app, &policy, level, &mut call.visitor);
            tracing::info!(client = %client, "logged in");
            let session = Session {
                signed_in: true,
                actor: Some(format!("user:{}", policy.username)),
                scopes: crate::auth::Scopes::ALL.iter().map(Into::into).collect(),
                categories: None,
            };
            let cookie = call.visitor.set_cookie.take().unwrap_or_default();
            Ok(Answer::json(&session)?.header("set-cookie", cookie))
        }
        Verdict::Wrong => {
            tracing::warn!(client = %client, "login failed: wrong name or password");
            Err(Problem::new(Kind::Unauthenticated, "wrong name or password"))
        }
        Verdict::Banned => {
            Err(Problem::new(Kind::Refused, "this address is banned after too many failed logins"))
        }
    }
}

/// Ends the session of the cookie.
pub async fn delete_session(call: Call) -> Result {
    if let Some(session) = call.visitor.session.as_ref().filter(|_| call.principal.key.is_none()) {
        call.app.auth.sessions.end(&session.cookie);
    }
    Ok(Answer::nothing().header("set-cookie", call.visitor.cookie.clear()))
}
