//! From the store to libtorrent: everything is listed at once from the database, then torrents attach in the
//! background, most recently active first, and what a crash left half done is made good before each one attaches.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use imbl::{OrdMap, OrdSet};
use revaer_native::{AddTorrent, Failure, Rename, Result as NativeResult, Source, TorrentFlags};
use tokio::sync::{mpsc, oneshot};

use super::courtesy::Patience;
use super::snapshot::{Row, Snapshot};
use super::worker::{Attachment, Entry, FollowUp, Worker};
use super::{Shared, content, erase, session, suffix};
use crate::events::Kind;
use crate::model::{RunMode, Torrent, TorrentKey, TorrentState};
use crate::settings::Settings;
use crate::store::{AllTime, BLOCK, Intent, Result as StoreResult, Store, Work};

/// Torrents handed to libtorrent at once: small enough that the engine thread stays responsive.
const BATCH: usize = 64;

/// Attached torrents after which the session starts to run; the most recently active ones come first.
const RUN_AFTER: usize = 1000;

/// What the store knew at start.
pub(super) struct Loaded {
    pub(super) snapshot: Snapshot,
    pub(super) entries: HashMap<TorrentKey, Entry>,
    pub(super) aliases: HashMap<[u8; 20], TorrentKey>,
    pub(super) intents: HashMap<u64, Intent>,
    pub(super) all_time: AllTime,
    pub(super) next_key: u64,
    pub(super) next_intent: u64,
    pub(super) revision_end: u32,
    /// Rows whose times went on after they were stored: they are stored anew.
    pub(super) settled: HashSet<TorrentKey>,
}

/// One torrent with its blobs, ready for libtorrent.
pub(super) struct Attach {
    pub(super) key: TorrentKey,
    pub(super) metainfo: Option<Vec<u8>>,
    pub(super) resume: Option<Vec<u8>>,
    /// Both as libtorrent takes them. Without metainfo there is none: a magnet is made of the row.
    source: Option<NativeResult<Source>>,
}

impl Attach {
    fn read(key: TorrentKey, metainfo: Option<Vec<u8>>, resume: Option<Vec<u8>>) -> Self {
        let mut attach = Self { key, metainfo, resume, source: None };
        attach.source = attach.metainfo.as_deref().map(|metainfo| attach.source(metainfo, ""));
        attach
    }

    /// Resume data that cannot be read must not cost the torrent: its files are checked instead.
    fn source(&self, metainfo: &[u8], magnet: &str) -> NativeResult<Source> {
        let resume = self.resume.as_deref().unwrap_or_default();
        match Source::load(metainfo, magnet, resume) {
            Err(error) if !resume.is_empty() => {
                tracing::warn!(torrent.key = self.key.0, "resume data cannot be used: {error}");
                Source::load(metainfo, magnet, &[])
            }
            loaded => loaded,
        }
    }
}

/// What was found on disk before a torrent is handed over.
#[derive(Default)]
struct OnDisk {
    /// Paths that differ from the wishes.
    physical: Vec<(u32, String)>,
    /// There is no resume data, and all files are there in full size.
    is_whole: bool,
}

/// Torrents that were handed over together; answered when libtorrent has taken them all.
pub(super) struct Batch {
    waiting: HashSet<TorrentKey>,
    done: oneshot::Sender<()>,
}

/// Reads the last known state.
pub(super) async fn load(store: &Store, settings: &Settings) -> StoreResult<Loaded> {
    let (categories, tags) = store.labels().await?;
    let records = store.torrents().await?;
    let intents = store.intents().await?;
    let alive = store.alive().await?;
    let mut settled = HashSet::new();
    let mut torrents = OrdMap::new();
    let mut trackers: OrdMap<Arc<str>, OrdSet<_>> = OrdMap::new();
    let mut entries = HashMap::with_capacity(records.len());
    let mut aliases = HashMap::new();
    for record in records {
        let mut torrent = record.torrent;
        let id = torrent.facts.id;
        let status = &mut torrent.status;
        // libtorrent mentions an idle torrent seldom, and its times go on all the same.
        if status.times_read.is_some() {
            match alive {
                Some(alive) => status.settle_times(alive),
                None => status.times_read = None,
            }
            settled.insert(torrent.key);
        }
        status.state = TorrentState::CheckingResumeData;
        (status.download_rate, status.upload_rate) = (0, 0);
        (status.average_download_rate, status.average_upload_rate) = (0, 0);
        (status.downloaded_session, status.uploaded_session) = (0, 0);
        (status.seeds, status.leechers, status.connections) = (0, 0, 0);
        status.next_announce = None;
        status.error = None;
        let mut entry = Entry::new(id, Attachment::Waiting);
        entry.wishes = record.files;
        entry.recheck_pending = record.recheck_pending;
        entries.insert(torrent.key, entry);
        if let (Some(v1), Some(_)) = (torrent.facts.hashes.v1, torrent.facts.hashes.v2) {
            aliases.insert(v1, torrent.key);
        }
        for announce in torrent.announces.iter() {
            trackers.entry(Arc::clone(&announce.url)).or_insert_with(OrdSet::new).insert(id);
        }
        torrents.insert(id, Row(Arc::new(torrent)));
    }
    let revision = store.reserve_revisions().await?;
    let snapshot = Snapshot {
        revision,
        torrents,
        categories: categories
            .into_iter()
            .map(|category| (Arc::from(category.name.as_str()), Arc::new(category)))
            .collect(),
        tags: tags.into_iter().collect(),
        trackers,
        totals: Arc::default(),
        context: Arc::new(session::context(
            &settings.effective(),
            settings.effective().engine.start_paused,
        )),
        rows_written: 0,
    };
    Ok(Loaded {
        snapshot,
        entries,
        aliases,
        next_intent: intents.iter().map(|intent| intent.id + 1).max().unwrap_or(1),
        intents: intents.into_iter().map(|intent| (intent.id, intent)).collect(),
        all_time: store.all_time().await?,
        next_key: store.next_key().await?,
        revision_end: revision + BLOCK,
        settled,
    })
}

/// The order in which torrents attach: unfinished ones and those that moved data last come first.
pub(super) fn order(snapshot: &Snapshot) -> VecDeque<TorrentKey> {
    let mut rows: Vec<&Torrent> = snapshot.torrents.values().map(|row| &**row).collect();
    rows.sort_by_key(|torrent| {
        let is_complete = torrent.status.completed_at.is_some();
        let activity = torrent.status.last_activity.unwrap_or(torrent.facts.added_at);
        (torrent.options.run == RunMode::Stopped, is_complete, std::cmp::Reverse(activity))
    });
    rows.into_iter().map(|torrent| torrent.key).collect()
}

/// The stored queue. Attaching makes its own, and rows show that one as soon as libtorrent mentions them, so this is
/// asked for before.
pub(super) fn queue(snapshot: &Snapshot) -> Vec<TorrentKey> {
    let mut queue: Vec<(u32, TorrentKey)> = snapshot
        .torrents
        .values()
        .filter(|row| row.status.completed_at.is_none())
        .filter_map(|row| Some((row.status.queue_position?, row.key)))
        .collect();
    queue.sort_unstable();
    queue.into_iter().map(|(_, key)| key).collect()
}

/// Attaches all torrents, batch by batch; torrents that somebody asks about jump the queue.
pub(super) async fn attach_all(
    shared: Arc<Shared>,
    mut keys: VecDeque<TorrentKey>,
    queue: Vec<TorrentKey>,
    mut urgent: mpsc::UnboundedReceiver<TorrentKey>,
    follow_ups: mpsc::UnboundedSender<FollowUp>,
) {
    finish_deletions(&shared, &follow_ups).await;
    let mut seen = HashSet::with_capacity(keys.len());
    let mut attached = 0;
    let mut is_running = false;
    let mut patience = Patience::default();
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        tokio::select! {
            biased;
            Some(key) = urgent.recv() => batch.extend(seen.insert(key).then_some(key)),
            () = patience.step_back(&shared.courtesy) => {}
        }
        while let Ok(key) = urgent.try_recv() {
            if seen.insert(key) {
                batch.push(key);
            }
        }
        while batch.len() < BATCH {
            let Some(key) = keys.pop_front() else { break };
            if seen.insert(key) {
                batch.push(key);
            }
        }
        if batch.is_empty() && keys.is_empty() {
            break;
        }
        attached += batch.len();
        if !attach_batch(&shared, batch, &follow_ups).await {
            return;
        }
        if !is_running && attached >= RUN_AFTER {
            is_running = true;
            let _ = follow_ups.send(Box::new(Worker::start_session));
        }
    }
    let _ = follow_ups.send(Box::new(move |worker| {
        if !is_running {
            worker.start_session();
        }
        worker.all_attached(&queue);
    }));
    // Reading and parsing everything leaves a heap full of holes.
    let _ = tokio::task::spawn_blocking(revaer_native::release_unused_memory).await;
}

/// Attaches torrents that came in while the engine runs.
pub(super) async fn attach_lot(
    shared: &Arc<Shared>,
    keys: Vec<TorrentKey>,
    follow_ups: &mpsc::UnboundedSender<FollowUp>,
) {
    for batch in keys.chunks(BATCH) {
        if !attach_batch(shared, batch.to_vec(), follow_ups).await {
            return;
        }
    }
}

/// Returns false if the engine has gone.
async fn attach_batch(
    shared: &Arc<Shared>,
    keys: Vec<TorrentKey>,
    follow_ups: &mpsc::UnboundedSender<FollowUp>,
) -> bool {
    let blobs = match shared.store.blobs(&keys).await {
        Ok(blobs) => blobs,
        Err(error) => {
            tracing::error!("{} torrents cannot be read from the database: {error}", keys.len());
            return true;
        }
    };
    let mut by_key: HashMap<TorrentKey, _> =
        blobs.into_iter().map(|(key, metainfo, resume)| (key, (metainfo, resume))).collect();
    let reading = tokio::task::spawn_blocking(move || {
        let attach = |key| {
            let (metainfo, resume) = by_key.remove(&key).unwrap_or_default();
            Attach::read(key, metainfo, resume)
        };
        keys.into_iter().map(attach).collect()
    });
    let Ok(attaches) = reading.await else { return false };
    let (done, all_added) = oneshot::channel();
    let work: FollowUp = Box::new(move |worker| worker.attach_batch(attaches, done));
    follow_ups.send(work).is_ok() && all_added.await.is_ok()
}

/// Deletes the files of torrents whose removal a crash interrupted.
async fn finish_deletions(shared: &Arc<Shared>, follow_ups: &mpsc::UnboundedSender<FollowUp>) {
    let Ok(intents) = shared.store.intents().await else { return };
    for intent in intents {
        if let Work::Delete { base, files } = intent.work {
            let erased = tokio::task::spawn_blocking(move || erase::erase(&base, &files)).await;
            if let Ok(Err(error)) = erased {
                tracing::warn!("files of a removed torrent could not be deleted: {error}");
            }
            let _ = follow_ups.send(Box::new(move |worker| worker.forget_intent(intent.id)));
        }
    }
}

impl Worker {
    fn start_session(&mut self) {
        if self.working.context.session_paused {
            return;
        }
        if let Err(error) = self.session.resume() {
            tracing::error!("the session cannot be started: {error}");
        }
        self.hurry();
    }

    /// Hands a batch to libtorrent; torrents with unfinished work get it finished first, off this thread.
    fn attach_batch(&mut self, attaches: Vec<Attach>, done: oneshot::Sender<()>) {
        let mut waiting = HashSet::with_capacity(attaches.len());
        for attach in attaches {
            let key = attach.key;
            if !self.entries.get(&key).is_some_and(|entry| entry.attachment == Attachment::Waiting)
            {
                continue;
            }
            waiting.insert(key);
            let unfinished: Vec<Work> = self
                .intents
                .values()
                .filter(|intent| {
                    intent.key == key
                        && matches!(intent.work, Work::Move { .. } | Work::Rename { .. })
                })
                .map(|intent| intent.work.clone())
                .collect();
            // Files that are not complete may bear the suffix, also from before the setting changed.
            let is_incomplete =
                self.torrent(key).is_some_and(|torrent| torrent.status.completed_at.is_none());
            let checks_suffix = attach.metainfo.is_some()
                && (is_incomplete || self.profile.downloads.incomplete_suffix);
            let looks = checks_suffix || (attach.metainfo.is_some() && attach.resume.is_none());
            if unfinished.is_empty() && !looks {
                self.attach(attach, OnDisk::default());
            } else {
                self.repair_then_attach(attach, unfinished, checks_suffix);
            }
        }
        self.batches.push(Batch { waiting, done });
        self.settle_batches();
    }

    fn repair_then_attach(&mut self, attach: Attach, unfinished: Vec<Work>, suffix: bool) {
        let Some(location) = self.actual_location(attach.key) else { return };
        let renames = self
            .entries
            .get(&attach.key)
            .map(|entry| entry.wishes.renames.clone())
            .unwrap_or_default();
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn_blocking(move || {
            let metainfo = attach.metainfo.as_deref();
            let physical = erase::repair(metainfo, &location, &renames, &unfinished, suffix);
            let is_whole =
                attach.resume.is_none() && erase::is_whole(metainfo, &location, &renames);
            let found = OnDisk { physical, is_whole };
            let _ = follow_ups.send(Box::new(move |worker| worker.attach(attach, found)));
        });
    }

    /// Hands one torrent to libtorrent.
    fn attach(&mut self, mut attach: Attach, found: OnDisk) {
        let key = attach.key;
        let OnDisk { physical, is_whole } = found;
        let has_resume = attach.resume.is_some();
        if !has_resume
            && attach.metainfo.is_some()
            && let Some(entry) = self.entries.get_mut(&key)
        {
            // libtorrent looks at the files of a running torrent by itself; a stopped one must be let.
            entry.awaits_first_check = true;
        }
        let suffixed = suffix::carriers(&physical);
        let source = attach.source.take().or_else(|| {
            let torrent = self.torrent(key)?;
            Some(attach.source(&[], &magnet(torrent)))
        });
        let (Some(source), Some(mut request)) = (source, self.attach_request(key, physical)) else {
            self.settle_attach(key);
            return;
        };
        let was_complete =
            self.torrent(key).is_some_and(|torrent| torrent.status.completed_at.is_some());
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let is_vouched_for = !has_resume && (was_complete || entry.is_trusted);
        if is_vouched_for && (is_whole || entry.wishes.wants_all()) {
            // It was complete and its files are: a crash before the first resume data costs no check. If files are
            // missing, libtorrent says so, and nothing is loaded into their place.
            request.flags = request.flags.with(TorrentFlags::SEED_MODE);
            // It takes nothing for complete of which files are left out, and hears of those once it has looked.
            request.file_priorities.clear();
        }
        entry.attachment = Attachment::Submitted;
        entry.has_resume = has_resume;
        entry.suffixed = suffixed;
        let submitted = source.and_then(|source| self.session.add(&request, source));
        if let Err(error) = submitted {
            let failure = Failure { category: String::new(), code: -1, message: error.to_string() };
            self.added(key, Some(failure));
        }
    }

    fn attach_request(&self, key: TorrentKey, physical: Vec<(u32, String)>) -> Option<AddTorrent> {
        let torrent = self.torrent(key)?;
        let entry = self.entries.get(&key)?;
        let mut renames: Vec<Rename> = entry
            .wishes
            .renames
            .iter()
            .map(|(file, path)| Rename { file: *file, path: path.clone() })
            .collect();
        for (file, path) in physical {
            renames.retain(|rename| rename.file != file);
            renames.push(Rename { file, path });
        }
        Some(AddTorrent {
            save_path: self.actual_location(key)?,
            renames,
            totals: Some(revaer_native::AddTotals {
                uploaded: torrent.status.uploaded,
                downloaded: torrent.status.downloaded,
                active_seconds: torrent.status.active_seconds,
                finished_seconds: torrent.status.seeding_seconds,
                added_at: torrent.facts.added_at,
                completed_at: torrent.status.completed_at.unwrap_or(0),
            }),
            ..self.wished(torrent, entry)
        })
    }

    /// What libtorrent is told of a torrent whatever it comes from: everything that the row wishes.
    pub(super) fn wished(&self, torrent: &Torrent, entry: &Entry) -> AddTorrent {
        let (max_connections, max_uploads) =
            session::torrent_limits(&self.profile, &torrent.options);
        AddTorrent {
            key: torrent.key.0,
            save_path: torrent.location().to_owned(),
            trackers: self.announced(&torrent.announces),
            web_seeds: torrent.facts.web_seeds.clone(),
            file_priorities: content::levels(&entry.wishes),
            flags: self.flags(torrent),
            download_limit: native_limit(torrent.options.download_limit),
            upload_limit: native_limit(torrent.options.upload_limit),
            max_connections,
            max_uploads,
            allocate: torrent.options.preallocate.unwrap_or(self.profile.downloads.preallocate),
            ..AddTorrent::default()
        }
    }

    /// libtorrent's flags for the wishes of a torrent.
    pub(super) fn flags(&self, torrent: &Torrent) -> TorrentFlags {
        let mut flags = TorrentFlags::APPLY_IP_FILTER;
        flags = match torrent.options.run {
            RunMode::Stopped => flags.with(TorrentFlags::PAUSED),
            RunMode::Auto => flags.with(TorrentFlags::AUTO_MANAGED),
            RunMode::Forced => flags,
        };
        if torrent.options.sequential {
            flags = flags.with(TorrentFlags::SEQUENTIAL);
        }
        if torrent.options.super_seeding && torrent.status.completed_at.is_some() {
            flags = flags.with(TorrentFlags::SUPER_SEEDING);
        }
        flags.with(session::barred_sources(&self.profile, torrent.options.sources))
    }

    /// libtorrent has taken a torrent, or refused it.
    pub(super) fn added(&mut self, key: TorrentKey, failure: Option<Failure>) {
        if self.preview_added(key, failure.as_ref()) {
            return;
        }
        let is_new = self.adds.contains_key(&key);
        let Some(entry) = self.entries.get_mut(&key) else {
            self.added_too_late(key, failure.is_some());
            return;
        };
        if is_new {
            self.new_torrent_added(key, failure);
            return;
        }
        match failure {
            None => {
                entry.attachment = Attachment::Live;
                let recheck = entry.recheck_pending;
                if recheck && let Err(error) = self.session.force_recheck(key.0) {
                    tracing::warn!(torrent.key = key.0, "the recheck cannot be repeated: {error}");
                }
                self.reconcile(key);
            }
            Some(failure) => {
                entry.attachment = Attachment::Refused;
                let message: Arc<str> = failure.message.as_str().into();
                tracing::error!(torrent.key = key.0, "libtorrent refuses the torrent: {message}");
                entry.phase = crate::model::state::Phase::Downloading;
                self.edit(key, |torrent| torrent.status.error = Some(message));
                self.refresh_state(key);
                self.emit_for(key, Kind::Failed { reason: failure.message });
            }
        }
        self.settle_attach(key);
        self.hurry();
    }

    /// Compares where the content is with where it belongs, and goes on with a move that a stop interrupted.
    fn reconcile(&mut self, key: TorrentKey) {
        let pending = self.intents.values().find_map(|intent| match &intent.work {
            Work::Move { to, .. } if intent.key == key => Some(to.clone()),
            _ => None,
        });
        self.catch_up_renames(key);
        if let Some(to) = pending {
            self.emit_for(key, Kind::Reconciled { what: format!("the move to `{to}` goes on") });
            self.enqueue_move(key, to.into());
        }
        if let Err(error) = self.apply_run(key) {
            tracing::warn!(torrent.key = key.0, "the torrent cannot be run as wished: {error}");
        }
    }

    fn settle_attach(&mut self, key: TorrentKey) {
        for batch in &mut self.batches {
            batch.waiting.remove(&key);
        }
        self.settle_batches();
    }

    fn settle_batches(&mut self) {
        let (done, waiting): (Vec<Batch>, Vec<Batch>) = std::mem::take(&mut self.batches)
            .into_iter()
            .partition(|batch| batch.waiting.is_empty());
        self.batches = waiting;
        for batch in done {
            let _ = batch.done.send(());
        }
    }

    /// All torrents are with libtorrent: the queue gets the stored order.
    fn all_attached(&mut self, queue: &[TorrentKey]) {
        for (position, key) in (0..).zip(queue.iter().copied()) {
            if self.entries.get(&key).is_some_and(|entry| entry.attachment == Attachment::Live)
                && let Err(error) = self.session.queue_set(key.0, position)
            {
                tracing::debug!(
                    torrent.key = key.0,
                    "the queue position cannot be restored: {error}"
                );
            }
        }
        self.alive_due = Some(Instant::now());
        self.shared.health.set_running();
        tracing::info!("all {} torrents are attached", self.entries.len());
    }

    /// Takes a torrent out of libtorrent and hands it back anew, so that its files are looked at again.
    pub(super) fn reattach(&mut self, key: TorrentKey) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.has_missing_files = false;
        entry.has_error = false;
        entry.was_seen = false;
        entry.phase = crate::model::state::Phase::CheckingResumeData;
        let was_live = entry.attachment == Attachment::Live;
        entry.attachment = Attachment::Waiting;
        self.edit(key, |torrent| torrent.status.error = None);
        self.refresh_state(key);
        let attach: FollowUp = Box::new(move |worker| worker.load_and_attach(key));
        if was_live && self.session.remove(key.0, false).is_ok() {
            self.leaving.insert(key, attach);
        } else {
            attach(self);
        }
    }

    fn load_and_attach(&mut self, key: TorrentKey) {
        let shared = Arc::clone(&self.shared);
        let follow_ups = self.follow_up_sender();
        self.shared
            .runtime
            .spawn(async move { attach_batch(&shared, vec![key], &follow_ups).await });
    }

    pub(super) fn forget_intent(&mut self, id: u64) {
        self.intents.remove(&id);
        self.store(crate::store::Change::RemoveIntent(id));
    }
}

/// libtorrent's number for a limit: -1 is none.
pub(super) fn native_limit(limit: Option<u32>) -> i32 {
    limit.map_or(-1, |limit| i32::try_from(limit).unwrap_or(i32::MAX))
}

/// A magnet with the hashes and the name of a torrent.
fn magnet(torrent: &Torrent) -> String {
    let hashes = &torrent.facts.hashes;
    let mut topics = Vec::new();
    if let Some(v1) = hashes.v1 {
        topics.push(format!("xt=urn:btih:{}", hex::encode(v1)));
    }
    if let Some(v2) = hashes.v2 {
        topics.push(format!("xt=urn:btmh:1220{}", hex::encode(v2)));
    }
    format!("magnet:?{}", topics.join("&"))
}
