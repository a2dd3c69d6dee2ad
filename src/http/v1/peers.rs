//! `…/peers`: who is connected, and whom to connect to.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::Call;
use super::problem::{Problem, Result};
use crate::model::swarm::PeerConnection;
use crate::model::{self, Selection};

/// Peers of one request.
const MOST: usize = 1000;

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    Tcp,
    Utp,
    WebSeed,
}

/// A connected peer.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent flag")]
pub struct Peer {
    pub address: String,
    pub client: String,
    pub connection: Connection,
    /// 0 to 1.
    pub progress: f64,
    /// Share of the missing pieces that the peer has, 0 to 1.
    pub relevance: f64,
    pub download_rate: i64,
    pub upload_rate: i64,
    pub downloaded: i64,
    pub uploaded: i64,
    /// Files in the piece that is downloaded from it.
    pub files: Vec<String>,
    pub is_interesting: bool,
    pub is_choked: bool,
    pub remote_interested: bool,
    pub remote_choked: bool,
    pub is_snubbed: bool,
    pub is_incoming: bool,
    pub is_encrypted: bool,
    pub from_dht: bool,
    pub from_pex: bool,
    pub from_lsd: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PeerList")]
pub struct List {
    pub peers: Vec<Peer>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewPeers")]
pub struct New {
    /// `address:port`, IPv6 in brackets.
    pub peers: Vec<String>,
}

/// How many addresses were taken.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AddedPeers")]
pub struct Added {
    pub added: usize,
}

fn peer(peer: &model::Peer) -> Peer {
    Peer {
        address: peer.address.to_string(),
        client: peer.client.clone(),
        connection: match peer.connection {
            PeerConnection::BitTorrent => Connection::Tcp,
            PeerConnection::Utp => Connection::Utp,
            PeerConnection::WebSeed => Connection::WebSeed,
        },
        progress: peer.progress,
        relevance: peer.relevance,
        download_rate: peer.download_rate,
        upload_rate: peer.upload_rate,
        downloaded: peer.downloaded,
        uploaded: peer.uploaded,
        files: peer.files.clone(),
        is_interesting: peer.interesting,
        is_choked: peer.choked,
        remote_interested: peer.remote_interested,
        remote_choked: peer.remote_choked,
        is_snubbed: peer.snubbed,
        is_incoming: peer.incoming,
        is_encrypted: peer.rc4_encrypted || peer.plaintext_encrypted,
        from_dht: peer.from_dht,
        from_pex: peer.from_pex,
        from_lsd: peer.from_lsd,
    }
}

/// Lists the connected peers, at most a second old.
pub async fn list_peers(call: Call) -> Result {
    let (id, _) = call.torrent()?;
    let peers = call.engine().peers(id).await?;
    Answer::json(&List { peers: peers.iter().map(peer).collect() })
}

/// Connects to peers. They are not kept.
pub async fn add_peers(call: Call) -> Result {
    let new: New = call.json()?;
    let (id, _) = call.torrent()?;
    if new.peers.len() > MOST {
        return Err(Problem::invalid("/peers", format!("may have {MOST} values")));
    }
    let mut peers: Vec<SocketAddr> = Vec::with_capacity(new.peers.len());
    for (at, text) in new.peers.iter().enumerate() {
        let address = text.parse().ok().filter(|address: &SocketAddr| address.port() > 0);
        let problem = || Problem::invalid(format!("/peers/{at}"), "must be `address:port`");
        peers.push(address.ok_or_else(problem)?);
    }
    let taken = call.engine().add_peers(Selection::from(id), peers).await?;
    Answer::json(&Added { added: taken.first().map_or(0, |(_, count)| *count) })
}
