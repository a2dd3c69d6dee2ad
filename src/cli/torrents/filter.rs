//! Which torrents a command is about.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::client::{Failure, Result};

// Which torrents are meant, as in the API; a doc comment would become the help of each command that has it.
#[derive(Debug, Default, Args)]
pub(super) struct FilterArgs {
    /// A text that name, comment, labels or path contain.
    #[arg(long, short)]
    q: Option<String>,
    /// A glob over the name.
    #[arg(long)]
    name: Option<String>,
    /// A state such as `downloading`; may be repeated.
    #[arg(long)]
    state: Vec<String>,
    /// A category, empty for none; may be repeated.
    #[arg(long)]
    category: Vec<String>,
    /// A tag, empty for none; may be repeated.
    #[arg(long)]
    tag: Vec<String>,
    /// The host of a tracker; may be repeated.
    #[arg(long)]
    tracker: Vec<String>,
    /// Torrents whose wanted data is here, or not.
    #[arg(long)]
    complete: Option<bool>,
    /// Bytes of the wanted files at least.
    #[arg(long)]
    min_size: Option<i64>,
    /// Bytes of the wanted files at most.
    #[arg(long)]
    max_size: Option<i64>,
    /// Uploaded over downloaded, at least.
    #[arg(long)]
    min_ratio: Option<f64>,
    /// Uploaded over downloaded, at most.
    #[arg(long)]
    max_ratio: Option<f64>,
    /// Seconds since the torrent was added, at least.
    #[arg(long)]
    min_age: Option<i64>,
    /// Seconds since the torrent was added, at most.
    #[arg(long)]
    max_age: Option<i64>,
}

impl FilterArgs {
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        for (name, values) in [
            ("state", &self.state),
            ("category", &self.category),
            ("tag", &self.tag),
            ("tracker", &self.tracker),
        ] {
            pairs.extend(values.iter().map(|value| (name, value.clone())));
        }
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let share = |share: Option<f64>| share.map(|share| share.to_string());
        for (name, value) in [
            ("q", self.q.clone()),
            ("name", self.name.clone()),
            ("is_complete", self.complete.map(|on| on.to_string())),
            ("min_size", number(self.min_size)),
            ("max_size", number(self.max_size)),
            ("min_ratio", share(self.min_ratio)),
            ("max_ratio", share(self.max_ratio)),
            ("min_age", number(self.min_age)),
            ("max_age", number(self.max_age)),
        ] {
            pairs.extend(value.map(|value| (name, value)));
        }
        pairs
    }

    /// The filter of a body: these torrents, or those that match.
    pub(super) fn body(&self, ids: &[String]) -> Result<Value> {
        let mut members = Map::new();
        if !ids.is_empty() {
            members.insert("id".to_owned(), json!(ids));
        }
        for (name, value) in self.pairs() {
            let is_list = matches!(name, "state" | "category" | "tag" | "tracker");
            if is_list {
                let list = members.entry(name).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(value.into());
                }
            } else {
                let is_text = matches!(name, "q" | "name");
                let value = if is_text {
                    Value::from(value)
                } else {
                    serde_json::from_str(&value).unwrap_or(Value::Null)
                };
                members.insert(name.to_owned(), value);
            }
        }
        if members.is_empty() {
            return Err(Failure::Usage(
                "name torrents, or a filter; `--name '*'` is all".to_owned(),
            ));
        }
        Ok(members.into())
    }
}
