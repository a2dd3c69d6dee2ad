//! Settings that no number proves: what the server does on the wire when they change.

mod filter;
mod peers;
mod proxy;
mod schedule;
mod servers;
mod trackers;

use anyhow::Result;
use compat_tests::{Client, Form, Payload, Product, Target, Torrent};
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
