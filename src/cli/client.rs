//! The commands' way to a server: `/v1` over HTTP, with a key.
//!
//! Where the server is and which key is used comes from flags, then the environment, then a profile file. The command
//! knows the API by its wire form alone, so that it works with every server of the same generation.

use std::path::PathBuf;

use clap::Args;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::output::Format;

/// Where the server is, and who asks.
#[derive(Debug, Args)]
pub(super) struct Remote {
    /// Address of the server; else that of the profile file, else this machine's port 8080.
    #[arg(long, env = "REVAER_URL", global = true)]
    url: Option<String>,
    /// The API key; else that of the profile file.
    #[arg(long, env = "REVAER_API_KEY", hide_env_values = true, global = true)]
    api_key: Option<String>,
    /// File with `url` and `api_key` as JSON; else `revaer/cli.json` among the user's configuration.
    #[arg(long, env = "REVAER_CLI_PROFILE", global = true)]
    cli_profile: Option<PathBuf>,
    /// How answers are printed.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub(super) output: Format,
}

/// What a profile file may hold.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProfileFile {
    url: Option<String>,
    api_key: Option<String>,
}

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A problem document, or what was left of one.
    #[error("{}", described(.0))]
    Problem(Value),
    /// The command line asks for something that makes no sense.
    #[error("{0}")]
    Usage(String),
    #[error("{}", super::chain(.0))]
    Other(#[from] anyhow::Error),
}

impl Failure {
    /// The exit code: 2 validation, 3 not found, 4 refused, 5 unreachable or failed.
    #[must_use]
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Other(_) => 5,
            Self::Problem(problem) => match problem["status"].as_u64().unwrap_or(500) {
                400 | 406 | 413 | 415 | 422 => 2,
                404 => 3,
                401 | 403 | 405 | 409 | 412 | 429 => 4,
                _ => 5,
            },
        }
    }
}

/// A problem with its places, one a line; a single one that is told already is told once.
fn described(problem: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let detail = text(&problem["detail"]);
    let title = text(&problem["title"]);
    let mut lines = vec![format!("{title}: {detail}")];
    for fault in problem["errors"].as_array().into_iter().flatten() {
        let place = fault["pointer"].as_str().or(fault["parameter"].as_str()).unwrap_or_default();
        let reason = text(&fault["reason"]);
        if detail == format!("`{place}`: {reason}") || detail == format!("{place}: {reason}") {
            lines[0] = format!("{title}: {place}: {reason}");
        } else if detail != reason || !place.is_empty() {
            lines.push(format!("  {place}: {reason}"));
        }
    }
    lines.join("\n")
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// A server that can be asked.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<String>,
}

impl Client {
    /// # Errors
    /// `Usage` if the address, the key or the profile file makes no sense.
    pub(super) fn new(remote: &Remote) -> Result<Self> {
        let profile = profile(remote)?;
        let url = remote.url.clone().or(profile.url);
        let url = url.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        let parsed = url::Url::parse(&url).map_err(|error| {
            Failure::Usage(format!("`{url}` is no address of a server: {error}"))
        })?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(Failure::Usage(format!(
                "`{url}` is no address of a server: it must begin with http:// or https://"
            )));
        }
        let key = remote.api_key.clone().or(profile.api_key).filter(|key| !key.is_empty());
        if key.as_deref().is_some_and(|key| HeaderValue::from_str(key).is_err()) {
            // It may be a key with something added, so it is not shown.
            let why =
                "the API key is none: it has a line break or another character that no key has";
            return Err(Failure::Usage(why.to_owned()));
        }
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(anyhow::Error::from)?;
        Ok(Self { http, base: parsed.as_str().trim_end_matches('/').to_owned(), key })
    }

    /// Starts a request.
    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends a request and reads a JSON answer; `null` stands for none.
    ///
    /// # Errors
    /// `Problem` if the server says so, `Other` if it cannot be reached.
    pub(super) async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let answer = self.answer(request).await?;
        let bytes = answer.bytes().await.map_err(anyhow::Error::from)?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&bytes).map_err(anyhow::Error::from)?)
    }

    /// Sends a request and returns a success, whatever its body.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(super) async fn answer(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response> {
        let answer = request.send().await.map_err(|error| {
            anyhow::anyhow!("{} cannot be reached: {}", self.base, root(&error))
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = answer.bytes().await.unwrap_or_default();
        let problem = serde_json::from_slice(&body).unwrap_or_else(|_| {
            serde_json::json!({
                "status": status.as_u16(),
                "title": status.to_string(),
                "detail": "the answer is no problem document; is this a Revaer server?",
            })
        });
        Err(Failure::Problem(problem))
    }

    /// # Errors
    /// As [`Self::send`].
    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a JSON body.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(super) async fn put(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = self.request(method, path).header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// # Errors
    /// As [`Self::send`].
    pub(super) async fn delete(&self, path: &str) -> Result<Value> {
        self.send(self.request(Method::DELETE, path)).await
    }
}

/// The failure at the bottom of a chain: what is above it repeats the address.
fn root<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error)
}

fn profile(remote: &Remote) -> Result<ProfileFile> {
    let (path, is_asked_for) = match (&remote.cli_profile, std::env::var_os("XDG_CONFIG_HOME")) {
        (Some(path), _) => (path.clone(), true),
        (None, Some(folder)) => (PathBuf::from(folder).join("revaer/cli.json"), false),
        (None, None) => match std::env::home_dir() {
            Some(home) => (home.join(".config/revaer/cli.json"), false),
            None => return Ok(ProfileFile::default()),
        },
    };
    match fs_err::read(&path) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|error| Failure::Usage(format!("{}: {error}", path.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_asked_for => {
            Ok(ProfileFile::default())
        }
        Err(error) => Err(Failure::Usage(error.to_string())),
    }
}

/// A text as one part of a path.
#[must_use]
pub(super) fn part(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Pairs as a query with its question mark; nothing for none.
#[must_use]
pub(super) fn query(pairs: &[(&str, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value);
    }
    format!("?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_follow_the_status() {
        let code = |status: u16| Failure::Problem(serde_json::json!({ "status": status })).code();

        assert_eq!([422, 404, 403, 409, 503].map(code), [2, 3, 4, 4, 5]);
        assert_eq!(Failure::Usage(String::new()).code(), 2);
    }

    #[test]
    fn a_problem_is_printed_with_its_places() {
        let problem = serde_json::json!({
            "title": "T", "detail": "d", "errors": [{"pointer": "/a/0", "reason": "r"}],
        });

        assert_eq!(described(&problem), "T: d\n  /a/0: r");
        let named = serde_json::json!({
            "title": "T", "detail": "/a/0: r", "errors": [{"pointer": "/a/0", "reason": "r"}],
        });
        assert_eq!(described(&named), "T: /a/0: r");
    }

    #[test]
    fn queries_are_encoded() {
        assert_eq!(query(&[("a", "x y".to_owned()), ("a", "&".to_owned())]), "?a=x+y&a=%26");
        assert_eq!(query(&[]), "");
        assert_eq!(part("a/b c"), "a%2Fb%20c");
    }
}
