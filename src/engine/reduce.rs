//! What each alert does to the working state.
//!
//! Orders have changed the state already; an alert confirms or corrects it. Numbers come with `Status`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use revaer_native::{Alert, Failure, StatusRow, TorrentFlags};

use super::health::Part;
use super::worker::{Attachment, Worker};
use crate::events::{Event, Kind};
use crate::model::state::Phase;
use crate::model::{
    Announce, AnnounceStatus, Moment, RunMode, Status, StopCondition, Torrent, TorrentKey,
};

/// Unix seconds.
pub(super) fn unix_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// libtorrent's `torrent_status::downloading`.
const DOWNLOADING: u8 = 3;

impl Worker {
    #[expect(clippy::too_many_lines, reason = "one line or two per kind of alert")]
    pub(super) fn reduce(&mut self, alert: Alert) {
        match alert {
            Alert::Status(rows) => {
                let now = unix_now();
                for row in rows {
                    self.take_status(&row, now);
                }
            }
            Alert::SessionStats { counters } => self.take_counters(&counters),
            Alert::Added { key, failure } => self.added(TorrentKey(key), failure),
            // The part file is always deleted with a torrent, so one of the other two follows when its files are closed.
            Alert::Removed { .. } => {}
            Alert::ContentDeleted { key } | Alert::ContentDeleteFailed { key, .. } => {
                self.left(TorrentKey(key));
            }
            Alert::StateChanged { .. } => self.hurry(),
            Alert::Finished { key } => self.finished(TorrentKey(key)),
            Alert::Flushed { key } => self.flushed(TorrentKey(key)),
            Alert::Metadata { key, metainfo } => self.take_metadata(TorrentKey(key), metainfo),
            Alert::MetadataFailed { key, failure } => {
                tracing::warn!(
                    torrent.key = key,
                    "metadata from a peer is not usable: {}",
                    failure.message
                );
            }
            Alert::Checked { key } => self.checked(TorrentKey(key)),
            Alert::FileCompleted { key, file } => self.file_completed(TorrentKey(key), file),
            Alert::ResumeData { key, data, pieces_known, .. } => {
                self.take_resume_data(TorrentKey(key), data, pieces_known);
            }
            Alert::ResumeFailed { key, not_modified, failure } => {
                if !not_modified {
                    tracing::debug!(torrent.key = key, "no resume data: {}", failure.message);
                }
            }
            Alert::ResumeRejected { key, failure, file } => {
                self.resume_rejected(TorrentKey(key), &failure, &file);
            }
            Alert::Moved { key, path } => self.moved(TorrentKey(key), &path),
            Alert::MoveFailed { key, failure, file } => {
                self.move_failed(TorrentKey(key), &failure, &file);
            }
            Alert::FileRenamed { key, file, path } => {
                self.file_renamed(TorrentKey(key), file, &path);
            }
            Alert::FileRenameFailed { key, file, failure } => {
                self.file_rename_failed(TorrentKey(key), file, &failure);
            }
            Alert::FileError { key, file, failure }
            | Alert::TorrentError { key, file, failure } => {
                self.failed(TorrentKey(key), &file, &failure);
            }
            Alert::FilePriorities { key } => {
                self.want_resume_data(TorrentKey(key));
                self.load_first_last(TorrentKey(key));
                self.hurry();
            }
            Alert::TrackerAnnouncing { key, url } => {
                self.edit_announce(key, &url, |announce| announce.updating = true);
            }
            Alert::TrackerReplied { key, url, peers } => self.tracker_replied(key, &url, peers),
            Alert::TrackerWarned { key, url, message } => {
                // The answer that carries the warning is told of next, and must not take the warning back.
                self.edit_announce(key, &url, |announce| {
                    announce.message = message.as_str().into();
                    announce.updating = false;
                });
            }
            Alert::TrackerFailed { key, url, message, answered, .. } => {
                self.tracker_failed(key, &url, &message, answered);
            }
            Alert::Scraped { key, url, complete, incomplete } => {
                self.edit_announce(key, &url, |announce| {
                    announce.seeds = complete;
                    announce.leechers = incomplete;
                });
            }
            Alert::WebSeedFailed { key, message, .. } => {
                tracing::debug!(torrent.key = key, "a web seed failed: {message}");
            }
            Alert::HashFailed { key, piece } => {
                tracing::info!(
                    torrent.key = key,
                    "piece {piece} failed the hash check and is fetched again"
                );
            }
            Alert::PeerBanned { address, .. } => {
                self.emit_peer(address, false, "sent bad data".to_owned());
            }
            Alert::PeerBlocked { address, reason } => self.emit_peer(address, true, reason),
            Alert::Listening { address, port, socket } => {
                tracing::info!("listening for peers on {address} port {port} ({socket})");
                self.counters.is_listening = true;
                let at = std::net::SocketAddr::new(address, port);
                self.shared.listening.send_if_modified(|all| {
                    let is_new = !all.contains(&at);
                    if is_new {
                        all.push(at);
                    }
                    is_new
                });
            }
            Alert::ListenFailed { address, port, failure } => {
                self.listen_failures += 1;
                let reason = format!("cannot listen on {address}:{port}: {}", failure.message);
                if self.shared.health.learns_to_worry(Part::Listening, reason.clone()) {
                    tracing::error!("{reason}");
                }
            }
            Alert::ExternalAddress { address } => self.edit_totals(|totals| {
                if address.is_ipv4() {
                    totals.external_v4 = Some(address);
                } else {
                    totals.external_v6 = Some(address);
                }
            }),
            Alert::PortMapped { message } => tracing::info!("port mapping: {message}"),
            Alert::PortMapFailed { message } => tracing::warn!("port mapping failed: {message}"),
            Alert::NeedCertificate { key } => self.supply_certificate(TorrentKey(key)),
            Alert::Conflict { key, other } => self.conflict(TorrentKey(key), TorrentKey(other)),
            Alert::SessionFailed { failure } => tracing::error!("libtorrent: {}", failure.message),
            Alert::Dropped => self.recover_dropped(),
            Alert::Performance { message } => {
                if self.profile.engine.performance_warnings {
                    tracing::warn!("performance: {message}");
                }
            }
        }
    }

    /// Takes the numbers of one torrent.
    fn take_status(&mut self, row: &StatusRow, now: i64) {
        let key = TorrentKey(row.key);
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if entry.attachment != Attachment::Live {
            return;
        }
        entry.phase = match row.state {
            1 => Phase::CheckingFiles,
            2 => Phase::DownloadingMetadata,
            3 => Phase::Downloading,
            4 => Phase::Finished,
            5 => Phase::Seeding,
            _ => Phase::CheckingResumeData,
        };
        entry.is_paused = row.flags.contains(TorrentFlags::PAUSED);
        let is_checking = matches!(entry.phase, Phase::CheckingFiles | Phase::CheckingResumeData);
        if !entry.recheck_pending && !is_checking {
            entry.shows_check = false;
        }
        entry.has_error = row.error_code != 0 || row.flags.contains(TorrentFlags::UPLOAD_MODE);
        entry.needs_resume = row.need_save_resume;
        let was_trusted = entry.is_trusted;
        // Finished, or downloading: libtorrent knows by now.
        entry.is_trusted &= !row.is_finished && row.state != DOWNLOADING;
        let is_first = !std::mem::replace(&mut entry.was_seen, true);
        let has_error = entry.has_error;
        let is_paused = entry.is_paused;
        let is_missing = entry.has_missing_files;
        let was_completing = entry.completing.is_some();
        let was_checked = std::mem::take(&mut entry.was_checked);
        let Some(torrent) = self.torrent(key) else { return };
        let old = &torrent.status;
        let mut status = numbers(row, old, now);
        if !is_paused && !self.working.context.session_paused {
            status.times_read = Some(times_read(&status, old));
        }
        if !has_error && !is_missing {
            status.error = None;
        } else if row.error_code != 0 {
            status.error = Some(row.error.as_str().into());
        } else if has_error && status.error.is_none() {
            status.error = Some("the files cannot be written; the torrent only uploads".into());
        }
        let completes = old.completed_at.is_none() && row.is_finished && row.total_wanted > 0;
        if completes {
            status.completed_at = Some(if row.completed_at > 0 { row.completed_at } else { now });
        }
        let reopens = old.completed_at.is_some()
            && !is_missing
            && row.state == DOWNLOADING
            && row.total_wanted_done < row.total_wanted;
        if reopens {
            status.completed_at = None;
        }
        let old_state = old.state;
        let Some(activity) = self.activity(key, &status) else { return };
        status.state = activity.state();
        if status.download_rate > 0 || status.upload_rate > 0 || status.average_download_rate > 0 {
            self.active.insert(key, Instant::now());
        }
        if completes || was_completing {
            // Nobody sees a torrent complete before the commit that says so.
            self.entries.entry(key).and_modify(|entry| entry.completing = Some(Box::new(status)));
            if !was_completing {
                // The row of a torrent that was added as complete says so from the start.
                if !was_trusted {
                    self.store_row(key);
                }
                self.want_resume_data(key);
                self.after_commit(move |worker| worker.complete(key));
            }
            return;
        }
        let state = status.state;
        self.set_status(key, status);
        if state != old_state && !is_first {
            self.emit_for(key, Kind::StateChanged { from: old_state, to: state });
        }
        if reopens {
            self.reopened(key, was_checked);
        }
    }

    /// Shows a completion that is durable now, and does what follows from it.
    pub(super) fn complete(&mut self, key: TorrentKey) {
        if self.waits_for_disk(key) {
            return;
        }
        let Some(status) = self.entries.get_mut(&key).and_then(|entry| entry.completing.take())
        else {
            return;
        };
        let Some(torrent) = self.torrent(key) else { return };
        let old_state = torrent.status.state;
        let state = status.state;
        let moves = torrent.status.in_download_path;
        let super_seeding = torrent.options.super_seeding;
        self.set_status(key, *status);
        if state != old_state {
            self.emit_for(key, Kind::StateChanged { from: old_state, to: state });
        }
        self.emit_for(key, Kind::Completed);
        if super_seeding && let Some(session) = self.live(key) {
            let flag = TorrentFlags::SUPER_SEEDING;
            if let Err(error) = session.set_flags(key.0, flag, flag) {
                tracing::warn!("super seeding cannot be switched on: {error}");
            }
        }
        if moves {
            self.move_to_save_path(key);
        }
    }

    fn checked(&mut self, key: TorrentKey) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        // libtorrent says so of every torrent that it takes in; only a look at the files is news.
        let was_asked = std::mem::replace(&mut entry.recheck_pending, false);
        let is_first = std::mem::replace(&mut entry.awaits_first_check, false);
        let is_news = was_asked || is_first || !entry.has_resume;
        if was_asked {
            self.store_row(key);
        }
        let Some(torrent) = self.torrent(key) else { return };
        if torrent.options.stop_condition == StopCondition::FilesChecked {
            self.edit_options(key, |options| {
                options.stop_condition = StopCondition::None;
                options.run = RunMode::Stopped;
            });
        }
        if is_news {
            self.restore_after_check(key);
            self.ask_resume_data(key);
        }
        self.hurry();
    }

    fn failed(&mut self, key: TorrentKey, file: &str, failure: &Failure) {
        let Some(torrent) = self.torrent(key) else { return };
        let message: Arc<str> = if file.is_empty() {
            failure.message.as_str().into()
        } else {
            format!("{}: {file}", failure.message).into()
        };
        if torrent.status.error.as_deref() == Some(&*message) {
            return;
        }
        tracing::warn!(torrent.id = %torrent.facts.id, "`{}` failed: {message}", torrent.name());
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.has_error = true;
        }
        self.edit(key, |torrent| torrent.status.error = Some(message));
        self.refresh_state(key);
        self.emit_for(key, Kind::Failed { reason: failure.message.clone() });
        self.hurry();
    }

    fn edit_announce(&mut self, key: u64, url: &str, change: impl FnOnce(&mut Announce)) {
        let key = TorrentKey(key);
        let Some(torrent) = self.torrent(key) else { return };
        let Some(at) = torrent.announces.iter().position(|announce| &*announce.url == url) else {
            return;
        };
        let mut announces = torrent.announces.to_vec();
        change(&mut announces[at]);
        if announces[at] != torrent.announces[at] {
            self.set_announces(key, announces);
        }
    }

    /// Whether a tracker is known to work, or not to; `None` if that is not known yet.
    fn tracker_works(&self, key: u64, url: &str) -> Option<bool> {
        let torrent = self.torrent(TorrentKey(key))?;
        let announce = torrent.announces.iter().find(|announce| &*announce.url == url)?;
        match announce.status {
            AnnounceStatus::NotContacted => None,
            AnnounceStatus::Working => Some(true),
            AnnounceStatus::NotWorking
            | AnnounceStatus::TrackerError
            | AnnounceStatus::Unreachable => Some(false),
        }
    }

    fn tracker_replied(&mut self, key: u64, url: &str, peers: i32) {
        if self.tracker_works(key, url) != Some(true) {
            self.emit_tracker(TorrentKey(key), url, true, "");
        }
        self.edit_announce(key, url, |announce| {
            if std::mem::take(&mut announce.updating) {
                announce.message = "".into();
            }
            announce.status = AnnounceStatus::Working;
            announce.peers = peers;
        });
        let key = TorrentKey(key);
        self.read_announced(key);
        if self.torrent(key).is_some_and(|torrent| torrent.status.tracker.as_deref() != Some(url)) {
            let url: Arc<str> = url.into();
            self.edit(key, |torrent| torrent.status.tracker = Some(url));
            self.restless.insert(key);
        }
        self.hurry();
    }

    fn tracker_failed(&mut self, key: u64, url: &str, message: &str, answered: bool) {
        if self.tracker_works(key, url) != Some(false) {
            self.emit_tracker(TorrentKey(key), url, false, message);
        }
        self.edit_announce(key, url, |announce| {
            announce.updating = false;
            announce.message = message.into();
            announce.status =
                if answered { AnnounceStatus::TrackerError } else { AnnounceStatus::NotWorking };
        });
    }

    /// Sends an event about a torrent.
    pub(super) fn emit_for(&mut self, key: TorrentKey, kind: Kind) {
        let Some(entry) = self.entries.get(&key) else { return };
        let mut event = Event::new(self.actor.clone(), Some(entry.id), kind);
        event.category = self.torrent(key).and_then(|torrent| torrent.options.category.clone());
        self.emit(event);
    }

    fn emit_peer(&mut self, address: IpAddr, blocked: bool, reason: String) {
        let event =
            Event::new(self.actor.clone(), None, Kind::PeerRefused { address, blocked, reason });
        self.emit(event);
    }

    /// Tells of a torrent that has left the rows.
    pub(super) fn emit_about(&mut self, torrent: &Torrent, kind: Kind) {
        let mut event = Event::new(self.actor.clone(), Some(torrent.facts.id), kind);
        event.category.clone_from(&torrent.options.category);
        self.emit(event);
    }

    /// Tells that a tracker began or ceased to work; the host alone, because a URL may hold a passkey.
    fn emit_tracker(&mut self, key: TorrentKey, url: &str, works: bool, message: &str) {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned();
        self.emit_for(key, Kind::TrackerStatus { host, works, message: message.to_owned() });
    }

    /// Rates of torrents that libtorrent has not mentioned for three intervals are zero.
    ///
    /// Up to 2.0.13 it does not post an update when a rate falls to zero.
    pub(super) fn settle_rates(&mut self, now: Instant) {
        let patience =
            3 * Duration::from_millis(u64::from(self.profile.engine.refresh_interval_ms));
        let silent: Vec<TorrentKey> = self
            .active
            .iter()
            .filter(|(_, seen)| now - **seen > patience)
            .map(|(key, _)| *key)
            .collect();
        for key in silent {
            self.active.remove(&key);
            let Some(torrent) = self.torrent(key) else { continue };
            let status = Status {
                download_rate: 0,
                upload_rate: 0,
                average_download_rate: 0,
                average_upload_rate: 0,
                ..torrent.status.clone()
            };
            self.set_status(key, status);
            self.refresh_state(key);
        }
    }

    /// Alerts were lost: every number is read anew, off this thread.
    fn recover_dropped(&mut self) {
        tracing::warn!("libtorrent dropped alerts; all numbers are read anew");
        let inspector = self.session.session_inspector();
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn_blocking(move || match inspector.all_status() {
            Ok(rows) => {
                let work: super::worker::FollowUp =
                    Box::new(move |worker| worker.reduce(Alert::Status(rows)));
                let _ = follow_ups.send(work);
            }
            Err(error) => tracing::error!("the numbers cannot be read: {error}"),
        });
    }
}

/// The numbers of a row; what the row does not say is kept from `old`.
fn numbers(row: &StatusRow, old: &Status, now: i64) -> Status {
    let checking = row.state == 1 || row.state == 7;
    let progress = match () {
        () if checking => f64::from(row.progress_ppm) / 1e6,
        () if row.total_wanted <= 0 => 0.0,
        #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
        () => row.total_wanted_done as f64 / row.total_wanted as f64,
    };
    let download_rate = i64::from(row.download_rate);
    let upload_rate = i64::from(row.upload_rate);
    Status {
        state: old.state,
        progress,
        download_rate,
        upload_rate,
        average_download_rate: average(old.average_download_rate, download_rate),
        average_upload_rate: average(old.average_upload_rate, upload_rate),
        downloaded: row.all_time_downloaded,
        uploaded: row.all_time_uploaded,
        downloaded_session: row.session_downloaded,
        uploaded_session: row.session_uploaded,
        wasted: row.failed_bytes + row.redundant_bytes,
        wanted: row.total_wanted,
        wanted_done: row.total_wanted_done,
        done: row.total_done,
        pieces_have: u32::try_from(row.pieces).unwrap_or(0),
        seeds: row.seeds,
        leechers: (row.peers - row.seeds).max(0),
        swarm_seeds: if row.swarm_complete >= 0 { row.swarm_complete } else { row.list_seeds },
        swarm_leechers: if row.swarm_incomplete >= 0 {
            row.swarm_incomplete
        } else {
            (row.list_peers - row.list_seeds).max(0)
        },
        connections: row.connections,
        connections_limit: row.connections_limit,
        queue_position: u32::try_from(row.queue_position).ok(),
        availability: if row.is_seeding {
            -1.0
        } else {
            f64::from(row.distributed_copies_milli.max(0)) / 1000.0
        },
        active_seconds: row.active_seconds,
        seeding_seconds: row.finished_seconds,
        times_read: None,
        last_activity: last_activity(row, old.last_activity, now),
        completed_at: old.completed_at,
        last_seen_complete: (row.last_seen_complete > 0)
            .then_some(row.last_seen_complete)
            .or(old.last_seen_complete),
        next_announce: next_announce(row.next_announce_in, old.next_announce, now),
        tracker: if row.current_tracker.is_empty()
            || old.tracker.as_deref() == Some(row.current_tracker.as_str())
        {
            old.tracker.clone()
        } else {
            Some(row.current_tracker.as_str().into())
        },
        in_download_path: old.in_download_path,
        moving_from: old.moving_from.clone(),
        error: old.error.clone(),
    }
}

/// When the times of a running torrent were read; earlier by less than a second is no news.
fn times_read(status: &Status, old: &Status) -> Moment {
    let now = Moment::now();
    let is_same = status.active_seconds == old.active_seconds;
    match old.times_read {
        Some(read) if is_same && now.seconds_since(read) < 1 => read,
        _ => now,
    }
}

/// A moving average over about five updates.
fn average(old: i64, rate: i64) -> i64 {
    if old == 0 { rate } else { (old * 4 + rate) / 5 }
}

/// The later of what is known and what libtorrent says; a second of jitter is no news.
fn last_activity(row: &StatusRow, old: Option<i64>, now: i64) -> Option<i64> {
    let since =
        [row.since_download, row.since_upload].into_iter().filter(|since| *since >= 0).min();
    match (since.map(|since| now - since), old) {
        (None, old) => old,
        (Some(at), Some(old)) if at <= old + 1 => Some(old),
        (Some(at), _) => Some(at),
    }
}

/// The moment of the next announce; a jitter of two seconds is no news.
fn next_announce(seconds: i64, old: Option<i64>, now: i64) -> Option<i64> {
    if seconds < 0 {
        return None;
    }
    let at = now + seconds;
    match old {
        Some(old) if (at - old).abs() <= 2 => Some(old),
        _ => Some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_torrent_makes_no_news() {
        let row = StatusRow {
            state: 5,
            is_finished: true,
            is_seeding: true,
            total_wanted: 10,
            total_wanted_done: 10,
            since_download: 100,
            since_upload: -1,
            next_announce_in: 60,
            ..StatusRow::default()
        };
        let first = numbers(&row, &Status::default(), 1000);
        let later = StatusRow { since_download: 160, next_announce_in: 1, ..row };

        let second = numbers(&later, &first, 1060);

        assert_eq!(first, second);
        assert_eq!(first.last_activity, Some(900));
    }

    #[test]
    fn progress_is_of_the_check_while_one_runs() {
        let row =
            StatusRow { state: 1, progress_ppm: 250_000, total_wanted: 10, ..StatusRow::default() };

        assert!((numbers(&row, &Status::default(), 0).progress - 0.25).abs() < 1e-9);
        assert!(
            numbers(&StatusRow { state: 3, ..row }, &Status::default(), 0).progress.abs() < 1e-9
        );
    }
}
