//! `/v1/api-keys`: keys for programs, with scopes, categories and a share of requests.

use actix_web::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::problem::{Problem, Result};
use super::wire::time;
use crate::auth::api_keys::NewKey;
use crate::auth::{self, Scopes};
use crate::settings::profile::ContractLevel;
use crate::store;

/// Letters of a name.
const LONGEST_NAME: usize = 100;

/// Requests per minute that can be asked for.
const FASTEST: u32 = 1_000_000;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    Add,
    Control,
    Delete,
    Settings,
    Admin,
}

impl From<Scope> for auth::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Add => Self::Add,
            Scope::Control => Self::Control,
            Scope::Delete => Self::Delete,
            Scope::Settings => Self::Settings,
            Scope::Admin => Self::Admin,
        }
    }
}

impl From<auth::Scope> for Scope {
    fn from(scope: auth::Scope) -> Self {
        match scope {
            auth::Scope::Read => Self::Read,
            auth::Scope::Add => Self::Add,
            auth::Scope::Control => Self::Control,
            auth::Scope::Delete => Self::Delete,
            auth::Scope::Settings => Self::Settings,
            auth::Scope::Admin => Self::Admin,
        }
    }
}

/// The level of `/api/v2` that answers the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Level {
    #[serde(rename = "4.5")]
    L45,
    #[serde(rename = "5.1")]
    L51,
    #[serde(rename = "5.3")]
    L53,
}

/// How often a key may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "KeyRate")]
pub struct Rate {
    /// Requests per minute, 1 to 1000000.
    pub per_minute: u32,
    /// Requests at once, 1 to 1000000.
    pub burst: u32,
}

/// A key, without its text.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub struct Key {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    /// The only categories whose torrents exist for it; `null` for all.
    pub categories: Option<Vec<String>>,
    pub level: Option<String>,
    pub rate: Option<Rate>,
    pub created_at: Option<String>,
    pub last_used_at: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ApiKeyList")]
pub struct List {
    pub keys: Vec<Key>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewApiKey")]
pub struct New {
    pub name: String,
    pub scopes: Vec<Scope>,
    /// Not together with `settings` and `admin`.
    #[serde(default)]
    pub categories: Option<Vec<String>>,
    #[serde(default)]
    pub level: Option<Level>,
    #[serde(default)]
    pub rate: Option<Rate>,
}

/// A key with its text, which is shown this once.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreatedApiKey")]
pub struct Created {
    pub key: Key,
    pub secret: String,
}

/// The wire form of a stored key.
#[must_use]
pub fn key(row: &store::ApiKey) -> Key {
    Key {
        id: row.id.to_string(),
        name: row.name.clone(),
        scopes: Scopes::read(&row.scopes).iter().map(Into::into).collect(),
        categories: row.categories.clone(),
        level: row.level.clone(),
        rate: row.rate.map(|(per_minute, burst)| Rate { per_minute, burst }),
        created_at: time(row.created_at),
        last_used_at: row.last_used_at.and_then(time),
    }
}

/// Lists the keys.
pub async fn list_api_keys(call: Call) -> Result {
    call.whole()?;
    let rows = call.app.auth.keys.list().await?;
    Answer::json(&List { keys: rows.iter().map(key).collect() })
}

/// Makes a key. A key makes no key that may do more than itself.
pub async fn create_api_key(call: Call) -> Result {
    let new: New = call.json()?;
    call.whole()?;
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        let reason = format!("must be one line of at most {LONGEST_NAME} letters");
        return Err(Problem::invalid("/name", reason));
    }
    if new.scopes.is_empty() {
        return Err(Problem::invalid("/scopes", "a key without scopes may do nothing"));
    }
    for (at, scope) in new.scopes.iter().enumerate() {
        if !call.principal.scopes.contains((*scope).into()) {
            return Err(Problem::invalid(format!("/scopes/{at}"), "you do not have this scope"));
        }
        let is_wide = matches!(scope, Scope::Settings | Scope::Admin);
        if is_wide && new.categories.is_some() {
            let reason = "is for the whole server and cannot be limited to categories";
            return Err(Problem::invalid(format!("/scopes/{at}"), reason));
        }
    }
    if let Some(rate) = new.rate {
        for (member, value) in [("per_minute", rate.per_minute), ("burst", rate.burst)] {
            if !(1..=FASTEST).contains(&value) {
                let reason = format!("must be from 1 to {FASTEST}");
                return Err(Problem::invalid(format!("/rate/{member}"), reason));
            }
        }
    }
    let keys = &call.app.auth.keys;
    if keys.list().await?.iter().any(|row| row.name == name) {
        return Err(Problem::conflict(format!("there is a key `{name}` already")));
    }
    let (row, secret) = keys
        .create(NewKey {
            name,
            scopes: new.scopes.iter().map(|scope| (*scope).into()).collect(),
            categories: new.categories,
            level: new.level.map(|level| match level {
                Level::L45 => ContractLevel::L45,
                Level::L51 => ContractLevel::L51,
                Level::L53 => ContractLevel::L53,
            }),
            rate: new.rate.map(|rate| (rate.per_minute, rate.burst)),
        })
        .await?;
    Ok(Answer::json(&Created { key: key(&row), secret })?.status(StatusCode::CREATED))
}

fn id(call: &Call) -> Result<i64> {
    let text = call.param("id");
    text.parse().map_err(|_| Problem::not_found(format!("there is no key `{text}`")))
}

/// Gives a key another text; the old one stops to work at once.
pub async fn rotate_api_key(call: Call) -> Result {
    call.whole()?;
    let id = id(&call)?;
    let replaced = call.app.auth.keys.replace(id).await?;
    let (row, secret) =
        replaced.ok_or_else(|| Problem::not_found(format!("there is no key `{id}`")))?;
    Answer::json(&Created { key: key(&row), secret })
}

/// Ends a key.
pub async fn revoke_api_key(call: Call) -> Result {
    call.whole()?;
    let id = id(&call)?;
    if call.app.auth.keys.revoke(id).await? {
        return Ok(Answer::nothing());
    }
    Err(Problem::not_found(format!("there is no key `{id}`")))
}
