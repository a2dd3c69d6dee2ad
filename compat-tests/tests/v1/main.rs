//! `/v1` from the outside: every resource over HTTP against the real binary.

mod access;
mod api_keys;
mod cli;
mod events;
mod interface;
mod labels;
mod openapi;
mod options;
mod problems;
mod schemathesis;
mod server;
mod settings;
mod setup;
mod storm;
mod support;
mod torrents;
mod traces;
