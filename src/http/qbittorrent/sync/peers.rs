//! The peers of one torrent as `sync/torrentPeers` shows them, and the numbered memory of earlier answers.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::http::qbittorrent::fields::Value::{self, Float, Int, Null, Str, Text};
use crate::http::qbittorrent::json;
use crate::http::qbittorrent::level::Level;
use crate::model::swarm::PeerConnection;
use crate::model::{Peer, Torrent, TorrentId};

/// How long a numbered answer can serve as a base.
const LIFETIME: Duration = Duration::from_mins(1);

/// Numbers start over after this one.
const LAST: u32 = 1 << 30;

/// Peers by `address:port`, each with its members by key.
pub(super) type Shown = BTreeMap<String, Vec<(&'static str, Value<'static>)>>;

/// Whether the preference asks for the countries of peers.
///
/// There is no database of addresses, so every country that is asked for reads as unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Countries {
    Shown,
    Hidden,
}

/// Earlier answers, numbered per torrent.
#[derive(Default)]
pub struct PeerMemory {
    torrents: Mutex<HashMap<TorrentId, Log>>,
}

#[derive(Default)]
struct Log {
    answers: VecDeque<(u32, Instant, Arc<Shown>)>,
    last: u32,
}

impl PeerMemory {
    /// Renders the difference between the answer numbered `rid` and `shown`, or everything.
    #[must_use]
    pub(super) fn answer(
        &self,
        id: TorrentId,
        rid: u32,
        shown: Shown,
        countries: Countries,
        now: Instant,
    ) -> Vec<u8> {
        let shown = Arc::new(shown);
        let (number, base) = {
            let mut torrents = self.torrents.lock().unwrap_or_else(PoisonError::into_inner);
            torrents.retain(|_, log| {
                log.answers.retain(|(_, at, _)| now.duration_since(*at) < LIFETIME);
                !log.answers.is_empty()
            });
            let log = torrents.entry(id).or_default();
            let base = log
                .answers
                .iter()
                .find(|(number, ..)| *number == rid)
                .map(|(.., base)| Arc::clone(base));
            // Numbers of a torrent that was forgotten must not come back to clients that still
            // hold one.
            log.last = log.last.max(rid.min(LAST));
            if log.last == LAST {
                log.answers.clear();
                log.last = 0;
            }
            log.last += 1;
            log.answers.push_back((log.last, now, Arc::clone(&shown)));
            (log.last, base)
        };
        render(number, base.as_deref(), &shown, countries)
    }
}

fn render(number: u32, base: Option<&Shown>, shown: &Shown, countries: Countries) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = json::Object::begin(&mut out);
    if base.is_none() {
        object.boolean("full_update", true);
    }
    let changed: Vec<(&String, Vec<&(&'static str, Value<'static>)>)> = shown
        .iter()
        .map(|(key, members)| {
            let before = base.and_then(|base| base.get(key));
            (
                key,
                members
                    .iter()
                    .filter(|member| before.is_none_or(|before| !before.contains(member)))
                    .collect(),
            )
        })
        .filter(|(_, members): &(_, Vec<_>)| !members.is_empty())
        .collect();
    if !changed.is_empty() || base.is_none() {
        let mut peers = json::Object::begin(object.key("peers"));
        for (key, members) in changed {
            let mut peer = json::Object::begin(peers.key(key));
            for (key, value) in members {
                value.write(peer.key(key));
            }
            peer.end();
        }
        peers.end();
    }
    let gone: Vec<&String> =
        base.into_iter().flat_map(BTreeMap::keys).filter(|key| !shown.contains_key(*key)).collect();
    if !gone.is_empty() {
        object.array("peers_removed", gone, |out, key| json::text(out, key));
    }
    object.int("rid", number);
    if base.is_none() {
        object.boolean("show_flags", countries == Countries::Shown);
    }
    object.end();
    out
}

/// The members of all peers at a level.
#[must_use]
pub(super) fn shown(
    peers: &[Peer],
    torrent: &Torrent,
    level: Level,
    countries: Countries,
) -> Shown {
    peers
        .iter()
        .map(|peer| (peer.address.to_string(), members(peer, torrent, level, countries)))
        .collect()
}

fn members(
    peer: &Peer,
    torrent: &Torrent,
    level: Level,
    countries: Countries,
) -> Vec<(&'static str, Value<'static>)> {
    let (flags, descriptions) = flags(peer, level);
    let mut members = vec![
        ("client", Text(peer.client.clone())),
        (
            "connection",
            Str(match peer.connection {
                PeerConnection::BitTorrent => "BT",
                PeerConnection::WebSeed => "Web",
                PeerConnection::Utp => "μTP",
            }),
        ),
    ];
    if level >= Level::L53 {
        members.push(("contribution", Float(contribution(peer, torrent))));
    }
    match countries {
        Countries::Shown => {
            members.extend([("country", Str("N/A")), ("country_code", Str(""))]);
        }
        // Contract: without country resolution L53 has nulls, older levels no keys.
        Countries::Hidden if level >= Level::L53 => {
            members.extend([("country", Null), ("country_code", Null)]);
        }
        Countries::Hidden => {}
    }
    members.push(("dl_speed", Int(peer.download_rate)));
    members.push(("downloaded", Int(peer.downloaded)));
    if torrent.facts.metadata.is_some() {
        members.push(("files", Text(peer.files.join("\n"))));
    }
    members.push(("flags", Text(flags)));
    members.push(("flags_desc", Text(descriptions)));
    if level >= Level::L53 {
        members.push(("host_name", Str("")));
    }
    members.extend([
        ("ip", Text(peer.address.ip().to_string())),
        ("peer_id_client", Text(peer.peer_id.clone())),
        ("port", Int(peer.address.port().into())),
        ("progress", Float(peer.progress)),
        ("relevance", Float(peer.relevance)),
        ("up_speed", Int(peer.upload_rate)),
        ("uploaded", Int(peer.uploaded)),
    ]);
    members
}

/// Bytes sent to the peer over what it has.
#[expect(clippy::cast_precision_loss, reason = "a share is shown")]
fn contribution(peer: &Peer, torrent: &Torrent) -> f64 {
    let size = torrent.facts.metadata.as_ref().map_or(0, |metadata| metadata.total_size);
    let has = peer.progress * size as f64;
    if has > 0.0 { peer.uploaded as f64 / has } else { 0.0 }
}

/// The letters, and a line of text for each (reference, section 14.3).
fn flags(peer: &Peer, level: Level) -> (String, String) {
    let rules: [(bool, char, &str); 16] = [
        (peer.interesting && peer.remote_choked, 'd', "Interested (local) and choked (peer)"),
        (peer.interesting && !peer.remote_choked, 'D', "Interested (local) and unchoked (peer)"),
        (peer.remote_interested && peer.choked, 'u', "Interested (peer) and choked (local)"),
        (peer.remote_interested && !peer.choked, 'U', "Interested (peer) and unchoked (local)"),
        (
            !peer.remote_choked && !peer.interesting,
            'K',
            "Not interested (local) and unchoked (peer)",
        ),
        (
            !peer.choked && !peer.remote_interested,
            '?',
            "Not interested (peer) and unchoked (local)",
        ),
        (peer.optimistic_unchoke, 'O', "Optimistic unchoke"),
        (peer.snubbed, 'S', "Peer snubbed"),
        (peer.incoming, 'I', "Incoming connection"),
        (peer.from_dht, 'H', "Peer from DHT"),
        (peer.from_pex, 'X', "Peer from PEX"),
        (peer.from_lsd, 'L', "Peer from LSD"),
        (peer.rc4_encrypted, 'E', "Encrypted traffic"),
        (peer.plaintext_encrypted, 'e', "Encrypted handshake"),
        (peer.utp, 'P', "μTP"),
        (peer.holepunched && level >= Level::L51, 'h', "Peer is using NAT hole punching"),
    ];
    let (mut letters, mut lines) = (String::new(), String::new());
    for (_, letter, text) in rules.into_iter().filter(|rule| rule.0) {
        if !letters.is_empty() {
            letters.push(' ');
            lines.push('\n');
        }
        letters.push(letter);
        // Writing to a string cannot fail.
        let _ = write!(lines, "{letter} = {text}");
    }
    (letters, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, speed: i64) -> Shown {
        BTreeMap::from([(key.to_owned(), vec![("dl_speed", Int(speed)), ("port", Int(1))])])
    }

    fn text(answer: Vec<u8>) -> String {
        String::from_utf8(answer).unwrap()
    }

    #[test]
    fn a_known_number_gets_a_difference_and_an_unknown_one_everything() {
        let (memory, id, now) = (PeerMemory::default(), TorrentId([1; 20]), Instant::now());

        let full = text(memory.answer(id, 0, one("a:1", 5), Countries::Hidden, now));
        assert_eq!(
            full,
            r#"{"full_update":true,"peers":{"a:1":{"dl_speed":5,"port":1}},"rid":1,"show_flags":false}"#
        );
        assert_eq!(
            text(memory.answer(id, 1, one("a:1", 6), Countries::Hidden, now)),
            r#"{"peers":{"a:1":{"dl_speed":6}},"rid":2}"#
        );
        // The second answer was lost: the first number still works.
        assert_eq!(
            text(memory.answer(id, 1, one("a:1", 7), Countries::Hidden, now)),
            r#"{"peers":{"a:1":{"dl_speed":7}},"rid":3}"#
        );
        assert_eq!(
            text(memory.answer(id, 3, one("b:2", 7), Countries::Hidden, now)),
            r#"{"peers":{"b:2":{"dl_speed":7,"port":1}},"peers_removed":["a:1"],"rid":4}"#
        );
        assert_eq!(
            text(memory.answer(id, 4, one("b:2", 7), Countries::Hidden, now)),
            r#"{"rid":5}"#
        );
        assert!(
            text(memory.answer(id, 99, one("b:2", 7), Countries::Hidden, now))
                .starts_with(r#"{"full_update":true"#)
        );
        assert!(
            text(memory.answer(id, 4, one("b:2", 7), Countries::Hidden, now + LIFETIME))
                .starts_with(r#"{"full_update":true"#)
        );
    }
}
