//! URLs that torrents are being fetched from: stored, so that a crash resumes them.

use super::{Engine, Result};

impl Engine {
    /// Notes a URL that is going to be fetched; returns once the note is durable, with its id.
    ///
    /// `options` is the request in the intake's own text form.
    pub async fn begin_fetch(&self, url: String, options: String) -> Result<u64> { let _ = (url, options); todo!() }
    /// Forgets a fetch that has succeeded or failed for good.
    pub async fn end_fetch(&self, id: u64) -> Result<()> { let _ = id; todo!() }
    /// Fetches that were not finished: id, URL, options.
    pub async fn pending_fetches(&self) -> Result<Vec<(u64, String, String)>> { todo!() }
}
