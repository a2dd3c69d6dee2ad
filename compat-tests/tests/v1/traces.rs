//! Traces, as a collector of OpenTelemetry receives them.

use anyhow::{Context, Result};
use compat_tests::{Level, Product, Target};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Reads one request to its end, answers it, and returns its head and body.
async fn received(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.context("a length")?.trim().parse()?;
            if bytes.len() >= end + 4 + length {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .await?;
                return Ok((head, bytes[end + 4..].to_vec()));
            }
        }
        stream.read_buf(&mut bytes).await?;
    }
}

#[tokio::test]
async fn requests_of_both_apis_are_traced() -> Result<()> {
    let collector = TcpListener::bind("127.0.0.1:0").await?;
    let setup = Target::setup(Level::L51).product(Product::Revaer);
    let endpoint = format!("--otlp-endpoint=http://{}", collector.local_addr()?);
    let target = setup.argument(&endpoint).spawn().await?;
    for (path, id) in [("/v1/stats", "trace-one"), ("torrents/info", "trace-two")] {
        let request = target.client().request(Method::GET, path).header("x-request-id", id);
        assert_eq!(target.client().send(request).await?.status, 200);
    }

    let mut all = Vec::new();
    let holds =
        |all: &[u8], text: &str| all.windows(text.len()).any(|part| part == text.as_bytes());
    while !holds(&all, "trace-one") || !holds(&all, "trace-two") {
        let (mut stream, _) = timeout(compat_tests::wait::DEADLINE, collector.accept()).await??;
        let (head, body) = timeout(compat_tests::wait::DEADLINE, received(&mut stream)).await??;
        assert!(head.starts_with("post /v1/traces "), "{head}");
        all.extend(body);
    }
    for text in ["revaer", "request.id", "/v1/stats", "torrents/info", "http.response.status_code"]
    {
        assert!(holds(&all, text), "{text}");
    }
    Ok(())
}
