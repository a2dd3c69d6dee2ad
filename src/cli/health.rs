//! `revaer health`: asks the running server for a sign of life, so that a container's health check needs no shell.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use reqwest::Url;
use serde_json::Value;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the running server says how it is reached.
#[derive(Debug, Clone, Args)]
pub struct HealthArgs {
    /// The ready file of the server: ask for a sign of life only, without a key, as health checks do.
    #[arg(long, value_name = "FILE", env = "REVAER_READY_FILE")]
    pub(super) ready_file: Option<PathBuf>,
}

/// Succeeds if the main listener answers and finds nothing wrong with the server.
pub(super) fn probe(ready_file: &Path) -> anyhow::Result<()> {
    let text = fs_err::read_to_string(ready_file)?;
    let url = url(&text).context("the ready file names no URL")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let status = runtime.block_on(async {
        // The certificate is made for the server's name, and this request never leaves the machine.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_danger_accept_invalid_certs(true)
            .timeout(PATIENCE)
            .build()?;
        anyhow::Ok(client.get(url).send().await?.status())
    })?;
    ensure!(!status.is_server_error(), "the server answers {status}");
    Ok(())
}

/// The URL of the main listener, as this machine reaches it.
fn url(ready: &str) -> Option<Url> {
    let ready: Value = serde_json::from_str(ready).ok()?;
    let mut url = Url::parse(ready["urls"][0].as_str()?).ok()?;
    let local = match url.host_str()?.trim_matches(['[', ']']).parse().ok()? {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::from(Ipv6Addr::LOCALHOST),
        address => address,
    };
    url.set_ip_host(local).ok()?;
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_asked_on_loopback() {
        let asked = |ready: &str| {
            url(&format!("{{\"urls\":[\"{ready}\"]}}")).map(|url| url.as_str().to_owned())
        };

        assert_eq!(asked("http://0.0.0.0:8080").as_deref(), Some("http://127.0.0.1:8080/"));
        assert_eq!(asked("https://[::]:1").as_deref(), Some("https://[::1]:1/"));
        assert_eq!(asked("http://192.0.2.1:1").as_deref(), Some("http://192.0.2.1:1/"));
        assert_eq!(url("{}"), None);
    }
}
