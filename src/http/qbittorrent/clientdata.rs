//! `clientdata/*`: values that web UIs keep on the server, opaque to it and shared by all users.
//!
//! Values are brought into the contract's form when they are stored, so that reading only joins texts.

use futures::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::call::Call;
use super::json;
use super::reply::{Reply, Result};

/// Bytes that all values may take, as one compact JSON object.
const LIMIT: usize = 1 << 20;

/// What a client reads whose JSON cannot be read.
const ILLEGAL: &str = "illegal value";

/// Answers with the values of some keys, or with all.
#[must_use]
pub fn load(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let wanted = match call.params.text_or_empty("keys") {
            "" => None,
            text => Some(keys(text)?),
        };
        let mut values: Vec<(String, String)> = call.app.store.client_data().await?;
        if let Some(wanted) = &wanted {
            values.retain(|(name, _)| wanted.contains(name));
        }
        values.sort_unstable();
        let members: Vec<String> =
            values.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        Ok(Reply::json(format!("{{{}}}", members.join(","))))
    })
}

/// Replaces values, and removes those that are `null`.
#[must_use]
pub fn store(call: Call) -> LocalBoxFuture<'static, Result> {
    Box::pin(async move {
        let changes: Vec<(String, Option<String>)> = members(call.params.text_or_empty("data"))?
            .iter()
            .map(|(name, value)| {
                let value = (!value.is_null()).then(|| written(value));
                (written(&Value::from(name.as_str())), value)
            })
            .collect();
        if call.app.store.merge_client_data(&changes, LIMIT).await? {
            Ok(Reply::no_content())
        } else {
            let text = format!("Total web client data must not be larger than {LIMIT} bytes");
            Err(Reply::conflict(&text))
        }
    })
}

/// The asked keys as JSON texts.
fn keys(text: &str) -> Result<Vec<String>> {
    match serde_json::from_str(text) {
        Ok(Value::Array(keys)) if keys.iter().all(Value::is_string) => {
            Ok(keys.iter().map(written).collect())
        }
        Ok(Value::Array(_)) => Err(Reply::bad_request("Items of `keys` must be strings")),
        Ok(Value::Object(_)) => Err(Reply::bad_request("`keys` must be an array")),
        // Contract: a document is an array or an object.
        Ok(_) | Err(_) => Err(Reply::bad_request(ILLEGAL)),
    }
}

fn members(text: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Array(_)) => Err(Reply::bad_request("`data` must be an object")),
        Ok(_) | Err(_) => Err(Reply::bad_request(ILLEGAL)),
    }
}

/// A value in the contract's form.
fn written(value: &Value) -> String {
    let mut out = Vec::new();
    json::value(&mut out, value);
    String::from_utf8(out).expect("texts and numbers are written as UTF-8")
}
