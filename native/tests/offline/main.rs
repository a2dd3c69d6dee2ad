//! The boundary alone, against the real library: sessions on loopback, without DHT, LSD or port mapping.

mod author;
mod metainfo;
mod resume;
mod rig;
mod settings;
mod storage;
mod transfer;
