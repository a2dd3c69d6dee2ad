//! What Revaer does by itself: loops that look at the snapshot and send orders, each until it is told to stop.
//!
//! A loop that missed something loses nothing: the snapshot says what is due.

pub mod clock;
pub mod download;
pub mod notices;
pub mod progress;
pub mod schedule;
pub mod share_limits;
pub mod throughput;
