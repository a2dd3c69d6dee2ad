//! The per-file hash trees of BEP 52.

use sha2::{Digest, Sha256};

/// The size of a leaf.
pub(super) const BLOCK: usize = 16 * 1024;

type Hash = [u8; 32];

/// What a v2 torrent stores about a file that is not empty.
pub(super) struct FileHashes {
    pub(super) root: Hash,
    /// The concatenated hashes of the pieces; only for files longer than a piece.
    pub(super) layer: Option<Vec<u8>>,
}

impl FileHashes {
    pub(super) fn of(bytes: &[u8], piece_length: usize) -> Self {
        let leaves: Vec<Hash> =
            bytes.chunks(BLOCK).map(|block| Sha256::digest(block).into()).collect();
        if bytes.len() <= piece_length {
            let width = leaves.len().next_power_of_two();
            return Self { root: root(leaves, width, [0; 32]), layer: None };
        }
        let per_piece = piece_length / BLOCK;
        let pieces: Vec<Hash> = leaves
            .chunks(per_piece)
            .map(|chunk| root(chunk.to_vec(), per_piece, [0; 32]))
            .collect();
        let layer = pieces.concat();
        let padding = root(Vec::new(), per_piece, [0; 32]);
        let width = pieces.len().next_power_of_two();
        Self { root: root(pieces, width, padding), layer: Some(layer) }
    }
}

/// Folds a row of hashes, filled up to `width` (a power of two) with `padding`, into one.
fn root(mut row: Vec<Hash>, width: usize, padding: Hash) -> Hash {
    row.resize(width, padding);
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| Sha256::digest(pair.concat()).into()).collect();
    }
    row[0]
}
