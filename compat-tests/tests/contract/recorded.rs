//! Scenarios whose expectations are recordings: `compat-tests record` makes them from the real servers.

mod audit;
mod labels;
mod paths;
mod server;
mod sweep;
mod torrents;
