//! Where to listen and from where to connect.

use std::net::IpAddr;

use crate::settings::profile::Profile;

/// The addresses of this machine by interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    pub addresses: Vec<(String, IpAddr)>,
}

impl Host {
    /// Asks the system.
    ///
    /// # Errors
    /// The system's own.
    pub fn read() -> std::io::Result<Self> {
        let mut addresses: Vec<(String, IpAddr)> = if_addrs::get_if_addrs()?
            .into_iter()
            .map(|found| (found.name.clone(), found.ip()))
            .collect();
        addresses.sort();
        Ok(Self { addresses })
    }

    /// Whether there is such an interface, or such an address, now.
    pub(super) fn has(&self, place: &str) -> bool {
        let address: Option<IpAddr> = place.parse().ok();
        self.addresses.iter().any(|(name, at)| name == place || address == Some(*at))
    }

    fn of<'a>(&'a self, interface: &'a str, v6: bool) -> impl Iterator<Item = String> + 'a {
        let wanted =
            move |(name, address): &&(String, IpAddr)| name == interface && address.is_ipv6() == v6;
        self.addresses.iter().filter(wanted).map(|(_, address)| address.to_string())
    }
}

/// Interfaces and addresses, as libtorrent takes them: for listening (without port), and whether
/// they were chosen.
fn chosen(profile: &Profile, host: &Host) -> (Vec<String>, bool) {
    let (places, was_chosen) = named(profile, host);
    if profile.connection.ipv6 {
        return (places, was_chosen);
    }
    // libtorrent would open both families on a device, so that its addresses take the place of its name.
    let v4 = places.iter().flat_map(|place| match place.parse::<IpAddr>() {
        Ok(address) if address.is_ipv6() => Vec::new(),
        Ok(_) => vec![place.clone()],
        Err(_) => host.of(place, false).collect(),
    });
    (v4.collect(), was_chosen)
}

fn named(profile: &Profile, host: &Host) -> (Vec<String>, bool) {
    let connection = &profile.connection;
    if !connection.listen_on.is_empty() {
        let any = |place: &String| matches!(place.as_str(), "0.0.0.0" | "::");
        return (connection.listen_on.clone(), !connection.listen_on.iter().any(any));
    }
    let every = ["0.0.0.0", "::"].map(str::to_owned);
    match (connection.interface.as_str(), connection.interface_address.as_str()) {
        ("", "") => (every.to_vec(), false),
        ("", address) => (vec![address.to_owned()], !every.contains(&address.to_owned())),
        (interface, "") => (vec![interface.to_owned()], true),
        (interface, wildcard @ ("0.0.0.0" | "::")) => {
            let found: Vec<String> = host.of(interface, wildcard == "::").collect();
            // An interface that is not there now: by its name libtorrent binds to it or to nothing.
            (if found.is_empty() { vec![interface.to_owned()] } else { found }, true)
        }
        (_, address) => (vec![address.to_owned()], true),
    }
}

/// `listen_interfaces`.
pub(super) fn listening(profile: &Profile, host: &Host) -> String {
    let connection = &profile.connection;
    let (places, _) = chosen(profile, host);
    let at = |port: u16, kind: &'static str| {
        places.iter().map(move |place| {
            if place.contains(':') {
                format!("[{place}]:{port}{kind}")
            } else {
                format!("{place}:{port}{kind}")
            }
        })
    };
    let mut all: Vec<String> = at(connection.listen_port, "").collect();
    if connection.ssl_enabled {
        all.extend(at(connection.ssl_listen_port, "s"));
    }
    all.join(",")
}

/// `outgoing_interfaces`: empty for any.
pub(super) fn outgoing(profile: &Profile, host: &Host) -> String {
    match chosen(profile, host) {
        (places, true) => places.join(","),
        (_, false) => String::new(),
    }
}

/// The chosen interfaces and addresses that are not there now.
pub(super) fn missing(profile: &Profile, host: &Host) -> Vec<String> {
    let connection = &profile.connection;
    let wanted: Vec<&String> = match connection.listen_on.as_slice() {
        [] => vec![&connection.interface, &connection.interface_address],
        several => several.iter().collect(),
    };
    let known = |place: &&String| {
        matches!(place.as_str(), "" | "0.0.0.0" | "::") || host.has(place) || is_loopback(place)
    };
    wanted.into_iter().filter(|place| !known(place)).cloned().collect()
}

/// All of 127.0.0.0/8 can be listened on, and only its first address belongs to an interface.
fn is_loopback(place: &str) -> bool {
    place.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(interface: &str, address: &str) -> (String, String) {
        let host = Host {
            addresses: vec![
                ("wg0".to_owned(), "10.1.2.3".parse().unwrap()),
                ("wg0".to_owned(), "fd00::1".parse().unwrap()),
                ("eth0".to_owned(), "192.168.0.2".parse().unwrap()),
            ],
        };
        let mut profile = Profile::default();
        profile.connection.listen_port = 6881;
        profile.connection.interface = interface.to_owned();
        profile.connection.interface_address = address.to_owned();
        (listening(&profile, &host), outgoing(&profile, &host))
    }

    #[test]
    fn places_follow_interface_and_address() {
        let cases = [
            (("", ""), ("0.0.0.0:6881,[::]:6881", "")),
            (("", "0.0.0.0"), ("0.0.0.0:6881", "")),
            (("", "127.0.0.1"), ("127.0.0.1:6881", "127.0.0.1")),
            (("wg0", ""), ("wg0:6881", "wg0")),
            (("wg0", "0.0.0.0"), ("10.1.2.3:6881", "10.1.2.3")),
            (("wg0", "::"), ("[fd00::1]:6881", "fd00::1")),
            (("tun9", "0.0.0.0"), ("tun9:6881", "tun9")),
            (("wg0", "10.1.2.3"), ("10.1.2.3:6881", "10.1.2.3")),
        ];
        for ((interface, address), (listening, outgoing)) in cases {
            let expected = (listening.to_owned(), outgoing.to_owned());

            assert_eq!(listen(interface, address), expected, "{interface} {address}");
        }
    }

    #[test]
    fn several_places_and_one_family_can_be_chosen() {
        let host = Host {
            addresses: vec![
                ("eth0".to_owned(), "192.168.0.2".parse().unwrap()),
                ("eth0".to_owned(), "fd00::2".parse().unwrap()),
            ],
        };
        let mut profile = Profile::default();
        profile.connection.listen_port = 1;
        profile.connection.listen_on = vec!["eth0".to_owned(), "fd00::9".to_owned()];
        assert_eq!(listening(&profile, &host), "eth0:1,[fd00::9]:1");
        assert_eq!(outgoing(&profile, &host), "eth0,fd00::9");
        assert_eq!(missing(&profile, &host), ["fd00::9"]);

        profile.connection.ipv6 = false;
        assert_eq!(listening(&profile, &host), "192.168.0.2:1");
        profile.connection.listen_on = Vec::new();
        assert_eq!(listening(&profile, &host), "0.0.0.0:1");
    }

    #[test]
    fn ssl_torrents_have_a_port_of_their_own() {
        let mut profile = Profile::default();
        profile.connection.listen_port = 1;
        profile.connection.ssl_enabled = true;
        profile.connection.ssl_listen_port = 2;
        profile.connection.interface_address = "127.0.0.1".to_owned();

        assert_eq!(listening(&profile, &Host::default()), "127.0.0.1:1,127.0.0.1:2s");
    }
}
