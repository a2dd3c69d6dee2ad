//! Rows of the table: the network.

use super::section;

use crate::settings::field::{ProxyType, Secret};

section! {
    /// Ports, addresses, sockets and their number.
    connection: Connection {
        /// Port for peers; 0 takes any free port at each start. A fresh instance chooses one by chance and keeps it.
        listen_port: u16 = 0, hot;
        /// Accept connections of SSL torrents.
        ssl_enabled: bool = false, hot;
        /// Port for peers of SSL torrents; 0 takes any free port.
        ssl_listen_port: u16 = 0, hot;
        /// Name of the network interface for all traffic of the engine; empty for any.
        interface: String = String::new(), hot;
        /// Address for all traffic of the engine: empty all, `0.0.0.0` all of IPv4, `::` all of IPv6.
        interface_address: String = String::new(), hot;
        /// Forward ports on the router by `UPnP` and NAT-PMP.
        upnp: bool = false, hot;
        /// Seconds that a forwarding lasts; 0 until removed.
        upnp_lease_seconds: u32 = 0, hot, 0..=2_147_483_647;
        /// Connections of all torrents; null unlimited.
        max_connections: Option<u32> = Some(500), hot, 1..=1_000_000;
        /// Connections of one torrent; null unlimited.
        max_connections_per_torrent: Option<u32> = Some(100), hot, 2..=1_000_000;
        /// Peers uploaded to, of all torrents; null unlimited.
        max_upload_slots: Option<u32> = Some(20), hot, 1..=1_000_000;
        /// Peers uploaded to, of one torrent; null unlimited.
        max_upload_slots_per_torrent: Option<u32> = Some(4), hot, 1..=1_000_000;
        /// Announce again when an address of this machine changes.
        reannounce_when_address_changed: bool = false, hot;
        /// First local port of outgoing connections; 0 any.
        outgoing_port_min: u16 = 0, hot;
        /// Last local port of outgoing connections; 0 any.
        outgoing_port_max: u16 = 0, hot;
        /// Type-of-service byte of packets to peers.
        peer_tos: u32 = 4, hot, 0..=255;
        /// Outgoing connection attempts per second.
        connection_speed_per_second: u32 = 30, hot, 0..=100_000;
        /// Connect to peers while seeding.
        seeding_outgoing_connections: bool = true, hot;
        /// Send buffer of sockets in bytes; 0 as the system likes.
        socket_send_buffer_bytes: u32 = 0, hot, 0..=2_147_483_647;
        /// Receive buffer of sockets in bytes; 0 as the system likes.
        socket_receive_buffer_bytes: u32 = 0, hot, 0..=2_147_483_647;
        /// Incoming connections that may wait to be accepted.
        socket_backlog: u32 = 30, hot, 1..=100_000;
    }
}

section! {
    /// Blocked addresses.
    filter: Filter {
        /// Use the file of blocked ranges.
        enabled: bool = false, hot;
        /// File of blocked ranges: `.dat`, `.p2p` or `.p2b`.
        path: String = String::new(), hot;
        /// Block trackers too.
        trackers: bool = false, hot;
        /// Addresses that an operator banned; always blocked.
        banned_addresses: Vec<String> = Vec::new(), hot;
    }
}

section! {
    /// The proxy and what goes through it.
    proxy: Proxy {
        /// Kind of the proxy.
        kind: ProxyType = ProxyType::None, hot;
        /// Name or address of the proxy.
        host: String = String::new(), hot;
        /// Port of the proxy.
        port: u16 = 8080, hot;
        /// Log in to the proxy with user name and password.
        auth_enabled: bool = false, hot;
        /// User name at the proxy.
        username: String = String::new(), hot;
        /// Password at the proxy.
        password: Secret = Secret::default(), hot;
        /// Let the proxy resolve names.
        hostname_lookup: bool = true, hot;
        /// Use the proxy for trackers and web seeds.
        bittorrent: bool = false, hot;
        /// Use the proxy for peers too.
        peer_connections: bool = false, hot;
        /// Use the proxy for RSS feeds.
        rss: bool = false, hot;
        /// Use the proxy for everything else that is fetched.
        misc: bool = false, hot;
    }
}

section! {
    /// I2P by a SAM bridge.
    i2p: I2p {
        /// Use I2P.
        enabled: bool = false, hot;
        /// Host of the SAM bridge.
        address: String = "127.0.0.1".to_owned(), hot;
        /// Port of the SAM bridge.
        port: u16 = 7656, hot;
        /// I2P torrents may use ordinary peers too.
        mixed_mode: bool = false, hot;
        /// Exchange I2P peers with other peers.
        pex: bool = true, restart;
        /// Inbound tunnels.
        inbound_quantity: u32 = 3, hot, 1..=16;
        /// Outbound tunnels.
        outbound_quantity: u32 = 3, hot, 1..=16;
        /// Hops of inbound tunnels.
        inbound_length: u32 = 3, hot, 0..=7;
        /// Hops of outbound tunnels.
        outbound_length: u32 = 3, hot, 0..=7;
        /// Random change of the hops of inbound tunnels.
        inbound_length_variance: i32 = 0, hot, -7..=7;
        /// Random change of the hops of outbound tunnels.
        outbound_length_variance: i32 = 0, hot, -7..=7;
    }
}
