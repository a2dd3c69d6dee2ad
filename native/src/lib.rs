//! The boundary to libtorrent-rasterbar 2.0: the only C++ and the only `unsafe` of the project.
//!
//! Orders to the session and to torrents never wait for libtorrent; reads that must wait are made
//! through an [`Inspector`], which may be used from another thread. Alerts leave in order, typed,
//! as [`Alert`]s. Torrents are named by the caller's key (libtorrent's user data); no handle
//! crosses the boundary.

mod alert;
#[expect(unused_qualifications, unreachable_pub, reason = "the bridge macro generates both")]
mod bridge;
mod creator;
mod metainfo;
mod session;
mod sink;
mod source;
mod trust;
mod types;

pub use alert::{Alert, StatusRow, TorrentFlags};
pub use creator::{Creation, Format, HashMonitor, create};
pub use metainfo::{
    ExportExtras, Magnet, Metainfo, MetainfoFile, MetainfoLimits, export, parse_magnet,
    parse_metainfo, piece_hashes, piece_roots,
};
pub use session::{Inspector, Session, SessionInspector, Waker};
pub use source::Source;
pub use trust::trust_authorities;
pub use types::{
    AddTorrent, AddTotals, Capabilities, DiskBackend, Error, Failure, IpRange, MoveMode, PeerClass,
    PeerRow, PieceRead, Rename, Result, SessionOptions, Setting, TorrentOptions, TrackerEntry,
    TrackerRow, Value, capabilities, has_setting, release_unused_memory,
};
