//! A plain HTTP file server on loopback: web seeds (with ranges) and torrents to fetch by URL.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a path answers.
#[derive(Clone, Debug)]
pub enum Page {
    Bytes(Vec<u8>),
    Redirect(String),
    Status(u16),
}

#[derive(Default)]
struct State {
    pages: HashMap<String, Page>,
    requests: Vec<String>,
}

/// A running server; it ends when dropped.
pub struct WebServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl WebServer {
    /// Starts a server without pages on a port of the kernel's choice.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, state, task })
    }

    /// Returns the URL of a path that begins with `/`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Puts a page at a path that begins with `/`.
    pub fn put(&self, path: &str, page: Page) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.pages.insert(path.to_owned(), page);
    }

    /// Returns the paths that were asked for, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut received = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read_buf(&mut received).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        };
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        received.drain(..end);
        let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
        let page = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.requests.push(path.clone());
            state.pages.get(&path).cloned()
        };
        if stream.write_all(&render(&head, page)).await.is_err() {
            return;
        }
    }
}

fn render(head: &str, page: Option<Page>) -> Vec<u8> {
    match page {
        None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        Some(Page::Status(code)) => {
            format!("HTTP/1.1 {code} Chosen\r\nContent-Length: 0\r\n\r\n").into_bytes()
        }
        Some(Page::Redirect(to)) => {
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
                .into_bytes()
        }
        Some(Page::Bytes(bytes)) => {
            let (first, last) = range(head, bytes.len());
            let status = if first == 0 && last == bytes.len() {
                "200 OK".to_owned()
            } else {
                let shown = last.saturating_sub(1);
                let total = bytes.len();
                format!("206 Partial Content\r\nContent-Range: bytes {first}-{shown}/{total}")
            };
            let body = &bytes[first..last];
            let mut out =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
            out.extend_from_slice(body);
            out
        }
    }
}

/// Returns the first byte asked for and the one after the last.
fn range(head: &str, length: usize) -> (usize, usize) {
    let asked = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let Some((first, last)) = asked.as_deref().and_then(|range| range.trim().split_once('-'))
    else {
        return (0, length);
    };
    let first = first.parse().unwrap_or(0).min(length);
    let last = last.parse().map_or(length, |last: usize| last.saturating_add(1).min(length));
    (first, last.max(first))
}
