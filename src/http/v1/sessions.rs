//! `/v1/sessions`: who is signed in with a browser, and signing them out; the operator's password.

use std::fmt;
use std::time::Instant;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::problem::{Kind, Problem, Result};
use super::setup::SHORTEST;
use super::wire::time;
use crate::auth::{Verdict, password};
use crate::settings::{Author, Patch};

/// Sessions of one answer: clients that ignore cookies leave many behind.
const MOST: usize = 1000;

/// A session of a browser, or of a program that signs in with a password.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OpenSession")]
pub struct Open {
    pub id: String,
    /// The session that asks.
    pub is_current: bool,
    /// Where it was last used from.
    pub address: Option<String>,
    /// The program, by its own words.
    pub user_agent: String,
    pub started_at: Option<String>,
    pub last_used_at: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OpenSessionList")]
pub struct List {
    /// The one used last comes first; at most 1000.
    pub sessions: Vec<Open>,
    pub total: usize,
}

/// How many sessions were ended.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EndedSessions")]
pub struct Ended {
    pub count: usize,
}

/// Another password for the operator.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasswordChange")]
pub struct PasswordChange {
    /// The password in force; the temporary one while none is set.
    pub current: String,
    /// At least 6 letters.
    pub new: String,
}

impl fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}

/// The name of the session that asks; a key has none.
fn own(call: &Call) -> Option<&str> {
    let session = call.visitor.session.as_ref().filter(|_| call.principal.key.is_none());
    session.map(|session| &*session.id)
}

/// Lists the open sessions.
pub async fn list_sessions(call: Call) -> Result {
    call.whole()?;
    let now = Timestamp::now().as_second();
    let ago = |duration: std::time::Duration| {
        time(now.saturating_sub(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)))
    };
    let timeout = call.app.auth.policy().session_timeout;
    let sessions = call.app.auth.sessions.list(timeout, Instant::now());
    let total = sessions.len();
    let sessions = sessions.into_iter().take(MOST).map(|session| Open {
        is_current: own(&call) == Some(&*session.id),
        id: session.id.to_string(),
        address: session.client.map(|client| client.to_string()),
        user_agent: session.agent.to_string(),
        started_at: ago(session.age),
        last_used_at: ago(session.idle),
    });
    Answer::json(&List { sessions: sessions.collect(), total })
}

/// Ends one session.
pub async fn end_session(call: Call) -> Result {
    call.whole()?;
    let id = call.param("id");
    match call.app.auth.sessions.end_those(|known| known == id) {
        0 => Err(Problem::not_found(format!("there is no session `{id}`"))),
        _ => Ok(Answer::nothing()),
    }
}

/// Ends all sessions but the one that asks.
pub async fn end_other_sessions(call: Call) -> Result {
    call.whole()?;
    let own = own(&call);
    let count = call.app.auth.sessions.end_those(|known| own != Some(known));
    tracing::info!(client = %call.visitor.client, "{count} sessions were ended");
    Answer::json(&Ended { count })
}

/// Replaces the operator's password and ends all other sessions.
pub async fn change_password(call: Call) -> Result {
    let change: PasswordChange = call.json()?;
    call.whole()?;
    if change.new.chars().count() < SHORTEST {
        return Err(Problem::invalid("/new", format!("must have at least {SHORTEST} letters")));
    }
    let (auth, client) = (&call.app.auth, call.visitor.client);
    match auth.check(&auth.policy().username, &change.current, client).await {
        Verdict::Right => {}
        Verdict::Wrong => return Err(Problem::invalid("/current", "is not the password")),
        Verdict::Banned => {
            return Err(Problem::new(
                Kind::Refused,
                "this address is banned after too many attempts",
            ));
        }
    }
    let hash = password::hash(change.new).await.map_err(|error| {
        tracing::error!(%error, "a password cannot be hashed");
        Problem::new(Kind::Internal, "the password cannot be kept")
    })?;
    let mut patch = Patch::new();
    patch.set("webui.password_hash", hash.as_str());
    let origin = client.to_string();
    call.app.settings.patch(patch, Author::new(&call.principal.actor).at(&origin)).await?;
    let own = own(&call);
    let count = auth.sessions.end_those(|known| own != Some(known));
    tracing::info!(%client, "the password was changed");
    Answer::json(&Ended { count })
}
