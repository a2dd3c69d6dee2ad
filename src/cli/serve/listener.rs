//! The web server's listener: restarted alone when its address or port changes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::http;
use crate::settings::Profile;

/// What the profile asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    address: String,
    port: u16,
}

impl Wish {
    fn of(profile: &Profile) -> Self {
        Self { address: profile.webui.address.clone(), port: profile.webui.port }
    }

    /// The addresses to try, in order: one socket for both families where the system has IPv6.
    fn candidates(&self) -> Vec<SocketAddr> {
        let unspecified = [IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
        let addresses = match self.address.trim() {
            "" | "*" => unspecified.to_vec(),
            address => address.parse().map(|address| vec![address]).unwrap_or_default(),
        };
        addresses.into_iter().map(|address| SocketAddr::new(address, self.port)).collect()
    }
}

/// A running web server.
pub(super) struct Listener {
    wish: Wish,
    address: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<()>,
}

impl Listener {
    /// Binds and starts to serve.
    pub(super) fn open(app: &Arc<App>) -> std::io::Result<Self> {
        Self::start(app, Wish::of(&app.settings.effective()))
    }

    fn start(app: &Arc<App>, wish: Wish) -> std::io::Result<Self> {
        let unusable =
            || std::io::Error::other(format!("`{}` is no address to listen on", wish.address));
        let mut bound = Err(unusable());
        for candidate in wish.candidates() {
            bound = http::bind(candidate).map_err(|error| {
                std::io::Error::new(error.kind(), format!("{candidate}: {error}"))
            });
            if bound.is_ok() {
                break;
            }
        }
        let socket = bound?;
        let address = socket.local_addr()?;
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let server = http::serve(Arc::clone(app), socket, workers)?;
        let handle = server.handle();
        let task = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the web server stopped");
            }
        });
        Ok(Self { wish, address, handle, task })
    }

    /// The bound address.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Moves to the address of the present profile. One that cannot be bound is logged, and the old one stays.
    pub(super) fn follow(&mut self, app: &Arc<App>) {
        let wish = Wish::of(&app.settings.effective());
        if wish == self.wish {
            return;
        }
        match Self::start(app, wish.clone()) {
            Ok(new) => {
                let old = std::mem::replace(self, new);
                tracing::info!("the web server moved to {}", self.address);
                tokio::spawn(old.close());
            }
            Err(error) => {
                tracing::error!(%error, "the web server cannot move to `{}` port {}", wish.address, wish.port);
                self.wish = wish;
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
        let wish = |address: &str| Wish { address: address.to_owned(), port: 1 }.candidates();

        assert_eq!(wish("*"), ["[::]:1".parse().unwrap(), "0.0.0.0:1".parse().unwrap()]);
        assert_eq!(wish("127.0.0.1"), ["127.0.0.1:1".parse().unwrap()]);
        assert!(wish("nonsense").is_empty());
    }
}
