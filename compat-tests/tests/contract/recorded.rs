//! Scenarios whose expectations are recordings: `compat-tests record` makes them from the real servers.

mod adding;
mod audit;
mod labels;
mod paths;
mod server;
mod states;
mod sweep;
mod torrents;
mod trackers;
