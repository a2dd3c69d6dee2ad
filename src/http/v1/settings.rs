//! `/v1/settings`: what was asked for, what is in force, why they differ, and who changed what.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::problem::{Kind, Problem, Result};
use super::wire::time;
use crate::auth::Scope;
use crate::settings::{self, Adjustment, Apply, Author, Error, Patch, keys};

/// Sections that decide who may come in, what programs run and which folders may be reached.
const GUARDED: [&str; 3] = ["webui.", "autorun.", "paths."];

/// Lines of one answer of the history.
const MOST_LINES: u64 = 1000;

/// All settings at one revision.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingsDocument")]
pub struct Document {
    /// Grows with each change.
    pub revision: u64,
    /// What was asked for. A secret is `"set"`.
    pub stored: BTreeMap<String, Value>,
    /// What is in force.
    pub effective: BTreeMap<&'static str, Value>,
    pub adjustments: Vec<Adjusted>,
}

/// A value in force in place of the one that was asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Adjustment")]
pub struct Adjusted {
    pub key: String,
    pub asked: Value,
    pub used: Value,
    pub reason: String,
}

/// Values by key; `null` goes back to the default, unless the query asks for the value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "SettingsChange")]
pub struct Change(pub BTreeMap<String, Value>);

/// What `null` means in a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Back to the default.
    #[default]
    Default,
    /// A value, for the settings that have it: none, or unlimited. The others go back to their default.
    Value,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeQuery {
    /// What `null` means; `default` without it.
    pub nulls: Option<Nulls>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingsChanged")]
pub struct Changed {
    pub revision: u64,
    /// Values of this change that had to be moved into their range.
    pub adjustments: Vec<Adjusted>,
    /// Keys of this change that count from the next start on.
    pub restart_needed: Vec<String>,
    /// Where the web server goes by this change; it leaves its old place once the new one is open.
    pub web_server: Option<WebServer>,
}

/// Where the web server listens.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WebServer {
    /// `*` for all, or one address.
    pub address: String,
    /// 0 for one that the kernel chooses.
    pub port: u16,
    pub https: bool,
}

impl WebServer {
    fn of(profile: &settings::Profile) -> Self {
        let webui = &profile.webui;
        Self { address: webui.address.clone(), port: webui.port, https: webui.https_enabled }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingDescriptions")]
pub struct Descriptions {
    pub settings: Vec<Description>,
}

/// What a setting is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingDescription")]
pub struct Description {
    pub key: &'static str,
    pub doc: &'static str,
    /// The kind of JSON that it takes.
    pub kind: String,
    /// `null` is a value.
    pub optional: bool,
    pub minimum: Option<i64>,
    pub maximum: Option<i64>,
    pub restart_needed: bool,
    /// Why it is kept and returned, and does nothing.
    pub no_effect: Option<&'static str>,
    pub default: Value,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HistoryQuery {
    /// Only changes before this revision.
    pub before: Option<u64>,
    /// Lines, 1 to 1000; 100 without it.
    pub limit: Option<u64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingsHistory")]
pub struct History {
    /// Newest first.
    pub changes: Vec<Line>,
}

/// One changed setting.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingsHistoryLine")]
pub struct Line {
    pub revision: u64,
    pub at: Option<String>,
    /// `system`, `user:NAME` or `key:NAME`.
    pub actor: String,
    /// The address of the client.
    pub origin: Option<String>,
    pub key: String,
    /// `null` where it was the default.
    pub old: Option<Value>,
    pub new: Option<Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SettingsRevert")]
pub struct Revert {
    /// The revision to go back to.
    pub revision: u64,
}

fn adjusted(adjustments: &[Adjustment]) -> Vec<Adjusted> {
    adjustments
        .iter()
        .map(|adjustment| Adjusted {
            key: adjustment.key.clone(),
            asked: adjustment.asked.clone(),
            used: adjustment.used.clone(),
            reason: adjustment.reason.clone(),
        })
        .collect()
}

fn tag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// Shows stored and effective values and what keeps them apart.
pub async fn read_settings(call: Call) -> Result {
    call.whole()?;
    let current = call.app.settings.current();
    let value =
        |row: &'static settings::Row| current.effective.get(row.key).map(|value| (row.key, value));
    let document = Document {
        revision: current.revision,
        stored: (*current.stored).clone(),
        effective: keys::rows().filter_map(value).collect(),
        adjustments: adjusted(&current.adjustments),
    };
    Ok(Answer::json(&document)?.header("etag", tag(current.revision)))
}

/// Describes every setting.
pub async fn read_schema(_: Call) -> Result {
    let defaults = settings::Profile::default();
    let settings = keys::rows().map(|row| Description {
        key: row.key,
        doc: row.doc.trim(),
        kind: row.kind.to_string(),
        optional: row.optional,
        minimum: row.range.as_ref().map(|range| *range.start()),
        maximum: row.range.as_ref().map(|range| *range.end()),
        restart_needed: row.apply == Apply::Restart,
        no_effect: match row.effect {
            keys::Effect::Kept(reason) => Some(reason),
            _ => None,
        },
        default: defaults.get(row.key).unwrap_or(Value::Null),
    });
    Answer::json(&Descriptions { settings: settings.collect() })
}

/// Changes settings, all or nothing.
pub async fn edit_settings(call: Call) -> Result {
    let Change(changes) = call.json()?;
    let nulls = call.query::<ChangeQuery>()?.nulls.unwrap_or_default();
    call.whole()?;
    let mut patch = Patch::new();
    let mut restart_needed = Vec::new();
    for (key, value) in &changes {
        let row = keys::row(key).ok_or_else(|| Error::from(keys::Refused::unknown(key)))?;
        if GUARDED.iter().any(|section| row.key.starts_with(section)) {
            call.principal.needs(Scope::Admin)?;
        }
        if row.key == "webui.password_hash" {
            return Err(Problem::invalid(
                format!("/{key}"),
                "is set by `/v1/setup` and the command line",
            ));
        }
        if row.apply == Apply::Restart {
            restart_needed.push(key.clone());
        }
        match value {
            Value::Null if nulls == Nulls::Default || !row.optional => patch.reset(key),
            value => patch.set(key, value.clone()),
        };
    }
    let origin = call.visitor.client.to_string();
    let by = Author::new(&call.principal.actor).at(&origin);
    let settings = &call.app.settings;
    let before = WebServer::of(&settings.effective());
    let adjustments = match call.header("if-match").filter(|tag| *tag != "*") {
        Some(wanted) => {
            let revision = wanted.trim_matches('"').parse().map_err(|_| {
                Problem::new(Kind::Precondition, "If-Match names no revision of the settings")
            })?;
            settings.patch_at(revision, patch, by).await
        }
        None => settings.patch(patch, by).await,
    };
    changed(&call, &before, &adjustments.map_err(refused)?, restart_needed)
}

/// Makes the settings what they were at a revision, as a change of its own.
pub async fn revert(call: Call) -> Result {
    let Revert { revision } = call.json()?;
    call.whole()?;
    let origin = call.visitor.client.to_string();
    let by = Author::new(&call.principal.actor).at(&origin);
    let before = WebServer::of(&call.app.settings.effective());
    let adjustments = call.app.settings.revert(revision, by).await.map_err(refused)?;
    changed(&call, &before, &adjustments, Vec::new())
}

fn changed(
    call: &Call,
    before: &WebServer,
    adjustments: &[Adjustment],
    restart_needed: Vec<String>,
) -> Result {
    let revision = call.app.settings.revision();
    let now = WebServer::of(&call.app.settings.effective());
    let changed = Changed {
        revision,
        adjustments: adjusted(adjustments),
        restart_needed,
        web_server: Some(now).filter(|now| now != before),
    };
    Ok(Answer::json(&changed)?.header("etag", tag(revision)))
}

fn refused(error: Error) -> Problem {
    match error {
        Error::Outdated { current } => {
            Problem::new(Kind::Precondition, error.to_string()).header("etag", tag(current))
        }
        Error::NoRevision(_) => Problem::invalid("/revision", error.to_string()),
        error => error.into(),
    }
}

/// Shows who changed what, newest first.
pub async fn read_history(call: Call) -> Result {
    call.whole()?;
    let query: HistoryQuery = call.query()?;
    let limit = query.limit.unwrap_or(100);
    if !(1..=MOST_LINES).contains(&limit) {
        return Err(Problem::parameter("limit", format!("must be from 1 to {MOST_LINES}")));
    }
    let lines = call.app.settings.history(query.before, limit).await.map_err(refused)?;
    let changes = lines.into_iter().map(|line| Line {
        revision: line.revision,
        at: time(line.at),
        actor: line.actor,
        origin: line.origin,
        key: line.key,
        old: line.old,
        new: line.new,
    });
    Answer::json(&History { changes: changes.collect() })
}
