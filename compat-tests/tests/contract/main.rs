//! The contract, scope by scope: statuses, the headers that matter, and bodies, exactly.
//!
//! Every expectation was taken from the real server of its level; run with `COMPAT_TARGET=5.1` (4.5, 5.3) to see
//! it hold there.

mod api_keys;
mod app;
mod auth;
mod base_path;
mod clientdata;
mod hostile;
mod https;
mod listeners;
mod log;
mod routes;
mod rss;
mod search;
mod shapes;
mod support;
mod sync;
mod torrentcreator;
mod torrents_add;
mod torrents_control;
mod torrents_files;
mod torrents_info;
mod torrents_labels;
mod torrents_limits;
mod torrents_location;
mod torrents_read;
mod torrents_trackers;
mod transfer;
mod transport;
mod ui;
