//! `/v1/setup`: a fresh instance gets its operator and its first key, from this machine alone.

use std::fmt;
use std::time::Instant;

use actix_web::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::api_keys::{Created, key};
use super::call::Call;
use super::problem::{Kind, Problem, Result};
use crate::auth::api_keys::NewKey;
use crate::auth::{Scopes, Verdict, password};
use crate::settings::{Author, Patch};

/// Letters of a password, as for the command line.
pub const SHORTEST: usize = 6;

/// Whether set-up is due.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SetupState")]
pub struct State {
    /// True until an operator's password is set.
    pub is_due: bool,
    /// Where the token lies, in Revaer's home.
    pub token_file: &'static str,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Setup")]
pub struct Request {
    /// The one-time token, or
    #[serde(default)]
    pub token: Option<String>,
    /// the temporary password of this start.
    #[serde(default)]
    pub temporary_password: Option<String>,
    #[serde(default)]
    pub username: Option<String>,
    /// At least 6 letters.
    pub password: String,
    /// The name of the first key.
    #[serde(default)]
    pub key_name: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request(…)")
    }
}

/// The operator and the first key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SetupDone")]
pub struct Done {
    pub username: String,
    pub api_key: Created,
}

fn is_due(call: &Call) -> bool {
    call.app.auth.policy().password.is_none()
}

/// Tells whether set-up is due.
pub async fn read_setup(call: Call) -> Result {
    Answer::json(&State { is_due: is_due(&call), token_file: crate::auth::setup::FILE })
}

/// Sets name and password of the operator and makes the first key.
pub async fn finish_setup(call: Call) -> Result {
    let request: Request = call.json()?;
    if !is_due(&call) {
        return Err(Problem::conflict("this instance is set up already"));
    }
    let client = call.visitor.client;
    if !client.is_loopback() {
        return Err(Problem::new(Kind::Refused, "set-up is possible from this machine alone"));
    }
    if request.password.chars().count() < SHORTEST {
        return Err(Problem::invalid(
            "/password",
            format!("must have at least {SHORTEST} letters"),
        ));
    }
    let policy = call.app.auth.policy();
    let username = request.username.clone().unwrap_or_else(|| policy.username.clone());
    let proof = match (&request.token, &request.temporary_password) {
        (Some(token), None) => {
            if call.app.auth.setup.redeem(token, Instant::now()) {
                Verdict::Right
            } else {
                call.app.auth.refuse(client)
            }
        }
        (None, Some(text)) => call.app.auth.check(&policy.username, text, client).await,
        _ => {
            let reason = "either the token or the temporary password is needed";
            return Err(Problem::invalid("/token", reason));
        }
    };
    match proof {
        Verdict::Right => {}
        Verdict::Wrong => {
            return Err(Problem::new(Kind::Unauthenticated, "the token or password is wrong"));
        }
        Verdict::Banned => {
            return Err(Problem::new(
                Kind::Refused,
                "this address is banned after too many attempts",
            ));
        }
    }
    let hash = password::hash(request.password).await.map_err(|error| {
        tracing::error!(%error, "a password cannot be hashed");
        Problem::new(Kind::Internal, "the password cannot be kept")
    })?;
    let mut patch = Patch::new();
    patch.set("webui.username", username.as_str());
    patch.set("webui.password_hash", hash.as_str());
    let actor = crate::model::Actor::User(username.as_str().into());
    let origin = client.to_string();
    call.app.settings.patch(patch, Author::new(&actor).at(&origin)).await.map_err(|error| {
        match error {
            crate::settings::Error::Refused(refused) if refused.key == "webui.username" => {
                Problem::invalid("/username", refused.reason)
            }
            error => error.into(),
        }
    })?;
    let name = request.key_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let new = NewKey {
        name: name.unwrap_or("first key").to_owned(),
        scopes: Scopes::ALL,
        categories: None,
        level: None,
        rate: None,
    };
    let (row, secret) = call.app.auth.keys.create(new).await?;
    tracing::info!(client = %client, "the instance was set up");
    let done = Done { username, api_key: Created { key: key(&row), secret } };
    Ok(Answer::json(&done)?.status(StatusCode::CREATED))
}
