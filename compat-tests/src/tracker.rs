//! A real HTTP tracker on loopback (BEP 3, compact answers of BEP 23), with moods for the failure cases.
//!
//! Its path is `/announce`: libtorrent's protection against request forgery refuses anything else on loopback.

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::bencode::Value;
use crate::until;

/// How the tracker answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// Peers, as asked.
    #[default]
    Fine,
    /// A `failure reason`.
    Failure(String),
    /// Peers and a `warning message`.
    Warning(String),
    /// No answer; the connection stays open.
    Stalled,
    /// HTTP 403.
    Forbidden,
    /// Something that is not bencoded.
    Garbage,
}

/// An announce as it was received.
#[derive(Clone, Debug)]
pub struct Announce {
    /// Lower-case hex.
    pub info_hash: String,
    pub peer: SocketAddrV4,
    /// `started`, `completed`, `stopped` or nothing.
    pub event: Option<String>,
    /// All parameters, percent-decoded to raw bytes.
    pub parameters: HashMap<String, Vec<u8>>,
    pub user_agent: Option<String>,
}

#[derive(Default)]
struct State {
    mood: Mood,
    swarms: HashMap<String, HashSet<SocketAddrV4>>,
    announces: Vec<Announce>,
}

/// A running tracker; it ends when dropped.
pub struct Tracker {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Tracker {
    /// Starts a tracker on a port of the kernel's choice.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, from)) = listener.accept().await {
                tokio::spawn(serve(stream, from, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, state, task })
    }

    /// Returns the announce URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/announce", self.address)
    }

    /// Changes how later requests are answered.
    pub fn set_mood(&self, mood: Mood) {
        lock(&self.state).mood = mood;
    }

    /// Lists a peer that does not announce itself.
    pub fn add_peer(&self, info_hash: &str, peer: SocketAddr) {
        if let SocketAddr::V4(peer) = peer {
            let mut state = lock(&self.state);
            state.swarms.entry(info_hash.to_owned()).or_default().insert(peer);
        }
    }

    /// Returns every announce so far, oldest first.
    #[must_use]
    pub fn announces(&self) -> Vec<Announce> {
        lock(&self.state).announces.clone()
    }

    /// Waits for an announce that `matches`.
    ///
    /// # Errors
    /// Fails at the deadline.
    pub async fn announce_when(
        &self,
        what: &str,
        matches: impl Fn(&Announce) -> bool,
    ) -> Result<Announce> {
        until(what, async || Ok(self.announces().into_iter().find(&matches))).await
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, from: SocketAddr, state: Arc<Mutex<State>>) {
    let Some(head) = read_head(&mut stream).await else { return };
    let mut lines = head.split("\r\n");
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("/").to_owned();
    let user_agent = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("user-agent"))
        .map(|(_, value)| value.trim().to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let announce = (path == "/announce").then(|| parse_announce(query, from, user_agent)).flatten();
    let mood = lock(&state).mood.clone();
    let (status, body) = match (announce, mood) {
        (None, _) => ("404 Not Found", Vec::new()),
        (Some(announce), mood) => {
            let peers = register(&mut lock(&state), announce);
            match mood {
                Mood::Fine => ("200 OK", answer(&peers, None)),
                Mood::Warning(text) => ("200 OK", answer(&peers, Some(&text))),
                Mood::Failure(text) => {
                    ("200 OK", Value::dict([("failure reason", Value::from(text))]).encode())
                }
                Mood::Forbidden => ("403 Forbidden", Vec::new()),
                Mood::Garbage => ("200 OK", b"nonsense".to_vec()),
                Mood::Stalled => {
                    // Holds the connection until the client gives up and closes it.
                    let _ = stream.read(&mut [0; 64]).await;
                    return;
                }
            }
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
    let _ = stream.shutdown().await;
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        if received.len() > 64 * 1024 || stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8_lossy(&received).into_owned())
}

fn parse_announce(query: &str, from: SocketAddr, user_agent: Option<String>) -> Option<Announce> {
    let parameters: HashMap<String, Vec<u8>> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), percent_decode_str(value).collect()))
        .collect();
    let text =
        |name: &str| parameters.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
    let info_hash = hex::encode(parameters.get("info_hash")?);
    let port = text("port")?.parse().ok()?;
    let SocketAddr::V4(from) = from else { return None };
    let peer = SocketAddrV4::new(*from.ip(), port);
    let event = text("event");
    Some(Announce { info_hash, peer, event, parameters, user_agent })
}

/// Remembers the announce and returns the other peers of its swarm.
fn register(state: &mut State, announce: Announce) -> Vec<SocketAddrV4> {
    let swarm = state.swarms.entry(announce.info_hash.clone()).or_default();
    if announce.event.as_deref() == Some("stopped") {
        swarm.remove(&announce.peer);
    } else {
        swarm.insert(announce.peer);
    }
    let others = swarm.iter().filter(|peer| **peer != announce.peer).copied().collect();
    state.announces.push(announce);
    others
}

fn answer(peers: &[SocketAddrV4], warning: Option<&str>) -> Vec<u8> {
    let compact: Vec<u8> = peers
        .iter()
        .flat_map(|peer| [&peer.ip().octets()[..], &peer.port().to_be_bytes()].concat())
        .collect();
    let mut answer = Value::dict([("interval", Value::Int(1800))]);
    answer.insert("complete", i64::try_from(peers.len()).unwrap_or(0));
    answer.insert("incomplete", 1);
    answer.insert("downloaded", 7);
    answer.insert("peers", compact);
    if let Some(text) = warning {
        answer.insert("warning message", text);
    }
    answer.encode()
}
