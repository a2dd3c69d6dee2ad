//! One running web server: a bound socket, its workers, and what it was started for.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use rustls::ServerConfig;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::http::place::Place;
use crate::http::qbittorrent::sync::Memory;
use crate::http::{self, Manner, Terms, tls};

/// How long closing waits for the server, which itself gives requests under way three seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the settings ask of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) place: Place,
    pub(super) terms: Terms,
    /// The certificate of HTTPS.
    pub(super) certificate: Option<tls::Files>,
}

/// What listeners share.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) app: Arc<App>,
    pub(super) memory: Arc<Memory>,
}

/// A running web server.
pub(super) struct Listener {
    /// What it fulfils; without a certificate where the wished one cannot be used.
    pub(super) wish: Wish,
    pub(super) workers: usize,
    socket: TcpListener,
    address: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<()>,
}

impl Listener {
    /// Starts to serve on a bound socket.
    pub(super) fn start(
        ground: &Ground,
        wish: Wish,
        socket: TcpListener,
        workers: usize,
        tls: Option<ServerConfig>,
    ) -> std::io::Result<Self> {
        let address = socket.local_addr()?;
        let server = http::serve(
            Arc::clone(&ground.app),
            Arc::clone(&ground.memory),
            socket.try_clone()?,
            Manner { terms: wish.terms, workers, tls },
        )?;
        let handle = server.handle();
        let task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the web server stopped");
            }
        });
        Ok(Self { wish, workers, socket, address, handle, task })
    }

    /// The URL of the web server.
    pub(super) fn url(&self) -> String {
        let scheme = if self.wish.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The bound address.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A second handle of the socket, so that a successor refuses no connection in between.
    pub(super) fn socket(&self) -> std::io::Result<TcpListener> {
        self.socket.try_clone()
    }

    /// Stops to accept and lets requests under way finish for a short time.
    pub(super) async fn close(self) {
        let Self { socket, handle, task, address, .. } = self;
        drop(socket);
        let closed = async {
            handle.stop(true).await;
            let _ = task.await;
        };
        if tokio::time::timeout(PATIENCE, closed).await.is_err() {
            tracing::warn!("the web server at {address} did not stop in time");
        }
    }
}
