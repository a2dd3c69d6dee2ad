//! Tells what numbers have changed, to those who follow progress. One comparison serves all of them, and none is made
//! while nobody listens.

use std::sync::Arc;
use std::time::Duration;

use imbl::ordmap::DiffItem;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, Row, Snapshot};
use crate::events::{Events, Progress};

/// The shortest pause between two rounds: 10 Hz.
const SHORTEST: Duration = Duration::from_millis(100);

/// Tells progress until told to stop.
pub async fn run(engine: Engine, events: Events, stop: CancellationToken) {
    let mut published = engine.published();
    let mut base: Option<Arc<Snapshot>> = None;
    loop {
        tokio::select! {
            changed = published.changed() => if changed.is_err() { return },
            () = stop.cancelled() => return,
        }
        let begun = Instant::now();
        let snapshot = engine.snapshot();
        if events.progress_listeners() == 0 {
            // An old picture would be kept alive for nobody.
            base = None;
        } else if let Some(base) = base.replace(Arc::clone(&snapshot)) {
            let compared = tokio::task::spawn_blocking(move || changes(&base, &snapshot)).await;
            events.tell_progress(compared.unwrap_or_default());
        }
        tokio::select! {
            () = tokio::time::sleep_until(begun + SHORTEST) => {}
            () = stop.cancelled() => return,
        }
    }
}

fn changes(base: &Snapshot, now: &Snapshot) -> Vec<Progress> {
    base.torrents
        .diff(&now.torrents)
        .filter_map(|change| match change {
            DiffItem::Update { old: (_, old), new: (_, new) } => {
                let is_edited = !(Arc::ptr_eq(&old.options, &new.options)
                    && Arc::ptr_eq(&old.facts, &new.facts));
                let (old, new) = (progress(old, false), progress(new, is_edited));
                (old != new).then_some(new)
            }
            DiffItem::Add(_, row) => Some(progress(row, false)),
            DiffItem::Remove(..) => None,
        })
        .collect()
}

fn progress(row: &Row, is_edited: bool) -> Progress {
    let status = &row.status;
    Progress {
        torrent: row.facts.id,
        category: row.options.category.clone(),
        state: status.state,
        progress: status.progress,
        download_rate: status.download_rate,
        upload_rate: status.upload_rate,
        completed: status.wanted_done,
        downloaded: status.downloaded,
        uploaded: status.uploaded,
        seeds: status.seeds,
        leechers: status.leechers,
        is_edited,
    }
}
