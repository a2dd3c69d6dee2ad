//! Plain values that all rooms share.
//!
//! No I/O, no wire formats, no serde: each contract and the store convert by hand, so that a rename in one of them
//! cannot leak into the others.

pub mod actor;
pub mod id;
pub mod label;
pub mod limits;
pub mod login;
pub mod moment;
pub mod path;
#[cfg(test)]
pub mod samples;
pub mod selection;
pub mod state;
pub mod swarm;
pub mod torrent;

pub use actor::Actor;
pub use id::{InfoHashes, TorrentId, TorrentKey};
pub use label::{Category, DownloadPathRule, Tag};
pub use limits::{Bound, LimitsInForce, ShareLimitAction, ShareLimits, ShareLimitsMode, Sharing};
pub use moment::Moment;
pub use selection::Selection;
pub use state::{Activity, TorrentState};
pub use swarm::{Announce, AnnounceStatus, File, Peer, PieceState, Priority};
pub use torrent::{
    ContentLayout, Facts, Metadata, Options, OwnLimit, PeerSources, Root, RunMode, Status,
    StopCondition, Torrent,
};
