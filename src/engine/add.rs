//! Admits torrents: duplicates, paths, priorities.
//!
//! The row exists from the moment the add is submitted, because other alerts of the torrent may come before
//! libtorrent's answer; it is taken back if the answer is no. It is committed while libtorrent works, and the caller
//! is answered when both are done.

use std::net::SocketAddr;
use std::sync::Arc;

use revaer_native::{
    AddTorrent, Failure, Magnet, Metainfo, Rename, Source, TorrentFlags, TrackerEntry,
};
use tokio::sync::oneshot;

use super::metainfo::storable;
use super::reduce::unix_now;
use super::worker::{Attachment, Entry, FollowUp, Worker};
use super::{Engine, Error, Result, content, query, sample, suffix};
use crate::events::Kind;
use crate::model::state::Phase;
use crate::model::{
    Announce, ContentLayout, Facts, InfoHashes, Options, OwnLimit, PeerSources, Priority, RunMode,
    ShareLimits, Status, StopCondition, Tag, Torrent, TorrentId, TorrentKey, path,
};
use crate::store::Change;

/// Bytes of a torrent file that are read faster than they could be handed to another thread.
pub const SMALL: usize = 16 << 10;

/// Where the content of a new torrent comes from; parsed before the engine thread sees it.
#[derive(Debug, Clone)]
pub enum Content {
    Metainfo { bytes: Arc<[u8]>, parsed: Box<Metainfo> },
    Magnet { uri: String, parsed: Box<Magnet> },
}

impl Content {
    #[must_use]
    pub fn hashes(&self) -> InfoHashes {
        match self {
            Self::Metainfo { parsed, .. } => InfoHashes { v1: parsed.v1, v2: parsed.v2 },
            Self::Magnet { parsed, .. } => InfoHashes { v1: parsed.v1, v2: parsed.v2 },
        }
    }

    fn trackers(&self) -> &[TrackerEntry] {
        match self {
            Self::Metainfo { parsed, .. } => &parsed.trackers,
            Self::Magnet { parsed, .. } => &parsed.trackers,
        }
    }

    fn web_seeds(&self) -> &[String] {
        match self {
            Self::Metainfo { parsed, .. } => &parsed.web_seeds,
            Self::Magnet { parsed, .. } => &parsed.web_seeds,
        }
    }

    /// Reads it for libtorrent, on another thread if it is large.
    async fn load(&self) -> Result<Source> {
        match self {
            Self::Magnet { uri, .. } => Ok(Source::load(&[], uri, &[])?),
            Self::Metainfo { bytes, .. } if bytes.len() <= SMALL => {
                Ok(Source::load(bytes, "", &[])?)
            }
            Self::Metainfo { bytes, .. } => {
                let bytes = Arc::clone(bytes);
                query::blocking(move || Source::load(&bytes, "", &[])).await
            }
        }
    }

    fn metainfo(&self) -> Option<&Metainfo> {
        match self {
            Self::Metainfo { parsed, .. } => Some(parsed),
            Self::Magnet { .. } => None,
        }
    }
}

/// One torrent to add, with everything decided that the request left open.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent option of the request")]
pub struct AddRequest {
    pub content: Content,
    pub name: Option<String>,
    /// Created if it does not exist; must be a valid name.
    pub category: Option<String>,
    pub tags: Vec<Tag>,
    pub auto_managed: bool,
    /// Absolute and normalised.
    pub save_path: String,
    pub download_path: Option<String>,
    pub run: RunMode,
    pub stop_condition: StopCondition,
    pub layout: ContentLayout,
    pub download_limit: Option<u32>,
    pub upload_limit: Option<u32>,
    pub max_connections: OwnLimit,
    pub max_uploads: OwnLimit,
    pub sources: PeerSources,
    pub share: ShareLimits,
    pub sequential: bool,
    pub first_last_first: bool,
    /// Begins when the torrent is complete.
    pub super_seeding: bool,
    /// Assume that all data is here.
    pub skip_checking: bool,
    /// Pieces that are looked at before that is believed.
    pub sample: u16,
    pub preallocate: Option<bool>,
    pub top_of_queue: bool,
    /// From 0; goes before `top_of_queue`.
    pub queue_position: Option<u32>,
    /// Per file index of the metainfo, empty for all normal.
    pub priorities: Vec<Priority>,
    /// Added to those of the content, or in their place.
    pub trackers: Vec<(u8, String)>,
    pub replaces_trackers: bool,
    /// Added to those of the content.
    pub web_seeds: Vec<String>,
    pub peers: Vec<SocketAddr>,
    /// Duplicates merge trackers and web seeds of public torrents.
    pub merge_trackers: bool,
}

/// An add that libtorrent has not answered yet.
pub(super) struct PendingAdd {
    answer: oneshot::Sender<Result<TorrentId>>,
    has_metadata: bool,
    peers: Vec<SocketAddr>,
    top_of_queue: bool,
    queue_position: Option<u32>,
}

impl PendingAdd {
    pub(super) fn refuse(self, error: Error) {
        let _ = self.answer.send(Err(error));
    }
}

impl Engine {
    /// Orders the add of a torrent; the future that is returned waits for what becomes of it.
    ///
    /// # Errors
    /// `Invalid` if the sample shows that the data is not there. The future: `Duplicate` if either info-hash is known; a
    /// duplicate that lacks metadata takes that of the request first.
    pub async fn add(
        &self,
        mut request: AddRequest,
    ) -> Result<impl Future<Output = Result<TorrentId>> + use<>> {
        if let Content::Metainfo { bytes, parsed } = &mut request.content
            && let Some(plain) = storable(bytes, parsed)?
        {
            *bytes = plain.into();
        }
        let suffix = self.shared.settings.effective().downloads.incomplete_suffix;
        let (request, found) = if OnDisk::matters(&request, suffix) {
            let looking = tokio::task::spawn_blocking(move || {
                let found = OnDisk::look(&request, suffix)?;
                Ok::<_, Error>((request, found))
            });
            let found = looking.await;
            found.map_err(|_| Error::Unavailable("the engine is stopping".to_owned()))??
        } else {
            (request, OnDisk::default())
        };
        let source = request.content.load().await?;
        let (durable, committed) = oneshot::channel();
        let added = self
            .run_later("add", move |worker, answer| {
                worker.add(request, source, found, answer, durable);
            })
            .await?;
        Ok(async move {
            // Waited for first, because it comes last.
            let committed = committed.await;
            let id = added.await?;
            match committed {
                Ok(Ok(())) => Ok(id),
                Ok(Err(error)) => Err(Error::Store(error)),
                Err(_) => Err(Error::Unavailable("the engine restarts".to_owned())),
            }
        })
    }
}

/// What lies on the disk of a torrent that is to be added; looked at before the engine thread sees the request.
#[derive(Default)]
struct OnDisk {
    lies_in_save_path: bool,
    /// The names of files, if they differ from the wished ones because of the suffix of incomplete files.
    names: Option<Vec<(u32, String)>>,
}

impl OnDisk {
    /// False if whatever lies there changes nothing.
    fn matters(request: &AddRequest, suffix: bool) -> bool {
        request.content.metainfo().is_some()
            && (request.download_path.is_some()
                || request.wants_sample()
                || (suffix && !request.skip_checking))
    }

    fn look(request: &AddRequest, suffix: bool) -> Result<Self> {
        if request.wants_sample()
            && let Content::Metainfo { bytes, parsed } = &request.content
        {
            let (renames, _) = content::lay_out(&parsed.files, request.layout, &parsed.name);
            sample::check(bytes, parsed, &renames, &request.save_path, request.sample)?;
        }
        let lies_in_save_path = request.download_path.is_some() && lies_there(request);
        let location = match &request.download_path {
            Some(path) if !lies_in_save_path => path,
            _ => &request.save_path,
        };
        let names =
            request.content.metainfo().filter(|_| suffix && !request.skip_checking).map(|parsed| {
                let (renames, _) = content::lay_out(&parsed.files, request.layout, &parsed.name);
                suffix::suffixed(&parsed.files, &renames, location)
            });
        Ok(Self { lies_in_save_path, names })
    }
}

impl AddRequest {
    fn wants_sample(&self) -> bool {
        self.skip_checking && self.sample > 0
    }
}

/// True if every file lies in the save path in full size: the content need not start in the download path.
fn lies_there(request: &AddRequest) -> bool {
    let Some(parsed) = request.content.metainfo() else { return false };
    let (renames, _) = content::lay_out(&parsed.files, request.layout, &parsed.name);
    content::visible(&parsed.files, &renames).into_iter().all(|(index, file)| {
        fs_err::symlink_metadata(path::join(&request.save_path, file)).is_ok_and(|meta| {
            meta.is_file() && i64::try_from(meta.len()) == Ok(parsed.files[index as usize].size)
        })
    })
}

impl Worker {
    fn add(
        &mut self,
        request: AddRequest,
        source: Source,
        found: OnDisk,
        answer: oneshot::Sender<Result<TorrentId>>,
        durable: oneshot::Sender<std::result::Result<(), String>>,
    ) {
        let hashes = request.content.hashes();
        if let Some(key) = self.known_hashes(&hashes) {
            let error = self.duplicate(key, &request);
            self.reply(Box::new(move |committed| {
                let _ = answer.send(committed.map_err(Error::Store).and(Err(error)));
            }));
            return;
        }
        let actor = self.actor.clone();
        if let Some(then) = self.in_the_way(&hashes) {
            then.push(Box::new(move |worker| {
                worker.actor = actor;
                worker.add(request, source, found, answer, durable);
            }));
            return;
        }
        self.supersede_preview(&hashes);
        let key = TorrentKey(self.next_key);
        self.next_key += 1;
        let (renames, mut torrent) = new_torrent(key, &request, found.lies_in_save_path);
        torrent.status.connections_limit =
            super::session::torrent_limits(&self.profile, &torrent.options).0;
        // It goes to the end of the queue, which clients see with the answer; what takes it elsewhere comes later.
        torrent.status.queue_position = (!request.skip_checking).then_some(self.queued);
        let id = torrent.facts.id;
        let mut entry = Entry::new(id, Attachment::Submitted);
        entry.wishes.renames = renames;
        entry.suffixed = found.names.as_deref().map(suffix::carriers).unwrap_or_default();
        entry.wishes.priorities.clone_from(&request.priorities);
        entry.is_trusted = request.skip_checking && request.content.metainfo().is_some();
        if request.content.metainfo().is_none() {
            entry.phase = Phase::DownloadingMetadata;
            entry.is_paused = false;
        }
        self.entries.insert(key, entry);
        self.insert_row(torrent);
        self.refresh_state(key);
        // One commit for all of it: an add that is not acknowledged leaves everything or nothing behind.
        if let Content::Metainfo { bytes, .. } = &request.content {
            self.store(Change::PutMetainfo(key, bytes.to_vec()));
        }
        self.store_row(key);
        // In the commit of the row: who follows the events sees each torrent that is kept, whenever a crash comes.
        let name = self.torrent(key).map(|torrent| torrent.name().to_owned()).unwrap_or_default();
        self.emit_for(key, Kind::Added { name });
        self.ensure_labels(request.category.clone(), &request.tags);
        self.reply(Box::new(move |committed| {
            let _ = durable.send(committed);
        }));
        let submitted =
            self.add_request(key, &request, found.names).map(|add| self.session.add(&add, source));
        let pending = PendingAdd {
            answer,
            has_metadata: request.content.metainfo().is_some(),
            peers: request.peers,
            top_of_queue: request.top_of_queue,
            queue_position: request.queue_position,
        };
        self.adds.insert(key, pending);
        if let Some(Err(error)) = submitted {
            let failure = Failure { category: String::new(), code: -1, message: error.to_string() };
            self.new_torrent_added(key, Some(failure));
        }
    }

    /// What has to end before libtorrent can take a torrent: the removal of the same, or a preview that it does not have
    /// yet.
    fn in_the_way(&mut self, hashes: &InfoHashes) -> Option<&mut Vec<FollowUp>> {
        if self.departure(hashes).is_some() {
            return self.departure(hashes);
        }
        self.preview_on_its_way(hashes)
    }

    /// The torrent that has one of these hashes.
    pub(super) fn known_hashes(&self, hashes: &InfoHashes) -> Option<TorrentKey> {
        let by_id = self.find(hashes.id()).ok();
        by_id.or_else(|| hashes.v1.and_then(|v1| self.aliases.get(&v1).copied()))
    }

    /// Gives an existing torrent what the duplicate knows more.
    fn duplicate(&mut self, key: TorrentKey, request: &AddRequest) -> Error {
        let Some(torrent) = self.torrent(key) else {
            return Error::Unavailable("the torrent has just been removed".to_owned());
        };
        let id = torrent.facts.id;
        let is_private =
            torrent.facts.metadata.as_ref().is_some_and(|metadata| metadata.is_private)
                || request.content.metainfo().is_some_and(|parsed| parsed.is_private);
        let lacks_metadata = torrent.facts.metadata.is_none();
        if lacks_metadata
            && let Content::Metainfo { bytes, .. } = &request.content
            && let Some(session) = self.live(key)
            && let Err(error) = session.set_metadata(key.0, bytes)
        {
            tracing::warn!(torrent.id = %id, "the metadata of a duplicate cannot be taken over: {error}");
        }
        if request.merge_trackers && !is_private {
            let trackers = merged_trackers(request);
            if let Err(error) = self.merge_trackers(key, &trackers, request.content.web_seeds()) {
                tracing::warn!(torrent.id = %id, "the trackers of a duplicate cannot be merged: {error}");
            }
        }
        Error::Duplicate(id)
    }

    fn add_request(
        &self,
        key: TorrentKey,
        request: &AddRequest,
        names: Option<Vec<(u32, String)>>,
    ) -> Option<AddTorrent> {
        let torrent = self.torrent(key)?;
        let entry = self.entries.get(&key)?;
        let mut add = self.wished(torrent, entry);
        let renames = names.unwrap_or_else(|| entry.wishes.renames.clone());
        add.renames = renames.into_iter().map(|(file, path)| Rename { file, path }).collect();
        if request.content.metainfo().is_some() {
            if request.skip_checking {
                add.flags = add.flags.with(TorrentFlags::SEED_MODE);
            }
            if request.stop_condition == StopCondition::FilesChecked {
                add.flags = add.flags.with(TorrentFlags::STOP_WHEN_READY);
            }
        }
        Some(add)
    }

    /// libtorrent answered the add of a new torrent.
    pub(super) fn new_torrent_added(&mut self, key: TorrentKey, failure: Option<Failure>) {
        let Some(pending) = self.adds.remove(&key) else { return };
        if let Some(failure) = failure {
            let row = self.take_row(key);
            if let Some(row) = &row {
                self.emit_about(row, Kind::Removed { with_content: false });
            }
            let id = row.map(|row| row.facts.id);
            self.store(Change::RemoveTorrent(key));
            let error = match id {
                Some(id) if failure.message.contains("exist") => Error::Duplicate(id),
                _ => Error::Invalid(failure.message),
            };
            let _ = pending.answer.send(Err(error));
            return;
        }
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.attachment = Attachment::Live;
        let id = entry.id;
        let queued = match pending.queue_position {
            Some(position) => self.session.queue_set(key.0, position),
            None if pending.top_of_queue => self.session.queue_top(key.0),
            None => Ok(()),
        };
        if let Err(error) = queued {
            tracing::warn!(torrent.id = %id, "the torrent cannot take its place in the queue: {error}");
        }
        for peer in pending.peers {
            if let Err(error) = self.session.connect_peer(key.0, peer) {
                tracing::debug!(torrent.id = %id, "peer {peer} is not usable: {error}");
            }
        }
        if pending.has_metadata
            && self.torrent(key).is_some_and(|torrent| torrent.options.first_last_first)
        {
            self.load_first_last(key);
        }
        self.want_resume_data(key);
        let _ = pending.answer.send(Ok(id));
        self.hurry();
    }
}

fn merged_trackers(request: &AddRequest) -> Vec<(u8, String)> {
    let own = if request.replaces_trackers { &[] } else { request.content.trackers() };
    let own = own.iter().map(|tracker| (tracker.tier, tracker.url.clone()));
    own.chain(request.trackers.iter().cloned()).collect()
}

/// The row of a new torrent and the renames that its layout asks for.
fn new_torrent(
    key: TorrentKey,
    request: &AddRequest,
    lies_in_save_path: bool,
) -> (Vec<(u32, String)>, Torrent) {
    let hashes = request.content.hashes();
    let id = hashes.id();
    let now = unix_now();
    let parsed = request.content.metainfo();
    let (renames, layout_name) = parsed
        .map(|parsed| content::lay_out(&parsed.files, request.layout, &parsed.name))
        .unwrap_or_default();
    let name = match &request.content {
        Content::Metainfo { parsed, .. } => parsed.name.clone(),
        Content::Magnet { parsed, .. } if parsed.name.is_empty() => id.to_string(),
        Content::Magnet { parsed, .. } => parsed.name.clone(),
    };
    let mut announces: Vec<Announce> = Vec::new();
    for (tier, url) in merged_trackers(request) {
        if !announces.iter().any(|announce| *announce.url == *url) {
            announces.push(Announce::new(&url, tier));
        }
    }
    announces.sort_by_key(|announce| announce.tier);
    let mut web_seeds = request.content.web_seeds().to_vec();
    for url in &request.web_seeds {
        if !web_seeds.contains(url) {
            web_seeds.push(url.clone());
        }
    }
    let mut tags = request.tags.clone();
    tags.sort();
    tags.dedup();
    let stops_now = parsed.is_some() && request.stop_condition == StopCondition::MetadataReceived;
    let options = Options {
        name: request.name.clone().or(layout_name),
        category: request.category.as_deref().map(Arc::from),
        tags,
        auto_managed: request.auto_managed,
        save_path: request.save_path.as_str().into(),
        download_path: request.download_path.as_deref().map(Arc::from),
        run: if stops_now { RunMode::Stopped } else { request.run },
        download_limit: request.download_limit,
        upload_limit: request.upload_limit,
        share: request.share,
        sequential: request.sequential,
        first_last_first: request.first_last_first,
        super_seeding: request.super_seeding,
        layout: request.layout,
        stop_condition: if stops_now { StopCondition::None } else { request.stop_condition },
        max_connections: request.max_connections,
        max_uploads: request.max_uploads,
        sources: request.sources,
        preallocate: request.preallocate,
    };
    let facts = Facts {
        id,
        hashes,
        name,
        added_at: now,
        comment: parsed.map(|parsed| parsed.comment.clone()).unwrap_or_default(),
        web_seeds,
        metadata: parsed.map(|parsed| content::metadata(parsed, &renames)),
    };
    let status = Status {
        wanted: parsed.map_or(0, |parsed| parsed.total_size),
        in_download_path: request.download_path.is_some()
            && !lies_in_save_path
            && !request.skip_checking,
        ..Status::default()
    };
    let torrent = Torrent {
        key,
        facts: Arc::new(facts),
        options: Arc::new(options),
        announces: announces.into(),
        status,
    };
    (renames, torrent)
}
