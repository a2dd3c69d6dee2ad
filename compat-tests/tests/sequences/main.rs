//! What clients in the wild send, in their order and their spelling, and what they need of the answers.
//!
//! No client code runs here: each scenario plays one client from its connection test to the removal of what it
//! added, at every level that the client works with on the real server.

mod arr;
mod browser;
mod caller;
mod cross_seed;
mod dashboards;
mod go;
mod keepers;
mod phones;
mod senders;
mod stage;
