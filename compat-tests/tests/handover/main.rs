//! Profiles that real servers made, taken over by Revaer, and given back.
//!
//! Against a reference server the scenarios make the profile with that server's own API, and with `COMPAT_RECORD` they
//! keep it under `fixtures/profiles/<level>`. Revaer takes the profile over, every torrent is compared field by field
//! with what the real server said of it, and the real server starts from what Revaer writes.

mod back;
mod crash;
mod damaged;
mod disk;
mod layouts;
mod made;
mod maker;
mod picture;
mod profile;
mod running;
mod uncommon;
