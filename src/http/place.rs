//! Where a listener is bound, in the words of the settings.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::settings::{Patch, Profile};

/// An address and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `*` for all, or one address.
    pub address: String,
    /// 0 lets the kernel choose.
    pub port: u16,
}

impl Place {
    /// The place of the main listener.
    #[must_use]
    pub fn main(profile: &Profile) -> Self {
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

    /// Binds a listener.
    ///
    /// # Errors
    /// When the address is taken or not ours; the error names it.
    pub fn bind(&self) -> io::Result<TcpListener> {
        let unusable = || io::Error::other(format!("`{}` is no address", self.address));
        let mut bound = Err(unusable());
        for candidate in self.candidates() {
            bound = bind(candidate)
                .map_err(|error| io::Error::new(error.kind(), format!("{candidate}: {error}")));
            if bound.is_ok() {
                break;
            }
        }
        bound
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Why the main listener could not move to where a patch puts it, as far as a try to bind can tell.
///
/// A move within the same port is not tried, because the present listener may be in the way.
#[must_use]
pub fn refusal(profile: &Profile, patch: &Patch) -> Option<String> {
    let mut wanted = Place::main(profile);
    if let Some(port) = patch.get("webui.port").and_then(serde_json::Value::as_u64) {
        wanted.port = u16::try_from(port).ok()?;
    }
    if let Some(address) = patch.get("webui.address").and_then(serde_json::Value::as_str) {
        address.clone_into(&mut wanted.address);
    }
    if wanted.port == profile.webui.port {
        return None;
    }
    wanted.bind().err().map(|error| format!("the web server cannot listen on {error}"))
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

    #[test]
    fn a_port_that_is_taken_is_refused_before_it_is_stored() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut patch = Patch::new();
        patch.set("webui.port", taken.local_addr().unwrap().port());

        let refusal = refusal(&Profile::default(), &patch);

        assert!(refusal.is_some_and(|text| text.contains("cannot listen on 127.0.0.1:")));
    }
}
