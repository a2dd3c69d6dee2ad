//! A torrent as a row, and a row as a torrent.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{
    Announce, ContentLayout, Facts, InfoHashes, Metadata, Options, OwnLimit, PeerSources, Priority,
    Root, RunMode, Status, StopCondition, Tag, Torrent, TorrentId, TorrentKey, TorrentState,
};
use crate::store::convert::forms::{AnnounceForm, from_list, list, optional};
use crate::store::convert::{Coded, ShareColumns, hash, number, small, text, unknown};
use crate::store::entities::torrent::Model;
use crate::store::{FileWishes, Record, Result};

/// Texts that many rows share, each kept once.
#[derive(Default)]
pub(super) struct Texts(HashSet<Arc<str>>);

impl Texts {
    fn share(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.0.get(text.as_str()) {
            return known.clone();
        }
        let shared: Arc<str> = text.into();
        self.0.insert(shared.clone());
        shared
    }
}

pub(super) fn model(record: &Record) -> Model {
    let torrent = &record.torrent;
    let mut model = Model { key: torrent.key.0.cast_signed(), ..Model::default() };
    set_facts(&mut model, &torrent.facts);
    set_options(&mut model, &torrent.options);
    set_status(&mut model, &torrent.status);
    model.announces = list(torrent.announces.iter().map(AnnounceForm::from));
    let priorities = &record.files.priorities;
    model.file_priorities = (!priorities.is_empty())
        .then(|| priorities.iter().map(|priority| priority.level()).collect());
    model.file_renames = list(&record.files.renames);
    model.recheck_pending = record.recheck_pending;
    model
}

fn set_facts(model: &mut Model, facts: &Facts) {
    model.torrent_id = facts.id.0.to_vec();
    model.hash_v1 = facts.hashes.v1.map(Vec::from);
    model.hash_v2 = facts.hashes.v2.map(Vec::from);
    model.name = text(&facts.name);
    model.added_at = facts.added_at;
    model.comment = text(&facts.comment);
    model.web_seeds = list(&facts.web_seeds);
    let Some(metadata) = &facts.metadata else { return };
    let (kind, path) = match &metadata.root {
        Root::File(path) => (0, Some(path.as_str())),
        Root::Folder(path) => (1, Some(path.as_str())),
        Root::Scattered => (2, None),
    };
    model.is_private = Some(metadata.is_private);
    model.created_by = Some(text(&metadata.created_by));
    model.created_at = metadata.created_at;
    model.piece_size = Some(metadata.piece_size.into());
    model.pieces = Some(metadata.pieces.into());
    model.total_size = Some(metadata.total_size);
    model.files = Some(metadata.files.into());
    model.root_kind = Some(kind);
    model.root_path = optional(path);
}

fn set_options(model: &mut Model, options: &Options) {
    let share = ShareColumns::from(&options.share);
    model.display_name = optional(options.name.as_deref());
    model.category = optional(options.category.as_deref());
    model.tags = list(options.tags.iter().map(Tag::as_str));
    model.auto_managed = options.auto_managed;
    model.save_path = text(&options.save_path);
    model.download_path = optional(options.download_path.as_deref());
    model.run = options.run.code();
    model.download_limit = options.download_limit.map(i64::from);
    model.upload_limit = options.upload_limit.map(i64::from);
    model.max_connections = own_limit(options.max_connections);
    model.max_uploads = own_limit(options.max_uploads);
    model.dht = options.sources.dht;
    model.pex = options.sources.pex;
    model.lsd = options.sources.lsd;
    model.share_ratio = share.ratio;
    model.share_seeding_minutes = share.seeding_minutes;
    model.share_inactive_minutes = share.inactive_minutes;
    model.share_action = share.action;
    model.share_mode = share.mode;
    model.sequential = options.sequential;
    model.first_last_first = options.first_last_first;
    model.super_seeding = options.super_seeding;
    model.layout = options.layout.code();
    model.stop_condition = options.stop_condition.code();
}

fn own_limit(limit: OwnLimit) -> Option<i64> {
    match limit {
        OwnLimit::Default => None,
        OwnLimit::Unlimited => Some(-1),
        OwnLimit::At(limit) => Some(limit.into()),
    }
}

fn read_own_limit(limit: Option<i64>) -> Result<OwnLimit> {
    match limit {
        None => Ok(OwnLimit::Default),
        Some(-1) => Ok(OwnLimit::Unlimited),
        Some(limit) => small(limit).map(OwnLimit::At),
    }
}

pub(super) fn set_status(model: &mut Model, status: &Status) {
    model.state = status.state.code();
    model.progress = number(status.progress);
    model.download_rate = status.download_rate;
    model.upload_rate = status.upload_rate;
    model.average_download_rate = status.average_download_rate;
    model.average_upload_rate = status.average_upload_rate;
    model.downloaded = status.downloaded;
    model.uploaded = status.uploaded;
    model.downloaded_session = status.downloaded_session;
    model.uploaded_session = status.uploaded_session;
    model.wasted = status.wasted;
    model.wanted = status.wanted;
    model.wanted_done = status.wanted_done;
    model.done = status.done;
    model.pieces_have = status.pieces_have.into();
    model.seeds = status.seeds;
    model.leechers = status.leechers;
    model.swarm_seeds = status.swarm_seeds;
    model.swarm_leechers = status.swarm_leechers;
    model.connections = status.connections;
    model.connections_limit = status.connections_limit;
    model.queue_position = status.queue_position.map(i64::from);
    model.availability = number(status.availability);
    model.active_seconds = status.active_seconds;
    model.seeding_seconds = status.seeding_seconds;
    model.last_activity = status.last_activity;
    model.completed_at = status.completed_at;
    model.last_seen_complete = status.last_seen_complete;
    model.next_announce = status.next_announce;
    model.tracker = optional(status.tracker.as_deref());
    model.in_download_path = status.in_download_path;
    model.error = optional(status.error.as_deref());
}

/// The record of a row; takes the row apart.
pub(super) fn record(mut model: Model, texts: &mut Texts) -> Result<Record> {
    let announces = from_list::<AnnounceForm>(model.announces.as_ref())?
        .into_iter()
        .map(AnnounceForm::announce)
        .collect::<Result<Vec<Announce>>>()?;
    let priorities = model.file_priorities.take().unwrap_or_default();
    let files = FileWishes {
        priorities: priorities.into_iter().map(Priority::from_level).collect(),
        renames: from_list(model.file_renames.as_ref())?,
    };
    let torrent = Torrent {
        key: TorrentKey(model.key.cast_unsigned()),
        facts: Arc::new(facts(&mut model)?),
        options: Arc::new(options(&mut model, texts)?),
        announces: announces.into(),
        status: status(&mut model, texts)?,
    };
    Ok(Record { torrent, files, recheck_pending: model.recheck_pending })
}

fn facts(model: &mut Model) -> Result<Facts> {
    Ok(Facts {
        id: TorrentId(hash(std::mem::take(&mut model.torrent_id))?),
        hashes: InfoHashes {
            v1: model.hash_v1.take().map(hash).transpose()?,
            v2: model.hash_v2.take().map(hash).transpose()?,
        },
        name: std::mem::take(&mut model.name),
        added_at: model.added_at,
        comment: std::mem::take(&mut model.comment),
        web_seeds: from_list(model.web_seeds.as_ref())?,
        metadata: model.root_kind.map(|kind| metadata(model, kind)).transpose()?,
    })
}

fn metadata(model: &mut Model, root_kind: i16) -> Result<Metadata> {
    let path = model.root_path.take().unwrap_or_default();
    Ok(Metadata {
        is_private: model.is_private.unwrap_or_default(),
        created_by: model.created_by.take().unwrap_or_default(),
        created_at: model.created_at,
        piece_size: small(model.piece_size.unwrap_or_default())?,
        pieces: small(model.pieces.unwrap_or_default())?,
        total_size: model.total_size.unwrap_or_default(),
        files: small(model.files.unwrap_or_default())?,
        root: match root_kind {
            0 => Root::File(path),
            1 => Root::Folder(path),
            2 => Root::Scattered,
            kind => return Err(unknown("Root", kind)),
        },
    })
}

fn options(model: &mut Model, texts: &mut Texts) -> Result<Options> {
    let tags: Vec<String> = from_list(model.tags.as_ref())?;
    Ok(Options {
        name: model.display_name.take(),
        category: model.category.take().map(|name| texts.share(name)),
        tags: tags.iter().filter_map(|tag| Tag::new(tag)).collect(),
        auto_managed: model.auto_managed,
        save_path: texts.share(std::mem::take(&mut model.save_path)),
        download_path: model.download_path.take().map(|path| texts.share(path)),
        run: RunMode::from_code(model.run)?,
        download_limit: model.download_limit.map(small).transpose()?,
        upload_limit: model.upload_limit.map(small).transpose()?,
        max_connections: read_own_limit(model.max_connections)?,
        max_uploads: read_own_limit(model.max_uploads)?,
        sources: PeerSources { dht: model.dht, pex: model.pex, lsd: model.lsd },
        share: ShareColumns {
            ratio: model.share_ratio,
            seeding_minutes: model.share_seeding_minutes,
            inactive_minutes: model.share_inactive_minutes,
            action: model.share_action,
            mode: model.share_mode,
        }
        .limits()?,
        sequential: model.sequential,
        first_last_first: model.first_last_first,
        super_seeding: model.super_seeding,
        layout: ContentLayout::from_code(model.layout)?,
        stop_condition: StopCondition::from_code(model.stop_condition)?,
    })
}

fn status(model: &mut Model, texts: &mut Texts) -> Result<Status> {
    Ok(Status {
        state: TorrentState::from_code(model.state)?,
        progress: model.progress,
        download_rate: model.download_rate,
        upload_rate: model.upload_rate,
        average_download_rate: model.average_download_rate,
        average_upload_rate: model.average_upload_rate,
        downloaded: model.downloaded,
        uploaded: model.uploaded,
        downloaded_session: model.downloaded_session,
        uploaded_session: model.uploaded_session,
        wasted: model.wasted,
        wanted: model.wanted,
        wanted_done: model.wanted_done,
        done: model.done,
        pieces_have: small(model.pieces_have)?,
        seeds: model.seeds,
        leechers: model.leechers,
        swarm_seeds: model.swarm_seeds,
        swarm_leechers: model.swarm_leechers,
        connections: model.connections,
        connections_limit: model.connections_limit,
        queue_position: model.queue_position.map(small).transpose()?,
        availability: model.availability,
        active_seconds: model.active_seconds,
        seeding_seconds: model.seeding_seconds,
        times_read: None,
        last_activity: model.last_activity,
        completed_at: model.completed_at,
        last_seen_complete: model.last_seen_complete,
        next_announce: model.next_announce,
        tracker: model.tracker.take().map(|url| texts.share(url)),
        in_download_path: model.in_download_path,
        error: model.error.take().map(Arc::from),
    })
}
