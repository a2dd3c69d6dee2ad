//! One plain model per table; no logic, and no model leaves the store.

pub(super) mod all_time;
pub(super) mod api_key;
pub(super) mod blob;
pub(super) mod category;
pub(super) mod client_data;
pub(super) mod event;
pub(super) mod intent;
pub(super) mod meta;
pub(super) mod secret;
pub(super) mod setting;
pub(super) mod setting_change;
pub(super) mod tag;
pub(super) mod torrent;
