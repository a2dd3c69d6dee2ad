//! A client as seen from the wire: headers that it sends with everything, and what it makes of a login.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use compat_tests::{Form, Reply, Target};
use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What a client keeps of the cookie that it gets.
#[derive(Clone, Copy)]
pub(crate) enum Cookies {
    /// The pair alone, as a cookie jar does.
    Jar,
    /// The whole header with its attributes.
    Whole,
}

/// A category, of which every client reads these two keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Category {
    pub(crate) name: String,
    pub(crate) save_path: String,
}

/// One client: its habits and its session.
pub(crate) struct Caller {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
    cookies: Cookies,
    cookie: Mutex<Option<String>>,
}

impl Caller {
    /// Makes a client that sends `headers` with every request.
    pub(crate) fn new(target: &Target, cookies: Cookies, headers: &[(&str, &str)]) -> Result<Self> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::try_from(*name)?, HeaderValue::try_from(*value)?);
        }
        // Whoever asks for the end of the connection opens a new one each time.
        let idle = usize::from(!map.contains_key("connection"));
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(idle)
            .pool_idle_timeout(Duration::from_secs(3))
            .timeout(Duration::from_mins(2))
            .build()?;
        let base = target.client().base().to_owned();
        Ok(Self { http, base, headers: map, cookies, cookie: Mutex::new(None) })
    }

    /// Starts a request to `/api/v2/<action>`, or to `action` itself if it begins with a slash.
    pub(crate) fn request(&self, method: Method, action: &str) -> RequestBuilder {
        let path =
            if action.starts_with('/') { action.to_owned() } else { format!("/api/v2/{action}") };
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = request.headers(self.headers.clone());
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// Sends a request; a cookie in the answer takes the place of the one before.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Reply> {
        let reply = request.send().await?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let reply = Reply { status, headers, body: reply.bytes().await?.to_vec() };
        if let Some(cookie) = reply.header("set-cookie") {
            let kept = match self.cookies {
                Cookies::Jar => cookie.split(';').next().unwrap_or_default(),
                Cookies::Whole => cookie,
            };
            self.set_cookie(Some(kept.to_owned()));
        }
        Ok(reply)
    }

    pub(crate) async fn get(&self, action: &str) -> Result<Reply> {
        self.send(self.request(Method::GET, action)).await.with_context(|| format!("GET {action}"))
    }

    pub(crate) async fn post(&self, action: &str, form: &[(&str, &str)]) -> Result<Reply> {
        let request = self.request(Method::POST, action).form(form);
        self.send(request).await.with_context(|| format!("POST {action}"))
    }

    pub(crate) async fn upload(&self, action: &str, form: &Form) -> Result<Reply> {
        let (content_type, body) = form.encode();
        let request = self.request(Method::POST, action).header("content-type", content_type);
        self.send(request.body(body)).await.with_context(|| format!("POST {action}"))
    }

    /// GETs, insists on 200 and reads the answer as the client's own types do.
    pub(crate) async fn read<T: DeserializeOwned>(&self, action: &str) -> Result<T> {
        parse(&self.get(action).await?).with_context(|| format!("GET {action}"))
    }

    /// POSTs, insists on 200 and reads the answer as the client's own types do.
    pub(crate) async fn fetch<T: DeserializeOwned>(
        &self,
        action: &str,
        form: &[(&str, &str)],
    ) -> Result<T> {
        parse(&self.post(action, form).await?).with_context(|| format!("POST {action} {form:?}"))
    }

    /// POSTs and insists on a success.
    pub(crate) async fn act(&self, action: &str, form: &[(&str, &str)]) -> Result<()> {
        let reply = self.post(action, form).await?;
        let is_success = (200..300).contains(&reply.status);
        ensure!(is_success, "POST {action} {form:?}: {}", reply.brief());
        Ok(())
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = cookie;
    }

    /// Sends the form that every client sends.
    pub(crate) async fn login(&self, (username, password): &(String, String)) -> Result<Reply> {
        self.post("auth/login", &[("username", username), ("password", password)]).await
    }
}

/// Reads JSON, which must be called so.
fn parse<T: DeserializeOwned>(reply: &Reply) -> Result<T> {
    ensure!(reply.status == 200, "{}", reply.brief());
    let kind = reply.header("content-type");
    ensure!(kind == Some("application/json"), "the content type is {kind:?}");
    serde_json::from_slice(&reply.body).with_context(|| reply.brief())
}
