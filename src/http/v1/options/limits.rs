//! Caps of torrents: the part of their options that is set alike for many.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::auth::Scope;
use crate::engine::{self, Engine};
use crate::http::v1::call::Call;
use crate::http::v1::create::rate;
use crate::http::v1::problem::{Problem, Result};
use crate::http::v1::wire::{ShareLimitsChange, Slots, present};
use crate::model::{Selection, ShareLimits};

/// A change of limits; what is absent stays, `null` lifts a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "TorrentLimitsChange")]
pub struct Limits {
    /// Bytes per second, above 0.
    #[serde(deserialize_with = "present")]
    pub download_limit: Option<Option<u32>>,
    /// Bytes per second, above 0.
    #[serde(deserialize_with = "present")]
    pub upload_limit: Option<Option<u32>>,
    pub max_connections: Option<Slots>,
    /// Peers that are uploaded to at once.
    pub max_uploads: Option<Slots>,
    pub share_limits: Option<ShareLimitsChange>,
}

impl Limits {
    /// Refuses what no torrent could take, before anything is changed; `at` is where the limits stand in the body.
    ///
    /// # Errors
    /// `Invalid` for a value that is none, `Scope` if torrents would be removed and the client may not.
    pub fn check(&self, call: &Call, at: &str) -> Result<()> {
        rate(self.download_limit.flatten(), &format!("{at}/download_limit"))?;
        rate(self.upload_limit.flatten(), &format!("{at}/upload_limit"))?;
        let Some(share) = &self.share_limits else { return Ok(()) };
        if share.removes() {
            call.principal.needs(Scope::Delete)?;
        }
        share.apply(&mut ShareLimits::default()).map_err(|member| {
            Problem::invalid(format!("{at}/share_limits/{member}"), "must be whole minutes")
        })
    }

    /// Makes the change, which was checked.
    ///
    /// # Errors
    /// `Unavailable` if the engine or the store is gone.
    pub async fn apply(self, engine: &Engine, which: Selection) -> engine::Result<()> {
        if let Some(limit) = self.download_limit {
            engine.set_download_limit(which.clone(), limit).await?;
        }
        if let Some(limit) = self.upload_limit {
            engine.set_upload_limit(which.clone(), limit).await?;
        }
        if self.max_connections.is_some() || self.max_uploads.is_some() {
            let limit = |slots: Option<Slots>| slots.map(|slots| slots.0);
            let (connections, uploads) = (limit(self.max_connections), limit(self.max_uploads));
            engine.set_slots(which.clone(), connections, uploads).await?;
        }
        if let Some(share) = self.share_limits {
            let change = move |limits: &mut ShareLimits| {
                let mut changed = *limits;
                if share.apply(&mut changed).is_ok() {
                    *limits = changed;
                }
            };
            engine.edit_share_limits(which, change).await?;
        }
        Ok(())
    }
}
