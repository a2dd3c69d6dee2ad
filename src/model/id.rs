//! Identity of a torrent: the key that never changes, the hashes, and the id that clients see.

use std::fmt;
use std::str::FromStr;

/// Database key and libtorrent user data of a torrent. It never changes, also when metadata changes the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TorrentKey(pub u64);

/// What clients call a torrent: the v2 info-hash truncated to 20 bytes if there is one, else the v1 info-hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TorrentId(pub [u8; 20]);

/// The text is not 40 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a torrent id is 40 hexadecimal digits")]
pub struct ParseIdError;

impl FromStr for TorrentId {
    type Err = ParseIdError;

    /// Accepts either letter case, as upstream does.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let mut bytes = [0; 20];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseIdError)?;
        Ok(Self(bytes))
    }
}

impl TorrentId {
    /// The 40 lower-case hexadecimal digits, without an allocation.
    #[must_use]
    pub fn hex(&self) -> [u8; 40] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 40];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        digits
    }
}

impl fmt::Display for TorrentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.hex()).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for TorrentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The info-hashes of a torrent; at least one is present (BEP 3, BEP 52).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InfoHashes {
    pub v1: Option<[u8; 20]>,
    pub v2: Option<[u8; 32]>,
}

impl InfoHashes {
    /// The id that clients know this torrent by.
    #[must_use]
    pub fn id(&self) -> TorrentId {
        match (self.v2, self.v1) {
            (Some(v2), _) => {
                let mut truncated = [0; 20];
                truncated.copy_from_slice(&v2[..20]);
                TorrentId(truncated)
            }
            (None, Some(v1)) => TorrentId(v1),
            (None, None) => TorrentId([0; 20]),
        }
    }

    /// True if the two describe the same torrent by either hash.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        (self.v1.is_some() && self.v1 == other.v1) || (self.v2.is_some() && self.v2 == other.v2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_either_case_and_written_in_lower_case() {
        let id: TorrentId = "AABBCCDDEEFF00112233445566778899aabbccdd".parse().unwrap();

        assert_eq!(id.to_string(), "aabbccddeeff00112233445566778899aabbccdd");
        assert_eq!("aabb".parse::<TorrentId>(), Err(ParseIdError));
    }

    #[test]
    fn a_hybrid_is_known_by_its_truncated_v2_hash() {
        let hashes = InfoHashes { v1: Some([1; 20]), v2: Some([2; 32]) };

        assert_eq!(hashes.id(), TorrentId([2; 20]));
        assert!(hashes.overlaps(&InfoHashes { v1: Some([1; 20]), v2: None }));
        assert!(!hashes.overlaps(&InfoHashes { v1: None, v2: None }));
    }
}
