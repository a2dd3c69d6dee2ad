//! The engine thread: inbox, alerts, tick, publish.
//!
//! The working state is the next snapshot. Orders and alerts change it; `publish` swaps it in with one pointer and
//! hands the durable changes to the store's writer, which releases replies and follow-up work after the commit.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use revaer_native::{Session, Setting};
use tokio::sync::{Notify, mpsc, watch};

use super::flush::Flush;
use super::health::Part;
use super::session::Host;
use super::snapshot::Snapshot;
use super::totals::Counters;
use super::trackers::TrackerHosts;
use super::{Result, Shared, boot, session};
use crate::events::Event;
use crate::model::state::Phase;
use crate::model::{Actor, Status, TorrentId, TorrentKey};
use crate::settings::Profile;
use crate::store::{Change, Done, FileWishes, Intent};

/// Orders taken in one turn, and the time they may take, before the rest of the loop gets its chance.
const ORDERS_PER_TURN: usize = 256;
const TIME_PER_TURN: Duration = Duration::from_millis(5);

/// The shortest pause between two requests for status updates.
const SHORTEST_TICK: Duration = Duration::from_millis(100);

/// How long alerts gather that no answer waits for. Each look at them costs two changes of threads and a snapshot, and
/// a torrent that comes or goes makes libtorrent report several times in a millisecond.
const GATHERING: Duration = Duration::from_millis(10);

/// A closure for the engine thread.
pub(super) struct Order {
    pub(super) name: &'static str,
    pub(super) actor: Actor,
    pub(super) span: tracing::Span,
    pub(super) work: Box<dyn FnOnce(&mut Worker) + Send>,
}

/// Work of the engine for itself, such as a step that had to wait for a commit.
pub(super) type FollowUp = Box<dyn FnOnce(&mut Worker) + Send>;

/// Where a torrent stands between the store and libtorrent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attachment {
    /// Known from the store only.
    Waiting,
    /// Handed to libtorrent, not confirmed yet.
    Submitted,
    Live,
    /// libtorrent refused it; the row says why.
    Refused,
}

/// What only the engine knows of a torrent.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact about the torrent")]
pub(super) struct Entry {
    pub(super) id: TorrentId,
    pub(super) attachment: Attachment,
    pub(super) wishes: FileWishes,
    pub(super) recheck_pending: bool,
    /// It came without resume data: libtorrent looks at its files, also if it is stopped.
    pub(super) awaits_first_check: bool,
    /// The numbers of a check that was asked for are still to come: it shows as running until then.
    pub(super) shows_check: bool,
    pub(super) phase: Phase,
    /// libtorrent's own pause, by the queue or on our word.
    pub(super) is_paused: bool,
    pub(super) is_moving: bool,
    pub(super) has_missing_files: bool,
    pub(super) has_error: bool,
    /// The metadata is being taken in; libtorrent holds the torrent meanwhile.
    pub(super) taking_metadata: bool,
    /// It was added as complete, and libtorrent has not said yet whether it is.
    pub(super) is_trusted: bool,
    /// Completion waits for its commit.
    pub(super) completing: Option<Box<Status>>,
    /// The store holds usable resume data.
    pub(super) has_resume: bool,
    pub(super) needs_resume: bool,
    /// The first status since it was attached has been seen: later differences are news.
    pub(super) was_seen: bool,
    /// A check has ended and its numbers have not been seen yet.
    pub(super) was_checked: bool,
    /// The place in the queue that the torrent gets back after a check.
    pub(super) queue_wish: Option<u32>,
    /// Files that carry the suffix of incomplete ones on disk.
    pub(super) suffixed: BTreeSet<u32>,
}

impl Entry {
    pub(super) fn new(id: TorrentId, attachment: Attachment) -> Self {
        Self {
            id,
            attachment,
            wishes: FileWishes::default(),
            recheck_pending: false,
            awaits_first_check: false,
            shows_check: false,
            phase: Phase::CheckingResumeData,
            is_paused: true,
            is_moving: false,
            has_missing_files: false,
            has_error: false,
            taking_metadata: false,
            is_trusted: false,
            completing: None,
            has_resume: false,
            needs_resume: false,
            was_seen: false,
            was_checked: false,
            queue_wish: None,
            suffixed: BTreeSet::new(),
        }
    }
}

/// What leaves with the next publish.
#[derive(Default)]
struct Outbox {
    changes: Vec<Change>,
    replies: Vec<Done>,
    follow_ups: Vec<FollowUp>,
    events: Vec<Event>,
}

/// The state of the engine thread.
pub(super) struct Worker {
    pub(super) session: Session,
    pub(super) shared: Arc<Shared>,
    pub(super) profile: Arc<Profile>,
    /// Worked out from the profile.
    pub(super) tracker_hosts: TrackerHosts,
    /// What libtorrent was told last.
    pub(super) settings: Vec<Setting>,
    /// The last look at libtorrent's settings found others.
    pub(super) were_apart: bool,
    /// Finished torrents whose data is on its way to the disk.
    pub(super) flushing: HashMap<TorrentKey, Flush>,
    /// Counts places that could not be listened on, and where the count stood at the last new try.
    pub(super) listen_failures: u64,
    pub(super) listen_tried: Option<u64>,
    /// Counts the readings of the filter's sources.
    pub(super) filter_turn: u64,
    pub(super) host: Host,
    /// The next snapshot.
    pub(super) working: Snapshot,
    pub(super) entries: HashMap<TorrentKey, Entry>,
    /// How many rows have a place in the queue.
    pub(super) queued: u32,
    /// Ids that a torrent had before its metadata gave it another.
    pub(super) former: HashMap<TorrentId, TorrentKey>,
    /// The v1 hashes of hybrid torrents, whose id is made of the v2 hash.
    pub(super) aliases: HashMap<[u8; 20], TorrentKey>,
    pub(super) intents: HashMap<u64, Intent>,
    pub(super) moves: VecDeque<super::moves::Move>,
    /// Answers that wait for libtorrent's word on an add.
    pub(super) adds: HashMap<TorrentKey, super::add::PendingAdd>,
    /// Magnets of which only the metadata is wanted.
    pub(super) previews: HashMap<TorrentKey, super::preview::Preview>,
    /// Torrents that left libtorrent's care and what follows.
    pub(super) leaving: HashMap<TorrentKey, FollowUp>,
    /// Removals that are not done yet.
    pub(super) departing: HashMap<TorrentKey, super::removal::Departing>,
    /// Groups of torrents that boot hands over at once.
    pub(super) batches: Vec<boot::Batch>,
    pub(super) counters: Counters,
    pub(super) announced: super::announced::Announced,
    pub(super) next_key: u64,
    pub(super) next_intent: u64,
    /// Who caused what is happening now.
    pub(super) actor: Actor,
    /// Rows whose wishes or facts changed, to be stored as a whole.
    dirty: HashSet<TorrentKey>,
    /// Rows of which only numbers changed.
    pub(super) restless: HashSet<TorrentKey>,
    /// Torrents whose resume data is due, and since when.
    pub(super) resume_due: HashMap<TorrentKey, Instant>,
    /// Torrents that move data now; they are asked for resume data every few seconds.
    pub(super) active: HashMap<TorrentKey, Instant>,
    pub(super) urgent: mpsc::UnboundedSender<TorrentKey>,
    changed: bool,
    outbox: Outbox,
    revisions: Revisions,
    next_tick: Instant,
    last_tick: Instant,
    /// When alerts came last.
    last_alerts: Option<Instant>,
    /// When the store is told next that the engine runs; not before it has all torrents.
    pub(super) alive_due: Option<Instant>,
    follow_ups: mpsc::UnboundedSender<FollowUp>,
}

/// Waits until libtorrent reports something, but looks no earlier than at a moment.
async fn rung(bell: &Notify, not_before: Option<Instant>) {
    if let Some(moment) = not_before {
        tokio::time::sleep_until(moment.into()).await;
    }
    bell.notified().await;
}

/// Counts the rows that have a place in the queue.
fn places(snapshot: &Snapshot) -> u32 {
    snapshot.torrents.values().map(|row| u32::from(row.status.queue_position.is_some())).sum()
}

/// The reserved numbers for revisions.
pub(super) struct Revisions {
    pub(super) end: u32,
    pub(super) next_block: Option<u32>,
    pub(super) is_asked: bool,
}

/// What a session was built from.
pub(super) struct Plan {
    pub(super) profile: Arc<Profile>,
    pub(super) settings: Vec<Setting>,
    pub(super) host: Host,
}

/// How the loop ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Stopped,
    Fatal(String),
}

/// Everything the loop listens to.
pub(super) struct Inputs {
    pub(super) follow_ups: mpsc::UnboundedReceiver<FollowUp>,
    pub(super) bell: Arc<Notify>,
    pub(super) profile: watch::Receiver<Arc<Profile>>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Worker {
    /// A worker over a fresh session and the loaded state.
    pub(super) fn new(
        session: Session,
        shared: Arc<Shared>,
        plan: Plan,
        loaded: boot::Loaded,
        follow_ups: mpsc::UnboundedSender<FollowUp>,
        urgent: mpsc::UnboundedSender<TorrentKey>,
    ) -> Self {
        let now = Instant::now();
        Self {
            session,
            shared,
            tracker_hosts: TrackerHosts::of(&plan.profile),
            profile: plan.profile,
            settings: plan.settings,
            were_apart: false,
            flushing: HashMap::new(),
            listen_failures: 0,
            listen_tried: None,
            filter_turn: 0,
            host: plan.host,
            queued: places(&loaded.snapshot),
            announced: super::announced::Announced::default(),
            working: loaded.snapshot,
            entries: loaded.entries,
            former: HashMap::new(),
            aliases: loaded.aliases,
            intents: loaded.intents,
            moves: VecDeque::new(),
            adds: HashMap::new(),
            previews: HashMap::new(),
            leaving: HashMap::new(),
            departing: HashMap::new(),
            batches: Vec::new(),
            counters: Counters::new(loaded.all_time),
            next_key: loaded.next_key,
            next_intent: loaded.next_intent,
            actor: Actor::System,
            dirty: HashSet::new(),
            restless: loaded.settled,
            resume_due: HashMap::new(),
            active: HashMap::new(),
            urgent,
            changed: false,
            outbox: Outbox::default(),
            revisions: Revisions { end: loaded.revision_end, next_block: None, is_asked: false },
            next_tick: now,
            last_tick: now,
            last_alerts: None,
            alive_due: None,
            follow_ups,
        }
    }

    /// Runs until told to stop.
    pub(super) async fn run(
        &mut self,
        orders: &mut mpsc::Receiver<Order>,
        inputs: &mut Inputs,
    ) -> Exit {
        loop {
            tokio::select! {
                biased;
                _ = inputs.stop.wait_for(|stop| *stop) => return Exit::Stopped,
                Some(work) = inputs.follow_ups.recv() => {
                    self.actor = Actor::System;
                    work(self);
                }
                () = rung(&inputs.bell, self.gathering_until()) => {}
                () = tokio::time::sleep_until(self.next_tick.into()) => self.tick(),
                Ok(()) = inputs.profile.changed() => {
                    let profile = Arc::clone(&inputs.profile.borrow_and_update());
                    self.apply_profile(profile);
                }
                order = orders.recv() => match order {
                    Some(order) => self.take_orders(order, orders),
                    None => return Exit::Stopped,
                },
            }
            if let Err(error) = self.drain() {
                return Exit::Fatal(error.to_string());
            }
            self.publish();
        }
    }

    fn take_orders(&mut self, first: Order, orders: &mut mpsc::Receiver<Order>) {
        let started = Instant::now();
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(order) = next {
            let _entered = order.span.enter();
            self.actor = order.actor;
            let begun = Instant::now();
            (order.work)(self);
            let took = begun.elapsed();
            if took > Duration::from_millis(50) {
                tracing::warn!(
                    order = order.name,
                    duration_ms = took.as_millis(),
                    "a slow order held the engine"
                );
            }
            taken += 1;
            if taken >= ORDERS_PER_TURN || started.elapsed() >= TIME_PER_TURN {
                break;
            }
            next = orders.try_recv().ok();
        }
        self.actor = Actor::System;
    }

    /// When alerts are looked at next, unless an answer waits for one.
    fn gathering_until(&self) -> Option<Instant> {
        let is_awaited = !self.adds.is_empty() || !self.batches.is_empty();
        self.last_alerts.filter(|_| !is_awaited).map(|last| last + GATHERING)
    }

    fn drain(&mut self) -> std::result::Result<(), revaer_native::Error> {
        let alerts = self.session.drain()?;
        if !alerts.is_empty() {
            self.last_alerts = Some(Instant::now());
        }
        for alert in alerts {
            let alert = self.without_logins(alert);
            self.reduce(alert);
        }
        Ok(())
    }

    fn tick(&mut self) {
        let begun = Instant::now();
        if let Err(error) = self.session.post_updates().and_then(|()| self.session.post_stats()) {
            tracing::error!("libtorrent cannot be asked for updates: {error}");
        }
        self.settle_rates(begun);
        let since = begun.duration_since(self.last_tick);
        self.request_resume_data(begun, since);
        self.store_numbers(since);
        self.tell_alive(begun);
        self.end_flushes(begun);
        self.drop_forsaken_previews();
        self.last_tick = begun;
        let interval = Duration::from_millis(u64::from(self.profile.engine.refresh_interval_ms));
        self.next_tick = begun + interval.max(SHORTEST_TICK).max(begun.elapsed() * 4);
    }

    /// Asks for status updates soon, because something has just happened.
    pub(super) fn hurry(&mut self) {
        self.next_tick = self.next_tick.min(self.last_tick + SHORTEST_TICK);
    }

    /// Publishes what changed and hands durable changes to the writer.
    pub(super) fn publish(&mut self) {
        for key in std::mem::take(&mut self.dirty) {
            if let Some(record) = self.record(key) {
                self.restless.remove(&key);
                self.outbox.changes.push(Change::PutTorrent(Box::new(record)));
            }
        }
        if self.changed {
            self.changed = false;
            self.working.revision = self.next_revision();
            self.shared.snapshot.store(Arc::new(self.working.clone()));
            self.shared.published.send_replace(self.working.revision);
        }
        let outbox = std::mem::take(&mut self.outbox);
        if outbox.changes.is_empty() {
            for reply in outbox.replies {
                reply(Ok(()));
            }
            for work in outbox.follow_ups {
                let _ = self.follow_ups.send(work);
            }
            self.shared.events.submit(Vec::new(), outbox.events, None);
            return;
        }
        if outbox.replies.is_empty() && outbox.follow_ups.is_empty() {
            self.shared.events.submit(outbox.changes, outbox.events, None);
            return;
        }
        let follow_ups = self.follow_ups.clone();
        let done: Done = Box::new(move |committed| {
            for reply in outbox.replies {
                reply(committed.clone());
            }
            // A failed commit is retried by the writer until it holds; work that relies on it goes on all the same,
            // because the change is in memory and the next attempt carries it.
            for work in outbox.follow_ups {
                let _ = follow_ups.send(work);
            }
        });
        self.shared.events.submit(outbox.changes, outbox.events, Some(done));
    }

    fn next_revision(&mut self) -> u32 {
        let next = self.working.revision + 1;
        if next < self.revisions.end {
            if self.revisions.end - next < crate::store::BLOCK / 2 && !self.revisions.is_asked {
                self.revisions.is_asked = true;
                self.reserve_revisions();
            }
            return next;
        }
        let Some(first) = self.revisions.next_block.take() else {
            // The store has not answered half a block's time long: numbers beyond the block are still unique in this
            // process, and the block is asked for again.
            self.reserve_revisions();
            return next;
        };
        self.revisions.end = first + crate::store::BLOCK;
        self.revisions.is_asked = false;
        first
    }

    fn reserve_revisions(&self) {
        let store = self.shared.store.clone();
        let follow_ups = self.follow_ups.clone();
        self.shared.runtime.spawn(async move {
            match store.reserve_revisions().await {
                Ok(first) => {
                    let work: FollowUp =
                        Box::new(move |worker| worker.revisions.next_block = Some(first));
                    let _ = follow_ups.send(work);
                }
                Err(error) => tracing::warn!("no revisions could be reserved: {error}"),
            }
        });
    }

    /// Answers after the commit of what this turn changed.
    pub(super) fn reply(&mut self, reply: Done) {
        // The commit happens elsewhere and holds the changes of many requests; what became of it is told to each.
        let span = tracing::Span::current();
        self.outbox.replies.push(Box::new(move |committed| {
            span.in_scope(|| match &committed {
                Ok(()) => tracing::trace!("committed"),
                Err(reason) => tracing::warn!("not committed: {reason}"),
            });
            reply(committed);
        }));
    }

    /// Runs `work` on this thread after the commit of what this turn changed.
    pub(super) fn after_commit(&mut self, work: impl FnOnce(&mut Self) + Send + 'static) {
        self.outbox.follow_ups.push(Box::new(work));
    }

    /// A sender for work that comes from another thread.
    pub(super) fn follow_up_sender(&self) -> mpsc::UnboundedSender<FollowUp> {
        self.follow_ups.clone()
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.outbox.events.push(event);
    }

    /// Adds a change to the commit of this turn.
    pub(super) fn store(&mut self, change: Change) {
        self.outbox.changes.push(change);
    }

    /// Marks a row to be stored as a whole with this turn.
    pub(super) fn store_row(&mut self, key: TorrentKey) {
        self.dirty.insert(key);
    }

    /// Marks the working state as different from the published one.
    pub(super) fn touch(&mut self) {
        self.changed = true;
    }

    pub(super) fn set_session_paused(&mut self, paused: bool) -> Result<()> {
        if paused {
            self.session.pause()?;
            self.settle_times(|_| true);
        } else {
            self.session.resume()?;
        }
        Arc::make_mut(&mut self.working.context).session_paused = paused;
        self.touch();
        Ok(())
    }

    fn apply_profile(&mut self, profile: Arc<Profile>) {
        self.apply_settings(&profile);
        let old = std::mem::replace(&mut self.profile, profile);
        self.apply_session_wide(Some(&old));
        self.note_missing_interfaces();
        let old_context = Arc::clone(&self.working.context);
        let context = session::context(&self.profile, old_context.session_paused);
        if context != *old_context {
            self.working.context = Arc::new(context);
            self.touch();
            self.relocate_defaults(&old_context);
        }
        self.refresh_all_states();
        self.hurry();
    }

    /// Tells libtorrent what differs from what it was told last, and returns that.
    pub(super) fn apply_settings(&mut self, profile: &Profile) -> Vec<Setting> {
        let settings = session::settings(profile, &self.host);
        let changed = session::changed(&self.settings, &settings);
        if changed.iter().any(|setting| setting.name == "listen_interfaces") {
            // Sockets that cannot be opened are reported anew.
            self.shared.health.relieve(Part::Listening);
        }
        if !changed.is_empty()
            && let Err(error) = self.session.apply(&changed)
        {
            tracing::error!("libtorrent refuses the changed settings: {error}");
        }
        self.settings = settings;
        changed
    }

    /// Applies what libtorrent takes by calls of their own: filters, exempt peers, per-torrent defaults.
    pub(super) fn apply_session_wide(&mut self, old: Option<&Profile>) {
        let profile = Arc::clone(&self.profile);
        if old.is_none_or(|old| {
            old.filter != profile.filter || old.connection.ipv6 != profile.connection.ipv6
        }) {
            self.load_ip_filter();
        }
        let (local, utp) = session::limited_peers(&profile);
        let classes = session::peer_classes(&profile);
        if let Err(error) = self.session.set_limited_peers(local, utp, &classes) {
            tracing::error!("peer classes cannot be set: {error}");
        }
        if let Some(old) = old {
            self.apply_tracker_hosts();
            self.apply_torrent_defaults(old);
        }
    }
}
