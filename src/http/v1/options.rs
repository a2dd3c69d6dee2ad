//! `…/options`: what the operator wishes of a torrent, in one resource that can be edited safely.
//!
//! Everything that can be given with a new torrent can be changed here, or, where it is a list of its own, in the
//! sub-resource of the list. What libtorrent really does stands beside the wishes as `in_force`.

mod change;
mod limits;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use super::call::{Call, etag};
use super::problem::Result;
use super::wire::{Layout, ShareLimits, Slots, Sources, StopCondition};
use crate::engine::options::SslParameters;
use crate::model::Torrent;

pub use change::{Change, edit_options};
pub use limits::Limits;

/// The options of a torrent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TorrentOptions")]
pub struct Options {
    #[serde(flatten)]
    pub wishes: Wishes,
    /// What libtorrent does with the torrent, read from it now; `null` until it has the torrent.
    pub in_force: Option<InForce>,
}

/// What was asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent option")]
pub struct Wishes {
    pub name: String,
    pub comment: String,
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub auto_managed: bool,
    pub save_path: String,
    pub download_path: Option<String>,
    /// Bytes per second; `null` is no limit.
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub max_connections: Slots,
    /// Peers that are uploaded to at once.
    pub max_uploads: Slots,
    pub peer_sources: Sources,
    pub share_limits: ShareLimits,
    pub sequential: bool,
    pub first_last_first: bool,
    pub super_seeding: bool,
    /// Disk space is reserved before it is needed; `null` is what the settings say. Counts from the next start.
    pub preallocate: Option<bool>,
    /// From 1; `null` for complete torrents.
    pub queue_position: Option<u32>,
    pub layout: Layout,
    pub stop_condition: StopCondition,
    /// True if the certificate of an SSL torrent is here. It is never shown.
    pub has_certificate: bool,
}

/// What libtorrent does with a torrent. Limits: `null` is none.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch of libtorrent")]
pub struct InForce {
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub max_connections: Option<u32>,
    pub max_uploads: Option<u32>,
    pub sequential: bool,
    pub super_seeding: bool,
    /// Settings of the session and private torrents are counted in.
    pub dht: bool,
    pub pex: bool,
    pub lsd: bool,
}

impl Wishes {
    fn of(row: &Torrent, has_certificate: bool) -> Self {
        let options = &row.options;
        Self {
            name: row.name().to_owned(),
            comment: row.facts.comment.clone(),
            category: options.category.as_deref().map(str::to_owned),
            tags: options.tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
            auto_managed: options.auto_managed,
            save_path: options.save_path.to_string(),
            download_path: options.download_path.as_deref().map(str::to_owned),
            download_limit: options.download_limit,
            upload_limit: options.upload_limit,
            max_connections: Slots(options.max_connections),
            max_uploads: Slots(options.max_uploads),
            peer_sources: options.sources.into(),
            share_limits: (&options.share).into(),
            sequential: options.sequential,
            first_last_first: options.first_last_first,
            super_seeding: options.super_seeding,
            preallocate: options.preallocate,
            queue_position: row.status.queue_position.map(|position| position + 1),
            layout: options.layout.into(),
            stop_condition: options.stop_condition.into(),
            has_certificate,
        }
    }

    /// The tag of the wishes. A place in the queue changes when others move, so it is no matter of editing.
    fn tag(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            members.remove("queue_position");
        }
        etag(&value)
    }
}

/// Reads the options.
pub async fn read_options(call: Call) -> Result {
    shown(&call).await
}

async fn wishes(call: &Call) -> Result<Wishes> {
    let (id, row) = call.torrent()?;
    let has_certificate = call.engine().ssl_parameters(id).await? != SslParameters::default();
    Ok(Wishes::of(&row, has_certificate))
}

async fn shown(call: &Call) -> Result {
    let wishes = wishes(call).await?;
    let tag = wishes.tag();
    let in_force = in_force(call).await?;
    Ok(Answer::json(&Options { wishes, in_force })?.header("etag", tag))
}

async fn in_force(call: &Call) -> Result<Option<InForce>> {
    let (id, row) = call.torrent()?;
    let Some(live) = call.engine().live_options(id).await? else { return Ok(None) };
    let is_private = row.facts.metadata.as_ref().is_some_and(|metadata| metadata.is_private);
    let session = call.app.settings.effective().bittorrent.clone();
    Ok(Some(InForce {
        download_limit: live.download_limit,
        upload_limit: live.upload_limit,
        max_connections: live.max_connections,
        max_uploads: live.max_uploads,
        sequential: live.sequential,
        super_seeding: live.super_seeding,
        dht: live.dht && session.dht && !is_private,
        pex: live.pex && !is_private,
        lsd: live.lsd && session.lsd && !is_private,
    }))
}
