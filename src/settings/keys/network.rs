//! Rows of the table: the network.

use super::Effect::{Calls, Is, IsIfKnown, Kept, Sets};
use super::section;

use crate::settings::field::{ProxyType, Secret};

section! {
    /// Ports, addresses, sockets and their number.
    connection: Connection {
        /// Port for peers; 0 takes any free port at each start. A fresh instance chooses one by chance and keeps it.
        listen_port: u16 = 0, hot => Sets(&["listen_interfaces"]);
        /// Accept connections of SSL torrents.
        ssl_enabled: bool = false, hot => Sets(&["listen_interfaces"]);
        /// Port for peers of SSL torrents; 0 takes any free port.
        ssl_listen_port: u16 = 0, hot => Sets(&["listen_interfaces"]);
        /// Name of the network interface for all traffic of the engine; empty for any.
        interface: String = String::new(), hot => Sets(&["listen_interfaces", "outgoing_interfaces"]);
        /// Address for all traffic of the engine: empty all, `0.0.0.0` all of IPv4, `::` all of IPv6.
        interface_address: String = String::new(), hot => Sets(&["listen_interfaces", "outgoing_interfaces"]);
        /// Forward ports on the router by `UPnP` and NAT-PMP.
        upnp: bool = false, hot => Sets(&["enable_upnp", "enable_natpmp"]);
        /// Seconds that a forwarding lasts; 0 until removed.
        upnp_lease_seconds: u32 = 0, hot, 0..=2_147_483_647 => Sets(&["upnp_lease_duration"]);
        /// Connections of all torrents; null unlimited.
        max_connections: Option<u32> = Some(500), hot, 1..=1_000_000 => Is("connections_limit");
        /// Connections of one torrent; null unlimited.
        max_connections_per_torrent: Option<u32> = Some(100), hot, 2..=1_000_000 => Calls;
        /// Peers uploaded to, of all torrents; null unlimited.
        max_upload_slots: Option<u32> = Some(20), hot, 1..=1_000_000 => Is("unchoke_slots_limit");
        /// Peers uploaded to, of one torrent; null unlimited.
        max_upload_slots_per_torrent: Option<u32> = Some(4), hot, 1..=1_000_000 => Calls;
        /// Names of network interfaces and addresses to listen on and to connect from, in place of the two above.
        listen_on: Vec<String> = Vec::new(), hot => Sets(&["listen_interfaces", "outgoing_interfaces"]);
        /// Use IPv6. Without it nothing listens there, and peers with such addresses are blocked.
        ipv6: bool = true, hot => Sets(&["listen_interfaces", "outgoing_interfaces"]);
        /// Announce again when an address of this machine changes.
        reannounce_when_address_changed: bool = false, hot;
        /// First local port of outgoing connections; 0 any.
        outgoing_port_min: u16 = 0, hot => Sets(&["outgoing_port", "num_outgoing_ports"]);
        /// Last local port of outgoing connections; 0 any.
        outgoing_port_max: u16 = 0, hot => Sets(&["num_outgoing_ports"]);
        /// Type-of-service byte of packets to peers.
        peer_tos: u32 = 4, hot, 0..=255 => Is("peer_dscp");
        /// Outgoing connection attempts per second.
        connection_speed_per_second: u32 = 30, hot, 0..=100_000 => Is("connection_speed");
        /// Connect to peers while seeding.
        seeding_outgoing_connections: bool = true, hot => Is("seeding_outgoing_connections");
        /// Send buffer of sockets in bytes; 0 as the system likes.
        socket_send_buffer_bytes: u32 = 0, hot, 0..=2_147_483_647 => Is("send_socket_buffer_size");
        /// Receive buffer of sockets in bytes; 0 as the system likes.
        socket_receive_buffer_bytes: u32 = 0, hot, 0..=2_147_483_647 => Is("recv_socket_buffer_size");
        /// Connection attempts that a torrent may make at once when it starts, beyond the pace.
        connect_boost_per_torrent: u32 = 30, hot, 0..=255 => Is("torrent_connect_boost");
        /// Spread connection attempts evenly over time.
        smooth_connects: bool = true, hot => Is("smooth_connects");
        /// Connections beyond the limit that are accepted before the worst ones are closed.
        connections_slack: u32 = 10, hot, 0..=100_000 => Is("connections_slack");
        /// Seconds that a connection attempt may take.
        connect_timeout_seconds: u32 = 15, hot, 1..=3600 => Is("peer_connect_timeout");
        /// Seconds that the handshake with a peer may take.
        handshake_timeout_seconds: u32 = 10, hot, 1..=3600 => Is("handshake_timeout");
        /// Seconds of silence after which a peer is disconnected.
        peer_timeout_seconds: u32 = 120, hot, 10..=86_400 => Is("peer_timeout");
        /// Seconds without interest in either direction after which a peer is disconnected.
        inactivity_timeout_seconds: u32 = 600, hot, 10..=86_400 => Is("inactivity_timeout");
        /// Failed attempts after which a peer is not tried again.
        max_failures_per_peer: u32 = 3, hot, 1..=31 => Is("max_failcount");
        /// Seconds before a peer is tried again, times its failures.
        min_reconnect_seconds: u32 = 60, hot, 1..=86_400 => Is("min_reconnect_time");
        /// Peers that a torrent remembers; 0 without end.
        max_known_peers_per_torrent: u32 = 3000, hot, 0..=1_000_000 => Is("max_peerlist_size");
        /// Peers that a stopped torrent remembers; 0 without end.
        max_known_peers_of_stopped: u32 = 1000, hot, 0..=1_000_000 => Is("max_paused_peerlist_size");
        /// Disconnect peers when neither side has what the other wants.
        close_redundant_connections: bool = true, hot => Is("close_redundant_connections");
        /// Forward ports only on devices that are the gateway of this machine.
        upnp_only_gateway: bool = true, hot => Is("upnp_ignore_nonrouters");
        /// Incoming connections that may wait to be accepted.
        socket_backlog: u32 = 30, hot, 1..=100_000 => Is("listen_queue_size");
    }
}

section! {
    /// Blocked addresses.
    filter: Filter {
        /// Use the file of blocked ranges.
        enabled: bool = false, hot => Calls;
        /// File of blocked ranges: `.dat`, `.p2p` or `.p2b`.
        path: String = String::new(), hot => Calls;
        /// Blocked addresses, ranges `first-last` and networks `address/prefix`; always blocked.
        rules: Vec<String> = Vec::new(), hot => Calls;
        /// List of blocked ranges that is downloaded: an `http` or `https` URL, of the same formats, also as gzip.
        list_url: String = String::new(), hot => Calls;
        /// Hours between downloads of the list.
        list_interval_hours: u32 = 24, hot, 1..=8760;
        /// Size of a list at most, in bytes, unpacked.
        max_list_bytes: i64 = 268_435_456, hot, 1024..=1_073_741_824;
        /// Ranges of all lists at most; a longer list is not used.
        max_ranges: u32 = 4_000_000, hot, 1..=20_000_000;
        /// Hosts of trackers that are never announced to: names, `*.name` for all below a name, and addresses.
        tracker_hosts: Vec<String> = Vec::new(), hot => Calls;
        /// Block trackers too.
        trackers: bool = false, hot => Is("apply_ip_filter_to_trackers");
        /// Addresses that an operator banned; always blocked.
        banned_addresses: Vec<String> = Vec::new(), hot => Calls;
    }
}

section! {
    /// The proxy and what goes through it.
    proxy: Proxy {
        /// Kind of the proxy.
        kind: ProxyType = ProxyType::None, hot => Sets(&["proxy_type", "proxy_hostname", "proxy_port", "proxy_tracker_connections", "proxy_hostnames"]);
        /// Name or address of the proxy.
        host: String = String::new(), hot => Sets(&["proxy_hostname"]);
        /// Port of the proxy.
        port: u16 = 8080, hot => Sets(&["proxy_port"]);
        /// Log in to the proxy with user name and password.
        auth_enabled: bool = false, hot => Sets(&["proxy_type", "proxy_username", "proxy_password"]);
        /// User name at the proxy.
        username: String = String::new(), hot => Sets(&["proxy_username"]);
        /// Password at the proxy.
        password: Secret = Secret::default(), hot => Sets(&["proxy_password"]);
        /// Let the proxy resolve names.
        hostname_lookup: bool = true, hot => Sets(&["proxy_hostnames"]);
        /// Use the proxy for trackers and web seeds.
        bittorrent: bool = false, hot => Sets(&["proxy_type", "proxy_hostname", "proxy_port", "proxy_tracker_connections", "proxy_hostnames"]);
        /// Use the proxy for peers too.
        peer_connections: bool = false, hot => Sets(&["proxy_peer_connections"]);
        /// Tell a SOCKS5 proxy the local address of UDP packets.
        socks5_send_local_endpoint: bool = false, hot => Is("socks5_udp_send_local_ep");
        /// Tell an HTTP proxy names of hosts in place of addresses.
        send_host_in_connect: bool = false, hot => IsIfKnown("proxy_send_host_in_connect");
        /// Use the proxy for RSS feeds.
        rss: bool = false, hot => Kept("there are no RSS feeds yet");
        /// Use the proxy for everything else that is fetched.
        misc: bool = false, hot;
    }
}

section! {
    /// I2P by a SAM bridge.
    i2p: I2p {
        /// Use I2P.
        enabled: bool = false, hot => Sets(&["i2p_hostname"]);
        /// Host of the SAM bridge.
        address: String = "127.0.0.1".to_owned(), hot => Sets(&["i2p_hostname"]);
        /// Port of the SAM bridge.
        port: u16 = 7656, hot => IsIfKnown("i2p_port");
        /// I2P torrents may use ordinary peers too.
        mixed_mode: bool = false, hot => IsIfKnown("allow_i2p_mixed");
        /// Exchange I2P peers with other peers.
        pex: bool = true, restart => Kept("libtorrent 2.0 does not exchange I2P peers");
        /// Inbound tunnels.
        inbound_quantity: u32 = 3, hot, 1..=16 => IsIfKnown("i2p_inbound_quantity");
        /// Outbound tunnels.
        outbound_quantity: u32 = 3, hot, 1..=16 => IsIfKnown("i2p_outbound_quantity");
        /// Hops of inbound tunnels.
        inbound_length: u32 = 3, hot, 0..=7 => IsIfKnown("i2p_inbound_length");
        /// Hops of outbound tunnels.
        outbound_length: u32 = 3, hot, 0..=7 => IsIfKnown("i2p_outbound_length");
        /// Random change of the hops of inbound tunnels.
        inbound_length_variance: i32 = 0, hot, -7..=7 => IsIfKnown("i2p_inbound_length_variance");
        /// Random change of the hops of outbound tunnels.
        outbound_length_variance: i32 = 0, hot, -7..=7 => IsIfKnown("i2p_outbound_length_variance");
    }
}
