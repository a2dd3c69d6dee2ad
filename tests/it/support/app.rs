//! A whole server in this process: real engine on loopback, SQLite in a temporary home, real HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use revaer::app::{App, Launch};
use revaer::http::place::Place;
use revaer::http::{self, Manner, Terms};
use revaer::settings::Patch;
use revaer::telemetry::LogRing;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct TestApp {
    pub(crate) app: Arc<App>,
    pub(crate) address: SocketAddr,
    server: ServerHandle,
    client: Client,
    _home: TempDir,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) cookie: Option<String>,
    pub(crate) body: String,
}

impl TestApp {
    pub(crate) async fn start(settings: &[(&str, Value)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut overrides = Patch::new();
        overrides.set("connection.listen_port", 0);
        overrides.set("connection.interface_address", "127.0.0.1");
        overrides.set("bittorrent.dht", false);
        overrides.set("downloads.save_path", home.path().join("content").to_str().unwrap());
        for (key, value) in settings {
            overrides.set(key, value.clone());
        }
        let launch = Launch { home: home.path().join("home"), overrides, ..Launch::default() };
        let (app, address, server) = served(launch).await;
        Self { app, address, server, client: Client::new(), _home: home }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn login(&self, password: &str) -> Answer {
        let form = self
            .request(Method::POST, "/api/v2/auth/login")
            .header("content-type", "application/x-www-form-urlencoded");
        answer(form.body(format!("username=admin&password={password}"))).await
    }

    /// The `Cookie` header of a fresh session.
    pub(crate) async fn session(&self) -> String {
        let password = self.app.auth.temporary_password().unwrap();
        let cookie = self.login(&password).await.cookie.unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn stop(self) {
        self.server.stop(false).await;
        self.app.shut_down().await;
    }
}

/// Starts a server in this process on a port of loopback.
pub(crate) async fn served(launch: Launch) -> (Arc<App>, SocketAddr, ServerHandle) {
    let app = App::start(launch, Arc::new(LogRing::default())).await.unwrap();
    let listener = Place { address: "127.0.0.1".to_owned(), port: 0 }.bind().unwrap();
    let address = listener.local_addr().unwrap();
    let manner = Manner { terms: Terms::default(), workers: 1, tls: None };
    let server = http::serve(Arc::clone(&app), http::memory(&app), listener, manner).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    (app, address, handle)
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let cookie = response.headers().get("set-cookie");
    Answer {
        status: response.status(),
        cookie: cookie.map(|cookie| cookie.to_str().unwrap().to_owned()),
        body: response.text().await.unwrap(),
    }
}
