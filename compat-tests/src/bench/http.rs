//! A lean HTTP/1.1 client that measures the time to the last byte and does nothing else.
//!
//! The bench shares two cores with the servers it measures, so no general client stands between: a request is one
//! write, an answer is read into one buffer, nothing is decompressed.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// How long one answer may take before the run gives up.
const PATIENCE: Duration = Duration::from_mins(5);

const READ_SIZE: usize = 256 * 1024;

/// Where a server is, and a session cookie there.
#[derive(Clone, Debug)]
pub(super) struct Session {
    address: SocketAddr,
    cookie: Option<String>,
}

/// One TCP connection, kept alive from request to request and opened again when the server closed it.
pub(super) struct Connection {
    session: Session,
    stream: Option<TcpStream>,
    received: Vec<u8>,
    encoding: Encoding,
    reuse: Reuse,
}

/// Whether answers may come compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
}

/// What happens to a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reuse {
    Keep,
    Close,
}

/// A complete answer and how long it took from the first byte sent to the last byte received.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) elapsed: Duration,
    /// As it came over the wire, without the framing of chunks.
    pub(super) body: Vec<u8>,
    head: String,
}

impl Session {
    #[must_use]
    pub(super) const fn anonymous(address: SocketAddr) -> Self {
        Self { address, cookie: None }
    }

    /// Logs in.
    ///
    /// # Errors
    /// Fails when the server refuses the credentials.
    pub(super) async fn login(address: SocketAddr, username: &str, password: &str) -> Result<Self> {
        let mut connection = Self::anonymous(address).connection();
        let form = [("username", username), ("password", password)];
        let answer = connection.post("auth/login", &form).await?;
        ensure!(
            (200..300).contains(&answer.status) && answer.body != b"Fails.",
            "login as `{username}` was refused: {}",
            answer.brief()
        );
        let cookie = answer.header("set-cookie").context("login answered without a cookie")?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { address, cookie: Some(cookie) })
    }

    /// Makes a connection that is kept alive; it is opened by its first request.
    #[must_use]
    pub(super) fn connection(&self) -> Connection {
        Connection {
            session: self.clone(),
            stream: None,
            received: Vec::new(),
            encoding: Encoding::Plain,
            reuse: Reuse::Keep,
        }
    }

    /// Makes a client that opens a new connection for every request.
    #[must_use]
    pub(super) fn connection_per_request(&self) -> Connection {
        Connection { reuse: Reuse::Close, ..self.connection() }
    }
}

impl Connection {
    /// Chooses whether the server may compress what it answers from now on.
    pub(super) const fn accept(&mut self, encoding: Encoding) {
        self.encoding = encoding;
    }

    /// GETs `/api/v2/<target>`, or a target that begins with a slash as it is; it may carry a query.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub(super) async fn get(&mut self, target: &str) -> Result<Answer> {
        let head = self.head("GET", target);
        self.exchange(format!("{head}\r\n").into_bytes()).await.with_context(|| brief_of(target))
    }

    /// GETs and insists on 200.
    ///
    /// # Errors
    /// Fails on any other status.
    pub(super) async fn ok(&mut self, target: &str) -> Result<Answer> {
        let answer = self.get(target).await?;
        ensure!(answer.status == 200, "{}: {}", brief_of(target), answer.brief());
        Ok(answer)
    }

    /// POSTs URL-encoded parameters.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub(super) async fn post(&mut self, target: &str, form: &[(&str, &str)]) -> Result<Answer> {
        let mut body = String::new();
        for (name, value) in form {
            let separator = if body.is_empty() { "" } else { "&" };
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            let _ = write!(body, "{separator}{name}={value}");
        }
        self.send(target, "application/x-www-form-urlencoded", body.as_bytes()).await
    }

    /// POSTs URL-encoded parameters and insists on a success (2xx).
    ///
    /// # Errors
    /// Fails on any other status.
    pub(super) async fn done(&mut self, target: &str, form: &[(&str, &str)]) -> Result<Answer> {
        let answer = self.post(target, form).await?;
        ensure!((200..300).contains(&answer.status), "{target}: {}", answer.brief());
        Ok(answer)
    }

    /// POSTs a body of any type.
    ///
    /// # Errors
    /// Fails when no complete answer arrives.
    pub(super) async fn send(
        &mut self,
        target: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<Answer> {
        let mut head = self.head("POST", target);
        let _ =
            write!(head, "content-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.exchange(request).await.with_context(|| brief_of(target))
    }

    fn head(&self, method: &str, target: &str) -> String {
        let mount = if target.starts_with('/') { "" } else { "/api/v2/" };
        let mut head =
            format!("{method} {mount}{target} HTTP/1.1\r\nhost: {}\r\n", self.session.address);
        if let Some(cookie) = &self.session.cookie {
            let _ = write!(head, "cookie: {cookie}\r\n");
        }
        if self.encoding == Encoding::Gzip {
            head.push_str("accept-encoding: gzip\r\n");
        }
        if self.reuse == Reuse::Close {
            head.push_str("connection: close\r\n");
        }
        head
    }

    async fn exchange(&mut self, request: Vec<u8>) -> Result<Answer> {
        let begun = Instant::now();
        let was_open = self.stream.is_some();
        let first = self.attempt(&request, begun).await;
        // The reference closes idle connections after some seconds; only a fresh one tells.
        if was_open && first.is_err() {
            self.stream = None;
            return self.attempt(&request, begun).await;
        }
        first
    }

    async fn attempt(&mut self, request: &[u8], begun: Instant) -> Result<Answer> {
        let mut stream = if let Some(stream) = self.stream.take() {
            stream
        } else {
            let stream = TcpStream::connect(self.session.address).await?;
            stream.set_nodelay(true)?;
            stream
        };
        self.received.clear();
        let answer = timeout(PATIENCE, async {
            stream.write_all(request).await?;
            read_answer(&mut stream, &mut self.received, begun).await
        });
        let answer = answer.await.context("no complete answer in time")??;
        let is_closing = answer.header("connection").is_some_and(|text| text.contains("close"));
        if self.reuse == Reuse::Keep && !is_closing {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

impl Answer {
    /// Returns a header's value; the name in lower case.
    #[must_use]
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// Parses the body.
    ///
    /// # Errors
    /// Fails when the body is no JSON.
    pub(super) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {}", self.brief()))
    }

    /// Returns the status and the beginning of the body.
    #[must_use]
    pub(super) fn brief(&self) -> String {
        let start = &self.body[..self.body.len().min(200)];
        format!("{} {}", self.status, String::from_utf8_lossy(start))
    }
}

/// Cuts a target with a thousand hashes to what a message needs.
fn brief_of(target: &str) -> String {
    target.chars().take(80).collect()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

async fn read_answer(
    stream: &mut TcpStream,
    received: &mut Vec<u8>,
    begun: Instant,
) -> Result<Answer> {
    let end = loop {
        if let Some(end) = find(received, b"\r\n\r\n") {
            break end;
        }
        read_more(stream, received).await?;
    };
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.with_context(|| format!("no status line: {head}"))?;
    received.drain(..end + 4);
    let is_chunked =
        header(&head, "transfer-encoding").is_some_and(|text| text.contains("chunked"));
    let body = if is_chunked {
        read_chunks(stream, received).await?
    } else {
        let length = header(&head, "content-length").unwrap_or("0").parse()?;
        received.reserve(usize::saturating_sub(length, received.len()));
        while received.len() < length {
            read_more(stream, received).await?;
        }
        std::mem::take(received)
    };
    Ok(Answer { status, elapsed: begun.elapsed(), body, head })
}

async fn read_chunks(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let line = loop {
            if let Some(end) = find(&received[at..], b"\r\n") {
                break &received[at..at + end];
            }
            read_more(stream, received).await?;
        };
        let size = std::str::from_utf8(line)?.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16)?;
        at += line.len() + 2;
        while received.len() < at + size + 2 {
            read_more(stream, received).await?;
        }
        body.extend_from_slice(&received[at..at + size]);
        at += size + 2;
        if size == 0 {
            return Ok(body);
        }
        // What was taken is dropped once it is large, so that a body is not held twice.
        if at > 4 * READ_SIZE {
            received.drain(..at);
            at = 0;
        }
    }
}

async fn read_more(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<()> {
    received.reserve(READ_SIZE);
    if stream.read_buf(received).await? == 0 {
        bail!("the server closed the connection within an answer");
    }
    Ok(())
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}
