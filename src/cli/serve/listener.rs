//! The web server's listener: restarted alone when its address, port or certificate changes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use rustls::ServerConfig;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::http::qbittorrent::sync::Memory;
use crate::http::{self, tls};
use crate::settings::Profile;

/// What the profile asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    place: Place,
    /// The certificate of HTTPS.
    certificate: Option<tls::Files>,
}

impl Wish {
    fn of(profile: &Profile) -> Self {
        let webui = &profile.webui;
        let files = || tls::Files {
            chain: webui.https_certificate_path.clone().into(),
            key: webui.https_key_path.clone().into(),
        };
        Self {
            place: Place { address: webui.address.clone(), port: webui.port },
            certificate: webui.https_enabled.then(files),
        }
    }

    fn config(&self) -> Result<Option<ServerConfig>, tls::Error> {
        self.certificate.clone().map(tls::config).transpose()
    }
}

/// Where to listen, in the words of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    address: String,
    port: u16,
}

impl Place {
    /// The addresses to try, in order: one socket for both families where the system has IPv6.
    fn candidates(&self) -> Vec<SocketAddr> {
        let unspecified = [IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
        let addresses = match self.address.trim() {
            "" | "*" => unspecified.to_vec(),
            address => address.parse().map(|address| vec![address]).unwrap_or_default(),
        };
        addresses.into_iter().map(|address| SocketAddr::new(address, self.port)).collect()
    }

    fn bind(&self) -> std::io::Result<TcpListener> {
        let unusable =
            || std::io::Error::other(format!("`{}` is no address to listen on", self.address));
        let mut bound = Err(unusable());
        for candidate in self.candidates() {
            bound = http::bind(candidate).map_err(|error| {
                std::io::Error::new(error.kind(), format!("{candidate}: {error}"))
            });
            if bound.is_ok() {
                break;
            }
        }
        bound
    }
}

/// A running web server.
pub(super) struct Listener {
    wish: Wish,
    memory: Arc<Memory>,
    /// Where `socket` was bound; an older wish than `wish` if that could not be fulfilled.
    place: Place,
    socket: TcpListener,
    address: SocketAddr,
    is_https: bool,
    handle: ServerHandle,
    task: JoinHandle<()>,
}

impl Listener {
    /// Binds and starts to serve.
    ///
    /// Contract: without a usable certificate the server speaks HTTP, so that it can be reached and mended.
    pub(super) fn open(app: &Arc<App>) -> std::io::Result<Self> {
        let wish = Wish::of(&app.settings.effective());
        let config = wish.config().unwrap_or_else(|error| {
            tracing::error!(%error, "there is no HTTPS, the web server speaks HTTP");
            None
        });
        Self::start(app, http::memory(app), wish.place.bind()?, wish, config)
    }

    fn start(
        app: &Arc<App>,
        memory: Arc<Memory>,
        socket: TcpListener,
        wish: Wish,
        config: Option<ServerConfig>,
    ) -> std::io::Result<Self> {
        let address = socket.local_addr()?;
        let is_https = config.is_some();
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let server = http::serve(
            Arc::clone(app),
            Arc::clone(&memory),
            socket.try_clone()?,
            workers,
            config,
        )?;
        let handle = server.handle();
        let task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the web server stopped");
            }
        });
        let place = wish.place.clone();
        Ok(Self { wish, memory, place, socket, address, is_https, handle, task })
    }

    /// The URL of the web server.
    pub(super) fn url(&self) -> String {
        format!("{}://{}", if self.is_https { "https" } else { "http" }, self.address)
    }

    /// The bound address.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Follows the present profile. A place that cannot be bound or a certificate that cannot be used is logged, and
    /// everything stays as it was.
    pub(super) fn follow(&mut self, app: &Arc<App>) {
        let wish = Wish::of(&app.settings.effective());
        if wish == self.wish {
            return;
        }
        self.wish = wish.clone();
        let config = match wish.config() {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(%error, "the web server stays at {}", self.url());
                return;
            }
        };
        // A change of the certificate alone keeps the socket, so no connection is refused in between.
        let socket =
            if wish.place == self.place { self.socket.try_clone() } else { wish.place.bind() };
        let port = wish.place.port;
        let address = wish.place.address.clone();
        let memory = Arc::clone(&self.memory);
        match socket.and_then(|socket| Self::start(app, memory, socket, wish, config)) {
            Ok(new) => {
                let old = std::mem::replace(self, new);
                tracing::info!("the web server moved to {}", self.url());
                tokio::spawn(old.close());
            }
            Err(error) => {
                tracing::error!(%error, "the web server cannot move to `{address}` port {port}");
            }
        }
    }

    /// Stops to accept and lets requests under way finish for a short time.
    pub(super) async fn close(self) {
        self.handle.stop(true).await;
        let _ = self.task.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_means_all_addresses() {
        let wish = |address: &str| Place { address: address.to_owned(), port: 1 }.candidates();

        assert_eq!(wish("*"), ["[::]:1".parse().unwrap(), "0.0.0.0:1".parse().unwrap()]);
        assert_eq!(wish("127.0.0.1"), ["127.0.0.1:1".parse().unwrap()]);
        assert!(wish("nonsense").is_empty());
    }
}
