//! `log/*`: what happened in this process, from the rings that telemetry fills.

#![expect(clippy::needless_pass_by_value, reason = "handlers of the table take the call as it is")]

use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{self, Reply, Result};
use crate::telemetry::Severity;

/// Lists messages, oldest first.
#[must_use]
pub fn main(call: Call) -> LocalBoxFuture<'static, Result> {
    let wanted = |name: &str| call.params.boolean(name).unwrap_or(true);
    let after = call.params.integer("last_known_id").unwrap_or(-1);
    let entries: Vec<Value> = call
        .app
        .log
        .messages_after(after)
        .into_iter()
        .filter(|entry| wanted(entry.severity.as_str()))
        .map(|entry| {
            let kind = match entry.severity {
                Severity::Normal => 1,
                Severity::Info => 2,
                Severity::Warning => 4,
                Severity::Critical => 8,
            };
            json!({ "id": entry.id, "message": &*entry.text, "timestamp": entry.at, "type": kind })
        })
        .collect();
    reply::now(Reply::json(Value::Array(entries).to_string()))
}

/// Lists peers that were refused or banned, oldest first.
#[must_use]
pub fn peers(call: Call) -> LocalBoxFuture<'static, Result> {
    let after = call.params.integer("last_known_id").unwrap_or(-1);
    let entries: Vec<Value> = call
        .app
        .log
        .peers_after(after)
        .into_iter()
        .map(|entry| {
            json!({
                "blocked": entry.blocked,
                "id": entry.id,
                "ip": entry.address,
                "reason": &*entry.reason,
                "timestamp": entry.at,
            })
        })
        .collect();
    reply::now(Reply::json(Value::Array(entries).to_string()))
}
