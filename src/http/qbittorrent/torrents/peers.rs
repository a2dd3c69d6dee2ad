//! Peers to connect to.

use std::net::SocketAddr;

use super::{refused, selected};
use crate::http::qbittorrent::call::Call;
use crate::http::qbittorrent::json::Object;
use crate::http::qbittorrent::reply::{self, Reply};

/// Connects torrents to peers.
pub async fn add_peers(call: Call) -> reply::Result {
    let given: Vec<&str> = call.params.text_or_empty("peers").split('|').collect();
    let peers: Vec<SocketAddr> = given.iter().filter_map(|peer| parse(peer)).collect();
    if peers.is_empty() {
        return Err(Reply::bad_request("No valid peers were specified"));
    }
    let mut added = call.engine().add_peers(selected(&call), peers).await.map_err(refused)?;
    added.sort_unstable_by_key(|(id, _)| *id);
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    for (id, added) in added {
        let mut member = Object::begin(object.key(&id.to_string()));
        member
            .int("added", i64::try_from(added).unwrap_or(i64::MAX))
            .int("failed", i64::try_from(given.len().saturating_sub(added)).unwrap_or(i64::MAX));
        member.end();
    }
    object.end();
    Ok(Reply::json(out))
}

/// An address with a port that can be connected to.
fn parse(peer: &str) -> Option<SocketAddr> {
    peer.trim().parse().ok().filter(|peer: &SocketAddr| peer.port() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_an_address_and_a_port() {
        let given = [
            "127.0.0.1:1",
            "[::1]:2",
            "x",
            "1.2.3.4",
            "host:5",
            "127.0.0.1:99999",
            "127.0.0.1:0",
            "",
        ];

        assert_eq!(given.iter().filter_map(|peer| parse(peer)).count(), 2);
    }
}
