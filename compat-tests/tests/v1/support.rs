//! A server, and short ways to ask its native API.

use anyhow::{Context, Result, bail};
use compat_tests::{Authoring, Client, Level, Payload, Product, Reply, Target, Torrent, until};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

pub(crate) const MAGNET: &str =
    "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=No+metadata";
pub(crate) const MAGNET_ID: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const UNKNOWN: &str = "ffffffffffffffffffffffffffffffffffffffff";

/// A server and the session of its operator.
pub(crate) struct Api {
    pub(crate) target: Target,
}

/// Somebody with a key, or nobody.
pub(crate) struct Caller {
    client: Client,
    key: Option<String>,
}

impl Api {
    pub(crate) async fn start() -> Result<Self> {
        let setup = Target::setup(Level::L51).product(Product::Revaer);
        Ok(Self { target: setup.spawn().await? })
    }

    /// As [`Self::start`], on a port that stays the same over restarts.
    pub(crate) async fn start_at(port: u16) -> Result<Self> {
        let setup = Target::setup(Level::L51).product(Product::Revaer).http_port(port);
        Ok(Self { target: setup.spawn().await? })
    }

    /// The operator, by a session.
    pub(crate) fn client(&self) -> &Client {
        self.target.client()
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Reply> {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Reply> {
        send(self.client(), None, method, path, body).await
    }

    /// A success as JSON.
    pub(crate) async fn json(&self, path: &str) -> Result<Value> {
        success(&self.get(path).await?)
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value> {
        success(&self.send(Method::POST, path, Some(body)).await?)
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Result<Value> {
        success(&self.send(Method::PATCH, path, Some(body)).await?)
    }

    /// Somebody with a new key.
    pub(crate) async fn caller(&self, name: &str, scopes: &[&str]) -> Result<Caller> {
        self.caller_with(json!({ "name": name, "scopes": scopes })).await
    }

    pub(crate) async fn caller_with(&self, key: Value) -> Result<Caller> {
        let created = self.post("/v1/api-keys", key).await?;
        let secret = created["secret"].as_str().context("a secret")?;
        self.caller_of(secret)
    }

    pub(crate) fn caller_of(&self, secret: &str) -> Result<Caller> {
        Ok(Caller { client: self.target.anonymous()?, key: Some(secret.to_owned()) })
    }

    pub(crate) fn nobody(&self) -> Result<Caller> {
        Ok(Caller { client: self.target.anonymous()?, key: None })
    }

    /// Adds a torrent file, stopped, and waits until it is settled.
    pub(crate) async fn add(&self, torrent: &Torrent, options: Value) -> Result<String> {
        let reply = self.upload(&[&torrent.bytes], options).await?;
        if reply.status != 201 {
            bail!("add answered {}: {}", reply.status, reply.text());
        }
        let id = torrent.id();
        self.until(&id, |torrent| {
            let state = torrent["state"].as_str().unwrap_or_default();
            !state.starts_with("checking")
        })
        .await?;
        Ok(id)
    }

    pub(crate) async fn upload(&self, files: &[&[u8]], options: Value) -> Result<Reply> {
        let mut form = reqwest_form(&options);
        for file in files {
            form = form.file("torrent", "upload.torrent", file);
        }
        let (content_type, body) = form.encode();
        let request = self.client().request(Method::POST, "/v1/torrents");
        self.client().send(request.header("content-type", content_type).body(body)).await
    }

    /// Waits until a torrent is as described.
    pub(crate) async fn until(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        until("the torrent", async || {
            let reply = self.get(&format!("/v1/torrents/{id}")).await?;
            if reply.status != 200 {
                return Ok(None);
            }
            Ok(Some(reply.json()?).filter(|torrent| is_so(torrent)))
        })
        .await
    }
}

fn reqwest_form(options: &Value) -> compat_tests::Form {
    compat_tests::Form::new().text("options", &options.to_string())
}

impl Caller {
    pub(crate) async fn get(&self, path: &str) -> Result<Reply> {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Reply> {
        send(&self.client, self.key.as_deref(), method, path, body).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        with_key(self.client.request(method, path), self.key.as_deref())
    }

    pub(crate) async fn reply(&self, request: RequestBuilder) -> Result<Reply> {
        self.client.send(request).await
    }
}

fn with_key(request: RequestBuilder, key: Option<&str>) -> RequestBuilder {
    match key {
        Some(key) => request.header("authorization", format!("Bearer {key}")),
        None => request,
    }
}

async fn send(
    client: &Client,
    key: Option<&str>,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Result<Reply> {
    let request = with_key(client.request(method, path), key);
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body.to_string()),
        None => request,
    };
    client.send(request).await
}

pub(crate) fn success(reply: &Reply) -> Result<Value> {
    if !(200..300).contains(&reply.status) {
        bail!("answered {}: {}", reply.status, reply.text());
    }
    reply.json()
}

/// Status, kind and first place of a problem, in one line.
pub(crate) fn problem(reply: &Reply) -> Result<String> {
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{}", reply.text());
    let document = reply.json()?;
    assert_eq!(document["status"], reply.status);
    assert_eq!(document["request_id"].as_str(), reply.header("x-request-id"));
    let kind = document["type"].as_str().context("a type")?;
    let kind = kind.strip_prefix("/v1/problems/").context("a reference")?;
    let fault = &document["errors"][0];
    let place = fault["pointer"].as_str().or(fault["parameter"].as_str()).unwrap_or_default();
    Ok(format!("{} {kind} {place}", reply.status).trim_end().to_owned())
}

/// A torrent of two files, whose tracker never answers.
pub(crate) fn two_files(name: &str) -> Torrent {
    let payload = Payload::folder(name, &[("a.bin", 32_768), ("sub/b.nfo", 32_768)]);
    Authoring::of(&payload).tracker("http://127.0.0.1:9/announce").build()
}
