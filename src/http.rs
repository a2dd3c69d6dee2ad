//! The HTTP server: listeners, the checks that every request passes, and the mounts.
//!
//! One default service takes every request, because the contract's order of checks (session before route, route
//! before method) is not that of actix's own scopes.

pub mod base_path;
pub mod cookie;
pub mod error;
pub mod guard;
pub mod place;
pub mod qbittorrent;
pub mod render;
pub mod site;
pub mod tls;
pub mod ui;
pub mod v1;

use std::any::Any;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::{Extensions, Server};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method as HttpMethod, StatusCode};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, Payload};
use actix_web::{App as Actix, HttpRequest, HttpResponse, HttpServer};
use percent_encoding::percent_decode_str;
use rustls::ServerConfig;
use tracing::Instrument as _;

use crate::app::App;
use crate::settings::profile::ContractLevel;
use base_path::Located;
use guard::{Contract, Refusal};
use qbittorrent::body;
use qbittorrent::level::Level;
use qbittorrent::reply::Reply;
use qbittorrent::routes::Method;
use qbittorrent::sync::Memory;

/// Connections per worker; far above upstream's 500 in all, because idle ones cost little here.
const CONNECTIONS: usize = 4096;

/// Both ends of a connection, in canonical form.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    pub peer: IpAddr,
    pub local: IpAddr,
    pub port: u16,
    pub tls: bool,
}

impl Connection {
    /// The connection of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request.conn_data::<Self>().copied().unwrap_or_else(|| {
            let local = request.app_config().local_addr();
            let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
            Self {
                peer: peer.to_canonical(),
                local: local.ip().to_canonical(),
                port: local.port(),
                tls: request.app_config().secure(),
            }
        })
    }

    fn note(stream: &dyn Any, extensions: &mut Extensions) {
        let (stream, tls) = if let Some(stream) = stream.downcast_ref::<TlsStream<TcpStream>>() {
            (stream.get_ref().0, true)
        } else if let Some(stream) = stream.downcast_ref::<TcpStream>() {
            (stream, false)
        } else {
            return;
        };
        if let (Ok(peer), Ok(local)) = (stream.peer_addr(), stream.local_addr()) {
            let (peer, port) = (peer.ip().to_canonical(), local.port());
            extensions.insert(Self { peer, local: local.ip().to_canonical(), port, tls });
        }
    }
}

/// What is remembered between requests; one for the whole server, so that a listener may restart.
#[must_use]
pub fn memory(app: &App) -> Arc<Memory> {
    let memory = Arc::new(Memory::default());
    let kept = Arc::clone(&memory);
    app.auth.sessions.on_end(move |session| kept.forget(session));
    memory
}

/// What a listener says about the contract of its requests; what it leaves open is the instance's choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    pub level: Option<ContractLevel>,
    pub strict: Option<bool>,
}

/// How to serve on a listener.
pub struct Manner {
    pub terms: Terms,
    /// Threads that answer requests.
    pub workers: usize,
    /// HTTPS in place of HTTP.
    pub tls: Option<ServerConfig>,
}

/// Starts to serve on a listener; returns at once with the server to await.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    app: Arc<App>,
    memory: Arc<Memory>,
    listener: TcpListener,
    manner: Manner,
) -> std::io::Result<Server> {
    let Manner { terms, workers, tls } = manner;
    let (app, memory) = (Data::from(app), Data::from(memory));
    let server = HttpServer::new(move || {
        Actix::new()
            .app_data(app.clone())
            .app_data(memory.clone())
            .app_data(terms)
            .default_service(web::to(entry))
    })
    .on_connect(Connection::note)
    .workers(workers)
    .max_connections(CONNECTIONS)
    // Streamed answers end in a short write, which must not wait for the acknowledgement of the one before.
    .tcp_nodelay(true)
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(Duration::from_secs(30))
    .shutdown_timeout(3)
    .disable_signals();
    let server = match tls {
        Some(config) => server.listen_rustls_0_23(listener, config)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// The client's own name for the request if it is harmless, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get("x-request-id").and_then(|value| value.to_str().ok());
    let is_plain = |text: &&str| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    given.filter(is_plain).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

/// What all log lines of a request have in common, also those of the engine and of the commit that it leads to.
fn request_span(id: &str) -> tracing::Span {
    tracing::info_span!(
        "request",
        request.id = %id,
        http.request.method = tracing::field::Empty,
        http.route = tracing::field::Empty,
        http.response.status_code = tracing::field::Empty,
    )
}

/// Notes how a request ended, for the counters and for its trace.
fn note(app: &App, span: &tracing::Span, ended: &Ended<'_>) {
    let Ended { method, route, status, took } = *ended;
    app.metrics.note(method, route, status, took);
    span.record("http.request.method", method);
    span.record("http.route", route);
    span.record("http.response.status_code", status);
}

/// A request that was answered.
#[derive(Clone, Copy)]
struct Ended<'a> {
    method: &'a str,
    route: &'static str,
    status: u16,
    took: Duration,
}

/// Answers one request.
async fn entry(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    memory: Data<Memory>,
) -> HttpResponse {
    app.engine.note_client();
    let base = app.settings.effective().webui.base_path.clone();
    let located = Located::of(request.path(), &base);
    if v1::owns(located.path) {
        return v1::serve(&request, &located, payload, app.into_inner()).await;
    }
    let started = Instant::now();
    // The contract has no header for it, so the id is in the log alone.
    let span = request_span(&request_id(request.headers()));
    let route = qbittorrent::action(located.path).map_or("site", qbittorrent::routes::known);
    let answer = contracted(&request, payload, &located, &base, (app.clone(), memory));
    let response = answer.instrument(span.clone()).await;
    let (method, status) = (request.method().as_str(), response.status().as_u16());
    note(&app, &span, &Ended { method, route, status, took: started.elapsed() });
    response
}

/// Answers one request as the contract has it.
async fn contracted(
    request: &HttpRequest,
    payload: Payload,
    located: &Located<'_>,
    base: &str,
    (app, memory): (Data<App>, Data<Memory>),
) -> HttpResponse {
    let (contract, bearer) = Contract::of(&app, request);
    let method = match *request.method() {
        HttpMethod::GET => Method::Get,
        HttpMethod::HEAD => Method::Head,
        HttpMethod::POST => Method::Post,
        // Contract: 4.5 calls an unknown method a malformed request, later ones what is not in capital letters.
        ref other if contract.level < Level::L51 || !is_in_capitals(other) => {
            return render::malformed(StatusCode::BAD_REQUEST);
        }
        _ => return render::malformed(StatusCode::NOT_IMPLEMENTED),
    };
    if method == Method::Post && body::check(request).is_err() {
        return render::malformed(StatusCode::BAD_REQUEST);
    }
    let policy = app.auth.policy();
    let mut visitor = match guard::admit(&app, request, located, contract, bearer).await {
        Ok(visitor) => visitor,
        Err(refusal) => {
            body::discard(payload).await;
            return render::response(refused(refusal), request, contract, &policy, None).await;
        }
    };
    let path = Located::of(request.uri().path(), base).path;
    let path = percent_decode_str(path).decode_utf8_lossy();
    let app = app.into_inner();
    let outcome = if let Some(reply) = located.redirect(base, request.query_string()) {
        body::discard(payload).await;
        Ok(reply)
    } else if let Some(action) = qbittorrent::action(&path) {
        let services = (app, memory.into_inner());
        qbittorrent::serve(action, method, request, payload, services, contract, &mut visitor).await
    } else {
        body::discard(payload).await;
        Ok(site::answer(&app, &path, request, contract, &visitor).await)
    };
    match outcome {
        Ok(reply) => {
            render::response(reply, request, contract, &policy, visitor.set_cookie.as_deref()).await
        }
        Err(body::Error::TooLarge) => render::malformed(StatusCode::PAYLOAD_TOO_LARGE),
        Err(body::Error::Malformed | body::Error::Gone) => {
            render::malformed(StatusCode::BAD_REQUEST)
        }
    }
}

fn is_in_capitals(method: &HttpMethod) -> bool {
    method.as_str().bytes().all(|byte| byte.is_ascii_uppercase())
}

fn refused(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Unauthorized => Reply::error(StatusCode::UNAUTHORIZED, ""),
        Refusal::Banned => Reply::forbidden(qbittorrent::auth::BANNED),
    }
}
