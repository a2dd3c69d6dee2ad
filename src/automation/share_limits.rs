//! Finds the torrents that have reached their share limits and has the engine act on them.
//!
//! A look costs what changed since the last one: rows that differ, and torrents for which a time limit may have come.
//! Only other rules (preferences, categories) make it look at everything. What was found is looked at again a little
//! later, so that an order that failed is sent again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use imbl::ordmap::DiffItem;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, Snapshot};
use crate::model::limits::{self, Sharing};
use crate::model::{Torrent, TorrentId};

/// The least time between two looks; a busy engine publishes more often than anybody needs.
const PAUSE: Duration = Duration::from_millis(250);

/// When a torrent that was acted on is looked at again.
const RETRY: Duration = Duration::from_secs(10);

/// The longest wait for a time limit, whose moment can move.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Orders under way at once; they share their commits.
const ORDERS: usize = 16;

/// Acts on share limits until told to stop.
pub async fn run(engine: Engine, stop: CancellationToken) {
    let mut published = engine.published();
    let mut watch = Watch::default();
    loop {
        let due = watch.look(&engine.snapshot(), Timestamp::now().as_second(), Instant::now());
        let work = stream::iter(due).for_each_concurrent(ORDERS, async |id| {
            if let Err(error) = engine.enforce_share_limits(id).await {
                tracing::warn!(torrent.id = %id, "share limits cannot be enforced yet: {error}");
            }
        });
        let next = async {
            work.await;
            tokio::time::sleep(PAUSE).await;
            let wake = tokio::time::sleep_until(watch.next(Instant::now()).into());
            tokio::select! {
                changed = published.changed() => changed.is_ok(),
                () = wake => true,
            }
        };
        let goes_on = tokio::select! {
            goes_on = next => goes_on,
            () = stop.cancelled() => false,
        };
        if !goes_on {
            return;
        }
    }
}

/// What was seen last, and when time alone makes a torrent worth a look.
#[derive(Default)]
struct Watch {
    seen: Option<Arc<Snapshot>>,
    moments: BTreeSet<(Instant, TorrentId)>,
    scheduled: HashMap<TorrentId, Instant>,
}

impl Watch {
    /// The torrents of a newer snapshot that have reached their limits; `unix` in Unix seconds.
    fn look(&mut self, now: &Arc<Snapshot>, unix: i64, instant: Instant) -> Vec<TorrentId> {
        let seen = self.seen.replace(Arc::clone(now));
        let mut due = Vec::new();
        match seen.filter(|seen| !rules_differ(seen, now)) {
            None => {
                self.moments.clear();
                self.scheduled.clear();
                for (id, row) in &now.torrents {
                    self.consider(now, *id, row, unix, instant, &mut due);
                }
            }
            Some(seen) => {
                for item in seen.torrents.diff(&now.torrents) {
                    match item {
                        DiffItem::Add(id, row) | DiffItem::Update { new: (id, row), .. } => {
                            self.consider(now, *id, row, unix, instant, &mut due);
                        }
                        DiffItem::Remove(id, _) => self.forget(*id),
                    }
                }
            }
        }
        while let Some((moment, id)) = self.moments.first().copied()
            && moment <= instant
        {
            self.forget(id);
            if let Some(row) = now.torrent(&id) {
                self.consider(now, id, row, unix, instant, &mut due);
            }
        }
        due
    }

    fn consider(
        &mut self,
        snapshot: &Snapshot,
        id: TorrentId,
        torrent: &Torrent,
        unix: i64,
        instant: Instant,
        due: &mut Vec<TorrentId>,
    ) {
        if !limits::apply_in(torrent.status.state) {
            self.forget(id);
            return;
        }
        let limits = snapshot.context.share_limits(torrent, &snapshot.categories);
        let sharing = Sharing::of(torrent, unix, instant);
        if limits::due(torrent, &limits, &sharing).is_some() {
            due.push(id);
            self.forget(id);
            self.schedule(id, instant + RETRY);
            return;
        }
        let left = limits.seconds_left(&sharing).and_then(|left| u64::try_from(left).ok());
        match left.filter(|left| *left > 0) {
            // No time is left though nothing is due: what the limits ask for has been done.
            None => self.forget(id),
            Some(left) => {
                self.schedule(id, instant + Duration::from_secs(left).min(LONGEST_WAIT));
            }
        }
    }

    /// Has a torrent looked at by then. An earlier moment stays: it is found too early then and waits on, which is
    /// cheaper than to follow a moment that each transfer moves.
    fn schedule(&mut self, id: TorrentId, moment: Instant) {
        match self.scheduled.get(&id) {
            Some(earlier) if *earlier <= moment => {}
            _ => {
                self.forget(id);
                self.moments.insert((moment, id));
                self.scheduled.insert(id, moment);
            }
        }
    }

    fn forget(&mut self, id: TorrentId) {
        if let Some(moment) = self.scheduled.remove(&id) {
            self.moments.remove(&(moment, id));
        }
    }

    /// When to look again if nothing is published.
    fn next(&self, now: Instant) -> Instant {
        self.moments.first().map_or(now + LONGEST_WAIT, |(moment, _)| *moment)
    }
}

/// True if a torrent's limits may differ though its row does not.
fn rules_differ(old: &Snapshot, new: &Snapshot) -> bool {
    old.context != new.context || old.categories != new.categories
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Context, Row};
    use crate::model::{
        Bound, Category, Facts, InfoHashes, Moment, Options, ShareLimits, Status, TorrentKey,
        TorrentState,
    };

    /// Unix seconds of the first look.
    const NOW: i64 = 1_700_000_000;

    fn id(number: u8) -> TorrentId {
        TorrentId([number; 20])
    }

    /// A complete torrent that seeds since `read`, with these limits of its own.
    fn seed(number: u8, share: ShareLimits, read: Instant) -> Row {
        Row(Arc::new(Torrent {
            key: TorrentKey(number.into()),
            facts: Arc::new(Facts {
                id: id(number),
                hashes: InfoHashes { v1: Some([number; 20]), v2: None },
                name: format!("t{number}"),
                added_at: NOW,
                comment: String::new(),
                web_seeds: Vec::new(),
                metadata: None,
            }),
            options: Arc::new(Options {
                share,
                category: Some("films".into()),
                ..Options::default()
            }),
            announces: Arc::from([]),
            status: Status {
                state: TorrentState::StalledUp,
                completed_at: Some(NOW),
                times_read: Some(Moment::of(read)),
                ..Status::default()
            },
        }))
    }

    fn snapshot(rows: impl IntoIterator<Item = Row>) -> Snapshot {
        let torrents = rows.into_iter().map(|row| (row.facts.id, row)).collect();
        Snapshot { torrents, ..Snapshot::default() }
    }

    fn ratio(ratio: f64) -> ShareLimits {
        ShareLimits { ratio: Bound::At(ratio), ..ShareLimits::default() }
    }

    #[test]
    fn only_what_changed_is_looked_at() {
        let start = Instant::now();
        let mut watch = Watch::default();
        let first = snapshot((1..=3).map(|number| seed(number, ShareLimits::default(), start)));
        assert!(watch.look(&Arc::new(first.clone()), NOW, start).is_empty());

        let mut second = first;
        second.torrents.insert(id(2), seed(2, ratio(0.0), start));
        let due = watch.look(&Arc::new(second.clone()), NOW, start);

        assert_eq!(due, [id(2)]);
        assert!(watch.look(&Arc::new(second), NOW, start).is_empty());
    }

    #[test]
    fn what_stays_due_is_found_again() {
        let start = Instant::now();
        let mut watch = Watch::default();
        let picture = Arc::new(snapshot([seed(1, ratio(0.0), start)]));
        watch.look(&picture, NOW, start);
        assert_eq!(watch.next(start), start + RETRY);

        let due = watch.look(&picture, NOW + 10, start + RETRY);

        assert_eq!(due, [id(1)]);
    }

    #[test]
    fn rules_of_all_and_of_categories_reach_rows_that_do_not_change() {
        let start = Instant::now();
        let mut watch = Watch::default();
        let plain = snapshot([seed(1, ShareLimits::default(), start)]);
        watch.look(&Arc::new(plain.clone()), NOW, start);

        let mut global = plain.clone();
        global.context = Arc::new(Context { max_ratio: Some(0.0), ..Context::default() });
        assert_eq!(watch.look(&Arc::new(global), NOW, start), [id(1)]);
        assert!(watch.look(&Arc::new(plain.clone()), NOW, start).is_empty());

        let mut category = plain;
        let films = Category { share: ratio(0.0), ..Category::default() };
        category.categories.insert("films".into(), Arc::new(films));
        assert_eq!(watch.look(&Arc::new(category), NOW, start), [id(1)]);
    }

    #[test]
    fn time_alone_brings_a_limit_about() {
        let start = Instant::now();
        let mut watch = Watch::default();
        let seeding = ShareLimits { seeding_minutes: Bound::At(2), ..ShareLimits::default() };
        let inactive = ShareLimits { inactive_minutes: Bound::At(3), ..ShareLimits::default() };
        let picture = Arc::new(snapshot([seed(1, seeding, start), seed(2, inactive, start)]));
        assert!(watch.look(&picture, NOW, start).is_empty());
        assert_eq!(watch.next(start), start + Duration::from_mins(2));

        let due = watch.look(&picture, NOW + 120, start + Duration::from_mins(2));
        assert_eq!(due, [id(1)]);
        let due = watch.look(&picture, NOW + 180, start + Duration::from_mins(3));
        assert_eq!(due, [id(1), id(2)]);
    }

    #[test]
    fn a_torrent_that_left_is_forgotten() {
        let start = Instant::now();
        let mut watch = Watch::default();
        let seeding = ShareLimits { seeding_minutes: Bound::At(2), ..ShareLimits::default() };
        watch.look(&Arc::new(snapshot([seed(1, seeding, start)])), NOW, start);

        watch.look(&Arc::new(snapshot([])), NOW, start);

        assert_eq!(watch.next(start), start + LONGEST_WAIT);
        assert!(watch.scheduled.is_empty());
    }
}
