//! Taking in the metadata of a magnet: identity, layout, priorities, then letting it run.
//!
//! libtorrent holds the torrent (paused, not managed) from the moment the metadata is complete until `apply_run`, so
//! that nothing is written under a name or for a file that is not wanted.

use std::sync::Arc;

use revaer_native::{Metainfo, MetainfoLimits};

use super::content::{self, Excluded};
use super::worker::{FollowUp, Worker};
use crate::events::Kind;
use crate::model::{Facts, Priority, RunMode, StopCondition, TorrentKey};
use crate::store::Change;

impl Worker {
    /// Metadata arrived: it is parsed off this thread.
    pub(super) fn take_metadata(&mut self, key: TorrentKey, metainfo: Vec<u8>) {
        let Some(metainfo) = self.preview_metadata(key, metainfo) else { return };
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.taking_metadata = true;
        let follow_ups = self.follow_up_sender();
        self.shared.runtime.spawn_blocking(move || {
            let parsed = revaer_native::parse_metainfo(&metainfo, MetainfoLimits::default());
            let work: FollowUp = Box::new(move |worker| match parsed {
                Ok(parsed) => worker.adopt_metadata(key, metainfo, &parsed),
                Err(error) => worker.refuse_metadata(key, &error.to_string()),
            });
            let _ = follow_ups.send(work);
        });
    }

    fn refuse_metadata(&mut self, key: TorrentKey, reason: &str) {
        tracing::error!(torrent.key = key.0, "the metadata cannot be used: {reason}");
        let message: Arc<str> = reason.into();
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.has_error = true;
        }
        self.edit(key, |torrent| torrent.status.error = Some(message));
        self.refresh_state(key);
    }

    /// Gives a torrent its metadata in the working state, the store and libtorrent.
    pub(super) fn adopt_metadata(&mut self, key: TorrentKey, bytes: Vec<u8>, parsed: &Metainfo) {
        let Some(torrent) = self.torrent(key) else { return };
        if torrent.facts.metadata.is_some() {
            return;
        }
        let hashes = content::hashes(parsed);
        let layout = torrent.options.layout;
        let has_name = torrent.options.name.is_some();
        let (renames, name) = content::lay_out(&parsed.files, layout, &parsed.name);
        let facts = Facts {
            id: hashes.id(),
            hashes,
            name: parsed.name.clone(),
            metadata: Some(content::metadata(parsed, &renames)),
            ..Facts::clone(&torrent.facts)
        };
        let downloads = &self.profile.downloads;
        let excluded = downloads
            .excluded_names_enabled
            .then(|| Excluded::new(downloads.excluded_names.iter().map(String::as_str)));
        self.rekey(key, facts);
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if let Some(excluded) = excluded
            && entry.wishes.priorities.is_empty()
        {
            let paths = content::paths(&parsed.files, &[]);
            if paths.iter().any(|path| excluded.matches(path)) {
                entry.wishes.priorities = paths
                    .iter()
                    .map(
                        |path| {
                            if excluded.matches(path) { Priority::Skip } else { Priority::Normal }
                        },
                    )
                    .collect();
            }
        }
        entry.wishes.renames.clone_from(&renames);
        let levels = content::levels(&entry.wishes);
        self.store(Change::PutMetainfo(key, bytes));
        self.edit_options(key, |options| {
            if !has_name && let Some(name) = name {
                options.name = Some(name);
            }
            if options.stop_condition == StopCondition::MetadataReceived {
                options.stop_condition = StopCondition::None;
                options.run = RunMode::Stopped;
            }
        });
        self.suffix_incomplete(key, &parsed.files);
        if let Err(error) = self.arrange_files(key, &renames, &levels) {
            tracing::error!(torrent.key = key.0, "the files cannot be arranged: {error}");
        }
        self.apply_first_last(key, &parsed.files);
        if let Some(torrent) = self.torrent(key) {
            let name = torrent.name().to_owned();
            let metadata = torrent.facts.metadata.as_ref();
            let found = metadata.map(|metadata| (metadata.files, metadata.total_size));
            self.emit_for(key, Kind::MetadataReceived { name });
            if let Some((files, size)) = found {
                self.emit_for(key, Kind::FilesDiscovered { files, size });
            }
        }
        self.want_resume_data(key);
        self.after_commit(move |worker| {
            if let Some(entry) = worker.entries.get_mut(&key) {
                entry.taking_metadata = false;
            }
            if let Err(error) = worker.apply_run(key) {
                tracing::error!(torrent.key = key.0, "the torrent cannot be started: {error}");
            }
            worker.refresh_state(key);
        });
    }

    fn arrange_files(
        &mut self,
        key: TorrentKey,
        renames: &[(u32, String)],
        levels: &[u8],
    ) -> super::Result<()> {
        let suffix = self.profile.downloads.incomplete_suffix;
        let Some(session) = self.live(key) else { return Ok(()) };
        if !suffix {
            for (file, path) in renames {
                session.rename_file(key.0, *file, path)?;
            }
        }
        if !levels.is_empty() {
            session.prioritize_files(key.0, levels)?;
        }
        Ok(())
    }

    /// Two torrents turned out to be one: the older keeps its place and gets the metadata.
    pub(super) fn conflict(&mut self, key: TorrentKey, other: TorrentKey) {
        let (keep, lose) = if key < other { (key, other) } else { (other, key) };
        tracing::warn!("two torrents are the same content; the newer one is removed");
        if self.entries.contains_key(&keep) && self.entries.contains_key(&lose) {
            self.detach_for_good(lose);
        }
        self.reattach(keep);
    }
}
