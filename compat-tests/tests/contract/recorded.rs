//! Scenarios whose expectations are recordings: `compat-tests record` makes them from the real servers.

mod adding;
mod audit;
mod documented;
mod failures;
mod guard;
mod labels;
mod odd;
mod paths;
mod server;
mod spelling;
mod states;
mod sweep;
mod torrents;
mod trackers;
