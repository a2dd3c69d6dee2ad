//! A client on loopback: a session, its folder, and waiting with a deadline.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use revaer_native::{
    AddTorrent, Alert, DiskBackend, Session, SessionOptions, Setting, Source, StatusRow,
    TorrentFlags, Value, Waker,
};

const DEADLINE: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn wait(&self, limit: Duration) {
        let rung = self.rung.lock().unwrap();
        let (mut rung, _) = self.changed.wait_timeout_while(rung, limit, |rung| !*rung).unwrap();
        *rung = false;
    }
}

/// An add with its source.
#[derive(Clone, Default)]
pub(crate) struct Addition {
    pub(crate) metainfo: Vec<u8>,
    pub(crate) magnet: String,
    pub(crate) resume: Vec<u8>,
    options: AddTorrent,
}

impl Addition {
    pub(crate) fn to(&self, session: &Session) -> revaer_native::Result<()> {
        let source = Source::load(&self.metainfo, &self.magnet, &self.resume)?;
        session.add(&self.options, source)
    }
}

impl Deref for Addition {
    type Target = AddTorrent;

    fn deref(&self) -> &AddTorrent {
        &self.options
    }
}

impl DerefMut for Addition {
    fn deref_mut(&mut self) -> &mut AddTorrent {
        &mut self.options
    }
}

pub(crate) struct Client {
    // Declared before the folder: the session ends before its files are deleted.
    pub(crate) session: Session,
    bell: Arc<Bell>,
    /// Everything that was reported, in order.
    pub(crate) seen: Vec<Alert>,
    address: Option<SocketAddr>,
    folder: tempfile::TempDir,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::with(&[], DiskBackend::default())
    }

    pub(crate) fn with(extra: &[Setting], disk: DiskBackend) -> Self {
        let mut settings = quiet_settings();
        settings.extend_from_slice(extra);
        let bell = Arc::<Bell>::default();
        let waker = Waker(Arc::new({
            let bell = Arc::clone(&bell);
            move || bell.ring()
        }));
        let options = SessionOptions { disk, ..SessionOptions::default() };
        let session = Session::new(&settings, &options, waker).unwrap();
        session.resume().unwrap();
        Self {
            session,
            bell,
            seen: Vec::new(),
            address: None,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs_err::create_dir_all(&folder).unwrap();
        folder
    }

    pub(crate) fn torrent(&self, key: u64, metainfo: &[u8]) -> Addition {
        let options = AddTorrent {
            key,
            save_path: self.path().to_str().unwrap().to_owned(),
            ..AddTorrent::default()
        };
        Addition { metainfo: metainfo.to_vec(), options, ..Addition::default() }
    }

    /// Adds and waits until libtorrent has accepted the torrent.
    pub(crate) fn add(&mut self, torrent: &Addition) {
        torrent.to(&self.session).unwrap();
        let key = torrent.key;
        let failure = self.wait("added", |alert| match alert {
            Alert::Added { key: added, failure } if *added == key => Some(failure.clone()),
            _ => None,
        });
        assert_eq!(failure, None);
    }

    /// Waits for the first alert, old ones included, that `pick` takes; it is then forgotten.
    pub(crate) fn wait<T>(&mut self, what: &str, pick: impl Fn(&Alert) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        let mut from = 0;
        loop {
            let found = self.seen[from..]
                .iter()
                .enumerate()
                .find_map(|(index, alert)| pick(alert).map(|value| (from + index, value)));
            if let Some((index, value)) = found {
                self.seen.remove(index);
                return value;
            }
            from = self.seen.len();
            self.pump(what, deadline);
        }
    }

    fn pump(&mut self, what: &str, deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "waited in vain for {what}; seen: {:#?}", self.seen);
        self.bell.wait(left);
        self.seen.extend(self.session.drain().unwrap());
    }

    /// Asks for updates until the torrent's row satisfies `wanted`.
    pub(crate) fn wait_status(
        &mut self,
        key: u64,
        what: &str,
        wanted: impl Fn(&StatusRow) -> bool,
    ) -> StatusRow {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let rows = self.session.session_inspector().all_status().unwrap();
            let row = rows.into_iter().find(|row| row.key == key);
            match row {
                Some(row) if wanted(&row) => return row,
                row => {
                    assert!(
                        Instant::now() < deadline,
                        "waited in vain for {what}: {row:?}; seen: {:#?}",
                        self.seen
                    );
                    self.bell.wait(Duration::from_millis(50));
                    self.seen.extend(self.session.drain().unwrap());
                }
            }
        }
    }

    pub(crate) fn status(&mut self, key: u64) -> StatusRow {
        self.wait_status(key, "a row", |_| true)
    }

    pub(crate) fn address(&mut self) -> SocketAddr {
        if let Some(address) = self.address {
            return address;
        }
        let (address, port) = self.wait("listening", |alert| match alert {
            Alert::Listening { address, port, socket } if socket == "tcp" => {
                Some((*address, *port))
            }
            _ => None,
        });
        assert_eq!(address, IpAddr::V4(Ipv4Addr::LOCALHOST));
        *self.address.insert(SocketAddr::new(address, port))
    }

    pub(crate) fn resume_data(&mut self, key: u64) -> Vec<u8> {
        self.session.save_resume_data(key, false).unwrap();
        self.wait("resume data", |alert| match alert {
            Alert::ResumeData { key: saved, data, .. } if *saved == key => Some(data.clone()),
            _ => None,
        })
    }

    pub(crate) fn is_held(row: &StatusRow) -> bool {
        row.flags.contains(TorrentFlags::PAUSED) && !row.flags.contains(TorrentFlags::AUTO_MANAGED)
    }
}

fn quiet_settings() -> Vec<Setting> {
    let mut settings = vec![
        Setting::new("listen_interfaces", Value::Text("127.0.0.1:0".to_owned())),
        Setting::new("allow_multiple_connections_per_ip", Value::Bool(true)),
        Setting::new("alert_queue_size", Value::Int(1_000_000)),
        Setting::new("stop_tracker_timeout", Value::Int(0)),
        Setting::new("max_retry_port_bind", Value::Int(0)),
    ];
    for name in
        ["enable_dht", "enable_lsd", "enable_upnp", "enable_natpmp", "listen_system_port_fallback"]
    {
        settings.push(Setting::new(name, Value::Bool(false)));
    }
    settings
}
