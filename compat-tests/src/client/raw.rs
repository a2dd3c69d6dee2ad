//! Requests written byte by byte, for what an HTTP library refuses to send or hides when it reads.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Client;

/// An answer as it came over the wire.
#[derive(Debug, Clone)]
pub struct RawReply {
    /// The first line, without its line end; empty if the server closed without an answer.
    pub status_line: String,
    /// Header names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// True if the server closed the connection after the answer.
    pub is_closed: bool,
}

impl RawReply {
    /// Returns the number in the status line, 0 if there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status_line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// Writes `request` to a fresh connection and reads one answer.
    ///
    /// `is_closed` is only known to be true: the server has five seconds to close after its answer.
    ///
    /// # Errors
    /// Fails when the connection cannot be made or nothing comes within a minute.
    pub async fn raw(&self, request: &[u8]) -> Result<RawReply> {
        let address = self.base().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await?;
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(request).await;
        let mut received = Vec::new();
        let mut is_closed = false;
        let is_head = request.starts_with(b"HEAD ");
        loop {
            let missing = missing_bytes(&received, is_head);
            let patience =
                if missing == Some(0) { Duration::from_secs(5) } else { Duration::from_mins(1) };
            if missing == Some(0) && !announces_close(&received) {
                break;
            }
            let mut buffer = vec![0; 64 * 1024];
            match timeout(patience, stream.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => {
                    is_closed = true;
                    break;
                }
                Ok(Ok(length)) => received.extend_from_slice(&buffer[..length]),
                Err(_) if missing == Some(0) => break,
                Err(elapsed) => return Err(elapsed).context("no complete answer"),
            }
        }
        Ok(parse(&received, is_closed))
    }
}

fn split_head(received: &[u8]) -> Option<(String, &[u8])> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&received[..end]).into_owned(), &received[end + 4..]))
}

fn announces_close(received: &[u8]) -> bool {
    split_head(received).is_some_and(|(head, _)| head.to_lowercase().contains("connection: close"))
}

/// Returns how many bytes of the body are still to come; `None` while the head is incomplete or the length unknown.
fn missing_bytes(received: &[u8], is_head: bool) -> Option<usize> {
    let (head, body) = split_head(received)?;
    if is_head {
        return Some(0);
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    let length: usize = length.trim().parse().ok()?;
    Some(length.saturating_sub(body.len()))
}

fn parse(received: &[u8], is_closed: bool) -> RawReply {
    let Some((head, body)) = split_head(received) else {
        return RawReply {
            status_line: String::from_utf8_lossy(received).trim_end().to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            is_closed,
        };
    };
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default().to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    RawReply { status_line, headers, body: body.to_vec(), is_closed }
}
