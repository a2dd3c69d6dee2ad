//! `/api/v2`: the qBittorrent Web API at three contract levels.

pub mod call;
pub mod fields;
pub mod json;
pub mod level;
pub mod params;
pub mod preferences;
pub mod render;
pub mod reply;
pub mod sync;
pub mod torrents;
