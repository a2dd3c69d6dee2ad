//! How fast real data moves over loopback, between the measured server and a peer that is the same for all.
//!
//! Nothing is copied for a server that seeds: its data are hard links to the payload of the run.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tokio::time::{Instant, sleep};

use super::http::Connection;
use super::server::{Server, Spec, set_preferences};
use super::table::{Recorder, Unit};
use super::{Group, Plan};
use crate::{Form, bencode};

const MIB: u64 = 1024 * 1024;

const PIECE_LENGTH: u64 = MIB;

/// How long one transfer or check may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// Data on disk with its torrent.
pub(super) struct Payload {
    label: &'static str,
    id: String,
    torrent: Vec<u8>,
    mebibytes: f64,
    folder: PathBuf,
    /// Paths below the folder.
    files: Vec<PathBuf>,
}

/// Writes the payloads below `scratch`: one large file, and a folder of files of 1 MiB.
///
/// # Errors
/// Fails when the disk does not take them.
pub(super) fn payloads(plan: &Plan, scratch: &Path) -> Result<Vec<Payload>> {
    let folder = scratch.join("payload");
    let large = vec![(PathBuf::from("bench-large.bin"), plan.transfer_mib * MIB)];
    let small = (0..plan.transfer_files)
        .map(|index| (Path::new("bench-small").join(format!("{index:04}.bin")), MIB))
        .collect();
    Ok(vec![
        write("large file", "bench-large.bin", &folder, large)?,
        write("small files", "bench-small", &folder, small)?,
    ])
}

/// Writes files whose content depends on their path alone, piece by piece, and the torrent of them.
fn write(
    label: &'static str,
    name: &str,
    folder: &Path,
    files: Vec<(PathBuf, u64)>,
) -> Result<Payload> {
    let mut pieces = Vec::new();
    let mut entries = Vec::new();
    let mut piece = vec![0; usize::try_from(PIECE_LENGTH)?];
    let is_single = files.iter().all(|(path, _)| path == Path::new(name));
    let mut total = 0;
    for (index, (path, size)) in files.iter().enumerate() {
        let target = folder.join(path);
        fs_err::create_dir_all(target.parent().context("a file has a parent")?)?;
        let mut random = SmallRng::seed_from_u64(u64::try_from(index)?);
        let mut file = fs_err::File::create(target)?;
        for _ in 0..size / PIECE_LENGTH {
            random.fill(&mut piece[..]);
            file.write_all(&piece)?;
            pieces.extend_from_slice(&Sha1::digest(&piece));
        }
        let last = path.file_name().and_then(|name| name.to_str()).context("a file has a name")?;
        entries.push(bencode::Value::dict([
            ("length", bencode::Value::from(i64::try_from(*size)?)),
            ("path", bencode::Value::from(vec![bencode::Value::from(last)])),
        ]));
        total += size;
    }
    let mut info = bencode::Value::dict([("name", bencode::Value::from(name))]);
    info.insert("piece length", i64::try_from(PIECE_LENGTH)?);
    info.insert("pieces", pieces);
    if is_single {
        info.insert("length", i64::try_from(total)?);
    } else {
        info.insert("files", entries);
    }
    Ok(Payload {
        label,
        id: hex::encode(Sha1::digest(info.encode())),
        torrent: bencode::Value::dict([("info", info)]).encode(),
        mebibytes: f64::from(u32::try_from(total / MIB)?),
        folder: folder.to_owned(),
        files: files.into_iter().map(|(path, _)| path).collect(),
    })
}

/// One end of a transfer.
struct End {
    server: Server,
    connection: Connection,
}

/// Measures download, recheck and seeding of every payload.
///
/// # Errors
/// Fails when a server does not start or a transfer does not end.
pub(super) async fn measure(
    plan: &Plan,
    spec: &Spec,
    payloads: &[Payload],
    scratch: &Path,
    recorder: &mut Recorder<'_>,
) -> Result<()> {
    if payloads.is_empty() || matches!(spec, Spec::Running { .. }) {
        return Ok(());
    }
    let mut measured = End::open(spec, scratch).await?;
    let mut peer = End::open(&plan.peer, scratch).await?;
    for payload in payloads {
        let mut record = |what: &str, rate: f64| {
            let label = format!("{what}, {}", payload.label);
            recorder.record(Group::Transfer, &label, Unit::MebibytesPerSecond, rate);
        };
        peer.seed(payload).await?;
        record("download", measured.download(payload, &peer).await?);
        record("recheck", measured.recheck(payload).await?);
        measured.remove(payload).await?;
        peer.remove(payload).await?;

        measured.seed(payload).await?;
        record("seeding", peer.download(payload, &measured).await?);
        measured.remove(payload).await?;
        peer.remove(payload).await?;
    }
    Ok(())
}

impl End {
    async fn open(spec: &Spec, scratch: &Path) -> Result<Self> {
        let server = Server::open(spec, scratch).await?;
        let mut connection = server.session().connection();
        // The end of a transfer is seen through the status, which must not lag; only TCP is used by all; and whether two
        // clients agree on encryption is luck, which costs both half of their speed.
        let preferences =
            json!({"refresh_interval": 100, "bittorrent_protocol": 1, "encryption": 2});
        set_preferences(&mut connection, &preferences).await?;
        Ok(Self { server, connection })
    }

    /// Returns a save path of this server that no transfer has used.
    fn folder(&self, what: &str, payload: &Payload) -> Result<PathBuf> {
        let target = self.server.target().context("a transfer needs a server of this run")?;
        target.folder_named(&format!("data/{what}-{}", payload.id))
    }

    /// Adds the payload with its data in place.
    async fn seed(&mut self, payload: &Payload) -> Result<()> {
        let folder = self.folder("seed", payload)?;
        for file in &payload.files {
            let link = folder.join(file);
            fs_err::create_dir_all(link.parent().context("a file has a parent")?)?;
            fs_err::hard_link(payload.folder.join(file), link)?;
        }
        self.add(payload, &folder, "true").await?;
        self.wait(payload, "seeding", is_seeding).await?;
        Ok(())
    }

    /// Downloads from the other end, and returns MiB per second from the first data to the last.
    ///
    /// The time until the first data is left out: it is luck when libtorrent's tick dials the peer.
    async fn download(&mut self, payload: &Payload, from: &Self) -> Result<f64> {
        let folder = self.folder("download", payload)?;
        self.add(payload, &folder, "false").await?;
        self.wait(payload, "ready to download", |torrent| {
            matches!(state(torrent), "stalledDL" | "downloading")
        })
        .await?;
        let target = from.server.target().context("a transfer needs a server of this run")?;
        let address = target.torrenting()?.to_string();
        let form = [("hashes", payload.id.as_str()), ("peers", &address)];
        self.connection.done("torrents/addPeers", &form).await?;
        let asked = Instant::now();
        let first = self
            .wait(payload, "under way", |torrent| mebibytes_left(torrent) < payload.mebibytes)
            .await?;
        let begun = Instant::now();
        self.wait(payload, "complete", is_complete).await?;
        Ok(match mebibytes_left(&first) {
            // Too little data to see it arrive.
            0.0 => payload.mebibytes / asked.elapsed().as_secs_f64(),
            left => left / begun.elapsed().as_secs_f64(),
        })
    }

    /// Checks all data, and returns MiB per second from the request to the end of the check.
    async fn recheck(&mut self, payload: &Payload) -> Result<f64> {
        let begun = Instant::now();
        self.connection.done("torrents/recheck", &[("hashes", &payload.id)]).await?;
        self.wait(payload, "being checked", |torrent| state(torrent).starts_with("checking"))
            .await?;
        self.wait(payload, "checked", is_complete).await?;
        Ok(payload.mebibytes / begun.elapsed().as_secs_f64())
    }

    async fn remove(&mut self, payload: &Payload) -> Result<()> {
        let form = [("hashes", payload.id.as_str()), ("deleteFiles", "true")];
        self.connection.done("torrents/delete", &form).await?;
        let begun = Instant::now();
        while self.torrent(payload).await?.is_some() {
            if begun.elapsed() > PATIENCE {
                bail!("{} is still listed", payload.id);
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn add(&mut self, payload: &Payload, folder: &Path, has_data: &str) -> Result<()> {
        let (content_type, body) = Form::torrent(&payload.torrent)
            .text("savepath", folder.to_str().context("a scratch folder is UTF-8")?)
            .text("autoTMM", "false")
            .text("skip_checking", has_data)
            .text("seedMode", has_data)
            .encode();
        let answer = self.connection.send("torrents/add", &content_type, &body).await?;
        if !matches!(answer.status, 200 | 202) || answer.body == b"Fails." {
            bail!("torrents/add: {}", answer.brief());
        }
        Ok(())
    }

    async fn torrent(&mut self, payload: &Payload) -> Result<Option<Value>> {
        let target = format!("torrents/info?hashes={}", payload.id);
        let list = self.connection.ok(&target).await?.json()?;
        Ok(list.get(0).cloned())
    }

    /// Waits for a condition, and returns the torrent as it was then.
    async fn wait(
        &mut self,
        payload: &Payload,
        what: &str,
        is_done: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let torrent = self.torrent(payload).await?.unwrap_or_default();
            if !torrent.is_null() && is_done(&torrent) {
                return Ok(torrent);
            }
            if begun.elapsed() > PATIENCE {
                bail!(
                    "{} is not {what} after {PATIENCE:?} but `{}`",
                    payload.label,
                    state(&torrent)
                );
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn state(torrent: &Value) -> &str {
    torrent["state"].as_str().unwrap_or_default()
}

fn is_seeding(torrent: &Value) -> bool {
    matches!(state(torrent), "uploading" | "stalledUP" | "forcedUP")
}

fn is_complete(torrent: &Value) -> bool {
    torrent["amount_left"] == 0 && is_seeding(torrent)
}

fn mebibytes_left(torrent: &Value) -> f64 {
    torrent["amount_left"].as_f64().unwrap_or_default() / 1024.0 / 1024.0
}
