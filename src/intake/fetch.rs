//! Fetches a `.torrent` file over HTTP: bounded in time, size and redirects, and kept away from internal addresses.
//!
//! The URL that a user gave may name any host. A redirect may stay on that host or lead to public addresses only;
//! that is decided after name resolution on every hop, and the connection is made to the addresses that were judged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use reqwest::header::{COOKIE, LOCATION};
use reqwest::{Client, Response, redirect};
use url::{Host, Url};

use super::{Jar, Link};

/// Redirects that are followed.
const HOPS: usize = 20;

/// For one connection, and for everything.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const TIMEOUT: Duration = Duration::from_mins(2);

/// What was found behind a URL.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fetched {
    File(Bytes),
    Magnet(String),
}

/// Why a fetch failed. Messages name no URL: paths and queries often hold a passkey.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the proxy cannot be used")]
    Proxy,
    #[error("the host cannot be reached ({0})")]
    Unreachable(String),
    #[error("the server answered {0}")]
    Status(u16),
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the server did not answer in time")]
    TimedOut,
    #[error("a redirect leads to something that is neither a URL nor a magnet")]
    BadRedirect,
    #[error("a redirect leads to an internal address")]
    InternalRedirect,
    #[error("there are too many redirects")]
    TooManyRedirects,
}

type Result<T> = std::result::Result<T, Error>;

/// Fetches a file of at most `max_size` bytes.
pub(super) async fn fetch(
    url: &Url,
    max_size: usize,
    jar: &Jar,
    proxy: Option<&str>,
) -> Result<Fetched> {
    tokio::time::timeout(TIMEOUT, follow(url, max_size, jar, proxy))
        .await
        .map_err(|_| Error::TimedOut)?
}

async fn follow(given: &Url, max_size: usize, jar: &Jar, proxy: Option<&str>) -> Result<Fetched> {
    let mut url = given.clone();
    for _ in 0..=HOPS {
        let response = request(given, &url, jar, proxy).await?;
        let status = response.status();
        if status.is_redirection() {
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            let target = target.ok_or(Error::BadRedirect)?;
            match Link::parse(target) {
                Some(Link::Magnet(uri)) => return Ok(Fetched::Magnet(uri)),
                Some(Link::Url(next)) => url = next,
                None => {
                    let next = url.join(target).map_err(|_| Error::BadRedirect)?;
                    url = match Link::parse(next.as_str()) {
                        Some(Link::Url(next)) => next,
                        _ => return Err(Error::BadRedirect),
                    };
                }
            }
            continue;
        }
        if !status.is_success() {
            return Err(Error::Status(status.as_u16()));
        }
        return body(response, max_size).await.map(Fetched::File);
    }
    Err(Error::TooManyRedirects)
}

async fn request(given: &Url, url: &Url, jar: &Jar, proxy: Option<&str>) -> Result<Response> {
    let mut client =
        Client::builder().redirect(redirect::Policy::none()).connect_timeout(CONNECT_TIMEOUT);
    client = match proxy {
        // Without this, the environment would decide.
        None => client.no_proxy(),
        Some(proxy) => {
            let proxy = reqwest::Proxy::all(proxy).map_err(|_| Error::Proxy)?;
            client.proxy(proxy)
        }
    };
    if url.host() != given.host() {
        let port = url.port_or_known_default().unwrap_or(80);
        let addresses = addresses(url, port).await?;
        if addresses.is_empty() || !addresses.iter().all(|address| is_public(address.ip())) {
            return Err(Error::InternalRedirect);
        }
        if let Some(Host::Domain(name)) = url.host() {
            client = client.resolve_to_addrs(name, &addresses);
        }
    }
    let client = client.build().map_err(|error| Error::Unreachable(reason(error)))?;
    let mut request = client.get(url.clone());
    if let Some(cookies) = jar.header(url, jiff::Timestamp::now().as_second()) {
        request = request.header(COOKIE, cookies);
    }
    request.send().await.map_err(|error| Error::Unreachable(reason(error)))
}

async fn addresses(url: &Url, port: u16) -> Result<Vec<SocketAddr>> {
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok(vec![SocketAddr::new(ip.into(), port)]),
        Some(Host::Ipv6(ip)) => Ok(vec![SocketAddr::new(ip.into(), port)]),
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            Ok(found.map_err(|error| Error::Unreachable(error.to_string()))?.collect())
        }
        None => Err(Error::BadRedirect),
    }
}

/// The innermost cause, which is what helps; the URL is taken out.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

async fn body(response: Response, max_size: usize) -> Result<Bytes> {
    if response
        .content_length()
        .is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > max_size))
    {
        return Err(Error::TooLarge(max_size));
    }
    let mut pieces = response.bytes_stream();
    let mut body = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| Error::Unreachable(reason(error)))?;
        if body.len() + piece.len() > max_size {
            return Err(Error::TooLarge(max_size));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// True for addresses that anybody on the internet could reach.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_public_v4(ip),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_unspecified()
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        // Shared by carriers, IETF assignments, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, ..] = ip.segments();
    // Only 2000::/3 is handed out; 6to4, Teredo and NAT64 carry IPv4 addresses that could be internal.
    (a & 0xe000) == 0x2000
        && a != 0x2002
        && !(a == 0x2001 && (b == 0 || b == 0xdb8))
        && (a, b, c, d) != (0x64, 0xff9b, 0, 0)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Serves the answers in turn, one connection each, and returns the URL.
    async fn serve(answers: Vec<String>) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/secret?key=1", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for answer in answers {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                let _ = connection.read(&mut request).await.unwrap();
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        url.parse().unwrap()
    }

    fn redirect(target: &str) -> String {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
    }

    fn file(text: &str) -> String {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        )
    }

    #[tokio::test]
    async fn redirects_on_the_same_host_and_to_magnets_are_followed() {
        let url = serve(vec![redirect("/next"), file("data")]).await;
        assert_eq!(
            fetch(&url, 10, &Jar::default(), None).await.unwrap(),
            Fetched::File(Bytes::from_static(b"data"))
        );

        let url = serve(vec![redirect("magnet:?xt=x")]).await;
        assert_eq!(
            fetch(&url, 10, &Jar::default(), None).await.unwrap(),
            Fetched::Magnet("magnet:?xt=x".to_owned())
        );
    }

    #[tokio::test]
    async fn redirects_to_internal_addresses_and_large_files_are_refused() {
        let url = serve(vec![redirect("http://localhost:1/")]).await;
        assert!(matches!(
            fetch(&url, 10, &Jar::default(), None).await,
            Err(Error::InternalRedirect)
        ));

        let url = serve(vec![redirect("file:///etc/passwd")]).await;
        assert!(matches!(fetch(&url, 10, &Jar::default(), None).await, Err(Error::BadRedirect)));

        let url = serve(vec![file("more than ten bytes")]).await;
        assert!(matches!(fetch(&url, 10, &Jar::default(), None).await, Err(Error::TooLarge(10))));
    }

    #[tokio::test]
    async fn errors_do_not_tell_the_url() {
        let url: Url = "http://127.0.0.1:1/secret?key=1".parse().unwrap();

        let error = fetch(&url, 10, &Jar::default(), None).await.unwrap_err();

        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for public in [
            "1.1.1.1",
            "192.0.2.0".replace("192.0.2", "192.1.2").as_str(),
            "2606:4700::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for internal in [
            "127.0.0.1",
            "10.1.1.1",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.1.2.3",
            "::1",
            "::ffff:127.0.0.1",
            "fe80::1",
            "fd00::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(internal.parse().unwrap()), "{internal}");
        }
    }
}
