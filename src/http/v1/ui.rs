//! `/v1/ui/preferences`: what the web interface remembers for the operator, wherever they sign in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::Call;
use super::problem::{Kind, Problem, Result};

/// Where it lies in the store.
const NAME: &str = "ui/preferences";

/// Bytes of the object as compact JSON.
const LARGEST: usize = 64 << 10;

/// One object that the server keeps and does not look into; at most 64 KiB.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "UiPreferences")]
pub struct Preferences(pub Map<String, Value>);

/// Shows what the interface keeps; empty until it is first written.
pub async fn read_preferences(call: Call) -> Result {
    call.whole()?;
    let text = call.app.store.own_client_data(NAME).await?;
    let kept: Preferences =
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Answer::json(&kept)
}

/// Replaces what the interface keeps.
pub async fn replace_preferences(call: Call) -> Result {
    let new: Preferences = call.json()?;
    call.whole()?;
    let text = serde_json::to_string(&new)
        .map_err(|_| Problem::new(Kind::Internal, "the object cannot be written"))?;
    if text.len() > LARGEST {
        return Err(Problem::new(Kind::TooLarge, format!("the object may have {LARGEST} bytes")));
    }
    call.app.store.put_own_client_data(NAME, &text).await?;
    Answer::json(&new)
}
