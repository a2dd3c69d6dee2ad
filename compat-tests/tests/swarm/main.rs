//! Real downloads: a second client seeds on loopback, and what arrives is compared bit for bit.

mod actions;
mod control;
mod derived;
mod download;
mod files;
mod limits;
mod location;
mod magnet;
mod preview;
mod restart;
mod support;
mod web_seed;
