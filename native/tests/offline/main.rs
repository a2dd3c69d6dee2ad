//! The boundary alone, against the real library: sessions on loopback, without DHT, LSD or port mapping.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails with the line that is wrong")]

mod author;
mod creator;
mod metainfo;
mod resume;
mod rig;
mod settings;
mod storage;
mod transfer;
