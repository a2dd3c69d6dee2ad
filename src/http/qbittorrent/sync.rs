//! `sync/*`: what changed since an earlier answer.
//!
//! A `rid` is the revision of the snapshot that an answer shows, so the server keeps no picture per client: it keeps
//! the snapshots it answered with (`recent`) and compares. A lost answer costs nothing, since the client repeats its
//! old `rid`; an unknown one gets everything.

mod maindata;
mod peers;
mod recent;
mod state;

use std::sync::Arc;
use std::time::Instant;

pub use maindata::Maindata;
pub use peers::PeerMemory;
pub use recent::Recent;
pub use state::{connection_name, server_state};

use super::call::Call;
use super::reply::{self, Reply};
use super::{render, torrents};
use crate::engine::Snapshot;

/// What the server remembers of earlier answers; one for all listeners.
#[derive(Default)]
pub struct Memory {
    pub recent: Recent,
    pub peers: PeerMemory,
}

impl Memory {
    /// Forgets what was kept for a session that has ended.
    pub fn forget(&self, session: &str) {
        free(self.recent.forget(session, Instant::now()));
    }
}

/// Drops snapshots where it may take its time: the last owner of one frees up to a hundred thousand rows.
fn free(dropped: Vec<Arc<Snapshot>>) {
    if !dropped.is_empty() {
        drop(tokio::task::spawn_blocking(move || drop(dropped)));
    }
}

/// Answers with the whole state, or with what changed since `rid`.
pub async fn maindata(call: Call) -> reply::Result {
    let rid = call.params.integer("rid").and_then(|rid| u32::try_from(rid).ok()).unwrap_or(0);
    let snapshot = call.snapshot();
    let (base, dropped) = call.memory.recent.answer(&call.session, rid, &snapshot, Instant::now());
    free(dropped);
    let answer = Maindata::new(snapshot, base, call.level, torrents::now());
    Ok(render::json(answer).await)
}

/// Answers with the connected peers of a torrent, or with what changed since `rid`.
pub async fn torrent_peers(call: Call) -> reply::Result<Reply> {
    let rid = call.params.integer("rid").and_then(|rid| u32::try_from(rid).ok()).unwrap_or(0);
    let (id, row) = torrents::one(&call)?;
    let peers = call.engine().peers(id).await.map_err(torrents::refused)?;
    let countries = if call.app.settings.effective().behaviour.resolve_peer_countries {
        peers::Countries::Shown
    } else {
        peers::Countries::Hidden
    };
    let shown = peers::shown(&peers, &row, call.level, countries);
    let answer = call.memory.peers.answer(id, rid, shown, countries, Instant::now());
    Ok(Reply::json(answer))
}
