//! The HTTP server: listeners, middleware and the mounts.

pub mod qbittorrent;
