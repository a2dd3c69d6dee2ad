//! Profiles that real servers made, taken over by Revaer.
//!
//! Against a reference server the scenario makes the profile with that server's own API, and with `COMPAT_RECORD` it
//! keeps it under `fixtures/profiles/<level>`. Against Revaer the kept profile is taken over and every torrent is
//! compared field by field with what the real server said of it.

mod maker;
mod profile;
