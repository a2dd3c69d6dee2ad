//! Limits and switches of torrents.

use super::{Engine, Result};
use crate::model::{Selection, ShareLimits, TorrentId};

/// Certificate, key and Diffie-Hellman parameters of an SSL torrent, as PEM. Secret: stored sealed, never logged.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SslParameters {
    pub certificate: String,
    pub private_key: String,
    pub dh_params: String,
}

impl Engine {
    /// Bytes per second; `None` lifts the limit.
    pub async fn set_download_limit(&self, which: Selection, limit: Option<u32>) -> Result<()> { let _ = (which, limit); todo!() }
    pub async fn set_upload_limit(&self, which: Selection, limit: Option<u32>) -> Result<()> { let _ = (which, limit); todo!() }
    /// Replaces the share limits by what `change` makes of the present ones.
    pub async fn edit_share_limits(&self, which: Selection, change: impl Fn(&mut ShareLimits) + Send + 'static) -> Result<()> { let _ = (which, &change); todo!() }
    pub async fn toggle_sequential(&self, which: Selection) -> Result<()> { let _ = which; todo!() }
    pub async fn toggle_first_last_first(&self, which: Selection) -> Result<()> { let _ = which; todo!() }
    pub async fn set_super_seeding(&self, which: Selection, on: bool) -> Result<()> { let _ = (which, on); todo!() }
    /// The SSL parameters of a torrent, empty texts where unset.
    pub async fn ssl_parameters(&self, id: TorrentId) -> Result<SslParameters> { let _ = id; todo!() }
    /// # Errors
    /// `Invalid` if the three do not make a usable set.
    pub async fn set_ssl_parameters(&self, id: TorrentId, parameters: SslParameters) -> Result<()> { let _ = (id, parameters); todo!() }
}
