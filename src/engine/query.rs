//! The few reads that must wait for libtorrent or for the disk, bounded to eight at once.
//!
//! The engine thread only hands out an inspector; the read itself runs on the blocking pool.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use revaer_native::{ExportExtras, Inspector, Metainfo, PeerRow, TrackerEntry, TrackerRow};

use super::worker::Attachment;
use super::{Engine, Error, Result, Row, Shared, content, files};
use crate::model::swarm::PeerConnection;
use crate::model::{
    AnnounceStatus, File, InfoHashes, Peer, PieceState, Status, Torrent, TorrentId, TorrentKey,
};
use crate::store::FileWishes;

/// How long a caller waits: for its turn, for the torrent to be attached and for libtorrent.
const PATIENCE: Duration = Duration::from_secs(10);

/// The least age at which a peer list is read anew, and the age at which an unused one is dropped.
const PEERS_FRESH: Duration = Duration::from_secs(1);
const PEERS_KEPT: Duration = Duration::from_mins(1);

/// What libtorrent knows of one tracker on one local endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackerEndpoint {
    pub url: String,
    /// `address:port`.
    pub name: String,
    /// 1 or 2.
    pub protocol: u8,
    pub status: AnnounceStatus,
    pub message: String,
    pub updating: bool,
    /// -1 unknown, as the two below.
    pub seeds: i32,
    pub leechers: i32,
    pub downloaded: i32,
    /// Unix seconds, 0 when nothing is scheduled.
    pub next_announce: i64,
    pub min_announce: i64,
}

/// Peer lists read a moment ago.
#[derive(Default)]
pub(super) struct PeerCache(Mutex<HashMap<TorrentKey, PeerList>>);

/// A list and when it was read.
type PeerList = (Instant, Arc<Vec<Peer>>);

impl PeerCache {
    fn get(&self, key: TorrentKey, now: Instant) -> Option<Arc<Vec<Peer>>> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists
            .get(&key)
            .filter(|(at, _)| now.duration_since(*at) < PEERS_FRESH)
            .map(|(_, peers)| Arc::clone(peers))
    }

    fn put(&self, key: TorrentKey, now: Instant, peers: &Arc<Vec<Peer>>) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|_, (at, _)| now.duration_since(*at) < PEERS_KEPT);
        lists.insert(key, (now, Arc::clone(peers)));
    }
}

/// Whether libtorrent can be asked about a torrent.
enum Access {
    Live(Inspector),
    /// It attaches soon.
    Waiting,
    /// libtorrent refused it.
    Never,
}

/// Runs one read on the blocking pool when its turn comes.
///
/// The place among the readers is given back when the read has ended, also if nobody waits for it any more: whoever
/// holds all places knows that no read is under way.
pub(super) async fn inspect<I: Send + 'static, T: Send + 'static>(
    shared: &Shared,
    inspector: I,
    read: impl FnOnce(&I) -> revaer_native::Result<T> + Send + 'static,
) -> Result<T> {
    let turn = Arc::clone(&shared.queries).acquire_owned();
    let permit = tokio::time::timeout(PATIENCE, turn)
        .await
        .map_err(|_| Error::Unavailable("too many reads are under way".to_owned()))?
        .map_err(|_| Error::Unavailable("the engine is stopping".to_owned()))?;
    let reading = tokio::task::spawn_blocking(move || {
        let answer = read(&inspector);
        drop(inspector);
        drop(permit);
        answer
    });
    let answer = tokio::time::timeout(PATIENCE, reading)
        .await
        .map_err(|_| Error::Unavailable("libtorrent does not answer".to_owned()))?
        .map_err(|_| Error::Unavailable("the read was given up".to_owned()))?;
    Ok(answer?)
}

impl Engine {
    /// Files in index order, padding left out; empty without metadata.
    pub async fn files(&self, id: TorrentId) -> Result<Vec<File>> {
        let (row, metainfo) = match self.content(id).await {
            Err(Error::NoMetadata) => return Ok(Vec::new()),
            content => content?,
        };
        let (wishes, access) = self.wishes(row.key).await?;
        let is_complete = is_seeding(&row.status);
        let (progress, availability) = match access {
            Access::Live(inspector) => {
                inspect(&self.shared, inspector, move |inspector| {
                    let availability =
                        if is_complete { Vec::new() } else { inspector.piece_availability()? };
                    Ok((inspector.file_progress()?, availability))
                })
                .await?
            }
            Access::Waiting | Access::Never if is_complete => {
                (metainfo.files.iter().map(|file| file.size).collect(), Vec::new())
            }
            Access::Waiting | Access::Never => (Vec::new(), vec![0; metainfo.pieces as usize]),
        };
        Ok(list_files(&metainfo, &wishes, &progress, &availability))
    }

    /// Connected peers, at most one second old.
    pub async fn peers(&self, id: TorrentId) -> Result<Arc<Vec<Peer>>> {
        let row = self.row(id).await?;
        let key = row.key;
        if let Some(peers) = self.shared.peers.get(key, Instant::now()) {
            return Ok(peers);
        }
        let metainfo = match row.facts.metadata {
            Some(_) => Some(self.shared.read_metainfo(key).await?),
            None => None,
        };
        let (wishes, access) = self.wishes(key).await?;
        let Access::Live(inspector) = access else { return Ok(Arc::default()) };
        let (rows, pieces) = inspect(&self.shared, inspector, |inspector| {
            Ok((inspector.peers()?, inspector.piece_states().unwrap_or_default()))
        })
        .await?;
        let peers =
            rows.iter().map(|row| peer(row, &pieces, metainfo.as_deref(), &wishes)).collect();
        let peers = Arc::new(peers);
        self.shared.peers.put(key, Instant::now(), &peers);
        Ok(peers)
    }

    /// The state of each piece; empty without metadata.
    pub async fn piece_states(&self, id: TorrentId) -> Result<Vec<PieceState>> {
        let row = self.row(id).await?;
        let Some(metadata) = &row.facts.metadata else { return Ok(Vec::new()) };
        let inspector = match self.access(row.key).await? {
            Access::Live(inspector) => inspector,
            _ if is_seeding(&row.status) => {
                return Ok(vec![PieceState::Have; metadata.pieces as usize]);
            }
            Access::Never => return Ok(vec![PieceState::Missing; metadata.pieces as usize]),
            Access::Waiting => self.attached(row.key).await?,
        };
        let states = inspect(&self.shared, inspector, Inspector::piece_states).await?;
        Ok(states.into_iter().map(piece_state).collect())
    }

    /// SHA-1 of each piece; empty without metadata or for v2-only torrents.
    pub async fn piece_hashes(&self, id: TorrentId) -> Result<Vec<[u8; 20]>> {
        let row = self.row(id).await?;
        if row.facts.metadata.is_none() || row.facts.hashes.v1.is_none() {
            return Ok(Vec::new());
        }
        let bytes = self.shared.metainfo_bytes(row.key).await?;
        blocking(move || revaer_native::piece_hashes(&bytes)).await
    }

    /// Peers that have each piece; empty for complete torrents.
    pub async fn piece_availability(&self, id: TorrentId) -> Result<Vec<i32>> {
        let row = self.row(id).await?;
        if row.facts.metadata.is_none() || is_seeding(&row.status) {
            return Ok(Vec::new());
        }
        match self.access(row.key).await? {
            Access::Live(inspector) => {
                inspect(&self.shared, inspector, Inspector::piece_availability).await
            }
            // Nobody is connected to a torrent that is not attached.
            Access::Waiting | Access::Never => Ok(Vec::new()),
        }
    }

    /// What each tracker said on each local endpoint; empty for a torrent that libtorrent does not have yet.
    pub async fn tracker_endpoints(&self, id: TorrentId) -> Result<Vec<TrackerEndpoint>> {
        let row = self.row(id).await?;
        let Access::Live(inspector) = self.access(row.key).await? else { return Ok(Vec::new()) };
        let rows = inspect(&self.shared, inspector, Inspector::trackers).await?;
        // A tracker that was not contacted has a row without an endpoint.
        Ok(rows.into_iter().filter(|row| !row.endpoint.is_empty()).map(endpoint).collect())
    }

    /// The `.torrent` file with the current trackers, web seeds and comment.
    ///
    /// # Errors
    /// `NotFound`, `NoMetadata`.
    pub async fn export(&self, id: TorrentId) -> Result<Vec<u8>> {
        let row = self.row(id).await?;
        if row.facts.metadata.is_none() {
            return Err(Error::NoMetadata);
        }
        let bytes = self.shared.metainfo_bytes(row.key).await?;
        let extras = extras(&row);
        blocking(move || revaer_native::export(&bytes, &extras)).await
    }

    /// The torrent that has one of these hashes; a hybrid is found by either.
    ///
    /// # Errors
    /// `Unavailable` if the engine is gone.
    pub async fn find(&self, hashes: InfoHashes) -> Result<Option<Row>> {
        let snapshot = self.snapshot();
        if let Some(row) = snapshot.torrent(&hashes.id()) {
            return Ok(Some(row.clone()));
        }
        self.run("find", move |worker| {
            let key = worker.known_hashes(&hashes);
            Ok(key.and_then(|key| worker.torrent(key)).map(|torrent| torrent.facts.id))
        })
        .await
        .map(|id| id.and_then(|id| self.snapshot().torrent(&id).cloned()))
    }

    async fn access(&self, key: TorrentKey) -> Result<Access> {
        Ok(self.wishes(key).await?.1)
    }

    /// What is wished for the files of a torrent, and a reader for it.
    async fn wishes(&self, key: TorrentKey) -> Result<(FileWishes, Access)> {
        self.run("inspect", move |worker| {
            worker.known(key)?;
            let Some(entry) = worker.entries.get(&key) else {
                return Ok((FileWishes::default(), Access::Never));
            };
            let wishes = entry.wishes.clone();
            let is_refused = entry.attachment == Attachment::Refused;
            let access = match worker.live(key) {
                Some(session) => Access::Live(session.inspector(key.0)?),
                None if is_refused => Access::Never,
                None => Access::Waiting,
            };
            Ok((wishes, access))
        })
        .await
    }

    /// A reader for a torrent that is being attached.
    async fn attached(&self, key: TorrentKey) -> Result<Inspector> {
        let attaching = || Error::Unavailable("the torrent is being attached".to_owned());
        let waiting = async {
            let mut published = self.published();
            loop {
                published.borrow_and_update();
                match self.access(key).await? {
                    Access::Live(inspector) => return Ok(inspector),
                    Access::Never => {
                        return Err(Error::Unavailable(
                            "libtorrent refuses the torrent".to_owned(),
                        ));
                    }
                    Access::Waiting => published.changed().await.map_err(|_| attaching())?,
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| attaching())?
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> revaer_native::Result<T> + Send + 'static,
) -> Result<T> {
    let answer = tokio::task::spawn_blocking(work).await;
    Ok(answer.map_err(|_| Error::Unavailable("the server is stopping".to_owned()))??)
}

/// All data is here, wanted or not.
fn is_seeding(status: &Status) -> bool {
    status.availability < 0.0
}

fn list_files(
    metainfo: &Metainfo,
    wishes: &FileWishes,
    progress: &[i64],
    availability: &[i32],
) -> Vec<File> {
    content::visible(&metainfo.files, &wishes.renames)
        .into_iter()
        .map(|(index, path)| {
            let file = &metainfo.files[index as usize];
            let pieces = files::piece_range(file, metainfo.piece_size);
            File {
                index,
                path: path.to_owned(),
                size: file.size,
                progress: share(progress.get(index as usize).copied().unwrap_or(0), file.size),
                priority: content::priority(wishes, index),
                pieces,
                availability: available(availability, pieces),
            }
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn share(done: i64, size: i64) -> f64 {
    if done >= size { 1.0 } else { done as f64 / size as f64 }
}

/// The share of the pieces that at least one peer has; -1 if all data is here.
fn available(availability: &[i32], (first, last): (u32, u32)) -> f64 {
    if availability.is_empty() {
        return -1.0;
    }
    let pieces = availability.get(first as usize..=last as usize).unwrap_or_default();
    let present = pieces.iter().filter(|peers| **peers > 0).count();
    share(i64::try_from(present).unwrap_or(0), i64::try_from(pieces.len().max(1)).unwrap_or(1))
}

fn piece_state(state: u8) -> PieceState {
    match state {
        2 => PieceState::Have,
        1 => PieceState::Downloading,
        _ => PieceState::Missing,
    }
}

fn peer(row: &PeerRow, pieces: &[u8], metainfo: Option<&Metainfo>, wishes: &FileWishes) -> Peer {
    let files = match (metainfo, u32::try_from(row.downloading_piece)) {
        (Some(metainfo), Ok(piece)) => files_in(metainfo, wishes, piece),
        _ => Vec::new(),
    };
    Peer {
        address: row.address,
        client: row.client.clone(),
        peer_id: row.peer_id[..8]
            .iter()
            .filter(|byte| byte.is_ascii_graphic())
            .map(|byte| char::from(*byte))
            .collect(),
        connection: match row.connection {
            1 | 2 => PeerConnection::WebSeed,
            _ if row.utp => PeerConnection::Utp,
            _ => PeerConnection::BitTorrent,
        },
        download_rate: row.download_rate.into(),
        upload_rate: row.upload_rate.into(),
        downloaded: row.downloaded,
        uploaded: row.uploaded,
        progress: row.progress.into(),
        relevance: relevance(pieces, row),
        files,
        interesting: row.interesting,
        choked: row.choked,
        remote_interested: row.remote_interested,
        remote_choked: row.remote_choked,
        optimistic_unchoke: row.optimistic_unchoke,
        snubbed: row.snubbed,
        incoming: !row.outgoing,
        from_dht: row.from_dht,
        from_pex: row.from_pex,
        from_lsd: row.from_lsd,
        rc4_encrypted: row.rc4_encrypted,
        plaintext_encrypted: row.plaintext_encrypted,
        utp: row.utp,
        holepunched: row.holepunched,
    }
}

/// The share of the pieces that we miss which the peer has; 0 if we miss none.
fn relevance(pieces: &[u8], row: &PeerRow) -> f64 {
    let (mut missing, mut has) = (0_i64, 0_i64);
    for (index, _) in pieces.iter().enumerate().filter(|(_, state)| **state != 2) {
        missing += 1;
        let bit = row.pieces.get(index / 8).is_some_and(|byte| byte & (0x80 >> (index % 8)) != 0);
        has += i64::from(bit || row.is_seed);
    }
    if missing == 0 { 0.0 } else { share(has, missing) }
}

/// The paths of the files that have data in a piece.
fn files_in(metainfo: &Metainfo, wishes: &FileWishes, piece: u32) -> Vec<String> {
    content::visible(&metainfo.files, &wishes.renames)
        .into_iter()
        .filter(|(index, _)| {
            let file = &metainfo.files[*index as usize];
            let (first, last) = files::piece_range(file, metainfo.piece_size);
            file.size > 0 && (first..=last).contains(&piece)
        })
        .map(|(_, path)| path.to_owned())
        .collect()
}

fn endpoint(row: TrackerRow) -> TrackerEndpoint {
    let status = match row.fails {
        1.. if row.refused => AnnounceStatus::TrackerError,
        1.. if row.skipped => AnnounceStatus::Unreachable,
        1.. => AnnounceStatus::NotWorking,
        _ if row.verified => AnnounceStatus::Working,
        _ => AnnounceStatus::NotContacted,
    };
    let message = match row.error {
        Some(error) if row.message.is_empty() => error.message,
        _ => row.message,
    };
    TrackerEndpoint {
        url: row.url,
        name: row.endpoint,
        protocol: row.protocol,
        status,
        message,
        updating: row.updating,
        seeds: row.scrape_complete,
        leechers: row.scrape_incomplete,
        downloaded: row.scrape_downloaded,
        next_announce: row.next_announce,
        min_announce: row.min_announce,
    }
}

fn extras(torrent: &Torrent) -> ExportExtras {
    ExportExtras {
        trackers: torrent
            .announces
            .iter()
            .map(|announce| TrackerEntry { url: announce.url.to_string(), tier: announce.tier })
            .collect(),
        web_seeds: torrent.facts.web_seeds.clone(),
        comment: torrent.facts.comment.clone(),
    }
}
