//! A look at a few pieces before a torrent is believed to be complete.
//!
//! Files must have their full size, and the pieces of the sample must have their hashes; otherwise the add is refused
//! and nothing has happened.

use std::collections::HashMap;
use std::io::{Read as _, Seek as _, SeekFrom};

use fs_err::File;
use revaer_native::Metainfo;
use sha1::{Digest as _, Sha1};

use super::{Error, Result, content};
use crate::model::path;

/// Pieces of a sample at most: more is a check, which libtorrent makes better.
pub const MOST_PIECES: u16 = 1000;

/// Compares the content in `folder` with a torrent; blocks while it reads.
///
/// # Errors
/// `Invalid` if something differs, or if the torrent has no hashes of version 1 to compare with.
pub(super) fn check(
    bytes: &[u8],
    metainfo: &Metainfo,
    renames: &[(u32, String)],
    folder: &str,
    pieces: u16,
) -> Result<()> {
    let hashes = revaer_native::piece_hashes(bytes)?;
    if hashes.is_empty() {
        return Err(Error::Invalid(
            "a sample needs piece hashes of version 1, which this torrent does not have".to_owned(),
        ));
    }
    let visible: HashMap<u32, String> = content::visible(&metainfo.files, renames)
        .into_iter()
        .map(|(index, inner)| (index, path::join(folder, inner)))
        .collect();
    for (index, file) in &visible {
        let size = metainfo.files[*index as usize].size;
        let found = fs_err::metadata(file).ok().and_then(|meta| i64::try_from(meta.len()).ok());
        if size > 0 && found != Some(size) {
            return Err(Error::Invalid(format!("`{file}` is not there in full size")));
        }
    }
    for piece in spread(hashes.len(), pieces) {
        let data = read(metainfo, &visible, piece)
            .map_err(|error| Error::Invalid(format!("piece {piece} cannot be read: {error}")))?;
        if Sha1::digest(&data)[..] != hashes[piece][..] {
            return Err(Error::Invalid(format!("piece {piece} is not what the torrent says")));
        }
    }
    Ok(())
}

/// Pieces at equal distances, the first and the last among them.
fn spread(count: usize, wanted: u16) -> Vec<usize> {
    let wanted = usize::from(wanted).min(count);
    match wanted {
        0 => Vec::new(),
        1 => vec![0],
        wanted => (0..wanted).map(|at| at * (count - 1) / (wanted - 1)).collect(),
    }
}

fn read(
    metainfo: &Metainfo,
    visible: &HashMap<u32, String>,
    piece: usize,
) -> std::io::Result<Vec<u8>> {
    let size = i64::from(metainfo.piece_size);
    let begin = i64::try_from(piece).unwrap_or(i64::MAX).saturating_mul(size);
    let end = begin.saturating_add(size).min(metainfo.total_size);
    let mut data = Vec::new();
    for (index, file) in (0_u32..).zip(&metainfo.files) {
        let (first, last) = (begin.max(file.offset), end.min(file.offset + file.size));
        if first >= last {
            continue;
        }
        let length = usize::try_from(last - first).unwrap_or(0);
        let at = data.len();
        // Padding is zeros that lie nowhere.
        data.resize(at + length, 0);
        if let Some(path) = visible.get(&index) {
            let mut source = File::open(path)?;
            source.seek(SeekFrom::Start(u64::try_from(first - file.offset).unwrap_or(0)))?;
            source.read_exact(&mut data[at..])?;
        }
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_spans_the_whole() {
        assert_eq!(spread(100, 3), [0, 49, 99]);
        assert_eq!(spread(2, 9), [0, 1]);
        assert_eq!(spread(5, 1), [0]);
        assert!(spread(0, 4).is_empty());
    }
}
