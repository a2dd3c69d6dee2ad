//! The first start, the pages about the server, what is served, and the texts.

use anyhow::{Context, Result, ensure};
use compat_tests::{Authoring, Form, Level, Payload, Product, Target, installed, until};
use reqwest::Method;
use serde_json::json;
use tokio::process::Command;

use crate::support::{Stage, fixture, interface};

#[tokio::test]
async fn the_first_start_is_set_up_in_the_browser() -> Result<()> {
    let mut stage = Stage::fresh().await?;
    let file = stage.target.home().join("setup-token");
    let token = until("the set-up token", async || Ok(fs_err::read_to_string(&file).ok())).await?;
    stage.play("first_run.mjs", json!({ "token": token })).await
}

#[tokio::test]
async fn settings_keys_labels_sessions_and_the_log_do_what_they_say() -> Result<()> {
    Stage::start().await?.play("server.mjs", json!({})).await
}

#[tokio::test]
async fn the_page_follows_the_web_server_to_another_port() -> Result<()> {
    let setup = Target::setup(Level::L51).product(Product::Revaer);
    let target = setup.http_port(compat_tests::target::free_port()?).spawn().await?;
    let ports = [compat_tests::target::free_port()?, compat_tests::target::free_port()?];
    Stage::of(target).ready().await?.play("move.mjs", json!({ "ports": ports })).await
}

#[tokio::test]
async fn every_page_opens_fits_and_is_accessible() -> Result<()> {
    let mut stage = Stage::start().await?;
    let payload = Payload::folder("a folder", &[("a.bin", 32_768), ("sub/b.bin", 32_768)]);
    let torrent = Authoring::of(&payload).tracker("http://127.0.0.1:9/announce").build();
    stage.target.client().add(&Form::torrent(&torrent.bytes)).await?;
    stage.play("pages.mjs", json!({ "id": torrent.id() })).await
}

#[tokio::test]
async fn both_catalogues_are_complete() -> Result<()> {
    let mut command = Command::new(installed::node()?);
    let output = command.arg(fixture("catalogue.mjs")).arg(interface()).output().await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[tokio::test]
async fn files_are_packed_kept_for_ever_and_guarded() -> Result<()> {
    let stage = Stage::start().await?;
    let client = stage.target.client();
    for path in ["/", "/index.html"] {
        let page = client.get(path, &[]).await?;
        assert_eq!(page.header("content-type"), Some("text/html"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let policy = page.header("content-security-policy").context("a policy")?;
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = page.text();
        assert!(text.contains("id=\"app\""), "{text}");
        assert!(
            !text.contains("http://") && !text.contains("https://") && !text.contains("style=")
        );
    }
    let page = client.get("/", &[]).await?.text();
    let script = page.split('"').find(|part| part.ends_with("/js/app.js")).context("a script")?;
    for (accepted, coding) in [("br, gzip", Some("br")), ("gzip", Some("gzip")), ("identity", None)]
    {
        let path = format!("/{script}");
        let request = client.request(Method::GET, &path).header("accept-encoding", accepted);
        let reply = client.send(request).await?;
        assert_eq!((reply.status, reply.header("content-encoding")), (200, coding), "{accepted}");
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let tag = reply.header("etag").context("a tag")?.to_owned();
        let request = client.request(Method::GET, &path).header("accept-encoding", accepted);
        assert_eq!(client.send(request.header("if-none-match", tag)).await?.status, 304);
    }
    let manifest = stage.target.anonymous()?.get("/manifest.webmanifest", &[]).await?;
    assert_eq!(manifest.header("content-type"), Some("application/manifest+json"));
    for icon in manifest.json()?["icons"].as_array().context("icons")? {
        let path = format!("/{}", icon["src"].as_str().context("a path")?);
        let reply = client.get(&path, &[]).await?;
        assert_eq!(reply.header("content-type"), icon["type"].as_str(), "{path}");
    }
    let robots = stage.target.anonymous()?.get("/robots.txt", &[]).await?;
    assert_eq!((robots.status, robots.text().lines().nth(1)), (200, Some("Disallow: /")));
    for path in ["/assets/", "/assets/0/js/app.js", "/js/app.js", "/static/js/app.js"] {
        assert_eq!(client.get(path, &[]).await?.status, 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_follows_the_session_and_the_base_path() -> Result<()> {
    let setup = Target::setup(Level::L51).product(Product::Revaer).set("webui.base_path", "/t");
    let target = setup.spawn().await?;
    let stranger = target.anonymous()?;
    // All links are relative, so that they lead below any prefix.
    for path in ["/t/", "/"] {
        let page = stranger.get(path, &[]).await?.text();
        assert!(page.contains("id=\"setup\"") && page.contains("href=\"assets/"), "{page}");
        let shell = target.client().get(path, &[]).await?.text();
        assert!(shell.contains("id=\"app\""), "{shell}");
        let style =
            shell.split('"').find(|part| part.ends_with("/css/base.css")).context("a style")?;
        assert_eq!(stranger.get(&format!("{path}{style}"), &[]).await?.status, 200);
    }
    Ok(())
}
