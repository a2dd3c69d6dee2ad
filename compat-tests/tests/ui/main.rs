//! The web interface in Debian's Chromium, against the real binary, with real torrents on loopback.
//!
//! What people do is in the scripts of `fixtures/ui`, one per scenario; the tests here set the stage for them.

mod server;
mod support;
mod torrents;
