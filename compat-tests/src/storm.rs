//! Many listeners of `/v1/events` at once, over a server that is killed in the middle.
//!
//! Each listener reads until it has seen the wished number of events, comes back with `Last-Event-ID` whenever its
//! stream ends, and complains about a number that is missing or comes twice.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::{Level, Product, Target, target, until};

/// What is asked of a server.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    pub torrents: usize,
    pub listeners: usize,
    /// Further listeners that ask and never read.
    pub stuck: usize,
    /// How long all of it may take.
    pub patience: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub elapsed: Duration,
    /// Events that all listeners have read together.
    pub told: usize,
    /// How often a listener had to come back, besides the kill.
    pub returns: usize,
    /// Most memory of the server in bytes, before and after the kill.
    pub peak: u64,
}

/// Torrents of one request.
const BATCH: usize = 500;

/// Lets the storm loose on a fresh server.
///
/// # Errors
/// Fails when a listener misses an event or sees one twice, or when it takes too long.
pub async fn run(storm: Storm) -> Result<Outcome> {
    let port = target::free_port()?;
    let setup = Target::setup(Level::L51).product(Product::Revaer).http_port(port);
    let mut target = setup.spawn().await?;
    let key = key(&target).await?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let begun = Instant::now();
    let wanted = storm.torrents * storm.listeners;

    let mut stuck = Vec::with_capacity(storm.stuck);
    for _ in 0..storm.stuck {
        stuck.push(ask(address, &key, "", None).await?);
    }
    let seen = Arc::new(AtomicUsize::new(0));
    let returns = Arc::new(AtomicUsize::new(0));
    let mut listeners = JoinSet::new();
    let mut first = Vec::with_capacity(storm.listeners);
    for _ in 0..storm.listeners {
        first.push(ask(address, &key, FILTER, Some(0)).await?);
    }
    for stream in first {
        let listener = Listener {
            address,
            key: key.clone(),
            last: 0,
            coming: 0,
            wanted: storm.torrents,
            seen: Arc::clone(&seen),
            returns: Arc::clone(&returns),
        };
        listeners.spawn(timeout(storm.patience, listener.follow(stream)));
    }

    let half = storm.torrents / 2;
    add(&target, &key, 0..half).await?;
    let before = memory(&target)?;
    target.kill().await?;
    drop(stuck);
    target.start().await?;
    let mut stuck = Vec::with_capacity(storm.stuck);
    for _ in 0..storm.stuck {
        stuck.push(ask(address, &key, "", None).await?);
    }
    add(&target, &key, half..storm.torrents).await?;
    while let Some(listener) = listeners.join_next().await {
        listener?.context("a listener was not done in time")??;
    }
    let after = memory(&target)?;
    drop(stuck);
    ensure!(seen.load(Ordering::Relaxed) == wanted, "{seen:?} of {wanted} events were told");
    Ok(Outcome {
        elapsed: begun.elapsed(),
        told: seen.load(Ordering::Relaxed),
        returns: returns.load(Ordering::Relaxed),
        peak: before.max(after),
    })
}

const FILTER: &str = "?type=torrent_added";

struct Listener {
    address: SocketAddr,
    key: String,
    /// The number of the last event that was read to its end.
    last: u64,
    /// The number of the event that is being read.
    coming: u64,
    wanted: usize,
    seen: Arc<AtomicUsize>,
    returns: Arc<AtomicUsize>,
}

impl Listener {
    /// Reads until every torrent was told once.
    async fn follow(mut self, first: TcpStream) -> Result<()> {
        let mut torrents = std::collections::HashSet::with_capacity(self.wanted);
        let mut stream = Some(first);
        while torrents.len() < self.wanted {
            let Some(open) = stream.take() else {
                self.returns.fetch_add(1, Ordering::Relaxed);
                match ask(self.address, &self.key, FILTER, Some(self.last)).await {
                    Ok(open) => stream = Some(open),
                    // The server is away.
                    Err(_) => sleep(Duration::from_millis(100)).await,
                }
                continue;
            };
            self.read(open, &mut torrents).await?;
        }
        Ok(())
    }

    /// Reads one stream to its end, or until there is nothing more to wait for.
    async fn read(
        &mut self,
        mut stream: TcpStream,
        torrents: &mut std::collections::HashSet<String>,
    ) -> Result<()> {
        let mut buffer: Vec<u8> = Vec::new();
        let mut chunk = vec![0; 64 << 10];
        loop {
            let length = match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return Ok(()),
                Ok(length) => length,
            };
            buffer.extend_from_slice(&chunk[..length]);
            // The lines of chunked encoding lie between those of the stream and look like none of them.
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                self.line(std::str::from_utf8(&line)?.trim_end(), torrents)?;
            }
            if torrents.len() >= self.wanted {
                return Ok(());
            }
        }
    }

    fn line(&mut self, line: &str, torrents: &mut std::collections::HashSet<String>) -> Result<()> {
        if let Some(id) = line.strip_prefix("id: ") {
            self.coming = id.parse()?;
            ensure!(self.coming > self.last, "event {id} came after {}", self.last);
        } else if line == "event: resync" {
            bail!("the journal did not reach back to {}", self.last);
        } else if let Some(data) = line.strip_prefix("data: {")
            && let Some((_, rest)) = data.split_once("\"torrent\":\"")
            && let Some(id) = rest.get(..40)
        {
            ensure!(torrents.insert(id.to_owned()), "torrent {id} was told twice");
            self.last = self.coming;
            self.seen.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Opens a stream and leaves everything of the answer unread.
async fn ask(address: SocketAddr, key: &str, query: &str, last: Option<u64>) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let last = last.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
    let head = format!(
        "GET /v1/events{query} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n{last}\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    Ok(stream)
}

async fn key(target: &Target) -> Result<String> {
    let body = json!({ "name": "storm", "scopes": ["read", "add"] }).to_string();
    let request = target.client().request(reqwest::Method::POST, "/v1/api-keys");
    let request = request.header("content-type", "application/json").body(body);
    let created = target.client().send(request).await?.json()?;
    created["secret"].as_str().map(str::to_owned).context("a secret")
}

/// Adds torrents of which nothing but the hash is known.
async fn add(target: &Target, key: &str, numbers: std::ops::Range<usize>) -> Result<()> {
    let numbers: Vec<usize> = numbers.collect();
    let client = target.anonymous()?;
    for batch in numbers.chunks(BATCH) {
        let sources: Vec<String> =
            batch.iter().map(|number| format!("magnet:?xt=urn:btih:{:040x}", number + 1)).collect();
        let body = json!({ "sources": sources, "run": "stopped" }).to_string();
        let reply = until("the server", async || {
            let request = client.request(reqwest::Method::POST, "/v1/torrents").bearer_auth(key);
            let request = request.header("content-type", "application/json").body(body.clone());
            Ok(client.send(request).await.ok())
        })
        .await?;
        ensure!(reply.status == 201, "{}: {}", reply.status, reply.text());
    }
    Ok(())
}

/// The most memory that the server had so far.
fn memory(target: &Target) -> Result<u64> {
    let pid = target.pid()?;
    let status = fs_err::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}
