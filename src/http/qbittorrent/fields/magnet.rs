//! The magnet URI of a torrent, as each level writes it.

use std::sync::Arc;

use super::value::{Encoding, Piece};
use crate::http::qbittorrent::level::Level;
use crate::model::Torrent;

/// A magnet URI that is composed only when it is written.
#[derive(Debug, Clone, Copy)]
pub struct Magnet<'a> {
    torrent: &'a Torrent,
    level: Level,
}

impl PartialEq for Magnet<'_> {
    /// True if both are written alike: the same torrent with the same name, trackers and web seeds.
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.torrent, other.torrent);
        let same_trackers = Arc::ptr_eq(&a.announces, &b.announces)
            || (a.announces.len() == b.announces.len()
                && a.announces.iter().zip(b.announces.iter()).all(|(a, b)| a.url == b.url));
        self.level == other.level
            && same_trackers
            && (Arc::ptr_eq(&a.options, &b.options) || a.name() == b.name())
            && (Arc::ptr_eq(&a.facts, &b.facts) || a.facts == b.facts)
    }
}

impl<'a> Magnet<'a> {
    #[must_use]
    pub fn new(torrent: &'a Torrent, level: Level) -> Self {
        Self { torrent, level }
    }

    /// Calls `each` with the parts of the URI.
    pub(super) fn pieces(&self, mut each: impl FnMut(Piece<'_>)) {
        let facts = &self.torrent.facts;
        let is_old = self.level == Level::L45;
        each(Piece::Text("magnet:?xt=urn:bt"));
        if let Some(v1) = &facts.hashes.v1 {
            each(Piece::Text("ih:"));
            each(Piece::Hex(v1));
            if facts.hashes.v2.is_some() {
                each(Piece::Text("&xt=urn:bt"));
            }
        }
        if let Some(v2) = &facts.hashes.v2 {
            each(Piece::Text("mh:1220"));
            each(Piece::Hex(v2));
        }
        // Contract: L45 hands out libtorrent's own URI, which knows neither display names nor sizes.
        let encoding = if is_old { Encoding::Lower } else { Encoding::Upper };
        let name = if is_old { &facts.name } else { self.torrent.name() };
        if !name.is_empty() && name.as_bytes() != facts.id.hex() {
            each(Piece::Text("&dn="));
            each(Piece::Encoded(name, encoding));
        }
        if let (Some(metadata), false) = (&facts.metadata, is_old) {
            each(Piece::Text("&xl="));
            each(Piece::Text(itoa::Buffer::new().format(metadata.total_size)));
        }
        for announce in self.torrent.announces.iter() {
            each(Piece::Text("&tr="));
            each(Piece::Encoded(&announce.url, encoding));
        }
        for url in &facts.web_seeds {
            each(Piece::Text("&ws="));
            // Contract: L51 does not encode web seeds (observed).
            each(if self.level == Level::L51 {
                Piece::Text(url)
            } else {
                Piece::Encoded(url, encoding)
            });
        }
    }
}
