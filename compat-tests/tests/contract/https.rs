//! HTTPS of the web server: switched at run time, and what a certificate that changes or breaks does.
//!
//! The reference never answers again after a certificate that it cannot use, so only Revaer is asked about those.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use compat_tests::target::free_port;
use compat_tests::{Level, Target, at_any_level, at_each_level, has_no_counterpart, until};
use reqwest::tls::TlsInfo;
use serde_json::json;

use crate::support::server;

/// Self-signed certificates for 127.0.0.1 with their keys, made for this test.
pub(crate) const FIRST: (&str, &str) =
    (include_str!("https/first.crt"), include_str!("https/first.key"));
const SECOND: (&str, &str) = (include_str!("https/second.crt"), include_str!("https/second.key"));

/// What one new connection finds.
struct Answer {
    /// As the server presented it.
    certificate: Vec<u8>,
    status: u16,
    text: String,
    headers: reqwest::header::HeaderMap,
}

fn write(folder: &Path, (certificate, key): (&str, &str)) -> Result<()> {
    fs_err::write(folder.join("web.crt"), certificate)?;
    fs_err::write(folder.join("web.key"), key)?;
    Ok(())
}

/// The bytes between the lines of dashes.
fn der(pem: &str) -> Result<Vec<u8>> {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    Ok(STANDARD.decode(text)?)
}

/// Logs in over a new connection.
async fn log_in(target: &Target, scheme: &str) -> Result<Answer> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_info(true)
        .tls_danger_accept_invalid_certs(true)
        .pool_max_idle_per_host(0)
        .build()?;
    let (username, password) = target.credentials();
    let url = format!("{scheme}://{}/api/v2/auth/login", target.http()?);
    let form = [("username", username), ("password", password)];
    let answer = client.post(url).form(&form).send().await?;
    let tls = answer.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
    Ok(Answer {
        certificate: tls.unwrap_or_default().to_vec(),
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await?,
    })
}

/// Waits until new connections are served with a certificate.
async fn served_with(target: &Target, certificate: &str) -> Result<Answer> {
    let wanted = der(certificate)?;
    until("the certificate", async || {
        let answer = log_in(target, "https").await.ok();
        Ok(answer.filter(|answer| answer.certificate == wanted))
    })
    .await
}

fn cookie(answer: &Answer) -> Result<&str> {
    Ok(answer.headers.get("set-cookie").context("no cookie")?.to_str()?)
}

async fn https_is_switched_at_run_time(level: Level) -> Result<()> {
    let target = server(level).await?;
    let folder = target.folder_named("tls")?;
    write(&folder, FIRST)?;
    let plain = log_in(&target, "http").await?;
    assert!(!cookie(&plain)?.to_lowercase().contains("secure"));

    let settings = json!({
        "use_https": true,
        "web_ui_https_cert_path": folder.join("web.crt"),
        "web_ui_https_key_path": folder.join("web.key"),
    });
    target.client().set_preferences(&settings).await?;
    let answer = served_with(&target, FIRST.0).await?;
    let expected = if level == Level::L53 { (204, "") } else { (200, "Ok.") };
    assert_eq!((answer.status, answer.text.as_str()), expected);
    let attributes = cookie(&answer)?.to_lowercase();
    assert!(attributes.contains("; secure"), "{attributes}");
    let policy = answer.headers["content-security-policy"].to_str()?;
    assert!(policy.ends_with(" upgrade-insecure-requests;"), "{policy}");
    until("no plain HTTP", async || Ok(log_in(&target, "http").await.is_err().then_some(()))).await
}

async fn a_certificate_is_replaced_without_a_restart(level: Level) -> Result<()> {
    let mut target = server(level).await?;
    if has_no_counterpart() {
        return Ok(());
    }
    let folder = target.folder_named("tls")?;
    write(&folder, FIRST)?;
    let settings = json!({
        "use_https": true,
        "web_ui_https_cert_path": folder.join("web.crt"),
        "web_ui_https_key_path": folder.join("web.key"),
    });
    target.client().set_preferences(&settings).await?;
    served_with(&target, FIRST.0).await?;

    // A certificate without its key is no certificate: the old one stays until the key is there as well.
    fs_err::write(folder.join("web.crt"), SECOND.0)?;
    until("the complaint", async || {
        assert_eq!(log_in(&target, "https").await?.certificate, der(FIRST.0)?);
        Ok(target.log_tail().contains("the old one stays").then_some(()))
    })
    .await?;
    fs_err::write(folder.join("web.key"), SECOND.1)?;
    served_with(&target, SECOND.0).await?;

    // Nothing of a broken key is in the log.
    let secret = "QUJDREVGR0hJSktMTU5PUA";
    fs_err::write(
        folder.join("web.key"),
        format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----BE"),
    )?;
    let complaint = "holds no private key";
    until("the complaint", async || {
        assert_eq!(log_in(&target, "https").await?.certificate, der(SECOND.0)?);
        Ok(target.log_tail().contains(complaint).then_some(()))
    })
    .await?;
    assert!(!target.log_tail().contains(secret));

    // Started with it, the server speaks HTTP, so that it can be reached.
    target.stop().await?;
    target.launch().await?;
    let answer = log_in(&target, "http").await?;
    assert!(matches!(answer.status, 200 | 204), "{}", answer.text);
    assert!(target.log_tail().contains("there is no HTTPS"));
    Ok(())
}

async fn a_certificate_that_comes_late_is_taken(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    let target = Target::setup(level)
        .set("webui.https_enabled", "true")
        .set("webui.https_certificate_path", &path("web.crt"))
        .set("webui.https_key_path", &path("web.key"))
        .argument(&format!("--listen={address},https"))
        .spawn()
        .await?;

    // The main listener can be reached, the further one opens only with the certificate that it was given.
    assert!(target.client().get("app/version", &[]).await?.status == 200);
    assert!(target.further()?.is_empty());
    assert!(target.log_tail().contains("a listener is not open"), "{}", target.log_tail());
    let refused = tokio::net::TcpStream::connect(address).await;
    assert!(refused.is_err());

    write(folder.path(), FIRST)?;
    served_with(&target, FIRST.0).await?;
    until("the further listener", async || {
        Ok(tokio::net::TcpStream::connect(address).await.ok().map(drop))
    })
    .await
}

at_any_level!(a_certificate_that_comes_late_is_taken);
at_each_level!(https_is_switched_at_run_time, a_certificate_is_replaced_without_a_restart);
