//! An HTTP client that hides nothing: cookies are kept by hand, and status, headers and body are the test's to judge.

mod form;
mod raw;

use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

pub use form::Form;
pub use raw::RawReply;

/// One user of a server: an address and, after [`Client::login`], a session cookie.
pub struct Client {
    http: reqwest::Client,
    base: String,
    cookie: Mutex<Option<String>>,
}

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    /// Makes a client without a session; `base` is an origin such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// Fails if the HTTP stack cannot be set up.
    pub fn new(base: impl Into<String>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            // The reference closes idle connections after about seven seconds.
            .pool_idle_timeout(Duration::from_secs(3))
            .timeout(Duration::from_mins(2))
            .build()?;
        Ok(Self { http, base: base.into(), cookie: Mutex::new(None) })
    }

    /// Returns the origin that this client talks to.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the session cookie as `name=value`.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Replaces the session cookie.
    pub fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = cookie;
    }

    /// Logs in and keeps the cookie.
    ///
    /// # Errors
    /// Fails when the server refuses the credentials.
    pub async fn login(&self, username: &str, password: &str) -> Result<()> {
        self.set_cookie(None);
        let reply =
            self.post("auth/login", &[("username", username), ("password", password)]).await?;
        ensure!(
            (200..300).contains(&reply.status) && reply.text() != "Fails.",
            "login as `{username}` was refused: {}",
            reply.brief()
        );
        let Some(cookie) = reply.header(SET_COOKIE.as_str()).and_then(|c| c.split(';').next())
        else {
            bail!("login answered {} without a cookie", reply.status);
        };
        self.set_cookie(Some(cookie.to_owned()));
        Ok(())
    }

    /// Starts a request to `/api/v2/<action>`, or to `action` itself if it begins with a slash.
    pub fn request(&self, method: Method, action: &str) -> RequestBuilder {
        let path =
            if action.starts_with('/') { action.to_owned() } else { format!("/api/v2/{action}") };
        let request = self.http.request(method, format!("{}{path}", self.base));
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub async fn send(&self, request: RequestBuilder) -> Result<Reply> {
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        let headers = reply.headers().clone();
        let body = reply.bytes().await?.to_vec();
        Ok(Reply { status, headers, body })
    }

    /// GETs an action with parameters in the query.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub async fn get(&self, action: &str, query: &[(&str, &str)]) -> Result<Reply> {
        let request = self.request(Method::GET, action);
        let request = if query.is_empty() { request } else { request.query(query) };
        self.send(request).await.with_context(|| format!("GET {action}"))
    }

    /// POSTs an action with URL-encoded parameters in the body.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub async fn post(&self, action: &str, form: &[(&str, &str)]) -> Result<Reply> {
        let request = self.request(Method::POST, action);
        let request = if form.is_empty() { request } else { request.form(form) };
        self.send(request).await.with_context(|| format!("POST {action}"))
    }

    /// POSTs a multipart form.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub async fn upload(&self, action: &str, form: &Form) -> Result<Reply> {
        let (content_type, body) = form.encode();
        let request = self.request(Method::POST, action);
        let request = request.header("content-type", content_type).body(body);
        self.send(request).await.with_context(|| format!("POST {action}"))
    }

    /// POSTs and insists on a success (2xx).
    ///
    /// # Errors
    /// Fails on any other status, with the body in the message.
    pub async fn ok(&self, action: &str, form: &[(&str, &str)]) -> Result<Reply> {
        let reply = self.post(action, form).await?;
        ensure!((200..300).contains(&reply.status), "POST {action} {form:?}: {}", reply.brief());
        Ok(reply)
    }

    /// GETs an action and insists on 200 with JSON.
    ///
    /// # Errors
    /// Fails on any other status or body.
    pub async fn json(&self, action: &str, query: &[(&str, &str)]) -> Result<Value> {
        let reply = self.get(action, query).await?;
        ensure!(reply.status == 200, "GET {action} {query:?}: {}", reply.brief());
        reply.json()
    }

    /// Adds one torrent by form and insists that it is taken.
    ///
    /// # Errors
    /// Fails when the server refuses.
    pub async fn add(&self, form: &Form) -> Result<Reply> {
        let reply = self.upload("torrents/add", form).await?;
        ensure!(
            matches!(reply.status, 200 | 202) && reply.text() != "Fails.",
            "torrents/add: {}",
            reply.brief()
        );
        Ok(reply)
    }

    /// Reads one torrent of `torrents/info`; `None` if it is not listed.
    ///
    /// # Errors
    /// Fails when the list cannot be read.
    pub async fn torrent(&self, id: &str) -> Result<Option<Value>> {
        let list = self.json("torrents/info", &[("hashes", id)]).await?;
        Ok(list.as_array().and_then(|list| list.first().cloned()))
    }

    /// Waits until the torrent is listed and `ready` holds for it.
    ///
    /// # Errors
    /// Fails at the deadline, showing the torrent as it was last.
    pub async fn torrent_when(
        &self,
        id: &str,
        what: &str,
        ready: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let mut last = None;
        let found = crate::until(what, async || {
            last = self.torrent(id).await?;
            Ok(last.clone().filter(&ready))
        })
        .await;
        found.with_context(|| format!("torrent {id} was last seen as {last:?}"))
    }

    /// Sets preferences.
    ///
    /// # Errors
    /// Fails unless the answer is 200.
    pub async fn set_preferences(&self, json: &Value) -> Result<()> {
        self.ok("app/setPreferences", &[("json", &json.to_string())]).await?;
        Ok(())
    }
}

impl Reply {
    /// Returns the body as text, with replacement characters where it is no UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Parses the body.
    ///
    /// # Errors
    /// Fails when the body is no JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {}", self.brief()))
    }

    /// Returns a header as text; the name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns status and body in one line, `404 Not Found`; only the status if the body is empty.
    #[must_use]
    pub fn brief(&self) -> String {
        format!("{} {}", self.status, self.text()).trim_end_matches(' ').to_owned()
    }
}
