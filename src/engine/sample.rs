//! A look at a few pieces before a torrent is believed to be complete.
//!
//! Files must have their full size, and the pieces of the sample must have their hashes; otherwise the add is refused
//! and nothing has happened.

use std::collections::HashMap;
use std::io::{Read as _, Seek as _, SeekFrom};

use fs_err::File;
use revaer_native::{Metainfo, MetainfoFile};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::{Error, Result, content};
use crate::model::path;

/// Pieces of a sample at most: more is a check, which libtorrent makes better.
pub const MOST_PIECES: u16 = 1000;

/// Compares the content in `folder` with a torrent; blocks while it reads.
///
/// # Errors
/// `Invalid` if something differs, or if a v2 torrent came without its piece layers.
pub(super) fn check(
    bytes: &[u8],
    metainfo: &Metainfo,
    renames: &[(u32, String)],
    folder: &str,
    pieces: u16,
) -> Result<()> {
    let hashes = Hashes::of(bytes)?;
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
        if !hashes.fit(piece, &data, metainfo) {
            return Err(Error::Invalid(format!("piece {piece} is not what the torrent says")));
        }
    }
    Ok(())
}

/// What the pieces must have.
enum Hashes {
    V1(Vec<[u8; 20]>),
    V2(Vec<[u8; 32]>),
}

impl Hashes {
    fn of(bytes: &[u8]) -> Result<Self> {
        let hashes = revaer_native::piece_hashes(bytes)?;
        if !hashes.is_empty() {
            return Ok(Self::V1(hashes));
        }
        let roots = revaer_native::piece_roots(bytes)?;
        if roots.is_empty() {
            let reason = "a sample needs the torrent's piece layers, which are not in it";
            return Err(Error::Invalid(reason.to_owned()));
        }
        Ok(Self::V2(roots))
    }

    const fn len(&self) -> usize {
        match self {
            Self::V1(hashes) => hashes.len(),
            Self::V2(roots) => roots.len(),
        }
    }

    fn fit(&self, piece: usize, data: &[u8], metainfo: &Metainfo) -> bool {
        match self {
            Self::V1(hashes) => Sha1::digest(data)[..] == hashes[piece][..],
            Self::V2(roots) => root_of_piece(piece, data, metainfo) == roots[piece],
        }
    }
}

/// The Merkle root of a piece of a v2 torrent, whose files all begin with a piece of their own (BEP 52).
fn root_of_piece(piece: usize, data: &[u8], metainfo: &Metainfo) -> [u8; 32] {
    const BLOCK: usize = 16 << 10;
    let size = metainfo.piece_size as usize;
    let begin = i64::try_from(piece * size).unwrap_or(i64::MAX);
    let holds = |file: &&MetainfoFile| {
        !file.is_padding && (file.offset..file.offset + file.size).contains(&begin)
    };
    let Some(file) = metainfo.files.iter().find(holds) else { return [0; 32] };
    // What follows the file in its last piece is padding.
    let own = usize::try_from(file.offset + file.size - begin).unwrap_or(usize::MAX);
    let own = own.min(data.len());
    let mut layer: Vec<[u8; 32]> =
        data[..own].chunks(BLOCK).map(|block| Sha256::digest(block).into()).collect();
    let is_alone = file.size <= i64::from(metainfo.piece_size);
    let leaves = if is_alone { layer.len().next_power_of_two() } else { size / BLOCK };
    layer.resize(leaves, [0; 32]);
    while layer.len() > 1 {
        let pairs = layer.chunks(2).map(|pair| Sha256::digest(pair.concat()).into());
        layer = pairs.collect();
    }
    layer.first().copied().unwrap_or_default()
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
    // The total size of a v2 torrent leaves out what lies between its files.
    let all = metainfo.files.iter().map(|file| file.offset + file.size).max().unwrap_or(0);
    let end = begin.saturating_add(size).min(all);
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
