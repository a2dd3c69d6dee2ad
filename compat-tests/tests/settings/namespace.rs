//! Interfaces that vanish and come back, in a network of the test's own.
//!
//! The test starts itself again in a network namespace. Where the system does not let it have one, it says so and
//! proves nothing.

use std::process::{Output, Stdio};

use anyhow::{Context, Result, ensure};
use compat_tests::{Authoring, Level, Target, Torrent, Tracker, at_any_level, until};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::{add, is_reference, payload, seeding};

/// Says that the test runs inside.
const INSIDE: &str = "COMPAT_NAMESPACE";

/// Sends the first bytes of a peer to an address and succeeds if they are answered.
const HANDSHAKE: &str = "
import socket, sys
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)
peer.sendall(bytes([19]) + b'BitTorrent protocol' + bytes(8) + bytes.fromhex(sys.argv[3]) + b'-XX0001-abcdefghijkl')
answer = b''
while len(answer) < 68:
    answer += peer.recv(68 - len(answer)) or sys.exit(1)
";

/// Runs a test again in a namespace of its own; `None` where there can be none.
async fn inside(test: &str) -> Result<Option<Output>> {
    for options in [["--net"].as_slice(), &["--user", "--map-root-user", "--net"]] {
        let mut probe = Command::new("unshare");
        let probe = probe.args(options).arg("true").stderr(Stdio::null()).status().await;
        if !probe.is_ok_and(|status| status.success()) {
            continue;
        }
        let mut command = Command::new("unshare");
        command.args(options).arg(std::env::current_exe()?).args(["--exact", test, "--nocapture"]);
        return Ok(Some(command.env(INSIDE, "1").kill_on_drop(true).output().await?));
    }
    Ok(None)
}

/// Runs `scenario` in a namespace of its own.
async fn isolated(test: &str, scenario: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
    if is_reference() {
        return Ok(());
    }
    if std::env::var_os(INSIDE).is_some() {
        ip("link set lo up").await?;
        return scenario().await;
    }
    let Some(output) = inside(test).await? else {
        eprintln!("NOT PROVEN: {test}: this system lets nobody have a network namespace");
        return Ok(());
    };
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (printed, errors) = (read(&output.stdout), read(&output.stderr));
    ensure!(output.status.success() && printed.contains("1 passed"), "{printed}\n{errors}");
    Ok(())
}

async fn ip(arguments: &str) -> Result<()> {
    let output = Command::new("ip").args(arguments.split(' ')).output().await?;
    ensure!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The other end of the line: a namespace of its own, held by a process.
struct Elsewhere(Child);

impl Elsewhere {
    async fn start() -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "sleep", "600"]).kill_on_drop(true);
        let child = command.spawn()?;
        let own = fs_err::read_link("/proc/self/ns/net")?;
        let place = format!("/proc/{}/ns/net", child.id().context("it runs")?);
        until("the other namespace", async || {
            Ok(fs_err::read_link(&place).ok().filter(|other| *other != own))
        })
        .await?;
        Ok(Self(child))
    }

    fn pid(&self) -> String {
        self.0.id().unwrap_or_default().to_string()
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Result<bool> {
        let pid = self.pid();
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &pid, program]).args(arguments).stderr(Stdio::null());
        Ok(command.status().await?.success())
    }

    /// Lays the line.
    async fn connect(&self) -> Result<()> {
        ip("link add rv0 type veth peer name rv1").await?;
        ip(&format!("link set rv1 netns {}", self.pid())).await?;
        ip("addr add 10.77.0.1/24 dev rv0").await?;
        ip("link set rv0 up").await?;
        for arguments in ["addr add 10.77.0.2/24 dev rv1", "link set rv1 up"] {
            let arguments: Vec<&str> = arguments.split(' ').collect();
            ensure!(self.run("ip", &arguments).await?, "{arguments:?}");
        }
        Ok(())
    }

    /// Whether a peer there is answered by the server.
    async fn is_answered(&self, port: u16, torrent: &Torrent) -> Result<bool> {
        let (port, id) = (port.to_string(), torrent.v1_hex());
        self.run("python3", &["-c", HANDSHAKE, "10.77.0.1", &port, &id]).await
    }
}

async fn engine(target: &Target) -> Result<Value> {
    let health = target.client().json("/v1/health", &[]).await?;
    let parts = health["parts"].as_array().cloned().unwrap_or_default();
    parts.into_iter().find(|part| part["name"] == "engine").context("the engine's health")
}

/// A lost interface degrades health by its name; when it is back, peers are answered on the same port again.
async fn lost_and_back(level: Level) -> Result<()> {
    let elsewhere = Elsewhere::start().await?;
    elsewhere.connect().await?;
    let setup = Target::setup(level).set("connection.interface_address", "");
    let target = setup.set("connection.interface", "rv0").spawn().await?;
    // Nobody else is in this network.
    let port = 6881;
    target.client().set_preferences(&json!({"listen_port": port})).await?;
    let payload = payload();
    let torrent = Authoring::of(&payload).build();
    seeding(&target, &payload, &torrent).await?;
    let answered = async || Ok(elsewhere.is_answered(port, &torrent).await?.then_some(()));
    until("an answer", answered).await?;

    ip("link del rv0").await?;
    until("worried health", async || {
        let engine = engine(&target).await?;
        let names_it = engine["reason"].as_str().is_some_and(|reason| reason.contains("`rv0`"));
        Ok((engine["status"] == "degraded" && names_it).then_some(()))
    })
    .await?;

    elsewhere.connect().await?;
    until("an answer again", answered).await?;
    until("good health", async || Ok((engine(&target).await?["status"] == "ok").then_some(())))
        .await
}

async fn an_interface_that_comes_back_is_listened_on(level: Level) -> Result<()> {
    let test = "namespace::an_interface_that_comes_back_is_listened_on::any";
    isolated(test, async || lost_and_back(level).await).await
}

/// A change of addresses is announced if that is wished.
async fn announced_anew(level: Level) -> Result<()> {
    let (target, tracker) = (Target::spawn(level).await?, Tracker::start().await?);
    let torrent = Authoring::of(&payload()).tracker(&tracker.url()).build();
    add(&target, &torrent).await?;
    tracker.announce_when("the first announce", |_| true).await?;
    let before = tracker.announces().len();
    let has_changed = async || {
        until("the changed addresses", async || {
            let log = target.client().json("log/main", &[]).await?.to_string();
            Ok((log.matches("addresses of this machine have changed").count() > 0).then_some(()))
        })
        .await
    };

    ip("addr add 10.77.1.1/32 dev lo").await?;
    has_changed().await?;
    assert_eq!(tracker.announces().len(), before, "nobody wished it");

    let on = json!({"reannounce_when_address_changed": true});
    target.client().set_preferences(&on).await?;
    ip("addr add 10.77.1.2/32 dev lo").await?;
    until("an announce", async || Ok((tracker.announces().len() > before).then_some(()))).await
}

async fn a_changed_address_is_announced_if_wished(level: Level) -> Result<()> {
    let test = "namespace::a_changed_address_is_announced_if_wished::any";
    isolated(test, async || announced_anew(level).await).await
}

at_any_level!(
    an_interface_that_comes_back_is_listened_on,
    a_changed_address_is_announced_if_wished,
);
