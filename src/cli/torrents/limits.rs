//! The limits of `revaer action limits`.

use clap::Args;
use serde_json::{Map, Number, Value, json};

use crate::cli::client::{Failure, Result};

/// A number or a word, as the API takes it.
#[derive(Debug, Clone)]
struct Limit(Value);

// Not a doc comment, which would become the help of the command: what is not named stays.
#[derive(Debug, Args)]
pub(super) struct LimitArgs {
    /// Bytes per second that are downloaded at most, or `unlimited`.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    download_limit: Option<Limit>,
    /// Bytes per second that are uploaded at most, or `unlimited`.
    #[arg(long, value_name = "RATE", value_parser = rate)]
    upload_limit: Option<Limit>,
    /// Connections at most: a number, `default` or `unlimited`.
    #[arg(long, value_name = "NUMBER", value_parser = slots)]
    max_connections: Option<Limit>,
    /// Peers that are uploaded to at once: a number, `default` or `unlimited`.
    #[arg(long, value_name = "NUMBER", value_parser = slots)]
    max_uploads: Option<Limit>,
    /// Uploaded over downloaded: a number, `inherit` or `unlimited`.
    #[arg(long, value_name = "RATIO", value_parser = share)]
    ratio_limit: Option<Limit>,
    /// Seconds spent complete, in whole minutes, or `inherit` or `unlimited`.
    #[arg(long, value_name = "SECONDS", value_parser = share)]
    seeding_time_limit: Option<Limit>,
    /// Seconds since something was transferred, in whole minutes, or `inherit` or `unlimited`.
    #[arg(long, value_name = "SECONDS", value_parser = share)]
    inactive_time_limit: Option<Limit>,
    /// What happens when ratio or times are reached.
    #[arg(long, value_name = "ACTION", value_parser = ["inherit", "stop", "remove", "remove_with_content", "super_seed"])]
    then: Option<String>,
    /// Whether one of ratio and times is enough.
    #[arg(long, value_name = "MODE", value_parser = ["inherit", "any", "all"])]
    mode: Option<String>,
}

impl LimitArgs {
    /// The action of the API.
    ///
    /// # Errors
    /// `Usage` if no limit is named.
    pub(super) fn action(&self) -> Result<Value> {
        let named = |members: &[(&str, &Option<Limit>)]| -> Map<String, Value> {
            let members = members.iter();
            members
                .filter_map(|(name, limit)| Some(((*name).to_owned(), limit.as_ref()?.0.clone())))
                .collect()
        };
        let mut action = named(&[
            ("download_limit", &self.download_limit),
            ("upload_limit", &self.upload_limit),
            ("max_connections", &self.max_connections),
            ("max_uploads", &self.max_uploads),
        ]);
        let mut share = named(&[
            ("ratio", &self.ratio_limit),
            ("seeding_time", &self.seeding_time_limit),
            ("inactive_time", &self.inactive_time_limit),
        ]);
        share.extend(self.then.iter().map(|word| ("action".to_owned(), json!(word))));
        share.extend(self.mode.iter().map(|word| ("mode".to_owned(), json!(word))));
        if !share.is_empty() {
            action.insert("share_limits".to_owned(), share.into());
        }
        if action.is_empty() {
            return Err(Failure::Usage(
                "name a limit to change, such as --ratio-limit 2".to_owned(),
            ));
        }
        action.insert("action".to_owned(), json!("set_limits"));
        Ok(action.into())
    }
}

/// Whether a number is in range is for the server to say, which knows the ranges.
fn limit(text: &str, words: &[&str]) -> std::result::Result<Limit, String> {
    if words.contains(&text) {
        return Ok(Limit(json!(text)));
    }
    let number: std::result::Result<Number, _> = serde_json::from_str(text);
    number
        .map(|number| Limit(number.into()))
        .map_err(|_| format!("must be a number or one of {}", words.join(", ")))
}

fn rate(text: &str) -> std::result::Result<Limit, String> {
    if text == "unlimited" { Ok(Limit(Value::Null)) } else { limit(text, &["unlimited"]) }
}

fn slots(text: &str) -> std::result::Result<Limit, String> {
    limit(text, &["default", "unlimited"])
}

fn share(text: &str) -> std::result::Result<Limit, String> {
    limit(text, &["inherit", "unlimited"])
}
