//! One task from its source to its file, on a blocking thread.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{Failure, Wishes, source};
use crate::engine::{Creation, Format, HashMonitor, TrackerEntry, create_metainfo, parse_metainfo};
use crate::intake::Policy;

/// Bytes of the smallest piece.
const BLOCK: i32 = 16 << 10;

/// Bytes of the largest piece that libtorrent reads.
const MAX_PIECE: i32 = 128 << 20;

/// A task that is about to run.
pub(super) struct Author {
    pub wishes: Wishes,
    pub target: PathBuf,
    pub policy: Policy,
    /// Unix seconds.
    pub now: i64,
}

/// What a task gave.
pub(super) struct Authored {
    pub bytes: Bytes,
    /// Bytes.
    pub piece_size: i32,
}

impl Author {
    /// Hashes the source and writes the target; whole or not at all.
    pub(super) fn run(&self, monitor: &HashMonitor) -> Result<Authored, Failure> {
        let wishes = &self.wishes;
        let piece_size = piece_size(wishes.piece_size, wishes.format)?;
        let source = Path::new(&wishes.source);
        if !self.may_read(source) {
            return Err(Failure::Empty);
        }
        let files = source::files(source, wishes.ignores_dotfiles, monitor)?;
        // Nobody wants to learn this after an hour of hashing.
        self.prepare_target()?;
        let parent = source.parent().unwrap_or(Path::new("/"));
        let creation = Creation {
            format: wishes.format,
            parent: parent.to_string_lossy().into_owned(),
            files,
            piece_size,
            max_pieces: self.policy.metainfo.max_pieces,
            is_private: wishes.is_private,
            comment: wishes.comment.clone(),
            created_by: concat!("Revaer ", env!("CARGO_PKG_VERSION")).to_owned(),
            created_at: self.now,
            source: wishes.source_tag.clone(),
            trackers: tiers(&wishes.trackers),
            web_seeds: urls(&wishes.web_seeds),
        };
        let bytes = create_metainfo(&creation, monitor).map_err(native)?;
        let parsed = parse_metainfo(&bytes, self.policy.metainfo).map_err(native)?;
        if monitor.is_cancelled() {
            return Err(Failure::Other("cancelled".to_owned()));
        }
        write(&self.target, &bytes).map_err(|error| io(&error))?;
        let piece_size = i32::try_from(parsed.piece_size).unwrap_or(piece_size);
        Ok(Authored { bytes: bytes.into(), piece_size })
    }

    /// What lies outside of the roots does not exist for clients, and neither does Revaer's own folder.
    fn may_read(&self, source: &Path) -> bool {
        let Ok(real) = fs_err::canonicalize(source) else { return false };
        let holds_own = self.policy.forbidden.iter().any(|own| Path::new(own).starts_with(&real));
        source.is_absolute() && self.allows(source) && self.allows(&real) && !holds_own
    }

    fn allows(&self, path: &Path) -> bool {
        path.to_str().is_some_and(|path| self.policy.allows(path))
    }

    /// Checks a target that the client named, and makes the folders above it if it may.
    fn prepare_target(&self) -> Result<(), Failure> {
        if self.wishes.torrent_file.is_empty() {
            return Ok(());
        }
        let denied = || Failure::Other("Permission denied".to_owned());
        let folder = self.target.parent().ok_or_else(denied)?;
        // Folders that do not exist yet cannot be links.
        let existing = folder.ancestors().find(|folder| folder.exists()).ok_or_else(denied)?;
        let real = fs_err::canonicalize(existing).map_err(|error| io(&error))?;
        if !self.target.is_absolute() || !self.allows(&self.target) || !self.allows(&real) {
            return Err(denied());
        }
        if !existing.is_dir() {
            return Err(Failure::Other("Not a directory".to_owned()));
        }
        if self.target.is_dir() {
            return Err(Failure::TargetIsFolder);
        }
        if folder == existing {
            return Ok(());
        }
        if !self.wishes.makes_folders {
            return Err(Failure::Other("No such file or directory".to_owned()));
        }
        fs_err::create_dir_all(folder).map_err(|error| io(&error))
    }
}

/// Writes a file that is seen whole or not at all; one that is there is replaced, as upstream does.
fn write(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = format!(".{}.new", uuid::Uuid::new_v4().simple());
    let temporary = target.with_file_name(name);
    let written = (|| {
        let mut file = fs_err::File::create_new(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs_err::rename(&temporary, target)
    })();
    if written.is_err() && temporary.exists() {
        fs_err::remove_file(&temporary)?;
    }
    written
}

/// Bytes of a piece that the format can have; 0 for automatic.
fn piece_size(wanted: i32, format: Format) -> Result<i32, Failure> {
    match (wanted, format) {
        (0, _) => Ok(0),
        (size, _) if size > MAX_PIECE => Err(Failure::PieceSize),
        (BLOCK.., Format::V1) if wanted % BLOCK == 0 => Ok(wanted),
        (_, Format::V1) => Err(Failure::PieceSize),
        // Contract: a small one is lifted to the smallest.
        (..BLOCK, _) => Ok(BLOCK),
        (size, _) if size.count_ones() == 1 => Ok(size),
        _ => Err(Failure::PieceSize),
    }
}

fn tiers(urls: &[String]) -> Vec<TrackerEntry> {
    let mut tier = 0_u8;
    let mut trackers = Vec::new();
    for url in urls {
        match url.trim() {
            _ if url.is_empty() => tier = tier.saturating_add(1),
            "" => {}
            url => trackers.push(TrackerEntry { url: url.to_owned(), tier }),
        }
    }
    trackers
}

fn urls(texts: &[String]) -> Vec<String> {
    texts.iter().map(|url| url.trim().to_owned()).filter(|url| !url.is_empty()).collect()
}

fn native(error: crate::engine::NativeError) -> Failure {
    Failure::Other(error.message)
}

/// What the system says, without the number and the path.
fn io(error: &std::io::Error) -> Failure {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let text = cause.to_string();
    Failure::Other(text.split(" (os error").next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_piece_sizes() {
        for (wanted, v1, v2) in [
            (0, Some(0), Some(0)),
            (-5, None, Some(BLOCK)),
            (-32_768, None, Some(BLOCK)),
            (1000, None, Some(BLOCK)),
            (16_385, None, None),
            (49_152, Some(49_152), None),
            (32_768, Some(32_768), Some(32_768)),
            (128 << 20, Some(128 << 20), Some(128 << 20)),
            (256 << 20, None, None),
        ] {
            assert_eq!(piece_size(wanted, Format::V1).ok(), v1, "{wanted}");
            assert_eq!(piece_size(wanted, Format::V2).ok(), v2, "{wanted}");
            assert_eq!(piece_size(wanted, Format::Hybrid).ok(), v2, "{wanted}");
        }
    }

    #[test]
    fn an_empty_tracker_begins_a_tier() {
        let list: Vec<String> = ["a", "b", "", "c", " ", "d"].map(str::to_owned).into();

        let found: Vec<(String, u8)> =
            tiers(&list).into_iter().map(|tracker| (tracker.url, tracker.tier)).collect();
        let expected = [("a", 0), ("b", 0), ("c", 1), ("d", 1)];
        assert_eq!(found, expected.map(|(url, tier)| (url.to_owned(), tier)));
    }
}
