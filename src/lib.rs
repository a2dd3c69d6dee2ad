//! Revaer: a drop-in replacement for qbittorrent-nox.
//!
//! Rooms in reading order; arrows of import point down only, see `docs/architecture.md`.

pub mod model;

pub mod store;
pub mod telemetry;

pub mod events;
pub mod settings;

pub mod auth;
pub mod engine;

pub mod intake;

pub mod automation;
pub mod creator;
pub mod handover;

pub mod app;
pub mod http;

pub mod cli;
