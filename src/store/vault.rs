//! Makes the logins that stand in URLs unreadable to who has the database alone.
//!
//! Clients read the URLs of trackers and web seeds back as they typed them, so a login cannot be taken out: a URL that
//! has one is sealed on its way into the database and opened on its way out. What cannot be opened, because the key is
//! another one, stays as it is: it is no URL that anything could be sent to, and the right key opens it again.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Change, Intent, Record, Work};
use crate::model::login::has_login;
use crate::model::{Announce, Status};

/// What a sealed text starts with.
const MARK: &str = "sealed:";

/// Seals and opens bytes with a key that is not in the database.
pub trait Seal: Send + Sync {
    fn seal(&self, clear: &[u8]) -> Vec<u8>;

    /// `None` if another key sealed it, or none did.
    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>>;
}

/// The seal of a store, once it has one; until then texts pass as they are.
#[derive(Clone, Default)]
pub(super) struct Vault(Arc<OnceLock<Arc<dyn Seal>>>);

impl Vault {
    /// The first seal counts.
    pub(super) fn set(&self, seal: Arc<dyn Seal>) {
        let _ = self.0.set(seal);
    }

    /// Seals what is about to be stored.
    pub(super) fn close(&self, change: &mut Change) {
        if self.0.get().is_none() {
            return;
        }
        let hide = |text: &str| self.hide(text);
        match change {
            Change::PutTorrent(record) => each(record, hide),
            Change::PutStatus(_, status) => tracker(status, hide),
            Change::PutIntent(intent) => fetch(intent, hide),
            _ => {}
        }
    }

    /// Opens what was stored.
    pub(super) fn open(&self, record: &mut Record) {
        each(record, |text| self.show(text));
    }

    pub(super) fn open_intent(&self, intent: &mut Intent) {
        fetch(intent, |text| self.show(text));
    }

    /// The sealed text; `None` if it may be read by anybody.
    fn hide(&self, text: &str) -> Option<String> {
        let seal = self.0.get().filter(|_| has_login(text.as_bytes()))?;
        Some(format!("{MARK}{}", STANDARD.encode(seal.seal(text.as_bytes()))))
    }

    /// The text that was sealed; `None` if it is not, or cannot be opened.
    fn show(&self, text: &str) -> Option<String> {
        let sealed = STANDARD.decode(text.strip_prefix(MARK)?).ok()?;
        String::from_utf8(self.0.get()?.open(&sealed)?).ok()
    }
}

/// Turns each text of a row that may hold a login; `None` keeps it.
fn each(record: &mut Record, turn: impl Fn(&str) -> Option<String>) {
    let torrent = &mut record.torrent;
    let turned = |announce: &Announce| {
        let (url, message) = (turn(&announce.url), turn(&announce.message));
        (url.is_some() || message.is_some()).then(|| Announce {
            url: url.map_or_else(|| Arc::clone(&announce.url), Arc::from),
            message: message.map_or_else(|| Arc::clone(&announce.message), Arc::from),
            ..announce.clone()
        })
    };
    // A list that stays is shared with everybody who reads it.
    let announces: Vec<Cow<'_, Announce>> = (torrent.announces.iter())
        .map(|announce| turned(announce).map_or(Cow::Borrowed(announce), Cow::Owned))
        .collect();
    if announces.iter().any(|announce| matches!(announce, Cow::Owned(_))) {
        torrent.announces = announces.into_iter().map(Cow::into_owned).collect();
    }
    for at in 0..torrent.facts.web_seeds.len() {
        if let Some(turned) = turn(&torrent.facts.web_seeds[at]) {
            Arc::make_mut(&mut torrent.facts).web_seeds[at] = turned;
        }
    }
    tracker(&mut torrent.status, turn);
}

fn tracker(status: &mut Status, turn: impl Fn(&str) -> Option<String>) {
    if let Some(turned) = status.tracker.as_deref().and_then(turn) {
        status.tracker = Some(turned.into());
    }
}

fn fetch(intent: &mut Intent, turn: impl Fn(&str) -> Option<String>) {
    if let Work::Fetch { url, options } = &mut intent.work {
        for text in [url, options] {
            if let Some(turned) = turn(text) {
                *text = turned;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TorrentKey;

    /// Turns bytes round; opens only its own.
    struct Reversed(u8);

    impl Seal for Reversed {
        fn seal(&self, clear: &[u8]) -> Vec<u8> {
            clear.iter().rev().copied().chain([self.0]).collect()
        }

        fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
            let (own, sealed) = sealed.split_last()?;
            (*own == self.0).then(|| sealed.iter().rev().copied().collect())
        }
    }

    fn vault(key: u8) -> Vault {
        let vault = Vault::default();
        vault.set(Arc::new(Reversed(key)));
        vault
    }

    #[test]
    fn only_logins_are_sealed_and_only_the_key_opens_them() {
        let intent = |url: &str| Intent {
            id: 1,
            key: TorrentKey(0),
            work: Work::Fetch { url: url.to_owned(), options: "{}".to_owned() },
        };
        for url in ["http://u:geheim@h/x", "http://h/x", "sealed:AAAA"] {
            let mut change = Change::PutIntent(Box::new(intent(url)));
            vault(1).close(&mut change);
            let Change::PutIntent(stored) = change else { panic!("the same change") };

            assert_eq!(*stored == intent(url), !url.contains("geheim"), "{stored:?}");
            assert!(!format!("{stored:?}").contains("geheim"));
            let mut opened = Intent::clone(&stored);
            vault(2).open_intent(&mut opened);
            assert_eq!(opened, *stored);
            vault(1).open_intent(&mut opened);
            assert_eq!(opened, intent(url));
        }
    }
}
