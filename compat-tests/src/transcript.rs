//! Conversations with a server, recorded from the real one and replayed against Revaer.
//!
//! A scenario asks, and every answer is kept whole: status, headers, body. At the end it is compared with the
//! recording in `golden/<level>/recorded/<name>.json`, or, with `COMPAT_RECORD` set and a reference server behind the
//! target, written there. What no two runs share is replaced first: the scratch folder, addresses, times and counters.

mod headers;
mod normal;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

use crate::{Client, Form, Level, Product, Reply, Target, difference, shape};

/// One question and its answer, or something looked at.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Exchange {
    /// `POST torrents/stop hashes=all`, or the title of what is shown.
    pub ask: String,
    /// 0 for what is only shown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub status: u16,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Headers that not every answer of the level has; null for one that all others have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_zero(status: &u16) -> bool {
    *status == 0
}

impl Exchange {
    /// Returns the action that was asked for; `None` for what is only shown.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        (self.status != 0).then(|| self.ask.split(' ').nth(1)).flatten()
    }

    /// Returns the parameters as they stand in the recording, `name=value` in the order they were sent.
    #[must_use]
    pub fn params(&self) -> Vec<(&str, &str)> {
        let params = self.ask.splitn(3, ' ').nth(2).unwrap_or_default();
        params.split('&').filter_map(|pair| pair.split_once('=')).collect()
    }
}

/// A conversation that is being held.
pub struct Transcript {
    name: String,
    level: Level,
    replaced: Vec<(String, String)>,
    exchanges: Vec<Exchange>,
    /// Answers that differ on purpose and were judged at once.
    deliberate: Vec<usize>,
}

impl Transcript {
    /// Begins a conversation; `name` is the recording's.
    #[must_use]
    pub fn of(target: &Target, name: &str) -> Self {
        let folder = target.folder().to_string_lossy().into_owned();
        let host = target.client().base().trim_start_matches("http://").to_owned();
        let replaced = vec![(folder, "{folder}".to_owned()), (host, "{host}".to_owned())];
        Self {
            name: name.to_owned(),
            level: target.level(),
            replaced,
            exchanges: Vec::new(),
            deliberate: Vec::new(),
        }
    }

    /// Shows `words` in the recording where `text` stands.
    pub fn replace(&mut self, text: &str, words: &str) {
        self.replaced.push((text.to_owned(), words.to_owned()));
    }

    /// Asks with parameters in the query of a GET or the body of a POST.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub async fn ask(
        &mut self,
        client: &Client,
        method: &Method,
        action: &str,
        params: &[(&str, &str)],
    ) -> Result<Reply> {
        let reply = if *method == Method::POST {
            client.post(action, params).await?
        } else {
            client.get(action, params).await?
        };
        let params: Vec<String> =
            params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.keep(client, &format!("{method} {action} {}", params.join("&")), &reply);
        Ok(reply)
    }

    /// POSTs parameters in the body.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub async fn post(
        &mut self,
        client: &Client,
        action: &str,
        params: &[(&str, &str)],
    ) -> Result<Reply> {
        self.ask(client, &Method::POST, action, params).await
    }

    /// GETs with parameters in the query.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub async fn get(
        &mut self,
        client: &Client,
        action: &str,
        params: &[(&str, &str)],
    ) -> Result<Reply> {
        self.ask(client, &Method::GET, action, params).await
    }

    /// Uploads a form, which stands in the recording under `words`.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub async fn upload(
        &mut self,
        client: &Client,
        action: &str,
        form: &Form,
        words: &str,
    ) -> Result<Reply> {
        let reply = client.upload(action, form).await?;
        self.keep(client, &format!("POST {action} ({words})"), &reply);
        Ok(reply)
    }

    /// Keeps something that was read and waited for.
    pub fn show(&mut self, title: &str, value: &Value) {
        let body = normal::value(value, &self.replaced);
        let ask = normal::text(title, &self.replaced);
        let headers = BTreeMap::new();
        self.exchanges.push(Exchange { ask, status: 0, content_type: None, headers, body });
    }

    /// Allows the last exchange to differ by a row of `docs/differences.md`, and says what Revaer's is instead.
    ///
    /// # Errors
    /// Fails when Revaer's exchange is not so.
    pub fn deliberate(&mut self, words: &str, is_so: impl FnOnce(&Exchange) -> bool) -> Result<()> {
        if difference::differs(words) {
            let last = self.exchanges.last().context("something was asked")?;
            ensure!(is_so(last), "`{words}` does not look like {last:?}");
            self.deliberate.push(self.exchanges.len() - 1);
        }
        Ok(())
    }

    /// Compares the conversation with its recording, or records it.
    ///
    /// # Errors
    /// Fails with every difference, one below the other.
    pub fn finish(self) -> Result<()> {
        let path = recording(self.level, &self.name);
        if std::env::var_os("COMPAT_RECORD").is_some() {
            ensure!(
                Product::under_test() == Product::Reference,
                "only a real server is recorded: set COMPAT_TARGET"
            );
            fs_err::create_dir_all(path.parent().context("recordings lie in a folder")?)?;
            fs_err::write(&path, render(&self.exchanges)?)?;
            return Ok(());
        }
        let text = fs_err::read_to_string(&path)
            .context("make the recordings with `compat-tests record`")?;
        let recorded: Vec<Exchange> = serde_json::from_str(&text)?;
        let mut complaints = Vec::new();
        for (index, (expected, found)) in recorded.iter().zip(&self.exchanges).enumerate() {
            if expected != found && !self.deliberate.contains(&index) {
                complaints.push(complaint(expected, found)?);
            }
        }
        if recorded.len() != self.exchanges.len() {
            let (expected, found) = (recorded.len(), self.exchanges.len());
            complaints.push(format!("{found} exchanges, recorded were {expected}"));
        }
        if !complaints.is_empty() {
            bail!("{} at level {}:\n{}", self.name, self.level, complaints.join("\n"));
        }
        Ok(())
    }

    fn keep(&mut self, client: &Client, ask: &str, reply: &Reply) {
        let ask = normal::text(ask.trim_end(), &self.replaced);
        let action = ask.split(' ').nth(1).unwrap_or_default();
        let body = match reply.json() {
            Ok(json) if normal::ONLY_SHAPE.contains(&action) => shape::shape(&json),
            Ok(json) if json.is_object() || json.is_array() => normal::value(&json, &self.replaced),
            _ if reply.body.is_empty() => Value::Null,
            _ => normal::torrent(&reply.body)
                .unwrap_or_else(|| Value::from(normal::text(&reply.text(), &self.replaced))),
        };
        let content_type = reply.header("content-type").map(ToOwned::to_owned);
        let mut headers = headers::unusual(&reply.headers, self.level, &self.replaced);
        // 5.3 renews the cookie of the session when it has written its settings, for whatever reason.
        let cookie = reply.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        if cookie.is_some() && cookie == client.cookie().as_deref() {
            headers.remove("set-cookie");
        }
        let status = reply.status;
        self.exchanges.push(Exchange { ask, status, content_type, headers, body });
    }
}

/// Returns the place of a recording.
#[must_use]
pub fn recording(level: Level, name: &str) -> PathBuf {
    folder(level).join(format!("{name}.json"))
}

/// Reads every recording of a level.
///
/// # Errors
/// Fails when one cannot be read.
pub fn recordings(level: Level) -> Result<Vec<Exchange>> {
    let mut all = Vec::new();
    for entry in fs_err::read_dir(folder(level))? {
        let text = fs_err::read_to_string(entry?.path())?;
        all.extend(serde_json::from_str::<Vec<Exchange>>(&text)?);
    }
    Ok(all)
}

fn folder(level: Level) -> PathBuf {
    [concat!(env!("CARGO_MANIFEST_DIR"), "/golden"), level.name(), "recorded"].iter().collect()
}

/// One exchange a line, so that a changed answer is a changed line.
fn render(exchanges: &[Exchange]) -> Result<String> {
    let lines: Result<Vec<String>, _> = exchanges.iter().map(serde_json::to_string).collect();
    Ok(format!("[\n{}\n]\n", lines?.join(",\n")))
}

fn complaint(expected: &Exchange, found: &Exchange) -> Result<String> {
    if expected.ask == found.ask
        && expected.status == found.status
        && expected.content_type == found.content_type
        && expected.headers == found.headers
        && (expected.body.is_object() || expected.body.is_array())
    {
        let mut lines = Vec::new();
        normal::differences("", &expected.body, &found.body, &mut lines);
        return Ok(format!("- {}\n    {}", found.ask, lines.join("\n    ")));
    }
    Ok(format!(
        "- expected {}\n  found    {}",
        serde_json::to_string(expected)?,
        serde_json::to_string(found)?
    ))
}
