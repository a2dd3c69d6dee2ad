//! A SOCKS5 and an HTTP proxy on loopback, which remember who asked for what, and a tracker behind a password.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Self-signed for 127.0.0.1.
pub(crate) const CERTIFICATE: &str = include_str!("../contract/https/first.crt");
const KEY: &str = include_str!("../contract/https/first.key");

/// What a server was asked, in words.
type Seen = Arc<Mutex<Vec<String>>>;

/// A server that ends when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Seen,
    task: JoinHandle<()>,
}

impl Server {
    async fn start<F>(serve: impl Fn(TcpStream, Seen) -> F + Send + 'static) -> Result<Self>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let seen = Seen::default();
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, seen, task })
    }

    /// SOCKS5 with user name and password (RFC 1928 and 1929); remembers `user:password host:port`.
    pub(crate) async fn socks5() -> Result<Self> {
        Self::start(socks5).await
    }

    /// HTTP with `CONNECT` and whole URLs; remembers the first line and the credentials.
    pub(crate) async fn http_proxy() -> Result<Self> {
        Self::start(http_proxy).await
    }

    /// A web server that never answers; remembers the whole head.
    pub(crate) async fn silent() -> Result<Self> {
        Self::start(silent).await
    }

    /// A tracker that answers anybody with no peers; remembers the whole head.
    pub(crate) async fn tracker() -> Result<Self> {
        Self::start(tracker).await
    }

    /// The same behind a certificate that nobody has reason to trust.
    pub(crate) async fn https_tracker() -> Result<Self> {
        Self::https_tracker_as(CERTIFICATE, KEY).await
    }

    /// The same behind another certificate.
    pub(crate) async fn https_tracker_as(certificate: &str, key: &str) -> Result<Self> {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())?;
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start(move |stream, seen| {
            let acceptor = acceptor.clone();
            async move { tracker(acceptor.accept(stream).await?, seen).await }
        })
        .await
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn note(seen: &Seen, what: String) {
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(what);
}

async fn text(stream: &mut TcpStream) -> Result<String> {
    let length = stream.read_u8().await?;
    let mut bytes = vec![0; length.into()];
    stream.read_exact(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn socks5(mut stream: TcpStream, seen: Seen) -> Result<()> {
    ensure!(stream.read_u8().await? == 5, "SOCKS5");
    let methods = stream.read_u8().await?;
    let mut offered = vec![0; methods.into()];
    stream.read_exact(&mut offered).await?;
    let login = if offered.contains(&2) {
        stream.write_all(&[5, 2]).await?;
        ensure!(stream.read_u8().await? == 1, "a login");
        let login = format!("{}:{}", text(&mut stream).await?, text(&mut stream).await?);
        stream.write_all(&[1, 0]).await?;
        login
    } else {
        stream.write_all(&[5, 0]).await?;
        String::new()
    };
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let host = match head[3] {
        1 => {
            let mut bytes = [0; 4];
            stream.read_exact(&mut bytes).await?;
            Ipv4Addr::from(bytes).to_string()
        }
        _ => text(&mut stream).await?,
    };
    let port = stream.read_u16().await?;
    note(&seen, format!("{login} {} {host}:{port}", head[1]));
    if head[1] != 1 {
        stream.write_all(&[5, 7, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
        return Ok(());
    }
    let mut target = TcpStream::connect((host.as_str(), port)).await?;
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 1]).await?;
    copy_bidirectional(&mut stream, &mut target).await?;
    Ok(())
}

async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Result<String> {
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        ensure!(stream.read_buf(&mut received).await? > 0, "a whole head");
    }
    Ok(String::from_utf8_lossy(&received).into_owned())
}

async fn http_proxy(mut stream: TcpStream, seen: Seen) -> Result<()> {
    let head = head(&mut stream).await?;
    note(&seen, head.clone());
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if head.starts_with("CONNECT ") {
        let mut upstream = TcpStream::connect(target).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        copy_bidirectional(&mut stream, &mut upstream).await?;
        return Ok(());
    }
    let rest = target.trim_start_matches("http://");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut upstream = TcpStream::connect(host).await?;
    let request = format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n");
    upstream.write_all(request.as_bytes()).await?;
    // A server that keeps connections answers and closes.
    upstream.shutdown().await?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).await?;
    stream.write_all(&answer).await?;
    Ok(())
}

async fn silent(mut stream: TcpStream, seen: Seen) -> Result<()> {
    let head = head(&mut stream).await?;
    note(&seen, head);
    // Until the other side gives up.
    stream.read_u8().await?;
    Ok(())
}

async fn tracker(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: Seen) -> Result<()> {
    let head = head(&mut stream).await?;
    note(&seen, head);
    let body = "d8:intervali1800e5:peers0:e";
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(())
}
