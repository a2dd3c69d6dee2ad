//! A server with an operator, and the scripts that drive a browser.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use compat_tests::{Level, Product, Target, installed};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

const PASSWORD: &str = "adminadmin1";

/// A server whose set-up is done.
pub(crate) struct Stage {
    pub(crate) target: Target,
    username: String,
    password: String,
}

impl Stage {
    pub(crate) async fn fresh() -> Result<Self> {
        let setup = Target::setup(Level::L51).product(Product::Revaer);
        Ok(Self::of(setup.spawn().await?))
    }

    pub(crate) fn of(target: Target) -> Self {
        let (username, password) = target.credentials();
        Self { target, username, password }
    }

    pub(crate) async fn start() -> Result<Self> {
        Self::fresh().await?.ready().await
    }

    /// Sets the server up.
    pub(crate) async fn ready(mut self) -> Result<Self> {
        let proof = json!({ "temporary_password": self.password, "password": PASSWORD });
        self.api(Method::POST, "/v1/setup", Some(proof)).await?;
        PASSWORD.clone_into(&mut self.password);
        Ok(self)
    }

    /// Asks the native API with a session of the test's own.
    pub(crate) async fn api(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let client = self.target.client();
        let request = client.request(method, path);
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let reply = client.send(request).await?;
        ensure!((200..300).contains(&reply.status), "{path}: {} {}", reply.status, reply.text());
        if reply.body.is_empty() { Ok(Value::Null) } else { reply.json() }
    }

    /// Plays a script in a browser to its end, and does what it asks for.
    pub(crate) async fn play(&mut self, script: &str, scene: Value) -> Result<()> {
        let mut whole = json!({
            "base": self.target.client().base(),
            "chromium": installed::chromium()?,
            "username": self.username,
            "password": self.password,
        });
        merge(&mut whole, scene);
        let mut command = Command::new(installed::node()?);
        command.current_dir(installed::node_modules()?).arg(fixture(script)).arg(whole.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut input = child.stdin.take().context("stdin is piped")?;
        let output = child.stdout.take().context("stdout is piped")?;
        let mut said = String::new();
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            match line.as_str() {
                "@kill" => drop(self.target.kill().await?),
                "@start" => self.target.launch().await?,
                text => {
                    said.push_str(text);
                    said.push('\n');
                    continue;
                }
            }
            input.write_all(b"done\n").await?;
        }
        let status = child.wait().await?;
        if !status.success() {
            bail!("{script} failed:\n{said}\nthe server said:\n{}", self.target.log_tail());
        }
        Ok(())
    }
}

fn merge(whole: &mut Value, scene: Value) {
    if let (Value::Object(whole), Value::Object(scene)) = (whole, scene) {
        whole.extend(scene);
    }
}

pub(crate) fn fixture(script: &str) -> String {
    format!("{}/fixtures/ui/{script}", env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the interface's files.
pub(crate) fn interface() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static");
    root.to_string_lossy().into_owned()
}
