//! The torrents of a run: distinct, small, always the same, and without data behind them.
//!
//! 5.3 looks whether the files of a seed exist and have the right size, so they do; but they are sparse.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use sha1::{Digest, Sha1};
use tokio::net::TcpSocket;

use crate::Form;
use crate::bencode::Value;

const PIECES: u16 = 16;
const PIECE_LENGTH: u16 = 16 * 1024;
const HASH_BYTES: usize = 20;

/// How many categories share the torrents.
pub(super) const CATEGORIES: usize = 5;

/// A torrent that nobody has.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) category: usize,
    name: String,
    bytes: Vec<u8>,
}

/// All torrents of a run, first those that are added one by one, then the batches.
pub(super) struct Corpus {
    pub(super) entries: Vec<Entry>,
    /// How many of them are added one by one.
    pub(super) singles: usize,
    /// How many are added with one request after that.
    pub(super) batch: usize,
}

/// Two addresses that refuse every connection and that nobody else can take meanwhile.
pub(super) struct DeadTrackers {
    addresses: [SocketAddr; 2],
    /// Bound, but not listening.
    _sockets: [TcpSocket; 2],
}

impl DeadTrackers {
    /// Takes two ports.
    ///
    /// # Errors
    /// Fails when none is free.
    pub(super) fn bind() -> Result<Self> {
        let sockets = [TcpSocket::new_v4()?, TcpSocket::new_v4()?];
        for socket in &sockets {
            socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        }
        let addresses = [sockets[0].local_addr()?, sockets[1].local_addr()?];
        Ok(Self { addresses, _sockets: sockets })
    }
}

impl Corpus {
    /// Makes `count` torrents: a fifth is added singly, the rest in batches of at most 100.
    ///
    /// Every category holds a fifth of the singles and a fifth of the batches.
    #[must_use]
    pub(super) fn new(count: usize, trackers: &DeadTrackers) -> Self {
        let singles = count / 5;
        let rest = count - singles;
        let batch = (rest / (2 * CATEGORIES)).clamp(1, 100);
        let category = |index: usize| {
            if index < singles { index } else { (index - singles) / batch }
        };
        let entries =
            (0..count).map(|index| Entry::new(index, category(index) % CATEGORIES, trackers));
        Self { entries: entries.collect(), singles, batch }
    }

    /// Returns up to `count` ids of one category.
    #[must_use]
    pub(super) fn of_category(&self, category: usize, count: usize) -> Vec<&str> {
        let entries = self.entries.iter().filter(|entry| entry.category == category);
        entries.take(count).map(|entry| entry.id.as_str()).collect()
    }

    /// Returns up to `count` ids, evenly spread and with the very last.
    #[must_use]
    pub(super) fn spread(&self, count: usize) -> Vec<&str> {
        let step = (self.entries.len() / count).max(1);
        self.entries.iter().rev().step_by(step).take(count).map(|entry| entry.id.as_str()).collect()
    }

    /// Encodes the forms that add the torrents one by one.
    pub(super) fn single_forms(&self, save_path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
        self.entries[..self.singles].chunks(1).map(|entries| form(entries, save_path)).collect()
    }

    /// Encodes the forms that add the torrents in batches.
    pub(super) fn batch_forms(&self, save_path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
        let batches = self.entries[self.singles..].chunks(self.batch);
        batches.map(|entries| form(entries, save_path)).collect()
    }

    /// Creates the files of all torrents, which take no room.
    ///
    /// # Errors
    /// Fails when the folder does not take them.
    pub(super) fn lay_out(&self, save_path: &Path) -> Result<()> {
        fs_err::create_dir_all(save_path)?;
        for entry in &self.entries {
            let file = fs_err::File::create(save_path.join(&entry.name))?;
            file.set_len(u64::from(PIECES) * u64::from(PIECE_LENGTH))?;
        }
        Ok(())
    }
}

/// Names a category.
#[must_use]
pub(super) fn category_name(category: usize) -> String {
    format!("bench-category-{category}")
}

/// Returns every tag that a run may leave behind.
#[must_use]
pub(super) fn tag_names() -> Vec<String> {
    let own = (0..CATEGORIES).map(|category| format!("bench-tag-{category}"));
    own.chain(["bench-all", "bench-changed", "bench-bulk"].map(ToOwned::to_owned)).collect()
}

impl Entry {
    fn new(index: usize, category: usize, trackers: &DeadTrackers) -> Self {
        let mut pieces = vec![0; usize::from(PIECES) * HASH_BYTES];
        let seed = u64::try_from(index).expect("an index fits 64 bits");
        SmallRng::seed_from_u64(seed).fill(&mut pieces[..]);
        let (season, episode) = (index / 100 + 1, index % 100 + 1);
        let name = format!("Bench.Series.S{season:03}E{episode:03}.1080p.WEB.H264-GROUP.mkv");
        let mut info = Value::dict([("name", Value::from(name.as_str()))]);
        info.insert("length", i64::from(PIECES) * i64::from(PIECE_LENGTH));
        info.insert("piece length", i64::from(PIECE_LENGTH));
        info.insert("pieces", pieces);
        let id = hex::encode(Sha1::digest(info.encode()));
        let urls = trackers.addresses.map(|address| format!("http://{address}/announce"));
        let mut top = Value::dict([("announce", Value::from(urls[0].as_str()))]);
        let tiers = urls.iter().map(|url| Value::List(vec![Value::from(url.as_str())]));
        top.insert("announce-list", tiers.collect::<Vec<_>>());
        top.insert("created by", Value::from("bench"));
        top.insert("creation date", 1_700_000_000);
        top.insert("info", info);
        Self { id, category, name, bytes: top.encode() }
    }
}

/// Puts torrents of one category into one form.
///
/// The data is taken for complete, so no server reads it; each level knows one of the names for that.
fn form(entries: &[Entry], save_path: &Path) -> Result<(String, Vec<u8>)> {
    let category = entries.first().map_or(0, |entry| entry.category);
    let mut form = Form::new()
        .text("skip_checking", "true")
        .text("seedMode", "true")
        .text("stopped", "false")
        .text("paused", "false")
        .text("autoTMM", "false")
        .text("savepath", save_path.to_str().context("a scratch folder is UTF-8")?)
        .text("category", &category_name(category))
        .text("tags", &format!("bench-all,bench-tag-{category}"));
    for entry in entries {
        form = form.file("torrents", &format!("{}.torrent", entry.id), &entry.bytes);
    }
    Ok(form.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_category_holds_a_fifth() {
        let corpus = Corpus::new(500, &DeadTrackers::bind().unwrap());

        let sizes: Vec<usize> =
            (0..CATEGORIES).map(|category| corpus.of_category(category, 500).len()).collect();

        assert_eq!(sizes, [100; CATEGORIES]);
    }

    #[tokio::test]
    async fn the_same_torrents_come_out_of_every_run() {
        let trackers = [DeadTrackers::bind().unwrap(), DeadTrackers::bind().unwrap()];

        let [one, other] = trackers.map(|trackers| Corpus::new(20, &trackers));

        assert_eq!(one.spread(20), other.spread(20));
    }
}
