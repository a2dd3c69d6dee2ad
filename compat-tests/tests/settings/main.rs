//! Settings that no number proves: what the server does on the wire when they change.

mod dead;
mod downloads;
mod filter;
mod logins;
mod namespace;
mod peers;
mod proofs;
mod proxy;
mod rates;
mod schedule;
mod secrets;
mod server;
mod servers;
mod share;
mod ssl;
mod trackers;

use anyhow::{Result, ensure};
use compat_tests::{Client, Form, Payload, Product, Target, Torrent};
use reqwest::Method;
use serde_json::Value;

/// Most of these settings have no counterpart at the reference.
fn is_reference() -> bool {
    Product::under_test() == Product::Reference
}

/// Adds a torrent with trackers of its own and waits until it is listed.
async fn add(target: &Target, torrent: &Torrent) -> Result<Value> {
    target.client().add(&Form::torrent(&torrent.bytes)).await?;
    listed(target.client(), torrent).await
}

async fn listed(client: &Client, torrent: &Torrent) -> Result<Value> {
    client.torrent_when(&torrent.id(), "listed", |_| true).await
}

fn payload() -> Payload {
    Payload::single("settings.bin", 100_000)
}

/// Changes settings by the native interface, which the reference does not have.
async fn set(target: &Target, change: &Value) -> Result<()> {
    let request = target.client().request(Method::PATCH, "/v1/settings").json(change);
    let reply = target.client().send(request).await?;
    ensure!(reply.status == 200, "{change}: {}", reply.brief());
    Ok(())
}

/// Adds a torrent whose content is there already, and waits until it seeds.
async fn seeding(target: &Target, payload: &Payload, torrent: &Torrent) -> Result<()> {
    payload.write_to(&target.data())?;
    add(target, torrent).await?;
    let seeds = |torrent: &Value| torrent["progress"] == 1 && torrent["state"] == "stalledUP";
    target.client().torrent_when(&torrent.id(), "seeding", seeds).await?;
    Ok(())
}
