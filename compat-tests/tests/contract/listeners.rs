//! Listeners: several levels side by side, what moves at run time, and how all of them stop.
//!
//! A real server has one listener and one level, so only Revaer is asked.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use compat_tests::target::free_port;
use compat_tests::{Client, Level, Target, at_any_level, has_no_counterpart, until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// A client of another listener, with the session of `from`.
fn at(address: SocketAddr, from: &Client) -> Result<Client> {
    let client = Client::new(format!("http://{address}"))?;
    client.set_cookie(from.cookie());
    Ok(client)
}

async fn each_listener_speaks_its_own_level(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let target = Target::setup(level)
        .lenient()
        .argument("--listen=127.0.0.1:0,level=4.5,strict")
        .argument("--listen=127.0.0.1:0,level=5.3")
        .spawn()
        .await?;
    let [old, new] = target.further()? else { anyhow::bail!("two further listeners") };
    let (username, password) = target.credentials();

    let main = target.client();
    let clients = [Client::new(format!("http://{old}"))?, Client::new(format!("http://{new}"))?];
    let mut names = Vec::new();
    for client in &clients {
        client.login(&username, &password).await?;
        let cookie = client.cookie().context("a cookie")?;
        names.push(cookie.split('=').next().unwrap_or_default().to_owned());
    }

    assert_eq!(names, ["SID".to_owned(), format!("QBT_SID_{}", new.port())]);
    for (client, version) in [(main, "v5.1.0"), (&clients[0], "v4.5.2"), (&clients[1], "v5.3.0")] {
        assert_eq!(client.get("app/version", &[]).await?.text(), version);
    }
    // Strict or not is a matter of the listener too: 4.5 knows no `torrents/stop`.
    let stop = [("hashes", "all")];
    assert_eq!(clients[0].post("torrents/stop", &stop).await?.status, 404);
    assert_eq!(main.post("torrents/pause", &stop).await?.status, 200);

    // Sessions are the server's. A listener that is not strict takes the cookie of any other; a strict one takes its
    // own name alone.
    assert_eq!(at(*new, main)?.get("app/version", &[]).await?.brief(), "200 v5.3.0");
    assert_eq!(at(*old, main)?.get("app/version", &[]).await?.brief(), "200 v4.5.2");
    assert_eq!(at(*old, &clients[1])?.get("app/version", &[]).await?.status, 403);
    let main_address = target.http()?;
    assert_eq!(at(main_address, &clients[1])?.get("app/version", &[]).await?.text(), "v5.1.0");
    Ok(())
}

async fn a_port_that_is_taken_is_refused(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let target = Target::spawn(level).await?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port();
    let client = target.client();
    let before = client.json("app/preferences", &[]).await?["web_ui_port"].clone();
    let settings = json!({ "web_ui_port": port, "dht": true }).to_string();

    let reply = client.post("app/setPreferences", &[("json", &settings)]).await?;

    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("cannot listen"), "{}", reply.brief());
    let after = client.json("app/preferences", &[]).await?;
    assert_eq!((&after["web_ui_port"], &after["dht"]), (&before, &json!(false)));
    Ok(())
}

async fn the_server_moves_without_a_restart(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let target = Target::setup(level).http_port(free_port()?).spawn().await?;
    let client = target.client();
    let port = free_port()?;
    client.set_preferences(&json!({ "web_ui_port": port })).await?;
    let moved = at(([127, 0, 0, 1], port).into(), client)?;
    until("the new port", async || Ok(moved.get("app/version", &[]).await.ok())).await?;
    until("the old port is left", async || {
        Ok(TcpStream::connect(target.http()?).await.is_err().then_some(()))
    })
    .await?;

    // The present listener is in the way of the wider address of the same port, and makes room for it.
    moved.set_preferences(&json!({ "web_ui_address": "*" })).await?;
    let other = at(([127, 0, 0, 2], port).into(), client)?;
    let answer = until("the other address", async || Ok(other.get("app/version", &[]).await.ok()));
    assert_eq!(answer.await?.text(), "v5.1.0");
    Ok(())
}

/// A server with two listeners, one stuck in the middle of a request, the other in the middle of an answer.
async fn stuck(level: Level) -> Result<(Target, [TcpStream; 2])> {
    let target = Target::setup(level).argument("--listen=127.0.0.1:0").spawn().await?;
    let folder = target.folder_named("ui")?;
    for part in ["public", "private"] {
        fs_err::create_dir(folder.join(part))?;
        fs_err::write(folder.join(part).join("index.html"), "x")?;
        fs_err::write(folder.join(part).join("big"), vec![0; 9 << 20])?;
    }
    let settings = json!({ "alternative_webui_enabled": true, "alternative_webui_path": folder });
    target.client().set_preferences(&settings).await?;

    let mut sender = TcpStream::connect(target.further()?[0]).await?;
    let half = "POST /api/v2/auth/login HTTP/1.1\r\nHost: localhost\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nusername=";
    sender
        .write_all(half.replace("localhost", &target.further()?[0].to_string()).as_bytes())
        .await?;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let mut reader = socket.connect(target.http()?).await?;
    let request = format!("GET /big HTTP/1.1\r\nHost: {}\r\n\r\n", target.http()?);
    reader.write_all(request.as_bytes()).await?;
    let mut first = [0; 15];
    reader.read_exact(&mut first).await?;
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    Ok((target, [sender, reader]))
}

fn terminate(target: &Target) -> Result<()> {
    let pid = Pid::from_raw(target.pid()?.try_into()?).context("a process id")?;
    Ok(kill_process(pid, Signal::TERM)?)
}

async fn a_stop_is_bounded(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let (mut target, _connections) = stuck(level).await?;
    let begun = Instant::now();

    terminate(&target)?;
    let status = target.exited().await?;

    assert!(status.success(), "{status}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(target.log_tail().contains("stopped"));
    Ok(())
}

async fn a_second_signal_exits_at_once(level: Level) -> Result<()> {
    if has_no_counterpart() {
        return Ok(());
    }
    let (mut target, _connections) = stuck(level).await?;
    terminate(&target)?;
    until("the stop", async || Ok(target.log_tail().contains("stopping").then_some(()))).await?;
    let begun = Instant::now();

    terminate(&target)?;
    let status = target.exited().await?;

    assert_eq!(status.code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(target.log_tail().contains("second signal"));
    Ok(())
}

at_any_level!(
    each_listener_speaks_its_own_level,
    a_port_that_is_taken_is_refused,
    the_server_moves_without_a_restart,
    a_stop_is_bounded,
    a_second_signal_exits_at_once,
);
